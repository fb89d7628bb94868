// SPDX-License-Identifier: GPL-3.0-or-later
// The first GGUF formats (layouts: legacy_blocks.h).
//
// What the encoders minimise: without importance nothing: the scale follows from the range, each weight takes
// the nearest code. With importance v: sum v sqrt(mean x^2 of the row + x^2) (x - w)^2 (see search.h). Q8_0
// ignores importance. Source of layout and method: ggml.
#include "core/codecs/families.h"
#include "core/codecs/legacy_blocks.h"
#include "core/codecs/scalar.h"
#include "core/codecs/search.h"
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

template <typename Block> void storeCodes(Block& block, const std::uint8_t* codes)
{
    for (std::size_t index = 0; index < halfBlock; ++index)
        block.nibbles[index] =
            static_cast<std::uint8_t>((codes[index] & 0x0F) | (codes[index + halfBlock] & 0x0F) << 4);
    if constexpr (hasFifthBits<Block>) {
        block.fifthBits = {};
        for (std::size_t index = 0; index < blockWeights; ++index)
            block.fifthBits[index / 8] |= static_cast<std::uint8_t>((codes[index] >> 4 & 1) << index % 8);
    }
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

/// 1 / scale, or 0 for scales too small to have a finite inverse: the codes then stand for 0.
float inverseOf(float scale)
{
    const float inverse = 1.0f / scale;
    return std::isfinite(inverse) ? inverse : 0.0f;
}

struct Range
{
    float low;
    float high;
};

/// Smallest and largest weight of a block, in a form that compilers make SIMD (both may be taken in any
/// order).
Range rangeOf(const float* x)
{
    constexpr std::size_t lanes = 8;
    std::array<float, lanes> low;
    std::array<float, lanes> high;
    std::copy_n(x, lanes, low.begin());
    std::copy_n(x, lanes, high.begin());
    for (std::size_t first = lanes; first < blockWeights; first += lanes) {
        for (std::size_t lane = 0; lane < lanes; ++lane) {
            const float value = x[first + lane];
            low[lane] = value < low[lane] ? value : low[lane];
            high[lane] = value > high[lane] ? value : high[lane];
        }
    }
    return {*std::min_element(low.begin(), low.end()), *std::max_element(high.begin(), high.end())};
}

/// The weight of largest magnitude; the first of several.
float signedExtremeOf(const float* x)
{
    const Range range = rangeOf(x);
    if (range.high != -range.low)
        return range.high > -range.low ? range.high : range.low;
    if (range.high > 0) {
        for (std::size_t index = 0; index < blockWeights; ++index) {
            if (std::fabs(x[index]) == range.high)
                return x[index];
        }
    }
    return 0;
}

/// Truncates @p value, limited to [0, top]; with 0.5 added before, the nearest code with ties upwards.
std::uint8_t truncatedCode(float value, int top)
{
    return static_cast<std::uint8_t>(limit(value, 0.0f, static_cast<float>(top)));
}

/// Nearest integer, ties away from zero, without a library call; |value| below 2^23.
int roundAway(float value)
{
    const int whole = static_cast<int>(value);
    const float rest = value - static_cast<float>(whole);
    return whole + static_cast<int>(rest >= 0.5f) - static_cast<int>(rest <= -0.5f);
}

/// storableScale for one block. Where halves are coarse the next smaller one may cost less, although it cuts
/// the largest weights off: the one with the smaller squared error (weighted by @p w unless empty) wins.
float storableScaleFor(std::span<const float> x, std::span<const float> w, float wanted, float minimum,
                       int low, int high)
{
    const float larger = storableScale(wanted);
    const float smaller = larger - std::copysign(0x1p-24f, wanted);
    if (!isCoarseAsHalf(wanted) || smaller == 0)
        return larger;
    const auto errorOf = [&](float d) {
        float error = 0;
        for (std::size_t index = 0; index < x.size(); ++index) {
            const auto code = static_cast<float>(nearestCode((x[index] - minimum) / d, low, high));
            const float difference = x[index] - (code * d + minimum);
            error += (w.empty() ? 1.0f : w[index]) * difference * difference;
        }
        return error;
    };
    return errorOf(smaller) < errorOf(larger) ? smaller : larger;
}

/// The weight of largest magnitude, whose sign decides the scale's, gets the outermost code exactly.
template <typename Block> void encodeBySignedExtreme(const float* x, Block& block)
{
    constexpr int half = codeCount<Block> / 2;
    const float extreme = signedExtremeOf(x);
    const float d = storableScaleFor({x, blockWeights}, {}, extreme / -half, 0, -half, half - 1);
    const float inverse = inverseOf(d);
    block.d.store(d);
    std::array<std::uint8_t, blockWeights> codes;
    for (std::size_t index = 0; index < blockWeights; ++index)
        codes[index] = truncatedCode(x[index] * inverse + (half + 0.5f), 2 * half - 1);
    storeCodes(block, codes.data());
}

template <typename Block> void encodeByRange(const float* x, Block& block)
{
    constexpr int top = codeCount<Block> - 1;
    const Range range = rangeOf(x);
    float minimum = limitToHalf(range.low);
    const float storedMinimum = block.m.store(minimum);
    const float wanted = (range.high - minimum) / top;
    if (isCoarseAsHalf(wanted)) // then so is the minimum: count from what is stored
        minimum = storedMinimum;
    const float d = storableScaleFor({x, blockWeights}, {}, wanted, minimum, 0, top);
    const float inverse = inverseOf(d);
    block.d.store(d);
    std::array<std::uint8_t, blockWeights> codes;
    for (std::size_t index = 0; index < blockWeights; ++index)
        codes[index] = truncatedCode((x[index] - minimum) * inverse + 0.5f, top);
    storeCodes(block, codes.data());
}

void encodeByLargest(const float* x, BlockQ8_0& block)
{
    const Range range = rangeOf(x);
    const float magnitude = std::max(range.high, -range.low);
    const float d = storableScaleFor({x, blockWeights}, {}, magnitude / 127, 0, -127, 127);
    const float inverse = inverseOf(d);
    block.d.store(d);
    std::array<std::int8_t, blockWeights> codes; // local: a byte in the block could alias the weights
    for (std::size_t index = 0; index < blockWeights; ++index)
        codes[index] = static_cast<std::int8_t>(roundAway(limit(x[index] * inverse, -127.0f, 127.0f)));
    block.codes = codes;
}

/// encodeRow of a short block: @p Search with importance or when time does not matter, else @p Direct per block.
template <typename Block, void (*Direct)(const float*, Block&), EncodeRow Search>
void encodeBlocks(const float* weights, const float* importance, std::size_t count, const EncodeOptions& options,
                  std::byte* bytes)
{
    if (importance || options.effort == Effort::Best) {
        Search(weights, importance, count, options, bytes);
        return;
    }
    auto* block = asBlocks<Block>(bytes);
    for (std::size_t first = 0; first < count; first += blockWeights, ++block)
        Direct(weights + first, *block);
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
        {Q4_0, simd::decodeQ4_0, encodeBlocks<BlockQ4_0, encodeBySignedExtreme, searchQ4_0>},
        {Q4_1, simd::decodeQ4_1, encodeBlocks<BlockQ4_1, encodeByRange, searchQ4_1>},
        {Q5_0, simd::decodeQ5_0, encodeBlocks<BlockQ5_0, encodeBySignedExtreme, searchQ5_0>},
        {Q5_1, simd::decodeQ5_1, encodeBlocks<BlockQ5_1, encodeByRange, searchQ5_1>},
        {Q8_0, simd::decodeQ8_0, encodeBlocks<BlockQ8_0, encodeByLargest, searchQ8_0>},
        {Q8_1, decodeByteBlocks<BlockQ8_1>, nullptr},
    };
    return codecs;
}

} // namespace quantlathe::codecs
