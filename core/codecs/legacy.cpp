// SPDX-License-Identifier: GPL-3.0-or-later
// The first GGUF formats (layouts: legacy_blocks.h).
//
// What the encoders minimise: without importance the squared error, in a hurry with two to four trial scales
// (legacy_encode.h). With importance, or when time does not matter: see search_encode.h. Source of the
// layouts: ggml.
#include "core/codecs/families.h"
#include "core/codecs/legacy_blocks.h"
#include "core/codecs/legacy_encode.h"
#include "core/codecs/scalar.h"
#include "core/codecs/search_encode.h"
#include "core/codecs/simd_decode.h"

#include <algorithm>
#include <cmath>

namespace quantlathe::codecs {

namespace {

constexpr std::size_t blockWeights = legacyBlock;
constexpr std::size_t halfBlock = blockWeights / 2;

template <typename Block> constexpr bool hasFifthBits = requires(Block block)
{
    block.fifthBits;
};
template <typename Block> constexpr bool hasMinimum = requires(Block block)
{
    block.m;
};
template <typename Block> constexpr int codeCount = hasFifthBits<Block> ? 32 : 16;

template <typename Block> int codeOf(const Block& block, std::size_t index)
{
    const std::uint8_t byte = block.nibbles[index % halfBlock];
    int code = index < halfBlock ? byte & 0x0F : byte >> 4;
    if constexpr (hasFifthBits<Block>)
        code |= ((block.fifthBits[index / 8] >> index % 8) & 1) << 4;
    return code;
}

template <typename Block> void decodeBlocks(const std::byte* bytes, float* weights, std::size_t count)
{
    const auto* block = asBlocks<Block>(bytes);
    for (std::size_t first = 0; first < count; first += blockWeights, ++block) {
        const float d = block->d.value();
        for (std::size_t index = 0; index < blockWeights; ++index) {
            const int code = codeOf(*block, index);
            if constexpr (hasMinimum<Block>)
                weights[first + index] = static_cast<float>(code) * d + block->m.value();
            else
                weights[first + index] = static_cast<float>(code - codeCount<Block> / 2) * d;
        }
    }
}

template <typename Block> void decodeByteBlocks(const std::byte* bytes, float* weights, std::size_t count)
{
    const auto* block = asBlocks<Block>(bytes);
    for (std::size_t first = 0; first < count; first += blockWeights, ++block) {
        const float d = block->d.value();
        for (std::size_t index = 0; index < blockWeights; ++index)
            weights[first + index] = static_cast<float>(block->codes[index]) * d;
    }
}

/// encodeRow of a short block: @p Search with importance or when time does not matter, else @p Direct.
template <simd::EncodeDirect& Direct, EncodeRow& Search>
void encodeBlocks(const float* weights, const float* importance, std::size_t count,
                  const EncodeOptions& options, std::byte* bytes)
{
    const bool matters =
        importance && std::any_of(importance, importance + count, [](float value) { return value > 0; });
    if (matters || options.effort == Effort::Best)
        Search(weights, importance, count, options, bytes);
    else
        Direct(weights, count, bytes);
}

} // namespace

namespace scalar {

void decodeQ4_0(const std::byte* blocks, float* weights, std::size_t count)
{
    decodeBlocks<BlockQ4_0>(blocks, weights, count);
}

void decodeQ4_1(const std::byte* blocks, float* weights, std::size_t count)
{
    decodeBlocks<BlockQ4_1>(blocks, weights, count);
}

void decodeQ5_0(const std::byte* blocks, float* weights, std::size_t count)
{
    decodeBlocks<BlockQ5_0>(blocks, weights, count);
}

void decodeQ5_1(const std::byte* blocks, float* weights, std::size_t count)
{
    decodeBlocks<BlockQ5_1>(blocks, weights, count);
}

void decodeQ8_0(const std::byte* blocks, float* weights, std::size_t count)
{
    decodeByteBlocks<BlockQ8_0>(blocks, weights, count);
}

} // namespace scalar

std::span<const Codec> legacyCodecs()
{
    using enum TensorType;
    static constexpr Codec codecs[] = {
        {Q4_0, simd::decodeQ4_0, encodeBlocks<simd::encodeQ4_0, searchQ4_0>},
        {Q4_1, simd::decodeQ4_1, encodeBlocks<simd::encodeQ4_1, searchQ4_1>},
        {Q5_0, simd::decodeQ5_0, encodeBlocks<simd::encodeQ5_0, searchQ5_0>},
        {Q5_1, simd::decodeQ5_1, encodeBlocks<simd::encodeQ5_1, searchQ5_1>},
        {Q8_0, simd::decodeQ8_0, encodeBlocks<simd::encodeQ8_0, searchQ8_0>},
        {Q8_1, decodeByteBlocks<BlockQ8_1>, nullptr},
    };
    return codecs;
}

} // namespace quantlathe::codecs
