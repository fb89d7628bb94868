// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/inference/tokenizer/character_map.h"

#include "core/base/error.h"

#include <cstring>

namespace quantlathe {

namespace {

[[noreturn]] void fail(const char* what)
{
    throw Error(ErrorKind::BadFormat, std::string("the precompiled character map of the tokenizer ") + what);
}

constexpr std::uint32_t valueBit = 1u << 31;

std::uint32_t offsetOf(std::uint32_t unit)
{
    return (unit >> 10) << ((unit & (1u << 9)) >> 6);
}

std::uint32_t labelOf(std::uint32_t unit)
{
    return unit & (valueBit | 0xFFu);
}

bool hasLeaf(std::uint32_t unit)
{
    return (unit >> 8 & 1) != 0;
}

} // namespace

CharacterMap::CharacterMap(std::string_view blob)
{
    std::uint32_t arrayBytes = 0;
    if (blob.size() < sizeof arrayBytes)
        fail("is too short to hold its size");
    std::memcpy(&arrayBytes, blob.data(), sizeof arrayBytes);
    blob.remove_prefix(sizeof arrayBytes);
    if (arrayBytes > blob.size() || arrayBytes % sizeof(std::uint32_t) != 0 || arrayBytes == 0)
        fail("has an array that does not fit into it");
    m_units.resize(arrayBytes / sizeof(std::uint32_t));
    std::memcpy(m_units.data(), blob.data(), arrayBytes);
    m_texts = blob.substr(arrayBytes);
    if (m_texts.empty() || m_texts.back() != '\0')
        fail("has texts that do not end");
}

std::uint32_t CharacterMap::unit(std::size_t index) const
{
    if (index >= m_units.size())
        fail("leads outside its array");
    return m_units[index];
}

std::string_view CharacterMap::replacement(std::uint32_t offset) const
{
    if (offset >= m_texts.size())
        fail("names a replacement that is not there");
    return m_texts.c_str() + offset;
}

bool CharacterMap::canStart(char byte) const
{
    if (m_units.empty())
        return false;
    const auto label = static_cast<unsigned char>(byte);
    const std::uint32_t node = offsetOf(m_units[0]) ^ label;
    return node < m_units.size() && labelOf(m_units[node]) == label;
}

CharacterMap::Replacement CharacterMap::find(std::string_view text, std::size_t at, bool stopsAtFirst) const
{
    Replacement found;
    if (m_units.empty())
        return found;
    std::uint32_t node = offsetOf(m_units[0]);
    for (std::size_t end = at; end < text.size(); ++end) {
        const auto byte = static_cast<unsigned char>(text[end]);
        if (byte == 0)
            break;
        node ^= byte;
        // An absent child may well lie outside the array: that is the end of the match, and no fault.
        if (node >= m_units.size() || labelOf(m_units[node]) != byte)
            break;
        const std::uint32_t current = m_units[node];
        node ^= offsetOf(current);
        if (hasLeaf(current)) {
            found = {end - at + 1, replacement(unit(node) & ~valueBit)};
            if (stopsAtFirst)
                break;
        }
    }
    return found;
}

} // namespace quantlathe
