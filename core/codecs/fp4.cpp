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
#include "core/codecs/block_parts.h"
#include "core/codecs/families.h"

#include <array>
#include <cmath>

namespace quantlathe::codecs {

namespace {

constexpr std::array<float, 16> doubledE2M1 = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

struct BlockMXFP4
{
    std::uint8_t exponent;
    std::array<std::uint8_t, 16> codes;
};
static_assert(sizeof(BlockMXFP4) == 17);

struct BlockNVFP4
{
    std::array<std::uint8_t, 4> scales;
    std::array<std::array<std::uint8_t, 8>, 4> codes;
};
static_assert(sizeof(BlockNVFP4) == 36);

template <std::size_t Bytes>
void decodeNibbles(const std::array<std::uint8_t, Bytes>& codes, float scale, float* weights)
{
    for (std::size_t index = 0; index < Bytes; ++index) {
        weights[index] = doubledE2M1[codes[index] & 15] * scale;
        weights[index + Bytes] = doubledE2M1[codes[index] >> 4] * scale;
    }
}

/// Half of 2^(exponent - 127).
float halvedPowerOfTwo(std::uint8_t exponent)
{
    return std::ldexp(1.0f, int{exponent} - 128);
}

/// Half of the unsigned E4M3 number in the low seven bits. Exponent 15 has eight ordinary values here (up to
/// 480).
float halvedUnsignedE4M3(std::uint8_t bits)
{
    if (bits == 0 || bits == 0x7F)
        return 0;
    const int exponent = bits >> 3 & 15;
    const auto fraction = static_cast<float>(bits & 7);
    return exponent == 0 ? std::ldexp(fraction, -10) : std::ldexp(8.0f + fraction, exponent - 11);
}

void decodeMXFP4(const std::byte* bytes, float* weights, std::size_t count)
{
    const auto* block = asBlocks<BlockMXFP4>(bytes);
    for (std::size_t first = 0; first < count; first += 32, ++block)
        decodeNibbles(block->codes, halvedPowerOfTwo(block->exponent), weights + first);
}

void decodeNVFP4(const std::byte* bytes, float* weights, std::size_t count)
{
    const auto* block = asBlocks<BlockNVFP4>(bytes);
    for (std::size_t first = 0; first < count; first += 64, ++block) {
        for (std::size_t sub = 0; sub < 4; ++sub)
            decodeNibbles(block->codes[sub], halvedUnsignedE4M3(block->scales[sub]),
                          weights + first + 16 * sub);
    }
}

} // namespace

std::span<const Codec> fp4Codecs()
{
    static constexpr Codec codecs[] = {
        {TensorType::MXFP4, decodeMXFP4, nullptr},
        {TensorType::NVFP4, decodeNVFP4, nullptr},
    };
    return codecs;
}

} // namespace quantlathe::codecs
