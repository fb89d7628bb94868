// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/jobs/export_foresight.h"

#include "core/convert/export_folder.h"
#include "core/methods/scheme_plan.h"
#include "ui/jobs/expected_time.h"

#include <algorithm>

namespace quantlathe::ui {

namespace {

namespace fs = std::filesystem;

/// Types alone: what methods make of them does not exist yet, and changes neither sizes nor names.
Plan withoutMethods(Plan plan)
{
    const auto choices = plan.choices();
    for (const auto& [tensor, choice] : choices) {
        Choice rounded = choice;
        rounded.method = Method::RoundToNearest;
        plan.setChoice(tensor, rounded);
    }
    return plan;
}

Plan filePlan(const ExportWish& wish)
{
    Plan plan = *wish.plan;
    plan.encoding = wish.encoding;
    if (wish.format.method != Method::RoundToNearest)
        return withMethod(*wish.model, std::move(plan), wish.format.method);
    return needsCalibration(plan) ? withoutMethods(std::move(plan)) : plan;
}

void foreseeFile(ExportForesight& foresight, const EngineExport& request, std::shared_ptr<const GgufOutput> output)
{
    QuantizeRequest file = std::get<QuantizeRequest>(request.work);
    file.plan = withoutMethods(std::move(file.plan));
    foresight.output = output ? std::move(output) : std::make_shared<const GgufOutput>(makeGgufOutput(file.model, file.plan, file.edits, file.importance.get()));
    const ExportLayout layout = layoutExport(*foresight.output, file.target, file.splitBytes);
    foresight.fileCount = layout.files.size();
    foresight.totalBytes = layout.totalBytes;
    foresight.roughSeconds = roughSeconds(*foresight.output, file.threads, file.plan.encoding.effort);
    std::error_code error;
    for (const ExportFile& written : layout.files)
        foresight.replaces |= fs::exists(written.path, error);
    file.resume = canResume(file); // the space of what is there already counts
    checkRequest(file, layout);
}

void foreseeFolder(ExportForesight& foresight, const EngineExport& request, const ExportSource& source)
{
    if (!source.contents)
        throw *source.folderProblem;
    const FolderRequest& folder = std::get<FolderRequest>(request.work);
    foresight.findings = checkLoadRules(*source.contents, folder.plan, folder.options);
    std::erase_if(foresight.findings, [&](const LoadFinding& finding) { return finding.verdict != LoadVerdict::Impossible && !concerns(finding, request.serving.engine); });
    std::stable_sort(foresight.findings.begin(), foresight.findings.end(),
                     [](const LoadFinding& a, const LoadFinding& b) { return static_cast<int>(a.verdict) < static_cast<int>(b.verdict); });
    if (std::none_of(foresight.findings.begin(), foresight.findings.end(), [](const LoadFinding& finding) { return finding.verdict == LoadVerdict::Impossible; })) {
        const FolderOutput output = makeFolderOutput(*source.contents, folder.plan, folder.options);
        foresight.fileCount = output.shards.shards.size();
        foresight.totalBytes = output.shards.totalBytes;
        foresight.roughSeconds = roughFolderSeconds(output, folder.threads);
    }
    checkFolderRequest(folder, foresight.totalBytes);
}

} // namespace

ExportSource lookAtSource(const std::shared_ptr<const Model>& model, const Plan& plan)
{
    ExportSource source;
    source.hasMixture = hasMixedBits(*model, plan);
    source.isFileQuantized = needsCalibration(withMethod(*model, plan, Method::Gptq));
    try {
        source.contents = std::make_shared<const FolderContents>(folderContents(model));
    } catch (const Error& error) {
        source.folderProblem = error;
    }
    source.methodProblem = calibrationObstacle(model);
    return source;
}

EngineExport exportFor(const ExportWish& wish, const ExportSource& source)
{
    EngineExport request;
    if (wish.isFolder()) {
        FolderRequest folder;
        folder.model = wish.model;
        folder.plan.target = targetOf(wish.format.format);
        if (source.contents)
            folder.plan = folderPlan(*source.contents, wish.format, factsOf(wish.format.format, wish.engine), wish.isMixed ? wish.plan.get() : nullptr);
        folder.options = folderOptions(wish.format);
        if (wish.partBytes > 0)
            folder.options.shardBytes = wish.partBytes;
        folder.target = wish.target;
        folder.threads = wish.threads;
        request.work = std::move(folder);
    } else {
        QuantizeRequest file;
        file.model = wish.model;
        file.plan = filePlan(wish);
        file.importance = wish.importance;
        file.edits = wish.edits;
        file.nonFinite = wish.nonFinite;
        file.target = wish.target;
        file.threads = wish.threads;
        file.maximumMemoryBytes = wish.memoryBytes;
        file.splitBytes = wish.partBytes;
        request.work = std::move(file);
    }
    request.method = wish.method;
    request.method.layers.threads = wish.threads;
    // What was set up in the memory panel, for the program that it is about; for others its context.
    request.serving = {wish.engine, servingSettings(wish.engine, *wish.model, wish.runtime.contextLength), wish.devices};
    if (wish.runtime.runner == request.serving.settings.runner) {
        const std::uint64_t context = request.serving.settings.contextLength;
        request.serving.settings = wish.runtime;
        request.serving.settings.contextLength = context;
    }
    return request;
}

bool ExportForesight::isBlocked(Engine engine) const
{
    return problem || std::any_of(findings.begin(), findings.end(), [engine](const LoadFinding& finding) { return standsInTheWay(finding, engine); });
}

ExportForesight foresee(const EngineExport& request, const ExportSource& source, std::shared_ptr<const GgufOutput> output)
{
    ExportForesight foresight;
    std::error_code error;
    const fs::path folder = request.target().parent_path();
    if (const auto space = fs::space(folder, error); !error)
        foresight.freeBytes = space.available;
    foresight.canResume = canResume(request);
    foresight.roughMethodSeconds = roughMethodSeconds(*request.model(), request.plan(), request.method);
    foresight.memory = servingOf(*request.model(), request.plan(), request.target(), request.serving).memory;
    try {
        if (request.isFolder())
            foreseeFolder(foresight, request, source);
        else
            foreseeFile(foresight, request, std::move(output));
    } catch (const Error& problem) {
        if (!request.isFolder() && !foresight.output)
            throw;
        foresight.problem = problem;
    }
    return foresight;
}

} // namespace quantlathe::ui
