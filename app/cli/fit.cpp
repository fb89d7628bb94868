// SPDX-License-Identifier: GPL-3.0-or-later
// quantlathe-cli fit FILE --size 38GB: the plan of least damage under a budget.
#include "app/cli/fit_check.h"
#include "app/cli/fit_options.h"
#include "app/cli/table.h"
#include "core/base/text.h"
#include "core/budget/plan_changes.h"
#include "core/formats/open.h"
#include "core/memory/estimate.h"
#include "core/plan/presets.h"
#include "core/plan/recipe.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <memory>

namespace quantlathe::cli {

namespace {

struct Options
{
    std::string file;
    FitOptions fit;
    FitCheckOptions check;
    std::string size;
    std::string bits;
    std::vector<std::string> devices;
    std::string error;
    std::string like;
    std::uint64_t context = RuntimeSettings{}.contextLength;
    std::string keyType = "F16";
    std::string valueType;
    unsigned slots = 1;
    std::string output;
};

double parseDecimal(std::string_view text, const std::string& what)
{
    double value = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failure != std::errc() || end != text.data() + text.size() || !(value > 0) || !std::isfinite(value))
        throw UsageError(fmt::format("'{}' is no {}", printable(text), what));
    return value;
}

/// "3%" (relative RMS error), "0.03", "30dB".
double parseDamage(const std::string& text)
{
    const std::string lower = toLower(text);
    const std::string what = "error limit; examples: 3%, 0.03, 30dB";
    if (lower.ends_with("db"))
        return damageOfDecibels(parseDecimal(std::string_view(lower).substr(0, lower.size() - 2), what));
    if (lower.ends_with('%'))
        return damageOfRelativeRms(parseDecimal(std::string_view(lower).substr(0, lower.size() - 1), what) / 100);
    return damageOfRelativeRms(parseDecimal(lower, what));
}

TensorType parseCacheType(const std::string& text)
{
    const auto type = tensorTypeFromName(text);
    std::string names;
    for (const TensorType offered : cacheTypes()) {
        if (offered == type)
            return offered;
        names += fmt::format("{}{}", names.empty() ? "" : ", ", name(offered));
    }
    throw UsageError(fmt::format("'{}' is no type for the KV cache; there are {}", printable(text), names));
}

const Preset& parsePreset(const std::string& text)
{
    if (const Preset* preset = findPreset(text))
        return *preset;
    throw UsageError(fmt::format("there is no preset '{}'", printable(text)));
}

/// The budget, its words checked before the model is opened.
struct Budget
{
    std::string kind; ///< "size", "bits", "device", "error", "like"
    std::uint64_t bytes = 0;
    double number = 0;
    std::vector<Device> devices;
    RuntimeSettings settings;
    const Preset* preset = nullptr;
};

Budget budgetOf(const Options& options)
{
    Budget budget;
    const int given = !options.size.empty() + !options.bits.empty() + !options.devices.empty() + !options.error.empty() + !options.like.empty();
    if (given != 1)
        throw UsageError("say one budget: --size, --bits, --device, --error or --like");
    if (!options.size.empty()) {
        budget.kind = "size";
        budget.bytes = parseDevice(options.size).totalBytes; // takes "8.5GB" as well
    } else if (!options.bits.empty()) {
        budget.kind = "bits";
        budget.number = parseDecimal(options.bits, "number of bits; an example: 4.5");
    } else if (!options.error.empty()) {
        budget.kind = "error";
        budget.number = parseDamage(options.error);
    } else if (!options.like.empty()) {
        budget.kind = "like";
        budget.preset = &parsePreset(options.like);
    } else {
        budget.kind = "device";
        for (const std::string& device : options.devices)
            budget.devices.push_back(parseDevice(device));
        budget.settings.contextLength = options.context;
        budget.settings.keyCacheType = parseCacheType(options.keyType);
        budget.settings.valueCacheType = options.valueType.empty() ? budget.settings.keyCacheType : parseCacheType(options.valueType);
        budget.settings.sequences = options.slots;
    }
    return budget;
}

FitResult solve(Budget& budget, const FitProblem& problem, const MemoryModel& memory)
{
    if (budget.kind == "bits") {
        budget.bytes = problem.fileBytesFor(budget.number);
        return problem.fitBitsPerWeight(budget.number);
    }
    if (budget.kind == "error")
        return problem.fitDamage(budget.number);
    if (budget.kind == "device")
        budget.bytes = memory.weightBudget(budget.settings, budget.devices);
    else if (budget.kind == "like")
        budget.bytes = memory.estimate(planFromPreset(problem.model(), *budget.preset, {problem.hasImportance(), false, {}}), {}, nullptr).fileBytes;
    return problem.fitBytes(budget.bytes);
}

void printChanges(const PlanChanges& changes)
{
    Table table({"Layer", "Role", ">Up", ">Down", ">Bytes before", ">Bytes after"});
    for (const RoleChange& role : changes.roles)
        table.add({role.layer ? fmt::format("{}", *role.layer) : "-", std::string(label(role.role)), fmt::format("{}", role.up),
                   fmt::format("{}", role.down), fmt::format("{}", role.before.bytes), fmt::format("{}", role.after.bytes)});
    print(table.text());
}

void run(const Invocation& invocation, const Options& options)
{
    options.fit.check();
    options.check.check();
    Budget budget = budgetOf(options);
    const auto model = openModel(options.file);
    const auto importance = options.fit.importanceFor(model);
    const FitConstraints constraints = options.fit.constraintsFor(*model, importance.get());
    const Plan base = options.fit.baseFor(*model, importance.get());
    std::vector<Plan> compared{base};
    if (budget.preset)
        compared.push_back(planFromPreset(*model, *budget.preset, {importance != nullptr, false, {}}));
    const DamageWeights weights = options.fit.weightsFor(*model, importance.get());
    const ErrorTable errors = options.fit.errorsFor(model, constraints, compared, base.encoding, importance.get(), invocation);
    const auto memory = memoryModelFor(model);
    const FitMeasure measure = budget.kind == "device" ? FitMeasure::DeviceBytes : FitMeasure::FileBytes;
    const FitProblem problem(model, memory, errors, weights, constraints, base, measure);
    FitResult fit = solve(budget, problem, *memory);
    const auto check = checkFits(options.check, {model, memory, errors, weights, constraints, base, importance, measure}, problem,
                                 measure == FitMeasure::DeviceBytes ? budget.bytes : std::max(budget.bytes, fit.fileBytes), options.fit.threads(),
                                 invocation);
    if (check) {
        const double lowerBound = fit.lowerBound;
        fit = problem.evaluate(check->plans[check->best].candidate.plan).value_or(fit);
        fit.lowerBound = std::min(lowerBound, fit.damage);
    }
    if (!options.output.empty())
        saveRecipe(options.output, fit.plan, *model, importance ? importance->importance().get() : nullptr);
    const std::optional<FitResult> like = budget.preset ? problem.evaluate(compared.back()) : std::nullopt;
    const bool isFileExact = memory->estimate(fit.plan, {}, nullptr).isFileExact;

    if (invocation.json) {
        Json tensors = Json::array();
        for (std::size_t index = 0; index < model->tensors().size(); ++index) {
            const EffectiveChoice choice = effectiveChoice(*model, index, fit.plan);
            const auto damage = damageOf(*model, errors, weights, index, choice.type);
            tensors.push_back({{"name", model->tensors()[index].name()},
                               {"type", name(choice.type)},
                               {"bytes", choice.sizeBytes},
                               {"damage", damage ? number(*damage) : Json(nullptr)}});
        }
        Json json{{"path", model->path().string()},
                  {"budget", {{"kind", budget.kind}, {"bytes", budget.kind == "error" ? Json(nullptr) : Json(budget.bytes)}}},
                  {"isFileExact", isFileExact}};
        json.update(toJson(fit, weights));
        json["lowerBound"] = number(fit.lowerBound);
        json["gap"] = number(fit.gap());
        json["smallestBytes"] = problem.smallestBytes();
        if (like)
            json["like"] = {{"preset", budget.preset->id}, {"fileBytes", like->fileBytes}, {"damage", number(like->damage)}};
        if (check)
            json["check"] = toJson(*check, options.check);
        json["recipe"] = options.output.empty() ? Json(nullptr) : Json(options.output);
        json["tensors"] = std::move(tensors);
        print(json);
        return;
    }
    printChanges(comparePlans(*model, base, fit.plan, errors, weights));
    print(fmt::format("\nFile {} ({} bytes{}), {:.3f} bits per weight; weights on a device {}", formatBytes(fit.fileBytes), fit.fileBytes,
                      isFileExact ? "" : ", without its header", fit.bitsPerWeight, formatBytes(fit.deviceBytes)));
    if (budget.bytes > 0 && budget.kind != "error") {
        const std::uint64_t used = budget.kind == "device" ? fit.deviceBytes : fit.fileBytes;
        print(fmt::format("Budget {} bytes, {} left", budget.bytes, budget.bytes - used));
    }
    print(fmt::format("Damage {}{}: {}{}{}; at most {:.3g} % above the best possible", damageText(fit.damage),
                      fit.isSampled ? ", estimated from samples" : "", weights.isProxy ? "a proxy by role and place" : "by measured sensitivities",
                      importance ? ", with importance-weighted errors" : "", predictionText(fit.damage, weights), 100 * fit.gap()));
    if (like)
        print(fmt::format("{} has {} at {} bytes", budget.preset->id, damageText(like->damage), like->fileBytes));
    if (check)
        printCheck(*check);
    if (!options.output.empty())
        print(fmt::format("Recipe saved as {}", printable(options.output, longestPath)));
}

} // namespace

