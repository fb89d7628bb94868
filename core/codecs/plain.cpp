// SPDX-License-Identifier: GPL-3.0-or-later
// Numbers stored one by one: floats of 64 to 8 bits, integers, booleans. Little-endian, unaligned.
// Integers and F64 become the nearest float; 8-bit floats are exact (OCP FP8 and MX specifications).
#include "core/codecs/block_parts.h"
#include "core/codecs/families.h"
#include "core/codecs/plain_encode.h"
#include "core/codecs/scalar.h"
#include "core/codecs/simd_decode.h"

#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

namespace quantlathe::codecs {

static_assert(std::endian::native == std::endian::little,
              "files are little-endian, and so is every supported machine");

namespace {

template <typename Number> Number load(const std::byte* bytes, std::size_t index)
{
    Number number;
    std::memcpy(&number, bytes + index * sizeof(Number), sizeof(Number));
    return number;
}

template <typename Number> void decodeNumbers(const std::byte* blocks, float* weights, std::size_t count)
{
    for (std::size_t index = 0; index < count; ++index)
        weights[index] = static_cast<float>(load<Number>(blocks, index));
}

void decodeF32(const std::byte* blocks, float* weights, std::size_t count)
{
    if (count > 0)
        std::memcpy(weights, blocks, count * sizeof(float));
}

/// Any byte but 0 is true, whatever the writer put there.
void decodeBool(const std::byte* blocks, float* weights, std::size_t count)
{
    for (std::size_t index = 0; index < count; ++index)
        weights[index] = blocks[index] == std::byte{0} ? 0.0f : 1.0f;
}

template <float (*toFloat)(std::uint8_t)>
void decodeByTable(const std::byte* blocks, float* weights, std::size_t count)
{
    static const std::array<float, 256> table = [] {
        std::array<float, 256> values{};
        for (unsigned bits = 0; bits < values.size(); ++bits)
            values[bits] = toFloat(static_cast<std::uint8_t>(bits));
        return values;
    }();
    for (std::size_t index = 0; index < count; ++index)
        weights[index] = table[static_cast<std::uint8_t>(blocks[index])];
}

void encodeF32(const float* weights, const float*, std::size_t count, const EncodeOptions&, std::byte* blocks)
{
    if (count > 0)
        std::memcpy(blocks, weights, count * sizeof(float));
}

template <simd::EncodeSixteenBits& Encode>
void encodeSixteenBits(const float* weights, const float*, std::size_t count, const EncodeOptions&,
                       std::byte* blocks)
{
    Encode(weights, count, blocks);
}

void encodeF64(const float* weights, const float*, std::size_t count, const EncodeOptions&, std::byte* blocks)
{
    for (std::size_t index = 0; index < count; ++index) {
        const double number = weights[index];
        std::memcpy(blocks + index * sizeof number, &number, sizeof number);
    }
}

/// The nearest integer, ties to even; the smallest and largest one for weights beyond them.
template <typename Integer>
void encodeIntegers(const float* weights, const float*, std::size_t count, const EncodeOptions&,
                    std::byte* blocks)
{
    using Limits = std::numeric_limits<Integer>;
    // One more than the largest integer, which a double may not hold; that power of two it does.
    const double beyond = std::ldexp(1.0, Limits::digits);
    for (std::size_t index = 0; index < count; ++index) {
        const double nearest = std::nearbyint(static_cast<double>(weights[index]));
        const Integer number = nearest >= beyond    ? Limits::max()
                               : nearest <= -beyond ? Limits::min()
                                                    : static_cast<Integer>(nearest);
        std::memcpy(blocks + index * sizeof number, &number, sizeof number);
    }
}

} // namespace

namespace scalar {

void decodeF16(const std::byte* blocks, float* weights, std::size_t count)
{
    for (std::size_t index = 0; index < count; ++index)
        weights[index] = halfToFloat(load<std::uint16_t>(blocks, index));
}

void decodeBF16(const std::byte* blocks, float* weights, std::size_t count)
{
    for (std::size_t index = 0; index < count; ++index)
        weights[index] = bfloat16ToFloat(load<std::uint16_t>(blocks, index));
}

} // namespace scalar

std::span<const Codec> plainCodecs()
{
    using enum TensorType;
    static constexpr Codec codecs[] = {
        {F64, decodeNumbers<double>, encodeF64},
        {F32, decodeF32, encodeF32},
        {F16, simd::decodeF16, encodeSixteenBits<simd::encodeF16>},
        {BF16, simd::decodeBF16, encodeSixteenBits<simd::encodeBF16>},
        {F8_E4M3, decodeByTable<e4m3ToFloat>, nullptr},
        {F8_E5M2, decodeByTable<e5m2ToFloat>, nullptr},
        {F8_E8M0, decodeByTable<e8m0ToFloat>, nullptr},
        {I64, decodeNumbers<std::int64_t>, encodeIntegers<std::int64_t>},
        {I32, decodeNumbers<std::int32_t>, encodeIntegers<std::int32_t>},
        {I16, decodeNumbers<std::int16_t>, encodeIntegers<std::int16_t>},
        {I8, decodeNumbers<std::int8_t>, encodeIntegers<std::int8_t>},
        {U64, decodeNumbers<std::uint64_t>, nullptr},
        {U32, decodeNumbers<std::uint32_t>, nullptr},
        {U16, decodeNumbers<std::uint16_t>, nullptr},
        {U8, decodeNumbers<std::uint8_t>, nullptr},
        {BOOL, decodeBool, nullptr},
    };
    return codecs;
}

} // namespace quantlathe::codecs
