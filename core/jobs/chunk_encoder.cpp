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
#include <utility>
#include <variant>

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
        : m_layout(layout)
        , m_target(layout.output.tensors[chunk.tensor])
        , m_source(m_target.weights)
        , m_codec(codecFor(m_target.type))
        , m_encodeOptions(m_codec.options(options.encoding))
        , m_options(options)
        , m_chunk(chunk)
        , m_buffers(buffers)
        , m_rowLength(static_cast<std::size_t>(m_target.shape().rowLength()))
        , m_rowBytes(chunk.sizeBytes / chunk.count)
        , m_isVector(m_target.shape().rank() < 2)
    {
    }

    ChunkFigures run(const std::function<bool()>& shouldStop)
    {
        ChunkFigures figures;
        const std::uint64_t batch = std::max<std::uint64_t>(1, batchWeights / m_rowLength);
        for (std::uint64_t first = 0; first < m_chunk.count; first += batch) {
            m_batchFirst = first;
            const std::uint64_t end = std::min(first + batch, m_chunk.count);
            stopIf(shouldStop);
            m_source.decodeRows(m_chunk.first + first, end - first, m_buffers.weights.data());
            for (std::uint64_t row = first; !m_target.isCopy && row < end; ++row)
                checkFinite(row, figures);
            // Blocks do not know of rows: short ones are encoded together, which fills the SIMD lanes.
            const float* const importance = importanceOf(end - first);
            if (copyCalibrated(end - first) < end - first) {
                m_codec.encodeRow(m_buffers.weights.data(), importance, (end - first) * m_rowLength, m_encodeOptions,
                                  m_buffers.bytes.data() + first * m_rowBytes);
                copyCalibrated(end - first);
            }
            for (std::uint64_t row = first; !m_target.isCopy && m_options.measureError && m_codec.canDecode() && row < end; ++row)
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
    /// the next batch mostly needs what the last one had. Experts that become one tensor each have their own, or none.
    const float* importanceOf(std::uint64_t rows)
    {
        m_batchImportance = nullptr;
        if (!m_options.importance || m_target.isCopy)
            return nullptr;
        for (std::uint64_t row = 0; row < rows; ++row) {
            const auto origin = m_target.outputOrigin(m_isVector ? 0 : m_chunk.first + m_batchFirst + row);
            if (!origin)
                return nullptr;
            const TensorImportance& importance = m_options.importance->of(origin->tensor);
            if (importance.isEmpty() && !isPartOfWeightedStack())
                return nullptr;
            const std::pair matrix(origin->tensor, importance.isEmpty() ? 0 : importance.matrixOf(origin->row));
            if (row < m_filled.size() && m_filled[row] == matrix)
                continue;
            float* const factors = m_buffers.importance.data() + row * m_rowLength;
            if (importance.isEmpty())
                std::fill_n(factors, m_rowLength, 1.0f);
            else
                importance.read(origin->row, 0, {factors, m_rowLength});
            m_filled.resize(std::max<std::size_t>(m_filled.size(), row + 1));
            m_filled[row] = matrix;
        }
        m_batchImportance = m_buffers.importance.data();
        return m_batchImportance;
    }

    /// Puts those of @p rows rows from m_batchFirst on that a method has encoded into the bytes. @return how many
    std::uint64_t copyCalibrated(std::uint64_t rows)
    {
        std::uint64_t copied = 0;
        for (std::uint64_t row = 0; m_options.calibrated && !m_target.isCopy && !m_isVector && row < rows; ++row) {
            const auto origin = m_target.outputOrigin(m_chunk.first + m_batchFirst + row);
            if (!origin)
                break;
            if (!m_calibrated || m_calibrated->tensor != origin->tensor)
                m_calibrated = m_options.calibrated->encoded(origin->tensor);
            if (!m_calibrated)
                continue;
            const EncodedTensor& encoded = std::get<EncodedTensor>(m_calibrated->values);
            if (encoded.type != m_target.type || (m_calibrated->turnedInputs > 0) != m_target.turnedRows.has_value() || (origin->row + 1) * m_rowBytes > encoded.bytes.size())
                continue;
            std::memcpy(m_buffers.bytes.data() + (m_batchFirst + row) * m_rowBytes, encoded.bytes.data() + origin->row * m_rowBytes, m_rowBytes);
            ++copied;
        }
        return copied;
    }

    [[nodiscard]] bool isPartOfWeightedStack() const
    {
        return std::any_of(m_target.sources.begin(), m_target.sources.end(),
                           [&](std::size_t source) { return !m_options.importance->of(source).isEmpty(); });
    }

    void measureRow(std::uint64_t row, ChunkFigures& figures)
    {
        const float* const importance = m_batchImportance ? m_batchImportance + (row - m_batchFirst) * m_rowLength : nullptr;
        m_codec.decode(m_buffers.bytes.data() + row * m_rowBytes, m_buffers.rebuilt.data(), m_rowLength);
        figures.error.add(sumsOf(weightsOf(row).data(), m_buffers.rebuilt.data(), m_rowLength, importance));
    }

    /// Names row and column in the source, as the person sees them there.
    [[noreturn]] void failNotFinite(std::uint64_t row, std::size_t column) const
    {
        const float weight = m_buffers.weights[(row - m_batchFirst) * m_rowLength + column];
        const auto origin = m_target.origin(m_isVector ? column : m_chunk.first + row);
        const Model& model = *m_layout.output.source;
        std::uint64_t shownRow = m_isVector ? 0 : m_chunk.first + row;
        std::uint64_t shownColumn = column;
        if (origin)
            (m_isVector ? shownColumn : shownRow) = origin->row;
        const std::string& name = origin ? model.tensors()[origin->tensor].name() : m_target.name();
        throw Error(ErrorKind::BadFormat,
                    fmt::format("the weight at row {}, column {} is {}: a quantized model with it would be useless",
                                shownRow, shownColumn, std::isnan(weight) ? "not a number (NaN)" : "infinite"),
                    {m_source.storage().file()->path(), std::nullopt, name}, nonFiniteAdvice);
    }

    const ExportLayout& m_layout;
    const OutputTensor& m_target;
    const Tensor& m_source; ///< decodes in the order of the output's rows
    const Codec& m_codec;
    const EncodeOptions m_encodeOptions;
    const ChunkOptions& m_options;
    const Chunk& m_chunk;
    ChunkBuffers& m_buffers;
    std::size_t m_rowLength;
    std::uint64_t m_rowBytes;
    bool m_isVector;
    std::vector<std::pair<std::size_t, std::uint64_t>> m_filled; ///< tensor and matrix whose factors stand in each row of the importance buffer
    const float* m_batchImportance = nullptr;
    std::shared_ptr<const QuantizedTensor> m_calibrated; ///< the last one that rows came from
    std::uint64_t m_batchFirst = 0; ///< the row of the chunk that stands first in the buffer
};

} // namespace

std::uint64_t ChunkBuffers::sizeFor(const ChunkList& chunks, bool hasImportance)
{
    // What turns a matrix or reorders a vector holds one more row; it is never longer than the longest.
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
        : layout.output.tensors[chunk.tensor].weights.bytes();
    std::memcpy(buffers.bytes.data(), source.data() + chunk.first, chunk.sizeBytes);
    return {};
}

} // namespace quantlathe
