// SPDX-License-Identifier: GPL-3.0-or-later
// Decoding IQ4_NL and IQ4_XS (iq4_grid.h).
#include "core/codecs/families.h"
#include "core/codecs/iq4_grid.h"
#include "core/codecs/search_encode.h"

namespace quantlathe::codecs {

namespace {

void decodeSubBlock(const std::uint8_t* codes, float scale, float* weights)
{
    for (std::size_t index = 0; index < 16; ++index) {
        weights[index] = scale * iq4Grid[codes[index] & 15];
        weights[index + 16] = scale * iq4Grid[codes[index] >> 4];
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
        {TensorType::IQ4_NL, decodeIQ4_NL, encodeIQ4_NL, Objective::SquaredError},
        {TensorType::IQ4_XS, decodeIQ4_XS, encodeIQ4_XS, Objective::SquaredError},
    };
    return codecs;
}

} // namespace quantlathe::codecs
