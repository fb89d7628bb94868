// SPDX-License-Identifier: GPL-3.0-or-later
// Encoders of the k-quants, for their rows of the registry in kquants_decode.cpp. Contract: Codec::encodeRow.
#pragma once

#include "core/codecs/encode_options.h"

#include <cstddef>

namespace quantlathe::codecs {

using EncodeRow = void(const float* weights, const float* importance, std::size_t count,
                const EncodeOptions& options, std::byte* blocks);

EncodeRow encodeQ2_K, encodeQ3_K, encodeQ4_K, encodeQ5_K, encodeQ6_K;

} // namespace quantlathe::codecs
