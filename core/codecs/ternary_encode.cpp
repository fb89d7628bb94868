// SPDX-License-Identifier: GPL-3.0-or-later
// Compiled once per SIMD target by Highway. Sums over a long block run as sixteen partial sums along the row;
// the partial sums of sixteen blocks are then a batch of their own (simd_parts-inl.h), so that what follows
// is computed for all blocks at once, one lane each. The 64 weights of Q2_0 are a batch from the start.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/codecs/ternary_encode.cpp"
#include <hwy/foreach_target.h> // must come before highway.h

#include <hwy/highway.h>

#include <hwy/cache_control.h>

#include "core/codecs/stored_scales-inl.h"
#include "core/codecs/super_block-inl.h"
#include "core/codecs/ternary_encode.h"

#include <cstring>
#include <limits>

HWY_BEFORE_NAMESPACE();
namespace quantlathe::codecs {
namespace HWY_NAMESPACE {
namespace direct {

/// The line of sixteen weights that @p offset weights further on will be wanted. A prefetch never faults,
/// wherever it is.
HWY_INLINE void prefetch(const float* weights, std::size_t offset)
{
    hwy::Prefetch(
        reinterpret_cast<const float*>(reinterpret_cast<std::uintptr_t>(weights) + sizeof(float) * offset));
}

/// Sixteen partial sums of each of sixteen blocks.
struct Partials
{
    alignas(64) float values[batchLanes * batchLanes];

    HWY_INLINE void put(std::size_t block, std::size_t lane, FloatVector value)
    {
        hn::Store(value, floats, values + batchLanes * block + lane);
    }

