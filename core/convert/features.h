// SPDX-License-Identifier: GPL-3.0-or-later
// Features of a config.json that a GGUF of the architecture cannot say, or that engines do otherwise.
#pragma once

#include "core/convert/gguf_output.h"
#include "core/convert/model_sizes.h"

namespace quantlathe {

/// Refuses what would quietly become another model, notes what engines leave out.
/// @throws Error(Unsupported) naming the key of config.json
void checkFeatures(const ModelConfig& config, const ArchitectureRow& architecture, const ModelSizes& sizes, std::vector<std::string>& notes);

/// What queries are multiplied with because scores are scaled otherwise than engines do it; 1 nearly always.
double queryFactor(const ModelConfig& config, const ArchitectureRow& architecture, const ModelSizes& sizes);

/// Appends ARCH.* but the rotary embedding's.
void appendHyperparameters(const ModelConfig& config, const ArchitectureRow& architecture, const ModelSizes& sizes, Metadata& metadata);

} // namespace quantlathe
