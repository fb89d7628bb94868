// SPDX-License-Identifier: GPL-3.0-or-later
// The rotary embedding of a config.json in GGUF's keys and tensors.
#pragma once

#include "core/convert/gguf_output.h"
#include "core/convert/model_sizes.h"

#include <vector>

namespace quantlathe {

/// Appends ARCH.rope.* to @p output.metadata, and the tensors rope_freqs.weight (Llama 3.1's scaling) or rope_factors_long.weight and
/// rope_factors_short.weight (LongRoPE) to @p output.tensors.
/// transformers 4 keeps rope_theta and rope_scaling at the top, version 5 both in rope_parameters, by kind of layer where there are two.
/// @throws Error(Unsupported) naming a kind of scaling that is not known or that the architecture cannot express; Error(BadFormat)
void appendRope(const ModelConfig& config, const ArchitectureRow& architecture, const ModelSizes& sizes, GgufOutput& output);

} // namespace quantlathe
