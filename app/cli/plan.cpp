// SPDX-License-Identifier: GPL-3.0-or-later
// quantlathe-cli plan FILE (--preset P | --type T) [--tensor-type REGEX=T ...] -o recipe.json: choose types, save them.
#include "app/cli/adapter_options.h"
#include "app/cli/importance_report.h"
#include "app/cli/model_json.h"
#include "app/cli/plan_options.h"
#include "app/cli/invocation.h"
#include "app/cli/table.h"
#include "core/base/text.h"
#include "core/plan/presets.h"
#include "core/plan/recipe.h"

#include <fmt/format.h>
#include <memory>

namespace quantlathe::cli {

namespace {

struct Options
{
    std::string file;
    AdapterOptions adapters;
    PlanOptions plan;
    std::string output;
    std::string tensorTypeFile;
};

void run(const Invocation& invocation, const Options& options)
{
    options.plan.check(false);
    if (!options.plan.isGiven())
        throw UsageError("say which types to write: --plan, --preset, --type or --tensor-type");
    const auto model = options.adapters.open(options.file);
    const auto importance = options.plan.importanceFor(model);
    const Plan plan = options.plan.planFor(*model, importance.get());
    noteImportance(invocation, importance.get(), plan);
    if (!options.output.empty())
        saveRecipe(options.output, plan, *model, importance ? importance->importance().get() : nullptr);
    if (!options.tensorTypeFile.empty())
        writeTypeRules(options.tensorTypeFile, *model, plan);

    Json list = Json::array();
    std::uint64_t before = 0;
    std::uint64_t after = 0;
    Table table({"Tensor", "Stored", "Asked", "Written", ">Bytes before", ">Bytes after", "Note"});
    for (std::size_t index = 0; index < model->tensors().size(); ++index) {
        const Tensor& tensor = model->tensors()[index];
        const EffectiveChoice choice = effectiveChoice(*model, index, plan);
        before += tensor.sizeBytes();
        after += choice.sizeBytes;
        list.push_back({{"name", tensor.name()},
                        {"sourceType", name(tensor.type())},
                        {"requestedType", name(choice.requested)},
                        {"type", name(choice.type)},
                        {"reason", name(choice.reason)},
                        {"canWrite", choice.canWrite},
                        {"explanation", choice.explanation},
                        {"sourceBytes", tensor.sizeBytes()},
                        {"bytes", choice.sizeBytes}});
        table.add({printable(tensor.name()), std::string(name(tensor.type())), std::string(name(choice.requested)),
                   std::string(name(choice.type)), fmt::format("{}", tensor.sizeBytes()),
                   fmt::format("{}", choice.sizeBytes), choice.explanation});
    }
    const double bits
        = model->weightCount() > 0 ? 8.0 * static_cast<double>(after) / static_cast<double>(model->weightCount()) : 0;
    if (invocation.json) {
        print(Json{{"path", model->path().string()},
                   {"preset", plan.preset.empty() ? Json(nullptr) : Json(plan.preset)},
                   {"encoding", toJson(plan.encoding)},
                   {"importance", importanceJson(importance.get(), plan)},
                   {"fileType", fileTypeOf(*model, plan)},
                   {"recipe", options.output.empty() ? Json(nullptr) : Json(options.output)},
                   {"sourceBytes", before},
                   {"bytes", after},
                   {"bitsPerWeight", number(bits)},
                   {"tensors", std::move(list)}});
        return;
    }
    print(table.text());
    print(fmt::format("\nTensors: {} before, {} after, {:.2f} bits per weight; effort {}, objective {}", formatBytes(before),
                      formatBytes(after), bits, name(plan.encoding.effort), objectiveName(plan.encoding)));
    if (!options.output.empty())
        print(fmt::format("Recipe saved as {}", printable(options.output, longestPath)));
}

} // namespace

void addPlan(CLI::App& app, Invocation& invocation)
{
    const auto options = std::make_shared<Options>();
    CLI::App* command = addCommand(app, invocation, "plan", "Choose the type of every tensor and save it as a recipe",
                                   [&invocation, options] { run(invocation, *options); });
    command->add_option("FILE", options->file, "GGUF file, safetensors file or Hugging Face folder")->required();
    options->adapters.add(command);
    options->plan.add(command, PlanOptions::Recipe::Allowed);
    options->plan.addEncoding(command);
    options->plan.addImportance(command);
    command->add_option("-o,--output", options->output, "Where to save the recipe (JSON)")->type_name("FILE");
    command->add_option("--write-tensor-types", options->tensorTypeFile,
                        "Also save the types as a file for llama-quantize --tensor-type-file")
        ->type_name("FILE");
}

} // namespace quantlathe::cli
