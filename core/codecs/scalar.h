// SPDX-License-Identifier: GPL-3.0-or-later
// The plain decoders that have a SIMD twin: the definition of each format in code, and what the tests hold
// every SIMD target against. They live in their family's file.
#pragma once

#include <cstddef>

namespace quantlathe::codecs::scalar {

using Decode = void(const std::byte* blocks, float* weights, std::size_t count);

Decode decodeF16, decodeBF16;
Decode decodeQ4_0, decodeQ4_1, decodeQ5_0, decodeQ5_1, decodeQ8_0;
Decode decodeQ2_K, decodeQ3_K, decodeQ4_K, decodeQ5_K, decodeQ6_K;
Decode decodeQ1_0, decodeQ2_0, decodeTQ1_0, decodeTQ2_0, decodeMXFP4, decodeNVFP4;

} // namespace quantlathe::codecs::scalar
