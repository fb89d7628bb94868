// SPDX-License-Identifier: GPL-3.0-or-later
// A weight matrix ready to be multiplied with, decoded once or piece by piece, and the product itself: OpenBLAS' sgemm on tiles, one
// thread each.
#pragma once

#include "core/inference/buffer_pool.h"
#include "core/inference/activation_rounding.h"
#include "core/inference/network.h"
#include "core/inference/weight_source.h"

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace quantlathe {

/// Immutable once made.
struct LoadedMatrix
{
    const Linear* linear = nullptr;         ///< of the network
    std::uint64_t firstRow = 0;             ///< of rows
    std::shared_ptr<const WeightRows> rows; ///< null when expanded
    FloatBuffer expanded;                   ///< [outputs x inputs], row-major; empty = decoded as it is used
    std::vector<float> bias;                ///< empty = none
    ActivationRounding rounding = ActivationRounding::None; ///< of what it is multiplied with

    [[nodiscard]] std::uint64_t outputs() const { return linear->outputs; }
    [[nodiscard]] std::uint64_t inputs() const { return linear->inputs; }
};

/// Loads matrices from a source; tensors that several of them share (fused ones, stacks of experts) are prepared once.
class MatrixLoader
{
public:
    /// @param roundsActivations matrices are multiplied with activations rounded as their type wants
    MatrixLoader(const WeightSource& weights, BufferPool& pool, unsigned threads, bool roundsActivations, const RunControl& control);
    /// @param expands decode it whole
    LoadedMatrix load(const Linear& linear, bool expands);
    /// All weights of a small tensor plus @p offset.
    std::vector<float> vector(std::size_t tensor, float offset = 0);

private:
    std::shared_ptr<const WeightRows> rowsOf(std::size_t tensor);

    const WeightSource& m_weights;
    BufferPool& m_pool;
    unsigned m_threads;
    bool m_roundsActivations;
    const RunControl& m_control;
    std::vector<std::pair<std::size_t, std::shared_ptr<const WeightRows>>> m_rows;
};

/// One of several products with the same inputs: y = x W^T + bias.
struct Product
{
    const LoadedMatrix* matrix = nullptr;
    float* y = nullptr;        ///< [tokens x outputs]
    std::uint64_t stride = 0;  ///< floats from one row of y to the next
};

/// @param x [tokens x inputs], @p xStride floats from row to row. Tiles depend on the sizes alone: the same bits for every thread count.
/// @throws Error(Cancelled), and as WeightRows::decodeRows()
void multiply(std::span<const Product> products, const float* x, std::uint64_t xStride, std::uint64_t tokens, unsigned threads,
              const RunControl& control);

/// C [m x n] = A [m x k] B^T, B [n x k]; row-major with strides. Runs on the calling thread.
void productTransposed(std::uint64_t m, std::uint64_t n, std::uint64_t k, const float* a, std::uint64_t aStride, const float* b,
                       std::uint64_t bStride, float* c, std::uint64_t cStride);
/// C [m x n] = A [m x k] B, B [k x n].
void product(std::uint64_t m, std::uint64_t n, std::uint64_t k, const float* a, std::uint64_t aStride, const float* b, std::uint64_t bStride,
             float* c, std::uint64_t cStride);

} // namespace quantlathe
