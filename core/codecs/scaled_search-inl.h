// SPDX-License-Identifier: GPL-3.0-or-later
// As lane_search-inl.h, for formats without minima: x ~ s * v, v one of a fixed set of values (whole numbers, or the
// non-linear grid of IQ4).

#if defined(QUANTLATHE_SCALED_SEARCH_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef QUANTLATHE_SCALED_SEARCH_INL_H_
#undef QUANTLATHE_SCALED_SEARCH_INL_H_
#else
#define QUANTLATHE_SCALED_SEARCH_INL_H_
#endif

#include "core/codecs/iq4_grid.h"
#include "core/codecs/lane_search-inl.h"

HWY_BEFORE_NAMESPACE();
namespace quantlathe::codecs {
namespace HWY_NAMESPACE {

/// The whole numbers -half ... half - 1.
template <int half> struct WholeLevels
{
    static constexpr float lowEnd = -half;
    static constexpr float highEnd = half - 1;
    static constexpr float spacing = 1; ///< of values at the ends

    static HWY_INLINE FloatVector nearest(FloatVector wanted)
    {
        return nearestWhole(hn::Min(hn::Max(wanted, hn::Set(floats, lowEnd)), hn::Set(floats, highEnd)));
    }

    static HWY_INLINE FloatVector codeOf(FloatVector wanted) { return hn::Add(nearest(wanted), hn::Set(floats, half)); }
};

/// table[index], index 0 ... 15.
HWY_INLINE FloatVector lookUp(const float* HWY_RESTRICT table, IntVector index)
{
    if constexpr (HWY_TARGET <= HWY_AVX3) {
        return hn::TableLookupLanes(hn::Load(floats, table), hn::IndicesFromVec(floats, index));
    } else if constexpr (HWY_TARGET == HWY_AVX2) {
        const auto inHalf = hn::IndicesFromVec(floats, hn::And(index, hn::Set(ints, 7)));
        const auto low = hn::TableLookupLanes(hn::Load(floats, table), inHalf);
        const auto high = hn::TableLookupLanes(hn::Load(floats, table + hn::Lanes(floats)), inHalf);
        const auto isHigh = hn::RebindMask(floats, hn::Gt(index, hn::Set(ints, 7)));
        return hn::IfThenElse(isHigh, high, low);
    } else {
        return hn::GatherIndex(floats, table, index);
    }
}

/// The sixteen values of IQ4_NL and IQ4_XS.
struct Iq4Levels
{
    static constexpr float lowEnd = iq4Grid.front();
    static constexpr float highEnd = iq4Grid.back();
    static constexpr float spacing = 8; ///< what a scale is varied by: a third of the steps at the ends

    /// A parabola gives the code or the one below it (its error is below 0.1 codes); one comparison tells which.
    static HWY_INLINE IntVector code(FloatVector wanted)
    {
        const auto y = hn::Min(hn::Max(wanted, hn::Set(floats, lowEnd)), hn::Set(floats, highEnd));
        const auto bend = hn::Mul(hn::Abs(y), hn::Set(floats, 2.30066e-4f));
        const auto guess = hn::Add(hn::Mul(y, hn::Sub(hn::Set(floats, 8.97247e-2f), bend)), hn::Set(floats, 7.86665f));
        const auto low = hn::Min(hn::Max(hn::ConvertTo(ints, guess), hn::Zero(ints)), hn::Set(ints, 14));
        const auto isAbove = hn::Gt(y, lookUp(iq4Midpoints.data(), low));
        return hn::Sub(low, hn::VecFromMask(ints, hn::RebindMask(ints, isAbove)));
    }

