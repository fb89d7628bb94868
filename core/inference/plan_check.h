// SPDX-License-Identifier: GPL-3.0-or-later
// The best plans of a budget by several measures, run for real: what was predicted of them, and what came out.
#pragma once

#include "core/budget/fit.h"
#include "core/inference/evaluation.h"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace quantlathe {

struct PlanCandidate
{
    std::string name; ///< "measured sensitivities", "proxy", "Q4_K_M"
    Plan plan;
    std::uint64_t fileBytes = 0;
    std::optional<double> predicted; ///< mean KL divergence in nats, as far as those of tensors add up
};

/// Geometric means of @p a and @p b, scaled to a sum of 1 each: between a proxy and measurements that have noise.
DamageWeights blendedWeights(const Model& model, const DamageWeights& a, const DamageWeights& b);

/// One way of weighing errors.
struct WeightedProblem
{
    std::string name;
    const FitProblem* problem = nullptr;
};

/// The plan that each of @p problems finds within @p bytes (of what they measure), in their order, then the presets of at most that size that
/// obey the constraints, by the damage that the first problem gives them. Plans that are the same are named once; at most @p most.
/// @param unit of the first problem's weights (DamageWeights::unit); 0 = nothing is predicted
std::vector<PlanCandidate> candidatePlans(std::span<const WeightedProblem> problems, std::uint64_t bytes, double unit, std::size_t most);

struct CheckedPlan
{
    PlanCandidate candidate;
    UncertainValue meanDivergence;
    UncertainValue perplexity;
    UncertainValue sameTop; ///< share, 0 to 1
};

struct PlanCheck
{
    UncertainValue originalPerplexity;
    std::vector<CheckedPlan> plans; ///< in the order of the candidates
    std::size_t best = 0;           ///< the one of least mean divergence
};

/// Runs every candidate beside the original. @param request tells network, tokens and settings; its weights, journal and onPass are not used
/// @param importance of the same model, or null: plans are encoded with it
/// @throws as evaluate(); Error(InvalidArgument) without candidates
PlanCheck checkPlans(const std::vector<PlanCandidate>& candidates, const EvaluationRequest& request,
                     const std::shared_ptr<const ImportanceMatch>& importance = {}, const RunControl& control = {});

} // namespace quantlathe
