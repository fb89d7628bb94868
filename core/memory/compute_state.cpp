// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/memory/compute_state.h"

#include <algorithm>

namespace quantlathe::compute {

Id StateBuilder::stateCache(std::uint64_t width)
{
    const std::uint64_t bytes = saturatingMultiply(4, saturatingMultiply(width, batch.sequences));
    const Id cache = graph.external(batch.cachePlace[currentIndex], bytes, bytes, false);
    // A new sequence's state is cleared in place.
    graph.expand(graph.stored(graph.reshaped(cache, {width}), none, cache));
    return cache;
}

/// The states of the batch's sequences.
Id StateBuilder::fetched(Id cache, std::uint64_t width)
{
    const Dims dims{width, batch.sequences};
    const Id all = graph.computed(dims, {graph.reshaped(cache, dims), states});
    graph[all].batch = 0;
    const Id mine = graph.reshaped(all, dims);
    graph.expand(mine);
    graph.expand(graph.stored(graph.slice(all, {width, 0}), none, cache));
    return mine;
}

/// The last steps of the batch before, and this one's, through the convolution.
Id StateBuilder::convolved(Id tail, Id transposed, std::uint64_t channels, Id tailCache)
{
    const std::uint64_t kept = p.stateConvolution > 0 ? p.stateConvolution - 1 : 0;
    const std::uint64_t perSequence = batch.tokens / std::max<std::uint64_t>(1, batch.sequences);
    const Id joined = graph.computed({saturatingAdd(kept, perSequence), channels, batch.sequences},
                                     {graph.reshaped(tail, {kept, channels, batch.sequences}), transposed});
    graph.expand(graph.stored(graph.part(joined, {kept, channels, batch.sequences}, true), none, tailCache));
    return joined;
}

Id StateBuilder::recurrentLayer(Id x)
{
    graph.phase = Phase::State;
    const Layer& l = *current;
    if (l.has(Slot::StateX) && l.has(Slot::StateIn))
        return mamba(x);
    if (l.has(Slot::StateIn) && l.has(Slot::StateDecay))
        return secondMamba(x);
    if (l.has(Slot::FusedQkv) && l.has(Slot::StateBeta))
        return deltaNet(x);
    if (l.has(Slot::StateIn) && l.has(Slot::StateConvolution))
        return shortConvolution(x);
    return unknownState(x);
}

Id StateBuilder::mamba(Id x)
{
    const std::uint64_t inner = p.stateInnerSize;
    const std::uint64_t sequences = batch.sequences;
    const std::uint64_t perSequence = batch.tokens / std::max<std::uint64_t>(1, sequences);
    const std::uint64_t kept = p.stateConvolution > 0 ? p.stateConvolution - 1 : 0;
    const std::uint64_t stateWidth = saturatingMultiply(p.stateSize, inner);
    const Dims dims{inner, perSequence, sequences};

    const Id tailCache = stateCache(saturatingMultiply(kept, inner));
    const Id tail = fetched(tailCache, saturatingMultiply(kept, inner));
    const Id both = matrix(Slot::StateIn, graph.reshaped(x, {p.embeddingLength, perSequence, sequences}), batch.tokens, sequences);
    const Id joined = convolved(tail, graph.part(graph.part(both, dims), {perSequence, inner, sequences}), inner, tailCache);
    const Id cache = stateCache(stateWidth);
    Id u = graph.computed(dims, {joined, weight(Slot::StateConvolution)});
    u = biased(Slot::StateConvolutionBias, u);
    u = graph.inPlace(dims, {u});
    const Id parameters = matrix(Slot::StateX, u, batch.tokens, sequences);
    const Dims stepDims{p.stateTimeStepRank, perSequence, sequences};
    Id step = graph.computed(stepDims, {graph.part(parameters, stepDims)});
    step = biased(Slot::StateStepBias, matrix(Slot::StateStep, step, batch.tokens, sequences));
    const Id scan = graph.computed({saturatingAdd(saturatingMultiply(inner, batch.tokens), saturatingMultiply(stateWidth, sequences))},
                                   {graph.reshaped(cache, {stateWidth}), graph.reshaped(u, {1, inner, perSequence, sequences}), step,
                                    weight(Slot::StateDecay), graph.part(parameters, stepDims, true),
                                    graph.part(parameters, stepDims, true), ownStates});
    graph.expand(scan);
    const Id others = graph.computed({stateWidth, sequences > 0 ? sequences - 1 : 0},
                                     {graph.reshaped(cache, {stateWidth}), otherStates});
    graph[others].batch = 0;
    graph.expand(graph.stored(graph.slice(others, {stateWidth, 0}), none, cache));
    graph.expand(graph.stored(graph.slice(scan, {stateWidth, sequences}), none, cache));

    const Id z = graph.computed(dims, {graph.part(both, dims, true)});
    const Id skipped = graph.inPlace(dims, {u, weight(Slot::StateSkip)});
    const Id y = graph.inPlace(dims, {graph.reshaped(scan, dims), skipped});
    const Id gated = graph.computed(dims, {z, y});
    return graph.reshaped(matrix(Slot::StateOut, gated, batch.tokens, sequences), {p.embeddingLength, batch.tokens});
}

Id StateBuilder::secondMamba(Id x)
{
    const std::uint64_t inner = p.stateInnerSize;
    const std::uint64_t heads = std::max<std::uint64_t>(1, p.stateTimeStepRank);
    const std::uint64_t sequences = batch.sequences;
    const std::uint64_t perSequence = batch.tokens / std::max<std::uint64_t>(1, sequences);
    const std::uint64_t kept = p.stateConvolution > 0 ? p.stateConvolution - 1 : 0;
    const std::uint64_t channels
        = saturatingAdd(inner, saturatingMultiply(2, saturatingMultiply(p.stateGroups, p.stateSize)));
    const std::uint64_t stateWidth = saturatingMultiply(p.stateSize, inner);
    const Dims headDims{inner / heads, heads, perSequence, sequences};

    const Id tailCache = stateCache(saturatingMultiply(kept, channels));
    const Id tail = fetched(tailCache, saturatingMultiply(kept, channels));
    const Id projected = matrix(Slot::StateIn, x);
    const std::uint64_t width = (*current)[Slot::StateIn]->rows;
    const Id all = graph.reshaped(projected, {width, perSequence, sequences});
    const Dims wide{channels, perSequence, sequences};
    const Id joined = convolved(tail, graph.part(graph.part(all, wide, true), {perSequence, channels, sequences}), channels, tailCache);
    const Id cache = stateCache(stateWidth);
    Id mixed = graph.computed(wide, {joined, weight(Slot::StateConvolution)});
    mixed = biased(Slot::StateConvolutionBias, mixed);
    mixed = graph.inPlace(wide, {mixed});
    const Id u = graph.part(mixed, headDims);
    const Dims stepDims{heads, perSequence, sequences};
    Id step = graph.computed(stepDims, {graph.part(all, stepDims, true)});
    step = biased(Slot::StateStepBias, step);
    const Dims groupDims{p.stateSize, p.stateGroups, perSequence, sequences};
    const Id scan = graph.computed({saturatingAdd(saturatingMultiply(inner, batch.tokens), saturatingMultiply(stateWidth, sequences))},
                                   {graph.reshaped(cache, {stateWidth}), u, step, weight(Slot::StateDecay),
                                    graph.part(mixed, groupDims, true), graph.part(mixed, groupDims, true),
                                    ownStates});
    graph.expand(scan);
    const Id others = graph.computed({stateWidth, sequences > 0 ? sequences - 1 : 0},
                                     {graph.reshaped(cache, {stateWidth}), otherStates});
    graph[others].batch = 0;
    graph.expand(graph.stored(graph.slice(others, {stateWidth, 0}), none, cache));
    graph.expand(graph.stored(graph.slice(scan, {stateWidth, sequences}), none, cache));

    const Id z = graph.computed(headDims, {graph.part(all, headDims)});
    const Id skipped = graph.inPlace(headDims, {u, weight(Slot::StateSkip)});
    const Id y = graph.inPlace(headDims, {graph.reshaped(scan, headDims), skipped});
    Id gated = graph.computed(headDims, {z, y});
    if (current->has(Slot::StateNorm)) {
        const std::uint64_t groups = std::max<std::uint64_t>(1, p.stateGroups);
        const Dims normDims{inner / groups, groups, perSequence, sequences};
        gated = normed(Slot::StateNorm, graph.reshaped(gated, normDims), normDims);
    }
    return matrix(Slot::StateOut, graph.reshaped(gated, {inner, batch.tokens}));
}

Id StateBuilder::deltaNet(Id x)
{
    const std::uint64_t inner = p.stateInnerSize;
    const std::uint64_t heads = std::max<std::uint64_t>(1, p.stateTimeStepRank);
    const std::uint64_t sequences = batch.sequences;
    const std::uint64_t perSequence = batch.tokens / std::max<std::uint64_t>(1, sequences);
    const std::uint64_t kept = p.stateConvolution > 0 ? p.stateConvolution - 1 : 0;
    const std::uint64_t channels = (*current)[Slot::FusedQkv]->rows;
    const std::uint64_t stateWidth = saturatingMultiply(p.stateSize, inner);
    const Dims wide{channels, perSequence, sequences};
    const Dims headDims{inner / heads, heads, perSequence, sequences};
    const Dims keyDims{p.stateSize, p.stateGroups, perSequence, sequences};

    const Id tailCache = stateCache(saturatingMultiply(kept, channels));
    const Id tail = fetched(tailCache, saturatingMultiply(kept, channels));
    const Id mixed = graph.reshaped(matrix(Slot::FusedQkv, x), wide);
    const Id joined = convolved(tail, graph.part(mixed, {perSequence, channels, sequences}), channels, tailCache);
    const Id cache = stateCache(stateWidth);
    const Id state = fetched(cache, stateWidth);
    Id all = graph.computed(wide, {joined, weight(Slot::StateConvolution)});
    all = graph.inPlace(wide, {all});
    const auto scaled = [&](bool isMoved) {
        const Id unit = graph.inPlace(keyDims, {graph.part(all, keyDims, isMoved)});
        return graph.inPlace(keyDims, {unit});
    };
    const Id query = scaled(false);
    const Id key = scaled(true);
    const Id value = graph.part(all, headDims, true);
    const Dims gateDims{heads, perSequence, sequences};
    Id gate = graph.reshaped(matrix(Slot::StateAlpha, x), gateDims);
    gate = biased(Slot::StateStepBias, gate);
    gate = graph.inPlace(gateDims, {gate});
    gate = graph.inPlace(gateDims, {gate, weight(Slot::StateDecay)});
    gate = graph.reshaped(gate, {1, heads, perSequence, sequences});
    const Dims betaDims{1, heads, perSequence, sequences};
    const Id beta = graph.inPlace(betaDims, {graph.reshaped(matrix(Slot::StateBeta, x), betaDims)});
    const Id net = graph.computed({inner, saturatingAdd(batch.tokens, saturatingMultiply(p.stateSize, sequences))},
                                  {query, key, value, gate, beta, graph.reshaped(state, {p.stateSize, inner, sequences})});
    graph.expand(graph.stored(graph.slice(net, {stateWidth, sequences}), none, cache));

    Id out = normed(Slot::StateNorm, graph.reshaped(net, headDims), headDims);
    const Id z = graph.inPlace(headDims, {graph.reshaped(matrix(Slot::AttentionGate, x), headDims)});
    out = graph.inPlace(headDims, {out, z});
    out = matrix(Slot::StateOut, graph.reshaped(out, {inner, perSequence, sequences}), batch.tokens, sequences);
    return graph.reshaped(out, {p.embeddingLength, batch.tokens});
}

Id StateBuilder::shortConvolution(Id x)
{
    const std::uint64_t sequences = batch.sequences;
    const std::uint64_t perSequence = batch.tokens / std::max<std::uint64_t>(1, sequences);
    const std::uint64_t kept = p.stateConvolution > 0 ? p.stateConvolution - 1 : 0;
    const Dims dims{p.embeddingLength, perSequence, sequences};
    const Id all = matrix(Slot::StateIn, x);
    const Id product = graph.inPlace(dims, {graph.part(all, dims), graph.part(all, dims, true)});
    const Id tailCache = stateCache(saturatingMultiply(kept, p.embeddingLength));
    const Id tail = fetched(tailCache, saturatingMultiply(kept, p.embeddingLength));
    const Id joined = convolved(tail, graph.part(product, {perSequence, p.embeddingLength, sequences}), p.embeddingLength, tailCache);
    const Id out = graph.computed(dims, {joined, weight(Slot::StateConvolution)});
    const Id gated = graph.inPlace(dims, {graph.part(all, dims, true), out});
    return graph.reshaped(matrix(Slot::StateOut, gated), {p.embeddingLength, batch.tokens});
}

/// RWKV and others: a handful of values as wide as the model, and the state; an upper guess, marked by a note.
Id StateBuilder::unknownState(Id x)
{
    const Dims dims{p.embeddingLength, batch.tokens};
    const Id mixed = graph.computed({saturatingMultiply(6, p.embeddingLength), batch.tokens}, {x});
    return graph.computed(dims, {mixed, x});
}

} // namespace quantlathe::compute
