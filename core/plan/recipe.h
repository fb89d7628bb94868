// SPDX-License-Identifier: GPL-3.0-or-later
// A Plan as a JSON file ("recipe"). Format: see plan/README.md.
#pragma once

#include "core/plan/plan.h"

#include <filesystem>
#include <string>

namespace quantlathe {

/// JSON text of @p plan, tensors by canonical name, so that it can be applied to a sibling model or another format of the
/// same model.
std::string recipeToJson(const Plan& plan, const Model& model);

struct AppliedRecipe
{
    Plan plan;
    std::vector<std::string> missing; ///< tensors the recipe names and the model does not have
};

/// @throws Error(BadFormat) saying which key is wrong
AppliedRecipe recipeFromJson(std::string_view json, const Model& model, const std::filesystem::path& file = {});

void saveRecipe(const std::filesystem::path& file, const Plan& plan, const Model& model);
AppliedRecipe loadRecipe(const std::filesystem::path& file, const Model& model);

} // namespace quantlathe
