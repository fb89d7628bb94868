// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/parallel.h"
#include "core/inference/elementwise.h"
#include "core/inference/forward_layer.h"

#include <algorithm>
#include <limits>

namespace quantlathe {

namespace {

/// Queries that meet their keys in one product: their scores stay in the second-level cache.
constexpr std::uint64_t queriesAtOnce = 64;
constexpr std::uint64_t tokensAtOnce = 16;

/// Norms of heads, and the rotation.
void prepareHeads(const LayerRun& run, float* x, std::uint64_t heads, const std::optional<LoadedNorm>& norm)
{
    const Attention& attention = run.layer.layer->attention;
    const std::uint64_t length = attention.headLength;
    const std::uint64_t width = heads * length;
    const Rope* rope = attention.rope ? &run.network.ropes[*attention.rope] : nullptr;
    if (!norm && !rope)
        return;
    const auto prepare = [&](std::uint64_t token, std::uint64_t position) {
        float* row = x + token * width;
        if (norm && attention.isNormWhole)
            norm->applyRow(row, width, row);
        for (std::uint64_t head = 0; head < heads; ++head) {
            float* values = row + head * length;
            if (norm && !attention.isNormWhole)
                norm->applyRow(values, length, values);
            if (!rope)
                continue;
            const float* cosines = run.rope->cosines.data() + position * run.rope->pairs;
            const float* sines = run.rope->sines.data() + position * run.rope->pairs;
            if (rope->isInterleaved)
                elementwise::rotateInterleaved(values, run.rope->pairs, cosines, sines);
            else
                elementwise::rotateHalves(values, run.rope->pairs, cosines, sines);
        }
    };
    parallelFor(run.tokens(), tokensAtOnce, run.threads, run.control, [&](std::size_t begin, std::size_t end) {
        auto sequence = std::upper_bound(run.starts.begin(), run.starts.end(), begin) - 1;
        for (std::uint64_t token = begin; token < end; ++token) {
            while (token >= *(sequence + 1))
                ++sequence;
            prepare(token, token - *sequence);
        }
    });
}

struct HeadsData
{
    const float* queries;
    const float* keys;
    const float* values;
    float* results;
};

/// Some queries of one head.
void attend(const LayerRun& run, const HeadsData& data, std::uint64_t start, std::uint64_t firstQuery, std::uint64_t queries, std::uint64_t head)
{
    const Attention& attention = run.layer.layer->attention;
    const std::uint64_t queryStride = attention.heads * attention.headLength;
    const std::uint64_t keyStride = attention.kvHeads * attention.headLength;
    const std::uint64_t valueStride = attention.kvHeads * attention.valueLength;
    const std::uint64_t resultStride = attention.heads * attention.valueLength;
    const std::uint64_t kvHead = head / (attention.heads / attention.kvHeads);
    const std::uint64_t window = attention.window > 0 ? attention.window : std::numeric_limits<std::uint64_t>::max();
    // Keys that any of these queries sees.
    const std::uint64_t firstKey = firstQuery + 1 > window ? firstQuery + 1 - window : 0;
    const std::uint64_t keys = firstQuery + queries - firstKey;
    static thread_local std::vector<float> scores;
    scores.resize(std::max<std::size_t>(scores.size(), queries * keys));
    productTransposed(queries, keys, attention.headLength, data.queries + (start + firstQuery) * queryStride + head * attention.headLength, queryStride,
                      data.keys + (start + firstKey) * keyStride + kvHead * attention.headLength, keyStride, scores.data(), keys);
    const float* sink = run.layer.sinks.empty() ? nullptr : run.layer.sinks.data() + head;
    for (std::uint64_t query = 0; query < queries; ++query) {
        const std::uint64_t position = firstQuery + query;
        const std::uint64_t begin = (position + 1 > window ? position + 1 - window : 0) - firstKey;
        const std::uint64_t end = position + 1 - firstKey;
        float* row = scores.data() + query * keys;
        std::fill(row, row + begin, 0.0f);
        elementwise::softmax(row + begin, end - begin, attention.scale, attention.softcap, sink);
        std::fill(row + end, row + keys, 0.0f);
    }
    product(queries, attention.valueLength, keys, scores.data(), keys,
            data.values + (start + firstKey) * valueStride + kvHead * attention.valueLength, valueStride,
            data.results + (start + firstQuery) * resultStride + head * attention.valueLength, resultStride);
}

struct Piece
{
    std::uint64_t start = 0;
    std::uint64_t firstQuery = 0;
    std::uint64_t queries = 0;
};

/// Everything before the output matrix. False where the step ended before.
bool attendAll(const LayerRun& run, const float* x, float* attended)
{
    const Attention& attention = run.layer.layer->attention;
    const std::uint64_t tokens = run.tokens();
    const std::uint64_t width = run.network.embeddingLength;
    FloatBuffer normed;
    if (run.layer.attentionNorm) {
        normed = run.pool.take(tokens * width);
        run.layer.attentionNorm->apply(x, width, tokens, width, normed.data(), width, run.threads, run.control);
        x = normed.data();
    }
    if (run.endsAt(LayerStep::AttentionInputs, {&run.layer.query, &run.layer.key, &run.layer.value}, x, width, tokens))
        return false;
    FloatBuffer queries = run.pool.take(tokens * attention.heads * attention.headLength);
    FloatBuffer keys = run.pool.take(tokens * attention.kvHeads * attention.headLength);
    FloatBuffer values = run.pool.take(tokens * attention.kvHeads * attention.valueLength);
    const Product inputs[] = {{&run.layer.query, queries.data(), run.layer.query.outputs()},
                              {&run.layer.key, keys.data(), run.layer.key.outputs()},
                              {&run.layer.value, values.data(), run.layer.value.outputs()}};
    run.multiply(inputs, x, width, tokens);
    prepareHeads(run, queries.data(), attention.heads, run.layer.queryNorm);
    prepareHeads(run, keys.data(), attention.kvHeads, run.layer.keyNorm);

    std::vector<Piece> pieces;
    for (std::size_t sequence = 0; sequence + 1 < run.starts.size(); ++sequence) {
        const std::uint64_t length = run.starts[sequence + 1] - run.starts[sequence];
        for (std::uint64_t first = 0; first < length; first += queriesAtOnce)
            pieces.push_back({run.starts[sequence], first, std::min(queriesAtOnce, length - first)});
    }
    const HeadsData data{queries.data(), keys.data(), values.data(), attended};
    parallelFor(pieces.size() * attention.heads, 1, run.threads, run.control, [&](std::size_t begin, std::size_t end) {
        for (std::size_t task = begin; task < end; ++task) {
            const Piece& piece = pieces[task / attention.heads];
            attend(run, data, piece.start, piece.firstQuery, piece.queries, task % attention.heads);
        }
    });
    return true;
}

} // namespace

void runAttention(const LayerRun& run, const float* x, float* result)
{
    const Attention& attention = run.layer.layer->attention;
    const std::uint64_t tokens = run.tokens();
    const std::uint64_t width = run.network.embeddingLength;
    const std::uint64_t attendedWidth = attention.heads * attention.valueLength;
    FloatBuffer buffer = run.pool.take(run.attended ? 0 : tokens * attendedWidth);
    float* const attended = run.attended ? run.attended : buffer.data();
    const bool isKept = run.attended && run.step == LayerStep::Attention;
    if (!isKept && !attendAll(run, x, attended))
        return;
    if (run.endsAt(LayerStep::Attended, {&run.layer.output}, attended, attendedWidth, tokens))
        return;
    const Product outputs[] = {{&run.layer.output, result, width}};
    run.multiply(outputs, attended, attendedWidth, tokens);
    if (run.layer.postAttentionNorm)
        run.layer.postAttentionNorm->apply(result, width, tokens, width, result, width, run.threads, run.control);
}

} // namespace quantlathe
