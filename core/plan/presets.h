// SPDX-License-Identifier: GPL-3.0-or-later
// llama.cpp's mixtures (llama-quantize file types) as starting points.
#pragma once

#include "core/plan/plan.h"
#include "core/plan/rules.h"

#include <cstdint>
#include <span>
#include <string_view>

namespace quantlathe {

struct Preset
{
    std::string_view id;          ///< "Q4_K_M"
    std::string_view description; ///< one line for people
    std::uint32_t fileType;       ///< general.file_type
    TensorType baseType;
    bool needsImportance;         ///< llama-quantize refuses it without importance data
};

/// All file types llama-quantize knows, best known first within a size class.
std::span<const Preset> allPresets();
/// By id, ignoring case; null when unknown.
const Preset* findPreset(std::string_view id);

struct PresetOptions
{
    bool hasImportance = false; ///< importance data will be used: some mixtures differ
    bool pure = false;          ///< the base type everywhere (llama-quantize --pure)
    std::vector<TypeRule> rules; ///< REGEX=TYPE, first match wins over the mixture
};

/// The plan of @p preset for @p model, tensor by tensor as llama-quantize 0.7.0 decides it (before shape fallbacks, which
/// effectiveChoice() applies). What the model does not say (heads, layers, experts) is taken from its tensors. Presets that
/// need importance data are planned without it, too.
Plan planFromPreset(const Model& model, const Preset& preset, const PresetOptions& options);

/// @p type for every quantizable tensor, the rest as stored.
Plan planFromType(const Model& model, TensorType type, std::span<const TypeRule> rules = {});

/// general.file_type to write for @p plan: the preset's; the source's own where nothing is chosen; otherwise the one of the
/// type that most quantizable weights get, as llama.cpp's loader guesses it.
std::uint32_t fileTypeOf(const Model& model, const Plan& plan);

} // namespace quantlathe
