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

HWY_ATTR void decodeColumn(const std::uint8_t* HWY_RESTRICT codes, const float* HWY_RESTRICT scales, const float* HWY_RESTRICT zeros, std::size_t rows,
                           float* HWY_RESTRICT quantized)
{
    forRows(rows, [&](auto d, std::size_t row) HWY_ATTR {
        const hn::Rebind<std::int32_t, decltype(d)> whole;
        const hn::Rebind<std::uint8_t, decltype(d)> narrow;
        const auto code = hn::ConvertTo(d, hn::PromoteTo(whole, hn::LoadU(narrow, codes + row)));
        hn::StoreU(hn::Mul(hn::LoadU(d, scales + row), hn::Sub(code, hn::LoadU(d, zeros + row))), d, quantized + row);
    });
}

HWY_ATTR void improveColumn(const ErrorColumn& column, std::size_t rows, std::uint8_t* HWY_RESTRICT codes, float* HWY_RESTRICT differences,
                            float* HWY_RESTRICT changes)
{
    const float inverse = 1 / (column.moment + column.damping);
    forRows(rows, [&](auto d, std::size_t row) HWY_ATTR {
        const auto value = hn::LoadU(d, column.values + row);
        const auto before = hn::LoadU(d, differences + row);
        const auto scale = hn::LoadU(d, column.scales + row);
        const auto zero = hn::LoadU(d, column.zeros + row);
        // Where the damped error's slope in this difference is zero.
        const auto slope = hn::MulAdd(hn::Set(d, column.damping), before, hn::LoadU(d, column.products + row));
        const auto wanted = hn::Div(hn::MulAdd(slope, hn::Set(d, inverse), hn::Sub(value, before)), scale);
        const auto own = hn::Div(value, scale);
        const auto level = hn::Min(hn::Max(hn::Round(wanted), hn::Floor(own)), hn::Ceil(own));
        const auto code = hn::Min(hn::Max(hn::Add(level, zero), hn::Zero(d)), hn::Set(d, column.largest));
        const auto after = hn::Sub(value, hn::Mul(scale, hn::Sub(code, zero)));
        hn::StoreU(hn::Sub(after, before), d, changes + row);
        hn::StoreU(after, d, differences + row);
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
HWY_EXPORT(decodeColumn);
HWY_EXPORT(improveColumn);
HWY_EXPORT(addRoundingErrors);
HWY_EXPORT(columnErrors);
HWY_EXPORT(subtractScaled);
HWY_EXPORT(widenRange);

void roundColumn(const float* values, const float* scales, const float* zeros, float largest, std::size_t rows, std::uint8_t* codes, float* quantized)
{
    HWY_DYNAMIC_DISPATCH(roundColumn)(values, scales, zeros, largest, rows, codes, quantized);
}

void decodeColumn(const std::uint8_t* codes, const float* scales, const float* zeros, std::size_t rows, float* quantized)
{
    HWY_DYNAMIC_DISPATCH(decodeColumn)(codes, scales, zeros, rows, quantized);
}

void improveColumn(const ErrorColumn& column, std::size_t rows, std::uint8_t* codes, float* differences, float* changes)
{
    HWY_DYNAMIC_DISPATCH(improveColumn)(column, rows, codes, differences, changes);
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
