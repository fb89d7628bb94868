// SPDX-License-Identifier: GPL-3.0-or-later
// IEEE 754-2019 (binary16), OCP 8-bit Floating Point Specification (E4M3, E5M2), OCP Microscaling Formats (E8M0).
#include "core/types/small_floats.h"

#include <cmath>
#include <limits>

namespace quantlathe {

float halfToFloat(std::uint16_t bits)
{
    const std::uint32_t sign = (bits & 0x8000u) << 16;
    const std::uint32_t exponent = (bits >> 10) & 0x1F;
    const std::uint32_t fraction = bits & 0x3FF;
    if (exponent == 0x1F) // NaN becomes quiet, as processors and ggml convert it
        return std::bit_cast<float>(sign | 0x7F800000u | (fraction << 13) | (fraction ? 0x400000u : 0));
    if (exponent == 0) {
        const float magnitude = static_cast<float>(fraction) * 0x1p-24f;
        return std::bit_cast<float>(sign | std::bit_cast<std::uint32_t>(magnitude));
    }
    return std::bit_cast<float>(sign | ((exponent + 112) << 23) | (fraction << 13));
}

std::uint16_t floatToHalf(float value)
{
    const auto bits = std::bit_cast<std::uint32_t>(value);
    const auto sign = static_cast<std::uint16_t>((bits >> 16) & 0x8000);
    const std::uint32_t magnitude = bits & 0x7FFFFFFF;
    if (magnitude > 0x7F800000) // NaN: keep the upper payload bits, force quiet
        return static_cast<std::uint16_t>(sign | 0x7E00 | ((magnitude >> 13) & 0x1FF));
    if (magnitude >= 0x477FF000) // 65520 and above round to infinity
        return static_cast<std::uint16_t>(sign | 0x7C00);
    if (magnitude < 0x38800000) { // below 2^-14: a denormal; the float adder rounds to even at bit 2^-24 for us
        const float shifted = std::bit_cast<float>(magnitude) + 0.5f;
        return static_cast<std::uint16_t>(sign | (std::bit_cast<std::uint32_t>(shifted) - 0x3F000000u));
    }
    const std::uint32_t rounded = magnitude + 0xFFF + ((magnitude >> 13) & 1);
    return static_cast<std::uint16_t>(sign | ((rounded - 0x38000000u) >> 13));
}

std::uint16_t floatToBfloat16(float value)
{
    const auto bits = std::bit_cast<std::uint32_t>(value);
    if ((bits & 0x7FFFFFFF) > 0x7F800000)
        return static_cast<std::uint16_t>((bits >> 16) | 0x40);
    return static_cast<std::uint16_t>((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
}

float e4m3ToFloat(std::uint8_t bits)
{
    const int exponent = (bits >> 3) & 0xF;
    const int fraction = bits & 7;
    if (exponent == 15 && fraction == 7)
        return std::numeric_limits<float>::quiet_NaN();
    const float magnitude = exponent == 0 ? std::ldexp(static_cast<float>(fraction), -9)
                                          : std::ldexp(static_cast<float>(8 + fraction), exponent - 10);
    return bits & 0x80 ? -magnitude : magnitude;
}

float e5m2ToFloat(std::uint8_t bits)
{
    return halfToFloat(static_cast<std::uint16_t>(bits << 8));
}

float e8m0ToFloat(std::uint8_t bits)
{
    return bits == 0xFF ? std::numeric_limits<float>::quiet_NaN() : std::ldexp(1.0f, int{bits} - 127);
}

} // namespace quantlathe
