// SPDX-License-Identifier: GPL-3.0-or-later
// quantlathe-cli sensitivity MODEL --text FILE -o FILE: what an error in each tensor does to the model's predictions.
#include "app/cli/calibration_text.h"
#include "app/cli/console_progress.h"
#include "app/cli/importance_report.h"
#include "app/cli/plan_options.h"
#include "app/cli/survey_run.h"
#include "app/cli/table.h"
#include "core/base/text.h"
#include "core/formats/open.h"
#include "core/inference/sensitivity.h"
#include "core/plan/presets.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <memory>
#include <optional>

namespace quantlathe::cli {

namespace {

using State = TensorSensitivity::State;

struct Options
{
    std::string file;
    CalibrationTextOptions text;
    PlanOptions plan;
    std::string probe = "Q3_K";
    std::string unit = "tensor";
    std::string time;
    std::string output;
    bool resume = false;
    bool csv = false;
    unsigned threads = 0;
};

/// "90", "90s", "10m", "1.5h".
std::chrono::duration<double> parseTime(const std::string& text)
{
    double value = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
    const double seconds = unit.empty() || unit == "s" ? 1 : unit == "m" ? 60 : unit == "h" ? 3600 : 0;
    if (failure != std::errc() || !(value > 0) || !std::isfinite(value) || seconds == 0 || value * seconds > 1e8)
        throw UsageError(fmt::format("'{}' is no time; examples: 90s, 10m, 2h", printable(text)));
    return std::chrono::duration<double>(value * seconds);
}

SensitivityUnit parseUnit(const std::string& text)
{
    if (const auto unit = sensitivityUnitFromName(toLower(text)))
        return *unit;
    throw UsageError(fmt::format("'{}' is nothing to measure by; there are tensor, role, layer", printable(text)));
}

/// What an earlier run left: its journal, or a result in which something is estimated.
std::optional<Sensitivities> earlier(const Options& options, const Model& model)
{
    for (const std::filesystem::path& file : {journalFor(options.output), std::filesystem::path(options.output)}) {
        std::error_code failure;
        if (!std::filesystem::exists(file, failure))
            continue;
        try {
            return loadSensitivities(file, model);
        } catch (const Error& error) {
            fmt::print(stderr, "note: nothing is taken over: {}\n", error.what());
        }
    }
    return std::nullopt;
}

std::string csvOf(const Sensitivities& result, const Model& model)
{
    std::string text = "tensor,role,layer,probe,kl,klStandardError,relativeSquared,weight,isMeasured";
    for (std::size_t index = 0; index < result.tensors.size(); ++index) {
        const TensorSensitivity& one = result.tensors[index];
        if (one.state == State::None)
            continue;
        const TensorPlace& place = model.place(index);
        text += fmt::format("\n{},{},{},{},{:.9g},{:.9g},{:.9g},{:.9g},{:d}", csvField(model.tensors()[index].name()), name(place.role),
                            place.layer ? fmt::to_string(*place.layer) : "", name(one.probe), one.kl, one.klStandardError, one.relativeSquared,
                            one.weight, one.state == State::Measured);
    }
    return text;
}

Json jsonOf(const Sensitivities& result, const Model& model, double seconds)
{
    Json tensors = Json::array();
    for (std::size_t index = 0; index < result.tensors.size(); ++index) {
        const TensorSensitivity& one = result.tensors[index];
        if (one.state == State::None)
            continue;
        const TensorPlace& place = model.place(index);
        tensors.push_back({{"name", model.tensors()[index].name()},
                           {"role", name(place.role)},
                           {"layer", place.layer ? Json(*place.layer) : Json(nullptr)},
                           {"probe", name(one.probe)},
                           {"kl", one.kl},
                           {"klStandardError", one.klStandardError},
                           {"relativeSquared", one.relativeSquared},
                           {"weight", one.weight},
                           {"isMeasured", one.state == State::Measured}});
    }
    return Json{{"path", model.path().string()}, {"text", result.text}, {"context", result.context}, {"chunks", result.chunks},
                {"tokens", result.tokens}, {"probe", name(result.probe)}, {"isOfPlan", result.isOfPlan}, {"unit", name(result.unit)},
                {"measured", result.count(State::Measured)}, {"estimated", result.count(State::Estimated)}, {"seconds", seconds},
                {"tensors", std::move(tensors)}};
}

void printTable(const Sensitivities& result, const Model& model)
{
    std::vector<std::size_t> order;
    for (std::size_t index = 0; index < result.tensors.size(); ++index) {
        if (result.tensors[index].state != State::None)
            order.push_back(index);
    }
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return result.tensors[a].kl > result.tensors[b].kl; });
    Table table({"Tensor", "Probe", ">KL divergence", ">Standard error", ">Relative squared error", ">KL per squared error"});
    for (const std::size_t index : order) {
        const TensorSensitivity& one = result.tensors[index];
        const bool isMeasured = one.state == State::Measured;
        table.add({printable(model.tensors()[index].name()), std::string(name(one.probe)), fmt::format("{}{:.6f}", isMeasured ? "" : "~", one.kl),
                   isMeasured ? fmt::format("{:.6f}", one.klStandardError) : "", fmt::format("{:.5f}", one.relativeSquared),
                   fmt::format("{:.4g}", one.weight)});
    }
    print(table.text());
}

