// SPDX-License-Identifier: GPL-3.0-or-later
// Integers in groups: which scale and zero a group gets, and rounding to them.
#pragma once

#include "core/methods/error_feedback.h"
#include "core/methods/group_quantized.h"

#include <cstdint>
#include <span>
#include <vector>

namespace quantlathe {

struct GridSettings
{
    /// Ranges narrower than that of the weights are tried, and the one with the smallest squared error taken: worth it at 2 and 3 bits.
    bool searchesClip = false;
    /// Scales are fixed from the original weights before any is rounded, so that channels can come in any order; otherwise each group's from its
    /// values as earlier errors leave them.
    bool isStatic = true;
    /// [inputs] or empty: what an error in a channel costs, for the search.
    std::span<const float> importance;
    /// The Hessian's upper triangle [inputs x inputs]: ranges and codes are then chosen by what they do to the outputs (output_rounding.h), whatever else is set
    /// here. Null = weights are rounded to nearest. Not where one scale is for the whole tensor.
    const float* moments = nullptr;
    double damping = 0; ///< then: see roundByOutputs()
};

struct GroupGrid
{
    float scale = 1;
    float zero = 0;
};
/// For weights from @p lowest to @p highest.
GroupGrid gridFor(const GroupScheme& scheme, float lowest, float highest);

/// Scales and zeros of some rows: GPTQ's and compressed-tensors' rules. Symmetric: scale = 2 max|w| / (2^bits - 1); asymmetric: (high - low) / (2^bits - 1) of a range
/// that 0 lies in, zero = rint(-low / scale). Scales are rounded to their type first; a group of zeros has scale 1.
/// @param values [count x rows], @p stride floats from column to column
/// @param importance [count]: what an error in a column costs, for the search; null = all the same
/// @param scales, zeros [rows]
void findGrid(const GroupScheme& scheme, bool searchesClip, const float* values, std::uint64_t count, std::uint64_t rows, std::uint64_t stride,
              const float* importance, float* scales, float* zeros);

/// Gathers a GroupQuantized.
class IntegerRounding final : public MatrixRounding
{
public:
    /// @throws Error(InvalidArgument) for a scheme that problemOf() objects to
    IntegerRounding(const GroupScheme& scheme, std::uint64_t outputs, std::uint64_t inputs, const GridSettings& settings);
    /// For one scale of the whole matrix, which strips cannot find: call it before anything else where the scheme is per tensor.
    void findTensorGrid(const float* weights);

    [[nodiscard]] std::uint64_t groupLength() const override;
    [[nodiscard]] std::unique_ptr<StripRounding> strip(std::uint64_t first, std::uint64_t rows, const float* original) override;
    [[nodiscard]] GroupQuantized take() { return std::move(m_result); }

private:
    GridSettings m_settings;
    GroupQuantized m_result;
    float m_tensorScale = 1;
    float m_tensorZero = 0;
};

} // namespace quantlathe
