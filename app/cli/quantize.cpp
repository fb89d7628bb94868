// SPDX-License-Identifier: GPL-3.0-or-later
// quantlathe-cli quantize IN OUT (--plan recipe.json | --preset P | --type T): write a GGUF; with --to a folder for another engine.
#include "app/cli/adapter_options.h"
#include "app/cli/console_progress.h"
#include "app/cli/folder_export.h"
#include "app/cli/importance_report.h"
#include "app/cli/metadata_options.h"
#include "app/cli/method_options.h"
#include "app/cli/model_json.h"
#include "app/cli/plan_options.h"
#include "app/cli/invocation.h"
#include "app/cli/serving_options.h"
#include "app/cli/table.h"
#include "core/base/text.h"
#include "core/jobs/engine_export.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <memory>
#include <optional>

namespace quantlathe::cli {

namespace {

struct Options
{
    std::string input;
    std::string output;
    AdapterOptions adapters;
    PlanOptions plan;
    FolderExport folder;
    MethodOptions method;
    MetadataOptions edits;
    ServingOptions serving;
    unsigned threads = 0;
    std::uint64_t maximumMemoryMiB = 0; ///< 0: the default
    std::string splitSize;
    bool resume = false;
    bool noError = false;
    NonFinite nonFinite = NonFinite::Fail;

