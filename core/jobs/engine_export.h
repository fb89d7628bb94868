// SPDX-License-Identifier: GPL-3.0-or-later
// An export from beginning to end, for any engine: methods that calibrate first, then the file or folder, then how it is served.
#pragma once

#include "core/jobs/folder_job.h"
#include "core/jobs/quantize_job.h"
#include "core/jobs/serving.h"
#include "core/methods/method_run.h"

#include <functional>
#include <variant>

namespace quantlathe {

struct EngineExport
{
    /// QuantizeRequest::calibrated and FolderRequest::source are made here where the plan has methods.
    std::variant<QuantizeRequest, FolderRequest> work;
    MethodSettings method;
    ServingWish serving;

    [[nodiscard]] bool isFolder() const { return work.index() == 1; }
    [[nodiscard]] const std::shared_ptr<const Model>& model() const;
    [[nodiscard]] const Plan& plan() const;
    [[nodiscard]] const std::filesystem::path& target() const;
    /// Go on with an interrupted run of the same export: its finished layers and, for files, what was written.
    bool resume = false;
};

struct EngineExportResult
{
    std::variant<QuantizeResult, FolderResult> written;
    std::vector<MatrixReport> reports; ///< of the methods, in the order of the layers
    std::string calibration;           ///< "calibrated on 128 windows of 512 tokens"; empty without methods
    Serving serving;

    [[nodiscard]] bool isFolder() const { return written.index() == 1; }
};

enum class ExportStage {
    Calibrating, ///< progress in estimated operations
    Writing      ///< progress in bytes: of output, of folders twice (written, then verified)
};

/// All may be empty; called on the thread that runs the export.
struct ExportObserver
{
    std::function<void(ExportStage)> onStage;
    std::function<void(const LayerReport&)> onLayer;
};

/// Where finished layers lie beside the target until it is complete.
std::filesystem::path layerJournal(const std::filesystem::path& target);

/// Why methods cannot calibrate @p model: no forward pass for it, or no tokenizer. Reads headers and the tokenizer. Nothing where they can.
std::optional<Error> calibrationObstacle(const std::shared_ptr<const Model>& model);

/// True when an interrupted run of the same export left something to go on from.
bool canResume(const EngineExport& request);

/// @throws as runMethods(), runQuantize(), checkFolderRequest() and runFolderExport()
EngineExportResult runEngineExport(const EngineExport& request, const ExportObserver& observer, const RunControl& control);

} // namespace quantlathe
