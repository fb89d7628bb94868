// SPDX-License-Identifier: GPL-3.0-or-later
// Encoders of the formats made of four-bit floats, for every SIMD target of this machine; the same bytes on
// all.
//
// What is minimised: sum v (x - w)^2, v the importance or 1. Scales tried:
//   MXFP4  standard: e, the exponent of the largest weight less 2 (as llama.cpp), and e + 1, which can win
//   only where
//          that weight is at least 7 * 2^e; with importance e - 1, too. best: e - 12 ... e + 2.
//   NVFP4  standard: those nearest to a sixth (as llama.cpp) and a quarter of the largest weight, which bring
//   it to the
//          format's last and last but one number; the one below the former, the one above the latter. best:
//          all 126.
// Only scales that decode to finite weights are written; never 0x7F, which is read as 0.
#pragma once

#include "core/codecs/encode_options.h"

#include <cstddef>

namespace quantlathe::codecs::simd {

/// @p importance null or with a positive sum in every sub-block (32 and 16 weights).
using EncodeFp4 = void(const float* weights, const float* importance, std::size_t count, Effort effort,
                       std::byte* blocks);

EncodeFp4 encodeMXFP4, encodeNVFP4;

} // namespace quantlathe::codecs::simd
