// SPDX-License-Identifier: GPL-3.0-or-later
// The bytes of one chunk of the export.
#pragma once

#include "core/analysis/quantization_error.h"
#include "core/jobs/calibrated_tensors.h"
#include "core/jobs/chunks.h"
#include "core/model/importance_match.h"

#include <cstdint>
#include <exception>
#include <functional>
#include <vector>

namespace quantlathe {

/// Buffers for one chunk in flight; reused.
struct ChunkBuffers
{
    std::vector<float> weights;
    std::vector<float> rebuilt; ///< one row, decoded again
    std::vector<float> importance; ///< one factor per weight of `weights`; empty without importance
    std::vector<std::byte> bytes;

    /// Bytes that one set of buffers takes for @p chunks.
    static std::uint64_t sizeFor(const ChunkList& chunks, bool hasImportance);
    void reserveFor(const ChunkList& chunks, bool hasImportance);
};

struct ChunkOptions
{
    bool measureError = true;
    Encoding encoding;
    NonFinite nonFinite = NonFinite::Fail;
    const ImportanceMatch* importance = nullptr; ///< of the source model, or null
    const CalibratedTensors* calibrated = nullptr; ///< rows in it are copied, not encoded; or null
};

/// Over one chunk, in row order; zero for copies.
struct ChunkFigures
{
    ErrorSums error; ///< only with measureError
    ReplacedWeights replaced;
};

/// Fills buffers.bytes with the chunk's sizeBytes bytes.
/// @param shouldStop asked at least once per row
/// @throws Error(BadFormat) naming tensor, row and column at NaN or infinity unless they are clamped; Error(Cancelled) once
/// shouldStop says so
ChunkFigures encodeChunk(const ExportLayout& layout, const Chunk& chunk, const ChunkOptions& options,
                         const std::function<bool()>& shouldStop, ChunkBuffers& buffers);

} // namespace quantlathe
