// SPDX-License-Identifier: GPL-3.0-or-later
// Formats for models trained with two or three weight values. Source of layouts: ggml.
//
//   Q1_0   128 weights: d half, 128 bits                     w = bit ? d : -d
//   Q2_0    64 weights: d half, 64 two-bit codes             w = (q - 1) * d
//   TQ2_0  256 weights: 64 bytes of two-bit codes, d half    w = (q - 1) * d
//          byte m of each 32 holds the weights m, m + 32, m + 64, m + 96 of its 128 from the lowest bits
//          upwards
//   TQ1_0  256 weights: 48 + 4 bytes of base-3 digits, d half   w = (digit - 1) * d
//          A byte holds five digits as the fraction 0.ddddd (base 3), rounded up to 1/256: multiplying by 3
//          moves the next digit in front of the point. Bytes 0-31: weights m + 32n; bytes 32-47: 160 + m +
//          16n; the last four, with four digits: 240 + m + 4n (n the digit's place).
#include "core/codecs/block_parts.h"
#include "core/codecs/families.h"

#include <array>

namespace quantlathe::codecs {

namespace {

struct BlockQ1_0
{
    StoredHalf d;
    std::array<std::uint8_t, 16> bits;
};
static_assert(sizeof(BlockQ1_0) == 18);

struct BlockQ2_0
{
    StoredHalf d;
    std::array<std::uint8_t, 16> codes;
};
static_assert(sizeof(BlockQ2_0) == 18);

struct BlockTQ1_0
{
    std::array<std::uint8_t, 48> fives;
    std::array<std::uint8_t, 4> fours;
    StoredHalf d;
};
static_assert(sizeof(BlockTQ1_0) == 54);

struct BlockTQ2_0
{
    std::array<std::uint8_t, 64> codes;
    StoredHalf d;
};
static_assert(sizeof(BlockTQ2_0) == 66);

void decodeQ1_0(const std::byte* bytes, float* weights, std::size_t count)
{
    const auto* block = asBlocks<BlockQ1_0>(bytes);
    for (std::size_t first = 0; first < count; first += 128, ++block) {
        const float d = block->d.value();
        for (std::size_t index = 0; index < 128; ++index)
            weights[first + index] = block->bits[index / 8] >> index % 8 & 1 ? d : -d;
    }
}

void decodeQ2_0(const std::byte* bytes, float* weights, std::size_t count)
{
    const auto* block = asBlocks<BlockQ2_0>(bytes);
    for (std::size_t first = 0; first < count; first += 64, ++block) {
        const float d = block->d.value();
        for (std::size_t index = 0; index < 64; ++index)
            weights[first + index] =
                static_cast<float>((block->codes[index / 4] >> index % 4 * 2 & 3) - 1) * d;
    }
}

void decodeTQ2_0(const std::byte* bytes, float* weights, std::size_t count)
{
    const auto* block = asBlocks<BlockTQ2_0>(bytes);
    for (std::size_t first = 0; first < count; first += 256, ++block) {
        const float d = block->d.value();
        for (std::size_t index = 0; index < 256; ++index) {
            const std::uint8_t byte = block->codes[index / 128 * 32 + index % 32];
            weights[first + index] = static_cast<float>((byte >> index % 128 / 32 * 2 & 3) - 1) * d;
        }
    }
}

/// Writes the digits of @p size bytes: digit n of byte m goes to weights[m + size * n].
void decodeDigits(const std::uint8_t* bytes, std::size_t size, std::size_t digits, float d, float* weights)
{
    constexpr std::array<unsigned, 5> powersOfThree = {1, 3, 9, 27, 81};
    for (std::size_t place = 0; place < digits; ++place) {
        for (std::size_t index = 0; index < size; ++index) {
            const unsigned fraction = bytes[index] * powersOfThree[place] & 0xFF;
            const int digit = static_cast<int>(fraction * 3 >> 8);
            weights[size * place + index] = static_cast<float>(digit - 1) * d;
        }
    }
}

void decodeTQ1_0(const std::byte* bytes, float* weights, std::size_t count)
{
    const auto* block = asBlocks<BlockTQ1_0>(bytes);
    for (std::size_t first = 0; first < count; first += 256, ++block) {
        const float d = block->d.value();
        decodeDigits(block->fives.data(), 32, 5, d, weights + first);
        decodeDigits(block->fives.data() + 32, 16, 5, d, weights + first + 160);
        decodeDigits(block->fours.data(), 4, 4, d, weights + first + 240);
    }
}

} // namespace

std::span<const Codec> ternaryCodecs()
{
    using enum TensorType;
    static constexpr Codec codecs[] = {
        {Q1_0, decodeQ1_0, nullptr},
        {Q2_0, decodeQ2_0, nullptr},
        {TQ1_0, decodeTQ1_0, nullptr},
        {TQ2_0, decodeTQ2_0, nullptr},
    };
    return codecs;
}

} // namespace quantlathe::codecs
