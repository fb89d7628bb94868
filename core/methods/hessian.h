// SPDX-License-Identifier: GPL-3.0-or-later
// What goes into a matrix, as the second moments of its inputs: H = mean over tokens of x x^T. The error that changed weights D cause at the
// outputs is tr(D H D^T).
#pragma once

#include "core/base/run_control.h"

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace quantlathe {

/// Memory: inputs^2 floats. Not thread-safe; uses threads itself.
class Hessian
{
public:
    explicit Hessian(std::uint64_t inputs);

    [[nodiscard]] std::uint64_t inputs() const { return m_inputs; }
    [[nodiscard]] std::uint64_t tokens() const { return m_tokens; }
    /// [inputs x inputs], row-major; only the diagonal and what lies above it are valid.
    [[nodiscard]] const std::vector<float>& upper() const { return m_values; }
    [[nodiscard]] std::vector<float> diagonal() const;

    /// @p x [rows x inputs], row-major, @p stride floats from row to row. The mean runs along, so that sums do not grow with the tokens. The same numbers for every
    /// thread count, and for the same calls.
    void add(const float* x, std::uint64_t rows, std::uint64_t stride, unsigned threads, const RunControl& control);

    /// tr(D H D^T) of @p rows rows of D, [rows x inputs], row-major: how far D moves the outputs, as a mean over the tokens.
    [[nodiscard]] double loss(const float* differences, std::uint64_t rows, unsigned threads, const RunControl& control) const;
    /// The moments of inputs that are divided by @p scales [inputs], channel by channel.
    void divideInputs(std::span<const float> scales);

    /// Gives the memory away: upper(), row-major.
    [[nodiscard]] std::vector<float> take() && { return std::move(m_values); }

private:
    std::uint64_t m_inputs;
    std::uint64_t m_tokens = 0;
    std::vector<float> m_values;
};

} // namespace quantlathe
