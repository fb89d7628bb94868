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
#include "app/cli/table.h"
#include "core/base/text.h"
#include "core/jobs/quantize_job.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <memory>

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
    unsigned threads = 0;
    std::uint64_t maximumMemoryMiB = 1024;
    std::string splitSize;
    bool resume = false;
    bool noError = false;
    NonFinite nonFinite = NonFinite::Fail;
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

void run(const Invocation& invocation, const Options& options)
{
    if (options.folder.isChosen() && options.plan.isGiven())
        throw UsageError("--to goes with --bits, --group and the like; recipes name their own target");
    options.plan.check(!options.folder.isChosen());
    if (options.folder.isChosen())
        options.method.check();
    else
        options.method.checkForTypes();
    QuantizeRequest request;
    request.splitBytes = options.splitSize.empty() ? 0 : parseSize(options.splitSize);
    request.model = options.adapters.open(options.input);
    if (options.folder.isChosen()) {
        const Plan plan = options.folder.plan(folderContents(request.model), options.method.method());
        options.folder.run(invocation, request.model, plan, options.output, options.method, options.threads, options.maximumMemoryMiB << 20);
        return;
    }
    request.importance = options.plan.importanceFor(request.model);
    request.plan = options.plan.planFor(*request.model, request.importance.get());
    if (request.plan.target != Target::Gguf) {
        options.folder.run(invocation, request.model, request.plan, options.output, options.method, options.threads, options.maximumMemoryMiB << 20);
        return;
    }
    noteImportance(invocation, request.importance.get(), request.plan);
    request.edits = options.edits.editsFor(request.model->metadata());
    request.target = options.output;
    request.threads = options.threads;
    request.maximumMemoryBytes = options.maximumMemoryMiB << 20;
    request.resume = options.resume;
    request.measureError = !options.noError;
    request.nonFinite = options.nonFinite;
    std::filesystem::path layers;
    const auto& choices = request.plan.choices();
    const bool isCalibrated = std::any_of(choices.begin(), choices.end(), [](const auto& entry) { return entry.second.method != Method::RoundToNearest; });
    if (options.method.isGiven() || isCalibrated) {
        // The finished layers lie beside the target until it is complete: what --resume goes on from.
        layers = options.output + ".layers";
        const auto network = makeNetwork(request.model);
        if (options.method.isGiven())
            request.plan = options.method.planFor(*request.model, request.plan);
        const std::uint64_t memory = options.maximumMemoryMiB << 20;
        request.calibrated = options.method.run(invocation, network, request.plan, {layers, options.resume}, options.threads, memory).layers.journal;
    }
    QuantizeResult result;
    try {
        ConsoleProgress progress(invocation.quiet, ConsoleProgress::Unit::Bytes);
        result = runQuantize(request, invocation.control(&progress));
    } catch (const Error&) {
        if (!invocation.quiet && canResume(request))
            fmt::print(stderr, "What was written is kept: repeat the command with --resume to continue\n");
        throw;
    }
    if (!layers.empty())
        std::filesystem::remove(layers);
    for (const TensorResult& tensor : result.tensors)
        noteReplaced(tensor.name, tensor.replaced);
    for (const std::string& note : result.notes)
        fmt::print(stderr, "Note: {}\n", note);
    if (invocation.json)
        print(toJson(result, importanceJson(request.importance.get(), request.plan)));
    else
        printResult(result);
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
    addNonFinite(command, options->nonFinite);
    addThreads(command, options->threads);
    addNumber(command, "--max-memory", options->maximumMemoryMiB,
              "Memory to use at most beside the mapped input; default 1024", 1, std::uint64_t{1} << 24)
        ->type_name("MiB");
    command->add_flag("--resume", options->resume, "Continue an interrupted run of the same command");
    command->add_option("--split-size", options->splitSize, "Write parts of at most this size: 4G, 700M, 2GiB")->type_name("SIZE");
    command->add_flag("--no-error", options->noError, "Do not measure the error: a little faster");
}

} // namespace quantlathe::cli
