// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/inference/elementwise.h"

#include "core/analysis/kernels.h"

#include <cmath>
#include <cstring>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/inference/elementwise.cpp"
#include <hwy/foreach_target.h> // compiles this file once per instruction set

#include <hwy/highway.h>

#include "core/inference/exponentials-inl.h"

HWY_BEFORE_NAMESPACE();
namespace quantlathe::elementwise::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Floats = hn::ScalableTag<float>;
// Sums in doubles: value i goes to lane i mod 8. Narrower vectors walk the values once per group of lanes.
using Doubles = hn::CappedTag<double, 8>;
using NarrowFloats = hn::Rebind<float, Doubles>;
constexpr std::size_t doubleLanes = 8;
// Sums of a softmax: value i goes to lane i mod 32, two chains of additions in the longest vectors.
using SoftmaxFloats = hn::CappedTag<float, 16>;
constexpr std::size_t softmaxLanes = 32;
/// Values of a reduction over logits that are worked on at a time, in the first-level cache.
constexpr std::size_t blockLength = 1024;

/// y = function(d, a, b), vector by vector; the last, incomplete one through copies.
template <class Function>
HWY_INLINE HWY_ATTR void mapPairs(const float* a, const float* b, std::size_t count, float* y, const Function& function)
{
    const Floats d;
    const std::size_t step = hn::Lanes(d);
    std::size_t index = 0;
    for (; index + step <= count; index += step)
        hn::StoreU(function(d, hn::LoadU(d, a + index), hn::LoadU(d, b + index)), d, y + index);
    if (index == count)
        return;
    HWY_ALIGN float first[hn::MaxLanes(Floats())] = {};
    HWY_ALIGN float second[hn::MaxLanes(Floats())] = {};
    std::memcpy(first, a + index, (count - index) * sizeof(float));
    std::memcpy(second, b + index, (count - index) * sizeof(float));
    hn::Store(function(d, hn::Load(d, first), hn::Load(d, second)), d, first);
    std::memcpy(y + index, first, (count - index) * sizeof(float));
}

template <class Function> HWY_INLINE HWY_ATTR void map(const float* x, std::size_t count, float* y, const Function& function)
{
    const Floats d;
    const std::size_t step = hn::Lanes(d);
    std::size_t index = 0;
    for (; index + step <= count; index += step)
        hn::StoreU(function(d, hn::LoadU(d, x + index)), d, y + index);
    if (index == count)
        return;
    HWY_ALIGN float rest[hn::MaxLanes(Floats())] = {};
    std::memcpy(rest, x + index, (count - index) * sizeof(float));
    hn::Store(function(d, hn::Load(d, rest)), d, rest);
    std::memcpy(y + index, rest, (count - index) * sizeof(float));
}

HWY_INLINE HWY_ATTR double sumOfLanes(const double* lane)
{
    return ((lane[0] + lane[4]) + (lane[2] + lane[6])) + ((lane[1] + lane[5]) + (lane[3] + lane[7]));
}

/// Adds function(d, index) of doubles for every index to the eight lanes.
template <class Function, class Scalar>
HWY_INLINE HWY_ATTR void sumInLanes(std::size_t count, double* lane, const Function& function, const Scalar& scalar)
{
    const Doubles d;
    const std::size_t whole = count / doubleLanes * doubleLanes;
    for (std::size_t first = 0; first < doubleLanes; first += hn::Lanes(d)) {
        auto sum = hn::Load(d, lane + first);
        for (std::size_t at = first; at < whole; at += doubleLanes)
            sum = hn::Add(sum, function(d, at));
        hn::Store(sum, d, lane + first);
    }
    for (std::size_t at = whole; at < count; ++at)
        lane[at - whole] += scalar(at);
}

HWY_INLINE HWY_ATTR double sumOfSquares(const float* x, std::size_t count, double center)
{
    HWY_ALIGN double lane[doubleLanes] = {};
    sumInLanes(
        count, lane,
        [=](auto d, std::size_t at) HWY_ATTR {
            const auto delta = hn::Sub(hn::PromoteTo(d, hn::LoadU(NarrowFloats(), x + at)), hn::Set(d, center));
            return hn::Mul(delta, delta);
        },
        [=](std::size_t at) HWY_ATTR { return (double{x[at]} - center) * (double{x[at]} - center); });
    return sumOfLanes(lane);
}

