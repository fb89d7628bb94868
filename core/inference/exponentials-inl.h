// SPDX-License-Identifier: GPL-3.0-or-later
// exp, tanh and the normal distribution function for SIMD vectors, compiled once per target: include inside a file that is itself
// compiled by Highway's foreach_target. No fused multiply-add, so that every target gives the same bits. Polynomials: Chebyshev
// interpolation of exp on [-ln2/2, ln2/2] (error 8e-9) and of erfc(z) exp(z^2) in 1 / (1 + 0.35 z) (2e-8 relative).
// With rounding, measured against doubles: exp 1.0e-7 relative, tanh 1.7e-7, distribution function 3e-7.

#if defined(QUANTLATHE_EXPONENTIALS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef QUANTLATHE_EXPONENTIALS_INL_H_
#undef QUANTLATHE_EXPONENTIALS_INL_H_
#else
#define QUANTLATHE_EXPONENTIALS_INL_H_
#endif

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace quantlathe::elementwise {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// exp(x + rest) = (1 + minusOne) 2^exponent.
template <class D> struct ReducedExp
{
    hn::Vec<hn::RebindToSigned<D>> exponent;
    hn::Vec<D> minusOne;
};

/// @param x in [-1000, 1000], no NaN; @param rest below 1
template <class D, class V> HWY_INLINE HWY_ATTR ReducedExp<D> reducedExp(D d, V x, V rest)
{
    const auto exponent = hn::NearestInt(hn::Mul(x, hn::Set(d, 1.44269504f)));
    const auto n = hn::ConvertTo(d, exponent);
    // ln 2 in two parts; n times the first, of nine bits, is exact.
    auto r = hn::Sub(x, hn::Mul(n, hn::Set(d, 0.693359375f)));
    r = hn::Add(hn::Add(r, hn::Mul(n, hn::Set(d, 2.12194440e-4f))), rest);
    auto p = hn::Set(d, 0.00139261835877f);
    p = hn::Add(hn::Mul(p, r), hn::Set(d, 0.00836317905272f));
    p = hn::Add(hn::Mul(p, r), hn::Set(d, 0.0416665546172f));
    p = hn::Add(hn::Mul(p, r), hn::Set(d, 0.166665769897f));
    p = hn::Add(hn::Mul(p, r), hn::Set(d, 0.5f));
    return {exponent, hn::Add(r, hn::Mul(hn::Mul(r, r), p))};
}

template <class D, class V> HWY_INLINE HWY_ATTR hn::Vec<D> powerOfTwo(D d, V exponent)
{
    const hn::RebindToSigned<D> di;
    return hn::BitCast(d, hn::ShiftLeft<23>(hn::Add(exponent, hn::Set(di, 127))));
}

/// exp(x + rest), @p rest below 1: denormal, 0 and infinity at the ends, NaN for NaN.
template <class D, class V> HWY_INLINE HWY_ATTR V expOf(D d, V x, V rest)
{
    const auto clamped = hn::Min(hn::Max(x, hn::Set(d, -104.0f)), hn::Set(d, 89.0f));
    const auto parts = reducedExp(d, clamped, rest);
    // In two steps: 2^128 and the denormals have no exponent of their own.
    const auto half = hn::ShiftRight<1>(parts.exponent);
    const auto mantissa = hn::Add(hn::Set(d, 1.0f), parts.minusOne);
    const auto y = hn::Mul(hn::Mul(mantissa, powerOfTwo(d, half)), powerOfTwo(d, hn::Sub(parts.exponent, half)));
    return hn::IfThenElse(hn::Eq(x, x), y, x);
}
template <class D, class V> HWY_INLINE HWY_ATTR V expOf(D d, V x)
{
    return expOf(d, x, hn::Zero(d));
}

/// 1 / (1 + exp(-x)) times @p factor.
template <class D, class V> HWY_INLINE HWY_ATTR V timesSigmoid(D d, V factor, V x)
{
    return hn::Div(factor, hn::Add(hn::Set(d, 1.0f), expOf(d, hn::Neg(x))));
}

/// (e^2|x| - 1) / (e^2|x| + 1), the numerator without cancellation.
template <class D, class V> HWY_INLINE HWY_ATTR V tanhOf(D d, V x)
{
    const auto one = hn::Set(d, 1.0f);
    const auto size = hn::Min(hn::Abs(x), hn::Set(d, 10.0f)); // the result is 1 from 9.02 on
    const auto parts = reducedExp(d, hn::Add(size, size), hn::Zero(d));
    const auto power = powerOfTwo(d, parts.exponent);
    const auto minusOne = hn::Add(hn::Mul(power, parts.minusOne), hn::Sub(power, one));
    const auto y = hn::CopySign(hn::Div(minusOne, hn::Add(minusOne, hn::Set(d, 2.0f))), x);
    return hn::IfThenElse(hn::Eq(x, x), y, x);
}

/// x times the share of a normal distribution below x.
template <class D, class V> HWY_INLINE HWY_ATTR V timesNormalBelow(D d, V x)
{
    const hn::RebindToUnsigned<D> du;
    const auto one = hn::Set(d, 1.0f);
    const auto size = hn::Min(hn::Abs(x), hn::Set(d, 14.5f)); // exp(-x^2 / 2) is 0 beyond
    // x^2 = high^2 + (x - high)(x + high), high of twelve bits: high^2 is exact.
    const auto high = hn::BitCast(d, hn::And(hn::BitCast(du, size), hn::Set(du, 0xFFFFF000u)));
    const auto minusHalf = hn::Set(d, -0.5f);
    const auto square = hn::Mul(minusHalf, hn::Mul(high, high));
    const auto rest = hn::Mul(minusHalf, hn::Mul(hn::Sub(size, high), hn::Add(size, high)));
    const auto t = hn::Div(one, hn::Add(one, hn::Mul(hn::Set(d, 0.247487373f), size)));
    auto p = hn::Set(d, 0.035909215572947f);
    p = hn::Add(hn::Mul(p, t), hn::Set(d, -0.1453134205294f));
    p = hn::Add(hn::Mul(p, t), hn::Set(d, 0.1492110879476f));
    p = hn::Add(hn::Mul(p, t), hn::Set(d, 0.0156881621273f));
    p = hn::Add(hn::Mul(p, t), hn::Set(d, 0.050530050899647f));
    p = hn::Add(hn::Mul(p, t), hn::Set(d, 0.16589452183955f));
    p = hn::Add(hn::Mul(p, t), hn::Set(d, 0.1442077952805f));
    p = hn::Add(hn::Mul(p, t), hn::Set(d, 0.18942885374313f));
    p = hn::Add(hn::Mul(p, t), hn::Set(d, 0.19694996789989f));
    p = hn::Add(hn::Mul(p, t), hn::Set(d, 0.19749376941665f));
    const auto tail = hn::Mul(hn::Mul(hn::Set(d, 0.5f), hn::Mul(p, t)), expOf(d, square, rest));
    const auto below = hn::IfThenElse(hn::Lt(x, hn::Zero(d)), tail, hn::Sub(one, tail));
    return hn::Mul(x, below);
}

} // namespace HWY_NAMESPACE
} // namespace quantlathe::elementwise
HWY_AFTER_NAMESPACE();

#endif // per target
