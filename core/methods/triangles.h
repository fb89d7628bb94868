// SPDX-License-Identifier: GPL-3.0-or-later
// Factorization and inverse of large triangular matrices, in blocks on sgemm. Inside this room.
#pragma once

#include "core/base/run_control.h"

#include <cstdint>

namespace quantlathe::triangles {

/// In place of the upper triangle (row-major, n x n) of a symmetric matrix: R upper triangular with R R^T = that matrix. The strict lower triangle is left as it is.
/// @param smallestPivot squares of R's diagonal must not be below
/// @return false where they are: the matrix is not positive definite enough for floats; the upper triangle then holds nothing of use
[[nodiscard]] bool factor(float* matrix, std::uint64_t n, double smallestPivot, unsigned threads, const RunControl& control);

/// In place of R, upper triangular: its inverse. The strict lower triangle is left as it is.
void invert(float* matrix, std::uint64_t n, unsigned threads, const RunControl& control);

} // namespace quantlathe::triangles
