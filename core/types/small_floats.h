// SPDX-License-Identifier: GPL-3.0-or-later
// Scalar conversions of the 16-, 8- and 4-bit floats. The reference every SIMD kernel is tested against: round to
// nearest, ties to even, infinities and NaN kept where the format has them.
#pragma once

#include <bit>
#include <cstdint>

namespace quantlathe {

/// IEEE 754 binary16, exact.
float halfToFloat(std::uint16_t bits);
/// Round to nearest even; overflow gives infinity, NaN stays NaN (quiet).
std::uint16_t floatToHalf(float value);

/// bfloat16: the upper half of a float32, exact.
inline float bfloat16ToFloat(std::uint16_t bits)
{
    return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}
/// Round to nearest even; NaN stays NaN (quiet).
std::uint16_t floatToBfloat16(float value);

/// OCP FP8 E4M3 (no infinities, 0x7F/0xFF NaN, largest 448), exact.
float e4m3ToFloat(std::uint8_t bits);
/// OCP FP8 E5M2 (IEEE-like), exact.
float e5m2ToFloat(std::uint8_t bits);
/// OCP E8M0: 2^(bits - 127); 255 is NaN. 0 gives 2^-127 (a denormal float).
float e8m0ToFloat(std::uint8_t bits);

} // namespace quantlathe
