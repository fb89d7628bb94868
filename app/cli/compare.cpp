// SPDX-License-Identifier: GPL-3.0-or-later
// quantlathe-cli compare A B: two models, tensor by tensor.
#include "app/cli/console_progress.h"
#include "app/cli/model_json.h"
#include "app/cli/invocation.h"
#include "app/cli/table.h"
#include "core/analysis/comparison.h"
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
    unsigned threads = 0;
};

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
    if (invocation.json) {
        print(Json{{"first", first->path().string()},
                   {"second", second->path().string()},
                   {"isIdentical", isIdentical},
                   {"identicalTensors", identical},
                   {"tensors", std::move(list)}});
        return;
    }
    print(table.text());
    print(fmt::format("\n{} of {} tensors identical", identical, comparisons.size()));
}

} // namespace

void addCompare(CLI::App& app, Invocation& invocation)
{
    const auto options = std::make_shared<Options>();
    CLI::App* command = addCommand(app, invocation, "compare", "Compare two models tensor by tensor",
                                   [&invocation, options] { run(invocation, *options); });
    command->add_option("A", options->first, "A model")->required();
    command->add_option("B", options->second, "Another model: the difference to A is measured")->required();
    addThreads(command, options->threads);
}

} // namespace quantlathe::cli
