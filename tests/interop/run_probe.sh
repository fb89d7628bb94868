#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Logits and tokens of a GGUF in llama.cpp: run_probe.sh PROBE MODEL.gguf REQUEST.json DIRECTORY (see llama_probe.cpp; PROBE is the built program).
# llama.cpp is installed into DIRECTORY as run_llama.sh does it. QUANTLATHE_LIBLLAMA names another libllama.
# Exit code 77 with a line "SKIPPED: ..." where it cannot be had.
set -eu

if [ $# -ne 4 ]; then
    echo "usage: $0 PROBE MODEL.gguf REQUEST.json DIRECTORY" >&2
    exit 2
fi
here=$(dirname "$(realpath "$0")")
directory=$4
if [ -z "${QUANTLATHE_LIBLLAMA:-}" ]; then
    . "$here/install_llama.sh"
fi
library=${QUANTLATHE_LIBLLAMA:-$(find "$directory/node_modules/@node-llama-cpp" -name 'libllama.*so*' -print -quit)}
[ -n "$library" ] || skip "the npm package holds no libllama"
exec "$1" "$library" "$2" "$3"
