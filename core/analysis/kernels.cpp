// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/analysis/kernels.cpp"
#include <hwy/foreach_target.h> // compiles this file once per instruction set

#include <hwy/cache_control.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace quantlathe::kernels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Never more than eight doubles: the fixed layout. Narrower vectors walk the weights once per group of lanes; the weights
// are in the first-level cache, so that costs loop control only.
using Doubles = hn::CappedTag<double, 8>;
using NarrowFloats = hn::Rebind<float, Doubles>;
using NarrowInts = hn::Rebind<std::int32_t, Doubles>;
using Floats = hn::ScalableTag<float>;
constexpr std::size_t lanes = 8;

/// Asks for the memory one block ahead while this block is worked on: mostly that is what comes next (measured: a third
/// faster on F32 in place). Never faults, so the end of the weights needs no care.
inline HWY_ATTR void prefetchNextBlock(const float* weights)
{
    hwy::Prefetch(weights + blockWeights);
}

inline HWY_ATTR double sumOfLanes(const double* lane)
{
    return ((lane[0] + lane[4]) + (lane[2] + lane[6])) + ((lane[1] + lane[5]) + (lane[3] + lane[7]));
}

HWY_ATTR bool isFinite(const float* weights, std::size_t count)
{
    const Floats f;
    const std::size_t step = hn::Lanes(f);
    // x - x is +0 for finite x and NaN otherwise.
    auto odd = hn::Zero(f);
    std::size_t index = 0;
    for (; index + step <= count; index += step) {
        const auto w = hn::LoadU(f, weights + index);
        odd = hn::Or(odd, hn::Sub(w, w));
    }
    bool finite = hn::AllTrue(f, hn::Eq(odd, odd));
    for (; index < count; ++index)
        finite = finite && weights[index] - weights[index] == 0.0f;
    return finite;
}

HWY_ATTR BlockScan scanBlock(const float* weights, std::size_t count)
{
    BlockScan scan;
    const Floats f;
    const std::size_t step = hn::Lanes(f);
    auto minimum = hn::Set(f, weights[0]);
    auto maximum = minimum;
    auto odd = hn::Zero(f);
    std::size_t index = 0;
    for (; index + step <= count; index += step) {
        const auto w = hn::LoadU(f, weights + index);
        minimum = hn::Min(minimum, w);
        maximum = hn::Max(maximum, w);
        odd = hn::Or(odd, hn::Sub(w, w));
        scan.zeroCount += hn::CountTrue(f, hn::Eq(w, hn::Zero(f)));
    }
    scan.isFinite = hn::AllTrue(f, hn::Eq(odd, odd));
    scan.minimum = hn::GetLane(hn::MinOfLanes(f, minimum));
    scan.maximum = hn::GetLane(hn::MaxOfLanes(f, maximum));
    for (; index < count; ++index) {
        const float w = weights[index];
        scan.isFinite = scan.isFinite && w - w == 0.0f;
        scan.minimum = w < scan.minimum ? w : scan.minimum;
        scan.maximum = w > scan.maximum ? w : scan.maximum;
        scan.zeroCount += w == 0.0f;
    }
    if (!scan.isFinite)
        return scan;

    const Doubles d;
    const NarrowFloats narrow;
    const std::size_t whole = count / lanes * lanes;
    HWY_ALIGN double lane[lanes];
    for (std::size_t first = 0; first < lanes; first += hn::Lanes(d)) {
        auto sum = hn::Zero(d);
        for (std::size_t at = first; at < whole; at += lanes)
            sum = hn::Add(sum, hn::PromoteTo(d, hn::LoadU(narrow, weights + at)));
        hn::Store(sum, d, lane + first);
    }
    for (std::size_t at = whole; at < count; ++at)
        lane[at - whole] += double{weights[at]};
    scan.sum = sumOfLanes(lane);
    return scan;
}

