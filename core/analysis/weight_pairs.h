// SPDX-License-Identifier: GPL-3.0-or-later
// Two tensors side by side.
#pragma once

#include "core/analysis/weight_reader.h"

#include <numeric>

namespace quantlathe {

/// Calls @p visit(a, b, count, offset) for stretches of at most kernels::blockWeights of two equally long runs of weights,
/// in order. Both runs begin and end at multiples of both granules (whole rows do). Looks at the stop token.
template <typename Visit>
void forEachPair(const WeightReader& first, std::uint64_t firstBegin, const WeightReader& second, std::uint64_t secondBegin,
                 std::uint64_t count, const RunControl& control, std::vector<float>& firstBuffer,
                 std::vector<float>& secondBuffer, Visit&& visit)
{
    const std::uint64_t step = std::lcm(first.granule(), second.granule());
    const std::uint64_t piece = std::max<std::uint64_t>(1, kernels::blockWeights / step) * step;
    for (std::uint64_t at = 0; at < count; at += piece) {
        control.throwIfCancelled();
        const auto length = static_cast<std::size_t>(std::min(piece, count - at));
        const float* a = first.read(firstBegin + at, length, firstBuffer);
        const float* b = second.read(secondBegin + at, length, secondBuffer);
        for (std::size_t begin = 0; begin < length; begin += kernels::blockWeights)
            visit(a + begin, b + begin, std::min(kernels::blockWeights, length - begin), at + begin);
    }
}

} // namespace quantlathe