void run(const Invocation& invocation, const Options& options)
{
    options.plan.check(false);
    if (options.csv && invocation.json)
        throw UsageError("--csv and --json exclude each other");
    if (options.resume && options.output.empty())
        throw UsageError("--resume needs -o: what is continued lies beside the output");
    SensitivityOptions settings;
    settings.unit = parseUnit(options.unit);
    settings.probe = parseType(options.probe);
    settings.threads = options.threads;
    settings.memoryBytes = options.text.memoryBytes();
    if (!options.time.empty())
        settings.timeBudget = parseTime(options.time);
    const auto begin = std::chrono::steady_clock::now();
    const auto model = openModel(options.file);
    const auto importance = options.plan.importanceFor(model);
    const Plan plan = options.plan.planFor(*model, importance.get());
    settings.encoding = plan.encoding;
    settings.importance = importance;
    if (options.plan.isGiven())
        settings.plan = plan;
    const Plan probes = options.plan.isGiven() ? plan : planFromType(*model, settings.probe);
    noteImportance(invocation, importance.get(), probes);
    const ModelText modelText = options.text.textFor(model);
    const SensitivityText text{options.text.name(), modelText.windows.batch(0, modelText.windows.count())};
    const std::optional<Sensitivities> known = options.resume ? earlier(options, *model) : std::nullopt;
    SensitivityObserver observer;
    if (!options.output.empty())
        observer = [&](const Sensitivities& sofar) { saveSensitivities(journalFor(options.output), sofar, *model); };
    Sensitivities result;
    try {
        ConsoleProgress progress(invocation.quiet, ConsoleProgress::Unit::Items);
        result = measureSensitivities(modelText.network, text, settings, known ? &*known : nullptr, observer, invocation.control(&progress));
    } catch (const Error&) {
        std::error_code failure;
        if (!invocation.quiet && !options.output.empty() && std::filesystem::exists(journalFor(options.output), failure))
            fmt::print(stderr, "What was measured is kept: repeat the command with --resume to continue\n");
        throw;
    }
    if (!options.output.empty()) {
        saveSensitivities(options.output, result, *model);
        std::error_code ignored;
        std::filesystem::remove(journalFor(options.output), ignored);
    }
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();

    if (invocation.json) {
        Json json = jsonOf(result, *model, seconds);
        json["importance"] = importanceJson(importance.get(), probes);
        print(json);
        return;
    }
    if (options.csv) {
        print(csvOf(result, *model));
        return;
    }
    printTable(result, *model);
    print(fmt::format("\n{} tensors measured, {} estimated (~), {} predictions of {} windows, {:.1f} s{}", result.count(State::Measured),
                      result.count(State::Estimated), result.tokens, result.chunks, seconds,
                      options.output.empty() ? "" : ": " + printable(options.output, longestPath)));
}

} // namespace

void addSensitivity(CLI::App& app, Invocation& invocation)
{
    const auto options = std::make_shared<Options>();
    options->text.chunks = 16;
    CLI::App* command = addCommand(app, invocation, "sensitivity", "Measure what an error in each tensor does to the model's predictions",
                                   [&invocation, options] { run(invocation, *options); });
    command->add_option("MODEL", options->file, "GGUF file or Hugging Face folder")->required();
    options->text.add(command, true);
    command->add_option("-o,--output", options->output, "Where to save the figures (JSON), for fit, curve and map")->type_name("FILE");
    command->add_option("--probe", options->probe, "What each tensor is quantized to; default Q3_K")->type_name("TYPE");
    command->add_option("--unit", options->unit, "What is quantized at once: tensor (default), role or layer")->type_name("UNIT");
    command->add_option("--time", options->time, "Time to spend: 90s, 10m, 2h; what is expected to matter comes first, the rest is estimated")
        ->type_name("TIME");
    command->add_flag("--resume", options->resume, "Continue an interrupted run, or measure what an earlier one estimated");
    command->add_flag("--csv", options->csv, "One line per tensor");
    options->plan.add(command, PlanOptions::Recipe::Allowed);
    options->plan.addEncoding(command);
    options->plan.addImportance(command);
    addThreads(command, options->threads);
}

} // namespace quantlathe::cli
