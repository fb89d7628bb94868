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

/// What a person chose in the dialog, with a snapshot of the document.
struct ExportWish
{
    std::shared_ptr<const Model> model;
    std::shared_ptr<const Plan> plan;       ///< of GGUF's types
    std::shared_ptr<const ImportanceMatch> importance;
    MetadataEdits edits;
    Engine engine = Engine::LlamaCpp;
    FormatSettings format;                  ///< method included
    bool isMixed = false;                   ///< layers get the bits that they have in the plan
    Encoding encoding;
    NonFinite nonFinite = NonFinite::Fail;
    std::filesystem::path target;
    unsigned threads = 0;
    std::uint64_t memoryBytes = 0;
    std::uint64_t partBytes = 0;            ///< 0 = as usual
    MethodSettings method;
    RuntimeSettings runtime;                ///< of the memory panel
    std::vector<Device> devices;

    [[nodiscard]] bool isFolder() const { return format.format != ExportFormat::Gguf; }
};

/// What is found out once about a model and its plan. Immutable.
struct ExportSource
{
    bool hasMixture = false;                        ///< the plan gives layers different bits
    bool isFileQuantized = false;                   ///< the plan quantizes matrices that methods work on
    std::shared_ptr<const FolderContents> contents; ///< null: it cannot become a folder
    std::optional<Error> folderProblem;             ///< why
    std::optional<Error> methodProblem;             ///< why no method can calibrate it
};
ExportSource lookAtSource(const std::shared_ptr<const Model>& model, const Plan& plan);

/// The export that is wished for. @param source of the same model
EngineExport exportFor(const ExportWish& wish, const ExportSource& source);

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
