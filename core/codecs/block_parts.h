// SPDX-License-Identifier: GPL-3.0-or-later
// What the block structs are made of. Every member is bytes, so a block can lie at any address of a mapped
// file and has no padding; numbers are little-endian.
#pragma once

#include "core/types/small_floats.h"

#include <cmath>
#include <cstddef>
#include <cstdint>

namespace quantlathe::codecs {

inline constexpr float largestHalf = 65504.0f;

/// @p value limited to what a half can hold; NaN gives 0.
inline float limitToHalf(float value)
{
    if (value != value)
        return 0.0f;
    return value > largestHalf ? largestHalf : value < -largestHalf ? -largestHalf : value;
}

/// A half inside a block.
struct StoredHalf
{
    std::uint8_t low;
    std::uint8_t high;

    [[nodiscard]] std::uint16_t bits() const { return static_cast<std::uint16_t>(low | high << 8); }
    [[nodiscard]] float value() const { return halfToFloat(bits()); }

    /// Stores @p value rounded, limited to finite halves (an infinite scale would make every weight of the
    /// block infinite or NaN), and returns what was stored.
    float store(float value)
    {
        const std::uint16_t rounded = floatToHalf(limitToHalf(value));
        low = static_cast<std::uint8_t>(rounded);
        high = static_cast<std::uint8_t>(rounded >> 8);
        return halfToFloat(rounded);
    }
};
static_assert(sizeof(StoredHalf) == 2 && alignof(StoredHalf) == 1);

/// The bytes of a tensor seen as blocks. Allowed by the aliasing rules because blocks consist of bytes only.
template <typename Block> const Block* asBlocks(const std::byte* bytes)
{
    static_assert(alignof(Block) == 1);
    return reinterpret_cast<const Block*>(bytes);
}

template <typename Block> Block* asBlocks(std::byte* bytes)
{
    static_assert(alignof(Block) == 1);
    return reinterpret_cast<Block*>(bytes);
}

} // namespace quantlathe::codecs