    [[nodiscard]] std::uint64_t memoryBytes() const
    {
        // Methods keep what reaches the layers; with less memory they compute it again.
        const std::uint64_t ownMiB = method.isGiven() ? 3584 : 1024;
        return (maximumMemoryMiB != 0 ? maximumMemoryMiB : ownMiB) << 20;
    }
};

Json toJson(const QuantizeResult& result, Json importance)
{
    Json files = Json::array();
    for (const auto& file : result.files)
        files.push_back(file.string());
    Json tensors = Json::array();
    for (const TensorResult& tensor : result.tensors) {
        Json json{{"name", tensor.name},
                  {"sourceType", name(tensor.sourceType)},
                  {"type", name(tensor.type)},
                  {"bytes", tensor.sizeBytes},
                  {"isCopy", tensor.isCopy},
                  {"isWeighted", tensor.isWeighted},
                  {"isCalibrated", tensor.isCalibrated}};
        if (tensor.error.weights > 0)
            addError(json, tensor.error);
        addReplaced(json, tensor.replaced);
        tensors.push_back(std::move(json));
    }
    Json total = Json::object();
    addError(total, result.error);
    addReplaced(total, result.replaced);
    return {{"files", std::move(files)},
            {"bytes", result.totalBytes},
            {"resumedBytes", result.resumedBytes},
            {"seconds", number(result.seconds)},
            {"encoding", cli::toJson(result.encoding)},
            {"importance", std::move(importance)},
            {"notes", result.notes},
            {"total", std::move(total)},
            {"tensors", std::move(tensors)}};
}

void printResult(const QuantizeResult& result)
{
    struct Sum
    {
        std::size_t tensors = 0;
        std::uint64_t bytes = 0;
        ErrorSums error;
    };
    std::map<TensorType, Sum> types;
    for (const TensorResult& tensor : result.tensors) {
        Sum& sum = types[tensor.type];
        ++sum.tensors;
        sum.bytes += tensor.sizeBytes;
        sum.error.add(tensor.error);
    }
    Table table({"Type", ">Tensors", ">Bytes", ">Rel. RMS error", ">SNR dB"});
    for (const auto& [type, sum] : types) {
        const bool isMeasured = sum.error.weights > 0;
        table.add({std::string(name(type)), fmt::format("{}", sum.tensors), fmt::format("{}", sum.bytes),
                   isMeasured ? shortNumber(sum.error.relativeRms()) : "",
                   isMeasured ? fmt::format("{:.2f}", sum.error.signalToNoiseDb()) : ""});
    }
    print(table.text());
    print(fmt::format("\n{} ({} bytes) in {:.1f} s, effort {}, objective {}{}", formatBytes(result.totalBytes),
                      result.totalBytes, result.seconds, name(result.encoding.effort), objectiveName(result.encoding),
                      result.resumedBytes > 0 ? fmt::format(", {} taken over", formatBytes(result.resumedBytes)) : ""));
    for (const auto& file : result.files)
        print(printable(file.string(), longestPath));
}

/// The stages of an export count different things: each has a line of its own.
class StagedProgress : public Progress
{
public:
    explicit StagedProgress(bool isQuiet) : m_isQuiet(isQuiet) {}
    void enter(ExportStage stage)
    {
        m_line.reset();
        m_line.emplace(m_isQuiet, stage == ExportStage::Calibrating ? ConsoleProgress::Unit::Items : ConsoleProgress::Unit::Bytes);
    }
    void report(std::string_view stage, std::uint64_t done, std::uint64_t total) override
    {
        if (m_line)
            m_line->report(stage, done, total);
    }

private:
    const bool m_isQuiet;
    std::optional<ConsoleProgress> m_line;
};

QuantizeRequest fileRequest(const Invocation& invocation, const Options& options, const std::shared_ptr<const Model>& model)
{
    QuantizeRequest request;
    request.model = model;
    request.importance = options.plan.importanceFor(model);
    request.plan = options.plan.planFor(*model, request.importance.get());
    if (request.plan.target != Target::Gguf) // a recipe of a folder
        return request;
    noteImportance(invocation, request.importance.get(), request.plan);
    request.splitBytes = options.splitSize.empty() ? 0 : parseSize(options.splitSize);
    request.edits = options.edits.editsFor(model->metadata());
    request.target = options.output;
    request.threads = options.threads;
    request.maximumMemoryBytes = options.memoryBytes();
    request.measureError = !options.noError;
    request.nonFinite = options.nonFinite;
    if (options.method.isGiven())
        request.plan = options.method.planFor(*model, request.plan);
    return request;
}

EngineExport exportFor(const Invocation& invocation, const Options& options)
{
    const auto model = options.adapters.open(options.input);
    EngineExport request;
    if (options.folder.isChosen()) {
        request.work = options.folder.request(model, options.folder.plan(folderContents(model), options.method.method()), options.output, options.threads);
    } else {
        QuantizeRequest file = fileRequest(invocation, options, model);
        if (file.plan.target != Target::Gguf)
            request.work = options.folder.request(model, file.plan, options.output, options.threads);
        else
            request.work = std::move(file);
    }
    request.resume = options.resume;
    request.method = options.method.settings(options.threads, options.memoryBytes());
    const auto* folder = std::get_if<FolderRequest>(&request.work);
    request.serving = options.serving.wish(*model, request.plan().target,
                                           folder ? checkLoadRules(folderContents(folder->model), folder->plan, folder->options) : std::vector<LoadFinding>());
    return request;
}

EngineExportResult write(const Invocation& invocation, const EngineExport& request)
{
    StagedProgress progress(invocation.quiet);
    ExportObserver observer;
    observer.onStage = [&](ExportStage stage) { progress.enter(stage); };
    if (!invocation.quiet)
        observer.onLayer = printLayer;
    try {
        return runEngineExport(request, observer, invocation.control(&progress));
    } catch (const Error&) {
        if (!invocation.quiet && canResume(request))
            fmt::print(stderr, "What was written is kept: repeat the command with --resume to continue\n");
        throw;
    }
}

void report(const Invocation& invocation, const EngineExport& request, const EngineExportResult& result)
{
    Json json;
    if (const auto* folder = std::get_if<FolderResult>(&result.written)) {
        if (!invocation.quiet)
            printFindings(*folder);
        if (invocation.json)
            json = cli::toJson(*folder);
        else
            cli::printResult(*folder);
    } else {
        const auto& file = std::get<QuantizeResult>(result.written);
        for (const TensorResult& tensor : file.tensors)
            noteReplaced(tensor.name, tensor.replaced);
        for (const std::string& note : file.notes)
            fmt::print(stderr, "Note: {}\n", note);
        const auto& asked = std::get<QuantizeRequest>(request.work);
        if (invocation.json)
            json = toJson(file, importanceJson(asked.importance.get(), asked.plan));
        else
            printResult(file);
    }
    if (invocation.json) {
        json["serving"] = cli::toJson(result.serving);
        print(json);
    } else {
        print(result.serving);
    }
}

void run(const Invocation& invocation, const Options& options)
{
    if (options.folder.isChosen() && options.plan.isGiven())
        throw UsageError("--to goes with --bits, --group and the like; recipes name their own target");
    options.plan.check(!options.folder.isChosen());
    options.serving.check();
    if (options.folder.isChosen())
        options.method.check();
    else
        options.method.checkForTypes();
    const EngineExport request = exportFor(invocation, options);
    report(invocation, request, write(invocation, request));
}

} // namespace

void addQuantize(CLI::App& app, Invocation& invocation)
{
    const auto options = std::make_shared<Options>();
    CLI::App* command = addCommand(app, invocation, "quantize", "Write a quantized GGUF file, or a folder for another engine",
                                   [&invocation, options] { run(invocation, *options); });
    command->add_option("IN", options->input, "GGUF file, safetensors file or Hugging Face folder")->required();
    command->add_option("OUT", options->output, "GGUF file to write; an existing one is replaced once the new one is complete. With --to a new folder")
        ->required();
    options->adapters.add(command);
    options->plan.add(command, PlanOptions::Recipe::Allowed);
    options->plan.addEncoding(command);
    options->folder.add(command);
    options->plan.addImportance(command);
    options->method.addForTypes(command);
    options->edits.add(command);
    options->serving.add(command);
    addNonFinite(command, options->nonFinite);
    addThreads(command, options->threads);
    addNumber(command, "--max-memory", options->maximumMemoryMiB,
              "Memory to use at most beside the mapped input; default 1024, with --method 3584", 1, std::uint64_t{1} << 24)
        ->type_name("MiB");
    command->add_flag("--resume", options->resume, "Continue an interrupted run of the same command");
    command->add_option("--split-size", options->splitSize, "Write parts of at most this size: 4G, 700M, 2GiB")->type_name("SIZE");
    command->add_flag("--no-error", options->noError, "Do not measure the error: a little faster");
}

} // namespace quantlathe::cli