HWY_INLINE HWY_ATTR void addToLanes(const float* x, std::size_t count, double* lane)
{
    sumInLanes(
        count, lane, [=](auto d, std::size_t at) HWY_ATTR { return hn::PromoteTo(d, hn::LoadU(NarrowFloats(), x + at)); },
        [=](std::size_t at) HWY_ATTR { return double{x[at]}; });
}

HWY_ATTR void rmsNorm(const float* x, std::size_t count, const float* weight, float epsilon, float* y)
{
    const double mean = sumOfSquares(x, count, 0) / static_cast<double>(count);
    const float factor = static_cast<float>(1 / std::sqrt(mean + double{epsilon}));
    if (weight)
        mapPairs(x, weight, count, y, [=](auto d, auto v, auto w) HWY_ATTR { return hn::Mul(hn::Mul(v, hn::Set(d, factor)), w); });
    else
        map(x, count, y, [=](auto d, auto v) HWY_ATTR { return hn::Mul(v, hn::Set(d, factor)); });
}

HWY_ATTR void layerNorm(const float* x, std::size_t count, const float* weight, const float* bias, float epsilon, float* y)
{
    HWY_ALIGN double lane[doubleLanes] = {};
    addToLanes(x, count, lane);
    const double mean = sumOfLanes(lane) / static_cast<double>(count);
    const double variance = sumOfSquares(x, count, mean) / static_cast<double>(count);
    const float center = static_cast<float>(mean);
    const float factor = static_cast<float>(1 / std::sqrt(variance + double{epsilon}));
    map(x, count, y, [=](auto d, auto v) HWY_ATTR { return hn::Mul(hn::Sub(v, hn::Set(d, center)), hn::Set(d, factor)); });
    if (weight)
        mapPairs(y, weight, count, y, [](auto, auto v, auto w) HWY_ATTR { return hn::Mul(v, w); });
    if (bias)
        mapPairs(y, bias, count, y, [](auto, auto v, auto b) HWY_ATTR { return hn::Add(v, b); });
}

HWY_ATTR void rotateInterleaved(float* x, std::size_t pairs, const float* cosines, const float* sines)
{
    const Floats d;
    const std::size_t step = hn::Lanes(d);
    std::size_t pair = 0;
    for (; pair + step <= pairs; pair += step) {
        hn::Vec<Floats> a, b;
        hn::LoadInterleaved2(d, x + 2 * pair, a, b);
        const auto cosine = hn::LoadU(d, cosines + pair);
        const auto sine = hn::LoadU(d, sines + pair);
        hn::StoreInterleaved2(hn::Sub(hn::Mul(a, cosine), hn::Mul(b, sine)), hn::Add(hn::Mul(a, sine), hn::Mul(b, cosine)), d,
                              x + 2 * pair);
    }
    for (; pair < pairs; ++pair) {
        const float a = x[2 * pair], b = x[2 * pair + 1];
        x[2 * pair] = a * cosines[pair] - b * sines[pair];
        x[2 * pair + 1] = a * sines[pair] + b * cosines[pair];
    }
}

HWY_ATTR void rotateHalves(float* x, std::size_t pairs, const float* cosines, const float* sines)
{
    const Floats d;
    const std::size_t step = hn::Lanes(d);
    float* const second = x + pairs;
    std::size_t pair = 0;
    for (; pair + step <= pairs; pair += step) {
        const auto a = hn::LoadU(d, x + pair);
        const auto b = hn::LoadU(d, second + pair);
        const auto cosine = hn::LoadU(d, cosines + pair);
        const auto sine = hn::LoadU(d, sines + pair);
        hn::StoreU(hn::Sub(hn::Mul(a, cosine), hn::Mul(b, sine)), d, x + pair);
        hn::StoreU(hn::Add(hn::Mul(a, sine), hn::Mul(b, cosine)), d, second + pair);
    }
    for (; pair < pairs; ++pair) {
        const float a = x[pair], b = second[pair];
        x[pair] = a * cosines[pair] - b * sines[pair];
        second[pair] = a * sines[pair] + b * cosines[pair];
    }
}

template <class Function>
HWY_INLINE HWY_ATTR void gated(const float* gate, const float* up, std::size_t count, float* y, const Function& function)
{
    if (up)
        mapPairs(gate, up, count, y, [=](auto d, auto g, auto u) HWY_ATTR { return hn::Mul(function(d, g), u); });
    else
        map(gate, count, y, function);
}

