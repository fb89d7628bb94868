// SPDX-License-Identifier: GPL-3.0-or-later
// The graph of one micro-batch as llama.cpp builds it, without data: what is computed from what, how large it is and where its
// weights lie. Enough to allocate it as ggml does (compute_schedule.h).
#pragma once

#include "core/memory/saturating.h"

#include <array>
#include <cstdint>
#include <initializer_list>
#include <vector>

namespace quantlathe::compute {

using Id = std::int32_t; ///< index of a value in the graph
inline constexpr Id none = -1;
inline constexpr int unassigned = -1;

/// What a buffer is large for.
enum class Phase : std::uint8_t { Inputs, Projections, Scores, Dequantization, FeedForward, Experts, State, Logits, Staging };
inline constexpr std::size_t phaseCount = static_cast<std::size_t>(Phase::Staging) + 1;

struct Dims
{
    std::uint64_t a = 1, b = 1, c = 1, d = 1;
    [[nodiscard]] std::uint64_t count() const
    {
        return saturatingMultiply(saturatingMultiply(a, b), saturatingMultiply(c, d));
    }
    [[nodiscard]] std::uint64_t rows() const { return saturatingMultiply(saturatingMultiply(b, c), d); }
};

enum class Kind : std::uint8_t {
    Input,    ///< set by the program before the graph runs; in host memory
    External, ///< weights and caches: have their own memory
    Computed, ///< allocated
    InPlace,  ///< may take over the memory of a source of the same layout that nobody else needs
    View      ///< no memory of its own; of an external value also what is written into a cache
};

/// How many sources a value has at most (the state-space scan).
inline constexpr std::size_t mostSources = 7;

struct Value
{
    std::uint64_t bytes = 0;    ///< without alignment
    std::uint64_t copyBytes = 0; ///< of a copy on a device: block types read past the end of their last row
    std::uint64_t scratch = 0;  ///< on a device: room that the operation asks for behind its result
    std::uint64_t layout = 0;   ///< equal for values of the same dimensions and strides
    std::array<Id, mostSources> sources{none, none, none, none, none, none, none};
    Id root = none;             ///< of a view: the value whose memory it shows
    std::uint32_t batch = 0;    ///< what decides whether weights in host memory are worth copying to a device
    std::int8_t place = unassigned; ///< External: where it lies; others: where it must be computed, if anywhere
    Kind kind = Kind::Computed;
    Phase phase = Phase::Inputs;
    bool isWeight = false;
    bool isOutput = false;      ///< never overwritten
    bool isBoundToWeights = true; ///< false for rotation and flash attention: too small weights to choose the device by
    bool isMovedView = false;   ///< does not begin where its root begins
    bool isStore = false;       ///< writes into an external value: a step of its own, unlike other views
};

/// Values are made in any order; expand() puts them and what they need into the order of computation.
class Graph
{
public:
    Graph();

    Id input(const Dims& dims, unsigned elementBytes);
    /// @param copyBytes what a copy of it takes on a device
    Id external(int place, std::uint64_t bytes, std::uint64_t copyBytes, bool isWeight);
    Id computed(const Dims& dims, std::initializer_list<Id> sources, unsigned elementBytes = 4);
    Id inPlace(const Dims& dims, std::initializer_list<Id> sources);
    /// The same memory, other dimensions.
    Id reshaped(Id source, const Dims& dims);
    /// A part of it, or its dimensions in another order: another layout.
    Id part(Id source, const Dims& dims, bool isMoved = false);
    /// A part without gaps, not at the beginning.
    Id slice(Id source, const Dims& dims);
    /// @p source written into the cache @p external at @p indices (none: as a whole).
    Id stored(Id source, Id indices, Id external);

    /// Appends @p id and all it needs that is not there yet, sources first, from left to right.
    void expand(Id id);

    [[nodiscard]] Value& operator[](Id id) { return m_values[static_cast<std::size_t>(id)]; }
    [[nodiscard]] const Value& operator[](Id id) const { return m_values[static_cast<std::size_t>(id)]; }
    [[nodiscard]] std::size_t valueCount() const { return m_values.size(); }
    /// Computation steps in order; inputs and external values are in leaves.
    [[nodiscard]] const std::vector<Id>& steps() const { return m_steps; }
    [[nodiscard]] const std::vector<Id>& leaves() const { return m_leaves; }

    Phase phase = Phase::Inputs; ///< of the values made from now on

private:
    Id add(Value value, std::initializer_list<Id> sources);

    std::vector<Value> m_values;
    std::vector<char> m_isVisited;
    std::vector<Id> m_steps;
    std::vector<Id> m_leaves;
};

} // namespace quantlathe::compute
