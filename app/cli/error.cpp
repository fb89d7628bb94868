// SPDX-License-Identifier: GPL-3.0-or-later
// quantlathe-cli error FILE --type T [--tensor NAME]: what quantizing would cost in accuracy.
#include "app/cli/adapter_options.h"
#include "app/cli/console_progress.h"
#include "app/cli/importance_report.h"
#include "app/cli/invocation.h"
#include "app/cli/model_json.h"
#include "app/cli/plan_options.h"
#include "app/cli/table.h"
#include "core/base/text.h"

#include <fmt/format.h>
#include <memory>

namespace quantlathe::cli {

namespace {

struct Options
{
    std::string file;
    AdapterOptions adapters;
    PlanOptions plan;
    std::vector<std::string> tensors;
    unsigned threads = 0;
    NonFinite nonFinite = NonFinite::Fail;
};

/// Counts tensors: errors are measured tensor by tensor.
class TensorProgress : public Progress
{
public:
    TensorProgress(Progress& whole, std::string_view tensor, std::uint64_t before, std::uint64_t weights,
                   std::uint64_t total)
        : m_whole(whole), m_tensor(tensor), m_before(before), m_weights(weights), m_total(total)
    {
    }
    void report(std::string_view, std::uint64_t done, std::uint64_t total) override
    {
        const double share = total > 0 ? static_cast<double>(done) / static_cast<double>(total) : 0;
        m_whole.report(
            m_tensor, m_before + static_cast<std::uint64_t>(share * static_cast<double>(m_weights)), m_total);
    }

private:
    Progress& m_whole;
    std::string_view m_tensor;
    std::uint64_t m_before;
    std::uint64_t m_weights;
    std::uint64_t m_total;
};

void run(const Invocation& invocation, const Options& options)
{
    options.plan.check(true);
    const auto model = options.adapters.open(options.file);
    const auto importance = options.plan.importanceFor(model);
    const Plan plan = options.plan.planFor(*model, importance.get());
    noteImportance(invocation, importance.get(), plan);
    const auto indices = chosenTensors(*model, options.tensors);
    std::uint64_t totalWeights = 0;
    for (const std::size_t index : indices)
        totalWeights += model->tensors()[index].shape().weightCount();

    Json list = Json::array();
    ErrorSums total;
    std::vector<std::string> titles{"Tensor", "Stored", "Asked", "Written", ">Rel. RMS error", ">SNR dB", ">Largest error", ">Cosine"};
    if (importance)
        titles.emplace_back(">Weighted error");
    titles.emplace_back("Note");
    Table table(std::move(titles));
    {
        ConsoleProgress progress(invocation.quiet, ConsoleProgress::Unit::Weights);
        std::uint64_t before = 0;
        for (const std::size_t index : indices) {
            const Tensor& tensor = model->tensors()[index];
            const EffectiveChoice choice = effectiveChoice(*model, index, plan);
            Json json{{"name", tensor.name()},
                      {"sourceType", name(tensor.type())},
                      {"requestedType", name(choice.requested)},
                      {"type", name(choice.type)},
                      {"reason", name(choice.reason)},
                      {"bytes", choice.sizeBytes}};
            std::vector<std::string> cells{printable(tensor.name()), std::string(name(tensor.type())),
                                           std::string(name(choice.requested)),
                                           std::string(name(choice.type))};
            if (!choice.isCopy(tensor.type())) {
                TensorProgress part(progress, tensor.name(), before, tensor.shape().weightCount(),
                                    totalWeights);
                const ErrorOptions errorOptions{false, 0, importanceOf(importance.get(), index), options.threads, plan.encoding,
                                                options.nonFinite};
                const QuantizationError measured =
                    measureError(tensor, choice.type, errorOptions, invocation.control(&part));
                const ErrorSums& error = measured.total;
                noteReplaced(tensor.name(), measured.replaced);
                addReplaced(json, measured.replaced);
                if (choice.type != TensorType::F32) // F32 holds every value: nothing is lost, so it would
                                                    // only dilute the sum
                    total.add(error);
                addError(json, error);
                cells.insert(cells.end(),
                             {shortNumber(error.relativeRms()),
                              fmt::format("{:.2f}", error.signalToNoiseDb()), shortNumber(error.maximumError),
                              fmt::format("{:.8f}", error.cosine())});
                if (importance)
                    cells.push_back(error.isWeighted() ? shortNumber(error.weightedRelativeRms()) : "");
            } else {
                cells.insert(cells.end(), {"copied", "", "", ""});
                if (importance)
                    cells.emplace_back();
                json["isCopy"] = true;
            }
            before += tensor.shape().weightCount();
            cells.push_back(choice.explanation);
            list.push_back(std::move(json));
            table.add(std::move(cells));
        }
    }
    if (invocation.json) {
        Json sum = Json::object();
        addError(sum, total);
        print(
            Json{{"path", model->path().string()}, {"encoding", toJson(plan.encoding)}, {"importance", importanceJson(importance.get(), plan)}, {"tensors", std::move(list)}, {"total", std::move(sum)}});
        return;
    }
    print(table.text());
    if (total.weights == 0) {
        print(std::string("\nNo weight would change"));
        return;
    }
    print(fmt::format("\nAll quantized weights: relative RMS error {}, {:.2f} dB{} (effort {}, objective {})",
                      shortNumber(total.relativeRms()), total.signalToNoiseDb(),
                      total.isWeighted() ? fmt::format(", weighted by importance {}", shortNumber(total.weightedRelativeRms())) : "", name(plan.encoding.effort),
                      objectiveName(plan.encoding)));
}

} // namespace

void addError(CLI::App& app, Invocation& invocation)
{
    const auto options = std::make_shared<Options>();
    CLI::App* command = addCommand(app, invocation, "error", "Measure the error that quantizing would make",
                                   [&invocation, options] { run(invocation, *options); });
    command->add_option("FILE", options->file, "GGUF file, safetensors file or Hugging Face folder")
        ->required();
    options->adapters.add(command);
    options->plan.add(command, PlanOptions::Recipe::Allowed);
    command->add_option("--tensor", options->tensors, "Only this tensor; may be repeated")
        ->type_name("NAME")
        ->allow_extra_args(false);
    options->plan.addEncoding(command);
    options->plan.addImportance(command);
    addNonFinite(command, options->nonFinite);
    addThreads(command, options->threads);
}

} // namespace quantlathe::cli
