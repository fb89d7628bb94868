// SPDX-License-Identifier: GPL-3.0-or-later
// quantlathe-cli compare-plans A B --model FILE: what one plan raises and lowers against another.
#include "app/cli/console_progress.h"
#include "app/cli/fit_options.h"
#include "app/cli/model_json.h"
#include "app/cli/table.h"
#include "core/base/text.h"
#include "core/budget/fit_errors.h"
#include "core/budget/plan_changes.h"
#include "core/formats/open.h"
#include "core/plan/presets.h"
#include "core/plan/recipe.h"

#include <fmt/format.h>

#include <memory>

namespace quantlathe::cli {

namespace {

struct Options
{
    std::string before;
    std::string after;
    std::string model;
    bool hasErrors = true;
    unsigned threads = 0;
};

/// A preset's name, or a recipe.
Plan planNamed(const std::string& text, const Model& model)
{
    if (const Preset* preset = findPreset(text))
        return planFromPreset(model, *preset, {});
    AppliedRecipe applied = loadRecipe(text, model);
    if (!applied.missing.empty())
        fmt::print(stderr, "note: {} names {} tensors that the model does not have, such as '{}'\n", printable(text, longestPath),
                   applied.missing.size(), printable(applied.missing.front()));
    return std::move(applied.plan);
}

std::string change(std::uint64_t before, std::uint64_t after)
{
    return after >= before ? fmt::format("+{}", after - before) : fmt::format("-{}", before - after);
}

Json figures(const PlanFigures& before, const PlanFigures& after, bool isDamageKnown)
{
    return {{"bytesBefore", before.bytes},
            {"bytesAfter", after.bytes},
            {"damageBefore", isDamageKnown ? number(before.damage) : Json(nullptr)},
            {"damageAfter", isDamageKnown ? number(after.damage) : Json(nullptr)}};
}

void run(const Invocation& invocation, const Options& options)
{
    const auto model = openModel(options.model);
    const Plan before = planNamed(options.before, *model);
    const Plan after = planNamed(options.after, *model);
    ErrorTable errors;
    if (options.hasErrors) {
        std::vector<std::vector<TensorType>> types(model->tensors().size());
        for (std::size_t index = 0; index < types.size(); ++index) {
            for (const Plan* plan : {&before, &after}) {
                const EffectiveChoice choice = effectiveChoice(*model, index, *plan);
                if (choice.canWrite && model->tensors()[index].canDecode())
                    types[index].push_back(choice.type);
            }
        }
        const ErrorCache cache;
        ConsoleProgress progress(invocation.quiet, ConsoleProgress::Unit::Items);
        errors = measureErrors(model, types, {after.encoding, false, options.threads, &cache}, invocation.control(&progress));
    }
    const DamageWeights weights = proxyWeights(*model);
    const PlanChanges changes = comparePlans(*model, before, after, errors, weights);
    const bool isKnown = changes.unknownDamages == 0;

    if (invocation.json) {
        Json json{{"path", model->path().string()}, {"isProxy", weights.isProxy}, {"up", changes.count(1)}, {"down", changes.count(-1)},
                  {"sideways", changes.count(0)}};
        json.update(figures(changes.before, changes.after, isKnown));
        json["roles"] = Json::array();
        for (const RoleChange& role : changes.roles) {
            Json row{{"layer", role.layer ? Json(*role.layer) : Json(nullptr)}, {"role", name(role.role)}, {"up", role.up},
                     {"down", role.down}, {"sideways", role.sideways}};
            row.update(figures(role.before, role.after, role.isDamageKnown));
            json["roles"].push_back(std::move(row));
        }
        json["tensors"] = Json::array();
        for (const TensorChange& tensor : changes.tensors) {
            Json row{{"name", model->tensors()[tensor.tensor].name()}, {"typeBefore", name(tensor.before)}, {"typeAfter", name(tensor.after)},
                     {"direction", tensor.direction()}};
            row.update(figures(tensor.figuresBefore, tensor.figuresAfter, tensor.isDamageKnown));
            json["tensors"].push_back(std::move(row));
        }
        print(json);
        return;
    }
    Table table({"Tensor", "Before", "After", ">Bytes", ">Damage before", ">Damage after"});
    for (const TensorChange& tensor : changes.tensors) {
        const auto share = [&](double damage) { return tensor.isDamageKnown ? shortNumber(damage) : std::string("-"); };
        table.add({printable(model->tensors()[tensor.tensor].name()), std::string(name(tensor.before)), std::string(name(tensor.after)),
                   change(tensor.figuresBefore.bytes, tensor.figuresAfter.bytes), share(tensor.figuresBefore.damage),
                   share(tensor.figuresAfter.damage)});
    }
    print(table.text());
    print(fmt::format("\n{} tensors up, {} down, {} to another type of the same width; {} bytes", changes.count(1), changes.count(-1),
                      changes.count(0), change(changes.before.bytes, changes.after.bytes)));
    if (isKnown)
        print(fmt::format("Damage (a proxy by role and place) from {} to {}", damageText(changes.before.damage), damageText(changes.after.damage)));
}

} // namespace

void addComparePlans(CLI::App& app, Invocation& invocation)
{
    const auto options = std::make_shared<Options>();
    CLI::App* command = addCommand(app, invocation, "compare-plans", "What one plan raises and lowers against another",
                                   [&invocation, options] { run(invocation, *options); });
    command->add_option("BEFORE", options->before, "Recipe (JSON), or a preset such as Q4_K_M")->required();
    command->add_option("AFTER", options->after, "Recipe (JSON), or a preset")->required();
    command->add_option("--model", options->model, "The model both are for")->required()->type_name("FILE");
    command->add_flag("!--no-error", options->hasErrors, "Compare types and sizes only");
    addThreads(command, options->threads);
}

} // namespace quantlathe::cli
