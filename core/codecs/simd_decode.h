// SPDX-License-Identifier: GPL-3.0-or-later
// The decoders that analysis runs at memory speed, for every SIMD target of this machine; the best one is
// chosen at run time. Bit for bit as their scalar twins (scalar.h).
#pragma once

#include <cstddef>

namespace quantlathe::codecs::simd {

using Decode = void(const std::byte* blocks, float* weights, std::size_t count);

Decode decodeF16, decodeBF16;
Decode decodeQ4_0, decodeQ4_1, decodeQ5_0, decodeQ5_1, decodeQ8_0;
Decode decodeQ2_K, decodeQ3_K, decodeQ4_K, decodeQ5_K, decodeQ6_K;
Decode decodeQ1_0, decodeQ2_0, decodeTQ1_0, decodeTQ2_0, decodeMXFP4, decodeNVFP4;

} // namespace quantlathe::codecs::simd
