// SPDX-License-Identifier: GPL-3.0-or-later
// What engines do to the inputs of matrices in 8-bit integers (W8A8) and 8-bit floats: they round them to 8 bits as well, with scales found as they run.
#pragma once

#include "core/inference/activation_rounding.h"
#include "core/inference/weight_source.h"

#include <memory>
#include <string>
#include <vector>

namespace quantlathe {

/// Of the inputs of each tensor of a model, by its order.
using InputRoundings = std::vector<ActivationRounding>;

/// Of the matrices that @p plan gives a scheme: 8-bit floats are multiplied with such of each token, where they have blocks with such of 128 inputs; 8-bit
/// integers with one symmetric scale per row with integers where @p roundsIntegers says so (W8A8), else, and with all others, nothing is rounded.
InputRoundings plannedInputRoundings(const Model& model, const Plan& plan, bool roundsIntegers);

/// As the folder's quantization_config has it (compressed-tensors, FP8), with scales that engines find as they run; scales that are stored are not looked at.
InputRoundings storedInputRoundings(const Model& model);

/// The weights of @p weights, multiplied with inputs that are rounded. Itself where nothing is.
std::shared_ptr<const WeightSource> withRoundedInputs(std::shared_ptr<const WeightSource> weights, InputRoundings roundings);

/// Stable id for JSON: "int8-per-token", "fp8-per-token", "fp8-per-128"; those of llama.cpp: "f16", "bf16", "int8-per-32", "int8-per-256"; "none".
std::string_view name(ActivationRounding rounding);
/// One sentence for people: "The inputs of 42 matrices are rounded to 8-bit integers, a scale for each token, as engines do". Empty where nothing is.
std::string sentenceOf(const InputRoundings& roundings);

} // namespace quantlathe
