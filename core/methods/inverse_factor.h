// SPDX-License-Identifier: GPL-3.0-or-later
// The inverse of a damped Hessian, factored: inv(H + lambda I) = U^T U, U upper triangular. Computed without the inverse: H + lambda I = R R^T with R upper
// triangular (Cholesky from the last channel to the first), U = inv(R), in two thirds of inputs^3 operations.
#pragma once

#include "core/methods/hessian.h"

#include <cstdint>
#include <span>
#include <vector>

namespace quantlathe {

/// Immutable; memory: inputs^2 floats, taken over from the Hessian.
class InverseFactor
{
public:
    /// @param damping lambda as a fraction of the mean of H's diagonal; raised until H can be factored
    /// @param isOrdered channels with much input first: their error is the costliest, and later ones can still make up for it
    /// @throws Error(BadFormat) where H is not finite; Error(Cancelled)
    static InverseFactor of(Hessian hessian, double damping, bool isOrdered, unsigned threads, const RunControl& control);

    [[nodiscard]] std::uint64_t inputs() const { return m_order.size(); }
    /// order()[step]: the input channel that comes at a step. Rows and columns of upper() and symmetric() are steps.
    [[nodiscard]] std::span<const std::uint32_t> order() const { return m_order; }
    /// U above the diagonal, row-major [inputs x inputs]; on and below the diagonal the Hessian without damping.
    [[nodiscard]] const float* matrix() const { return m_matrix.data(); }
    /// U's diagonal.
    [[nodiscard]] std::span<const float> diagonal() const { return m_diagonal; }
    [[nodiscard]] double lambda() const { return m_lambda; }
    /// As a fraction of the mean: what was asked for, or more.
    [[nodiscard]] double damping() const { return m_damping; }
    /// Channels that no token had an input in: no error of theirs costs anything.
    [[nodiscard]] std::uint64_t deadChannels() const { return m_dead; }
    [[nodiscard]] std::uint64_t tokens() const { return m_tokens; }

    /// tr(W H W^T) of @p rows rows, H without damping; [rows x inputs], channels in their own order.
    [[nodiscard]] double energy(const float* weights, std::uint64_t rows, unsigned threads, const RunControl& control) const;

private:
    std::vector<std::uint32_t> m_order;
    std::vector<float> m_matrix;
    std::vector<float> m_diagonal;
    double m_lambda = 0;
    double m_damping = 0;
    std::uint64_t m_dead = 0;
    std::uint64_t m_tokens = 0;
};

} // namespace quantlathe
