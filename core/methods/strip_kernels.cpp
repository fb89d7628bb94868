// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/methods/strip_kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/methods/strip_kernels.cpp"
#include <hwy/foreach_target.h> // compiles this file once per instruction set

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace quantlathe::strips::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Floats = hn::ScalableTag<float>;
using One = hn::CappedTag<float, 1>;

/// Calls function(tag, row) for every vector of rows, and for every row that is left.
template <class Function> HWY_INLINE HWY_ATTR void forRows(std::size_t rows, const Function& function)
{
    const Floats d;
    std::size_t row = 0;
    for (; row + hn::Lanes(d) <= rows; row += hn::Lanes(d))
        function(d, row);
    for (; row < rows; ++row)
        function(One(), row);
}

template <class D, class V> HWY_INLINE HWY_ATTR V codeOf(D d, V value, V scale, V zero, V largest)
{
    return hn::Min(hn::Max(hn::Add(hn::Round(hn::Div(value, scale)), zero), hn::Zero(d)), largest);
}

HWY_ATTR void roundColumn(const float* HWY_RESTRICT values, const float* HWY_RESTRICT scales, const float* HWY_RESTRICT zeros, float largest, std::size_t rows,
                          std::uint8_t* HWY_RESTRICT codes, float* HWY_RESTRICT quantized)
{
    forRows(rows, [&](auto d, std::size_t row) HWY_ATTR {
        const auto scale = hn::LoadU(d, scales + row);
        const auto zero = hn::LoadU(d, zeros + row);
        const auto code = codeOf(d, hn::LoadU(d, values + row), scale, zero, hn::Set(d, largest));
        hn::StoreU(hn::Mul(scale, hn::Sub(code, zero)), d, quantized + row);
        const hn::Rebind<std::int32_t, decltype(d)> whole;
        const hn::Rebind<std::uint8_t, decltype(d)> narrow;
        hn::StoreU(hn::DemoteTo(narrow, hn::ConvertTo(whole, code)), narrow, codes + row);
    });
}

HWY_ATTR void addRoundingErrors(const float* HWY_RESTRICT values, const float* HWY_RESTRICT scales, const float* HWY_RESTRICT zeros, float largest, float weight,
                                std::size_t rows, float* HWY_RESTRICT errors)
{
    forRows(rows, [&](auto d, std::size_t row) HWY_ATTR {
        const auto scale = hn::LoadU(d, scales + row);
        const auto zero = hn::LoadU(d, zeros + row);
        const auto value = hn::LoadU(d, values + row);
        const auto code = codeOf(d, value, scale, zero, hn::Set(d, largest));
        const auto error = hn::Sub(hn::Mul(scale, hn::Sub(code, zero)), value);
        hn::StoreU(hn::Add(hn::LoadU(d, errors + row), hn::Mul(hn::Set(d, weight), hn::Mul(error, error))), d, errors + row);
    });
}

HWY_ATTR void columnErrors(const float* values, const float* HWY_RESTRICT quantized, float factor, std::size_t rows, float* errors)
{
    forRows(rows, [&](auto d, std::size_t row) HWY_ATTR {
        hn::StoreU(hn::Mul(hn::Sub(hn::LoadU(d, values + row), hn::LoadU(d, quantized + row)), hn::Set(d, factor)), d, errors + row);
    });
}

HWY_ATTR void subtractScaled(const float* HWY_RESTRICT x, float factor, std::size_t rows, float* HWY_RESTRICT y)
{
    forRows(rows, [&](auto d, std::size_t row) HWY_ATTR {
        hn::StoreU(hn::NegMulAdd(hn::Set(d, factor), hn::LoadU(d, x + row), hn::LoadU(d, y + row)), d, y + row);
    });
}

HWY_ATTR void widenRange(const float* HWY_RESTRICT values, std::size_t rows, float* HWY_RESTRICT lowest, float* HWY_RESTRICT highest)
{
    forRows(rows, [&](auto d, std::size_t row) HWY_ATTR {
        const auto value = hn::LoadU(d, values + row);
        hn::StoreU(hn::Min(hn::LoadU(d, lowest + row), value), d, lowest + row);
        hn::StoreU(hn::Max(hn::LoadU(d, highest + row), value), d, highest + row);
    });
}

} // namespace quantlathe::strips::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace quantlathe::strips {

HWY_EXPORT(roundColumn);
HWY_EXPORT(addRoundingErrors);
HWY_EXPORT(columnErrors);
HWY_EXPORT(subtractScaled);
HWY_EXPORT(widenRange);

void roundColumn(const float* values, const float* scales, const float* zeros, float largest, std::size_t rows, std::uint8_t* codes, float* quantized)
{
    HWY_DYNAMIC_DISPATCH(roundColumn)(values, scales, zeros, largest, rows, codes, quantized);
}

void addRoundingErrors(const float* values, const float* scales, const float* zeros, float largest, float weight, std::size_t rows, float* errors)
{
    HWY_DYNAMIC_DISPATCH(addRoundingErrors)(values, scales, zeros, largest, weight, rows, errors);
}

void columnErrors(const float* values, const float* quantized, float factor, std::size_t rows, float* errors)
{
    HWY_DYNAMIC_DISPATCH(columnErrors)(values, quantized, factor, rows, errors);
}

void subtractScaled(const float* x, float factor, std::size_t rows, float* y)
{
    HWY_DYNAMIC_DISPATCH(subtractScaled)(x, factor, rows, y);
}

void widenRange(const float* values, std::size_t rows, float* lowest, float* highest)
{
    HWY_DYNAMIC_DISPATCH(widenRange)(values, rows, lowest, highest);
}

} // namespace quantlathe::strips
#endif // HWY_ONCE
