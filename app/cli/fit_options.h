// SPDX-License-Identifier: GPL-3.0-or-later
// What `fit` and `curve` have in common: constraints, and where the errors come from.
#pragma once

#include "app/cli/invocation.h"
#include "app/cli/plan_options.h"
#include "core/budget/fit.h"

#include <memory>
#include <string>
#include <vector>

namespace quantlathe::cli {

class FitOptions
{
public:
    void add(CLI::App* command);
    /// Checks the words before any file is opened. @throws UsageError
    void check() const;
    [[nodiscard]] FitConstraints constraintsFor(const Model& model, const ImportanceMatch* importance) const;
    /// The plan that locked tensors keep, and how types are encoded.
    [[nodiscard]] Plan baseFor(const Model& model, const ImportanceMatch* importance) const { return m_base.planFor(model, importance); }
    [[nodiscard]] std::shared_ptr<const ImportanceMatch> importanceFor(const std::shared_ptr<const Model>& model) const { return m_base.importanceFor(model); }
    /// Those of --sensitivity, or the proxy. @throws as loadSensitivities() and throwIfOtherImportance()
    [[nodiscard]] DamageWeights weightsFor(const Model& model, const ImportanceMatch* importance) const;
    [[nodiscard]] unsigned threads() const { return m_threads; }
    /// Measures, with progress, the errors of all types that the constraints and @p plans use.
    [[nodiscard]] ErrorTable errorsFor(const std::shared_ptr<const Model>& model, const FitConstraints& constraints,
                                       std::span<const Plan> plans, const Encoding& encoding, const ImportanceMatch* importance,
                                       const Invocation& invocation) const;

private:
    [[nodiscard]] FitConstraints typesAndMinimums() const;

    PlanOptions m_base;
    std::vector<std::string> m_allowed;
    std::vector<std::string> m_minimums;
    std::vector<std::string> m_roleMinimums;
    std::vector<std::string> m_locked;
    std::vector<std::string> m_agree;
    std::vector<std::string> m_disagree;
    std::string m_sensitivity;
    bool m_isExact = false;
    bool m_hasCache = true;
    unsigned m_threads = 0;
};

/// Knows the exact size of an exported file, the header included.
std::shared_ptr<const MemoryModel> memoryModelFor(const std::shared_ptr<const Model>& model);
/// All of llama.cpp's mixtures for @p model.
std::vector<Plan> presetPlans(const Model& model, const Encoding& encoding, bool hasImportance);
/// "size", "bits", "damage" ... of one plan.
Json toJson(const FitResult& result, const DamageWeights& weights);
/// "3.21 % (29.9 dB)"
std::string damageText(double damage);
/// ", a mean KL divergence of 0.021 predicted"; empty for a proxy.
std::string predictionText(double damage, const DamageWeights& weights);

} // namespace quantlathe::cli
