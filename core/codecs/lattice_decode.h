// SPDX-License-Identifier: GPL-3.0-or-later
// The decoders of the lattice formats, bit for bit as ggml's.
#pragma once

#include <cstddef>

namespace quantlathe::codecs::scalar {

using Decode = void(const std::byte* blocks, float* weights, std::size_t count);

Decode decodeIQ2_XXS, decodeIQ2_XS, decodeIQ2_S, decodeIQ3_XXS, decodeIQ3_S, decodeIQ1_S, decodeIQ1_M;

} // namespace quantlathe::codecs::scalar
