// SPDX-License-Identifier: GPL-3.0-or-later
// The first GGUF formats: 32 weights share one half scale d and, in the _1 formats, a half minimum m.
//
//   Q4_0  d, 16 bytes of 4-bit codes q                    w = (q - 8) * d
//   Q4_1  d, m, 16 bytes                                  w = q * d + m
//   Q5_0  d, 32 fifth bits, 16 bytes                      w = (q - 16) * d
//   Q5_1  d, m, 32 fifth bits, 16 bytes                   w = q * d + m
//   Q8_0  d, 32 signed bytes                              w = q * d
//   Q8_1  d, s = d * sum q (for dot products), 32 bytes   w = q * d     (a run-time format, not for files)
//
// Byte j of the 4-bit codes holds weight j in its low and weight j + 16 in its high nibble; bit k of the
// fifth bits belongs to weight k. Source: ggml-common.h of the ggml project.
#pragma once

#include "core/codecs/block_parts.h"

#include <array>

namespace quantlathe::codecs {

inline constexpr std::size_t legacyBlock = 32;

using Nibbles = std::array<std::uint8_t, legacyBlock / 2>;
using FifthBits = std::array<std::uint8_t, 4>;

struct BlockQ4_0
{
    StoredHalf d;
    Nibbles nibbles;
};
static_assert(sizeof(BlockQ4_0) == 18);

struct BlockQ4_1
{
    StoredHalf d;
    StoredHalf m;
    Nibbles nibbles;
};
static_assert(sizeof(BlockQ4_1) == 20);

struct BlockQ5_0
{
    StoredHalf d;
    FifthBits fifthBits;
    Nibbles nibbles;
};
static_assert(sizeof(BlockQ5_0) == 22);

struct BlockQ5_1
{
    StoredHalf d;
    StoredHalf m;
    FifthBits fifthBits;
    Nibbles nibbles;
};
static_assert(sizeof(BlockQ5_1) == 24);

struct BlockQ8_0
{
    StoredHalf d;
    std::array<std::int8_t, legacyBlock> codes;
};
static_assert(sizeof(BlockQ8_0) == 34);

struct BlockQ8_1
{
    StoredHalf d;
    StoredHalf s;
    std::array<std::int8_t, legacyBlock> codes;
};
static_assert(sizeof(BlockQ8_1) == 36);

} // namespace quantlathe::codecs
