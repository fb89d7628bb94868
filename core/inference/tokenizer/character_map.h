// SPDX-License-Identifier: GPL-3.0-or-later
// SentencePiece's precompiled normaliser: a double array (Darts-clone's layout) from prefixes of text to replacements.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace quantlathe {

class CharacterMap
{
public:
    /// No replacements.
    CharacterMap() = default;
    /// @p blob: u32 size of the array in bytes, the array, texts that end in NUL. The array is not trusted: every step is
    /// checked, and a walk ends with the text. @throws Error(BadFormat)
    explicit CharacterMap(std::string_view blob);

    struct Replacement
    {
        std::size_t length = 0; ///< bytes of the text that are replaced; 0: none
        std::string_view text;
    };
    /// The longest prefix of text.substr(at) with a replacement, or the shortest. @throws Error(BadFormat) where the array
    /// leads outside
    [[nodiscard]] Replacement longest(std::string_view text, std::size_t at) const { return find(text, at, false); }
    [[nodiscard]] Replacement shortest(std::string_view text, std::size_t at) const { return find(text, at, true); }
    /// False when no replacement begins with this byte.
    [[nodiscard]] bool canStart(char byte) const;

private:
    [[nodiscard]] std::uint32_t unit(std::size_t index) const;
    [[nodiscard]] std::string_view replacement(std::uint32_t offset) const;
    [[nodiscard]] Replacement find(std::string_view text, std::size_t at, bool stopsAtFirst) const;

    std::vector<std::uint32_t> m_units;
    std::string m_texts;
};

} // namespace quantlathe