HWY_ATTR void siluTimes(const float* gate, const float* up, std::size_t count, float* y)
{
    gated(gate, up, count, y, [](auto d, auto g) HWY_ATTR { return timesSigmoid(d, g, g); });
}

HWY_ATTR void geluTanhTimes(const float* gate, const float* up, std::size_t count, float* y)
{
    // (1 + tanh u) / 2 is the sigmoid of 2u, which keeps its digits where u is very negative. sqrt(8 / pi) (x + 0.044715 x^3)
    gated(gate, up, count, y, [](auto d, auto g) HWY_ATTR {
        const auto cubic = hn::Add(hn::Mul(hn::Mul(g, g), hn::Set(d, 0.0713548163f)), hn::Set(d, 1.59576912f));
        return timesSigmoid(d, g, hn::Mul(g, cubic));
    });
}

HWY_ATTR void geluErfTimes(const float* gate, const float* up, std::size_t count, float* y)
{
    gated(gate, up, count, y, [](auto d, auto g) HWY_ATTR { return timesNormalBelow(d, g); });
}

HWY_ATTR void clampedSwiglu(const float* gate, const float* up, std::size_t count, float alpha, float limit, float* y)
{
    mapPairs(gate, up, count, y, [=](auto d, auto g, auto u) HWY_ATTR {
        // Comparisons instead of Min and Max: NaN stays.
        const auto high = hn::Set(d, limit), low = hn::Set(d, -limit);
        g = hn::IfThenElse(hn::Gt(g, high), high, g);
        u = hn::IfThenElse(hn::Gt(u, high), high, hn::IfThenElse(hn::Lt(u, low), low, u));
        return hn::Mul(timesSigmoid(d, g, hn::Mul(g, hn::Set(d, alpha))), hn::Add(u, hn::Set(d, 1.0f)));
    });
}

HWY_ATTR void softcap(float* x, std::size_t count, float cap)
{
    map(x, count, x, [=](auto d, auto v) HWY_ATTR { return hn::Mul(tanhOf(d, hn::Div(v, hn::Set(d, cap))), hn::Set(d, cap)); });
}

HWY_INLINE HWY_ATTR float largestOf(const float* x, std::size_t count)
{
    const Floats d;
    const std::size_t step = hn::Lanes(d);
    auto largest = hn::Set(d, x[0]);
    std::size_t index = 0;
    for (; index + step <= count; index += step)
        largest = hn::Max(largest, hn::LoadU(d, x + index));
    float result = hn::GetLane(hn::MaxOfLanes(d, largest));
    for (; index < count; ++index)
        result = x[index] > result ? x[index] : result;
    return result;
}

HWY_INLINE HWY_ATTR float softmaxSum(const float* x, std::size_t count)
{
    const SoftmaxFloats d;
    HWY_ALIGN float lane[softmaxLanes];
    const std::size_t whole = count / softmaxLanes * softmaxLanes;
    const std::size_t half = softmaxLanes / 2;
    for (std::size_t first = 0; first < half; first += hn::Lanes(d)) {
        auto low = hn::Zero(d), high = hn::Zero(d);
        for (std::size_t at = first; at < whole; at += softmaxLanes) {
            low = hn::Add(low, hn::LoadU(d, x + at));
            high = hn::Add(high, hn::LoadU(d, x + at + half));
        }
        hn::Store(low, d, lane + first);
        hn::Store(high, d, lane + half + first);
    }
    for (std::size_t at = whole; at < count; ++at)
        lane[at - whole] += x[at];
    for (std::size_t width = half; width > 0; width /= 2)
        for (std::size_t at = 0; at < width; ++at)
            lane[at] += lane[at + width];
    return lane[0];
}

HWY_ATTR void softmax(float* scores, std::size_t count, float scale, float cap, const float* sink)
{
    if (count == 0)
        return;
    float factor = scale;
    if (cap > 0) {
        map(scores, count, scores, [=](auto d, auto v) HWY_ATTR {
            return hn::Mul(tanhOf(d, hn::Div(hn::Mul(v, hn::Set(d, scale)), hn::Set(d, cap))), hn::Set(d, cap));
        });
        factor = 1;
    }
    float largest = largestOf(scores, count) * factor;
    if (sink && *sink > largest)
        largest = *sink;
    map(scores, count, scores, [=](auto d, auto v) HWY_ATTR {
        return expOf(d, hn::Sub(hn::Mul(v, hn::Set(d, factor)), hn::Set(d, largest)));
    });
    float sum = softmaxSum(scores, count);
    if (sink)
        sum += std::exp(*sink - largest);
    const float share = 1 / sum;
    map(scores, count, scores, [=](auto d, auto v) HWY_ATTR { return hn::Mul(v, hn::Set(d, share)); });
}

