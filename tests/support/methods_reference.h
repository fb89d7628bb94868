// SPDX-License-Identifier: GPL-3.0-or-later
// The methods of core/methods as their papers write them: plain loops in doubles, for small matrices.
#pragma once

#include "core/methods/group_quantized.h"

#include <cstdint>
#include <random>
#include <vector>

namespace quantlathe::test {

using Matrix = std::vector<double>; ///< row-major

/// Means of x x^T over the rows of @p x [tokens x inputs].
Matrix referenceHessian(const std::vector<float>& x, std::uint64_t inputs);
/// U upper triangular with U^T U = inverse of @p h [n x n].
Matrix referenceInverseFactor(Matrix h, std::uint64_t n);
/// tr(D H D^T), @p d [rows x n].
double referenceLoss(const Matrix& d, const Matrix& h, std::uint64_t n);

/// Scale and zero of a group (GPTQ's rules), rounded to the scheme's type.
void referenceGrid(const GroupScheme& scheme, const std::vector<double>& group, float& scale, float& zero);
GroupQuantized referenceRounding(const GroupScheme& scheme, const std::vector<float>& weights, std::uint64_t outputs, std::uint64_t inputs);

struct ReferenceGptq
{
    double damping = 0.01;
    bool isOrdered = true;
    bool isStatic = true;
};
/// @p h without damping.
GroupQuantized referenceGptq(const GroupScheme& scheme, const std::vector<float>& weights, std::uint64_t outputs, std::uint64_t inputs, Matrix h,
                             const ReferenceGptq& settings);

/// Inputs of a layer as they come: channels of very different size that depend on each other; the same for each seed.
std::vector<float> correlatedInputs(std::uint64_t tokens, std::uint64_t inputs, unsigned seed);
std::vector<float> normalWeights(std::uint64_t count, unsigned seed);

} // namespace quantlathe::test
