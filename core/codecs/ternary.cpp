// SPDX-License-Identifier: GPL-3.0-or-later
// Formats for models trained with two or three weight values (layouts: ternary_blocks.h; encoding:
// ternary_encode.h, ternary_search.h).
#include "core/codecs/families.h"
#include "core/codecs/importance.h"
#include "core/codecs/scalar.h"
#include "core/codecs/simd_decode.h"
#include "core/codecs/ternary_encode.h"
#include "core/codecs/ternary_search.h"

#include <algorithm>
#include <array>

namespace quantlathe::codecs {

namespace {

/// Writes the digits of @p size bytes: digit n of byte m goes to weights[m + size * n].
void decodeDigits(const std::uint8_t* bytes, std::size_t size, std::size_t digits, float d, float* weights)
{
    constexpr std::array<unsigned, 5> powersOfThree = {1, 3, 9, 27, 81};
    for (std::size_t place = 0; place < digits; ++place) {
        for (std::size_t index = 0; index < size; ++index) {
            const unsigned fraction = bytes[index] * powersOfThree[place] & 0xFF;
            const int digit = static_cast<int>(fraction * 3 >> 8);
            weights[size * place + index] = static_cast<float>(digit - 1) * d;
        }
    }
}

using SearchScale = float(const float* weights, const float* importance, std::size_t count);

/// Sixteen blocks at a time: their scales, by @p Search where time does not matter (null: @p Choose is
/// exact), then their codes.
template <typename Block, simd::ChooseScales& Choose, simd::StoreBlocks<Block>& Store, SearchScale* Search>
void encodeBlocks(const float* weights, const float* importance, std::size_t count,
                  const EncodeOptions& options, std::byte* bytes)
{
    TamedRow::Facts facts; // weights are limited below, sixteen blocks at a time while they are in the cache
    if (importance)
        facts = simd::factsOfRow(weights, importance, count);
    facts.largestMagnitude = 0;
    const TamedRow row(weights, importance, count, facts);
    const WholeImportance whole(row.importance(), count, Block::weights);
    constexpr std::size_t blocksAtATime = 16;
    auto* block = asBlocks<Block>(bytes);
    std::array<float, blocksAtATime> scales;
    for (std::size_t first = 0; first < count;
         first += blocksAtATime * Block::weights, block += blocksAtATime) {
        const std::size_t blocks = std::min(blocksAtATime, (count - first) / Block::weights);
        const std::size_t here = blocks * Block::weights;
        const TamedRow tamed(weights + first, nullptr, here,
                             simd::factsOfRow(weights + first, nullptr, here));
        const float* x = tamed.weights();
        const float* v = whole.values() ? whole.values() + first : nullptr;
        if (Search && options.effort == Effort::Best) {
            for (std::size_t index = 0; index < blocks; ++index) {
                const std::size_t start = Block::weights * index;
                scales[index] = Search(x + start, v ? v + start : nullptr, Block::weights);
            }
        } else {
            Choose(x, v, blocks, scales.data());
        }
        Store(x, scales.data(), blocks, block);
    }
}

} // namespace

namespace scalar {

void decodeQ1_0(const std::byte* bytes, float* weights, std::size_t count)
{
    const auto* block = asBlocks<BlockQ1_0>(bytes);
    for (std::size_t first = 0; first < count; first += 128, ++block) {
        const float d = block->d.value();
        for (std::size_t index = 0; index < 128; ++index)
            weights[first + index] = block->bits[index / 8] >> index % 8 & 1 ? d : -d;
    }
}

void decodeQ2_0(const std::byte* bytes, float* weights, std::size_t count)
{
    const auto* block = asBlocks<BlockQ2_0>(bytes);
    for (std::size_t first = 0; first < count; first += 64, ++block) {
        const float d = block->d.value();
        for (std::size_t index = 0; index < 64; ++index)
            weights[first + index] =
                static_cast<float>((block->codes[index / 4] >> index % 4 * 2 & 3) - 1) * d;
    }
}

void decodeTQ2_0(const std::byte* bytes, float* weights, std::size_t count)
{
    const auto* block = asBlocks<BlockTQ2_0>(bytes);
    for (std::size_t first = 0; first < count; first += 256, ++block) {
        const float d = block->d.value();
        for (std::size_t index = 0; index < 256; ++index) {
            const std::uint8_t byte = block->codes[index / 128 * 32 + index % 32];
            weights[first + index] = static_cast<float>((byte >> index % 128 / 32 * 2 & 3) - 1) * d;
        }
    }
}

void decodeTQ1_0(const std::byte* bytes, float* weights, std::size_t count)
{
    const auto* block = asBlocks<BlockTQ1_0>(bytes);
    for (std::size_t first = 0; first < count; first += 256, ++block) {
        const float d = block->d.value();
        decodeDigits(block->fives.data(), 32, 5, d, weights + first);
        decodeDigits(block->fives.data() + 32, 16, 5, d, weights + first + 160);
        decodeDigits(block->fours.data(), 4, 4, d, weights + first + 240);
    }
}

} // namespace scalar

std::span<const Codec> ternaryCodecs()
{
    using enum TensorType;
    static constexpr Codec codecs[] = {
        {Q1_0, simd::decodeQ1_0, encodeBlocks<BlockQ1_0, simd::chooseScalesQ1_0, simd::storeQ1_0, nullptr>},
        {Q2_0, simd::decodeQ2_0,
         encodeBlocks<BlockQ2_0, simd::chooseScalesQ2_0, simd::storeQ2_0, bestFourValueScale>},
        {TQ1_0, simd::decodeTQ1_0,
         encodeBlocks<BlockTQ1_0, simd::chooseScalesTernary, simd::storeTQ1_0, bestTernaryScale>},
        {TQ2_0, simd::decodeTQ2_0,
         encodeBlocks<BlockTQ2_0, simd::chooseScalesTernary, simd::storeTQ2_0, bestTernaryScale>},
    };
    return codecs;
}

} // namespace quantlathe::codecs
