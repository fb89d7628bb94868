// SPDX-License-Identifier: GPL-3.0-or-later
// The encoders of the lattice formats.
//
// What is minimised: with importance v sum v (x - q)^2; under unbiased sum v^(3/4) (x - q)^2 (v^(1/2) for IQ2_XXS and IQ2_XS), for IQ2_XXS, IQ2_XS and IQ3_XXS times sqrt(m + x^2),
// m the mean square of the super-block. Without, by objective: squared-error and unbiased sum (x - q)^2;
// magnitude sum w (x - q)^2 with llama.cpp's weights where it has some, w = x^2 for IQ3_XXS, IQ3_S and IQ1_M,
// w = x^2 + half the super-block's mean square for IQ2_S, and the same kind for its sisters that llama.cpp
// refuses to encode without importance: as IQ2_S for IQ2_XXS and IQ2_XS, as IQ1_M for IQ1_S.
#pragma once

#include "core/codecs/encode_options.h"

#include <cstddef>

namespace quantlathe::codecs {

using EncodeRow = void(const float* weights, const float* importance, std::size_t count,
                       const EncodeOptions& options, std::byte* blocks);

EncodeRow encodeIQ1_S, encodeIQ1_M, encodeIQ2_XXS, encodeIQ2_XS, encodeIQ2_S, encodeIQ3_XXS, encodeIQ3_S;

} // namespace quantlathe::codecs
