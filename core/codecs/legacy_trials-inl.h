// SPDX-License-Identifier: GPL-3.0-or-later
// Trying scales for 32 weights, one lane per block: ranges, sums of residuals e = x / d - code in units of
// the scale (which keeps small errors exact beside large weights), least squares. Compiled once per target:
// include inside a file that is itself compiled by Highway's foreach_target.

#if defined(QUANTLATHE_LEGACY_TRIALS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef QUANTLATHE_LEGACY_TRIALS_INL_H_
#undef QUANTLATHE_LEGACY_TRIALS_INL_H_
#else
#define QUANTLATHE_LEGACY_TRIALS_INL_H_
#endif

#include "core/codecs/legacy_blocks.h"
#include "core/codecs/stored_scales-inl.h"

HWY_BEFORE_NAMESPACE();
namespace quantlathe::codecs {
namespace HWY_NAMESPACE {
namespace direct {

struct Extent
{
    FloatVector low;
    FloatVector high;
};

HWY_INLINE Extent extentOf(const float* HWY_RESTRICT column)
{
    FloatVector low = hn::Load(floats, column);
    FloatVector high = low;
    for (std::size_t index = 1; index < legacyBlock; ++index) {
        const FloatVector x = hn::Load(floats, column + batchLanes * index);
        low = hn::Min(low, x);
        high = hn::Max(high, x);
    }
    return {low, high};
}

HWY_INLINE FloatVector magnitudeOf(const Extent& extent)
{
    return hn::Max(extent.high, hn::Neg(extent.low));
}

/// Smallest and largest weight of each block. Weights beyond what any half scale can hold are limited first,
/// so that sums of squares stay finite; that changes no code.
HWY_INLINE Extent tamedExtent(float* HWY_RESTRICT column)
{
    const Extent extent = extentOf(column);
    const FloatVector limit = constant(0x1p30f);
    if (hn::AllTrue(floats, hn::Le(magnitudeOf(extent), limit)))
        return extent;
    for (std::size_t index = 0; index < legacyBlock; ++index) {
        float* x = column + batchLanes * index;
        hn::Store(hn::Max(hn::Min(hn::Load(floats, x), limit), hn::Neg(limit)), floats, x);
    }
    return extentOf(column);
}

/// A scale as stored, and its squared error summed over the block.
struct Trial
{
    FloatVector d;
    FloatVector error;
};

HWY_INLINE Trial better(const Trial& a, const Trial& b)
{
    const auto isBetter = hn::Lt(b.error, a.error);
    return {hn::IfThenElse(isBetter, b.d, a.d), hn::IfThenElse(isBetter, b.error, a.error)};
}

/// Code of each weight (a whole float in [low, high]) and what is left of it, in units of the scale.
struct Rounded
{
    FloatVector code;
    FloatVector rest;
};

template <bool ClipsLow, bool ClipsHigh>
HWY_INLINE Rounded rounded(FloatVector scaled, FloatVector low, FloatVector high)
{
    FloatVector code = nearestWhole(scaled);
    if constexpr (ClipsLow)
        code = hn::Max(code, low);
    if constexpr (ClipsHigh)
        code = hn::Min(code, high);
    return {code, hn::Sub(scaled, code)};
}

/// Sums over one block for a scale without minimum.
struct SignedSums
{
    FloatVector rests;    ///< sum e^2
    FloatVector products; ///< sum e q
    FloatVector squares;  ///< sum q^2

    HWY_INLINE void add(const Rounded& r)
    {
        rests = hn::Add(rests, hn::Mul(r.rest, r.rest));
        products = hn::Add(products, hn::Mul(r.rest, r.code));
        squares = hn::Add(squares, hn::Mul(r.code, r.code));
    }

    template <class State> HWY_INLINE void store(State& state, std::size_t row, std::size_t lane) const
    {
        state.put(row, lane, rests);
        state.put(row + 1, lane, products);
        state.put(row + 2, lane, squares);
    }

    template <class State>
    static HWY_INLINE SignedSums load(const State& state, std::size_t row, std::size_t lane)
    {
        return {state.get(row, lane), state.get(row + 1, lane), state.get(row + 2, lane)};
    }

