// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/codecs/block_grid.h"

#include "core/codecs/iq4_grid.h"
#include "core/codecs/kquants_blocks.h"
#include "core/codecs/legacy_blocks.h"

#include <algorithm>
#include <array>

namespace quantlathe {

namespace {

using namespace codecs;

/// first, first + 1, ...
template <std::size_t Count> constexpr std::array<float, Count> levelsFrom(int first)
{
    std::array<float, Count> levels{};
    for (std::size_t code = 0; code < Count; ++code)
        levels[code] = static_cast<float>(first + static_cast<int>(code));
    return levels;
}

constexpr auto levelsQ2_K = levelsFrom<4>(0);
constexpr auto levelsQ3_K = levelsFrom<8>(-4);
constexpr auto levelsQ4 = levelsFrom<16>(0);
constexpr auto levelsQ4_0 = levelsFrom<16>(-8);
constexpr auto levelsQ5 = levelsFrom<32>(0);
constexpr auto levelsQ5_0 = levelsFrom<32>(-16);
constexpr auto levelsQ6_K = levelsFrom<64>(-32);
constexpr auto levelsQ8_0 = levelsFrom<255>(-127); // -128 is never written, as by all encoders

/// Sub-block after sub-block.
void fillSubBlock(std::size_t width, std::size_t sub, float scale, float offset, float* scales, float* offsets)
{
    std::fill_n(scales + sub * width, width, scale);
    std::fill_n(offsets + sub * width, width, offset);
}

template <typename Block> void readShort(const std::byte* bytes, float* scales, float* offsets)
{
    const Block& block = *asBlocks<Block>(bytes);
    float offset = 0;
    if constexpr (requires { block.m; })
        offset = block.m.value();
    fillSubBlock(legacyBlock, 0, block.d.value(), offset, scales, offsets);
}

/// Codes of 32 weights, the low nibbles of all and, where the format has them, the fifth bits.
void writeNibbles(const std::uint8_t* codes, std::uint8_t* nibbles)
{
    for (std::size_t byte = 0; byte < 16; ++byte)
        nibbles[byte] = static_cast<std::uint8_t>((codes[byte] & 15) | codes[byte + 16] << 4);
}

template <typename Block> void writeShort(const std::uint8_t* codes, std::byte* bytes)
{
    Block& block = *asBlocks<Block>(bytes);
    writeNibbles(codes, block.nibbles.data());
    if constexpr (requires { block.fifthBits; }) {
        block.fifthBits = {};
        for (std::size_t index = 0; index < legacyBlock; ++index)
            block.fifthBits[index / 8] |= static_cast<std::uint8_t>((codes[index] >> 4 & 1) << index % 8);
    }
}

void writeQ8_0(const std::uint8_t* codes, std::byte* bytes)
{
    BlockQ8_0& block = *asBlocks<BlockQ8_0>(bytes);
    for (std::size_t index = 0; index < legacyBlock; ++index)
        block.codes[index] = static_cast<std::int8_t>(codes[index] - 127);
}

void readQ2_K(const std::byte* bytes, float* scales, float* offsets)
{
    const BlockQ2_K& block = *asBlocks<BlockQ2_K>(bytes);
    const float d = block.d.value();
    const float dmin = block.dmin.value();
    for (std::size_t sub = 0; sub < 16; ++sub)
        fillSubBlock(16, sub, d * static_cast<float>(block.scales[sub] & 15), -(dmin * static_cast<float>(block.scales[sub] >> 4)), scales, offsets);
}

void writeQ2_K(const std::uint8_t* codes, std::byte* bytes)
{
    packTwoBits(codes, asBlocks<BlockQ2_K>(bytes)->codes);
}

void readQ3_K(const std::byte* bytes, float* scales, float* offsets)
{
    const BlockQ3_K& block = *asBlocks<BlockQ3_K>(bytes);
    const float d = block.d.value();
    for (std::size_t sub = 0; sub < 16; ++sub)
        fillSubBlock(16, sub, d * static_cast<float>(scaleOfQ3_K(block.scales, sub)), 0, scales, offsets);
}

void writeQ3_K(const std::uint8_t* codes, std::byte* bytes)
{
    BlockQ3_K& block = *asBlocks<BlockQ3_K>(bytes);
    packTwoBits(codes, block.codes);
    block.highBits = {};
    for (std::size_t index = 0; index < superBlock; ++index)
        block.highBits[index % 32] |= static_cast<std::uint8_t>((codes[index] >> 2 & 1) << index / 32);
}

template <typename Block> void readWithMinima(const std::byte* bytes, float* scales, float* offsets)
{
    const Block& block = *asBlocks<Block>(bytes);
    const float d = block.d.value();
    const float dmin = block.dmin.value();
    for (std::size_t sub = 0; sub < 8; ++sub) {
        const ScaleAndMinimum packed = scaleAndMinimum(block.scales, sub);
        fillSubBlock(32, sub, d * static_cast<float>(packed.scale), -(dmin * static_cast<float>(packed.minimum)), scales, offsets);
    }
}

template <typename Block> void writeWithMinima(const std::uint8_t* codes, std::byte* bytes)
{
    Block& block = *asBlocks<Block>(bytes);
    for (std::size_t pair = 0; pair < 4; ++pair) {
        for (std::size_t rest = 0; rest < 32; ++rest)
            block.codes[32 * pair + rest] = static_cast<std::uint8_t>((codes[64 * pair + rest] & 15) | codes[64 * pair + 32 + rest] << 4);
    }
    if constexpr (requires { block.highBits; }) {
        block.highBits = {};
        for (std::size_t index = 0; index < superBlock; ++index)
            block.highBits[index % 32] |= static_cast<std::uint8_t>((codes[index] >> 4 & 1) << index / 32);
    }
}

void readQ6_K(const std::byte* bytes, float* scales, float* offsets)
{
    const BlockQ6_K& block = *asBlocks<BlockQ6_K>(bytes);
    const float d = block.d.value();
    for (std::size_t sub = 0; sub < 16; ++sub)
        fillSubBlock(16, sub, d * static_cast<float>(block.scales[sub]), 0, scales, offsets);
}

void writeQ6_K(const std::uint8_t* codes, std::byte* bytes)
{
    BlockQ6_K& block = *asBlocks<BlockQ6_K>(bytes);
    std::array<std::uint8_t, superBlock> upper;
    for (std::size_t index = 0; index < superBlock; ++index)
        upper[index] = codes[index] >> 4;
    packTwoBits(upper.data(), block.highBits);
    for (std::size_t half = 0; half < 2; ++half) {
        for (std::size_t rest = 0; rest < 64; ++rest)
            block.lowBits[64 * half + rest] = static_cast<std::uint8_t>((codes[128 * half + rest] & 15) | codes[128 * half + 64 + rest] << 4);
    }
}

void writeIQ4_NL(const std::uint8_t* codes, std::byte* bytes)
{
    writeNibbles(codes, asBlocks<BlockIQ4_NL>(bytes)->codes.data());
}

void readIQ4_XS(const std::byte* bytes, float* scales, float* offsets)
{
    const BlockIQ4_XS& block = *asBlocks<BlockIQ4_XS>(bytes);
    const float d = block.d.value();
    for (std::size_t sub = 0; sub < 8; ++sub) {
        const int low = block.lowerScales[sub / 2] >> (sub % 2 * 4) & 15;
        const int high = block.upperScales[sub / 4] >> (sub % 4 * 2) & 3;
        fillSubBlock(32, sub, d * static_cast<float>((low | high << 4) - 32), 0, scales, offsets);
    }
}

void writeIQ4_XS(const std::uint8_t* codes, std::byte* bytes)
{
    for (std::size_t sub = 0; sub < 8; ++sub)
        writeNibbles(codes + 32 * sub, asBlocks<BlockIQ4_XS>(bytes)->codes.data() + 16 * sub);
}

constexpr BlockGrid grids[] = {
    {TensorType::Q4_0, 32, levelsQ4_0, readShort<BlockQ4_0>, writeShort<BlockQ4_0>},
    {TensorType::Q4_1, 32, levelsQ4, readShort<BlockQ4_1>, writeShort<BlockQ4_1>},
    {TensorType::Q5_0, 32, levelsQ5_0, readShort<BlockQ5_0>, writeShort<BlockQ5_0>},
    {TensorType::Q5_1, 32, levelsQ5, readShort<BlockQ5_1>, writeShort<BlockQ5_1>},
    {TensorType::Q8_0, 32, levelsQ8_0, readShort<BlockQ8_0>, writeQ8_0},
    {TensorType::Q2_K, 256, levelsQ2_K, readQ2_K, writeQ2_K},
    {TensorType::Q3_K, 256, levelsQ3_K, readQ3_K, writeQ3_K},
    {TensorType::Q4_K, 256, levelsQ4, readWithMinima<BlockQ4_K>, writeWithMinima<BlockQ4_K>},
    {TensorType::Q5_K, 256, levelsQ5, readWithMinima<BlockQ5_K>, writeWithMinima<BlockQ5_K>},
    {TensorType::Q6_K, 256, levelsQ6_K, readQ6_K, writeQ6_K},
    {TensorType::IQ4_NL, 32, iq4Grid, readShort<BlockIQ4_NL>, writeIQ4_NL},
    {TensorType::IQ4_XS, 256, iq4Grid, readIQ4_XS, writeIQ4_XS},
};

} // namespace

const BlockGrid* blockGridFor(TensorType type)
{
    const auto* const found = std::find_if(std::begin(grids), std::end(grids), [&](const BlockGrid& grid) { return grid.type == type; });
    return found == std::end(grids) ? nullptr : found;
}

} // namespace quantlathe
