// SPDX-License-Identifier: GPL-3.0-or-later
// Codes of 1 to 8 bits in a dense little-endian bit stream of 32-bit words, the first code in the lowest bits: how GPTQ and
// compressed-tensors pack (docs of the formats in the README of this folder).
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace quantlathe::quantized {

static_assert(std::endian::native == std::endian::little, "words are read as they lie in the file");

/// Word @p index of unaligned little-endian 32-bit words.
inline std::uint32_t wordAt(const std::byte* words, std::uint64_t index)
{
    std::uint32_t word = 0;
    std::memcpy(&word, words + 4 * index, sizeof word);
    return word;
}

/// Code @p index of the stream. @p wordOf(n) gives word n: it is asked for the one or two words that hold the code.
template <typename WordOf> std::uint32_t codeAt(std::uint64_t index, unsigned bits, WordOf wordOf)
{
    const std::uint64_t position = index * bits;
    const unsigned shift = position % 32;
    std::uint32_t code = wordOf(position / 32) >> shift;
    if (shift + bits > 32) // the code straddles two words (3 bits)
        code |= wordOf(position / 32 + 1) << (32 - shift);
    return code & ((1u << bits) - 1);
}

/// 32 codes fill exactly @p bits words.
template <unsigned bits> void unpack32(const std::uint32_t* words, std::uint8_t* codes)
{
    for (unsigned index = 0; index < 32; ++index) {
        const unsigned position = index * bits;
        const unsigned shift = position % 32;
        std::uint32_t code = words[position / 32] >> shift;
        if (shift + bits > 32)
            code |= words[position / 32 + 1] << (32 - shift);
        codes[index] = static_cast<std::uint8_t>(code & ((1u << bits) - 1));
    }
}

inline void unpack32(unsigned bits, const std::uint32_t* words, std::uint8_t* codes)
{
    switch (bits) {
    case 1: return unpack32<1>(words, codes);
    case 2: return unpack32<2>(words, codes);
    case 3: return unpack32<3>(words, codes);
    case 4: return unpack32<4>(words, codes);
    default: return unpack32<8>(words, codes);
    }
}

} // namespace quantlathe::quantized
