// SPDX-License-Identifier: GPL-3.0-or-later
// OpenBLAS on the calling thread, row-major, with sizes as everywhere else here. Inside this room.
#pragma once

#include <cstdint>

namespace quantlathe::blas {

/// C [m x n] = alpha op(A) op(B) + beta C; op(A) [m x k]: A or, with @p isATransposed, A^T of A [k x m]; likewise B.
struct Product
{
    bool isATransposed = false;
    bool isBTransposed = false;
    std::uint64_t m = 0, n = 0, k = 0;
    float alpha = 1;
    float beta = 0;
};
void multiply(const Product& product, const float* a, std::uint64_t aStride, const float* b, std::uint64_t bStride, float* c, std::uint64_t cStride);

/// The upper triangle of C [n x n] = alpha A^T A + beta C, A [k x n].
void addSquare(std::uint64_t n, std::uint64_t k, float alpha, const float* a, std::uint64_t aStride, float beta, float* c, std::uint64_t cStride);

/// X R^T = B for X [m x n], in place of B; R [n x n] upper triangular.
void solveUpperTransposed(std::uint64_t m, std::uint64_t n, const float* r, std::uint64_t rStride, float* b, std::uint64_t bStride);

/// C [m x n] = B H, H [n x n] symmetric, of which the diagonal and the triangle below or above it are read.
void multiplySymmetric(bool isUpper, std::uint64_t m, std::uint64_t n, const float* h, std::uint64_t hStride, const float* b, std::uint64_t bStride, float* c,
                       std::uint64_t cStride);

/// C [n x m] = H B, H [n x n] symmetric, of which the diagonal and what lies above it are read.
void multiplySymmetricLeft(std::uint64_t n, std::uint64_t m, const float* h, std::uint64_t hStride, const float* b, std::uint64_t bStride, float* c,
                           std::uint64_t cStride);

} // namespace quantlathe::blas
