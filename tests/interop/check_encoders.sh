#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Compares the errors of our encoders with those of the npm package's libggml: check_encoders.sh BENCH_PEER [OPTION...]
# Exit code 77 where the package cannot be had (see install_llama.sh), 1 where one of ours is larger.
set -eu
here=$(dirname "$(realpath "$0")")
directory=${QUANTLATHE_INTEROP_DIR:-$here/../../build/interop}
. "$here/install_llama.sh"
library=$(find "$directory/node_modules/@node-llama-cpp" -name 'libggml-base.so*' -print -quit)
[ -n "$library" ] || skip "the npm package holds no libggml-base"
bench=$1
shift
exec "$bench" "$library" --only-errors --check --seconds 0.2 "$@"