    static HWY_INLINE FloatVector nearest(FloatVector wanted) { return lookUp(iq4Grid.data(), code(wanted)); }
    static HWY_INLINE FloatVector codeOf(FloatVector wanted) { return hn::ConvertTo(floats, code(wanted)); }
};

/// The weight of largest magnitude of each sub-block.
HWY_INLINE FloatVector extremeOf(const LaneView& view)
{
    auto low = hn::Load(floats, view.x);
    auto high = low;
    for (std::size_t index = searchLanes; index < searchLanes * view.width; index += searchLanes) {
        low = hn::Min(low, hn::Load(floats, view.x + index));
        high = hn::Max(high, hn::Load(floats, view.x + index));
    }
    return hn::IfThenElse(hn::Gt(hn::Neg(low), high), low, high);
}

struct ScaledSums
{
    FloatVector vv; ///< sum w v^2
    FloatVector xv; ///< sum w x v
};

struct ScaledLanes
{
    FloatVector scale;
    FloatVector gain; ///< sum w x^2 less the error
};

/// The values are the nearest to slope * x.
template <typename Levels, std::size_t Count>
HWY_INLINE void scaledPass(const LaneView& view, const FloatVector (&slopes)[Count], ScaledSums (&sums)[Count])
{
    for (auto& sum : sums)
        sum = {hn::Zero(floats), hn::Zero(floats)};
    for (std::size_t index = 0; index < searchLanes * view.width; index += searchLanes) {
        const auto x = hn::Load(floats, view.x + index);
        const auto w = hn::Load(floats, view.w + index);
        const auto wx = hn::Load(floats, view.wx + index);
        for (std::size_t candidate = 0; candidate < Count; ++candidate) {
            const auto v = Levels::nearest(hn::Mul(x, slopes[candidate]));
            sums[candidate].vv = hn::Add(sums[candidate].vv, hn::Mul(hn::Mul(w, v), v));
            sums[candidate].xv = hn::Add(sums[candidate].xv, hn::Mul(wx, v));
        }
    }
}

HWY_INLINE ScaledLanes scaledLeastSquares(const ScaledSums& sums)
{
    const auto scale = hn::Mul(sums.xv, inverseOrZero(sums.vv));
    return {scale, hn::Mul(scale, sums.xv)};
}

HWY_INLINE void keepBetter(ScaledLanes& best, const ScaledLanes& tried)
{
    const auto better = hn::Gt(tried.gain, best.gain);
    best.scale = hn::IfThenElse(better, tried.scale, best.scale);
    best.gain = hn::IfThenElse(better, tried.gain, best.gain);
}

/// @param stretches candidates, an even number: how far beyond the lowest (in turn the highest) value the extreme
/// weight is brought, in units of the spacing there
template <typename Levels, std::size_t Candidates>
HWY_INLINE ScaledLanes fitScaledLanes(const LaneView& view, const std::array<float, Candidates>& stretches, int rounds)
{
    static_assert(Candidates % 2 == 0);
    const auto extreme = extremeOf(view);
    const auto inverseExtreme = inverseOrZero(extreme);
    const auto zero = hn::Zero(floats);
    ScaledLanes best[2] = {{hn::Mul(extreme, hn::Set(floats, 1 / Levels::lowEnd)), zero},
                           {hn::Mul(extreme, hn::Set(floats, 1 / Levels::highEnd)), zero}};
    constexpr std::size_t pairs = 2;
    for (std::size_t first = 0; first < Candidates; first += pairs) {
        FloatVector slopes[2 * pairs];
        ScaledSums sums[2 * pairs];
        for (std::size_t pair = 0; pair < pairs; ++pair) {
            const float stretch = stretches[first + pair] * Levels::spacing;
            slopes[2 * pair] = hn::Mul(hn::Set(floats, Levels::lowEnd - stretch), inverseExtreme);
            slopes[2 * pair + 1] = hn::Mul(hn::Set(floats, Levels::highEnd + stretch), inverseExtreme);
        }
        scaledPass<Levels>(view, slopes, sums);
        for (std::size_t pair = 0; pair < pairs; ++pair) {
            keepBetter(best[0], scaledLeastSquares(sums[2 * pair]));
            keepBetter(best[1], scaledLeastSquares(sums[2 * pair + 1]));
        }
    }
    for (int round = 0; round < rounds; ++round) {
        const FloatVector slopes[2] = {inverseOrZero(best[0].scale), inverseOrZero(best[1].scale)};
        ScaledSums sums[2];
        scaledPass<Levels>(view, slopes, sums);
        keepBetter(best[0], scaledLeastSquares(sums[0]));
        keepBetter(best[1], scaledLeastSquares(sums[1]));
    }
    keepBetter(best[0], best[1]);
    return best[0];
}

/// For the thorough search: finely stretched, and for whole numbers every shorter range.
template <typename Levels> constexpr auto manyScaledStretches()
{
    constexpr std::size_t fine = 44;
    constexpr std::size_t shorter = Levels::spacing == 1 ? static_cast<std::size_t>(Levels::highEnd) : 0;
    std::array<float, (fine + shorter + 3) / 4 * 4> stretches{};
    for (std::size_t index = 0; index < stretches.size(); ++index) {
        if (index < fine)
            stretches[index] = -1.5f + 0.125f * static_cast<float>(index);
        else
            stretches[index] = -static_cast<float>((index - fine) % static_cast<std::size_t>(Levels::highEnd));
    }
    return stretches;
}

struct ScaledMeasure
{
    ScaledSums sums;
    FloatVector error; ///< sum w (x - scale * v)^2
};

template <typename Levels> HWY_INLINE ScaledMeasure measureScaled(const LaneView& view, FloatVector scale)
{
    const auto slope = inverseOrZero(scale);
    ScaledMeasure measure{{hn::Zero(floats), hn::Zero(floats)}, hn::Zero(floats)};
    for (std::size_t index = 0; index < searchLanes * view.width; index += searchLanes) {
        const auto x = hn::Load(floats, view.x + index);
        const auto w = hn::Load(floats, view.w + index);
        const auto v = Levels::nearest(hn::Mul(x, slope));
        const auto wv = hn::Mul(w, v);
        measure.sums.vv = hn::Add(measure.sums.vv, hn::Mul(wv, v));
        measure.sums.xv = hn::Add(measure.sums.xv, hn::Mul(wv, x));
        const auto difference = hn::Sub(x, hn::Mul(scale, v));
        measure.error = hn::Add(measure.error, hn::Mul(hn::Mul(w, difference), difference));
    }
    return measure;
}

} // namespace HWY_NAMESPACE
} // namespace quantlathe::codecs
HWY_AFTER_NAMESPACE();
#endif
