#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# What a fitted plan is worth against a preset of the same size: mean KL divergence from the original, by llama-perplexity.
#
#   fit_kl.sh QUANTLATHE_CLI MODEL.gguf TEXT "PRESET ..." [FIT OPTIONS ...]
#
# Environment: LLAMA_PERPLEXITY (command, default from PATH), CONTEXT (256), THREADS (1), WORK (a folder for the files;
# default a temporary one).
set -eu
cli=$1
model=$2
text=$3
presets=$4
shift 4
perplexity=${LLAMA_PERPLEXITY:-llama-perplexity}
if [ -z "${WORK:-}" ]; then
    WORK=$(mktemp -d)
    trap 'rm -rf "$WORK"' EXIT
fi
mkdir -p "$WORK"
cp "$model" "$WORK/original.gguf"
cp "$text" "$WORK/text"
# Programs in a chroot see the folder under another name.
seen=${WORK_SEEN:-$WORK}
run() { $perplexity -f "$seen/text" -c "${CONTEXT:-256}" -t "${THREADS:-1}" --kl-divergence-base "$seen/base" "$@" 2>&1; }
run -m "$seen/original.gguf" >"$WORK/log"

# Mean KL with its standard error, and same top %.
judge() {
    run -m "$seen/q.gguf" --kl-divergence >"$WORK/log"
    awk '/^Mean +KLD:/{kl=$3; e=$5} /^Same top p:/{top=$4} END {printf "%s ± %s | %s", kl, e, top}' "$WORK/log"
}

echo "| preset | bytes | mean KL | same top % | fitted: bytes | mean KL | same top % |"
echo "|---|---|---|---|---|---|---|"
for preset in $presets; do
    "$cli" quantize --quiet --preset "$preset" "$WORK/original.gguf" "$WORK/q.gguf" >"$WORK/log"
    row="| $preset | $(wc -c <"$WORK/q.gguf") | $(judge)"
    "$cli" fit --quiet "$WORK/original.gguf" --like "$preset" --exact -o "$WORK/recipe.json" "$@" >"$WORK/log"
    "$cli" quantize --quiet --plan "$WORK/recipe.json" "$WORK/original.gguf" "$WORK/q.gguf" >"$WORK/log"
    echo "$row | $(wc -c <"$WORK/q.gguf") | $(judge) |"
done
