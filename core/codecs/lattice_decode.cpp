// SPDX-License-Identifier: GPL-3.0-or-later
// Decoders of the lattice formats. Products are taken in ggml's order: scale, level, sign.
#include "core/codecs/lattice_decode.h"

#include "core/codecs/lattice_blocks.h"
#include "core/codecs/lattice_grids.h"

namespace quantlathe::codecs::scalar {

namespace {

constexpr std::size_t superBlock = 256;

template <std::size_t Dimensions>
void decodeSigned(float scale, const std::int8_t* point, unsigned signs, float* weights)
{
    for (std::size_t index = 0; index < Dimensions; ++index)
        weights[index] = scale * static_cast<float>(point[index]) * (signs >> index & 1 ? -1.0f : 1.0f);
}

void decodeShifted(float scale, const std::int8_t* point, bool isNegative, float* weights)
{
    const float shift = isNegative ? -latticeShift : latticeShift;
    for (std::size_t index = 0; index < 8; ++index)
        weights[index] = scale * (static_cast<float>(point[index]) + shift);
}

/// The four-bit scale number @p sub, low nibble first, as IQ2 uses it.
float scaleOfIQ2(float d, const std::uint8_t* scales, std::size_t sub)
{
    return d * (0.5f + static_cast<float>(scales[sub / 2] >> (sub % 2 * 4) & 15)) * 0.25f;
}

} // namespace

void decodeIQ2_XXS(const std::byte* bytes, float* weights, std::size_t count)
{
    const std::int8_t* grid = expandedIQ2_XXS();
    const auto* block = asBlocks<BlockIQ2_XXS>(bytes);
    for (std::size_t first = 0; first < count; first += superBlock, ++block) {
        const float d = block->d.value();
        for (std::size_t sub = 0; sub < 8; ++sub) {
            const std::uint32_t word = block->subs[sub].signsAndScale.value();
            const float scale = d * (0.5f + static_cast<float>(word >> 28)) * 0.25f;
            for (std::size_t group = 0; group < 4; ++group)
                decodeSigned<8>(scale, grid + 8 * block->subs[sub].points[group],
                                evenSigns(word >> 7 * group & 127), weights + first + 32 * sub + 8 * group);
        }
    }
}

void decodeIQ2_XS(const std::byte* bytes, float* weights, std::size_t count)
{
    const std::int8_t* grid = expandedIQ2_XS();
    const auto* block = asBlocks<BlockIQ2_XS>(bytes);
    for (std::size_t first = 0; first < count; first += superBlock, ++block) {
        const float d = block->d.value();
        for (std::size_t group = 0; group < 32; ++group) {
            const unsigned word = block->pointsAndSigns[group].value();
            decodeSigned<8>(scaleOfIQ2(d, block->scales.data(), group / 2), grid + 8 * (word & 511),
                            evenSigns(word >> 9), weights + first + 8 * group);
        }
    }
}

void decodeIQ2_S(const std::byte* bytes, float* weights, std::size_t count)
{
    const std::int8_t* grid = expandedIQ2_S();
    const auto* block = asBlocks<BlockIQ2_S>(bytes);
    for (std::size_t first = 0; first < count; first += superBlock, ++block) {
        const float d = block->d.value();
        for (std::size_t group = 0; group < 32; ++group) {
            const unsigned high = block->highBits[group / 4] >> (group % 4 * 2) & 3;
            decodeSigned<8>(scaleOfIQ2(d, block->scales.data(), group / 2),
                            grid + 8 * (block->points[group] | high << 8), block->signs[group],
                            weights + first + 8 * group);
        }
    }
}

void decodeIQ3_XXS(const std::byte* bytes, float* weights, std::size_t count)
{
    const std::int8_t* grid = expandedIQ3_XXS();
    const auto* block = asBlocks<BlockIQ3_XXS>(bytes);
    for (std::size_t first = 0; first < count; first += superBlock, ++block) {
        const float d = block->d.value();
        for (std::size_t sub = 0; sub < 8; ++sub) {
            const std::uint32_t word = block->signsAndScales[sub].value();
            const float scale = d * (0.5f + static_cast<float>(word >> 28)) * 0.5f;
            for (std::size_t pair = 0; pair < 4; ++pair) {
                const unsigned signs = evenSigns(word >> 7 * pair & 127);
                const std::uint8_t* points = block->points.data() + 8 * sub + 2 * pair;
                float* target = weights + first + 32 * sub + 8 * pair;
                decodeSigned<4>(scale, grid + 4 * points[0], signs, target);
                decodeSigned<4>(scale, grid + 4 * points[1], signs >> 4, target + 4);
            }
        }
    }
}

void decodeIQ3_S(const std::byte* bytes, float* weights, std::size_t count)
{
    const std::int8_t* grid = expandedIQ3_S();
    const auto* block = asBlocks<BlockIQ3_S>(bytes);
    for (std::size_t first = 0; first < count; first += superBlock, ++block) {
        const float d = block->d.value();
        for (std::size_t group = 0; group < 64; ++group) {
            const std::size_t sub = group / 8;
            const int code = block->scales[sub / 2] >> (sub % 2 * 4) & 15;
            const unsigned high = block->highBits[sub] >> group % 8 & 1;
            decodeSigned<4>(d * static_cast<float>(1 + 2 * code),
                            grid + 4 * (block->points[group] | high << 8),
                            block->signs[group / 2] >> (group % 2 * 4), weights + first + 4 * group);
        }
    }
}

void decodeIQ1_S(const std::byte* bytes, float* weights, std::size_t count)
{
    const std::int8_t* grid = expandedIQ1();
    const auto* block = asBlocks<BlockIQ1_S>(bytes);
    for (std::size_t first = 0; first < count; first += superBlock, ++block) {
        const float d = block->d.value();
        for (std::size_t group = 0; group < 32; ++group) {
            const unsigned high = block->highParts[group / 4].value();
            const std::size_t point = block->points[group] | (high >> (group % 4 * 3) & 7) << 8;
            decodeShifted(d * static_cast<float>(2 * (high >> 12 & 7) + 1), grid + 8 * point, high >> 15,
                          weights + first + 8 * group);
        }
    }
}

void decodeIQ1_M(const std::byte* bytes, float* weights, std::size_t count)
{
    const std::int8_t* grid = expandedIQ1();
    const auto* block = asBlocks<BlockIQ1_M>(bytes);
    for (std::size_t first = 0; first < count; first += superBlock, ++block) {
        const float d = halfToFloat(block->dBits());
        for (std::size_t group = 0; group < 32; ++group) {
            const std::size_t sub = group / 2;
            const unsigned code = block->scales[sub / 4].value() >> (sub % 4 * 3) & 7;
            const unsigned high = block->highParts[sub] >> (group % 2 * 4) & 15;
            const std::size_t point = block->points[group] | (high & 7) << 8;
            decodeShifted(d * static_cast<float>(2 * code + 1), grid + 8 * point, high >> 3,
                          weights + first + 8 * group);
        }
    }
}

} // namespace quantlathe::codecs::scalar
