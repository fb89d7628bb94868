// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/inference/loaded_matrix.h"

#include "core/base/parallel.h"
#include "core/inference/elementwise.h"
#include "core/inference/turned_matrix.h"

#include <algorithm>
#include <cblas.h>
#include <mutex>
#include <utility>

namespace quantlathe {

namespace {

/// Rows of the matrix in one tile: enough that packing the inputs anew for each tile costs a few per cent only.
constexpr std::uint64_t tileOutputs = 512;
constexpr std::uint64_t tileTokens = 1024;
constexpr std::uint64_t rowsPerRounding = 16;
constexpr std::uint64_t weightsPerDecode = 256 * 1024;

/// Narrow matrices are cut into four, so that there is work for several threads.
std::uint64_t tileWidth(std::uint64_t outputs)
{
    const std::uint64_t quarter = (outputs / 4 + 31) / 32 * 32;
    return std::clamp<std::uint64_t>(quarter, 64, tileOutputs);
}

/// Tasks are many; each calls a BLAS that must not start threads of its own.
void keepBlasSingleThreaded()
{
    static std::once_flag once;
    std::call_once(once, [] { openblas_set_num_threads(1); });
}

struct Tile
{
    const Product* product = nullptr;
    std::uint64_t firstOutput = 0;
    std::uint64_t outputs = 0;
    std::uint64_t firstToken = 0;
    std::uint64_t tokens = 0;
};

void runTile(const Tile& tile, const float* x, std::uint64_t xStride)
{
    const LoadedMatrix& matrix = *tile.product->matrix;
    const std::uint64_t inputs = matrix.inputs();
    const float* weights = nullptr;
    static thread_local std::vector<float> scratch;
    if (matrix.expanded.isEmpty()) {
        scratch.resize(std::max<std::size_t>(scratch.size(), tile.outputs * inputs));
        matrix.rows->decodeRows(matrix.firstRow + tile.firstOutput, tile.outputs, scratch.data());
        weights = scratch.data();
    } else {
        weights = matrix.expanded.data() + tile.firstOutput * inputs;
    }
    float* y = tile.product->y + tile.firstToken * tile.product->stride + tile.firstOutput;
    productTransposed(tile.tokens, tile.outputs, inputs, x + tile.firstToken * xStride, xStride, weights, inputs, y, tile.product->stride);
    if (matrix.bias.empty())
        return;
    for (std::uint64_t token = 0; token < tile.tokens; ++token)
        elementwise::add(matrix.bias.data() + tile.firstOutput, tile.outputs, y + token * tile.product->stride);
}

/// Those of the products whose matrices want their inputs rounded in this way, with inputs that are.
void multiplyOfRounding(ActivationRounding rounding, std::span<const Product> products, const float* x, std::uint64_t xStride, std::uint64_t tokens,
                        unsigned threads, const RunControl& control)
{
    std::vector<Tile> tiles;
    for (const Product& product : products) {
        if (product.matrix->rounding != rounding)
            continue;
        const std::uint64_t outputs = product.matrix->outputs();
        const std::uint64_t width = tileWidth(outputs);
        // What is decoded for a tile serves all tokens.
        const std::uint64_t height = product.matrix->expanded.isEmpty() ? tokens : tileTokens;
        for (std::uint64_t output = 0; output < outputs; output += width) {
            for (std::uint64_t token = 0; token < tokens; token += height) {
                tiles.push_back({&product, output, std::min(width, outputs - output), token, std::min(height, tokens - token)});
            }
        }
    }
    parallelFor(tiles.size(), 1, threads, control, [&](std::size_t begin, std::size_t end) {
        for (std::size_t tile = begin; tile < end; ++tile)
            runTile(tiles[tile], x, xStride);
    });
}

} // namespace

MatrixLoader::MatrixLoader(const WeightSource& weights, BufferPool& pool, unsigned threads, bool roundsActivations, const RunControl& control)
    : m_weights(weights), m_pool(pool), m_threads(threads), m_roundsActivations(roundsActivations), m_control(control)
{
}

std::shared_ptr<const WeightRows> MatrixLoader::rowsOf(std::size_t tensor)
{
    for (const auto& [known, rows] : m_rows) {
        if (known == tensor)
            return rows;
    }
    m_rows.emplace_back(tensor, m_weights.rows(tensor, m_threads, m_control));
    return m_rows.back().second;
}

LoadedMatrix MatrixLoader::load(const Linear& linear, bool expands)
{
    LoadedMatrix matrix;
    matrix.linear = &linear;
    matrix.rounding = m_weights.inputRounding(linear.tensor);
    if (m_roundsActivations && matrix.rounding == ActivationRounding::None)
        matrix.rounding = activationRounding(m_weights.type(linear.tensor));
    if (linear.bias) {
        const std::vector<float> whole = vector(*linear.bias);
        matrix.bias.resize(linear.outputs);
        for (std::uint64_t output = 0; output < linear.outputs; ++output)
            matrix.bias[output] = whole[linear.biasFirst + output * linear.biasStep];
    }
    matrix.rows = rowsOf(linear.tensor);
    matrix.firstRow = linear.firstRow;
    std::uint64_t step = 1;
    if (linear.isTransposed) {
        const std::uint64_t columns = m_weights.model().tensors()[linear.tensor].shape().rowLength();
        if (!matrix.rows->isTurned()) {
            matrix.expanded = m_pool.take(linear.outputs * linear.inputs);
            turn(*matrix.rows, {linear.blockRows * linear.expert, linear.inputs, columns, linear.firstRow, linear.rowStep, linear.outputs}, m_threads,
                 m_control, matrix.expanded.data());
            matrix.rows.reset();
            return matrix;
        }
        matrix.firstRow += linear.expert * columns;
        step = linear.rowStep;
    }
    if (!expands && step == 1)
        return matrix;
    matrix.expanded = m_pool.take(linear.outputs * linear.inputs);
    const std::uint64_t chunk = std::max<std::uint64_t>(1, weightsPerDecode / linear.inputs);
    parallelFor(linear.outputs, chunk, m_threads, m_control, [&](std::size_t begin, std::size_t end) {
        const std::uint64_t atOnce = step == 1 ? end - begin : 1;
        for (std::size_t output = begin; output < end; output += atOnce)
            matrix.rows->decodeRows(matrix.firstRow + output * step, atOnce, matrix.expanded.data() + output * linear.inputs);
    });
    matrix.rows.reset();
    return matrix;
}

std::vector<float> MatrixLoader::vector(std::size_t tensor, float offset)
{
    const Shape& shape = m_weights.model().tensors()[tensor].shape();
    std::vector<float> values(shape.weightCount());
    rowsOf(tensor)->decodeRows(0, shape.rowCount(), values.data());
    for (float& value : values)
        value += offset;
    return values;
}

void multiply(std::span<const Product> products, const float* x, std::uint64_t xStride, std::uint64_t tokens, unsigned threads,
              const RunControl& control)
{
    keepBlasSingleThreaded();
    for (const ActivationRounding rounding : {ActivationRounding::None, ActivationRounding::Half, ActivationRounding::Bfloat16, ActivationRounding::Blocks32,
                                              ActivationRounding::Blocks256, ActivationRounding::TokenIntegers, ActivationRounding::TokenFloats,
                                              ActivationRounding::Floats128}) {
        if (std::none_of(products.begin(), products.end(), [&](const Product& product) { return product.matrix->rounding == rounding; }))
            continue;
        if (rounding == ActivationRounding::None) {
            multiplyOfRounding(rounding, products, x, xStride, tokens, threads, control);
            continue;
        }
        const std::uint64_t inputs = products.front().matrix->inputs();
        std::vector<float> rounded(tokens * inputs);
        parallelFor(tokens, rowsPerRounding, threads, control, [&](std::size_t begin, std::size_t end) {
            for (std::size_t token = begin; token < end; ++token)
                roundActivations(rounding, x + token * xStride, inputs, rounded.data() + token * inputs);
        });
        multiplyOfRounding(rounding, products, rounded.data(), inputs, tokens, threads, control);
    }
}

void productTransposed(std::uint64_t m, std::uint64_t n, std::uint64_t k, const float* a, std::uint64_t aStride, const float* b,
                       std::uint64_t bStride, float* c, std::uint64_t cStride)
{
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, static_cast<blasint>(m), static_cast<blasint>(n), static_cast<blasint>(k), 1.0f, a,
                static_cast<blasint>(aStride), b, static_cast<blasint>(bStride), 0.0f, c, static_cast<blasint>(cStride));
}

void product(std::uint64_t m, std::uint64_t n, std::uint64_t k, const float* a, std::uint64_t aStride, const float* b, std::uint64_t bStride,
             float* c, std::uint64_t cStride)
{
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, static_cast<blasint>(m), static_cast<blasint>(n), static_cast<blasint>(k), 1.0f, a,
                static_cast<blasint>(aStride), b, static_cast<blasint>(bStride), 0.0f, c, static_cast<blasint>(cStride));
}

} // namespace quantlathe
