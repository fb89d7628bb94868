// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/inference/tokenizer/utf8.h"

#include <algorithm>

namespace quantlathe::utf8 {

namespace {

unsigned char byteAt(std::string_view text, std::size_t at)
{
    return static_cast<unsigned char>(text[at]);
}

struct Form
{
    unsigned length = 0;       ///< 0: no first byte of a character
    unsigned char low = 0x80;  ///< range of the second byte
    unsigned char high = 0xBF;
};

/// Unicode 15, table 3-7.
Form formOf(unsigned char lead)
{
    if (lead < 0x80)
        return {1};
    if (lead >= 0xC2 && lead <= 0xDF)
        return {2};
    if (lead == 0xE0)
        return {3, 0xA0, 0xBF};
    if (lead == 0xED)
        return {3, 0x80, 0x9F};
    if (lead >= 0xE1 && lead <= 0xEF)
        return {3};
    if (lead == 0xF0)
        return {4, 0x90, 0xBF};
    if (lead == 0xF4)
        return {4, 0x80, 0x8F};
    if (lead >= 0xF1 && lead <= 0xF3)
        return {4};
    return {};
}

/// Bytes at @p at that start a well-formed character; the whole character when @p isWhole.
unsigned wellFormedPart(std::string_view text, std::size_t at, bool& isWhole)
{
    const Form form = formOf(byteAt(text, at));
    isWhole = form.length == 1;
    if (form.length < 2)
        return 1;
    unsigned length = 1;
    for (; length < form.length && at + length < text.size(); ++length) {
        const unsigned char byte = byteAt(text, at + length);
        const bool isSecond = length == 1;
        if (byte < (isSecond ? form.low : 0x80) || byte > (isSecond ? form.high : 0xBF))
            return length;
    }
    isWhole = length == form.length;
    return length;
}

char32_t valueOf(std::string_view character)
{
    if (character.size() == 1)
        return byteAt(character, 0);
    char32_t value = byteAt(character, 0) & (0x7FU >> character.size());
    for (std::size_t index = 1; index < character.size(); ++index)
        value = value << 6 | (byteAt(character, index) & 0x3FU);
    return value;
}

/// As decode(), with surrogates allowed.
Decoded decodeLeniently(std::string_view text, std::size_t at)
{
    constexpr unsigned char surrogateLead = 0xED;
    constexpr unsigned length = 3;
    const auto isTail = [&](std::size_t index) { return (byteAt(text, index) & 0xC0) == 0x80; };
    if (byteAt(text, at) != surrogateLead || length > text.size() - at || !isTail(at + 1) || !isTail(at + 2))
        return {};
    return {valueOf(text.substr(at, length)), length, true};
}

} // namespace

Decoded decode(std::string_view text, std::size_t at)
{
    bool isWhole = false;
    const unsigned length = wellFormedPart(text, at, isWhole);
    return isWhole ? Decoded{valueOf(text.substr(at, length)), length, true} : Decoded{};
}

void append(std::string& text, char32_t character)
{
    if (character < 0x80) {
        text += static_cast<char>(character);
    } else if (character < 0x800) {
        text += static_cast<char>(0xC0 | character >> 6);
        text += static_cast<char>(0x80 | (character & 0x3F));
    } else if (character < 0x10000) {
        text += static_cast<char>(0xE0 | character >> 12);
        text += static_cast<char>(0x80 | (character >> 6 & 0x3F));
        text += static_cast<char>(0x80 | (character & 0x3F));
    } else {
        text += static_cast<char>(0xF0 | character >> 18);
        text += static_cast<char>(0x80 | (character >> 12 & 0x3F));
        text += static_cast<char>(0x80 | (character >> 6 & 0x3F));
        text += static_cast<char>(0x80 | (character & 0x3F));
    }
}

std::string repaired(std::string_view text, Repair repair)
{
    std::string result;
    result.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t start = at;
        bool isWhole = true;
        unsigned part = 0;
        while (at < text.size()) {
            part = wellFormedPart(text, at, isWhole);
            if (!isWhole)
                break;
            at += part;
        }
        result.append(text.substr(start, at - start));
        if (at == text.size())
            break;
        const Decoded lenient = repair == Repair::Lenient ? decodeLeniently(text, at) : Decoded{};
        append(result, lenient.value);
        at += repair == Repair::MaximalPart ? part : lenient.length;
    }
    return result;
}

} // namespace quantlathe::utf8
