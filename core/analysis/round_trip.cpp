// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/round_trip.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace quantlathe {

namespace {

constexpr std::uint64_t wholeRowWeights = 1u << 20;
constexpr std::uint64_t pieceOfLongRow = 1u << 16;
constexpr std::uint64_t batchWeights = 1u << 14;
constexpr std::uint64_t rangeWeights = 1u << 16;

} // namespace

RowSelection RowSelection::of(const Shape& shape, std::uint64_t maximumWeights)
{
    const std::uint64_t rows = shape.weightCount() == 0 ? 0 : shape.rowCount();
    if (maximumWeights == 0 || rows == 0)
        return {rows, rows};
    return {rows, std::clamp<std::uint64_t>(maximumWeights / shape.rowLength(), 1, rows)};
}

std::uint64_t RowSelection::row(std::uint64_t index) const
{
    // (index + 1/2) * rowCount / selected, without overflow for any row count.
    return static_cast<std::uint64_t>((2 * static_cast<unsigned __int128>(index) + 1) * rowCount / (2 * static_cast<unsigned __int128>(selected)));
}

bool NonFiniteGuard::check(const Tensor& tensor, const float* weights, std::size_t count, std::uint64_t row,
                           std::uint64_t column)
{
    if (kernels::isFinite(weights, count))
        return true;
    const auto bad = std::find_if(weights, weights + count, [](float w) { return !std::isfinite(w); });
    const std::scoped_lock lock(m_mutex);
    // One thread walks a row from left to right and stops here, so a row is found bad once.
    if (row < m_row.load(std::memory_order_relaxed)) {
        m_row.store(row, std::memory_order_relaxed);
        m_tensor = &tensor;
        m_column = column + static_cast<std::uint64_t>(bad - weights);
        m_value = *bad;
    }
    return false;
}

void NonFiniteGuard::throwIfFound() const
{
    const std::uint64_t row = m_row.load();
    if (row == std::numeric_limits<std::uint64_t>::max())
        return;
    throw Error(ErrorKind::BadFormat,
                fmt::format("row {}, column {} holds {}, which no type can quantize", row, m_column,
                            std::isnan(m_value) ? "NaN" : "an infinity"),
                {m_tensor->storage().file()->path(), std::nullopt, m_tensor->name()}, nonFiniteAdvice);
}

RoundTrip::RoundTrip(const Tensor& tensor, TensorType type, const RoundTripOptions& options)
    : m_reader(tensor)
    , m_codec(&codecFor(type))
    , m_options(options)
    , m_encodeOptions(m_codec->options(options.encoding))
{
    const ErrorPlace place{tensor.storage().file()->path(), std::nullopt, tensor.name()};
    if (!m_codec->canEncode() || !m_codec->canDecode())
        throw Error(ErrorKind::Unsupported, fmt::format("{} cannot be written by this version", name(type)), place);
    if (!fitsRow(type, tensor.shape().rowLength()))
        throw Error(ErrorKind::Unsupported,
                    fmt::format("rows of {} weights are no multiple of {}'s block of {}", tensor.shape().rowLength(),
                                name(type), info(type).weightsPerBlock),
                    place);
}

std::uint64_t RoundTrip::rowsPerRange(const Shape& shape)
{
    return std::max<std::uint64_t>(1, rangeWeights / std::max<std::uint64_t>(1, shape.rowLength()));
}

void RoundTrip::visitRows(const RowSelection& rows, std::uint64_t begin, std::uint64_t end, const RunControl& control,
                          const std::function<void(const RowPiece&)>& visit)
{
    const std::uint64_t rowLength = m_reader.tensor().shape().rowLength();
    const bool replaces = m_options.nonFinite == NonFinite::Clamp;
    const bool inPieces = rowLength > wholeRowWeights && m_options.importance.isEmpty() && m_reader.granule() < rowLength && !replaces;
    const std::uint64_t pieceLength = inPieces ? pieceOfLongRow : rowLength;
    ImportanceRows importanceRows(m_options.importance);
    std::vector<float> decoded;
    std::vector<float> replacing;
    std::vector<float> rebuilt;
    std::vector<std::byte> blocks;

    // Several rows are decoded together where they are short and lie side by side.
    std::uint64_t batch = 1;
    if (!rows.isSampled() && rowLength < batchWeights)
        batch = batchWeights / rowLength;

    for (std::uint64_t index = begin; index < end; index += batch) {
        const std::uint64_t firstRow = rows.row(index);
        const std::uint64_t rowsNow = std::min(batch, end - index);
        for (std::uint64_t column = 0; column < rowLength; column += pieceLength) {
            control.throwIfCancelled();
            if (!m_guard.isNeeded(firstRow))
                return;
            const auto length = static_cast<std::size_t>(std::min(pieceLength, rowLength - column));
            const auto total = static_cast<std::size_t>(length * rowsNow);
            const float* original = m_reader.read(firstRow * rowLength + column, total, decoded);
            const std::size_t encodedBytes = *rowBytes(m_codec->type, length); // fits: checked by the constructor
            if (blocks.size() < encodedBytes)
                blocks.resize(encodedBytes);
            if (rebuilt.size() < length)
                rebuilt.resize(length);
            for (std::uint64_t row = 0; row < rowsNow; ++row) {
                const float* weights = original + row * length;
                ReplacedWeights replaced;
                if (replaces && !kernels::isFinite(weights, length)) {
                    replacing.assign(weights, weights + length); // what was read may be the file itself
                    replaced = replaceNonFinite(replacing.data(), length);
                    weights = replacing.data();
                } else if (!replaces && !m_guard.check(m_reader.tensor(), weights, length, firstRow + row, column)) {
                    return;
                }
                control.throwIfCancelled();
                const float* importance = importanceRows.of(firstRow + row);
                m_codec->encodeRow(weights, importance, length, m_encodeOptions, blocks.data());
                m_codec->decode(blocks.data(), rebuilt.data(), length);
                visit({firstRow + row, column, weights, rebuilt.data(), importance, length, replaced});
            }
        }
    }
}

} // namespace quantlathe
