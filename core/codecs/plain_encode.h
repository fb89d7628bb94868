// SPDX-License-Identifier: GPL-3.0-or-later
// Rounding to 16-bit floats at memory speed, for every SIMD target of this machine; to nearest, ties to even.
// What would round to infinity gives the largest finite number: a weight must not become infinite.
#pragma once

#include <cstddef>

namespace quantlathe::codecs::simd {

using EncodeSixteenBits = void(const float* weights, std::size_t count, std::byte* bytes);

EncodeSixteenBits encodeF16, encodeBF16;

} // namespace quantlathe::codecs::simd
