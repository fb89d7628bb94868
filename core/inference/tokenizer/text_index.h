// SPDX-License-Identifier: GPL-3.0-or-later
// Finds numbers by texts: a hash table for vocabularies of some hundred thousand tokens and for words seen before.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

namespace quantlathe {

/// Fast, not for secrets. Differs between machines of different byte order; never stored.
inline std::uint64_t hashOfText(std::string_view text)
{
    constexpr std::uint64_t factor = 0x9e3779b97f4a7c15u;
    std::uint64_t hash = (text.size() + 1) * factor;
    const char* at = text.data();
    std::size_t left = text.size();
    const auto mix = [&hash](std::uint64_t word) {
        hash = (hash ^ word) * 0xbf58476d1ce4e5b9u;
        hash ^= hash >> 29;
    };
    for (; left >= sizeof(std::uint64_t); left -= sizeof(std::uint64_t), at += sizeof(std::uint64_t)) {
        std::uint64_t word;
        std::memcpy(&word, at, sizeof word);
        mix(word);
    }
    if (left > 0) {
        std::uint64_t word = 0;
        std::memcpy(&word, at, left);
        mix(word);
    }
    hash *= factor;
    return hash ^ (hash >> 32);
}

/// Keys are views: whoever inserts keeps the bytes alive and where they are.
class TextIndex
{
public:
    void reserve(std::size_t count)
    {
        std::size_t slotCount = 16;
        while (slotCount < count * 2)
            slotCount *= 2;
        if (slotCount > m_slots.size())
            rebuild(slotCount);
    }

    /// False, and nothing changes, when @p text is there already. @p value is not negative.
    bool insert(std::string_view text, std::int32_t value)
    {
        if ((m_count + 1) * 2 > m_slots.size())
            rebuild(m_slots.empty() ? 16 : m_slots.size() * 2);
        const std::uint64_t hash = hashOfText(text);
        std::size_t at = hash & (m_slots.size() - 1);
        for (; m_slots[at].value >= 0; at = (at + 1) & (m_slots.size() - 1)) {
            if (m_slots[at].hash == static_cast<std::uint32_t>(hash >> 32) && m_slots[at].text() == text)
                return false;
        }
        m_slots[at] = {text.data(), static_cast<std::uint32_t>(text.size()), static_cast<std::uint32_t>(hash >> 32), value};
        ++m_count;
        return true;
    }

    /// -1 when it is not there.
    [[nodiscard]] std::int32_t find(std::string_view text) const { return find(text, hashOfText(text)); }
    [[nodiscard]] std::int32_t find(std::string_view text, std::uint64_t hash) const
    {
        if (m_slots.empty())
            return -1;
        for (std::size_t at = hash & (m_slots.size() - 1); m_slots[at].value >= 0; at = (at + 1) & (m_slots.size() - 1)) {
            if (m_slots[at].hash == static_cast<std::uint32_t>(hash >> 32) && m_slots[at].text() == text)
                return m_slots[at].value;
        }
        return -1;
    }
    [[nodiscard]] std::size_t size() const { return m_count; }
    void clear()
    {
        m_slots.clear();
        m_count = 0;
    }

private:
    struct Slot
    {
        const char* data = nullptr;
        std::uint32_t size = 0;
        std::uint32_t hash = 0; ///< upper half: the lower one chose the slot
        std::int32_t value = -1;
        [[nodiscard]] std::string_view text() const { return {data, size}; }
    };

    void rebuild(std::size_t slotCount)
    {
        std::vector<Slot> old(slotCount);
        old.swap(m_slots);
        m_count = 0;
        for (const Slot& slot : old) {
            if (slot.value >= 0)
                insert(slot.text(), slot.value);
        }
    }

    std::vector<Slot> m_slots; ///< a power of two, at most half full
    std::size_t m_count = 0;
};

} // namespace quantlathe