void addFit(CLI::App& app, Invocation& invocation)
{
    const auto options = std::make_shared<Options>();
    CLI::App* command = addCommand(app, invocation, "fit", "Choose the types of least damage under a size, device or error budget",
                                   [&invocation, options] { run(invocation, *options); });
    command->add_option("FILE", options->file, "GGUF file, safetensors file or Hugging Face folder")->required();
    command->add_option("--size", options->size, "Largest file, such as 38GB (powers of 1000) or 35GiB (powers of 1024)")->type_name("SIZE");
    command->add_option("--bits", options->bits, "Most bits per weight, such as 4.5")->type_name("BITS");
    command->add_option("--device", options->devices, "Weights must fit on this device beside the KV cache; may be repeated")->type_name("NAME");
    command->add_option("--error", options->error, "Largest damage, such as 3% (relative RMS error) or 30dB; the smallest file is sought")
        ->type_name("LIMIT");
    command->add_option("--like", options->like, "As large as this preset of llama.cpp makes the file")->type_name("PRESET");
    addNumber(command, "--ctx", options->context, "With --device: context length in tokens; 0 = the model's own maximum", 0, std::uint64_t{1} << 32)
        ->type_name("N");
    command->add_option("--kv-type-k", options->keyType, "With --device: type of the KV cache's keys")->type_name("TYPE");
    command->add_option("--kv-type-v", options->valueType, "With --device: type of its values; default: as the keys")->type_name("TYPE");
    addNumber(command, "--slots", options->slots, "With --device: parallel sequences", 1, 65536)->type_name("N");
    options->fit.add(command);
    options->check.add(command);
    command->add_option("-o,--output", options->output, "Where to save the recipe (JSON)")->type_name("FILE");
}

} // namespace quantlathe::cli
