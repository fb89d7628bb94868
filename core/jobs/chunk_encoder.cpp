// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/jobs/chunk_encoder.h"

#include "core/analysis/kernels.h"
#include "core/base/error.h"
#include "core/codecs/codec.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fmt/format.h>
#include <span>

namespace quantlathe {

namespace {

std::size_t firstNotFinite(std::span<const float> row)
{
    return static_cast<std::size_t>(
        std::find_if(row.begin(), row.end(), [](float weight) { return !std::isfinite(weight); }) - row.begin());
}

/// Rows decoded at a time: what is done with them finds them in the first- or second-level cache.
constexpr std::uint64_t batchWeights = 8 * 1024;

/// Of the largest batch: as many whole rows as fit, or one.
std::uint64_t largestBatch(const ChunkList& chunks)
{
    return std::min(chunks.largestWeights(), std::max(batchWeights, chunks.longestRow()));
}

class RowEncoder
{
public:
    RowEncoder(const ExportLayout& layout, const Chunk& chunk, const ChunkOptions& options, ChunkBuffers& buffers)
        : m_target(layout.output.tensors[chunk.tensor])
        , m_source(layout.output.source->tensors()[m_target.sourceIndex])
        , m_codec(codecFor(m_target.type))
        , m_encodeOptions(m_codec.options(options.encoding))
        , m_options(options)
        , m_chunk(chunk)
        , m_buffers(buffers)
        , m_rowLength(static_cast<std::size_t>(m_target.shape.rowLength()))
        , m_rowBytes(chunk.sizeBytes / chunk.count)
        , m_isVector(m_target.shape.rank() == 1)
        , m_importance(quantlathe::importanceOf(options.importance, m_target.sourceIndex))
    {
    }

    ChunkFigures run(const std::function<bool()>& shouldStop)
    {
        if (m_target.isCopy) {
            copyRows(shouldStop);
            return {};
        }
        ChunkFigures figures;
        const std::uint64_t batch = std::max<std::uint64_t>(1, batchWeights / m_rowLength);
        for (std::uint64_t first = 0; first < m_chunk.count; first += batch) {
            m_batchFirst = first;
            const std::uint64_t end = std::min(first + batch, m_chunk.count);
            stopIf(shouldStop);
            decode(end - first);
            for (std::uint64_t row = first; row < end; ++row)
                checkFinite(row, figures);
            // Blocks do not know of rows: short ones are encoded together, which fills the SIMD lanes.
            m_codec.encodeRow(m_buffers.weights.data(), importanceOf(end - first), (end - first) * m_rowLength, m_encodeOptions,
                              m_buffers.bytes.data() + first * m_rowBytes);
            for (std::uint64_t row = first; m_options.measureError && m_codec.canDecode() && row < end; ++row)
                measureRow(row, figures);
        }
        return figures;
    }

private:
    static void stopIf(const std::function<bool()>& shouldStop)
    {
        if (shouldStop())
            throw Error(ErrorKind::Cancelled, "cancelled");
    }

    /// Reordered rows (or, of a vector, weights), byte for byte.
    void copyRows(const std::function<bool()>& shouldStop)
    {
        const std::uint64_t units = m_isVector ? m_rowLength : m_chunk.count;
        const std::uint64_t unitBytes = m_chunk.sizeBytes / units;
        const auto bytes = m_source.bytes();
        for (std::uint64_t unit = 0; unit < units; ++unit) {
            stopIf(shouldStop);
            const std::uint64_t from = m_target.sourceRow(m_chunk.first + unit);
            std::memcpy(m_buffers.bytes.data() + unit * unitBytes, bytes.data() + from * unitBytes, unitBytes);
        }
    }

    /// @p rows rows from m_batchFirst on.
    void decode(std::uint64_t rows)
    {
        float* weights = m_buffers.weights.data();
        const std::uint64_t first = m_chunk.first + m_batchFirst;
        if (m_target.ropeHeads == 0) {
            m_source.decodeRows(first, rows, weights);
            return;
        }
        if (m_isVector) {
            m_source.decodeRows(0, 1, weights);
            const std::vector<float> stored(weights, weights + m_rowLength);
            for (std::size_t column = 0; column < m_rowLength; ++column)
                weights[column] = stored[m_target.sourceRow(column)];
            return;
        }
        for (std::uint64_t row = 0; row < rows; ++row)
            m_source.decodeRows(m_target.sourceRow(first + row), 1, weights + row * m_rowLength);
    }

    std::span<float> weightsOf(std::uint64_t row)
    {
        return {m_buffers.weights.data() + (row - m_batchFirst) * m_rowLength, m_rowLength};
    }

