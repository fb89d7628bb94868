// SPDX-License-Identifier: GPL-3.0-or-later
// quantlathe-cli map FILE [--measure M] [--preset P ...]: the model as a grid, one row per layer, one column per role.
#include "app/cli/invocation.h"
#include "app/cli/model_json.h"
#include "app/cli/plan_options.h"
#include "app/cli/survey_run.h"
#include "app/cli/table.h"
#include "core/analysis/layer_map.h"
#include "core/base/text.h"
#include "core/formats/open.h"

#include <fmt/format.h>
#include <memory>

namespace quantlathe::cli {

namespace {

struct Options
{
    std::string file;
    PlanOptions plan;
    SurveyOptions survey;
    std::string measure = "relative-rms";
    std::string sensitivity;
    bool csv = false;
};

/// One field, in the order of the output: outside the layers first.
struct Entry
{
    std::optional<int> layer;
    TensorRole role{};
    const std::vector<std::size_t>* tensors = nullptr;
    MapValue value;
};

std::string valueText(const MapValue& value, MapMeasure measure)
{
    if (!value.isKnown())
        return value.quality == PairError::Quality::Failed ? "failed" : "-";
    const char* about = value.quality == PairError::Quality::Sampled ? "~" : "";
    switch (measure) {
    case MapMeasure::RelativeRms:
    case MapMeasure::WeightedRms:
    case MapMeasure::OutlierShare:
        return fmt::format("{}{:.3g}%", about, 100 * value.value);
    case MapMeasure::Sensitivity:
        return fmt::format("{}{:.3g}", about, value.value);
    case MapMeasure::Bytes:
        return formatBytes(static_cast<std::uint64_t>(value.value));
    default:
        return fmt::format("{}{:.3g}", about, value.value);
    }
}

void printTable(const std::vector<Entry>& entries, const LayerGrid& grid, MapMeasure measure)
{
    std::string text;
    for (const Entry& entry : entries) {
        if (!entry.layer)
            text += fmt::format("{}: {}\n", name(entry.role), valueText(entry.value, measure));
    }
    std::vector<std::string> titles{">Layer"};
    for (const TensorRole role : grid.roles)
        titles.push_back(">" + std::string(name(role)));
    Table table(std::move(titles));
    for (std::size_t row = 0; row < grid.layers.size(); ++row) {
        std::vector<std::string> cells{fmt::to_string(grid.layers[row])};
        for (const TensorRole role : grid.roles) {
            const auto found = std::find_if(entries.begin(), entries.end(), [&](const Entry& entry) {
                return entry.layer == grid.layers[row] && entry.role == role;
            });
            cells.push_back(found == entries.end() ? "" : valueText(found->value, measure));
        }
        table.add(std::move(cells));
    }
    if (!grid.layers.empty())
        text += table.text();
    print(text);
}

void run(const Invocation& invocation, const Options& options)
{
    const auto measureShown = mapMeasureFromName(options.measure);
    if (!measureShown) {
        std::string names;
        for (const MapMeasure one : allMapMeasures())
            names += fmt::format("{}{}", names.empty() ? "" : ", ", name(one));
        throw UsageError(fmt::format("'{}' is no measure of the map; there are {}", printable(options.measure), names));
    }
    const bool isSensitivity = *measureShown == MapMeasure::Sensitivity;
    if (isSensitivity == options.sensitivity.empty())
        throw UsageError("--measure sensitivity and --sensitivity FILE go together");
    if (options.csv && invocation.json)
        throw UsageError("--csv and --json exclude each other");
    options.plan.check(false);
    const std::shared_ptr<const Model> model = openModel(options.file);
    const auto importance = options.plan.importanceFor(model);
    const Plan plan = options.plan.planFor(*model, importance.get());
    if (*measureShown == MapMeasure::WeightedRms && !importance)
        throw UsageError("the measure weighted-rms needs --imatrix");
    const LayerGrid grid(*model);
    std::vector<TensorType> types;
    std::vector<std::vector<TensorType>> needed(model->tensors().size());
    for (std::size_t index = 0; index < model->tensors().size(); ++index)
        types.push_back(effectiveChoice(*model, index, plan).type);
    std::vector<Entry> entries;
    for (std::size_t column = 0; column < grid.outsideRoles.size(); ++column)
        entries.push_back({std::nullopt, grid.outsideRoles[column], &grid.outsideFields[column], {}});
    for (std::size_t row = 0; row < grid.layers.size(); ++row) {
        for (std::size_t column = 0; column < grid.roles.size(); ++column) {
            if (!grid.field(row, column).empty())
                entries.push_back({grid.layers[row], grid.roles[column], &grid.field(row, column), {}});
        }
    }
    const bool needsError = *measureShown == MapMeasure::RelativeRms || *measureShown == MapMeasure::WeightedRms
        || *measureShown == MapMeasure::SignalToNoise;
    for (const Entry& entry : entries) {
        for (const std::size_t tensor : *entry.tensors) {
            if (needsError)
                needed[tensor] = {types[tensor]};
        }
    }
    ErrorSurvey survey(model, needed);
    if (!isSensitivity && *measureShown != MapMeasure::BitsPerWeight && *measureShown != MapMeasure::Bytes)
        quantlathe::cli::measure(invocation, options.survey, model, plan.encoding, importance.get(), survey);
    const std::optional<Sensitivities> sensitivities
        = isSensitivity ? std::optional(loadSensitivities(options.sensitivity, *model)) : std::nullopt;
    for (Entry& entry : entries)
        entry.value = sensitivities ? sensitivityValue(*sensitivities, *entry.tensors) : mapValue(*model, survey, *entry.tensors, types, *measureShown);

    if (invocation.json) {
        Json list = Json::array();
        for (const Entry& entry : entries) {
            Json names = Json::array();
            for (const std::size_t tensor : *entry.tensors)
                names.push_back(model->tensors()[tensor].name());
            list.push_back(Json{{"layer", entry.layer ? Json(*entry.layer) : Json()}, {"role", name(entry.role)}, {"quality", name(entry.value.quality)},
                                {"value", number(entry.value.value)}, {"interval95", Json::array({number(entry.value.low), number(entry.value.high)})},
                                {"tensors", std::move(names)}});
        }
        print(Json{{"path", model->path().string()}, {"measure", name(*measureShown)}, {"fields", std::move(list)}});
    } else if (options.csv) {
        std::string text = "layer,role,measure,value,low,high,quality";
        for (const Entry& entry : entries)
            text += fmt::format("\n{},{},{},{:.9g},{:.9g},{:.9g},{}", entry.layer ? fmt::to_string(*entry.layer) : "", name(entry.role),
                                name(*measureShown), entry.value.value, entry.value.low, entry.value.high, name(entry.value.quality));
        print(text);
    } else {
        printTable(entries, grid, *measureShown);
    }
}

} // namespace

void addMap(CLI::App& app, Invocation& invocation)
{
    const auto options = std::make_shared<Options>();
    CLI::App* command = addCommand(app, invocation, "map", "Show the model as a grid of layers and roles",
                                   [&invocation, options] { run(invocation, *options); });
    command->add_option("FILE", options->file, "GGUF file, safetensors file or Hugging Face folder")->required();
    command->add_option("--measure", options->measure, "relative-rms (default), snr-db, kurtosis, outliers, bits, bytes or sensitivity")->type_name("MEASURE");
    command->add_option("--sensitivity", options->sensitivity, "With --measure sensitivity: figures of the command sensitivity")->type_name("FILE");
    command->add_flag("--csv", options->csv, "One line per field");
    options->plan.add(command, PlanOptions::Recipe::Allowed);
    options->plan.addEncoding(command);
    options->plan.addImportance(command);
    options->survey.add(command);
}

} // namespace quantlathe::cli
