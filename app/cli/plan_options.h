// SPDX-License-Identifier: GPL-3.0-or-later
// The options that say which type each tensor gets: --plan, --preset, --type, --tensor-type, --tensor-type-file.
#pragma once

#include "core/analysis/non_finite.h"
#include "core/model/importance_match.h"
#include "core/plan/plan.h"
#include "core/plan/rules.h"

#include <CLI/CLI.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace quantlathe::cli {

class PlanOptions
{
public:
    enum class Recipe { Allowed, NotAllowed };
    void add(CLI::App* command, Recipe recipe);
    /// --effort and --objective, which go over what a recipe says.
    void addEncoding(CLI::App* command);

    /// --imatrix
    void addImportance(CLI::App* command);

    [[nodiscard]] bool isGiven() const { return !m_recipe.empty() || !m_preset.empty() || !m_type.empty() || !m_rules.empty() || !m_ruleFile.empty(); }
    /// Checks the words before any file is opened. @throws UsageError
    void check(bool isRequired) const;
    /// The importance data of --imatrix for @p model; null without. @throws Error
    [[nodiscard]] std::shared_ptr<const ImportanceMatch> importanceFor(const std::shared_ptr<const Model>& model) const;
    /// @throws UsageError, Error; what a recipe names and the model lacks goes to standard error
    [[nodiscard]] Plan planFor(const Model& model, const ImportanceMatch* importance = nullptr) const;

private:
    [[nodiscard]] std::vector<TypeRule> rules() const;
    [[nodiscard]] Plan typesFor(const Model& model, const ImportanceMatch* importance) const;

    bool m_takesRecipe = false;
    std::string m_recipe;
    std::string m_preset;
    std::string m_type;
    std::vector<std::string> m_rules;
    std::string m_ruleFile;
    std::string m_effort;
    std::string m_objective;
    std::string m_importance;
};

/// A type by name. @throws UsageError listing what there is, or pointing to --preset
TensorType parseType(const std::string& text);
/// --non-finite fail|clamp
void addNonFinite(CLI::App* command, NonFinite& policy);
/// One line per tensor of which weights were replaced, on standard error: never silently.
void noteReplaced(const std::string& tensor, const ReplacedWeights& replaced);
/// "4000000000", "700M", "4G" (powers of 1000), "512MiB", "2GiB" (powers of 1024). @throws UsageError
std::uint64_t parseSize(const std::string& text);

} // namespace quantlathe::cli
