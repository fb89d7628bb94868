// SPDX-License-Identifier: GPL-3.0-or-later
// A Plan as a JSON file ("recipe"). Format: see plan/README.md.
#pragma once

#include "core/model/importance.h"
#include "core/plan/plan.h"

#include <filesystem>
#include <optional>
#include <string>

namespace quantlathe {

/// The importance data a plan was made with: to remind of them, nothing more.
struct RecipeImportance
{
    std::string file; ///< its name, without folder; may be empty
    std::string hash; ///< Importance::hash()
    bool operator==(const RecipeImportance&) const = default;
};
RecipeImportance recipeImportanceOf(const Importance& importance);

/// JSON text of @p plan, tensors by canonical name, so that it can be applied to a sibling model or another format of the
/// same model.
std::string recipeToJson(const Plan& plan, const Model& model, const Importance* importance = nullptr);

struct AppliedRecipe
{
    Plan plan;
    std::optional<RecipeImportance> importance;
    std::vector<std::string> missing; ///< tensors the recipe names and the model does not have
};

/// @throws Error(BadFormat) saying which key is wrong
AppliedRecipe recipeFromJson(std::string_view json, const Model& model, const std::filesystem::path& file = {});

/// What to tell a person who applies @p recipe with the importance data @p given (or null), as a sentence without full stop; nothing when it
/// was made with the same or without any.
std::optional<std::string> importanceWarning(const AppliedRecipe& recipe, const Importance* given);

void saveRecipe(const std::filesystem::path& file, const Plan& plan, const Model& model, const Importance* importance = nullptr);
AppliedRecipe loadRecipe(const std::filesystem::path& file, const Model& model);

} // namespace quantlathe