    void checkFinite(std::uint64_t row, ChunkFigures& figures)
    {
        const std::span<float> weights = weightsOf(row);
        if (kernels::isFinite(weights.data(), weights.size()))
            return;
        if (m_options.nonFinite == NonFinite::Fail)
            failNotFinite(row, firstNotFinite(weights));
        figures.replaced.add(replaceNonFinite(weights.data(), weights.size()));
    }

    /// The factors of @p rows rows from m_batchFirst on; null without importance. All rows of an expert have the same, and
    /// the next batch mostly needs what the last one had.
    const float* importanceOf(std::uint64_t rows)
    {
        if (m_importance.isEmpty())
            return nullptr;
        m_batchImportance = m_buffers.importance.data();
        for (std::uint64_t row = 0; row < rows; ++row) {
            const std::uint64_t sourceRow = m_target.sourceRow(m_chunk.first + m_batchFirst + row);
            const std::uint64_t matrix = m_importance.matrixOf(sourceRow);
            if (row < m_filled.size() && m_filled[row] == matrix)
                continue;
            float* const factors = m_buffers.importance.data() + row * m_rowLength;
            m_importance.read(sourceRow, 0, {factors, m_rowLength});
            m_filled.resize(std::max<std::size_t>(m_filled.size(), row + 1));
            m_filled[row] = matrix;
        }
        return m_batchImportance;
    }

    void measureRow(std::uint64_t row, ChunkFigures& figures)
    {
        const float* const importance = m_batchImportance ? m_batchImportance + (row - m_batchFirst) * m_rowLength : nullptr;
        m_codec.decode(m_buffers.bytes.data() + row * m_rowBytes, m_buffers.rebuilt.data(), m_rowLength);
        figures.error.add(sumsOf(weightsOf(row).data(), m_buffers.rebuilt.data(), m_rowLength, importance));
    }

    /// Row and column in the source, as the person sees them there.
    [[nodiscard]] std::pair<std::uint64_t, std::uint64_t> sourcePlace(std::uint64_t row, std::size_t column) const
    {
        if (m_isVector)
            return {0, m_target.sourceRow(column)};
        return {m_target.sourceRow(m_chunk.first + row), column};
    }

    [[noreturn]] void failNotFinite(std::uint64_t row, std::size_t column) const
    {
        const float weight = m_buffers.weights[(row - m_batchFirst) * m_rowLength + column];
        const auto [sourceRow, sourceColumn] = sourcePlace(row, column);
        throw Error(ErrorKind::BadFormat,
                    fmt::format("the weight at row {}, column {} is {}: a quantized model with it would be useless",
                                sourceRow, sourceColumn, std::isnan(weight) ? "not a number (NaN)" : "infinite"),
                    {m_source.storage().file()->path(), std::nullopt, m_source.name()}, nonFiniteAdvice);
    }

    const OutputTensor& m_target;
    const Tensor& m_source;
    const Codec& m_codec;
    const EncodeOptions m_encodeOptions;
    const ChunkOptions& m_options;
    const Chunk& m_chunk;
    ChunkBuffers& m_buffers;
    std::size_t m_rowLength;
    std::uint64_t m_rowBytes;
    bool m_isVector;
    TensorImportance m_importance;
    std::vector<std::uint64_t> m_filled; ///< the matrix whose factors stand in each row of the importance buffer
    const float* m_batchImportance = nullptr;
    std::uint64_t m_batchFirst = 0; ///< the row of the chunk that stands first in the buffer
};

} // namespace

std::uint64_t ChunkBuffers::sizeFor(const ChunkList& chunks, bool hasImportance)
{
    // A reordered vector is copied once more; it is never longer than the longest row.
    return largestBatch(chunks) * sizeof(float) * (hasImportance ? 2 : 1) + 2 * chunks.longestRow() * sizeof(float) + chunks.largestBytes();
}

void ChunkBuffers::reserveFor(const ChunkList& chunks, bool hasImportance)
{
    importance.resize(hasImportance ? largestBatch(chunks) : 0);
    weights.resize(largestBatch(chunks));
    rebuilt.resize(chunks.longestRow());
    bytes.resize(chunks.largestBytes());
}

ChunkFigures encodeChunk(const ExportLayout& layout, const Chunk& chunk, const ChunkOptions& options,
                         const std::function<bool()>& shouldStop, ChunkBuffers& buffers)
{
    if (chunk.kind == Chunk::Kind::Rows)
        return RowEncoder(layout, chunk, options, buffers).run(shouldStop);
    const std::span<const std::byte> source = chunk.kind == Chunk::Kind::Header
        ? std::span<const std::byte>(layout.files[chunk.file].header)
        : layout.output.source->tensors()[layout.output.tensors[chunk.tensor].sourceIndex].bytes();
    std::memcpy(buffers.bytes.data(), source.data() + chunk.first, chunk.sizeBytes);
    return {};
}

} // namespace quantlathe
