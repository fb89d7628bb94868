#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Files made with importance data, ours beside llama-quantize's of the same size: mean KL divergence from the original, by
# llama-perplexity, as a table.
#
#   importance.sh QUANTLATHE_CLI MODEL.gguf TEXT IMATRIX.gguf "TYPE ..."
#
# Every matrix is written in the type, except output and token embedding, of which llama-imatrix collects nothing: both programs write them
# as REST (Q8_0). Types need rows of 256. Environment: LLAMA_PERPLEXITY and LLAMA_QUANTIZE (commands, default from PATH), CONTEXT (256),
# CHUNKS (windows of the text to evaluate; default all), THREADS (1), WORK (a folder for the files; default a temporary one), VARIANTS (options of ours, separated by ';';
# default ";--effort best"), PLAIN=1 adds ours without importance.
set -eu
cli=$1
model=$2
text=$3
importance=$4
types=$5
perplexity=${LLAMA_PERPLEXITY:-llama-perplexity}
quantize=${LLAMA_QUANTIZE:-llama-quantize}
context=${CONTEXT:-256}
threads=${THREADS:-1}
rest=${REST:-Q8_0}
variants=${VARIANTS-;--effort best}
if [ -z "${WORK:-}" ]; then
    WORK=$(mktemp -d)
    trap 'rm -rf "$WORK"' EXIT
fi
cp "$model" "$WORK/original.gguf"
cp "$text" "$WORK/text"
cp "$importance" "$WORK/imatrix.gguf"

# llama-perplexity loses its last lines now and then: again until they are there.
run() {
    wanted=$1
    shift
    for attempt in 1 2 3 4 5; do
        $perplexity -f "$WORK/text" -c "$context" -t "$threads" ${CHUNKS:+--chunks $CHUNKS} --kl-divergence-base "$WORK/base" "$@" >"$WORK/log" 2>&1 || true
        grep -Eq "$wanted" "$WORK/log" && return 0
    done
    cat "$WORK/log" >&2
    return 1
}

[ -s "$WORK/base" ] || run "Final estimate" -m "$WORK/original.gguf"

judge() {
    run "^Mean +KLD:" -m "$WORK/q.gguf" --kl-divergence
    size=$(stat -c %s "$WORK/q.gguf")
    awk -v size="$size" '/^Mean +KLD:/{kl=$3; e=$5} /^Same top p:/{top=$4} /^Mean PPL\(Q\) /{ppl=$4}
        END {printf "%s ± %s | %s | %s | %s", kl, e, top, ppl, size}' "$WORK/log"
}

echo "| type | made by | mean KL | same top % | perplexity | bytes |"
echo "|---|---|---|---|---|---|"
for type in $types; do
    if $quantize --pure --imatrix "$WORK/imatrix.gguf" --output-tensor-type "$rest" --token-embedding-type "$rest" \
        "$WORK/original.gguf" "$WORK/q.gguf" "$type" "$threads" >"$WORK/log" 2>&1; then
        echo "| $type | llama-quantize | $(judge) |"
    else
        echo "| $type | llama-quantize | refused | | | |"
    fi
    ours() {
        # shellcheck disable=SC2086
        "$cli" quantize --quiet --type "$type" --tensor-type "^output\.weight=$rest" --tensor-type "token_embd=$rest" $2 \
            "$WORK/original.gguf" "$WORK/q.gguf" >"$WORK/log" 2>&1 || { cat "$WORK/log" >&2; return; }
        echo "| $type | $1 | $(judge) |"
    }
    if [ -n "${PLAIN:-}" ]; then
        ours "without importance" ""
    fi
    left="$variants;"
    while [ -n "$left" ]; do
        options=${left%%;*}
        left=${left#*;}
        ours "ours${options:+, $options}" "--imatrix $WORK/imatrix.gguf $options"
    done
done
