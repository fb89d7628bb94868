// SPDX-License-Identifier: GPL-3.0-or-later
// Sums and products of numbers from files that stop at 2^64 - 1: an estimate that large is wrong in the same direction.
#pragma once

#include "core/base/checked.h"

#include <cstdint>
#include <limits>

namespace quantlathe {

inline constexpr std::uint64_t beyondCounting = std::numeric_limits<std::uint64_t>::max();

inline std::uint64_t saturatingAdd(std::uint64_t a, std::uint64_t b)
{
    return checkedAdd(a, b).value_or(beyondCounting);
}

inline std::uint64_t saturatingMultiply(std::uint64_t a, std::uint64_t b)
{
    return checkedMultiply(a, b).value_or(beyondCounting);
}

/// @p value rounded up to a multiple of @p alignment (> 0).
inline std::uint64_t saturatingAlign(std::uint64_t value, std::uint64_t alignment)
{
    return checkedAlign(value, alignment).value_or(beyondCounting);
}

/// Bytes ggml's CUDA backend allocates for a tensor: rows of block types are read past their end in steps of 512 weights,
/// so the last one is padded, and allocations are aligned to 128 bytes.
inline std::uint64_t cudaBytes(std::uint64_t bytes, bool isQuantized, std::uint64_t rowLength, std::uint64_t weightsPerBlock,
                               std::uint64_t bytesPerBlock)
{
    const std::uint64_t rest = rowLength % 512;
    const std::uint64_t padding = isQuantized && rest != 0 ? (512 - rest) / weightsPerBlock * bytesPerBlock : 0;
    return saturatingAlign(saturatingAdd(bytes, padding), 128);
}

} // namespace quantlathe