    /// The trial of scale @p d itself, or of the least-squares scale for its codes where that is better.
    HWY_INLINE Trial trial(FloatVector d) const
    {
        const FloatVector unit = hn::Mul(d, d);
        const Trial same{d, hn::Mul(unit, rests)};
        const FloatVector wanted = hn::Add(d, hn::Mul(d, quotient(products, squares)));
        const FloatVector refit = asStored(wanted);
        const FloatVector shift = quotient(hn::Sub(refit, d), d);
        const FloatVector slope = hn::Sub(hn::Mul(shift, squares), hn::Add(products, products));
        return better(same, {refit, hn::Mul(unit, hn::Add(rests, hn::Mul(shift, slope)))});
    }
};

/// @p extreme where the smallest and the largest weight are equal but for their sign: the sign that more
/// weights have.
HWY_INLINE FloatVector commonerExtreme(const float* HWY_RESTRICT column, const Extent& extent)
{
    FloatVector balance = constant(0.0f);
    const FloatVector one = constant(1.0f);
    for (std::size_t index = 0; index < legacyBlock; ++index) {
        const FloatVector x = hn::Load(floats, column + batchLanes * index);
        balance = hn::Add(balance, hn::IfThenElseZero(hn::Eq(x, extent.high), one));
        balance = hn::Sub(balance, hn::IfThenElseZero(hn::Eq(x, extent.low), one));
    }
    return hn::IfThenElse(hn::Ge(balance, constant(0.0f)), extent.high, extent.low);
}

/// The weight of largest magnitude.
HWY_INLINE FloatVector extremeOf(const float* HWY_RESTRICT column, const Extent& extent)
{
    const FloatVector opposite = hn::Neg(extent.low);
    const FloatVector extreme = hn::IfThenElse(hn::Gt(extent.high, opposite), extent.high, extent.low);
    const auto isTie = hn::Eq(extent.high, opposite);
    if (hn::AllFalse(floats, isTie))
        return extreme;
    return hn::IfThenElse(isTie, commonerExtreme(column, extent), extreme);
}

/// A scale and a minimum as stored, and the squared error.
struct AffineTrial
{
    FloatVector d;
    FloatVector m;
    FloatVector error;
};

HWY_INLINE AffineTrial better(const AffineTrial& a, const AffineTrial& b)
{
    const auto isBetter = hn::Lt(b.error, a.error);
    return {hn::IfThenElse(isBetter, b.d, a.d), hn::IfThenElse(isBetter, b.m, a.m),
            hn::IfThenElse(isBetter, b.error, a.error)};
}

struct AffineSums
{
    FloatVector rests;    ///< sum e^2
    FloatVector products; ///< sum e q
    FloatVector squares;  ///< sum q^2
    FloatVector rest;     ///< sum e
    FloatVector codes;    ///< sum q

    HWY_INLINE void add(const Rounded& r)
    {
        rests = hn::Add(rests, hn::Mul(r.rest, r.rest));
        products = hn::Add(products, hn::Mul(r.rest, r.code));
        squares = hn::Add(squares, hn::Mul(r.code, r.code));
        rest = hn::Add(rest, r.rest);
        codes = hn::Add(codes, r.code);
    }

    template <class State> HWY_INLINE void store(State& state, std::size_t row, std::size_t lane) const
    {
        state.put(row, lane, rests);
        state.put(row + 1, lane, products);
        state.put(row + 2, lane, squares);
        state.put(row + 3, lane, rest);
        state.put(row + 4, lane, codes);
    }

    template <class State>
    static HWY_INLINE AffineSums load(const State& state, std::size_t row, std::size_t lane)
    {
        return {state.get(row, lane), state.get(row + 1, lane), state.get(row + 2, lane),
                state.get(row + 3, lane), state.get(row + 4, lane)};
    }

    /// The trial of (d, m) itself, or of the least-squares pair for its codes where that is better: first the
    /// minimum, rounded; then the scale that goes with the rounded one.
    HWY_INLINE AffineTrial trial(FloatVector d, FloatVector m) const
    {
        const FloatVector count = constant(static_cast<float>(legacyBlock));
        const FloatVector unit = hn::Mul(d, d);
        const AffineTrial same{d, m, hn::Mul(unit, rests)};
        const FloatVector determinant = hn::Sub(hn::Mul(squares, count), hn::Mul(codes, codes));
        const FloatVector lift = hn::Sub(hn::Mul(squares, rest), hn::Mul(codes, products));
        const FloatVector newM = asStored(hn::Add(m, hn::Mul(d, quotient(lift, determinant))));
        const FloatVector mShift = quotient(hn::Sub(newM, m), d);
        const FloatVector left = hn::Sub(products, hn::Mul(mShift, codes));
        const FloatVector newD = asStored(hn::Add(d, hn::Mul(d, quotient(left, squares))));
        const FloatVector dShift = quotient(hn::Sub(newD, d), d);
        const FloatVector byM = hn::Mul(mShift, hn::Sub(hn::Mul(mShift, count), hn::Add(rest, rest)));
        const FloatVector byD = hn::Mul(dShift, hn::Sub(hn::Mul(dShift, squares), hn::Add(left, left)));
        return better(same, {newD, newM, hn::Mul(unit, hn::Add(rests, hn::Add(byM, byD)))});
    }
};

} // namespace direct
} // namespace HWY_NAMESPACE
} // namespace quantlathe::codecs
HWY_AFTER_NAMESPACE();
#endif
