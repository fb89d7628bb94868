// SPDX-License-Identifier: GPL-3.0-or-later
// What the batch encoders (affine_encode.cpp, scaled_encode.cpp, short_block_encode.cpp) share: loading sixteen sub-blocks and their importance,
// in units in which no sum overflows or vanishes, and walking a row.

#if defined(QUANTLATHE_SUPER_BLOCK_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef QUANTLATHE_SUPER_BLOCK_INL_H_
#undef QUANTLATHE_SUPER_BLOCK_INL_H_
#else
#define QUANTLATHE_SUPER_BLOCK_INL_H_
#endif

#include "core/codecs/block_parts.h"
#include "core/codecs/encode_options.h"
#include "core/codecs/tamed_row.h"
#include "core/codecs/simd_parts-inl.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

HWY_BEFORE_NAMESPACE();
namespace quantlathe::codecs {
namespace HWY_NAMESPACE {

using Lanes = std::array<float, searchLanes>;

/// Up to sixteen consecutive sub-blocks of a row.
struct BatchSource
{
    const float* weights;
    const float* importance; ///< or null
    std::size_t subBlocks;
};

/// A batch in arrangement (element i of lane b at [16 * i + b]), each block in a unit of its own.
template <std::size_t width> struct BatchValues
{
    alignas(64) float x[searchLanes * width];
    alignas(64) float w[searchLanes * width];
    alignas(64) float wx[searchLanes * width];
    /// A power of two: what 1 in x stands for. Brings the largest weight of a block to 1 ... 2.
    alignas(64) Lanes unit;
    alignas(64) Lanes inverseUnit; ///< 0 for blocks so small that nothing of them can be stored
    alignas(64) Lanes matters;     ///< 1, or 0 for sub-blocks without any importance

    /// @param perBlock lanes that share a scale of 16 bits, and therefore a unit
    void load(const BatchSource& source, std::size_t perBlock)
    {
        for (std::size_t first = 0; first < searchLanes; first += perBlock) {
            const std::size_t present = std::min(first, source.subBlocks - perBlock); // the last one is repeated
            const float largest = largestMagnitude(source.weights + present * width, perBlock * width);
            const bool isStorable = largest >= 0x1p-42f;
            const std::uint32_t exponent = std::bit_cast<std::uint32_t>(largest) & 0x7F800000u;
            const float power = isStorable ? std::bit_cast<float>(exponent) : 1.0f;
            std::fill_n(unit.begin() + first, perBlock, power);
            std::fill_n(inverseUnit.begin() + first, perBlock, isStorable ? 1.0f / power : 0.0f);
        }
        loadBatch<searchLanes>(source.weights, width, source.subBlocks, perBlock, inverseUnit.data(), x);
        if (source.importance)
            loadBatch<searchLanes>(source.importance, width, source.subBlocks, perBlock, nullptr, w);
    }

    /// Fills w by @p weightOf(x, prepare(first lane)) unless importance was loaded there, and wx. Sub-blocks without
    /// any weight get 1 everywhere and do not matter.
    template <typename Prepare, typename WeightOf>
    void weigh(bool hasImportance, Prepare&& prepare, WeightOf&& weightOf)
    {
        for (std::size_t lane = 0; lane < searchLanes; lane += hn::Lanes(floats)) {
            auto total = hn::Zero(floats);
            const auto context = hasImportance ? total : prepare(lane);
            for (std::size_t index = lane; index < searchLanes * width; index += searchLanes) {
                const auto value = hn::Load(floats, x + index);
                auto weight = hn::Load(floats, w + index);
                if (!hasImportance) {
                    weight = weightOf(value, context);
                    hn::Store(weight, floats, w + index);
                }
                total = hn::Add(total, weight);
                hn::Store(hn::Mul(weight, value), floats, wx + index);
            }
            const auto one = hn::Set(floats, 1.0f);
            const auto isIdle = hn::Not(hn::Gt(total, hn::Zero(floats)));
            hn::Store(hn::IfThenElse(isIdle, hn::Zero(floats), one), floats, matters.data() + lane);
            if (HWY_LIKELY(hn::AllFalse(floats, isIdle)))
                continue;
            for (std::size_t index = lane; index < searchLanes * width; index += searchLanes) {
                const auto weight = hn::IfThenElse(isIdle, one, hn::Load(floats, w + index));
                hn::Store(weight, floats, w + index);
                hn::Store(hn::Mul(weight, hn::Load(floats, x + index)), floats, wx + index);
            }
        }
    }

    /// Root mean square of each sub-block of this vector's lanes.
    FloatVector rootMeanSquare(std::size_t lane) const
    {
        auto squares = hn::Zero(floats);
        for (std::size_t index = lane; index < searchLanes * width; index += searchLanes) {
            const auto value = hn::Load(floats, x + index);
            squares = hn::Add(squares, hn::Mul(value, value));
        }
        return hn::Sqrt(hn::Mul(squares, hn::Set(floats, 1.0f / width)));
    }

    /// @p scale (in units) as a half, limited to finite halves and rounded to the nearest.
    FloatVector nearestHalf(std::size_t lane, FloatVector scale) const
    {
        const auto halves = floatsToHalves(floats, hn::Mul(scale, hn::Load(floats, unit.data() + lane)));
        return hn::Mul(halvesToFloats(floats, halves), hn::Load(floats, inverseUnit.data() + lane));
    }

    /// As nearestHalf, but where only few (denormal) halves lie around rounded away from zero, so that the largest weight
    /// still fits.
    FloatVector roomyHalf(std::size_t lane, FloatVector scale) const
    {
        const auto power = hn::Load(floats, unit.data() + lane);
        const auto inverse = hn::Load(floats, inverseUnit.data() + lane);
        const auto real = hn::Abs(hn::Mul(scale, power));
        const auto isCoarse = hn::And(hn::Lt(real, hn::Set(floats, 0x1p-20f)), hn::Ge(real, hn::Set(floats, 0x1p-40f)));
        const auto roomy = hn::Mul(hn::Mul(hn::Ceil(hn::Mul(real, hn::Set(floats, 0x1p24f))), hn::Set(floats, 0x1p-24f)), inverse);
        return hn::IfThenElse(isCoarse, hn::CopySign(roomy, scale), nearestHalf(lane, scale));
    }

    /// The codes of sub-block @p lane, codeOf(x) with x in units.
    template <typename CodeOf>
    HWY_INLINE void storeCodes(const BatchSource& source, std::size_t lane, std::uint8_t* codes, CodeOf&& codeOf) const
    {
        const auto toUnit = hn::Set(floats, inverseUnit[lane]);
        const float* weights = source.weights + lane * width;
        const hn::Rebind<std::uint8_t, Ints> bytes;
        for (std::size_t index = 0; index < width; index += hn::Lanes(floats)) {
            const auto code = codeOf(hn::Mul(hn::LoadU(floats, weights + index), toUnit));
            hn::StoreU(hn::DemoteTo(bytes, hn::ConvertTo(ints, code)), bytes, codes + index);
        }
    }
};

/// best = now where @p better, for as many lanes as a vector has.
HWY_INLINE void keepWhere(hn::Mask<Floats> better, const Lanes& now, Lanes& best, std::size_t lane)
{
    const auto kept = hn::IfThenElse(better, hn::Load(floats, now.data() + lane), hn::Load(floats, best.data() + lane));
    hn::Store(kept, floats, best.data() + lane);
}

/// The sum over each @p group lanes (8 or 16), in one fixed order, at all of them.
template <std::size_t group> HWY_INLINE void sumOverGroups(const Lanes& values, Lanes& sums)
{
    for (std::size_t first = 0; first < searchLanes; first += group) {
        float partials[8];
        for (std::size_t index = 0; index < 8; ++index)
            partials[index] = group == 16 ? values[first + index] + values[first + index + 8] : values[first + index];
        const float sum = ((partials[0] + partials[4]) + (partials[2] + partials[6]))
            + ((partials[1] + partials[5]) + (partials[3] + partials[7]));
        std::fill_n(sums.begin() + first, group, sum);
    }
}

/// The value of largest magnitude of each @p group lanes that matter, or of all where none of these is above 0, at all of
/// them.
template <std::size_t group>
HWY_INLINE void extremeOfGroups(const Lanes& values, const Lanes& matters, Lanes& extremes)
{
    const hn::CappedTag<float, group> d;
    for (std::size_t first = 0; first < searchLanes; first += group) {
        const auto extremeOf = [&](bool all) HWY_ATTR {
            auto low = hn::Zero(d);
            auto high = hn::Zero(d);
            for (std::size_t lane = first; lane < first + group; lane += hn::Lanes(d)) {
                auto value = hn::LoadU(d, values.data() + lane);
                if (!all)
                    value = hn::Mul(value, hn::LoadU(d, matters.data() + lane));
                low = hn::Min(low, value);
                high = hn::Max(high, value);
            }
            const float lowest = hn::GetLane(hn::MinOfLanes(d, low));
            const float highest = hn::GetLane(hn::MaxOfLanes(d, high));
            return highest >= -lowest ? highest : lowest;
        };
        float extreme = extremeOf(false);
        if (extreme == 0)
            extreme = extremeOf(true);
        std::fill_n(extremes.begin() + first, group, extreme);
    }
}

/// @p count: a multiple of 16.
HWY_INLINE TamedRow::Facts factsOfRow(const float* HWY_RESTRICT weights, const float* HWY_RESTRICT importance,
                                      std::size_t count)
{
    TamedRow::Facts facts;
    facts.largestMagnitude = largestMagnitude(weights, count);
    if (!importance)
        return facts;
    // As unsigned bits non-negative finite floats are ordered, and all others are above them.
    const auto infinity = hn::Set(words, 0x7F800000u);
    auto largest = hn::Zero(words);
    auto largestOfAll = hn::Zero(words);
    for (std::size_t index = 0; index < count; index += hn::Lanes(words)) {
        const auto bits = hn::BitCast(words, hn::LoadU(floats, importance + index));
        largestOfAll = hn::Max(largestOfAll, bits);
        largest = hn::Max(largest, hn::IfThenElseZero(hn::Lt(bits, infinity), bits));
    }
    facts.largestImportance = std::bit_cast<float>(hn::GetLane(hn::MaxOfLanes(words, largest)));
    facts.isImportanceUsable = hn::GetLane(hn::MaxOfLanes(words, largestOfAll)) < 0x7F800000u;
    return facts;
}

/// Calls Batch::run for each sixteen sub-blocks of a row.
template <typename Batch>
HWY_INLINE void encodeBatches(const float* weights, const float* importance, std::size_t count,
                              const EncodeOptions& options, std::byte* bytes)
{
    const TamedRow row(weights, importance, count, factsOfRow(weights, importance, count));
    constexpr std::size_t batchWeights = searchLanes * Batch::width;
    auto* block = asBlocks<typename Batch::Block>(bytes);
    Batch batch;
    for (std::size_t first = 0; first < count; first += batchWeights) {
        const std::size_t present = std::min(batchWeights, count - first);
        batch.run({row.weights() + first, row.importance() ? row.importance() + first : nullptr, present / Batch::width},
                  options, block);
        block += present / Batch::weightsPerBlock;
    }
}

/// Defines name, an EncodeRow of this target, by a batch encoder.
#undef QUANTLATHE_BATCH_ENCODER
#define QUANTLATHE_BATCH_ENCODER(name, Batch)                                                                          \
    void name(const float* weights, const float* importance, std::size_t count, const EncodeOptions& options,         \
              std::byte* blocks)                                                                                       \
    {                                                                                                                  \
        encodeBatches<Batch>(weights, importance, count, options, blocks);                                             \
    }

} // namespace HWY_NAMESPACE
} // namespace quantlathe::codecs
HWY_AFTER_NAMESPACE();
#endif
