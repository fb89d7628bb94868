// SPDX-License-Identifier: GPL-3.0-or-later
// Rounding to small floats: 8-bit floats and NF4, each weight for itself. MXFP4 and NVFP4 are block types of the room codecs.
#pragma once

#include "core/base/run_control.h"
#include "core/methods/group_quantized.h"

#include <cstdint>

namespace quantlathe {

/// The code nearest to @p value: ties to the even one, beyond the largest number that one; never NaN or infinity. NF4: ties to the lower.
std::uint8_t nearestCode(FloatCode code, float value);

/// Scales bring the largest weight of a block to the largest number (448, 57344, 1) and are rounded to their type first; a block of zeros has scale 1.
/// @param weights [outputs x inputs], row-major, finite
/// @throws Error(InvalidArgument) for a scheme that problemOf() objects to; Error(Cancelled)
FloatQuantized roundToFloats(const FloatScheme& scheme, const float* weights, std::uint64_t outputs, std::uint64_t inputs, unsigned threads,
                             const RunControl& control);

} // namespace quantlathe
