// SPDX-License-Identifier: GPL-3.0-or-later
// What deserves attention in the types of a model, as stored or as a plan would write them.
#pragma once

#include "core/analysis/findings.h"
#include "core/plan/plan.h"

#include <string_view>

namespace quantlathe {

/// What programs make of a type that not all of them handle; as of November 2026.
struct TypeSupport
{
    TensorType type;
    Severity severity;
    std::string_view what;   ///< follows the type's name: "needs llama.cpp of March 2026 or newer"
    std::string_view advice;
};
/// Null for types that llama.cpp (with any GPU), Ollama and vLLM read alike.
const TypeSupport* typeSupport(TensorType type);

/// Tensors that fall back, are quantized a second time, need importance data or cannot be written; types that some program
/// does not support; a file type that says something else. Costs microseconds per tensor. Tensors with the same finding are
/// told together.
/// @param importance what an export would use, or null
std::vector<Finding> checkTypes(const Model& model, const Plan& plan, const ImportanceMatch* importance = nullptr);

} // namespace quantlathe
