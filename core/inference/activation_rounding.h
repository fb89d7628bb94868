// SPDX-License-Identifier: GPL-3.0-or-later
// What engines do to activations before they multiply quantized weights with them. llama.cpp's processor kernels round them to eight bits
// in blocks, or to the weights' own 16-bit type: part of the error of a quantized file as that engine runs it, and most of it for Q8_0
// (facts: the vector formats that ggml's types are multiplied with). vLLM and TGI round them for weights in 8-bit integers and floats (rounded_inputs.h).
#pragma once

#include "core/types/tensor_type.h"

#include <cstddef>
#include <cstdint>

namespace quantlathe {

enum class ActivationRounding : std::uint8_t {
    None,
    Half,      ///< binary16
    Bfloat16,
    Blocks32,  ///< 127 steps to the largest magnitude of 32, scale in binary16 (Q8_0, Q8_1)
    Blocks256, ///< 127 steps to the largest magnitude of 256, scale in float (Q8_K)
    TokenIntegers, ///< 127 steps to the largest magnitude of the whole row
    TokenFloats,   ///< E4M3, the largest magnitude of the whole row at 448
    Floats128      ///< E4M3, the largest magnitude of 128 at 448
};

/// llama.cpp's for weights of type @p weights.
ActivationRounding activationRounding(TensorType weights);

/// y = x rounded; x and y may be the same. @param count of a whole row; a multiple of the blocks' length where weights have those, which rows of such weights are
void roundActivations(ActivationRounding rounding, const float* x, std::size_t count, float* y);

} // namespace quantlathe
