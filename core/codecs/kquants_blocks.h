// SPDX-License-Identifier: GPL-3.0-or-later
// The k-quants: super-blocks of 256 weights, cut into sub-blocks of 16 or 32 with integer scales (and minima)
// of their own, which multiply one half scale d (and minimum dmin) per super-block. Source: ggml-common.h of
// the ggml project.
//
//   Q2_K  16 x 16   w = d*sc*q - dmin*mn      sc, mn 4 bits; q 2 bits
//   Q3_K  16 x 16   w = d*(sc-32)*(q-4)       sc 6 bits; q 2 low bits and a high bit
//   Q4_K   8 x 32   w = d*sc*q - dmin*mn      sc, mn 6 bits; q 4 bits
//   Q5_K   8 x 32   w = d*sc*q - dmin*mn      sc, mn 6 bits; q 4 low bits and a high bit
//   Q6_K  16 x 16   w = d*sc*(q-32)           sc 8 bits signed; q 4 low and 2 high bits
//   Q8_K            w = d*q                   d a float (a run-time format, not for files)
#pragma once

#include "core/codecs/block_parts.h"

#include <array>

namespace quantlathe::codecs {

inline constexpr std::size_t superBlock = 256;

/// Two-bit codes: byte 32h + r of half h holds the weights 128h + r, + 32, + 64, + 96 from its lowest bits
/// upwards.
using TwoBitCodes = std::array<std::uint8_t, superBlock / 4>;

struct BlockQ2_K
{
    std::array<std::uint8_t, 16> scales; ///< low nibble scale, high nibble minimum
    TwoBitCodes codes;
    StoredHalf d;
    StoredHalf dmin;
};
static_assert(sizeof(BlockQ2_K) == 84);

struct BlockQ3_K
{
    std::array<std::uint8_t, 32> highBits; ///< bit b of byte r: the third bit of weight 32b + r
    TwoBitCodes codes;
    std::array<std::uint8_t, 12> scales; ///< see scaleOfQ3_K
    StoredHalf d;
};
static_assert(sizeof(BlockQ3_K) == 110);

struct BlockQ4_K
{
    StoredHalf d;
    StoredHalf dmin;
    std::array<std::uint8_t, 12> scales; ///< see scaleAndMinimum
    /// Byte 32c + r: weight 64c + r in the low, 64c + 32 + r in the high nibble.
    std::array<std::uint8_t, superBlock / 2> codes;
};
static_assert(sizeof(BlockQ4_K) == 144);

struct BlockQ5_K
{
    StoredHalf d;
    StoredHalf dmin;
    std::array<std::uint8_t, 12> scales;
    std::array<std::uint8_t, 32> highBits;          ///< bit b of byte r: the fifth bit of weight 32b + r
    std::array<std::uint8_t, superBlock / 2> codes; ///< as in Q4_K
};
static_assert(sizeof(BlockQ5_K) == 176);

struct BlockQ6_K
{
    /// Byte 64h + r: weight 128h + r in the low, 128h + 64 + r in the high nibble.
    std::array<std::uint8_t, superBlock / 2> lowBits;
    std::array<std::uint8_t, superBlock / 4> highBits; ///< laid out as TwoBitCodes
    std::array<std::int8_t, 16> scales;
    StoredHalf d;
};
static_assert(sizeof(BlockQ6_K) == 210);

struct BlockQ8_K
{
    std::array<std::uint8_t, 4> d; ///< float, little-endian
    std::array<std::int8_t, superBlock> codes;
    std::array<std::uint8_t, 32> sums; ///< 16-bit sums of 16 codes each, for dot products
};
static_assert(sizeof(BlockQ8_K) == 292);

/// The two bits of weight @p index.
inline int twoBits(const TwoBitCodes& codes, std::size_t index)
{
    return codes[index / 128 * 32 + index % 32] >> (index % 128 / 32 * 2) & 3;
}

inline void packTwoBits(const std::uint8_t* codes, TwoBitCodes& packed)
{
    for (std::size_t half = 0; half < 2; ++half) {
        const std::uint8_t* first = codes + 128 * half;
        for (std::size_t rest = 0; rest < 32; ++rest)
            packed[32 * half + rest] =
                static_cast<std::uint8_t>((first[rest] & 3) | (first[rest + 32] & 3) << 2 | (first[rest + 64] & 3) << 4
                                          | (first[rest + 96] & 3) << 6);
    }
}

inline void addTwoBits(TwoBitCodes& codes, std::size_t index, int bits)
{
    codes[index / 128 * 32 + index % 32] |= static_cast<std::uint8_t>(bits << (index % 128 / 32 * 2));
}

struct ScaleAndMinimum
{
    int scale;
    int minimum;
};

/// Six-bit scale and minimum of sub-block @p sub (0 ... 7) of Q4_K and Q5_K. The first four sub-blocks use
/// the low six bits of bytes 0-3 and 4-7; of the last four the low nibbles are in bytes 8-11, the upper two
/// bits on top of the first.
inline ScaleAndMinimum scaleAndMinimum(const std::array<std::uint8_t, 12>& packed, std::size_t sub)
{
    if (sub < 4)
        return {packed[sub] & 63, packed[sub + 4] & 63};
    return {(packed[sub + 4] & 15) | packed[sub - 4] >> 6 << 4, packed[sub + 4] >> 4 | packed[sub] >> 6 << 4};
}

/// @p packed must start as zeros and be filled in ascending order of @p sub.
inline void storeScaleAndMinimum(std::array<std::uint8_t, 12>& packed, std::size_t sub,
                                 ScaleAndMinimum values)
{
    if (sub < 4) {
        packed[sub] = static_cast<std::uint8_t>(values.scale);
        packed[sub + 4] = static_cast<std::uint8_t>(values.minimum);
        return;
    }
    packed[sub + 4] = static_cast<std::uint8_t>((values.scale & 15) | (values.minimum & 15) << 4);
    packed[sub - 4] |= static_cast<std::uint8_t>(values.scale >> 4 << 6);
    packed[sub] |= static_cast<std::uint8_t>(values.minimum >> 4 << 6);
}

/// Scale of sub-block @p sub (0 ... 15) of Q3_K, -32 ... 31. Low nibbles: bytes 0-7, low half first; upper
/// two bits of sub-block j: bits 2(j/4) of byte 8 + j%4.
inline int scaleOfQ3_K(const std::array<std::uint8_t, 12>& packed, std::size_t sub)
{
    const int low = sub < 8 ? packed[sub] & 15 : packed[sub - 8] >> 4;
    const int high = packed[8 + sub % 4] >> (2 * (sub / 4)) & 3;
    return (low | high << 4) - 32;
}

/// @p packed must start as zeros.
inline void storeScaleOfQ3_K(std::array<std::uint8_t, 12>& packed, std::size_t sub, int scale)
{
    const int code = scale + 32;
    packed[sub % 8] |= static_cast<std::uint8_t>((code & 15) << (sub < 8 ? 0 : 4));
    packed[8 + sub % 4] |= static_cast<std::uint8_t>(code >> 4 << (2 * (sub / 4)));
}

} // namespace quantlathe::codecs
