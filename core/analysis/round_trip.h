// SPDX-License-Identifier: GPL-3.0-or-later
// Rows of a tensor beside what a type makes of them (or beside another tensor's rows), streamed in small pieces.
#pragma once

#include "core/analysis/non_finite.h"
#include "core/analysis/weight_reader.h"
#include "core/codecs/encode_options.h"
#include "core/model/importance.h"

#include <atomic>
#include <cstdint>
#include <functional>
#include <limits>
#include <mutex>
#include <optional>
#include <vector>

namespace quantlathe {

/// Which rows are measured: all, or evenly spaced ones.
struct RowSelection
{
    std::uint64_t rowCount = 0;
    std::uint64_t selected = 0;

    /// All rows for @p maximumWeights 0, otherwise rows of about that many weights, at least one.
    static RowSelection of(const Shape& shape, std::uint64_t maximumWeights);
    [[nodiscard]] bool isSampled() const { return selected < rowCount; }
    /// The middle of the @p index-th of `selected` equal parts.
    [[nodiscard]] std::uint64_t row(std::uint64_t index) const;
};

/// Remembers the first NaN or infinity in row order, whichever thread finds one first.
class NonFiniteGuard
{
public:
    /// False once an earlier row is known to be bad: the work can be skipped.
    [[nodiscard]] bool isNeeded(std::uint64_t row) const { return row <= m_row.load(std::memory_order_relaxed); }
    /// Looks through part of a row of @p tensor (kept by reference). True when all is finite.
    bool check(const Tensor& tensor, const float* weights, std::size_t count, std::uint64_t row, std::uint64_t column);
    /// @throws Error(BadFormat) naming tensor, row and column when anything was found
    void throwIfFound() const;

private:
    std::mutex m_mutex;
    std::atomic<std::uint64_t> m_row = std::numeric_limits<std::uint64_t>::max();
    const Tensor* m_tensor = nullptr;
    std::uint64_t m_column = 0;
    float m_value = 0;
};

/// Part of a row (mostly all of it), before and after. Valid during the call.
struct RowPiece
{
    std::uint64_t row = 0;
    std::uint64_t column = 0; ///< of the first weight
    const float* original = nullptr; ///< with NonFinite::Clamp as replaced
    const float* rebuilt = nullptr;
    const float* importance = nullptr; ///< one per weight, or null
    std::size_t count = 0;
    ReplacedWeights replaced;
};

/// How rows are quantized.
struct RoundTripOptions
{
    TensorImportance importance; ///< of the tensor, or empty
    Encoding encoding;
    NonFinite nonFinite = NonFinite::Fail;
};

/// Encodes rows of one tensor as one type and decodes them again. Immutable but for the guard; thread-safe.
///
/// Rows are encoded whole. Only rows above a million weights are encoded in pieces, and only without importance: encoders
/// then look at nothing beyond a block (a test of this room holds them to it), so the result is the same. Where infinities
/// are to be replaced such rows are read whole, too: what replaces them comes from the whole row.
class RoundTrip
{
public:
    /// @throws Error(Unsupported, InvalidArgument) when the tensor cannot be decoded, @p type not be encoded, or rows not fit
    RoundTrip(const Tensor& tensor, TensorType type, const RoundTripOptions& options);

    /// Visits the selected rows [begin, end), in order, each row's pieces from left to right. Looks at the stop token
    /// between pieces. Returns early after a NaN or infinity: see guard().
    void visitRows(const RowSelection& rows, std::uint64_t begin, std::uint64_t end, const RunControl& control,
                   const std::function<void(const RowPiece&)>& visit);

    [[nodiscard]] const NonFiniteGuard& guard() const { return m_guard; }

    /// Rows per unit of parallel work, the same for every thread count.
    static std::uint64_t rowsPerRange(const Shape& shape);

private:
    WeightReader m_reader;
    const Codec* m_codec;
    RoundTripOptions m_options;
    EncodeOptions m_encodeOptions;
    NonFiniteGuard m_guard;
};

} // namespace quantlathe
