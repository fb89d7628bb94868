#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs every fuzz target for a while, each with its committed corpus:  tests/fuzz/run.sh SECONDS [BUILD_FOLDER]
# Configures and builds with clang first (preset "fuzz"). New inputs and crashes go to BUILD_FOLDER/fuzz-work and never
# into the repository by themselves. Ends with the first finding.
set -eu
seconds=${1:?usage: run.sh SECONDS [BUILD_FOLDER]}
source=$(cd "$(dirname "$0")/../.." && pwd)
build=${2:-$source/build/fuzz}
cmake -S "$source" --preset fuzz -B "$build" >/dev/null
cmake --build "$build" --target fuzz_gguf fuzz_safetensors fuzz_json fuzz_tokenizer

run() { # TARGET CORPUS DICTIONARY [MORE_CORPUS...]
    target=$1 corpus=$2 dictionary=$3
    shift 3
    work=$build/fuzz-work/$target
    mkdir -p "$work/found"
    echo "== $target, $seconds s"
    # A single input may not take longer than 5 s nor allocate more than 64 MiB at once; inputs have up to 64 KiB.
    (cd "$work" && "$build/tests/fuzz/$target" -max_total_time="$seconds" -timeout=5 -rss_limit_mb=2048 -malloc_limit_mb=64 -max_len=65536 \
        -dict="$dictionary" -print_final_stats=1 -verbosity=0 found "$corpus" "$@" 2>&1 | grep -E 'stat::|ERROR|SUMMARY|Test unit' ) ||
        { echo "finding in $work"; exit 1; }
    # grep's success says nothing about the target's: a finding leaves a file behind.
    for finding in "$work"/crash-* "$work"/timeout-* "$work"/oom-* "$work"/leak-*; do
        if [ -e "$finding" ]; then
            echo "finding: $finding"
            exit 1
        fi
    done
}

here=$source/tests/fuzz
fixtures=$source/tests/fixtures
run fuzz_gguf "$here/corpus/gguf" "$here/dictionaries/gguf.dict" "$fixtures/gguf"
run fuzz_safetensors "$here/corpus/safetensors" "$here/dictionaries/safetensors.dict" "$fixtures/safetensors"
run fuzz_json "$here/corpus/json" "$here/dictionaries/json.dict"
run fuzz_tokenizer "$here/corpus/tokenizer" "$here/dictionaries/tokenizer.dict"
