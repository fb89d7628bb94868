// SPDX-License-Identifier: GPL-3.0-or-later
// Encoders that search for scales, sixteen sub-blocks at a time, for every SIMD target. Contract: Codec::encodeRow.
#pragma once

#include "core/codecs/encode_options.h"

#include <cstddef>

namespace quantlathe::codecs {

using EncodeRow = void(const float* weights, const float* importance, std::size_t count,
                       const EncodeOptions& options, std::byte* blocks);

EncodeRow encodeQ2_K, encodeQ4_K, encodeQ5_K;     // affine_encode.cpp
EncodeRow encodeQ3_K, encodeQ6_K, encodeIQ4_XS;   // scaled_encode.cpp
// short_block_encode.cpp: for the legacy formats the search; without importance and in a hurry see legacy.cpp
EncodeRow encodeIQ4_NL, searchQ4_0, searchQ4_1, searchQ5_0, searchQ5_1, searchQ8_0;

} // namespace quantlathe::codecs