HWY_ATTR CentralSums centralSums(const float* weights, std::size_t count, double mean)
{
    const Doubles d;
    const NarrowFloats narrow;
    const auto center = hn::Set(d, mean);
    const std::size_t whole = count / lanes * lanes;
    HWY_ALIGN double second[lanes], third[lanes], fourth[lanes];
    for (std::size_t first = 0; first < lanes; first += hn::Lanes(d)) {
        auto sum2 = hn::Zero(d), sum3 = hn::Zero(d), sum4 = hn::Zero(d);
        for (std::size_t at = first; at < whole; at += lanes) {
            const auto delta = hn::Sub(hn::PromoteTo(d, hn::LoadU(narrow, weights + at)), center);
            const auto square = hn::Mul(delta, delta);
            prefetchNextBlock(weights + at);
            sum2 = hn::Add(sum2, square);
            sum3 = hn::Add(sum3, hn::Mul(square, delta));
            sum4 = hn::Add(sum4, hn::Mul(square, square));
        }
        hn::Store(sum2, d, second + first);
        hn::Store(sum3, d, third + first);
        hn::Store(sum4, d, fourth + first);
    }
    for (std::size_t at = whole; at < count; ++at) {
        const double delta = double{weights[at]} - mean;
        const double square = delta * delta;
        second[at - whole] += square;
        third[at - whole] += square * delta;
        fourth[at - whole] += square * square;
    }
    return {sumOfLanes(second), sumOfLanes(third), sumOfLanes(fourth)};
}

HWY_ATTR std::uint64_t countBins(const float* weights, std::size_t count, const Binning& binning, std::uint32_t* tables)
{
    // Positions of one group at a time: short enough that the increments of one group overlap with the arithmetic of the
    // next.
    constexpr std::size_t group = 64;
    HWY_ALIGN std::int32_t bins[group];
    const Doubles d;
    const NarrowFloats narrow;
    const NarrowInts ints;
    const std::size_t step = hn::Lanes(d);
    const auto low = hn::Set(d, binning.low);
    const auto scale = hn::Set(d, binning.scale);
    const auto last = hn::Set(d, static_cast<double>(binning.bins - 1));
    const auto zero = hn::Zero(d);

    static_assert(countTables == 4);
    std::uint32_t* const table0 = tables;
    std::uint32_t* const table1 = tables + binning.bins;
    std::uint32_t* const table2 = table1 + binning.bins;
    std::uint32_t* const table3 = table2 + binning.bins;
    std::size_t index = 0;
    for (; index + group <= count; index += group) {
        for (std::size_t at = 0; at < group; at += step) {
            const auto w = hn::PromoteTo(d, hn::LoadU(narrow, weights + index + at));
            auto position = hn::Mul(hn::Sub(w, low), scale);
            position = hn::IfThenElseZero(hn::Eq(position, position), position); // NaN: targets differ in Min and Max
            position = hn::Min(hn::Max(position, zero), last);
            hn::Store(hn::DemoteTo(ints, position), ints, bins + at);
        }
        for (std::size_t line = 0; line < group; line += 16)
            prefetchNextBlock(weights + index + line);
        for (std::size_t at = 0; at < group; at += 4) {
            ++table0[bins[at]];
            ++table1[bins[at + 1]];
            ++table2[bins[at + 2]];
            ++table3[bins[at + 3]];
        }
    }
    for (; index < count; ++index)
        ++table0[binOf(double{weights[index]}, binning)];

    const Floats f;
    const std::size_t wide = hn::Lanes(f);
    const auto lower = hn::Set(f, binning.lowerLimit);
    const auto upper = hn::Set(f, binning.upperLimit);
    std::uint64_t outliers = 0;
    for (index = 0; index + wide <= count; index += wide) {
        const auto w = hn::LoadU(f, weights + index);
        outliers += hn::CountTrue(f, hn::Or(hn::Lt(w, lower), hn::Gt(w, upper)));
    }
    for (; index < count; ++index)
        outliers += weights[index] < binning.lowerLimit || weights[index] > binning.upperLimit;
    return outliers;
}

