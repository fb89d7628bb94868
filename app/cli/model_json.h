// SPDX-License-Identifier: GPL-3.0-or-later
// Parts of a model as JSON, with stable keys (README.md).
#pragma once

#include "core/analysis/quantization_error.h"
#include "core/model/model.h"
#include "core/plan/plan.h"
#include "app/cli/invocation.h"

#include <vector>

namespace quantlathe::cli {

/// Values shown of an array that is not printed whole.
inline constexpr std::uint64_t shownArrayValues = 16;

Json toJson(const Hyperparameters& parameters);
/// An object by key. @param isFull long arrays are printed whole
Json toJson(const Metadata& metadata, bool isFull);
/// relativeRms, weightedRelativeRms (only with importance), signalToNoiseDb, maximumError, cosine, weights; null where a figure is infinite.
void addError(Json& json, const ErrorSums& error);

/// "replaced": {nan, infinity}; no key where nothing was.
void addReplaced(Json& json, const ReplacedWeights& replaced);
/// {effort, objective}
Json toJson(const Encoding& encoding);

/// Tensors by name, or all of them. @throws Error(NotFound) with names that come near
std::vector<std::size_t> chosenTensors(const Model& model, const std::vector<std::string>& names);

} // namespace quantlathe::cli
