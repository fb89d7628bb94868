// SPDX-License-Identifier: GPL-3.0-or-later
// Parts of the SIMD codecs, compiled once per target: include inside a file that is itself compiled by Highway's
// foreach_target. Results must be the same bytes on every target, therefore: no fused multiply-add (MulAdd and its
// kin are not used), and sums run in an order that does not depend on the number of lanes.
//
// Two arrangements keep the order fixed:
// - A batch: sixteen sub-blocks side by side, element i of sub-block b at [16 * i + b]. One lane is one sub-block and
//   each sum runs over its elements in order.
// - Sixteen partial sums along a row, element i in partial i % 16.

#if defined(QUANTLATHE_SIMD_PARTS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef QUANTLATHE_SIMD_PARTS_INL_H_
#undef QUANTLATHE_SIMD_PARTS_INL_H_
#else
#define QUANTLATHE_SIMD_PARTS_INL_H_
#endif

#include <hwy/highway.h>

#include <cstddef>
#include <cstdint>

HWY_BEFORE_NAMESPACE();
namespace quantlathe::codecs {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

inline constexpr std::size_t batchLanes = 16;
/// Lanes of the batches in which scales are searched: two vectors of the longest kind, so that one computes while the
/// other waits for a division.
inline constexpr std::size_t searchLanes = 32;

/// At most 16 lanes: the shortest run of weights that share a scale, and the width of a batch.
using Floats = hn::CappedTag<float, batchLanes>;
using Ints = hn::RebindToSigned<Floats>;
using Words = hn::RebindToUnsigned<Floats>;
using FloatVector = hn::Vec<Floats>;
using IntVector = hn::Vec<Ints>;
using WordVector = hn::Vec<Words>;

inline constexpr Floats floats;
inline constexpr Ints ints;
inline constexpr Words words;

/// Halves in the low 16 bits of each lane to floats, exact; NaN becomes quiet.
template <class D, class V> HWY_INLINE hn::Vec<D> halvesToFloats(D d, V halves)
{
    const hn::RebindToUnsigned<D> du;
    const auto magnitude = hn::And(halves, hn::Set(du, 0x7FFF));
    const auto sign = hn::ShiftLeft<16>(hn::Xor(halves, magnitude));
    const auto shifted = hn::ShiftLeft<13>(magnitude);
    const auto rebias = hn::Set(du, 112u << 23);
    const auto normal = hn::Add(shifted, rebias);
    const auto infinite = hn::Set(du, 0x7C00);
    const auto special = hn::Or(hn::Add(normal, rebias),
                                hn::IfThenElseZero(hn::Gt(magnitude, infinite), hn::Set(du, 0x400000)));
    const hn::RebindToSigned<D> di;
    const auto denormal =
        hn::BitCast(du, hn::Mul(hn::ConvertTo(d, hn::BitCast(di, magnitude)), hn::Set(d, 0x1p-24f)));
    auto bits = hn::IfThenElse(hn::Lt(magnitude, infinite), normal, special);
    bits = hn::IfThenElse(hn::Lt(magnitude, hn::Set(du, 0x400)), denormal, bits);
    return hn::BitCast(d, hn::Or(bits, sign));
}

/// The nearest halves (ties to even) of finite floats, limited to +-65504, in the low 16 bits of each lane.
template <class D, class V> HWY_INLINE hn::Vec<hn::RebindToUnsigned<D>> floatsToHalves(D d, V values)
{
    const hn::RebindToUnsigned<D> du;
    const auto all = hn::BitCast(du, values);
    const auto sign = hn::And(all, hn::Set(du, 0x80000000u));
    const auto magnitude = hn::Min(hn::BitCast(d, hn::Xor(all, sign)), hn::Set(d, 65504.0f));
    const auto bits = hn::BitCast(du, magnitude);
    // The exponent changes its bias by 112; half a unit of the last kept bit, less one if that bit is 0, rounds.
    const auto odd = hn::And(hn::ShiftRight<13>(bits), hn::Set(du, 1));
    const auto normal =
        hn::ShiftRight<13>(hn::Add(hn::Add(hn::Sub(bits, hn::Set(du, 112u << 23)), hn::Set(du, 0xFFF)), odd));
    // 2^-24 is the last bit of floats from 0.5 to 1: adding 0.5 rounds to whole denormal halves.
    const auto denormal =
        hn::Sub(hn::BitCast(du, hn::Add(magnitude, hn::Set(d, 0.5f))), hn::Set(du, 126u << 23));
    const auto half = hn::IfThenElse(hn::Lt(bits, hn::Set(du, 113u << 23)), denormal, normal);
    return hn::Or(half, hn::ShiftRight<16>(sign));
}

/// Finite floats rounded to what halves hold (to nearest), limited to +-65504.
template <class D, class V> HWY_INLINE V nearestHalf(D d, V values)
{
    const auto largest = hn::Set(d, 65504.0f);
    const auto limited = hn::Min(hn::Max(values, hn::Neg(largest)), largest);
    // Veltkamp's split keeps the upper 11 bits.
    const auto spread = hn::Mul(limited, hn::Set(d, 8193.0f));
    const auto normal = hn::Sub(spread, hn::Sub(spread, limited));
    // 2^-24 is the last bit of floats from 0.5 to 1.
    const auto noFraction = hn::Set(d, 0.75f);
    const auto denormal = hn::Sub(hn::Add(limited, noFraction), noFraction);
    return hn::IfThenElse(hn::Lt(hn::Abs(limited), hn::Set(d, 0x1p-14f)), denormal, normal);
}

/// The integer nearest to each value, ties to even, as a float; |value| must be below 2^22.
template <class V> HWY_INLINE V nearestWhole(V value)
{
    const hn::DFromV<V> d;
    const auto noFraction = hn::Set(d, 12582912.0f);
    return hn::Sub(hn::Add(value, noFraction), noFraction);
}

/// The largest |weight| of @p count weights, a multiple of 16.
HWY_INLINE float largestMagnitude(const float* HWY_RESTRICT weights, std::size_t count)
{
    auto largest = hn::Zero(floats);
    for (std::size_t index = 0; index < count; index += hn::Lanes(floats))
        largest = hn::Max(largest, hn::Abs(hn::LoadU(floats, weights + index)));
    return hn::GetLane(hn::MaxOfLanes(floats, largest));
}

#if HWY_TARGET != HWY_SCALAR
/// Four consecutive weights at each of @p starts[0], [4], [8] ..., as many as fill a vector.
template <class D> HWY_INLINE hn::Vec<D> loadFours(D d, const float* HWY_RESTRICT weights, const std::size_t* starts)
{
    if constexpr (hn::MaxLanes(D()) == 4) {
        return hn::LoadU(d, weights + starts[0]);
    } else {
        const hn::Half<D> half;
        return hn::Combine(d, loadFours(half, weights, starts + hn::Lanes(half)), loadFours(half, weights, starts));
    }
}

/// Four columns of as many rows as there are lanes, each times @p factor, to @p target, @p lanes apart.
template <std::size_t lanes>
HWY_INLINE void transposeFours(const float* HWY_RESTRICT weights, const std::size_t* starts, FloatVector factor,
                               float* HWY_RESTRICT target)
{
    // Four by four inside each 16 bytes: a, b, c, d are the rows 0, 1, 2, 3 (and 4, 5, ... further up).
    const hn::RepartitionToWide<Words> pairs;
    const auto a = loadFours(floats, weights, starts);
    const auto b = loadFours(floats, weights, starts + 1);
    const auto c = loadFours(floats, weights, starts + 2);
    const auto d = loadFours(floats, weights, starts + 3);
    const auto ab = hn::BitCast(pairs, hn::InterleaveLower(floats, a, b));
    const auto cd = hn::BitCast(pairs, hn::InterleaveLower(floats, c, d));
    const auto abUpper = hn::BitCast(pairs, hn::InterleaveUpper(floats, a, b));
    const auto cdUpper = hn::BitCast(pairs, hn::InterleaveUpper(floats, c, d));
    const auto store = [&](std::size_t row, auto values) HWY_ATTR {
        hn::Store(hn::Mul(hn::BitCast(floats, values), factor), floats, target + lanes * row);
    };
    store(0, hn::InterleaveLower(pairs, ab, cd));
    store(1, hn::InterleaveUpper(pairs, ab, cd));
    store(2, hn::InterleaveLower(pairs, abUpper, cdUpper));
    store(3, hn::InterleaveUpper(pairs, abUpper, cdUpper));
}
#else
template <std::size_t lanes>
HWY_INLINE void transposeFours(const float* HWY_RESTRICT weights, const std::size_t* starts, FloatVector factor,
                               float* HWY_RESTRICT target)
{
    for (std::size_t row = 0; row < 4; ++row)
        target[lanes * row] = weights[starts[0] + row] * hn::GetLane(factor);
}
#endif

/// @p lanes sub-blocks of @p width consecutive weights become a batch, each times its lane's factor (unless null). Where
/// only @p subBlocks of them exist the last @p perBlock are repeated: their results are computed and thrown away.
template <std::size_t lanes = batchLanes>
HWY_INLINE void loadBatch(const float* HWY_RESTRICT weights, std::size_t width, std::size_t subBlocks,
                          std::size_t perBlock, const float* HWY_RESTRICT factors, float* HWY_RESTRICT batch)
{
    std::size_t starts[lanes];
    for (std::size_t lane = 0; lane < lanes; ++lane)
        starts[lane] = width * (lane < subBlocks ? lane : subBlocks - perBlock + lane % perBlock);
    for (std::size_t lane = 0; lane < lanes; lane += hn::Lanes(floats)) {
        const auto factor = factors ? hn::Load(floats, factors + lane) : hn::Set(floats, 1.0f);
        for (std::size_t index = 0; index < width; index += 4)
            transposeFours<lanes>(weights + index, starts + lane, factor, batch + lanes * index + lane);
    }
}

} // namespace HWY_NAMESPACE
} // namespace quantlathe::codecs
HWY_AFTER_NAMESPACE();
#endif
