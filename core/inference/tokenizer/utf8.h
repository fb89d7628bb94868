// SPDX-License-Identifier: GPL-3.0-or-later
// Characters of UTF-8 text, and what becomes of bytes that are none.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace quantlathe::utf8 {

inline constexpr char32_t replacement = 0xFFFD;

struct Decoded
{
    char32_t value = replacement;
    unsigned length = 1; ///< bytes; at least 1
    bool isValid = false;
};

/// The character at @p at (< text.size()). What is not well-formed gives U+FFFD, one byte long.
Decoded decode(std::string_view text, std::size_t at);

void append(std::string& text, char32_t character);

/// Length that the first byte of a character announces: 1 for bytes that start none, too.
inline unsigned announcedLength(char lead)
{
    const auto byte = static_cast<unsigned char>(lead);
    return byte < 0xC0 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}

/// How bytes that are not UTF-8 become U+FFFD.
enum class Repair {
    EachByte,    ///< one for each byte (SentencePiece)
    MaximalPart, ///< one for each longest start of a character, Unicode's recommendation (Python, Rust, browsers)
    Lenient      ///< one for each byte, but surrogates are taken for characters (llama.cpp)
};

/// @p text with the repair done. Well-formed text comes back as it is.
std::string repaired(std::string_view text, Repair repair);

} // namespace quantlathe::utf8
