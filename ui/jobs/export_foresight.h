// SPDX-License-Identifier: GPL-3.0-or-later
// What an export will write, take and meet, told before it starts. Plain functions for a worker thread.
#pragma once

#include "core/convert/engine_formats.h"
#include "core/convert/gguf_output.h"
#include "core/jobs/engine_export.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace quantlathe::ui {

/// What is found out once about a model. Immutable.
struct ExportSource
{
    std::shared_ptr<const FolderContents> contents; ///< null: it cannot become a folder
    std::optional<Error> folderProblem;             ///< why
    std::optional<Error> fileMethodProblem;         ///< why no method can calibrate it for a GGUF ...
    std::optional<Error> folderMethodProblem;       ///< ... or for a folder
};
ExportSource lookAtSource(const std::shared_ptr<const Model>& model);

struct ExportForesight
{
    std::shared_ptr<const GgufOutput> output; ///< of files; does not depend on the target's name
    std::size_t fileCount = 0;
    std::uint64_t totalBytes = 0;
    std::optional<std::uint64_t> freeBytes;   ///< nothing when the folder does not exist
    double roughSeconds = 0;                  ///< of writing
    double roughMethodSeconds = 0;            ///< of the methods before; 0 = none
    bool canResume = false;
    bool replaces = false;                    ///< the target exists
    std::vector<LoadFinding> findings;        ///< that concern the engine, what stands in the way first
    std::optional<Error> problem;
    std::optional<MemoryEstimate> memory;

    [[nodiscard]] bool isBlocked(Engine engine) const;
};

/// @param source of the same model  @param output of an earlier look at the same plan, or null
/// @throws Error when the model cannot become a GGUF at all
ExportForesight foresee(const EngineExport& request, const ExportSource& source, std::shared_ptr<const GgufOutput> output);

} // namespace quantlathe::ui
