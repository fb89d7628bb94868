// SPDX-License-Identifier: GPL-3.0-or-later
// Encoders of the 32-weight formats without importance, at memory speed, for every SIMD target of this
// machine; the best one is chosen at run time and all give the same bytes.
//
// What is minimised: the squared error. Scales tried, as fractions of the one that just holds the block's
// range:
//   Q4_0, Q5_0  1, then 8/8.7 (Q4_0: the largest weight is cut off) or 16/15 of the other sign (Q5_0: the
//   range's
//               other end), each followed by the least-squares scale for its codes
//   Q4_1, Q5_1  1, and 0.94 about the centre, each followed by the least-squares scale and minimum for its
//   codes Q8_0        127/127, 127/126, 127/125, 127/124
// Every trial is judged with what a half stores of it, and the first one is llama.cpp's, so that the error is
// never larger than there. Where halves are coarse (block_parts.h) the two halves on either side are tried
// instead.
#pragma once

#include <cstddef>

namespace quantlathe::codecs::simd {

using EncodeDirect = void(const float* weights, std::size_t count, std::byte* blocks);

EncodeDirect encodeQ4_0, encodeQ4_1, encodeQ5_0, encodeQ5_1, encodeQ8_0;

} // namespace quantlathe::codecs::simd
