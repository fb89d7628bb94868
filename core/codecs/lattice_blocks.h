// SPDX-License-Identifier: GPL-3.0-or-later
// The lattice formats: super-blocks of 256 weights with one half scale d, cut into sub-blocks of 16 or 32
// with an integer scale s; inside, groups of eight or four weights are points of a fixed lattice
// (lattice_grids.h), for IQ2 and IQ3 with signs. Layouts as in ggml-common.h of the ggml project.
//
//   IQ2_XXS   8 x 32  w = d*(0.5 + s)/4 * +-grid    s 4 bits;  256 points of 8; seven signs stored, the
//   eighth makes
//                                                   the number of minus signs even
//   IQ2_XS   16 x 16  w = d*(0.5 + s)/4 * +-grid    s 4 bits;  512 points of 8; seven signs
//   IQ2_S    16 x 16  w = d*(0.5 + s)/4 * +-grid    s 4 bits; 1024 points of 8; eight signs
//   IQ3_XXS   8 x 32  w = d*(0.5 + s)/2 * +-grid    s 4 bits;  256 points of 4; seven signs for two points
//   IQ3_S     8 x 32  w = d*(1 + 2s)    * +-grid    s 4 bits;  512 points of 4; four signs each
//   IQ1_S     8 x 32  w = d*(1 + 2s) * (grid +- 1/8)  s 3 bits; 2048 points of 8; the shift's sign per
//   sub-block IQ1_M    16 x 16  w = d*(1 + 2s) * (grid +- 1/8)  s 3 bits; 2048 points of 8; the shift's sign
//   per point
#pragma once

#include "core/codecs/block_parts.h"

#include <array>
#include <bit>

namespace quantlathe::codecs {

/// An unsigned number of two or four bytes, little-endian, at any address.
struct StoredWord16
{
    std::array<std::uint8_t, 2> bytes;
    [[nodiscard]] unsigned value() const { return bytes[0] | unsigned{bytes[1]} << 8; }
    void store(unsigned number)
    {
        bytes[0] = static_cast<std::uint8_t>(number);
        bytes[1] = static_cast<std::uint8_t>(number >> 8);
    }
};

struct StoredWord32
{
    std::array<std::uint8_t, 4> bytes;
    [[nodiscard]] std::uint32_t value() const
    {
        return bytes[0] | std::uint32_t{bytes[1]} << 8 | std::uint32_t{bytes[2]} << 16 |
               std::uint32_t{bytes[3]} << 24;
    }
    void store(std::uint32_t number)
    {
        for (std::size_t index = 0; index < 4; ++index)
            bytes[index] = static_cast<std::uint8_t>(number >> 8 * index);
    }
};

struct BlockIQ2_XXS
{
    struct Sub
    {
        std::array<std::uint8_t, 4> points;
        StoredWord32 signsAndScale; ///< four times seven signs, then the scale
    };
    StoredHalf d;
    std::array<Sub, 8> subs;
};
static_assert(sizeof(BlockIQ2_XXS) == 66);

struct BlockIQ2_XS
{
    StoredHalf d;
    std::array<StoredWord16, 32> pointsAndSigns; ///< nine bits point, seven bits signs
    std::array<std::uint8_t, 8> scales;          ///< nibbles, low first
};
static_assert(sizeof(BlockIQ2_XS) == 74);

struct BlockIQ2_S
{
    StoredHalf d;
    std::array<std::uint8_t, 32> points; ///< low eight bits
    std::array<std::uint8_t, 32> signs;
    std::array<std::uint8_t, 8> highBits; ///< two bits for each of four points
    std::array<std::uint8_t, 8> scales;
};
static_assert(sizeof(BlockIQ2_S) == 82);

struct BlockIQ3_XXS
{
    StoredHalf d;
    std::array<std::uint8_t, 64> points;
    std::array<StoredWord32, 8> signsAndScales; ///< as in IQ2_XXS
};
static_assert(sizeof(BlockIQ3_XXS) == 98);

struct BlockIQ3_S
{
    StoredHalf d;
    std::array<std::uint8_t, 64> points;  ///< low eight bits
    std::array<std::uint8_t, 8> highBits; ///< one bit for each of eight points
    std::array<std::uint8_t, 32> signs;
    std::array<std::uint8_t, 4> scales; ///< nibbles, low first
};
static_assert(sizeof(BlockIQ3_S) == 110);

struct BlockIQ1_S
{
    StoredHalf d;
    std::array<std::uint8_t, 32> points; ///< low eight bits
    std::array<StoredWord16, 8>
        highParts; ///< four times three bits of points, three of scale, the shift's sign
};
static_assert(sizeof(BlockIQ1_S) == 50);

struct BlockIQ1_M
{
    std::array<std::uint8_t, 32> points;    ///< low eight bits
    std::array<std::uint8_t, 16> highParts; ///< a nibble per point: three bits of the point, the shift's sign
    std::array<StoredWord16, 4> scales;     ///< four times three bits; the top nibbles together are d

    [[nodiscard]] std::uint16_t dBits() const
    {
        unsigned bits = 0;
        for (std::size_t word = 0; word < 4; ++word)
            bits |= scales[word].value() >> 12 << 4 * word;
        return static_cast<std::uint16_t>(bits);
    }
};
static_assert(sizeof(BlockIQ1_M) == 56);

inline constexpr float latticeShift = 0.125f;

/// The eight signs of seven stored ones: the number of minus signs is even.
inline unsigned evenSigns(unsigned seven)
{
    return seven | (static_cast<unsigned>(std::popcount(seven)) & 1) << 7;
}

} // namespace quantlathe::codecs
