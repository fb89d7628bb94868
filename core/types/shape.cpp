// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/types/shape.h"

#include "core/base/checked.h"

#include <cassert>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace quantlathe {

Shape::Shape(std::initializer_list<std::uint64_t> dimensions)
{
    auto shape = make(dimensions);
    assert(shape);
    if (shape)
        *this = std::move(*shape);
}

std::optional<Shape> Shape::make(std::vector<std::uint64_t> dimensions)
{
    // Zeros must not hide an overflow of the others: rowLength() * rowCount() and every partial product stay in range.
    std::uint64_t product = 1;
    for (const std::uint64_t dimension : dimensions) {
        const auto next = checkedMultiply(product, dimension == 0 ? 1 : dimension);
        if (!next || *next > INT64_MAX)
            return std::nullopt;
        product = *next;
    }
    Shape shape;
    shape.m_dimensions = std::move(dimensions);
    return shape;
}

std::uint64_t Shape::rowCount() const
{
    std::uint64_t rows = 1;
    for (std::size_t index = 0; index + 1 < m_dimensions.size(); ++index)
        rows *= m_dimensions[index];
    return rows;
}

std::string Shape::toString() const
{
    return m_dimensions.empty() ? "scalar" : fmt::format("{}", fmt::join(m_dimensions, " x "));
}

} // namespace quantlathe
