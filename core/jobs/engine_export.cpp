// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/jobs/engine_export.h"

#include "core/base/error.h"
#include "core/convert/method_source.h"
#include "core/inference/tokenizer/tokenizer.h"

#include <algorithm>
#include <fmt/format.h>

namespace quantlathe {

namespace {

/// The method that most of the plan's matrices have, for descriptions.
Method methodOf(const Plan& plan)
{
    const auto& choices = plan.choices();
    const auto found = std::find_if(choices.begin(), choices.end(), [](const auto& entry) { return entry.second.method != Method::RoundToNearest; });
    return found == choices.end() ? Method::RoundToNearest : found->second.method;
}

void enter(ExportStage stage, const ExportObserver& observer)
{
    if (observer.onStage)
        observer.onStage(stage);
}

} // namespace

const std::shared_ptr<const Model>& EngineExport::model() const
{
    return isFolder() ? std::get<FolderRequest>(work).model : std::get<QuantizeRequest>(work).model;
}

const Plan& EngineExport::plan() const
{
    return isFolder() ? std::get<FolderRequest>(work).plan : std::get<QuantizeRequest>(work).plan;
}

const std::filesystem::path& EngineExport::target() const
{
    return isFolder() ? std::get<FolderRequest>(work).target : std::get<QuantizeRequest>(work).target;
}

std::filesystem::path layerJournal(const std::filesystem::path& target)
{
    std::filesystem::path journal = target;
    journal += ".layers";
    return journal;
}

std::optional<Error> calibrationObstacle(const std::shared_ptr<const Model>& model)
{
    try {
        (void)makeNetwork(model);
        (void)loadTokenizer(*model);
    } catch (const Error& error) {
        return error;
    }
    return std::nullopt;
}

bool canResume(const EngineExport& request)
{
    std::error_code ignored;
    if (needsCalibration(request.plan()) && std::filesystem::exists(layerJournal(request.target()), ignored))
        return true;
    return !request.isFolder() && canResume(std::get<QuantizeRequest>(request.work));
}

EngineExportResult runEngineExport(const EngineExport& request, const ExportObserver& observer, const RunControl& control)
{
    EngineExportResult result;
    std::filesystem::path journal;
    std::optional<QuantizedLayers> layers;
    if (needsCalibration(request.plan())) {
        // What the folder cannot take, and a target that cannot be, are said before the methods work.
        if (const auto* folder = std::get_if<FolderRequest>(&request.work))
            checkFolderRequest(*folder, makeFolderOutput(folderContents(folder->model), folder->plan, folder->options).shards.totalBytes);
        enter(ExportStage::Calibrating, observer);
        journal = layerJournal(request.target());
        MethodOutcome made = runMethods(makeNetwork(request.model()), request.plan(), request.method, journal, request.resume, observer.onLayer, control);
        result.reports = made.layers.reports;
        result.calibration = std::move(made.text);
        layers = std::move(made.layers);
    }
    enter(ExportStage::Writing, observer);
    if (request.isFolder()) {
        FolderRequest folder = std::get<FolderRequest>(request.work);
        if (layers)
            folder.source = std::make_shared<MethodSource>(folder.model, std::move(*layers), fmt::format("method {}, {}", name(methodOf(folder.plan)), result.calibration));
        result.written = runFolderExport(folder, control);
    } else {
        QuantizeRequest file = std::get<QuantizeRequest>(request.work);
        file.resume = request.resume;
        if (layers)
            file.calibrated = layers->journal;
        result.written = runQuantize(file, control);
    }
    if (!journal.empty()) {
        std::error_code ignored; // a file too many is no failed export
        std::filesystem::remove(journal, ignored);
    }
    const auto* file = std::get_if<QuantizeResult>(&result.written);
    result.serving = servingOf(*request.model(), request.plan(), file && !file->files.empty() ? file->files.front() : request.target(), request.serving);
    return result;
}

} // namespace quantlathe
