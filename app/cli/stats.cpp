// SPDX-License-Identifier: GPL-3.0-or-later
// quantlathe-cli stats FILE [--tensor NAME]: how weights are distributed.
#include "app/cli/console_progress.h"
#include "app/cli/model_json.h"
#include "app/cli/invocation.h"
#include "app/cli/table.h"
#include "core/analysis/distribution.h"
#include "core/base/text.h"
#include "core/formats/open.h"

#include <array>
#include <fmt/format.h>
#include <memory>

namespace quantlathe::cli {

namespace {

struct Options
{
    std::string file;
    std::vector<std::string> tensors;
    std::size_t bins = 0; ///< of the printed histogram; 0 = none
    unsigned threads = 0;
};

Json toJson(const Tensor& tensor, const Distribution& d, bool hasHistogram)
{
    Json json{{"name", tensor.name()},
              {"type", name(tensor.type())},
              {"shape", tensor.shape().dimensions()},
              {"weights", d.weightCount},
              {"mean", number(d.mean)},
              {"standardDeviation", number(d.standardDeviation)},
              {"minimum", number(d.minimum)},
              {"maximum", number(d.maximum)},
              {"excessKurtosis", number(d.excessKurtosis)},
              {"outlierShare", number(d.outlierShare)},
              {"zeros", d.zeroCount},
              {"nan", d.nanCount},
              {"infinities", d.infinityCount}};
    if (hasHistogram) {
        json["histogram"] = {{"low", number(d.histogram.low)}, {"high", number(d.histogram.high)},
                             {"counts", d.histogram.counts}};
    }
    return json;
}

/// Forwards the progress of one tensor as progress of the whole run.
class PartProgress : public Progress
{
public:
    PartProgress(Progress& whole, std::string_view tensor, std::uint64_t before, std::uint64_t total)
        : m_whole(whole)
        , m_tensor(tensor)
        , m_before(before)
        , m_total(total)
    {
    }
    void report(std::string_view, std::uint64_t done, std::uint64_t) override
    {
        m_whole.report(m_tensor, std::min(m_total, m_before + done), m_total);
    }

private:
    Progress& m_whole;
    std::string_view m_tensor;
    std::uint64_t m_before;
    std::uint64_t m_total;
};

void run(const Invocation& invocation, const Options& options)
{
    const auto model = openModel(options.file);
    const auto indices = chosenTensors(*model, options.tensors);
    std::uint64_t total = 0;
    for (const std::size_t index : indices)
        total += model->tensors()[index].shape().weightCount();

    Json list = Json::array();
    Json skipped = Json::array();
    Table table({"Tensor", "Type", ">Weights", ">Mean", ">Deviation", ">Minimum", ">Maximum", ">Kurtosis", ">Outliers",
                 ">Zeros", ">NaN/Inf"});
    {
        ConsoleProgress progress(invocation.quiet, ConsoleProgress::Unit::Weights);
        std::uint64_t before = 0;
        for (const std::size_t index : indices) {
            const Tensor& tensor = model->tensors()[index];
            if (!tensor.canDecode()) {
                skipped.push_back({{"name", tensor.name()}, {"type", name(tensor.type())}});
                continue;
            }
            PartProgress part(progress, tensor.name(), before, total);
            const std::array<const Tensor*, 1> one{&tensor};
            const auto d = measureDistribution(one, {options.bins > 0 ? options.bins : 512, options.threads},
                                               invocation.control(&part));
            before += d.weightCount;
            if (invocation.json)
                list.push_back(toJson(tensor, d, options.bins > 0));
            table.add({printable(tensor.name()), std::string(name(tensor.type())), fmt::format("{}", d.weightCount),
                       shortNumber(d.mean), shortNumber(d.standardDeviation), shortNumber(d.minimum),
                       shortNumber(d.maximum), fmt::format("{:.2f}", d.excessKurtosis),
                       fmt::format("{:.3f} %", 100 * d.outlierShare), fmt::format("{}", d.zeroCount),
                       fmt::format("{}", d.nanCount + d.infinityCount)});
        }
    }
    if (invocation.json) {
        print(Json{{"path", model->path().string()}, {"tensors", std::move(list)}, {"skipped", std::move(skipped)}});
        return;
    }
    print(table.text());
    for (const Json& tensor : skipped) {
        print(fmt::format("not decoded yet: {} ({})", printable(tensor["name"].get<std::string>()),
                          tensor["type"].get<std::string>()));
    }
}

} // namespace

void addStats(CLI::App& app, Invocation& invocation)
{
    const auto options = std::make_shared<Options>();
    CLI::App* command = addCommand(app, invocation, "stats", "Show how the weights are distributed",
                                   [&invocation, options] { run(invocation, *options); });
    command->add_option("FILE", options->file, "GGUF file, safetensors file or Hugging Face folder")->required();
    command->add_option("--tensor", options->tensors, "Only this tensor; may be repeated")
        ->type_name("NAME")
        ->allow_extra_args(false);
    addNumber(command, "--histogram", options->bins, "With --json: counts in so many bins", 1, 65536)->type_name("BINS");
    addThreads(command, options->threads);
}

} // namespace quantlathe::cli
