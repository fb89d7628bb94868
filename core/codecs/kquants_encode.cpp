// SPDX-License-Identifier: GPL-3.0-or-later
// Encoding the k-quants (layouts: kquants_blocks.h) by the method of llama.cpp: find scale (and minimum) of
// each sub-block, bring those of a super-block onto a common grid, round d to half, and count the codes again
// with what is really stored. Weights w of the error that is minimised for a sub-block, for importance v:
//
//            without importance                      with
//   Q2_K     sum |x| |e|                             sum v sqrt(s^2 + x^2) e^2       s^2: mean x^2 of the
//   super-block Q3_K     sum x^2 e^2                             sum v sqrt(2 s^2 + x^2) e^2 Q4, Q5_K sum (r
//   + |x|) e^2, r: rms of the        sum v sqrt(2 s^2 + x^2) e^2
//            sub-block
//   Q6_K     sum x^2 e^2                             sum v e^2
//
// A sub-block none of whose channels has importance is encoded as if they all had the same, but has no say in
// the grid it shares.
#include "core/codecs/kquants_encode.h"

#include "core/codecs/kquants_blocks.h"
#include "core/codecs/search.h"

#include <algorithm>
#include <cmath>

namespace quantlathe::codecs {

namespace {

using Codes = std::array<std::uint8_t, superBlock>;

/// What the sub-blocks of one super-block were found to need.
template <std::size_t Count> struct SubBlocks
{
    std::array<float, Count> values{};     ///< scales or offsets
    std::array<float, Count> importance{}; ///< summed weights of the error
};

/// A common grid: value ~ d * code.
template <std::size_t Count> struct Grid
{
    float d = 0;
    std::array<int, Count> codes{};
};

float sumOfSquares(std::span<const float> x)
{
    float sum = 0;
    for (const float value : x)
        sum += value * value;
    return sum;
}

/// Codes in [low, high] for @p values on the grid of a d that had to be changed to be stored (see
/// storableScale). A positive value never gets code 0: a sub-block with an offset but no scale would collapse
/// onto its minimum.
template <std::size_t Count>
Grid<Count> gridOfStorable(const std::array<float, Count>& values, float d, int low, int high)
{
    Grid<Count> grid{storableScale(d), {}};
    for (std::size_t sub = 0; sub < Count; ++sub) {
        grid.codes[sub] = nearestCode(values[sub] / grid.d, low, high);
        if (grid.codes[sub] == 0 && values[sub] > 0)
            grid.codes[sub] = 1;
    }
    return grid;
}

/// The largest value gets the highest code.
template <std::size_t Count> Grid<Count> gridByLargest(const std::array<float, Count>& values, int levels)
{
    const float largest = std::max(0.0f, *std::max_element(values.begin(), values.end()));
    if (largest == 0)
        return {};
    Grid<Count> grid{largest / static_cast<float>(levels), {}};
    if (storableScale(grid.d) != grid.d)
        return gridOfStorable(values, grid.d, 0, levels);
    const float slope = static_cast<float>(levels) / largest;
    for (std::size_t sub = 0; sub < Count; ++sub)
        grid.codes[sub] = nearestCode(slope * values[sub], 0, levels);
    return grid;
}

/// Grid by one of the searches over the sub-blocks that have importance; the others take what is nearest.
/// @param fit float(values, importance, codes), codes of type Code in [low, high]
template <typename Code, std::size_t Count, typename Fit>
Grid<Count> gridBySearch(const SubBlocks<Count>& sub, int low, int high, Fit&& fit)
{
    std::array<float, Count> values = sub.values;
    std::array<float, Count> importance = sub.importance;
    const bool noneMatters =
        std::all_of(importance.begin(), importance.end(), [](float w) { return w == 0; });
    for (std::size_t index = 0; index < Count; ++index) {
        if (noneMatters)
            importance[index] = 1;
        else if (importance[index] == 0)
            values[index] = 0;
    }
    std::array<Code, Count> codes;
    Grid<Count> grid{fit(values, importance, codes.data()), {}};
    if (storableScale(grid.d) != grid.d)
        return gridOfStorable(sub.values, grid.d, low, high);
    for (std::size_t index = 0; index < Count; ++index) {
        const bool wasLeftOut = values[index] != sub.values[index] && grid.d != 0;
        grid.codes[index] =
            wasLeftOut ? nearestCode(sub.values[index] / grid.d, low, high) : int{codes[index]};
    }
    return grid;
}

template <std::size_t Count> Grid<Count> positiveGrid(const SubBlocks<Count>& sub, bool bySearch, int levels)
{
    if (!bySearch)
        return gridByLargest(sub.values, levels);
    return gridBySearch<std::uint8_t>(sub, 0, levels,
                                      [levels](auto& values, auto& importance, std::uint8_t* codes) {
                                          return fitPositive(values, importance, levels, codes);
                                      });
}

/// Codes of one sub-block counted with the stored scale and offset. A scale of 0 makes them irrelevant: they
/// stay.
void recount(std::span<const float> x, float scale, float offset, int low, int high, int zero,
             std::uint8_t* codes)
{
    if (scale == 0)
        return;
    for (std::size_t index = 0; index < x.size(); ++index)
        codes[index] = static_cast<std::uint8_t>(nearestCode((x[index] + offset) / scale, low, high) + zero);
}

void packTwoBits(const Codes& codes, TwoBitCodes& packed)
{
    packed = {};
    for (std::size_t index = 0; index < superBlock; ++index)
        addTwoBits(packed, index, codes[index] & 3);
}

void encodeBlock(std::span<const float> x, const float* importance, BlockQ2_K& block)
{
    constexpr std::size_t width = 16;
    SubBlocks<16> scales;
    SubBlocks<16> offsets;
    Codes codes;
    const float variance = importance ? sumOfSquares(x) / superBlock : 0;
    for (std::size_t sub = 0; sub < 16; ++sub) {
        const auto part = x.subspan(width * sub, width);
        std::array<float, width> w;
        AffineFit fit;
        if (importance) {
            const float sum = weighByImportance(part, importance + width * sub, variance, w.data());
            scales.importance[sub] = offsets.importance[sub] = sum;
            fit = fitAffine(part, w, 3, {-0.9f, 0.05f, 36}, &codes[width * sub]);
        } else {
            std::transform(part.begin(), part.end(), w.begin(), [](float value) { return std::fabs(value); });
            fit = fitAffine(part, w, 3, {-0.5f, 0.1f, 15, true}, &codes[width * sub]);
        }
        scales.values[sub] = fit.scale;
        offsets.values[sub] = fit.offset;
    }
    const auto scaleGrid = positiveGrid(scales, importance, 15);
    const auto offsetGrid = positiveGrid(offsets, importance, 15);
    const float d = block.d.store(scaleGrid.d);
    const float dmin = block.dmin.store(offsetGrid.d);
    for (std::size_t sub = 0; sub < 16; ++sub) {
        block.scales[sub] = static_cast<std::uint8_t>(scaleGrid.codes[sub] | offsetGrid.codes[sub] << 4);
        recount(x.subspan(width * sub, width), d * static_cast<float>(scaleGrid.codes[sub]),
                dmin * static_cast<float>(offsetGrid.codes[sub]), 0, 3, 0, &codes[width * sub]);
    }
    packTwoBits(codes, block.codes);
}

void encodeBlock(std::span<const float> x, const float* importance, BlockQ3_K& block)
{
    constexpr std::size_t width = 16;
    SubBlocks<16> scales;
    Codes codes;
    const float variance = importance ? 2 * sumOfSquares(x) / superBlock : 0;
    for (std::size_t sub = 0; sub < 16; ++sub) {
        const auto part = x.subspan(width * sub, width);
        std::array<std::int8_t, width> found;
        if (importance) {
            std::array<float, width> w;
            scales.importance[sub] = weighByImportance(part, importance + width * sub, variance, w.data());
            scales.values[sub] = fitSigned(part, w, 4, found.data());
        } else {
            scales.values[sub] = fitSignedByCoordinates(part, 4, found.data());
        }
        for (std::size_t index = 0; index < width; ++index)
            codes[width * sub + index] = static_cast<std::uint8_t>(found[index] + 4);
    }

    Grid<16> grid;
    if (importance) {
        grid =
            gridBySearch<std::int8_t>(scales, -32, 31, [](auto& values, auto& weights, std::int8_t* found) {
                return fitSigned(values, weights, 32, found);
            });
    } else {
        float extreme = 0;
        for (const float scale : scales.values) {
            if (std::fabs(scale) > std::fabs(extreme))
                extreme = scale;
        }
        grid.codes.fill(-32);
        if (extreme != 0) {
            const float slope = -32.0f / extreme;
            grid.d = 1 / slope;
            if (storableScale(grid.d) != grid.d)
                grid = gridOfStorable(scales.values, grid.d, -32, 31);
            else
                std::transform(scales.values.begin(), scales.values.end(), grid.codes.begin(),
                               [slope](float scale) { return nearestCode(slope * scale, -32, 31); });
        }
    }
    const float d = block.d.store(grid.d);
    block.scales = {};
    for (std::size_t sub = 0; sub < 16; ++sub) {
        storeScaleOfQ3_K(block.scales, sub, grid.codes[sub]);
        recount(x.subspan(width * sub, width), d * static_cast<float>(grid.codes[sub]), 0, -4, 3, 4,
                &codes[width * sub]);
    }
    packTwoBits(codes, block.codes);
    block.highBits = {};
    for (std::size_t index = 0; index < superBlock; ++index)
        block.highBits[index % 32] |= static_cast<std::uint8_t>((codes[index] >> 2) << index / 32);
}

/// Q4_K and Q5_K differ in the number of codes and, without importance, in the candidates.
template <typename Block> void encodeBlock(std::span<const float> x, const float* importance, Block& block)
{
    constexpr bool hasHighBits = requires
    {
        block.highBits;
    };
    constexpr int top = hasHighBits ? 31 : 15;
    constexpr AffineSearch plainSearch =
        hasHighBits ? AffineSearch{-0.5f, 0.1f, 15} : AffineSearch{-1.0f, 0.1f, 20};
    constexpr std::size_t width = 32;
    SubBlocks<8> scales;
    SubBlocks<8> offsets;
    Codes codes;
    const float variance = importance ? 2 * sumOfSquares(x) / superBlock : 0;
    for (std::size_t sub = 0; sub < 8; ++sub) {
        const auto part = x.subspan(width * sub, width);
        std::array<float, width> w;
        AffineFit fit;
        if (importance) {
            const float sum = weighByImportance(part, importance + width * sub, variance, w.data());
            scales.importance[sub] = offsets.importance[sub] = sum;
            fit = fitAffine(part, w, top, {-0.9f, 0.05f, 36}, &codes[width * sub]);
        } else {
            const float rms = std::sqrt(sumOfSquares(part) / width);
            std::transform(part.begin(), part.end(), w.begin(),
                           [rms](float value) { return rms + std::fabs(value); });
            fit = fitAffine(part, w, top, plainSearch, &codes[width * sub]);
        }
        scales.values[sub] = fit.scale;
        offsets.values[sub] = fit.offset;
    }
    const auto scaleGrid = positiveGrid(scales, importance, 63);
    const auto offsetGrid = positiveGrid(offsets, importance, 63);
    const float d = block.d.store(scaleGrid.d);
    const float dmin = block.dmin.store(offsetGrid.d);
    block.scales = {};
    for (std::size_t sub = 0; sub < 8; ++sub) {
        storeScaleAndMinimum(block.scales, sub, {scaleGrid.codes[sub], offsetGrid.codes[sub]});
        recount(x.subspan(width * sub, width), d * static_cast<float>(scaleGrid.codes[sub]),
                dmin * static_cast<float>(offsetGrid.codes[sub]), 0, top, 0, &codes[width * sub]);
    }
    for (std::size_t index = 0; index < block.codes.size(); ++index) {
        const std::size_t low = index / 32 * 64 + index % 32;
        block.codes[index] = static_cast<std::uint8_t>((codes[low] & 15) | (codes[low + 32] & 15) << 4);
    }
    if constexpr (hasHighBits) {
        block.highBits = {};
        for (std::size_t index = 0; index < superBlock; ++index)
            block.highBits[index % 32] |= static_cast<std::uint8_t>((codes[index] >> 4) << index / 32);
    }
}

void encodeBlock(std::span<const float> x, const float* importance, BlockQ6_K& block)
{
    constexpr std::size_t width = 16;
    SubBlocks<16> scales;
    Codes codes;
    float extreme = 0; // of the sub-blocks that matter
    float anyExtreme = 0;
    for (std::size_t sub = 0; sub < 16; ++sub) {
        const auto part = x.subspan(width * sub, width);
        std::array<float, width> w;
        bool matters = true;
        if (importance) {
            std::copy_n(importance + width * sub, width, w.begin());
            matters = std::any_of(w.begin(), w.end(), [](float weight) { return weight > 0; });
            if (!matters)
                w.fill(1);
        } else {
            std::transform(part.begin(), part.end(), w.begin(), [](float value) { return value * value; });
        }
        std::array<std::int8_t, width> found;
        const float scale = fitSigned(part, w, 32, found.data());
        scales.values[sub] = scale;
        if (matters && std::fabs(scale) > std::fabs(extreme))
            extreme = scale;
        if (std::fabs(scale) > std::fabs(anyExtreme))
            anyExtreme = scale;
        for (std::size_t index = 0; index < width; ++index)
            codes[width * sub + index] = static_cast<std::uint8_t>(found[index] + 32);
    }
    if (extreme == 0)
        extreme = anyExtreme;
    block = {};
    if (std::fabs(extreme) < smallestMagnitude)
        return;

    const float slope = -128.0f / extreme;
    Grid<16> grid{1 / slope, {}};
    if (storableScale(grid.d) != grid.d)
        grid = gridOfStorable(scales.values, grid.d, -128, 127);
    else
        std::transform(scales.values.begin(), scales.values.end(), grid.codes.begin(),
                       [slope](float scale) { return nearestCode(slope * scale, -128, 127); });
    const float d = block.d.store(grid.d);
    for (std::size_t sub = 0; sub < 16; ++sub) {
        block.scales[sub] = static_cast<std::int8_t>(grid.codes[sub]);
        recount(x.subspan(width * sub, width), d * static_cast<float>(grid.codes[sub]), 0, -32, 31, 32,
                &codes[width * sub]);
    }
    for (std::size_t index = 0; index < superBlock; ++index) {
        const std::size_t byte = index / 128 * 64 + index % 64;
        block.lowBits[byte] |= static_cast<std::uint8_t>((codes[index] & 15) << index % 128 / 64 * 4);
        addTwoBits(block.highBits, index, codes[index] >> 4);
    }
}

template <typename Block>
void encodeBlocks(const float* weights, const float* importance, std::size_t count, std::byte* bytes)
{
    const TamedRow row(weights, importance, count);
    auto* block = asBlocks<Block>(bytes);
    for (std::size_t first = 0; first < count; first += superBlock, ++block) {
        encodeBlock(std::span(row.weights() + first, superBlock),
                    row.importance() ? row.importance() + first : nullptr, *block);
    }
}

} // namespace

void encodeQ2_K(const float* weights, const float* importance, std::size_t count, const EncodeOptions&,
                std::byte* blocks)
{
    encodeBlocks<BlockQ2_K>(weights, importance, count, blocks);
}

void encodeQ3_K(const float* weights, const float* importance, std::size_t count, const EncodeOptions&,
                std::byte* blocks)
{
    encodeBlocks<BlockQ3_K>(weights, importance, count, blocks);
}

void encodeQ4_K(const float* weights, const float* importance, std::size_t count, const EncodeOptions&,
                std::byte* blocks)
{
    encodeBlocks<BlockQ4_K>(weights, importance, count, blocks);
}

void encodeQ5_K(const float* weights, const float* importance, std::size_t count, const EncodeOptions&,
                std::byte* blocks)
{
    encodeBlocks<BlockQ5_K>(weights, importance, count, blocks);
}

void encodeQ6_K(const float* weights, const float* importance, std::size_t count, const EncodeOptions&,
                std::byte* blocks)
{
    encodeBlocks<BlockQ6_K>(weights, importance, count, blocks);
}

} // namespace quantlathe::codecs