HWY_ATTR void add(const float* x, std::size_t count, float* y)
{
    mapPairs(x, y, count, y, [](auto, auto a, auto b) HWY_ATTR { return hn::Add(b, a); });
}

HWY_ATTR void addScaled(const float* x, float factor, std::size_t count, float* y)
{
    mapPairs(x, y, count, y, [=](auto d, auto a, auto b) HWY_ATTR { return hn::Add(b, hn::Mul(a, hn::Set(d, factor))); });
}

HWY_ATTR void scale(float* x, std::size_t count, float factor)
{
    map(x, count, x, [=](auto d, auto v) HWY_ATTR { return hn::Mul(v, hn::Set(d, factor)); });
}

HWY_ATTR void addSquares(const float* x, std::size_t rows, std::size_t columns, std::size_t stride, double* sums)
{
    const hn::ScalableTag<double> d;
    const hn::Rebind<float, decltype(d)> narrow;
    const std::size_t step = hn::Lanes(d);
    for (std::size_t tile = 0; tile < columns; tile += blockLength) {
        const std::size_t end = tile + blockLength < columns ? tile + blockLength : columns;
        for (std::size_t row = 0; row < rows; ++row) {
            const float* const values = x + row * stride;
            std::size_t column = tile;
            for (; column + step <= end; column += step) {
                const auto v = hn::PromoteTo(d, hn::LoadU(narrow, values + column));
                hn::StoreU(hn::Add(hn::LoadU(d, sums + column), hn::Mul(v, v)), d, sums + column);
            }
            for (; column < end; ++column)
                sums[column] += double{values[column]} * double{values[column]};
        }
    }
}

HWY_INLINE HWY_ATTR std::size_t indexOf(const float* x, std::size_t count, float value)
{
    const Floats d;
    const std::size_t step = hn::Lanes(d);
    std::size_t index = 0;
    while (index + step <= count && hn::AllFalse(d, hn::Eq(hn::LoadU(d, x + index), hn::Set(d, value))))
        index += step;
    while (index + 1 < count && x[index] != value)
        ++index;
    return index < count ? index : 0;
}

HWY_ATTR LogitSummary summarize(const float* logits, std::size_t count)
{
    const float largest = largestOf(logits, count);
    HWY_ALIGN float terms[blockLength];
    HWY_ALIGN double lane[doubleLanes] = {};
    for (std::size_t first = 0; first < count; first += blockLength) {
        const std::size_t length = first + blockLength < count ? blockLength : count - first;
        map(logits + first, length, terms, [=](auto d, auto v) HWY_ATTR { return expOf(d, hn::Sub(v, hn::Set(d, largest))); });
        addToLanes(terms, length, lane);
    }
    return {double{largest} + std::log(sumOfLanes(lane)), indexOf(logits, count, largest)};
}

HWY_ATTR double klDivergence(const float* p, double logSumExpP, const float* q, double logSumExpQ, std::size_t count)
{
    // Probabilities up to a factor that is near 1 and comes in at the end: logSumExpP is no float.
    const float shift = static_cast<float>(logSumExpP);
    const double logRatio = logSumExpP - logSumExpQ;
    HWY_ALIGN float shares[blockLength];
    HWY_ALIGN float differences[blockLength];
    HWY_ALIGN double lane[doubleLanes] = {};
    for (std::size_t first = 0; first < count; first += blockLength) {
        const std::size_t length = first + blockLength < count ? blockLength : count - first;
        map(p + first, length, shares, [=](auto d, auto v) HWY_ATTR { return expOf(d, hn::Sub(v, hn::Set(d, shift))); });
        mapPairs(p + first, q + first, length, differences, [](auto, auto a, auto b) HWY_ATTR { return hn::Sub(a, b); });
        sumInLanes(
            length, lane,
            [&](auto d, std::size_t at) HWY_ATTR {
                const NarrowFloats narrow;
                const auto share = hn::PromoteTo(d, hn::LoadU(narrow, shares + at));
                const auto ratio = hn::Sub(hn::PromoteTo(d, hn::LoadU(narrow, differences + at)), hn::Set(d, logRatio));
                return hn::Mul(share, ratio);
            },
            [&](std::size_t at) HWY_ATTR { return double{shares[at]} * (double{differences[at]} - logRatio); });
    }
    const double divergence = sumOfLanes(lane) * std::exp(double{shift} - logSumExpP);
    return divergence < 0 ? 0 : divergence;
}

} // namespace quantlathe::elementwise::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace quantlathe::elementwise {

