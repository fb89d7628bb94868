// SPDX-License-Identifier: GPL-3.0-or-later
// fit --check N --text FILE: the best plans are run on the text, and the one that does best is taken.
#pragma once

#include "app/cli/calibration_text.h"
#include "app/cli/invocation.h"
#include "core/budget/fit.h"
#include "core/inference/plan_check.h"

#include <memory>
#include <optional>

namespace quantlathe::cli {

struct FitCheckOptions
{
    CalibrationTextOptions text;
    unsigned plans = 0;

    void add(CLI::App* command);
    /// @throws UsageError
    void check() const;
};

/// What the problems differ in, besides their weights.
struct FitSetting
{
    std::shared_ptr<const Model> model;
    std::shared_ptr<const MemoryModel> memory;
    const ErrorTable& errors;
    const DamageWeights& weights; ///< of --sensitivity, or the proxy
    const FitConstraints& constraints;
    const Plan& base;
    std::shared_ptr<const ImportanceMatch> importance; ///< of --imatrix, or null
    FitMeasure measure = FitMeasure::FileBytes;
};

/// Runs the best plans within @p bytes. Nothing unless --check was given.
std::optional<PlanCheck> checkFits(const FitCheckOptions& options, const FitSetting& setting, const FitProblem& problem, std::uint64_t bytes,
                                   unsigned threads, const Invocation& invocation);
Json toJson(const PlanCheck& check, const FitCheckOptions& options);
void printCheck(const PlanCheck& check);

} // namespace quantlathe::cli
