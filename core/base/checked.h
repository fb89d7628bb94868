// SPDX-License-Identifier: GPL-3.0-or-later
// Overflow-checked arithmetic for numbers that come from files.
#pragma once

#include <cstdint>
#include <optional>

namespace quantlathe {

/// a + b, or nothing when the sum does not fit into 64 bits.
inline std::optional<std::uint64_t> checkedAdd(std::uint64_t a, std::uint64_t b)
{
    std::uint64_t sum = 0;
    if (__builtin_add_overflow(a, b, &sum))
        return std::nullopt;
    return sum;
}

/// a * b, or nothing when the product does not fit into 64 bits.
inline std::optional<std::uint64_t> checkedMultiply(std::uint64_t a, std::uint64_t b)
{
    std::uint64_t product = 0;
    if (__builtin_mul_overflow(a, b, &product))
        return std::nullopt;
    return product;
}

/// @p value rounded up to a multiple of @p alignment (> 0), or nothing on overflow.
inline std::optional<std::uint64_t> checkedAlign(std::uint64_t value, std::uint64_t alignment)
{
    const std::uint64_t rest = value % alignment;
    return rest == 0 ? std::optional(value) : checkedAdd(value, alignment - rest);
}

} // namespace quantlathe
