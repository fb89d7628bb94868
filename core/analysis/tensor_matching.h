// SPDX-License-Identifier: GPL-3.0-or-later
// Which tensors of two models belong together, whatever their formats call them and however they stack experts.
#pragma once

#include "core/model/model.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace quantlathe {

/// Rows of a tensor of the first model and the rows of the second that should equal them.
struct MatchedRows
{
    std::size_t first = 0; ///< tensor index
    std::size_t second = 0;
    std::uint64_t firstRow = 0;
    std::uint64_t secondRow = 0;
    std::uint64_t rowCount = 0;
};

struct TensorMatch
{
    std::optional<std::size_t> first; ///< tensor index; one of the two is always there
    std::optional<std::size_t> second;
    bool isShapeEqual = false;        ///< leading dimensions of 1 do not count
    std::vector<MatchedRows> rows;    ///< one entry, or one per expert where only one model stacks them; empty unless isShapeEqual
};

/// In the order of the first model, then what only the second has.
std::vector<TensorMatch> matchTensors(const Model& first, const Model& second);

/// The order of rows inside attention heads that llama.cpp's rotary embedding wants, against Hugging Face's: rows
/// [heads, 2, half] become [heads, half, 2].
struct RopeOrder
{
    std::uint64_t headLength = 0; ///< rows per head, even

    /// The Hugging Face row that stands at row @p ggufRow in GGUF.
    [[nodiscard]] std::uint64_t toHuggingFace(std::uint64_t ggufRow) const;
    [[nodiscard]] std::uint64_t toGguf(std::uint64_t huggingFaceRow) const;
};

/// Where tensor @p first of one model and @p second of the other may be ordered differently: a query or key projection (or
/// its bias) in GGUF on one side only, with a known number of heads.
std::optional<RopeOrder> possibleRopeOrder(const Model& firstModel, std::size_t first, const Model& secondModel,
                                           std::size_t second);

} // namespace quantlathe
