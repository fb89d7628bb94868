// SPDX-License-Identifier: GPL-3.0-or-later
// quantlathe-cli curve FILE: size against damage, with llama.cpp's presets on the same axes.
#include "app/cli/fit_options.h"
#include "app/cli/table.h"
#include "core/base/text.h"
#include "core/budget/trade_off.h"
#include "core/formats/open.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

namespace quantlathe::cli {

namespace {

struct Options
{
    std::string file;
    FitOptions fit;
    unsigned points = 64;
    bool csv = false;
};

struct Row
{
    std::string kind; ///< "solver", "preset", "plan"
    std::string name;
    bool isAllowed = true;
    const FitResult* result = nullptr;
};

void run(const Invocation& invocation, const Options& options)
{
    options.fit.check();
    if (options.csv && invocation.json)
        throw UsageError("--csv and --json exclude each other");
    const auto model = openModel(options.file);
    const auto importance = options.fit.importanceFor(model);
    const FitConstraints constraints = options.fit.constraintsFor(*model, importance.get());
    const Plan base = options.fit.baseFor(*model, importance.get());
    std::vector<Plan> plans = presetPlans(*model, base.encoding, importance != nullptr);
    plans.push_back(base);
    const DamageWeights weights = options.fit.weightsFor(*model, importance.get());
    const ErrorTable errors = options.fit.errorsFor(model, constraints, plans, base.encoding, importance.get(), invocation);
    const FitProblem problem(model, memoryModelFor(model), errors, weights, constraints, base);
    TradeOffOptions range;
    range.points = options.points;
    const TradeOff curve = tradeOff(problem, base, range, invocation.control(nullptr));

    std::vector<Row> rows;
    for (const FitResult& point : curve.curve)
        rows.push_back({"solver", "", true, &point});
    for (const PresetPoint& preset : curve.presets)
        rows.push_back({"preset", std::string(preset.id), preset.isAllowed, &preset.result});
    if (curve.current)
        rows.push_back({"plan", "", problem.isAllowed(base), &*curve.current});
    std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.result->fileBytes < b.result->fileBytes; });
    if (invocation.json) {
        Json json{{"path", model->path().string()}, {"isProxy", weights.isProxy}, {"points", Json::array()}};
        for (const Row& row : rows) {
            Json point{{"kind", row.kind}, {"name", row.name.empty() ? Json(nullptr) : Json(row.name)}, {"isAllowed", row.isAllowed}};
            point.update(toJson(*row.result, weights));
            const auto ratio = damageAgainstCurve(curve, *row.result);
            point["againstCurve"] = ratio ? number(*ratio) : Json(nullptr);
            json["points"].push_back(std::move(point));
        }
        print(json);
        return;
    }
    if (options.csv) {
        std::string text = "kind,name,fileBytes,bitsPerWeight,damage,relativeRms,isSampled";
        for (const Row& row : rows)
            text += fmt::format("\n{},{},{},{:.6f},{:.9g},{:.9g},{:d}", row.kind, row.name, row.result->fileBytes, row.result->bitsPerWeight,
                                row.result->damage, relativeRmsOfDamage(row.result->damage), row.result->isSampled);
        print(text);
        return;
    }
    Table table({"", ">Bytes", ">Bits per weight", ">Damage (relative RMS)", ">Solver at this size"});
    for (const Row& row : rows) {
        const auto ratio = row.kind == "solver" ? std::nullopt : damageAgainstCurve(curve, *row.result);
        table.add({row.kind == "plan" ? "this plan" : row.name + (row.isAllowed ? "" : " *"), fmt::format("{}", row.result->fileBytes),
                   fmt::format("{:.3f}", row.result->bitsPerWeight), damageText(row.result->damage),
                   ratio ? fmt::format("{:+.0f} % damage", 100 * (*ratio - 1)) : ""});
    }
    print(table.text());
    print(fmt::format("\nDamage is {}{}. * outside what the solver may choose from.",
                      weights.isProxy ? "a proxy by role and place" : "weighted by measured sensitivities",
                      importance ? ", with importance-weighted errors" : ""));
}

} // namespace

void addCurve(CLI::App& app, Invocation& invocation)
{
    const auto options = std::make_shared<Options>();
    CLI::App* command = addCommand(app, invocation, "curve", "Size against damage: the best plans of all sizes, and llama.cpp's presets",
                                   [&invocation, options] { run(invocation, *options); });
    command->add_option("FILE", options->file, "GGUF file, safetensors file or Hugging Face folder")->required();
    addNumber(command, "--points", options->points, "Points between 2 and 8 bits", 2, 1000)->type_name("N");
    command->add_flag("--csv", options->csv, "Comma-separated values on standard output");
    options->fit.add(command);
}

} // namespace quantlathe::cli
