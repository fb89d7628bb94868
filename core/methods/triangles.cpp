// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/methods/triangles.h"

#include "core/base/parallel.h"
#include "core/methods/blas.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace quantlathe::triangles {

namespace {

constexpr std::uint64_t blockSide = 128;
/// Rows or columns in one task.
constexpr std::uint64_t stripLength = 256;

/// R R^T = a on a small block, in doubles; the upper triangle of @p a.
bool factorSmall(float* a, std::uint64_t stride, std::uint64_t n, double smallestPivot)
{
    std::vector<double> r(n * n);
    for (std::uint64_t column = n; column-- > 0;) {
        const double* const pivotRow = r.data() + column * n;
        for (std::uint64_t row = column + 1; row-- > 0;) {
            double sum = a[row * stride + column];
            for (std::uint64_t k = column + 1; k < n; ++k)
                sum -= r[row * n + k] * pivotRow[k];
            if (row != column) {
                r[row * n + column] = sum / pivotRow[column];
                continue;
            }
            if (!(sum > 0 && sum >= smallestPivot))
                return false;
            r[row * n + column] = std::sqrt(sum);
        }
    }
    for (std::uint64_t row = 0; row < n; ++row) {
        for (std::uint64_t column = row; column < n; ++column)
            a[row * stride + column] = static_cast<float>(r[row * n + column]);
    }
    return true;
}

/// In doubles; the upper triangle of @p a.
void invertSmall(float* a, std::uint64_t stride, std::uint64_t n)
{
    std::vector<double> inverse(n * n);
    for (std::uint64_t row = n; row-- > 0;) {
        const double pivot = 1 / static_cast<double>(a[row * stride + row]);
        inverse[row * n + row] = pivot;
        for (std::uint64_t column = row + 1; column < n; ++column) {
            double sum = 0;
            for (std::uint64_t k = row + 1; k <= column; ++k)
                sum += double{a[row * stride + k]} * inverse[k * n + column];
            inverse[row * n + column] = -sum * pivot;
        }
    }
    for (std::uint64_t row = 0; row < n; ++row) {
        for (std::uint64_t column = row; column < n; ++column)
            a[row * stride + column] = static_cast<float>(inverse[row * n + column]);
    }
}

} // namespace

bool factor(float* matrix, std::uint64_t n, double smallestPivot, unsigned threads, const RunControl& control)
{
    const std::uint64_t blocks = (n + blockSide - 1) / blockSide;
    std::vector<float> square(blockSide * blockSide);
    for (std::uint64_t block = blocks; block-- > 0;) {
        const std::uint64_t first = block * blockSide;
        const std::uint64_t end = std::min(n, first + blockSide);
        const std::uint64_t width = end - first;
        const std::uint64_t behind = n - end;
        float* const pivot = matrix + first * n + first;
        if (behind > 0) {
            // Of the diagonal block only the upper triangle may be written.
            blas::multiply({false, true, width, width, behind, 1, 0}, matrix + first * n + end, n, matrix + first * n + end, n, square.data(), blockSide);
            for (std::uint64_t row = 0; row < width; ++row) {
                for (std::uint64_t column = row; column < width; ++column)
                    pivot[row * n + column] -= square[row * blockSide + column];
            }
        }
        if (!factorSmall(pivot, n, width, smallestPivot))
            return false;
        parallelFor(first, stripLength, threads, control, [&](std::size_t begin, std::size_t stop) {
            float* const strip = matrix + begin * n + first;
            if (behind > 0)
                blas::multiply({false, true, stop - begin, width, behind, -1, 1}, matrix + begin * n + end, n, matrix + first * n + end, n, strip, n);
            blas::solveUpperTransposed(stop - begin, width, pivot, n, strip, n);
        });
    }
    return true;
}

void invert(float* matrix, std::uint64_t n, unsigned threads, const RunControl& control)
{
    const std::uint64_t blocks = (n + blockSide - 1) / blockSide;
    std::vector<float> row(blockSide * n);
    std::vector<float> small(blockSide * blockSide);
    for (std::uint64_t block = blocks; block-- > 0;) {
        const std::uint64_t first = block * blockSide;
        const std::uint64_t end = std::min(n, first + blockSide);
        const std::uint64_t height = end - first;
        float* const pivot = matrix + first * n + first;
        invertSmall(pivot, n, height);
        // sgemm reads whole blocks: the inverse of the diagonal one with zeros below.
        std::fill(small.begin(), small.end(), 0.0f);
        for (std::uint64_t line = 0; line < height; ++line) {
            std::copy(pivot + line * n + line, pivot + line * n + height, small.data() + line * blockSide + line);
            std::copy(matrix + (first + line) * n + end, matrix + (first + line) * n + n, row.data() + line * n + end);
        }
        parallelFor((n - end + blockSide - 1) / blockSide, 1, threads, control, [&](std::size_t begin, std::size_t stop) {
            std::vector<float> product(height * blockSide);
            std::vector<float> triangle(blockSide * blockSide);
            for (std::size_t task = begin; task < stop; ++task) {
                const std::uint64_t left = end + task * blockSide;
                const std::uint64_t width = std::min(blockSide, n - left);
                // The inverse's rows behind this block, as far down as they reach into these columns: all above the diagonal block, then that one's triangle.
                std::fill(product.begin(), product.end(), 0.0f);
                if (left > end)
                    blas::multiply({false, false, height, width, left - end, 1, 0}, row.data() + end, n, matrix + end * n + left, n, product.data(), blockSide);
                std::fill(triangle.begin(), triangle.end(), 0.0f);
                for (std::uint64_t k = 0; k < width; ++k)
                    std::copy_n(matrix + (left + k) * n + left + k, width - k, triangle.data() + k * blockSide + k);
                blas::multiply({false, false, height, width, width, 1, 1}, row.data() + left, n, triangle.data(), blockSide, product.data(), blockSide);
                blas::multiply({false, false, height, width, height, -1, 0}, small.data(), blockSide, product.data(), blockSide, matrix + first * n + left, n);
            }
        });
    }
}

} // namespace quantlathe::triangles
