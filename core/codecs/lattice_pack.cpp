// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/codecs/lattice_pack.h"

#include "core/codecs/lattice_blocks.h"

namespace quantlathe::codecs {

namespace {

StoredHalf storedHalf(std::uint16_t bits)
{
    return {static_cast<std::uint8_t>(bits), static_cast<std::uint8_t>(bits >> 8)};
}

std::uint8_t byteOf(unsigned value)
{
    return static_cast<std::uint8_t>(value);
}

/// Nibbles, low first.
template <std::size_t Bytes>
void packNibbles(const LatticeContent& content, std::array<std::uint8_t, Bytes>& scales)
{
    for (std::size_t byte = 0; byte < Bytes; ++byte)
        scales[byte] =
            byteOf(static_cast<unsigned>(content.codes[2 * byte] | content.codes[2 * byte + 1] << 4));
}

/// Four times seven signs and a scale.
std::uint32_t signsAndScale(const LatticeContent& content, std::size_t sub)
{
    std::uint32_t word = static_cast<std::uint32_t>(content.codes[sub]) << 28;
    for (std::size_t group = 0; group < 4; ++group)
        word |= static_cast<std::uint32_t>(content.signs[4 * sub + group] & 127) << 7 * group;
    return word;
}

} // namespace

void packIQ2_XXS(const LatticeContent& content, std::byte* bytes)
{
    BlockIQ2_XXS& block = *asBlocks<BlockIQ2_XXS>(bytes);
    block.d = storedHalf(content.d);
    for (std::size_t sub = 0; sub < 8; ++sub) {
        for (std::size_t group = 0; group < 4; ++group)
            block.subs[sub].points[group] = byteOf(content.points[4 * sub + group]);
        block.subs[sub].signsAndScale.store(signsAndScale(content, sub));
    }
}

void packIQ2_XS(const LatticeContent& content, std::byte* bytes)
{
    BlockIQ2_XS& block = *asBlocks<BlockIQ2_XS>(bytes);
    block.d = storedHalf(content.d);
    for (std::size_t group = 0; group < 32; ++group)
        block.pointsAndSigns[group].store(content.points[group] | (content.signs[group] & 127u) << 9);
    packNibbles(content, block.scales);
}

void packIQ2_S(const LatticeContent& content, std::byte* bytes)
{
    BlockIQ2_S& block = *asBlocks<BlockIQ2_S>(bytes);
    block.d = storedHalf(content.d);
    block.signs = content.signs;
    block.highBits = {};
    for (std::size_t group = 0; group < 32; ++group) {
        block.points[group] = byteOf(content.points[group]);
        block.highBits[group / 4] |= byteOf(content.points[group] >> 8 << (group % 4 * 2));
    }
    packNibbles(content, block.scales);
}

void packIQ3_XXS(const LatticeContent& content, std::byte* bytes)
{
    BlockIQ3_XXS& block = *asBlocks<BlockIQ3_XXS>(bytes);
    block.d = storedHalf(content.d);
    for (std::size_t point = 0; point < 64; ++point)
        block.points[point] = byteOf(content.points[point]);
    for (std::size_t sub = 0; sub < 8; ++sub)
        block.signsAndScales[sub].store(signsAndScale(content, sub));
}

void packIQ3_S(const LatticeContent& content, std::byte* bytes)
{
    BlockIQ3_S& block = *asBlocks<BlockIQ3_S>(bytes);
    block.d = storedHalf(content.d);
    block.signs = content.signs;
    block.highBits = {};
    for (std::size_t point = 0; point < 64; ++point) {
        block.points[point] = byteOf(content.points[point]);
        block.highBits[point / 8] |= byteOf(content.points[point] >> 8 << point % 8);
    }
    packNibbles(content, block.scales);
}

void packIQ1_S(const LatticeContent& content, std::byte* bytes)
{
    BlockIQ1_S& block = *asBlocks<BlockIQ1_S>(bytes);
    block.d = storedHalf(content.d);
    for (std::size_t sub = 0; sub < 8; ++sub) {
        unsigned high = static_cast<unsigned>(content.codes[sub]) << 12 |
                        static_cast<unsigned>(content.negativeShifts[4 * sub]) << 15;
        for (std::size_t group = 0; group < 4; ++group) {
            const unsigned point = content.points[4 * sub + group];
            block.points[4 * sub + group] = byteOf(point);
            high |= point >> 8 << 3 * group;
        }
        block.highParts[sub].store(high);
    }
}

void packIQ1_M(const LatticeContent& content, std::byte* bytes)
{
    BlockIQ1_M& block = *asBlocks<BlockIQ1_M>(bytes);
    block.highParts = {};
    for (std::size_t group = 0; group < 32; ++group) {
        const unsigned point = content.points[group];
        block.points[group] = byteOf(point);
        const unsigned high = point >> 8 | static_cast<unsigned>(content.negativeShifts[group]) << 3;
        block.highParts[group / 2] |= byteOf(high << (group % 2 * 4));
    }
    for (std::size_t word = 0; word < 4; ++word) {
        unsigned packed = (unsigned{content.d} >> 4 * word & 15) << 12;
        for (std::size_t index = 0; index < 4; ++index)
            packed |= static_cast<unsigned>(content.codes[4 * word + index]) << 3 * index;
        block.scales[word].store(packed);
    }
}

} // namespace quantlathe::codecs
