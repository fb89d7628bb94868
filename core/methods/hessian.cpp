// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/methods/hessian.h"

#include "core/base/parallel.h"
#include "core/methods/blas.h"

#include <algorithm>
#include <numeric>

namespace quantlathe {

namespace {

/// Side of the tiles that are computed side by side: wide enough for sgemm to run at its full rate.
constexpr std::uint64_t tileSide = 512;

} // namespace

Hessian::Hessian(std::uint64_t inputs) : m_inputs(inputs), m_values(inputs * inputs) {}

std::vector<float> Hessian::diagonal() const
{
    std::vector<float> diagonal(m_inputs);
    for (std::uint64_t input = 0; input < m_inputs; ++input)
        diagonal[input] = m_values[input * m_inputs + input];
    return diagonal;
}

void Hessian::add(const float* x, std::uint64_t rows, std::uint64_t stride, unsigned threads, const RunControl& control)
{
    if (rows == 0)
        return;
    const double total = static_cast<double>(m_tokens + rows);
    const float fresh = static_cast<float>(1 / total);
    const float kept = static_cast<float>(static_cast<double>(m_tokens) / total);
    const std::uint64_t tiles = (m_inputs + tileSide - 1) / tileSide;
    parallelFor(tiles * (tiles + 1) / 2, 1, threads, control, [&](std::size_t begin, std::size_t end) {
        for (std::size_t task = begin; task < end; ++task) {
            std::uint64_t row = 0;
            std::uint64_t rest = task;
            for (; rest >= tiles - row; ++row)
                rest -= tiles - row;
            const std::uint64_t top = row * tileSide;
            const std::uint64_t left = (row + rest) * tileSide;
            const std::uint64_t height = std::min(tileSide, m_inputs - top);
            const std::uint64_t width = std::min(tileSide, m_inputs - left);
            float* const tile = m_values.data() + top * m_inputs + left;
            if (top == left)
                blas::addSquare(height, rows, fresh, x + top, stride, kept, tile, m_inputs);
            else
                blas::multiply({true, false, height, width, rows, fresh, kept}, x + top, stride, x + left, stride, tile, m_inputs);
        }
    });
    m_tokens += rows;
}

double Hessian::loss(const float* differences, std::uint64_t rows, unsigned threads, const RunControl& control) const
{
    constexpr std::uint64_t rowsAtOnce = 512; // the matrix is packed anew for each chunk
    const std::uint64_t chunks = (rows + rowsAtOnce - 1) / rowsAtOnce;
    std::vector<double> losses(chunks);
    parallelFor(chunks, 1, threads, control, [&](std::size_t begin, std::size_t end) {
        std::vector<float> product(rowsAtOnce * m_inputs);
        for (std::size_t chunk = begin; chunk < end; ++chunk) {
            const std::uint64_t first = chunk * rowsAtOnce;
            const std::uint64_t count = std::min(rowsAtOnce, rows - first);
            const float* const rowsOfChunk = differences + first * m_inputs;
            blas::multiplySymmetric(true, count, m_inputs, m_values.data(), m_inputs, rowsOfChunk, m_inputs, product.data(), m_inputs);
            for (std::uint64_t index = 0; index < count * m_inputs; ++index)
                losses[chunk] += double{rowsOfChunk[index]} * product[index];
        }
    });
    return std::accumulate(losses.begin(), losses.end(), 0.0);
}

void Hessian::divideInputs(std::span<const float> scales)
{
    for (std::uint64_t row = 0; row < m_inputs; ++row) {
        for (std::uint64_t column = row; column < m_inputs; ++column)
            m_values[row * m_inputs + column] /= scales[row] * scales[column];
    }
}

} // namespace quantlathe
