// SPDX-License-Identifier: GPL-3.0-or-later
// Four-bit floats E2M1 (sign, then 0 0.5 1 1.5 2 3 4 6) with a shared 8-bit float scale. Source of layouts:
// ggml; of the number formats: OCP Microscaling Formats.
//
//   MXFP4  32 weights: scale 2^(e - 127), 16 bytes; byte j: weight j low, j + 16 high nibble
//   NVFP4  64 weights: four scales (unsigned E4M3), then 8 bytes for each 16 weights; byte j: weight j low, j
//   + 8 high
//
// As in ggml the E2M1 values are doubled to integers and the scale halved, which is exact but at the edges:
// MXFP4 scale 255 (NaN in the OCP format) is read as 2^128, and NVFP4 scale bytes 0 and 0x7F as 0.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace quantlathe::codecs {

inline constexpr std::array<float, 16> doubledE2M1 = {0, 1,  2,  3,  4,  6,  8,  12,
                                                      0, -1, -2, -3, -4, -6, -8, -12};

struct BlockMXFP4
{
    static constexpr std::size_t weights = 32;
    std::uint8_t exponent;
    std::array<std::uint8_t, 16> codes;
};
static_assert(sizeof(BlockMXFP4) == 17);

struct BlockNVFP4
{
    static constexpr std::size_t weights = 64;
    static constexpr std::size_t subWeights = 16;
    std::array<std::uint8_t, 4> scales;
    std::array<std::array<std::uint8_t, 8>, 4> codes;
};
static_assert(sizeof(BlockNVFP4) == 36);

/// Half of 2^(exponent - 127).
inline float halvedPowerOfTwo(std::uint8_t exponent)
{
    // Exponents 0 and 1 give denormal floats, 2^-128 and 2^-127.
    return std::bit_cast<float>(exponent < 2 ? 0x200000u << exponent : (exponent - 1u) << 23);
}

/// Half of the unsigned E4M3 number in the low seven bits. Exponent 15 has eight ordinary values here (up to
/// 480).
inline float halvedUnsignedE4M3(std::uint8_t bits)
{
    if (bits == 0 || bits == 0x7F)
        return 0;
    const int exponent = bits >> 3 & 15;
    const auto fraction = static_cast<float>(bits & 7);
    return exponent == 0
               ? fraction * 0x1p-10f
               : (8.0f + fraction) * std::bit_cast<float>(static_cast<std::uint32_t>(exponent + 116) << 23);
}

} // namespace quantlathe::codecs
