// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/methods/inverse_factor.h"

#include "core/base/error.h"
#include "core/base/parallel.h"
#include "core/methods/blas.h"
#include "core/methods/triangles.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace quantlathe {

namespace {

constexpr double firstRaise = 0.01;
constexpr double largestDamping = 1e6; // by then the diagonal is all that is left
constexpr std::uint64_t rowsPerEnergy = 512; // the matrix is packed anew for each chunk

/// Rows and columns of the upper triangle, in another order, into the lower triangle and the diagonal.
void permute(std::vector<float>& matrix, const std::vector<std::uint32_t>& order, unsigned threads, const RunControl& control)
{
    const std::uint64_t n = order.size();
    constexpr std::uint64_t tile = 64;
    // The whole symmetric matrix first.
    parallelFor(n, tile, threads, control, [&](std::size_t begin, std::size_t end) {
        for (std::uint64_t left = 0; left < end; left += tile) {
            for (std::uint64_t row = begin; row < end; ++row) {
                for (std::uint64_t column = left; column < std::min(left + tile, row); ++column)
                    matrix[row * n + column] = matrix[column * n + row];
            }
        }
    });
    if (std::is_sorted(order.begin(), order.end()))
        return;
    // Rows go round in cycles; columns are gathered row by row.
    std::vector<char> isDone(n);
    std::vector<float> kept(n);
    for (std::uint64_t start = 0; start < n; ++start) {
        if (isDone[start])
            continue;
        std::copy_n(matrix.data() + start * n, n, kept.data());
        std::uint64_t to = start;
        while (order[to] != start) {
            std::copy_n(matrix.data() + order[to] * n, n, matrix.data() + to * n);
            isDone[to] = 1;
            to = order[to];
        }
        std::copy_n(kept.data(), n, matrix.data() + to * n);
        isDone[to] = 1;
    }
    parallelFor(n, tile, threads, control, [&](std::size_t begin, std::size_t end) {
        std::vector<float> row(n);
        for (std::size_t line = begin; line < end; ++line) {
            float* const values = matrix.data() + line * n;
            for (std::uint64_t column = 0; column < n; ++column)
                row[column] = values[order[column]];
            std::copy(row.begin(), row.end(), values);
        }
    });
}

} // namespace

InverseFactor InverseFactor::of(Hessian hessian, double damping, bool isOrdered, unsigned threads, const RunControl& control)
{
    InverseFactor result;
    result.m_tokens = hessian.tokens();
    const std::uint64_t n = hessian.inputs();
    std::vector<float> diagonal = hessian.diagonal();
    double sum = 0;
    for (const float value : diagonal) {
        if (!std::isfinite(value) || value < 0)
            throw Error(ErrorKind::BadFormat, "the inputs of this matrix are not finite", {}, "Look at the model's findings: a tensor of it may be damaged");
        sum += value;
        result.m_dead += value == 0 ? 1 : 0;
    }
    const std::uint64_t live = n - result.m_dead;
    const double mean = live == 0 ? 1 : sum / static_cast<double>(live);
    result.m_order.resize(n);
    std::iota(result.m_order.begin(), result.m_order.end(), 0u);
    if (isOrdered)
        std::stable_sort(result.m_order.begin(), result.m_order.end(), [&](std::uint32_t a, std::uint32_t b) { return diagonal[a] > diagonal[b]; });
    result.m_matrix = std::move(hessian).take();
    std::vector<float>& matrix = result.m_matrix;
    permute(matrix, result.m_order, threads, control);
    const std::vector<float> unordered = diagonal;
    for (std::uint64_t step = 0; step < n; ++step)
        diagonal[step] = unordered[result.m_order[step]];

    for (result.m_damping = damping;; result.m_damping = std::max(firstRaise, 2 * result.m_damping)) {
        result.m_lambda = result.m_damping * mean;
        for (std::uint64_t step = 0; step < n; ++step) {
            float* const row = matrix.data() + step * n;
            row[step] = static_cast<float>((diagonal[step] == 0 ? mean : double{diagonal[step]}) + result.m_lambda);
        }
        // In exact arithmetic no pivot is below lambda.
        if (triangles::factor(matrix.data(), n, result.m_lambda / 2, threads, control))
            break;
        if (result.m_damping > largestDamping)
            throw Error(ErrorKind::BadFormat, "the second moments of this matrix' inputs cannot be factored");
        parallelFor(n, 64, threads, control, [&](std::size_t begin, std::size_t end) {
            for (std::size_t row = begin; row < end; ++row) {
                for (std::uint64_t column = row + 1; column < n; ++column)
                    matrix[row * n + column] = matrix[column * n + row];
            }
        });
    }
    triangles::invert(matrix.data(), n, threads, control);
    result.m_diagonal.resize(n);
    for (std::uint64_t step = 0; step < n; ++step)
        result.m_diagonal[step] = std::exchange(matrix[step * n + step], diagonal[step]);
    return result;
}

double InverseFactor::energy(const float* weights, std::uint64_t rows, unsigned threads, const RunControl& control) const
{
    const std::uint64_t n = inputs();
    const std::uint64_t chunks = (rows + rowsPerEnergy - 1) / rowsPerEnergy;
    std::vector<double> energies(chunks);
    parallelFor(chunks, 1, threads, control, [&](std::size_t begin, std::size_t end) {
        std::vector<float> ordered(rowsPerEnergy * n);
        std::vector<float> product(rowsPerEnergy * n);
        for (std::size_t chunk = begin; chunk < end; ++chunk) {
            const std::uint64_t first = chunk * rowsPerEnergy;
            const std::uint64_t count = std::min(rowsPerEnergy, rows - first);
            for (std::uint64_t row = 0; row < count; ++row) {
                for (std::uint64_t step = 0; step < n; ++step)
                    ordered[row * n + step] = weights[(first + row) * n + m_order[step]];
            }
            blas::multiplySymmetric(false, count, n, m_matrix.data(), n, ordered.data(), n, product.data(), n);
            for (std::uint64_t index = 0; index < count * n; ++index)
                energies[chunk] += double{ordered[index]} * product[index];
        }
    });
    return std::accumulate(energies.begin(), energies.end(), 0.0);
}

} // namespace quantlathe
