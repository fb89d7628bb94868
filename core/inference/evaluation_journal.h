// SPDX-License-Identifier: GPL-3.0-or-later
// Scores of finished windows on disk, so that an evaluation that was stopped or killed goes on.
#pragma once

#include "core/inference/evaluation_result.h"

#include <array>
#include <cstdint>
#include <filesystem>
#include <vector>

namespace quantlathe {

/// How long the vectors of every ChunkScores are, and what the scores are of.
struct EvaluationJournalShape
{
    std::array<std::uint64_t, 2> request{}; ///< hash of what is evaluated
    std::uint64_t scored = 0;
    bool hasOriginal = false;
    std::uint64_t layers = 0;               ///< of layerErrors

    bool operator==(const EvaluationJournalShape&) const = default;
};

/// Scores of the windows 0, 1, 2 ... that @p file holds for @p shape; none when it is missing, damaged or of another request.
std::vector<ChunkScores> readEvaluationJournal(const std::filesystem::path& file, const EvaluationJournalShape& shape);
/// Replaces @p file atomically; makes its folder. @throws Error(AccessDenied, DiskFull, Io)
void writeEvaluationJournal(const std::filesystem::path& file, const EvaluationJournalShape& shape, const std::vector<ChunkScores>& chunks);

} // namespace quantlathe
