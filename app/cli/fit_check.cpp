// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/fit_check.h"

#include "app/cli/console_progress.h"
#include "app/cli/table.h"
#include "core/base/text.h"

#include <fmt/format.h>

namespace quantlathe::cli {

namespace {

std::string predictedText(const CheckedPlan& plan)
{
    return plan.candidate.predicted ? fmt::format("{:.3g}", *plan.candidate.predicted) : "";
}

} // namespace

void FitCheckOptions::add(CLI::App* command)
{
    addNumber(command, "--check", plans, "Run this many of the best plans on --text and take the one that does best", 1, 16)->type_name("N");
    text.add(command, false, "--text-ctx"); // --ctx is that of the devices' caches
}

void FitCheckOptions::check() const
{
    if (plans > 0 && text.file.empty())
        throw UsageError("--check needs a text to run the plans on: --text FILE");
    if (plans == 0 && !text.file.empty())
        throw UsageError("--text is for --check N, which says how many plans are run");
}

std::optional<PlanCheck> checkFits(const FitCheckOptions& options, const FitSetting& setting, const FitProblem& problem, std::uint64_t bytes,
                                   unsigned threads, const Invocation& invocation)
{
    if (options.plans == 0)
        return std::nullopt;
    const ModelText text = options.text.textFor(setting.model);
    std::vector<FitProblem> others;
    others.reserve(2);
    std::vector<WeightedProblem> problems{{setting.weights.isProxy ? "proxy" : "measured sensitivities", &problem}};
    if (!setting.weights.isProxy) {
        const DamageWeights proxy = proxyWeights(*setting.model);
        for (const DamageWeights& weights : {proxy, blendedWeights(*setting.model, setting.weights, proxy)})
            others.emplace_back(setting.model, setting.memory, setting.errors, weights, setting.constraints, setting.base, setting.measure);
        problems.push_back({"proxy", &others[0]});
        problems.push_back({"between both", &others[1]});
    }
    EvaluationRequest request;
    request.network = text.network;
    request.tokens = text.tokens.tokens;
    request.begin = text.tokens.begin;
    request.settings.contextLength = options.text.context;
    request.settings.maximumChunks = options.text.chunks;
    request.settings.forward = {threads, options.text.memoryBytes()};
    ConsoleProgress progress(invocation.quiet, ConsoleProgress::Unit::Items);
    return checkPlans(candidatePlans(problems, bytes, setting.weights.unit, options.plans), request, setting.importance,
                      invocation.control(&progress));
}

Json toJson(const PlanCheck& check, const FitCheckOptions& options)
{
    Json plans = Json::array();
    for (const CheckedPlan& plan : check.plans)
        plans.push_back({{"name", plan.candidate.name},
                         {"fileBytes", plan.candidate.fileBytes},
                         {"predictedKl", plan.candidate.predicted ? number(*plan.candidate.predicted) : Json(nullptr)},
                         {"measuredKl", number(plan.meanDivergence.value)},
                         {"measuredKlStandardError", number(plan.meanDivergence.standardError)},
                         {"perplexity", number(plan.perplexity.value)},
                         {"sameTop", number(plan.sameTop.value)}});
    return Json{{"text", options.text.name()},
                {"context", options.text.context},
                {"originalPerplexity", number(check.originalPerplexity.value)},
                {"plans", std::move(plans)},
                {"best", check.plans[check.best].candidate.name}};
}

void printCheck(const PlanCheck& check)
{
    Table table({"Plan by", ">Bytes", ">KL predicted", ">KL measured", ">Standard error", ">Perplexity", ">Same top %"});
    for (const CheckedPlan& plan : check.plans)
        table.add({plan.candidate.name, fmt::format("{}", plan.candidate.fileBytes), predictedText(plan),
                   fmt::format("{:.3g}", plan.meanDivergence.value), fmt::format("{:.2g}", plan.meanDivergence.standardError),
                   fmt::format("{:.4f}", plan.perplexity.value), fmt::format("{:.2f}", 100 * plan.sameTop.value)});
    print(table.text());
    const CheckedPlan& best = check.plans[check.best];
    print(fmt::format("\nBest: {}: {}measured {:.3g} (perplexity {:.4f}, the original's {:.4f})", best.candidate.name,
                      best.candidate.predicted ? fmt::format("predicted {}, ", predictedText(best)) : "", best.meanDivergence.value,
                      best.perplexity.value, check.originalPerplexity.value));
}

} // namespace quantlathe::cli
