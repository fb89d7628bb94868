// SPDX-License-Identifier: GPL-3.0-or-later
// What the weights of a block can be once its scales are fixed, for methods that choose the codes themselves.
#pragma once

#include "core/types/tensor_type.h"

#include <cstddef>
#include <cstdint>
#include <span>

namespace quantlathe {

/// A format in which every weight has a code of its own: value = scale x level[code] + offset, scale and offset by weight. Layouts: ggml.
struct BlockGrid
{
    TensorType type;
    std::uint32_t weights;       ///< of a block
    std::span<const float> levels; ///< by code, ascending
    /// Reads @p scales and @p offsets, one of each per weight, from a block. What the decoder computes is exactly scale x level + offset.
    void (*read)(const std::byte* block, float* scales, float* offsets);
    /// Puts @p codes, one per weight, into a block; the scales in it stay.
    void (*writeCodes)(const std::uint8_t* codes, std::byte* block);
};

/// That of Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q2_K ... Q6_K, IQ4_NL and IQ4_XS; null for all others.
const BlockGrid* blockGridFor(TensorType type);

} // namespace quantlathe