    /// Joins each block's partial values by @p join, in a fixed order; one block per lane.
    template <class Join>
    HWY_INLINE void total(std::size_t blocks, float* HWY_RESTRICT totals, Join&& join) const
    {
        alignas(64) float columns[batchLanes * batchLanes];
        loadBatch(values, batchLanes, blocks, 1, nullptr, columns);
        for (std::size_t lane = 0; lane < batchLanes; lane += hn::Lanes(floats)) {
            FloatVector sum = hn::Load(floats, columns + lane);
            for (std::size_t row = 1; row < batchLanes; ++row)
                sum = join(sum, hn::Load(floats, columns + batchLanes * row + lane));
            hn::Store(sum, floats, totals + lane);
        }
    }
};

HWY_INLINE void totalSum(const Partials& partials, std::size_t blocks, float* HWY_RESTRICT totals)
{
    partials.total(blocks, totals, [](FloatVector a, FloatVector b) HWY_ATTR { return hn::Add(a, b); });
}

/// sum v |x| and sum v of each block, and its largest |x|; without importance sum v is a constant.
template <bool Weighted, std::size_t Width, bool WantsLargest>
HWY_INLINE void sumMagnitudes(const float* HWY_RESTRICT weights, const float* HWY_RESTRICT importance,
                              std::size_t blocks, float* HWY_RESTRICT magnitudes,
                              float* HWY_RESTRICT importances, float* HWY_RESTRICT largest)
{
    Partials sums;
    Partials sumsOfImportance;
    Partials maxima;
    for (std::size_t block = 0; block < blocks; ++block) {
        for (std::size_t lane = 0; lane < batchLanes; lane += hn::Lanes(floats)) {
            FloatVector sum = constant(0.0f);
            FloatVector sumOfImportance = sum;
            FloatVector maximum = sum;
            for (std::size_t index = Width * block + lane; index < Width * (block + 1); index += batchLanes) {
                const FloatVector x = hn::Abs(hn::LoadU(floats, weights + index));
                if constexpr (Weighted) {
                    const FloatVector v = hn::LoadU(floats, importance + index);
                    sum = hn::Add(sum, hn::Mul(v, x));
                    sumOfImportance = hn::Add(sumOfImportance, v);
                } else {
                    sum = hn::Add(sum, x);
                }
                if constexpr (WantsLargest)
                    maximum = hn::Max(maximum, x);
            }
            sums.put(block, lane, sum);
            if constexpr (Weighted)
                sumsOfImportance.put(block, lane, sumOfImportance);
            if constexpr (WantsLargest)
                maxima.put(block, lane, maximum);
        }
    }
    totalSum(sums, blocks, magnitudes);
    if constexpr (Weighted)
        totalSum(sumsOfImportance, blocks, importances);
    else
        std::fill_n(importances, batchLanes, static_cast<float>(Width));
    if constexpr (WantsLargest)
        maxima.total(blocks, largest, [](FloatVector a, FloatVector b) HWY_ATTR { return hn::Max(a, b); });
}

/// What the values +-d save of the error sum v x^2, with A = sum v x q and B = sum v q^2.
struct Gain
{
    FloatVector d;
    FloatVector gain;
};

HWY_INLINE Gain gainOf(FloatVector a, FloatVector b)
{
    const FloatVector d = asStored(quotient(a, b));
    return {d, hn::Mul(d, hn::Sub(hn::Add(a, a), hn::Mul(d, b)))};
}

HWY_INLINE Gain larger(const Gain& best, const Gain& other)
{
    const auto isLarger = hn::Gt(other.gain, best.gain);
    return {hn::IfThenElse(isLarger, other.d, best.d), hn::IfThenElse(isLarger, other.gain, best.gain)};
}

/// For each threshold A = sum v |x| and B = sum v over the weights above it, one block per lane.
template <bool Weighted, std::size_t Count>
HWY_INLINE void sumAbove(const float* HWY_RESTRICT weights, const float* HWY_RESTRICT importance,
                         std::size_t blocks, const float (*HWY_RESTRICT thresholds)[batchLanes],
                         float (*HWY_RESTRICT a)[batchLanes], float (*HWY_RESTRICT b)[batchLanes])
{
    constexpr std::size_t width = BlockTQ2_0::weights;
    Partials partialA[Count];
    Partials partialB[Count];
    for (std::size_t block = 0; block < blocks; ++block) {
        for (std::size_t lane = 0; lane < batchLanes; lane += hn::Lanes(floats)) {
            FloatVector sumsA[Count];
            FloatVector sumsB[Count];
            FloatVector limits[Count];
            for (std::size_t trial = 0; trial < Count; ++trial) {
                sumsA[trial] = sumsB[trial] = constant(0.0f);
                limits[trial] = constant(thresholds[trial][block]);
            }
            for (std::size_t index = width * block + lane; index < width * (block + 1); index += batchLanes) {
                if (Count > 1 && lane == 0)
                    prefetch(weights, index + width * blocks);
                const FloatVector x = hn::Abs(hn::LoadU(floats, weights + index));
                FloatVector v = constant(1.0f);
                FloatVector vx = x;
                if constexpr (Weighted) {
                    v = hn::LoadU(floats, importance + index);
                    vx = hn::Mul(v, x);
                }
                for (std::size_t trial = 0; trial < Count; ++trial) {
                    const auto isAbove = hn::Gt(x, limits[trial]);
                    sumsA[trial] = hn::Add(sumsA[trial], hn::IfThenElseZero(isAbove, vx));
                    sumsB[trial] = hn::Add(sumsB[trial], hn::IfThenElseZero(isAbove, v));
                }
            }
            for (std::size_t trial = 0; trial < Count; ++trial) {
                partialA[trial].put(block, lane, sumsA[trial]);
                partialB[trial].put(block, lane, sumsB[trial]);
            }
        }
    }
    for (std::size_t trial = 0; trial < Count; ++trial) {
        totalSum(partialA[trial], blocks, a[trial]);
        totalSum(partialB[trial], blocks, b[trial]);
    }
}

template <bool Weighted>
HWY_INLINE void chooseTernary(const float* HWY_RESTRICT weights, const float* HWY_RESTRICT importance,
                              std::size_t blocks, float* HWY_RESTRICT scales)
{
    constexpr std::size_t trials = 4;
    alignas(64) float magnitudes[batchLanes];
    alignas(64) float importances[batchLanes];
    alignas(64) float largest[batchLanes];
    sumMagnitudes<Weighted, BlockTQ2_0::weights, true>(weights, importance, blocks, magnitudes, importances,
                                                       largest);
    alignas(64) float thresholds[trials][batchLanes];
    for (std::size_t lane = 0; lane < batchLanes; lane += hn::Lanes(floats)) {
        const FloatVector mean =
            quotient(hn::Load(floats, magnitudes + lane), hn::Load(floats, importances + lane));
        const FloatVector maximum = hn::Load(floats, largest + lane);
        hn::Store(hn::Mul(mean, constant(0.75f)), floats, thresholds[0] + lane);
        hn::Store(hn::Mul(mean, constant(1.2f)), floats, thresholds[1] + lane);
        hn::Store(hn::Mul(maximum, constant(0.25f)), floats, thresholds[2] + lane);
        hn::Store(hn::Mul(maximum, constant(0.5f)), floats, thresholds[3] + lane);
    }
    alignas(64) float a[trials][batchLanes];
    alignas(64) float b[trials][batchLanes];
    sumAbove<Weighted, trials>(weights, importance, blocks, thresholds, a, b);
    alignas(64) float gains[batchLanes];
    for (std::size_t lane = 0; lane < batchLanes; lane += hn::Lanes(floats)) {
        Gain best{constant(0.0f), constant(0.0f)};
        for (std::size_t trial = 0; trial < trials; ++trial)
            best = larger(best, gainOf(hn::Load(floats, a[trial] + lane), hn::Load(floats, b[trial] + lane)));
        hn::Store(best.d, floats, scales + lane);
        hn::Store(best.gain, floats, gains + lane);
        hn::Store(hn::Mul(best.d, constant(0.5f)), floats, thresholds[0] + lane);
    }
    sumAbove<Weighted, 1>(weights, importance, blocks, thresholds, a, b);
    for (std::size_t lane = 0; lane < batchLanes; lane += hn::Lanes(floats)) {
        const Gain before{hn::Load(floats, scales + lane), hn::Load(floats, gains + lane)};
        const Gain after = gainOf(hn::Load(floats, a[0] + lane), hn::Load(floats, b[0] + lane));
        hn::Store(larger(before, after).d, floats, scales + lane);
    }
}

template <bool Weighted>
HWY_INLINE void chooseTwoValued(const float* HWY_RESTRICT weights, const float* HWY_RESTRICT importance,
                                std::size_t blocks, float* HWY_RESTRICT scales)
{
    alignas(64) float magnitudes[batchLanes];
    alignas(64) float importances[batchLanes];
    sumMagnitudes<Weighted, BlockQ1_0::weights, false>(weights, importance, blocks, magnitudes, importances,
                                                       nullptr);
    for (std::size_t lane = 0; lane < batchLanes; lane += hn::Lanes(floats)) {
        const FloatVector mean =
            quotient(hn::Load(floats, magnitudes + lane), hn::Load(floats, importances + lane));
        hn::Store(asStored(mean), floats, scales + lane);
    }
}

/// Codes from -1 to 2.
HWY_INLINE FloatVector fourValueCode(FloatVector nearest)
{
    return hn::Min(hn::Max(nearest, constant(-1.0f)), constant(2.0f));
}

template <bool Weighted> struct FourValueSums
{
    FloatVector a; ///< sum v x q
    FloatVector b; ///< sum v q^2

    HWY_INLINE void add(FloatVector vx, FloatVector v, FloatVector code)
    {
        a = hn::Add(a, hn::Mul(vx, code));
        const FloatVector square = hn::Mul(code, code);
        b = hn::Add(b, Weighted ? hn::Mul(v, square) : square);
    }
};

template <bool Weighted>
HWY_INLINE void chooseFourValued(const float* HWY_RESTRICT weights, const float* HWY_RESTRICT importance,
                                 std::size_t blocks, float* HWY_RESTRICT scales)
{
    constexpr std::size_t width = BlockQ2_0::weights;
    alignas(64) float columns[batchLanes * width];
    alignas(64) float factors[Weighted ? batchLanes * width : batchLanes];
    loadBatch(weights, width, blocks, 1, nullptr, columns);
    if constexpr (Weighted)
        loadBatch(importance, width, blocks, 1, nullptr, factors);
    for (std::size_t lane = 0; lane < batchLanes; lane += hn::Lanes(floats)) {
        const float* HWY_RESTRICT column = columns + lane;
        const float* HWY_RESTRICT factor = factors + lane;
        const FloatVector zero = constant(0.0f);
        const auto weightAt = [&](std::size_t index)
                                  HWY_ATTR { return hn::Load(floats, column + batchLanes * index); };
        const auto importanceAt = [&](std::size_t index) HWY_ATTR {
            if constexpr (Weighted)
                return hn::Load(floats, factor + batchLanes * index);
            else
                return constant(1.0f);
        };
        FloatVector low = weightAt(0);
        FloatVector high = low;
        FloatVector sum = zero;
        FloatVector sumOfImportance = zero;
        for (std::size_t index = 0; index < width; ++index) {
            const FloatVector x = weightAt(index);
            const FloatVector v = importanceAt(index);
            low = hn::Min(low, x);
            high = hn::Max(high, x);
            sum = hn::Add(sum, hn::Mul(v, hn::Abs(x)));
            sumOfImportance = hn::Add(sumOfImportance, v);
        }
        const FloatVector opposite = hn::Neg(low);
        const FloatVector extreme = hn::IfThenElse(hn::Gt(high, opposite), high, low);
        const FloatVector byMean = inverseOf(hn::Mul(quotient(sum, sumOfImportance), constant(1.3f)));
        const FloatVector byExtreme = inverseOf(hn::Mul(extreme, constant(0.5f)));
        const FloatVector byLargest = inverseOf(hn::Max(high, opposite));
        FourValueSums<Weighted> up{zero, zero};
        FourValueSums<Weighted> down{zero, zero};
        FourValueSums<Weighted> wide{zero, zero};
        FourValueSums<Weighted> ternary{zero, zero};
        for (std::size_t index = 0; index < width; ++index) {
            const FloatVector x = weightAt(index);
            const FloatVector v = importanceAt(index);
            const FloatVector vx = Weighted ? hn::Mul(v, x) : x;
            if (lane == 0)
                prefetch(weights, width * blocks + batchLanes * index);
            const FloatVector nearest = nearestWhole(hn::Mul(x, byMean));
            up.add(vx, v, fourValueCode(nearest));
            down.add(vx, v, fourValueCode(hn::Sub(zero, nearest)));
            wide.add(vx, v, fourValueCode(nearestWhole(hn::Mul(x, byExtreme))));
            ternary.add(vx, v, nearestWhole(hn::Mul(x, byLargest)));
        }
        Gain best = larger(gainOf(up.a, up.b), gainOf(down.a, down.b));
        best = larger(best, larger(gainOf(ternary.a, ternary.b), gainOf(wide.a, wide.b)));
        for (int round = 0; round < 2; ++round) {
            const FloatVector inverse = inverseOf(best.d);
            FourValueSums<Weighted> sums{zero, zero};
            for (std::size_t index = 0; index < width; ++index) {
                const FloatVector x = weightAt(index);
                const FloatVector v = importanceAt(index);
                sums.add(Weighted ? hn::Mul(v, x) : x, v, fourValueCode(nearestWhole(hn::Mul(x, inverse))));
            }
            best = larger(best, gainOf(sums.a, sums.b));
        }
        hn::Store(best.d, floats, scales + lane);
    }
}

/// Half of |scale|, the limit between code 0 and its neighbours; infinite for scale 0.
HWY_INLINE float thresholdOf(float scale)
{
    return scale != 0 ? 0.5f * scale : std::numeric_limits<float>::infinity();
}

/// @p sum + step for weights above @p threshold, - step below its negative.
template <class D, class V>
HWY_INLINE auto withDigit(D d, hn::Vec<hn::RebindToSigned<D>> sum, V x, V threshold, int step)
{
    const hn::RebindToSigned<D> integers;
    const auto steps = hn::BitCast(d, hn::Set(integers, step));
    const auto up = hn::IfThenElseZero(hn::Gt(x, threshold), steps);
    const auto down = hn::IfThenElseZero(hn::Lt(x, hn::Neg(threshold)), steps);
    return hn::Sub(hn::Add(sum, hn::BitCast(integers, up)), hn::BitCast(integers, down));
}

/// As many bytes as there are lanes.
template <class D> HWY_INLINE void storeBytes(D, hn::Vec<hn::RebindToSigned<D>> values, std::uint8_t* bytes)
{
    const hn::Rebind<std::uint8_t, D> narrow;
    hn::StoreU(hn::DemoteTo(narrow, values), narrow, bytes);
}

/// @p Digits base-3 digits for each of @p size bytes: digit n of byte m is that of weights[m + size * n].
template <class D, int Digits>
HWY_INLINE void storeDigits(D d, const float* HWY_RESTRICT weights, float threshold, std::size_t size,
                            std::uint8_t* HWY_RESTRICT bytes)
{
    constexpr int powers[5] = {81, 27, 9, 3, 1};
    const hn::RebindToSigned<D> integers;
    const auto limit = hn::Set(d, threshold);
    int middle = 0; // every digit 1: zeros
    for (int place = 0; place < Digits; ++place)
        middle += powers[place];
    for (std::size_t index = 0; index < size; index += hn::Lanes(d)) {
        auto sum = hn::Set(integers, middle);
        for (int place = 0; place < Digits; ++place) {
            const auto x = hn::LoadU(d, weights + size * static_cast<std::size_t>(place) + index);
            sum = withDigit(d, sum, x, limit, powers[place]);
        }
        // sum * 256 / 243, rounded up: 69043 / 2^24 divides by 243 for all sums.
        const hn::RebindToUnsigned<D> unsignedIntegers;
        const auto dividend =
            hn::BitCast(unsignedIntegers, hn::Add(hn::ShiftLeft<8>(sum), hn::Set(integers, 242)));
        const auto fraction = hn::ShiftRight<24>(hn::Mul(dividend, hn::Set(unsignedIntegers, 69043u)));
        storeBytes(d, hn::BitCast(integers, fraction), bytes + index);
    }
}

} // namespace direct

void chooseScalesTernary(const float* weights, const float* importance, std::size_t blocks, float* scales)
{
    alignas(64) float chosen[batchLanes];
    if (importance)
        direct::chooseTernary<true>(weights, importance, blocks, chosen);
    else
        direct::chooseTernary<false>(weights, importance, blocks, chosen);
    std::copy_n(chosen, blocks, scales);
}

void chooseScalesQ1_0(const float* weights, const float* importance, std::size_t blocks, float* scales)
{
    alignas(64) float chosen[batchLanes];
    if (importance)
        direct::chooseTwoValued<true>(weights, importance, blocks, chosen);
    else
        direct::chooseTwoValued<false>(weights, importance, blocks, chosen);
    std::copy_n(chosen, blocks, scales);
}

void chooseScalesQ2_0(const float* weights, const float* importance, std::size_t blocks, float* scales)
{
    alignas(64) float chosen[batchLanes];
    if (importance)
        direct::chooseFourValued<true>(weights, importance, blocks, chosen);
    else
        direct::chooseFourValued<false>(weights, importance, blocks, chosen);
    std::copy_n(chosen, blocks, scales);
}

TamedRow::Facts rowFacts(const float* weights, const float* importance, std::size_t count)
{
    return factsOfRow(weights, importance, count);
}

void storeQ1_0(const float* weights, const float* scales, std::size_t blocks, BlockQ1_0* stored)
{
    for (std::size_t block = 0; block < blocks; ++block) {
        stored[block].d.store(scales[block]);
        for (std::size_t index = 0; index < BlockQ1_0::weights; index += batchLanes) {
            std::uint32_t bits = 0;
            for (std::size_t lane = 0; lane < batchLanes; lane += hn::Lanes(floats)) {
                const FloatVector x = hn::LoadU(floats, weights + BlockQ1_0::weights * block + index + lane);
                std::uint8_t part[8] = {};
                hn::StoreMaskBits(floats, hn::Ge(x, direct::constant(0.0f)), part);
                bits |= static_cast<std::uint32_t>(part[0] | part[1] << 8) << lane;
            }
            stored[block].bits[index / 8] = static_cast<std::uint8_t>(bits);
            stored[block].bits[index / 8 + 1] = static_cast<std::uint8_t>(bits >> 8);
        }
    }
}

void storeQ2_0(const float* weights, const float* scales, std::size_t blocks, BlockQ2_0* stored)
{
    constexpr std::size_t width = BlockQ2_0::weights;
    alignas(64) float columns[batchLanes * width];
    alignas(64) float inverses[batchLanes] = {};
    alignas(64) std::uint32_t codes[4 * batchLanes];
    std::copy_n(scales, blocks, inverses);
    loadBatch(weights, width, blocks, 1, nullptr, columns);
    for (std::size_t lane = 0; lane < batchLanes; lane += hn::Lanes(floats)) {
        const FloatVector inverse = direct::inverseOf(hn::Load(floats, inverses + lane));
        const FloatVector offset = direct::constant(direct::noFraction + 1);
        const FloatVector low = direct::constant(-1.0f);
        const FloatVector high = direct::constant(2.0f);
        // Two bits each, the first weight lowest; noFraction's share is subtracted in the end.
        constexpr std::uint32_t bias = direct::noFractionBits * 0x55555555u;
        for (std::size_t word = 0; word < 4; ++word) {
            WordVector packed = hn::Zero(words);
            for (std::size_t index = 16; index-- > 0;) {
                const FloatVector x = hn::Load(floats, columns + batchLanes * (16 * word + index) + lane);
                const FloatVector code = hn::Max(hn::Min(hn::Mul(x, inverse), high), low);
                packed = hn::Add(hn::ShiftLeft<2>(packed), hn::BitCast(words, hn::Add(code, offset)));
            }
            hn::Store(hn::Sub(packed, hn::Set(words, bias)), words, codes + batchLanes * word + lane);
        }
    }
    for (std::size_t block = 0; block < blocks; ++block) {
        stored[block].d.store(scales[block]);
        for (std::size_t word = 0; word < 4; ++word)
            std::memcpy(stored[block].codes.data() + 4 * word, codes + batchLanes * word + block, 4);
    }
}

void storeTQ2_0(const float* weights, const float* scales, std::size_t blocks, BlockTQ2_0* stored)
{
    for (std::size_t block = 0; block < blocks; ++block) {
        const FloatVector threshold = direct::constant(direct::thresholdOf(scales[block]));
        for (std::size_t byte = 0; byte < 64; byte += hn::Lanes(floats)) {
            const float* x = weights + BlockTQ2_0::weights * block + byte / 32 * 128 + byte % 32;
            IntVector codes = hn::Set(ints, 0x55); // every code 1: zeros
            codes = direct::withDigit(floats, codes, hn::LoadU(floats, x), threshold, 1);
            codes = direct::withDigit(floats, codes, hn::LoadU(floats, x + 32), threshold, 4);
            codes = direct::withDigit(floats, codes, hn::LoadU(floats, x + 64), threshold, 16);
            codes = direct::withDigit(floats, codes, hn::LoadU(floats, x + 96), threshold, 64);
            direct::storeBytes(floats, codes, stored[block].codes.data() + byte);
        }
        stored[block].d.store(scales[block]);
    }
}

void storeTQ1_0(const float* weights, const float* scales, std::size_t blocks, BlockTQ1_0* stored)
{
    const hn::CappedTag<float, 4> four;
    for (std::size_t block = 0; block < blocks; ++block) {
        const float threshold = direct::thresholdOf(scales[block]);
        const float* x = weights + BlockTQ1_0::weights * block;
        direct::storeDigits<Floats, 5>(floats, x, threshold, 32, stored[block].fives.data());
        direct::storeDigits<Floats, 5>(floats, x + 160, threshold, 16, stored[block].fives.data() + 32);
        direct::storeDigits<decltype(four), 4>(four, x + 240, threshold, 4, stored[block].fours.data());
        stored[block].d.store(scales[block]);
    }
}

} // namespace HWY_NAMESPACE
} // namespace quantlathe::codecs
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace quantlathe::codecs {

HWY_EXPORT(rowFacts);
TamedRow::Facts simd::factsOfRow(const float* weights, const float* importance, std::size_t count)
{
    return HWY_DYNAMIC_DISPATCH(rowFacts)(weights, importance, count);
}

#define QUANTLATHE_DISPATCH_CHOICE(name)                                                                     \
    HWY_EXPORT(name);                                                                                        \
    void simd::name(const float* weights, const float* importance, std::size_t blocks, float* scales)        \
    {                                                                                                        \
        HWY_DYNAMIC_DISPATCH(name)(weights, importance, blocks, scales);                                     \
    }

QUANTLATHE_DISPATCH_CHOICE(chooseScalesQ1_0)
QUANTLATHE_DISPATCH_CHOICE(chooseScalesQ2_0)
QUANTLATHE_DISPATCH_CHOICE(chooseScalesTernary)

#undef QUANTLATHE_DISPATCH_CHOICE

#define QUANTLATHE_DISPATCH_STORE(type)                                                                      \
    HWY_EXPORT(store##type);                                                                                 \
    void simd::store##type(const float* weights, const float* scales, std::size_t blocks,                    \
                           Block##type* stored)                                                              \
    {                                                                                                        \
        HWY_DYNAMIC_DISPATCH(store##type)(weights, scales, blocks, stored);                                  \
    }

QUANTLATHE_DISPATCH_STORE(Q1_0)
QUANTLATHE_DISPATCH_STORE(Q2_0)
QUANTLATHE_DISPATCH_STORE(TQ1_0)
QUANTLATHE_DISPATCH_STORE(TQ2_0)

#undef QUANTLATHE_DISPATCH_STORE

} // namespace quantlathe::codecs
#endif
