// SPDX-License-Identifier: GPL-3.0-or-later
// Scales as a half stores them, for batches of sixteen blocks (simd_parts-inl.h). Compiled once per target:
// include inside a file that is itself compiled by Highway's foreach_target.

#if defined(QUANTLATHE_STORED_SCALES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef QUANTLATHE_STORED_SCALES_INL_H_
#undef QUANTLATHE_STORED_SCALES_INL_H_
#else
#define QUANTLATHE_STORED_SCALES_INL_H_
#endif

#include "core/codecs/simd_parts-inl.h"

HWY_BEFORE_NAMESPACE();
namespace quantlathe::codecs {
namespace HWY_NAMESPACE {
namespace direct {

/// Adding it leaves the nearest integer (ties to even) in a float's low bits.
inline constexpr float noFraction = 12582912.0f;
inline constexpr std::uint32_t noFractionBits = 0x4B400000;

HWY_INLINE FloatVector constant(float value)
{
    return hn::Set(floats, value);
}

/// Numbers of sixteen blocks: row r of block b at [16 * r + b].
template <std::size_t Rows> struct Table
{
    alignas(64) float values[Rows * batchLanes];

    HWY_INLINE FloatVector get(std::size_t row, std::size_t lane) const
    {
        return hn::Load(floats, values + batchLanes * row + lane);
    }
    HWY_INLINE void put(std::size_t row, std::size_t lane, FloatVector value)
    {
        hn::Store(value, floats, values + batchLanes * row + lane);
    }
};

HWY_INLINE FloatVector asStored(FloatVector value)
{
    return nearestHalf(floats, value);
}

/// Scales below @p below are coarse as halves; below 2^-40 nothing of a block can be kept in any format.
HWY_INLINE auto isCoarse(FloatVector scale, float below)
{
    const FloatVector magnitude = hn::Abs(scale);
    return hn::And(hn::Lt(magnitude, constant(below)), hn::Ge(magnitude, constant(0x1p-40f)));
}

/// 4 and 5 bits: below 16 units of the last place; 8 bits: below 128.
inline constexpr float coarseBelow = 0x1p-20f;
inline constexpr float coarseBelowForBytes = 0x1p-17f;
inline constexpr float lastPlace = 0x1p-24f;

/// Scales that need not hold the range they were made for.
HWY_INLINE auto mayClip(FloatVector scale, float coarse)
{
    return hn::Or(isCoarse(scale, coarse), hn::Ge(hn::Abs(scale), constant(65504.0f)));
}

/// The half to store for each scale; where they are coarse the next one away from 0, so that the largest
/// weight still fits.
HWY_INLINE FloatVector holdingScale(FloatVector wanted, float below)
{
    const FloatVector stored = asStored(wanted);
    const auto coarse = isCoarse(wanted, below);
    if (HWY_LIKELY(hn::AllFalse(floats, coarse)))
        return stored;
    const FloatVector magnitude = hn::Abs(wanted);
    const FloatVector nearest = hn::Abs(stored);
    const FloatVector up =
        hn::IfThenElse(hn::Lt(nearest, magnitude), hn::Add(nearest, constant(lastPlace)), nearest);
    return hn::IfThenElse(coarse, hn::CopySign(up, wanted), stored);
}

/// Another scale to try: @p wanted, or where halves are coarse the one @p steps away from @p holding, unless
/// that is 0.
HWY_INLINE FloatVector otherScale(FloatVector wanted, FloatVector holding, float below, int steps)
{
    const FloatVector stored = asStored(wanted);
    const auto coarse = isCoarse(holding, below);
    if (HWY_LIKELY(hn::AllFalse(floats, coarse)))
        return stored;
    const FloatVector step = constant(static_cast<float>(steps) * lastPlace);
    const FloatVector moved = hn::Add(holding, hn::Mul(step, hn::CopySign(constant(1.0f), holding)));
    return hn::IfThenElse(coarse, hn::IfThenElse(hn::Eq(moved, constant(0.0f)), holding, moved), stored);
}

/// 1 / scale; 0 for scales without a finite inverse: all codes then stand for 0.
HWY_INLINE FloatVector inverseOf(FloatVector scale)
{
    const FloatVector inverse = hn::Div(constant(1.0f), scale);
    return hn::IfThenElseZero(hn::Lt(hn::Abs(inverse), constant(0x1p127f)), inverse);
}

HWY_INLINE FloatVector quotient(FloatVector dividend, FloatVector divisor)
{
    return hn::IfThenElseZero(hn::Ne(divisor, constant(0.0f)), hn::Div(dividend, divisor));
}

} // namespace direct
} // namespace HWY_NAMESPACE
} // namespace quantlathe::codecs
HWY_AFTER_NAMESPACE();
#endif