HWY_ATTR DifferenceSums differenceSums(const float* first, const float* second, std::size_t count)
{
    const Doubles d;
    const NarrowFloats narrow;
    const std::size_t whole = count / lanes * lanes;
    HWY_ALIGN double squaresA[lanes], squaresB[lanes], products[lanes], differences[lanes], maxima[lanes];
    for (std::size_t group = 0; group < lanes; group += hn::Lanes(d)) {
        auto sumA = hn::Zero(d), sumB = hn::Zero(d), sumAB = hn::Zero(d), sumD = hn::Zero(d), maximum = hn::Zero(d);
        for (std::size_t at = group; at < whole; at += lanes) {
            const auto a = hn::PromoteTo(d, hn::LoadU(narrow, first + at));
            const auto b = hn::PromoteTo(d, hn::LoadU(narrow, second + at));
            const auto delta = hn::Sub(a, b);
            sumA = hn::Add(sumA, hn::Mul(a, a));
            sumB = hn::Add(sumB, hn::Mul(b, b));
            sumAB = hn::Add(sumAB, hn::Mul(a, b));
            sumD = hn::Add(sumD, hn::Mul(delta, delta));
            const auto size = hn::Abs(delta);
            maximum = hn::IfThenElse(hn::Gt(size, maximum), size, maximum);
        }
        hn::Store(sumA, d, squaresA + group);
        hn::Store(sumB, d, squaresB + group);
        hn::Store(sumAB, d, products + group);
        hn::Store(sumD, d, differences + group);
        hn::Store(maximum, d, maxima + group);
    }
    for (std::size_t at = whole; at < count; ++at) {
        const double a = double{first[at]};
        const double b = double{second[at]};
        const double delta = a - b;
        squaresA[at - whole] += a * a;
        squaresB[at - whole] += b * b;
        products[at - whole] += a * b;
        differences[at - whole] += delta * delta;
        const double size = delta < 0 ? -delta : delta;
        maxima[at - whole] = size > maxima[at - whole] ? size : maxima[at - whole];
    }
    double maximum = 0;
    for (const double lane : maxima)
        maximum = lane > maximum ? lane : maximum;
    return {sumOfLanes(squaresA), sumOfLanes(squaresB), sumOfLanes(products), sumOfLanes(differences), maximum};
}

HWY_ATTR WeightedSums weightedSums(const float* first, const float* second, const float* importance, std::size_t count)
{
    const Doubles d;
    const NarrowFloats narrow;
    const std::size_t whole = count / lanes * lanes;
    HWY_ALIGN double squares[lanes], differences[lanes];
    for (std::size_t group = 0; group < lanes; group += hn::Lanes(d)) {
        auto sumA = hn::Zero(d), sumD = hn::Zero(d);
        for (std::size_t at = group; at < whole; at += lanes) {
            const auto a = hn::PromoteTo(d, hn::LoadU(narrow, first + at));
            const auto delta = hn::Sub(a, hn::PromoteTo(d, hn::LoadU(narrow, second + at)));
            const auto v = hn::PromoteTo(d, hn::LoadU(narrow, importance + at));
            sumA = hn::Add(sumA, hn::Mul(hn::Mul(a, a), v));
            sumD = hn::Add(sumD, hn::Mul(hn::Mul(delta, delta), v));
        }
        hn::Store(sumA, d, squares + group);
        hn::Store(sumD, d, differences + group);
    }
    for (std::size_t at = whole; at < count; ++at) {
        const double a = double{first[at]};
        const double delta = a - double{second[at]};
        const double v = double{importance[at]};
        squares[at - whole] += a * a * v;
        differences[at - whole] += delta * delta * v;
    }
    return {sumOfLanes(squares), sumOfLanes(differences)};
}

} // namespace quantlathe::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace quantlathe::kernels {

HWY_EXPORT(scanBlock);
HWY_EXPORT(centralSums);
HWY_EXPORT(countBins);
HWY_EXPORT(differenceSums);
HWY_EXPORT(weightedSums);
HWY_EXPORT(isFinite);

BlockScan scanBlock(const float* weights, std::size_t count)
{
    return HWY_DYNAMIC_DISPATCH(scanBlock)(weights, count);
}

CentralSums centralSums(const float* weights, std::size_t count, double mean)
{
    return HWY_DYNAMIC_DISPATCH(centralSums)(weights, count, mean);
}

std::uint64_t countBins(const float* weights, std::size_t count, const Binning& binning, std::uint32_t* tables)
{
    return HWY_DYNAMIC_DISPATCH(countBins)(weights, count, binning, tables);
}

DifferenceSums differenceSums(const float* first, const float* second, std::size_t count)
{
    return HWY_DYNAMIC_DISPATCH(differenceSums)(first, second, count);
}

WeightedSums weightedSums(const float* first, const float* second, const float* importance, std::size_t count)
{
    return HWY_DYNAMIC_DISPATCH(weightedSums)(first, second, importance, count);
}

bool isFinite(const float* weights, std::size_t count)
{
    return HWY_DYNAMIC_DISPATCH(isFinite)(weights, count);
}

} // namespace quantlathe::kernels
#endif // HWY_ONCE
