// SPDX-License-Identifier: GPL-3.0-or-later
// Four-bit codes on a fixed non-linear grid. Source of layout and grid: ggml.
//
//   IQ4_NL   32 weights: d half, 16 bytes of codes                          w = d * grid[q]
//   IQ4_XS  256 weights: d half, upper scale bits (16), lower scale bits (4 bytes), 128 bytes of codes
//           8 sub-blocks of 32 with a six-bit scale                         w = d * (sc - 32) * grid[q]
//
// Byte j of 16 holds weight j in its low and weight j + 16 in its high nibble.
#include "core/codecs/block_parts.h"
#include "core/codecs/families.h"

#include <array>

namespace quantlathe::codecs {

namespace {

constexpr std::array<float, 16> grid = {-127, -104, -83, -65, -49, -35, -22, -10,
                                        1,    13,   25,  38,  53,  69,  89,  113};

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

void decodeSubBlock(const std::uint8_t* codes, float scale, float* weights)
{
    for (std::size_t index = 0; index < 16; ++index) {
        weights[index] = scale * grid[codes[index] & 15];
        weights[index + 16] = scale * grid[codes[index] >> 4];
    }
}

void decodeIQ4_NL(const std::byte* bytes, float* weights, std::size_t count)
{
    const auto* block = asBlocks<BlockIQ4_NL>(bytes);
    for (std::size_t first = 0; first < count; first += 32, ++block)
        decodeSubBlock(block->codes.data(), block->d.value(), weights + first);
}

void decodeIQ4_XS(const std::byte* bytes, float* weights, std::size_t count)
{
    const auto* block = asBlocks<BlockIQ4_XS>(bytes);
    for (std::size_t first = 0; first < count; first += 256, ++block) {
        const float d = block->d.value();
        for (std::size_t sub = 0; sub < 8; ++sub) {
            const int low = block->lowerScales[sub / 2] >> (sub % 2 * 4) & 15;
            const int high = block->upperScales[sub / 4] >> (sub % 4 * 2) & 3;
            decodeSubBlock(block->codes.data() + 16 * sub, d * static_cast<float>((low | high << 4) - 32),
                           weights + first + 32 * sub);
        }
    }
}

} // namespace

std::span<const Codec> iq4Codecs()
{
    static constexpr Codec codecs[] = {
        {TensorType::IQ4_NL, decodeIQ4_NL, nullptr},
        {TensorType::IQ4_XS, decodeIQ4_XS, nullptr},
    };
    return codecs;
}

} // namespace quantlathe::codecs
