// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/inference/tokenizer/code_points.h"

#include <algorithm>
#include <bit>
#include <initializer_list>
#include <unicode/uniset.h>

namespace quantlathe {

namespace {

void addAll(CodePointSet& target, const icu::UnicodeSet& source)
{
    for (std::int32_t range = 0; range < source.getRangeCount(); ++range)
        target.add(static_cast<char32_t>(source.getRangeStart(range)), static_cast<char32_t>(source.getRangeEnd(range)));
}

CodePointSet ofProperties(std::initializer_list<std::string_view> names)
{
    CodePointSet set;
    for (const std::string_view name : names)
        set.addProperty(name);
    return set;
}

CodePointSet makePunctuation()
{
    CodePointSet set = ofProperties({"P"});
    for (char32_t character = 0x21; character < 0x7F; ++character) {
        const bool isLetterOrDigit = (character >= '0' && character <= '9') || (character >= 'A' && character <= 'Z')
            || (character >= 'a' && character <= 'z');
        if (!isLetterOrDigit)
            set.add(character);
    }
    return set;
}

} // namespace

bool CodePointSet::addProperty(std::string_view name)
{
    const auto value = icu::UnicodeString::fromUTF8(icu::StringPiece(name.data(), static_cast<std::int32_t>(name.size())));
    for (const char* property : {"gc", "sc"}) {
        UErrorCode status = U_ZERO_ERROR;
        icu::UnicodeSet set;
        set.applyPropertyAlias(icu::UnicodeString(property), value, status);
        if (U_SUCCESS(status)) {
            addAll(*this, set);
            return true;
        }
    }
    UErrorCode status = U_ZERO_ERROR;
    icu::UnicodeSet set;
    set.applyPropertyAlias(value, icu::UnicodeString(), status);
    if (U_FAILURE(status))
        return false;
    addAll(*this, set);
    return true;
}

void CodePointSet::add(char32_t first, char32_t last)
{
    last = std::min<char32_t>(last, end - 1);
    for (char32_t character = first; character <= last;) {
        if ((character & 63) == 0 && last - character >= 63) {
            m_bits[character >> 6] = ~std::uint64_t{0};
            character += 64;
        } else {
            m_bits[character >> 6] |= std::uint64_t{1} << (character & 63);
            ++character;
        }
    }
}

void CodePointSet::add(const CodePointSet& other)
{
    for (std::size_t index = 0; index < m_bits.size(); ++index)
        m_bits[index] |= other.m_bits[index];
}

void CodePointSet::keepOnly(const CodePointSet& other)
{
    for (std::size_t index = 0; index < m_bits.size(); ++index)
        m_bits[index] &= other.m_bits[index];
}

void CodePointSet::invert()
{
    for (std::uint64_t& word : m_bits)
        word = ~word;
}

void CodePointSet::closeOverCase()
{
    icu::UnicodeSet set;
    for (std::size_t index = 0; index < m_bits.size(); ++index) {
        for (std::uint64_t word = m_bits[index]; word != 0; word &= word - 1)
            set.add(static_cast<UChar32>(index * 64 + static_cast<std::size_t>(std::countr_zero(word))));
    }
    // Also makes strings ("ss" for a sharp s); they are no single characters and are not among the ranges.
    set.closeOver(USET_CASE_INSENSITIVE);
    addAll(*this, set);
}

bool CodePointSet::hasNonAscii() const
{
    return std::any_of(m_bits.begin() + 2, m_bits.end(), [](std::uint64_t word) { return word != 0; });
}

const CodePointSet& whiteSpace()
{
    static const CodePointSet set = ofProperties({"White_Space"});
    return set;
}

const CodePointSet& wordCharacters()
{
    static const CodePointSet set = ofProperties({"Alphabetic", "M", "Nd", "Pc", "Join_Control"});
    return set;
}

const CodePointSet& numbers()
{
    static const CodePointSet set = ofProperties({"N"});
    return set;
}

const CodePointSet& punctuation()
{
    static const CodePointSet set = makePunctuation();
    return set;
}

} // namespace quantlathe
