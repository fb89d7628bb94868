#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Continues a prompt greedily in llama.cpp and prints JSON: run_llama.sh MODEL.gguf PROMPT COUNT [DIRECTORY]
# llama.cpp comes prebuilt in an npm package whose version package-lock.json pins. It is installed (no scripts run) into
# DIRECTORY, or QUANTLATHE_INTEROP_DIR, or build/interop. QUANTLATHE_LLAMA_RUN names an already built llama_run,
# QUANTLATHE_LIBLLAMA another libllama, QUANTLATHE_LOGITS a file for the logits of the prompt.
# Exit code 77 with a line "SKIPPED: ..." where npm or the package cannot be had (1 with CI=true).
set -eu

if [ $# -lt 3 ]; then
    echo "usage: $0 MODEL.gguf PROMPT COUNT [DIRECTORY]" >&2
    exit 2
fi
here=$(dirname "$(realpath "$0")")
directory=${4:-${QUANTLATHE_INTEROP_DIR:-$here/../../build/interop}}

. "$here/install_llama.sh"

exec 9>"$directory/lock"
flock 9
run=${QUANTLATHE_LLAMA_RUN:-$directory/llama_run}
if [ ! -x "$run" ] || { [ -z "${QUANTLATHE_LLAMA_RUN:-}" ] && [ "$here/llama_run.cpp" -nt "$run" ]; }; then
    "${CXX:-c++}" -std=c++20 -O1 -o "$run" "$here/llama_run.cpp" -ldl
fi
exec 9>&-

library=${QUANTLATHE_LIBLLAMA:-$(find "$directory/node_modules/@node-llama-cpp" -name 'libllama.*so*' -print -quit)}
[ -n "$library" ] || skip "the npm package holds no libllama"
exec "$run" "$library" "$1" "$2" "$3" ${QUANTLATHE_LOGITS:+"$QUANTLATHE_LOGITS"}
