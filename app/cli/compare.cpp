// SPDX-License-Identifier: GPL-3.0-or-later
// quantlathe-cli compare A B: two models, tensor by tensor.
#include "app/cli/console_progress.h"
#include "app/cli/model_json.h"
#include "app/cli/invocation.h"
#include "app/cli/table.h"
#include "core/analysis/comparison.h"
#include "core/analysis/metadata_diff.h"
#include "core/base/text.h"
#include "core/formats/open.h"

#include <fmt/format.h>
#include <memory>

namespace quantlathe::cli {

namespace {

struct Options
{
    std::string first;
    std::string second;
    bool isMetadata = false;
    unsigned threads = 0;
};

Json valueJson(const std::optional<MetadataValue>& value)
{
    if (!value)
        return nullptr;
    Metadata one;
    one.append("value", *value);
    return toJson(one, false)["value"];
}

Json toJson(const std::vector<MetadataDifference>& differences)
{
    Json list = Json::array();
    for (const MetadataDifference& difference : differences)
        list.push_back({{"key", difference.key}, {"kind", name(difference.kind)}, {"first", valueJson(difference.first)}, {"second", valueJson(difference.second)}});
    return list;
}

void printMetadata(const std::vector<MetadataDifference>& differences)
{
    constexpr std::size_t shownCharacters = 60;
    const auto text = [](const std::optional<MetadataValue>& value) {
        return value ? printable(value->toText(shownCharacters), shownCharacters + 20) : std::string("-");
    };
    Table table({"Key", "Difference", "First", "Second"});
    for (const MetadataDifference& difference : differences)
        table.add({printable(difference.key), std::string(name(difference.kind)), text(difference.first), text(difference.second)});
    print(differences.empty() ? std::string("\nNo metadata key differs") : fmt::format("\n{}\n\nMetadata keys that differ: {}", table.text(), differences.size()));
}

std::string typeText(const std::optional<TensorType>& type)
{
    return type ? std::string(name(*type)) : std::string("-");
}

Json typeJson(const std::optional<TensorType>& type)
{
    return type ? Json(name(*type)) : Json(nullptr);
}

void run(const Invocation& invocation, const Options& options)
{
    const auto first = openModel(options.first);
    const auto second = openModel(options.second);
    std::vector<TensorComparison> comparisons;
    {
        ConsoleProgress progress(invocation.quiet, ConsoleProgress::Unit::Weights);
        comparisons = compareModels(*first, *second, options.threads, invocation.control(&progress));
    }
    Json list = Json::array();
    Table table({"Tensor", "First", "Second", "Result", ">Rel. RMS error", ">SNR dB", ">Largest error"});
    std::size_t identical = 0;
    for (const TensorComparison& comparison : comparisons) {
        const bool isDifferent = comparison.result == TensorComparison::Result::Different;
        identical += comparison.result == TensorComparison::Result::Identical ? 1 : 0;
        Json json{{"name", comparison.name},
                  {"result", name(comparison.result)},
                  {"firstType", typeJson(comparison.firstType)},
                  {"secondType", typeJson(comparison.secondType)}};
        std::vector<std::string> cells{printable(comparison.name), typeText(comparison.firstType),
                                       typeText(comparison.secondType), std::string(name(comparison.result))};
        if (isDifferent) {
            addError(json, comparison.error);
            cells.insert(cells.end(), {shortNumber(comparison.error.relativeRms()),
                                       fmt::format("{:.2f}", comparison.error.signalToNoiseDb()),
                                       shortNumber(comparison.error.maximumError)});
        }
        list.push_back(std::move(json));
        table.add(std::move(cells));
    }
    const bool isIdentical = identical == comparisons.size();
    const auto differences = options.isMetadata ? compareMetadata(first->metadata(), second->metadata()) : std::vector<MetadataDifference>();
    if (invocation.json) {
        Json json{{"first", first->path().string()},
                  {"second", second->path().string()},
                  {"isIdentical", isIdentical},
                  {"identicalTensors", identical},
                  {"tensors", std::move(list)}};
        if (options.isMetadata)
            json["metadata"] = toJson(differences);
        print(json);
        return;
    }
    print(table.text());
    print(fmt::format("\n{} of {} tensors identical", identical, comparisons.size()));
    if (options.isMetadata)
        printMetadata(differences);
}

} // namespace

void addCompare(CLI::App& app, Invocation& invocation)
{
    const auto options = std::make_shared<Options>();
    CLI::App* command = addCommand(app, invocation, "compare", "Compare two models tensor by tensor",
                                   [&invocation, options] { run(invocation, *options); });
    command->add_option("A", options->first, "A model")->required();
    command->add_option("B", options->second, "Another model: the difference to A is measured")->required();
    command->add_flag("--metadata", options->isMetadata, "Also the metadata keys that differ; without it only tensors are compared");
    addThreads(command, options->threads);
}

} // namespace quantlathe::cli
