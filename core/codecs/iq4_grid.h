// SPDX-License-Identifier: GPL-3.0-or-later
// Four-bit codes on a fixed non-linear grid. Source of layouts and grid: ggml.
//
//   IQ4_NL   32 weights: d half, 16 bytes of codes                          w = d * grid[q]
//   IQ4_XS  256 weights: d half, upper scale bits (16), lower scale bits (4 bytes), 128 bytes of codes
//           8 sub-blocks of 32 with a six-bit scale                         w = d * (sc - 32) * grid[q]
//
// Byte j of 16 holds weight j in its low and weight j + 16 in its high nibble.
#pragma once

#include "core/codecs/block_parts.h"

#include <array>

namespace quantlathe::codecs {

alignas(64) inline constexpr std::array<float, 16> iq4Grid = {-127, -104, -83, -65, -49, -35, -22, -10,
                                                              1,    13,   25,  38,  53,  69,  89,  113};

/// Between value i and value i + 1; the last one is never passed.
alignas(64) inline constexpr std::array<float, 16> iq4Midpoints = [] {
    std::array<float, 16> midpoints{};
    for (std::size_t index = 0; index + 1 < midpoints.size(); ++index)
        midpoints[index] = (iq4Grid[index] + iq4Grid[index + 1]) / 2;
    midpoints.back() = 1e30f;
    return midpoints;
}();

struct BlockIQ4_NL
{
    StoredHalf d;
    std::array<std::uint8_t, 16> codes;
};
static_assert(sizeof(BlockIQ4_NL) == 18);

struct BlockIQ4_XS
{
    StoredHalf d;
    std::array<std::uint8_t, 2>
        upperScales; ///< 16 bits, little-endian; bits 2b are the upper two of sub-block b
    std::array<std::uint8_t, 4> lowerScales; ///< nibbles, low first
    std::array<std::uint8_t, 128> codes;
};
static_assert(sizeof(BlockIQ4_XS) == 136);

} // namespace quantlathe::codecs
