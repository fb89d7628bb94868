// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/inference/plan_check.h"

#include "core/base/error.h"
#include "core/plan/presets.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace quantlathe {

namespace {

/// Passes progress on, with the number of the plan and all plans' work.
class PlanProgress : public Progress
{
public:
    PlanProgress(const RunControl& control, std::size_t number, std::size_t count) : m_control(control), m_number(number), m_count(count) {}
    void report(std::string_view stage, std::uint64_t done, std::uint64_t total) override
    {
        m_control.report(fmt::format("plan {} of {}: {}", m_number + 1, m_count, stage), m_number * total + done, m_count * total);
    }

private:
    const RunControl& m_control;
    std::size_t m_number;
    std::size_t m_count;
};

/// Plans that write the same.
bool isSame(const Model& model, const Plan& a, const Plan& b)
{
    for (std::size_t tensor = 0; tensor < model.tensors().size(); ++tensor) {
        if (effectiveChoice(model, tensor, a).type != effectiveChoice(model, tensor, b).type)
            return false;
    }
    return a.encoding == b.encoding;
}

} // namespace

DamageWeights blendedWeights(const Model& model, const DamageWeights& a, const DamageWeights& b)
{
    std::vector<double> weights;
    for (std::size_t tensor = 0; tensor < a.weights.size(); ++tensor)
        weights.push_back(std::sqrt(a.weights[tensor] * b.weights[tensor]));
    return measuredWeights(model, std::move(weights));
}

std::vector<PlanCandidate> candidatePlans(std::span<const WeightedProblem> problems, std::uint64_t bytes, double unit, std::size_t most)
{
    std::vector<PlanCandidate> result;
    if (problems.empty())
        return result;
    const FitProblem& judge = *problems.front().problem;
    const auto add = [&](std::string name, const FitResult& figures) {
        const bool isNew = std::none_of(result.begin(), result.end(), [&](const PlanCandidate& other) {
            return isSame(judge.model(), other.plan, figures.plan);
        });
        const auto judged = judge.evaluate(figures.plan);
        if (isNew && result.size() < most)
            result.push_back({std::move(name), figures.plan, figures.fileBytes,
                              unit > 0 && judged ? std::optional(judged->damage * unit) : std::nullopt});
    };
    for (const WeightedProblem& weighted : problems)
        add(weighted.name, weighted.problem->fitBytes(bytes));

    struct Known
    {
        std::string name;
        FitResult figures;
    };
    std::vector<Known> presets;
    const Encoding encoding = result.front().plan.encoding;
    for (const Preset& preset : allPresets()) {
        Plan plan = planFromPreset(judge.model(), preset, {judge.hasImportance(), false, {}});
        plan.encoding = encoding;
        auto figures = judge.evaluate(plan);
        const std::uint64_t size = !figures ? 0 : judge.measure() == FitMeasure::FileBytes ? figures->fileBytes : figures->deviceBytes;
        if (figures && size <= bytes && judge.isAllowed(plan))
            presets.push_back({std::string(preset.id), std::move(*figures)});
    }
    std::stable_sort(presets.begin(), presets.end(), [](const Known& a, const Known& b) { return a.figures.damage < b.figures.damage; });
    for (const Known& preset : presets)
        add(preset.name, preset.figures);
    return result;
}

PlanCheck checkPlans(const std::vector<PlanCandidate>& candidates, const EvaluationRequest& request,
                     const std::shared_ptr<const ImportanceMatch>& importance, const RunControl& control)
{
    if (candidates.empty())
        throw Error(ErrorKind::InvalidArgument, "there is no plan to run");
    PlanCheck result;
    for (std::size_t number = 0; number < candidates.size(); ++number) {
        PlanProgress progress(control, number, candidates.size());
        EvaluationRequest own = request;
        own.weights = plannedWeights(request.network->model, candidates[number].plan, importance);
        own.original = nullptr;
        own.originalNetwork = nullptr;
        own.settings.wantsDivergence = true;
        own.journal.clear();
        own.onPass = {};
        const EvaluationResult figures = evaluate(own, {control.stop, &progress});
        const Divergence& divergence = figures.divergence.value();
        result.originalPerplexity = divergence.originalPerplexity;
        result.plans.push_back({candidates[number], divergence.mean, figures.perplexity, divergence.sameTop});
        if (divergence.mean.value < result.plans[result.best].meanDivergence.value)
            result.best = number;
    }
    return result;
}

} // namespace quantlathe
