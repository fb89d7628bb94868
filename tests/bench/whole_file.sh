#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Whole files: quantlathe-cli quantize beside llama-quantize --pure, in turn, with the same threads, and beside cp.
#     whole_file.sh MODEL.gguf LLAMA_QUANTIZE [TYPE...]
# prints a Markdown table: medians of ROUNDS (3) runs with THREADS (2) threads, the model in the page cache, output in
# WORK (beside the model). Ours is on the disk, read back and verified when it ends; llama-quantize and cp end when the
# system has taken the bytes; "cp and sync" is what the disk needs. Memory is private memory (beyond mapped files), at its
# highest. LLAMA_QUANTIZE may be a command with arguments, such as "chroot DIR llama-quantize", if both see the same
# paths: MODEL_THERE and WORK_THERE name the model and the folder as that command sees them.
# QUANTLATHE_CLI names our program. QUANTLATHE_OPTIONS ("--no-error") are added to ours.
set -euo pipefail

if [ $# -lt 2 ]; then
    sed -n '3,12s/^# \{0,1\}//p' "$0" >&2
    exit 2
fi
model=$(realpath "$1")
read -r -a llama <<<"$2"
shift 2
types=("$@")
[ ${#types[@]} -gt 0 ] || types=(Q8_0 Q4_0 Q4_K)
rounds=${ROUNDS:-3}
threads=${THREADS:-2}
work=${WORK:-$(dirname "$model")}
cli=${QUANTLATHE_CLI:-quantlathe-cli}
read -r -a options <<<"${QUANTLATHE_OPTIONS:-}"
output=$work/whole-file-output.gguf
outputThere=${WORK_THERE:-$work}/whole-file-output.gguf
modelThere=${MODEL_THERE:-$model}
times=$(mktemp)
trap 'rm -f "$output" "$times"' EXIT

# Runs a command; sets wall, cpu (seconds) and privateMiB (highest RssAnon, looked at every 20 ms).
measure() {
    rm -f "$output"
    cat "$model" >/dev/null
    local begin end pid highest=0 now child
    begin=$(date +%s.%N)
    /usr/bin/time -o "$times" -f "%U %S" "$@" >/dev/null 2>&1 &
    pid=$!
    while kill -0 "$pid" 2>/dev/null; do
        for child in "$pid" $(pgrep -P "$pid" || true); do
            now=$(awk '/^RssAnon:/ { print $2 }' "/proc/$child/status" 2>/dev/null || true)
            [ "${now:-0}" -gt "$highest" ] && highest=$now
        done
        sleep 0.02
    done
    wait "$pid" || { echo "failed: $*" >&2; exit 1; }
    end=$(date +%s.%N)
    wall=$(echo "$end - $begin" | bc -l)
    cpu=$(awk 'END { print $1 + $2 }' "$times")
    privateMiB=$((highest / 1024))
}

median() { printf '%s\n' "$@" | sort -g | awk '{ value[NR] = $1 } END { printf "%.2f", value[int((NR + 1) / 2)] }'; }

echo "$(basename "$model"), $(stat -c %s "$model") bytes, $threads threads, medians of $rounds"
echo
echo "| what | wall s | CPU s | private MiB | wall, times ours |"
echo "|---|---|---|---|---|"
for type in "${types[@]}"; do
    ourWall=() ourCpu=() ourMemory=() theirWall=() theirCpu=() theirMemory=()
    for ((round = 0; round < rounds; ++round)); do
        measure "$cli" quantize -q "$model" "$output" --type "$type" --threads "$threads" "${options[@]}"
        ourWall+=("$wall") ourCpu+=("$cpu") ourMemory+=("$privateMiB")
        size=$(stat -c %s "$output")
        measure "${llama[@]}" --pure "$modelThere" "$outputThere" "$type" "$threads"
        theirWall+=("$wall") theirCpu+=("$cpu") theirMemory+=("$privateMiB")
    done
    ours=$(median "${ourWall[@]}")
    theirs=$(median "${theirWall[@]}")
    echo "| $type ours, $size bytes | $ours | $(median "${ourCpu[@]}") | $(median "${ourMemory[@]}") | 1 |"
    echo "| $type llama-quantize | $theirs | $(median "${theirCpu[@]}") | $(median "${theirMemory[@]}") | $(echo "scale=2; $theirs / $ours" | bc -l) |"
done
for what in "cp" "cp and sync"; do
    walls=() cpus=()
    for ((round = 0; round < rounds; ++round)); do
        if [ "$what" = cp ]; then
            measure cp --reflink=never "$model" "$output"
        else
            measure sh -c 'cp --reflink=never "$1" "$2" && sync "$2"' sh "$model" "$output"
        fi
        walls+=("$wall") cpus+=("$cpu")
    done
    echo "| $what, $(stat -c %s "$model") bytes | $(median "${walls[@]}") | $(median "${cpus[@]}") | | |"
done
