// SPDX-License-Identifier: GPL-3.0-or-later
// Sets of Unicode characters with a constant-time test; properties come from ICU.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace quantlathe {

/// A set of code points 0..10FFFF (surrogates included). 136 KiB each.
class CodePointSet
{
public:
    static constexpr char32_t end = 0x110000;

    CodePointSet() : m_bits(end / 64) {}
    /// By ICU's name of a general category ("L", "Lu"), script ("Han") or binary property ("White_Space").
    /// False and nothing added when there is no such property.
    bool addProperty(std::string_view name);

    void add(char32_t first, char32_t last);
    void add(char32_t one) { add(one, one); }
    void add(const CodePointSet& other);
    void keepOnly(const CodePointSet& other);
    void invert();
    /// Adds what is equal to a member when case is ignored (one character for one).
    void closeOverCase();

    [[nodiscard]] bool contains(char32_t character) const
    {
        return character < end && (m_bits[character >> 6] >> (character & 63) & 1) != 0;
    }
    /// For bytes below 0x80.
    [[nodiscard]] bool containsAscii(unsigned char byte) const { return (m_bits[byte >> 6] >> (byte & 63) & 1) != 0; }
    [[nodiscard]] bool hasNonAscii() const;
    [[nodiscard]] std::array<std::uint64_t, 2> ascii() const { return {m_bits[0], m_bits[1]}; }

private:
    std::vector<std::uint64_t> m_bits;
};

/// Sets that are asked for by themselves; made once.
const CodePointSet& whiteSpace();  ///< White_Space: \s
const CodePointSet& wordCharacters(); ///< letters, marks, decimal digits, connectors: \w
const CodePointSet& numbers();     ///< Nd, Nl, No
const CodePointSet& punctuation(); ///< P*, and the ASCII symbols that count as punctuation

} // namespace quantlathe
