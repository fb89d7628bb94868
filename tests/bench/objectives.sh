#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# What the objectives and efforts do to a model: mean KL divergence from the original, by llama-perplexity, as a table.
#
#   objectives.sh QUANTLATHE_CLI MODEL.gguf TEXT "TYPE ..." [IMPORTANCE.gguf]
#
# Environment: LLAMA_PERPLEXITY and LLAMA_QUANTIZE (commands, default from PATH), CONTEXT (256), THREADS (1), WORK (a
# folder for the files; default a temporary one), EFFORTS ("standard best"), OBJECTIVES ("magnitude squared-error unbiased").
set -eu
cli=$1
model=$2
text=$3
types=$4
importance=${5:-}
perplexity=${LLAMA_PERPLEXITY:-llama-perplexity}
quantize=${LLAMA_QUANTIZE:-llama-quantize}
context=${CONTEXT:-256}
threads=${THREADS:-1}
efforts=${EFFORTS:-standard best}
objectives=${OBJECTIVES:-magnitude squared-error unbiased}
if [ -z "${WORK:-}" ]; then
    WORK=$(mktemp -d)
    trap 'rm -rf "$WORK"' EXIT
fi
cp "$model" "$WORK/original.gguf"
cp "$text" "$WORK/text"
run() { $perplexity -f "$WORK/text" -c "$context" -t "$threads" --kl-divergence-base "$WORK/base" "$@" 2>&1; }

run -m "$WORK/original.gguf" >"$WORK/log"

# Mean KL, its standard error, same top %, perplexity of one file.
judge() {
    run -m "$1" --kl-divergence >"$WORK/log"
    awk '/^Mean PPL\(Q\) /{ppl=$4} /^Mean +KLD:/{kl=$3; e=$5} /^Same top p:/{top=$4} END {printf "%s ± %s | %s | %s", kl, e, top, ppl}' "$WORK/log"
}

echo "| type | method | mean KL | same top % | perplexity |"
echo "|---|---|---|---|---|"
for type in $types; do
    if $quantize --pure "$WORK/original.gguf" "$WORK/q.gguf" "$type" "$threads" >"$WORK/log" 2>&1; then
        echo "| $type | llama-quantize | $(judge "$WORK/q.gguf") |"
    fi
    for effort in $efforts; do
        for objective in $objectives; do
            "$cli" quantize --quiet --type "$type" --effort "$effort" --objective "$objective" "$WORK/original.gguf" "$WORK/q.gguf" >"$WORK/log" 2>&1
            echo "| $type | $effort, $objective | $(judge "$WORK/q.gguf") |"
        done
    done
done
