// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/inference/activation_rounding.h"

#include "core/types/small_floats.h"

#include <algorithm>
#include <bit>

namespace quantlathe {

namespace {

constexpr std::size_t superBlock = 256;
constexpr std::size_t shortBlock = 32;
constexpr std::size_t floatBlock = 128;
constexpr float steps = 127;

/// Nearest integer, ties to even, of a value under 2^22; a form that the compiler vectorises.
float nearest(float value)
{
    constexpr float magic = 12582912.0f;
    return (value + magic) - magic;
}

/// Magnitudes compare like the integers they are stored as.
float largestMagnitude(const float* x, std::size_t count)
{
    std::uint32_t largest = 0;
    for (std::size_t index = 0; index < count; ++index)
        largest = std::max(largest, std::bit_cast<std::uint32_t>(x[index]) & 0x7FFFFFFFu);
    return std::bit_cast<float>(largest);
}

/// y = nearest(x * inverse) * scale, by blocks.
void roundBlocks(const float* x, std::size_t count, float* y, std::size_t length, bool hasHalfScale)
{
    for (std::size_t block = 0; block < count; block += length) {
        const std::size_t end = std::min(block + length, count);
        const float largest = largestMagnitude(x + block, end - block);
        const float inverse = largest > 0 ? steps / largest : 0;
        const float exact = largest / steps;
        const float scale = hasHalfScale ? halfToFloat(floatToHalf(exact)) : exact;
        for (std::size_t index = block; index < end; ++index)
            y[index] = nearest(x[index] * inverse) * scale;
    }
}

/// The nearest number that E4M3 has, ties to even: three bits after the first, steps of 2^-9 at the least. @param value of at most 448
float nearestE4m3(float value)
{
    constexpr std::uint32_t smallestNormal = 121; // biased exponent of 2^-6
    const std::uint32_t exponent = std::max((std::bit_cast<std::uint32_t>(value) >> 23) & 0xFFu, smallestNormal);
    const float step = std::bit_cast<float>((exponent - 3) << 23);
    return nearest(value / step) * step;
}

/// As roundBlocks(), to E4M3.
void roundToFloats(const float* x, std::size_t count, float* y, std::size_t length)
{
    constexpr float largestE4m3 = 448;
    for (std::size_t block = 0; block < count; block += length) {
        const std::size_t end = std::min(block + length, count);
        const float scale = largestMagnitude(x + block, end - block) / largestE4m3;
        for (std::size_t index = block; index < end; ++index)
            y[index] = scale > 0 ? nearestE4m3(std::clamp(x[index] / scale, -largestE4m3, largestE4m3)) * scale : 0;
    }
}

} // namespace

ActivationRounding activationRounding(TensorType weights)
{
    switch (weights) {
    case TensorType::F16:
        return ActivationRounding::Half;
    case TensorType::BF16:
        return ActivationRounding::Bfloat16;
    default:
        break;
    }
    const TensorTypeInfo& type = info(weights);
    if (type.weightsPerBlock == superBlock)
        return ActivationRounding::Blocks256;
    return type.weightsPerBlock > 1 ? ActivationRounding::Blocks32 : ActivationRounding::None;
}

void roundActivations(ActivationRounding rounding, const float* x, std::size_t count, float* y)
{
    switch (rounding) {
    case ActivationRounding::None:
        std::copy_n(x, count, y);
        return;
    case ActivationRounding::Half:
        std::transform(x, x + count, y, [](float value) { return halfToFloat(floatToHalf(value)); });
        return;
    case ActivationRounding::Bfloat16:
        std::transform(x, x + count, y, [](float value) { return bfloat16ToFloat(floatToBfloat16(value)); });
        return;
    case ActivationRounding::Blocks32:
        roundBlocks(x, count, y, shortBlock, true);
        return;
    case ActivationRounding::Blocks256:
        roundBlocks(x, count, y, superBlock, false);
        return;
    case ActivationRounding::TokenIntegers:
        roundBlocks(x, count, y, std::max<std::size_t>(count, 1), false);
        return;
    case ActivationRounding::TokenFloats:
        roundToFloats(x, count, y, std::max<std::size_t>(count, 1));
        return;
    case ActivationRounding::Floats128:
        roundToFloats(x, count, y, floatBlock);
        return;
    }
}

} // namespace quantlathe
