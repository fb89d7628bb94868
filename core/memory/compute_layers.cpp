// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/memory/compute_layers.h"

#include <algorithm>

namespace quantlathe::compute {

namespace {

bool isExpertSlot(Slot slot)
{
    using enum Slot;
    return slot == GateExperts || slot == UpExperts || slot == DownExperts || slot == GateUpExperts
        || slot == GateExpertsBias || slot == UpExpertsBias || slot == DownExpertsBias;
}

} // namespace

bool LayerBuilder::isOneOf(std::initializer_list<std::string_view> names) const
{
    return std::find(names.begin(), names.end(), architecture.name) != names.end();
}

bool LayerBuilder::isMultiRope() const
{
    return architecture.name.starts_with("qwen35") || isOneOf({"qwen2vl", "qwen3vl", "qwen3vlmoe"});
}

std::uint64_t LayerBuilder::keyLength() const
{
    return isWindowed(currentIndex) && p.keyLengthSlidingWindow > 0 ? p.keyLengthSlidingWindow : p.keyLength;
}

std::uint64_t LayerBuilder::valueLength() const
{
    return isWindowed(currentIndex) && p.valueLengthSlidingWindow > 0 ? p.valueLengthSlidingWindow : p.valueLength;
}

std::uint64_t LayerBuilder::widestValue() const
{
    std::uint64_t widest = 0;
    for (std::size_t layer = 0; layer < p.headCountKv.size(); ++layer) {
        const std::uint64_t length
            = isWindowed(layer) && p.valueLengthSlidingWindow > 0 ? p.valueLengthSlidingWindow : p.valueLength;
        widest = std::max(widest, saturatingMultiply(p.headCountKv[layer], length));
    }
    return widest;
}

Id LayerBuilder::weight(Slot slot)
{
    const WeightBytes bytes = (*current)[slot] ? weightBytes[(*current)[slot]->output] : WeightBytes{};
    const bool isOnHost = isExpertSlot(slot) && currentIndex < batch.expertLayersOnHost;
    return graph.external(isOnHost ? batch.host : batch.layerPlace[currentIndex], bytes.host, bytes.device, true);
}

Id LayerBuilder::matrix(Slot slot, Id x, std::uint64_t tokens, std::uint64_t sequences)
{
    const std::uint64_t width = (*current)[slot] ? (*current)[slot]->rows : p.embeddingLength;
    const Id id = graph.computed({width, tokens / std::max<std::uint64_t>(1, sequences), sequences}, {weight(slot), x});
    graph[id].batch = static_cast<std::uint32_t>(std::min<std::uint64_t>(tokens / std::max<std::uint64_t>(1, sequences), 1u << 30));
    return id;
}

Id LayerBuilder::biased(Slot slot, Id x)
{
    if (!current->has(slot))
        return x;
    const Id id = graph.inPlace({}, {x, weight(slot)});
    graph[id].bytes = graph[x].bytes;
    graph[id].copyBytes = graph[x].copyBytes;
    graph[id].layout = graph[x].layout;
    graph[id].batch = graph[x].batch;
    return id;
}

Id LayerBuilder::normed(Slot slot, Id x, const Dims& dims)
{
    return graph.inPlace(dims, {graph.inPlace(dims, {x}), weight(slot)});
}

Id LayerBuilder::rows(Id x)
{
    const Id id = graph.computed({p.embeddingLength, batch.outputs}, {x, outputRows});
    graph[id].batch = 0;
    return id;
}

Id LayerBuilder::roped(Id x, const Dims& dims)
{
    if (isOneOf({"nemotron_h", "nemotron_h_moe", "jamba", "granitehybrid", "gpt2", "mpt", "bloom", "refact", "starcoder"}))
        return x;
    // Not in place: its result goes straight into the cache.
    Id id = none;
    if (network.rotation) {
        const WeightBytes bytes = weightBytes[network.rotation->output];
        id = graph.computed(dims, {x, positions,
                                   graph.external(batch.layerPlace[currentIndex], bytes.host, bytes.device, true)});
    } else {
        id = graph.computed(dims, {x, positions});
    }
    graph[id].isBoundToWeights = false;
    return id;
}

Id LayerBuilder::rotated(Id x, const Dims& dims, Id rotation, std::uint64_t size)
{
    if (size == 0 || rotation == none)
        return x;
    const Dims pieces{size, dims.count() / size};
    return graph.reshaped(graph.computed(pieces, {rotation, graph.reshaped(x, pieces)}), dims);
}

Id LayerBuilder::cacheOf(std::uint64_t width, TensorType type, std::uint64_t cells, bool isKey)
{
    const TensorTypeInfo& facts = info(type);
    const std::uint64_t row = saturatingMultiply(width / facts.weightsPerBlock, facts.bytesPerBlock);
    const std::uint64_t bytes = saturatingMultiply(row, saturatingMultiply(cells, batch.streams));
    const std::uint64_t head = isLatent() ? width : isKey ? keyLength() : valueLength();
    return graph.external(batch.cachePlace[currentIndex], bytes,
                          cudaBytes(bytes, facts.isQuantized(), head, facts.weightsPerBlock, facts.bytesPerBlock), false);
}

Id LayerBuilder::headsOf(Id query, Id keyCache, Id valueCache, std::uint64_t heads, std::uint64_t headLength,
                         const Cache& cache)
{
    const std::uint64_t streams = std::max<std::uint64_t>(1, batch.streams);
    const std::uint64_t perStream = batch.tokens / streams;
    const Dims queryDims{graph[query].bytes / 4 / std::max<std::uint64_t>(1, saturatingMultiply(heads, batch.tokens)), perStream,
                         heads, streams};
    const Id permuted = graph.part(graph.reshaped(query, {queryDims.a, heads, perStream, streams}), queryDims);
    const auto shown = [&](Id id) {
        const Id view = graph.part(id, {1, cache.cells}, false);
        return graph.part(view, {2, cache.cells}, false);
    };
    if (batch.isFlashAttention) {
        const Id sinks = current->has(Slot::Sinks) ? weight(Slot::Sinks) : none;
        const Id keys = shown(keyCache);
        const Id values = shown(valueCache);
        const Dims dims{headLength, heads, perStream, streams};
        const Id id = sinks == none ? graph.computed(dims, {permuted, keys, values, cache.mask})
                                    : graph.computed(dims, {permuted, keys, values, cache.mask, sinks});
        Value& value = graph[id];
        value.isBoundToWeights = false;
        // The kernels want 16-bit floats: other types are converted into room behind the result.
        const std::uint64_t cells = saturatingMultiply(cache.cells, streams);
        const std::uint64_t kvHeads = isLatent() ? 1 : p.headCountKv[currentIndex];
        const std::uint64_t keyWidth = isLatent() ? p.mlaKvLoraRank + p.mlaRopeDimension : keyLength();
        const auto converted = [&](std::uint64_t width) {
            return saturatingMultiply(2, saturatingMultiply(cells, saturatingMultiply(kvHeads, width)));
        };
        if (batch.keyType != TensorType::F16)
            value.scratch = converted(keyWidth);
        if (!isLatent() && batch.valueType != TensorType::F16)
            value.scratch = saturatingAdd(value.scratch, converted(valueLength()));
        value.phase = value.scratch > 0 ? Phase::Dequantization : Phase::Projections;
        return id;
    }
    graph.phase = Phase::Scores;
    const Dims scores{cache.cells, perStream, heads, streams};
    const Id values = shown(valueCache);
    Id products = graph.computed(scores, {shown(keyCache), permuted});
    if (isOneOf({"gemma2", "grok"})) { // soft cap
        for (int step = 0; step < 3; ++step)
            products = graph.inPlace(scores, {products});
    }
    products = current->has(Slot::Sinks) ? graph.inPlace(scores, {products, cache.mask, weight(Slot::Sinks)})
                                         : graph.inPlace(scores, {products, cache.mask});
    graph[products].isBoundToWeights = false;
    const Id id = graph.computed({headLength, perStream, heads, streams}, {values, products});
    graph.phase = Phase::Projections;
    return id;
}

Id LayerBuilder::attend(Id x)
{
    graph.phase = Phase::Projections;
    return isLatent() ? latentAttention(x) : plainAttention(x);
}

Id LayerBuilder::plainAttention(Id x)
{
    const Layer& l = *current;
    const bool isWindow = isWindowed(currentIndex);
    const Cache& cache = caches[isWindow ? 1 : 0];
    const std::uint64_t heads = currentIndex < p.headCount.size() ? p.headCount[currentIndex] : 1;
    const std::uint64_t kvHeads = p.headCountKv[currentIndex];
    const Dims queryDims{keyLength(), heads, batch.tokens};
    const Dims keyDims{keyLength(), kvHeads, batch.tokens};
    const Dims valueDims{valueLength(), kvHeads, batch.tokens};
    const bool isOwn = currentIndex < p.headCountKv.size() - std::min<std::size_t>(p.headCountKv.size(), p.sharedKvLayers);

    Id query = none, key = none, value = none, gate = none;
    if (l.has(Slot::FusedQkv)) {
        const Id all = biased(Slot::FusedQkvBias, matrix(Slot::FusedQkv, x));
        query = graph.part(all, queryDims);
        key = graph.part(all, keyDims, true);
        value = graph.part(all, valueDims, true);
    } else {
        query = biased(Slot::QueryBias, matrix(Slot::Query, x));
        const std::uint64_t width = saturatingMultiply(queryDims.a, queryDims.b);
        if (l.has(Slot::Query) && l[Slot::Query]->rows == saturatingMultiply(2, width)) { // query and gate in turn
            gate = query;
            query = graph.part(query, queryDims);
        } else {
            query = graph.reshaped(query, queryDims);
        }
        if (isOwn) {
            key = graph.reshaped(biased(Slot::KeyBias, matrix(Slot::Key, x)), keyDims);
            value = l.has(Slot::Value) ? graph.reshaped(biased(Slot::ValueBias, matrix(Slot::Value, x)), valueDims) : key;
        }
    }
    if (l.has(Slot::QueryNorm))
        query = normed(Slot::QueryNorm, query, queryDims);
    query = rotated(roped(query, queryDims), queryDims, cache.keyRotation, cache.keyRotationSize);
    const Id keyCache = cacheOf(saturatingMultiply(keyDims.a, keyDims.b), batch.keyType, cache.cells, true);
    const Id valueCache = cacheOf(batch.isFlashAttention ? saturatingMultiply(valueDims.a, valueDims.b) : widestValue(),
                                  batch.valueType, cache.cells, false);
    if (isOwn) {
        if (l.has(Slot::KeyNorm))
            key = normed(Slot::KeyNorm, key, keyDims);
        key = rotated(roped(key, keyDims), keyDims, cache.keyRotation, cache.keyRotationSize);
        value = rotated(value, valueDims, cache.valueRotation, cache.valueRotationSize);
        graph.expand(query);
        const bool isKeyFirst = !p.slidingWindowLayers.empty();
        graph.expand(isKeyFirst ? key : value);
        graph.expand(isKeyFirst ? value : key);
        graph.expand(graph.stored(graph.reshaped(key, {keyDims.a * keyDims.b, batch.tokens}), cache.keyIndices, keyCache));
        graph.expand(graph.stored(graph.reshaped(value, {valueDims.a * valueDims.b, batch.tokens}), cache.valueIndices, valueCache));
    }
    Id out = headsOf(query, keyCache, valueCache, heads, valueLength(), cache);
    const Dims flat{saturatingMultiply(valueLength(), heads), batch.tokens};
    out = batch.isFlashAttention ? graph.reshaped(out, flat) : graph.computed(flat, {graph.part(out, {2, batch.tokens})});
    graph.expand(out);
    if (cache.valueRotationSize > 0)
        out = rotated(out, flat, cache.valueRotation, cache.valueRotationSize);
    if (gate != none) {
        Id factor = graph.computed(flat, {graph.part(gate, queryDims, true)});
        factor = graph.inPlace(flat, {factor});
        out = graph.inPlace(flat, {out, factor});
    }
    return out;
}

Id LayerBuilder::latentAttention(Id x)
{
    const Layer& l = *current;
    const Cache& cache = caches[0];
    const std::uint64_t heads = currentIndex < p.headCount.size() ? std::max<std::uint64_t>(1, p.headCount[currentIndex]) : 1;
    const std::uint64_t rank = p.mlaKvLoraRank;
    const std::uint64_t rope = p.mlaRopeDimension;
    const Slot last = l.has(Slot::LatentQueryUp) ? Slot::LatentQueryUp : Slot::Query;
    const std::uint64_t queryLength = (l[last] ? l[last]->rows : 0) / heads;
    const std::uint64_t plainLength = queryLength - std::min(queryLength, rope);
    const std::uint64_t valueLengthOut = l.has(Slot::AttentionOutput) ? l[Slot::AttentionOutput]->rowLength / heads : rank;

    Id query = x;
    if (l.has(Slot::LatentQueryDown)) {
        query = matrix(Slot::LatentQueryDown, x);
        query = normed(Slot::LatentQueryNorm, query, {l[Slot::LatentQueryDown]->rows, batch.tokens});
    }
    query = graph.reshaped(matrix(last, query), {queryLength, heads, batch.tokens});
    const Id plain = graph.part(graph.part(query, {plainLength, heads, batch.tokens}), {plainLength, batch.tokens, heads});
    const Id absorbed = graph.computed({rank, batch.tokens, heads}, {weight(Slot::LatentKeyUp), plain});
    graph[absorbed].batch = static_cast<std::uint32_t>(std::min<std::uint64_t>(batch.tokens, 1u << 30));
    const Id turned = roped(graph.part(query, {rope, heads, batch.tokens}, true), {rope, heads, batch.tokens});
    const Id whole = graph.computed({rank + rope, heads, batch.tokens},
                                    {graph.part(absorbed, {rank, heads, batch.tokens}), turned});

    const Id latent = matrix(Slot::LatentDown, x);
    const Id value = graph.reshaped(normed(Slot::LatentNorm, graph.part(latent, {rank, batch.tokens}), {rank, batch.tokens}),
                                    {rank, 1, batch.tokens});
    const Id keyTurned = roped(graph.part(latent, {rope, 1, batch.tokens}, true), {rope, 1, batch.tokens});
    const Id key = graph.computed({rank + rope, 1, batch.tokens}, {value, keyTurned});
    graph.expand(whole);
    graph.expand(value);
    graph.expand(key);
    const Id keyCache = cacheOf(rank + rope, batch.keyType, cache.cells, true);
    graph.expand(graph.stored(graph.reshaped(key, {rank + rope, batch.tokens}), cache.keyIndices, keyCache));

    const std::uint64_t streams = std::max<std::uint64_t>(1, batch.streams);
    const Dims out{valueLengthOut, batch.tokens / streams, heads, streams};
    const Dims flat{saturatingMultiply(valueLengthOut, heads), batch.tokens};
    const auto upward = [&](Id id) {
        const Id product = graph.computed(out, {weight(Slot::LatentValueUp), id});
        graph[product].batch = static_cast<std::uint32_t>(std::min<std::uint64_t>(out.b, 1u << 30));
        return graph.computed(flat, {graph.part(product, {2, batch.tokens})});
    };
    Id result = none;
    if (batch.isFlashAttention) {
        result = graph.part(headsOf(whole, keyCache, keyCache, heads, rank, cache), {rank, batch.tokens / streams, heads, streams});
    } else {
        // The values are the keys' first part, laid out the other way round.
        const Id transposed
            = graph.computed({cache.cells, rank, 1, streams}, {graph.part(keyCache, {cache.cells, rank})}, 2);
        result = headsOf(whole, keyCache, transposed, heads, rank, cache);
    }
    result = upward(result);
    graph.expand(result);
    return result;
}

Id LayerBuilder::dense(Id x, std::uint64_t tokens, Slot gate, Slot up, Slot down)
{
    const Layer& l = *current;
    const std::uint64_t width = l[down] ? l[down]->rowLength : (l[up] ? l[up]->rows : 0);
    const Dims dims{width, tokens};
    Id middle = none;
    const Id upward = biased(Slot::UpBias, matrix(up, x, tokens));
    if (l.has(gate))
        middle = graph.computed(dims, {matrix(gate, x, tokens), upward});
    else if (l[up] && l[up]->rows == saturatingMultiply(2, width)) // gate and up in one
        middle = graph.computed(dims, {upward});
    else
        middle = graph.inPlace(dims, {upward});
    return matrix(down, middle, tokens);
}

Id LayerBuilder::feedForward(Id x, std::uint64_t tokens)
{
    const Layer& l = *current;
    if (l.has(Slot::UpExperts) || l.has(Slot::GateUpExperts)) {
        graph.phase = Phase::Experts;
        Id out = experts(x, tokens);
        if (l.has(Slot::SharedUp)) {
            Id shared = dense(x, tokens, Slot::SharedGate, Slot::SharedUp, Slot::SharedDown);
            const Dims dims{p.embeddingLength, tokens};
            if (l.has(Slot::SharedRouter))
                shared = graph.inPlace(dims, {shared, graph.inPlace({1, tokens}, {matrix(Slot::SharedRouter, x, tokens)})});
            out = graph.inPlace(dims, {out, shared});
        }
        return out;
    }
    graph.phase = Phase::FeedForward;
    return biased(Slot::DownBias, dense(x, tokens, Slot::Gate, Slot::Up, Slot::Down));
}

Id LayerBuilder::experts(Id x, std::uint64_t tokens)
{
    const Layer& l = *current;
    const std::uint64_t count = l[Slot::Router] ? l[Slot::Router]->rows : p.expertCount;
    const std::uint64_t used = std::max<std::uint64_t>(1, std::min(p.expertUsedCount, count));
    Id scores = graph.computed({count, tokens}, {weight(Slot::Router), x});
    scores = biased(Slot::RouterBias, scores);
    if (!isOneOf({"gpt-oss"}))
        scores = graph.inPlace({count, tokens}, {scores});
    const Id ranked = l.has(Slot::ExpertBias) ? graph.inPlace({count, tokens}, {scores, weight(Slot::ExpertBias)}) : scores;
    const Id table = graph.reshaped(scores, {1, count, tokens});
    const Id chosen = graph.part(graph.computed({count, tokens}, {ranked}), {used, tokens});
    Id shares = graph.computed({1, used, tokens}, {table, chosen});
    graph[shares].batch = 0;
    if (!isOneOf({"deepseek2"})) {
        const Id flat = graph.reshaped(shares, {used, tokens});
        const Id sum = graph.inPlace({1, tokens}, {graph.computed({1, tokens}, {flat})});
        shares = graph.reshaped(graph.inPlace({used, tokens}, {flat, sum}), {1, used, tokens});
    }
    graph.expand(shares);

    const Id input = graph.reshaped(x, {p.embeddingLength, 1, tokens});
    const auto through = [&](Slot slot, Slot bias, Id from) {
        const Dims dims{l[slot] ? l[slot]->rows : 0, used, tokens};
        const Id id = graph.computed(dims, {weight(slot), from, chosen});
        graph[id].batch = static_cast<std::uint32_t>(std::min<std::uint64_t>(tokens, 1u << 30));
        return l.has(bias) ? graph.inPlace(dims, {id, weight(bias), chosen}) : id;
    };
    const Dims middleDims{l[Slot::DownExperts] ? l[Slot::DownExperts]->rowLength : p.expertFeedForwardLength, used, tokens};
    Id middle = none;
    if (l.has(Slot::GateUpExperts)) {
        const Id both = through(Slot::GateUpExperts, Slot::UpExpertsBias, input);
        middle = graph.computed(middleDims, {graph.part(both, middleDims), graph.part(both, middleDims, true)});
    } else {
        const Id upward = through(Slot::UpExperts, Slot::UpExpertsBias, input);
        middle = l.has(Slot::GateExperts)
            ? graph.computed(middleDims, {through(Slot::GateExperts, Slot::GateExpertsBias, input), upward})
            : graph.inPlace(middleDims, {upward});
    }
    const Dims wide{p.embeddingLength, used, tokens};
    const Id weighted = graph.inPlace(wide, {through(Slot::DownExperts, Slot::DownExpertsBias, middle), shares});
    const Dims dims{p.embeddingLength, tokens};
    graph.expand(weighted);
    std::vector<Id> parts;
    for (std::uint64_t expert = 0; expert < std::min<std::uint64_t>(used, 64); ++expert) {
        parts.push_back(graph.part(weighted, dims, expert > 0));
        graph.expand(parts.back());
    }
    if (parts.size() == 1)
        return graph.computed(dims, {parts.front()});
    Id sum = parts.front();
    for (std::size_t expert = 1; expert < parts.size(); ++expert)
        sum = graph.inPlace(dims, {sum, parts[expert]});
    return sum;
}

} // namespace quantlathe::compute
