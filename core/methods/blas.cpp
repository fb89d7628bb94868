// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/methods/blas.h"

#include <cblas.h>
#include <mutex>

namespace quantlathe::blas {

namespace {

blasint integer(std::uint64_t value)
{
    return static_cast<blasint>(value);
}

/// Tasks are many; each calls a BLAS that must not start threads of its own.
void keepSingleThreaded()
{
    static std::once_flag once;
    std::call_once(once, [] { openblas_set_num_threads(1); });
}

CBLAS_TRANSPOSE transpose(bool isTransposed)
{
    return isTransposed ? CblasTrans : CblasNoTrans;
}

} // namespace

void multiply(const Product& product, const float* a, std::uint64_t aStride, const float* b, std::uint64_t bStride, float* c, std::uint64_t cStride)
{
    keepSingleThreaded();
    cblas_sgemm(CblasRowMajor, transpose(product.isATransposed), transpose(product.isBTransposed), integer(product.m), integer(product.n), integer(product.k),
                product.alpha, a, integer(aStride), b, integer(bStride), product.beta, c, integer(cStride));
}

void addSquare(std::uint64_t n, std::uint64_t k, float alpha, const float* a, std::uint64_t aStride, float beta, float* c, std::uint64_t cStride)
{
    keepSingleThreaded();
    cblas_ssyrk(CblasRowMajor, CblasUpper, CblasTrans, integer(n), integer(k), alpha, a, integer(aStride), beta, c, integer(cStride));
}

void solveUpperTransposed(std::uint64_t m, std::uint64_t n, const float* r, std::uint64_t rStride, float* b, std::uint64_t bStride)
{
    keepSingleThreaded();
    cblas_strsm(CblasRowMajor, CblasRight, CblasUpper, CblasTrans, CblasNonUnit, integer(m), integer(n), 1.0f, r, integer(rStride), b, integer(bStride));
}

void multiplySymmetric(bool isUpper, std::uint64_t m, std::uint64_t n, const float* h, std::uint64_t hStride, const float* b, std::uint64_t bStride, float* c,
                       std::uint64_t cStride)
{
    keepSingleThreaded();
    cblas_ssymm(CblasRowMajor, CblasRight, isUpper ? CblasUpper : CblasLower, integer(m), integer(n), 1.0f, h, integer(hStride), b, integer(bStride), 0.0f, c, integer(cStride));
}

void multiplySymmetricLeft(std::uint64_t n, std::uint64_t m, const float* h, std::uint64_t hStride, const float* b, std::uint64_t bStride, float* c,
                           std::uint64_t cStride)
{
    keepSingleThreaded();
    cblas_ssymm(CblasRowMajor, CblasLeft, CblasUpper, integer(n), integer(m), 1.0f, h, integer(hStride), b, integer(bStride), 0.0f, c, integer(cStride));
}

} // namespace quantlathe::blas