HWY_EXPORT(rmsNorm);
HWY_EXPORT(layerNorm);
HWY_EXPORT(rotateInterleaved);
HWY_EXPORT(rotateHalves);
HWY_EXPORT(siluTimes);
HWY_EXPORT(geluTanhTimes);
HWY_EXPORT(geluErfTimes);
HWY_EXPORT(clampedSwiglu);
HWY_EXPORT(softcap);
HWY_EXPORT(softmax);
HWY_EXPORT(add);
HWY_EXPORT(addScaled);
HWY_EXPORT(scale);
HWY_EXPORT(addSquares);
HWY_EXPORT(summarize);
HWY_EXPORT(klDivergence);

void rmsNorm(const float* x, std::size_t count, const float* weight, float epsilon, float* y)
{
    HWY_DYNAMIC_DISPATCH(rmsNorm)(x, count, weight, epsilon, y);
}

void layerNorm(const float* x, std::size_t count, const float* weight, const float* bias, float epsilon, float* y)
{
    HWY_DYNAMIC_DISPATCH(layerNorm)(x, count, weight, bias, epsilon, y);
}

void rotateInterleaved(float* x, std::size_t pairs, const float* cosines, const float* sines)
{
    HWY_DYNAMIC_DISPATCH(rotateInterleaved)(x, pairs, cosines, sines);
}

void rotateHalves(float* x, std::size_t pairs, const float* cosines, const float* sines)
{
    HWY_DYNAMIC_DISPATCH(rotateHalves)(x, pairs, cosines, sines);
}

void siluTimes(const float* gate, const float* up, std::size_t count, float* y)
{
    HWY_DYNAMIC_DISPATCH(siluTimes)(gate, up, count, y);
}

void geluTanhTimes(const float* gate, const float* up, std::size_t count, float* y)
{
    HWY_DYNAMIC_DISPATCH(geluTanhTimes)(gate, up, count, y);
}

void geluErfTimes(const float* gate, const float* up, std::size_t count, float* y)
{
    HWY_DYNAMIC_DISPATCH(geluErfTimes)(gate, up, count, y);
}

void clampedSwiglu(const float* gate, const float* up, std::size_t count, float alpha, float limit, float* y)
{
    HWY_DYNAMIC_DISPATCH(clampedSwiglu)(gate, up, count, alpha, limit, y);
}

void softcap(float* x, std::size_t count, float cap)
{
    HWY_DYNAMIC_DISPATCH(softcap)(x, count, cap);
}

void softmax(float* scores, std::size_t count, float scale, float cap, const float* sink)
{
    HWY_DYNAMIC_DISPATCH(softmax)(scores, count, scale, cap, sink);
}

void add(const float* x, std::size_t count, float* y)
{
    HWY_DYNAMIC_DISPATCH(add)(x, count, y);
}

void addScaled(const float* x, float factor, std::size_t count, float* y)
{
    HWY_DYNAMIC_DISPATCH(addScaled)(x, factor, count, y);
}

void scale(float* x, std::size_t count, float factor)
{
    HWY_DYNAMIC_DISPATCH(scale)(x, count, factor);
}

bool isFinite(const float* x, std::size_t count)
{
    return kernels::isFinite(x, count);
}

void addSquares(const float* x, std::size_t rows, std::size_t columns, std::size_t stride, double* sums)
{
    HWY_DYNAMIC_DISPATCH(addSquares)(x, rows, columns, stride, sums);
}

LogitSummary summarize(const float* logits, std::size_t count)
{
    return HWY_DYNAMIC_DISPATCH(summarize)(logits, count);
}

double klDivergence(const float* p, double logSumExpP, const float* q, double logSumExpQ, std::size_t count)
{
    return HWY_DYNAMIC_DISPATCH(klDivergence)(p, logSumExpP, q, logSumExpQ, count);
}

} // namespace quantlathe::elementwise
#endif // HWY_ONCE
