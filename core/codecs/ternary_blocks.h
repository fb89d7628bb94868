// SPDX-License-Identifier: GPL-3.0-or-later
// Formats for models trained with two or three weight values. Source of layouts: ggml.
//
//   Q1_0   128 weights: d half, 128 bits                     w = bit ? d : -d
//   Q2_0    64 weights: d half, 64 two-bit codes             w = (q - 1) * d
//   TQ2_0  256 weights: 64 bytes of two-bit codes, d half    w = (q - 1) * d
//          byte m of each 32 holds the weights m, m + 32, m + 64, m + 96 of its 128 from the lowest bits
//          upwards
//   TQ1_0  256 weights: 48 + 4 bytes of base-3 digits, d half   w = (digit - 1) * d
//          A byte holds five digits as the fraction 0.ddddd (base 3), rounded up to 1/256: multiplying by 3
//          moves the next digit in front of the point. Bytes 0-31: weights m + 32n; bytes 32-47: 160 + m +
//          16n; the last four, with four digits: 240 + m + 4n (n the digit's place).
#pragma once

#include "core/codecs/block_parts.h"

#include <array>

namespace quantlathe::codecs {

struct BlockQ1_0
{
    static constexpr std::size_t weights = 128;
    StoredHalf d;
    std::array<std::uint8_t, 16> bits;
};
static_assert(sizeof(BlockQ1_0) == 18);

struct BlockQ2_0
{
    static constexpr std::size_t weights = 64;
    StoredHalf d;
    std::array<std::uint8_t, 16> codes;
};
static_assert(sizeof(BlockQ2_0) == 18);

struct BlockTQ1_0
{
    static constexpr std::size_t weights = 256;
    std::array<std::uint8_t, 48> fives;
    std::array<std::uint8_t, 4> fours;
    StoredHalf d;
};
static_assert(sizeof(BlockTQ1_0) == 54);

struct BlockTQ2_0
{
    static constexpr std::size_t weights = 256;
    std::array<std::uint8_t, 64> codes;
    StoredHalf d;
};
static_assert(sizeof(BlockTQ2_0) == 66);

} // namespace quantlathe::codecs
