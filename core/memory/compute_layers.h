// SPDX-License-Identifier: GPL-3.0-or-later
// Pieces of a layer's graph: projections, attention, feed-forward part, experts. One builder per graph.
#pragma once

#include "core/memory/compute_network.h"

namespace quantlathe::compute {

class LayerBuilder
{
public:
    LayerBuilder(const Architecture& architecture_, const Network& network_, const std::vector<WeightBytes>& bytes_,
                 const Batch& batch_)
        : architecture(architecture_), p(architecture_.parameters), network(network_), weightBytes(bytes_), batch(batch_)
    {
    }

    Graph graph;

protected:
    struct Cache
    {
        std::uint64_t cells = 0;
        Id mask = none, keyIndices = none, valueIndices = none, keyRotation = none, valueRotation = none;
        std::uint64_t keyRotationSize = 0, valueRotationSize = 0;
    };

    void begin(std::size_t index)
    {
        currentIndex = index;
        current = &network.layers[index];
    }
    [[nodiscard]] bool isLatent() const { return p.mlaKvLoraRank > 0; }
    [[nodiscard]] bool isMultiRope() const;
    [[nodiscard]] bool isOneOf(std::initializer_list<std::string_view> names) const;
    [[nodiscard]] bool isWindowed(std::size_t layer) const
    {
        return layer < p.slidingWindowLayers.size() && p.slidingWindowLayers[layer];
    }
    [[nodiscard]] std::uint64_t keyLength() const;
    [[nodiscard]] std::uint64_t valueLength() const;
    [[nodiscard]] std::uint64_t widestValue() const;

    /// The layer's tensor; it must be there.
    Id weight(Slot slot);
    /// @p x through the layer's matrix: its rows by @p x's tokens.
    Id matrix(Slot slot, Id x, std::uint64_t tokens, std::uint64_t sequences = 1);
    Id matrix(Slot slot, Id x) { return matrix(slot, x, batch.tokens); }
    /// With the layer's bias, when there is one.
    Id biased(Slot slot, Id x);
    Id normed(Slot slot, Id x, const Dims& dims);
    /// The rows for which logits are wanted.
    Id rows(Id x);

    Id attend(Id x);
    Id feedForward(Id x, std::uint64_t tokens);

    const Architecture& architecture;
    const Hyperparameters& p;
    const Network& network;
    const std::vector<WeightBytes>& weightBytes;
    const Batch& batch;
    const Layer* current = nullptr;
    std::size_t currentIndex = 0;
    Id positions = none, outputRows = none, states = none, ownStates = none, otherStates = none;
    std::array<Cache, 2> caches; ///< full attention, sliding window

private:
    Id plainAttention(Id x);
    Id latentAttention(Id x);
    /// The head's common end: softmax of the scores times values. @p query is [length, tokens, heads].
    Id headsOf(Id query, Id keyCache, Id valueCache, std::uint64_t heads, std::uint64_t headLength, const Cache& cache);
    Id rotated(Id x, const Dims& dims, Id rotation, std::uint64_t size);
    Id roped(Id x, const Dims& dims);
    Id cacheOf(std::uint64_t width, TensorType type, std::uint64_t cells, bool isKey);
    Id experts(Id x, std::uint64_t tokens);
    Id dense(Id x, std::uint64_t tokens, Slot gate, Slot up, Slot down);
};

} // namespace quantlathe::compute
