// SPDX-License-Identifier: GPL-3.0-or-later
// Numbers stored one by one: floats of 64 to 8 bits, integers, booleans. Little-endian, unaligned.
// Integers and F64 become the nearest float; 8-bit floats are exact (OCP FP8 and MX specifications).
#include "core/codecs/block_parts.h"
#include "core/codecs/families.h"
#include "core/codecs/scalar.h"
#include "core/codecs/simd_decode.h"

#include <array>
#include <bit>
#include <cstring>

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

/// Nearest half. Beyond +-65504 the nearest finite half is taken: a weight must not become infinite.
void encodeF16(const float* weights, const float*, std::size_t count, const EncodeOptions&, std::byte* blocks)
{
    auto* halves = asBlocks<StoredHalf>(blocks);
    for (std::size_t index = 0; index < count; ++index)
        halves[index].store(weights[index]);
}

/// Nearest bfloat16; the largest floats, which would round to infinity, give the largest finite bfloat16.
void encodeBF16(const float* weights, const float*, std::size_t count, const EncodeOptions&, std::byte* blocks)
{
    constexpr std::uint16_t largest = 0x7F7F;
    for (std::size_t index = 0; index < count; ++index) {
        std::uint16_t bits = floatToBfloat16(weights[index]);
        if ((bits & 0x7FFF) == 0x7F80)
            bits = static_cast<std::uint16_t>((bits & 0x8000) | largest);
        std::memcpy(blocks + 2 * index, &bits, sizeof bits);
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
        {F64, decodeNumbers<double>, nullptr},
        {F32, decodeF32, encodeF32},
        {F16, simd::decodeF16, encodeF16},
        {BF16, simd::decodeBF16, encodeBF16},
        {F8_E4M3, decodeByTable<e4m3ToFloat>, nullptr},
        {F8_E5M2, decodeByTable<e5m2ToFloat>, nullptr},
        {F8_E8M0, decodeByTable<e8m0ToFloat>, nullptr},
        {I64, decodeNumbers<std::int64_t>, nullptr},
        {I32, decodeNumbers<std::int32_t>, nullptr},
        {I16, decodeNumbers<std::int16_t>, nullptr},
        {I8, decodeNumbers<std::int8_t>, nullptr},
        {U64, decodeNumbers<std::uint64_t>, nullptr},
        {U32, decodeNumbers<std::uint32_t>, nullptr},
        {U16, decodeNumbers<std::uint16_t>, nullptr},
        {U8, decodeNumbers<std::uint8_t>, nullptr},
        {BOOL, decodeBool, nullptr},
    };
    return codecs;
}

} // namespace quantlathe::codecs
