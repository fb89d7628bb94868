// SPDX-License-Identifier: GPL-3.0-or-later
// A matrix as codes and scales, whatever method made them and whichever file they go into or come from.
#pragma once

#include "core/types/weight_scheme.h"

#include <cstdint>
#include <vector>

namespace quantlathe {

/// weight[o][i] = scales[o][g] x (codes[o][i] - zeros[o][g]), g = the group of input i. All arrays row-major, inputs and groups contiguous.
struct GroupQuantized
{
    GroupScheme scheme;
    std::uint64_t outputs = 0;
    std::uint64_t inputs = 0;
    std::vector<std::uint8_t> codes;         ///< [outputs x inputs], 0 .. 2^bits - 1, one to a byte
    std::vector<float> scales;               ///< [outputs x groups], values of scheme.scaleType
    std::vector<std::uint8_t> zeros;         ///< [outputs x groups], 0 .. 2^bits - 1
    std::vector<std::uint32_t> groupOfInput; ///< [inputs]; empty: input / groupSize

    bool operator==(const GroupQuantized&) const = default;
    [[nodiscard]] std::uint64_t groups() const { return scheme.groupsOf(inputs); }
    /// Writes the weights of rows [first, first + count), [count x inputs].
    void decodeRows(std::uint64_t first, std::uint64_t count, float* weights) const;
    /// @throws Error(BadFormat) naming what contradicts itself: sizes of the arrays, codes, zeros and groups out of range, scales that are not finite
    void check() const;
};

/// weight[o][i] = scales[o / blockRows][i / blockInputs] x number(codes[o][i]).
struct FloatQuantized
{
    FloatScheme scheme;
    std::uint64_t outputs = 0;
    std::uint64_t inputs = 0;
    std::vector<std::uint8_t> codes; ///< [outputs x inputs], one to a byte; NF4: 0 .. 15
    std::vector<float> scales;       ///< [row blocks x input blocks], values of scheme.scaleType

    bool operator==(const FloatQuantized&) const = default;
    void decodeRows(std::uint64_t first, std::uint64_t count, float* weights) const;
    /// @throws Error(BadFormat), as that of GroupQuantized
    void check() const;
};

/// NF4's numbers, ascending: quantiles of the normal distribution scaled to [-1, 1] (the QLoRA paper).
extern const float nf4Values[16];
/// The number that @p code stands for; NaN codes of E4M3 and E5M2 give NaN.
float valueOf(FloatCode code, std::uint8_t bits);

/// @p scale rounded to F16, BF16 or F32.
float roundScale(float scale, TensorType type);

} // namespace quantlathe
