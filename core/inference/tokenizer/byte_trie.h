// SPDX-License-Identifier: GPL-3.0-or-later
// All texts of a list that begin at a place: a trie over bytes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace quantlathe {

class ByteTrie
{
public:
    static constexpr std::uint32_t none = 0xFFFFFFFF;
    static constexpr std::uint32_t root = 0;

    ByteTrie() : m_values(1, -1) { m_first.fill(none); }

    /// Of equal texts the first keeps its value. The empty text is not stored. @p value is not negative.
    void add(std::string_view text, std::int32_t value)
    {
        if (text.empty())
            return;
        std::uint32_t node = root;
        for (const char byte : text)
            node = childOrNew(node, static_cast<unsigned char>(byte));
        if (m_values[node] < 0)
            m_values[node] = value;
    }

    /// `none` when no text goes on with this byte.
    [[nodiscard]] std::uint32_t child(std::uint32_t node, char byte) const
    {
        const auto label = static_cast<unsigned char>(byte);
        if (node == root)
            return m_first[label];
        if (m_slots.empty())
            return none;
        return m_slots[slotOf(keyOf(node, label))].node;
    }
    /// -1 where no text ends.
    [[nodiscard]] std::int32_t value(std::uint32_t node) const { return m_values[node]; }
    [[nodiscard]] bool isEmpty() const { return m_values.size() == 1; }

    [[nodiscard]] bool canStart(char byte) const { return m_first[static_cast<unsigned char>(byte)] != none; }

    struct Match
    {
        std::size_t length = 0; ///< 0: no text begins here
        std::int32_t value = -1;
    };
    [[nodiscard]] Match longest(std::string_view text, std::size_t at) const
    {
        Match match;
        std::uint32_t node = root;
        for (std::size_t end = at; end < text.size();) {
            node = child(node, text[end++]);
            if (node == none)
                break;
            if (m_values[node] >= 0)
                match = {end - at, m_values[node]};
        }
        return match;
    }

private:
    struct Slot
    {
        std::uint64_t key = 0; ///< 0: unused; no key is 0, as no child hangs on the root here
        std::uint32_t node = none;
    };

    static std::uint64_t keyOf(std::uint32_t node, unsigned char label) { return std::uint64_t{node} << 8 | label; }
    [[nodiscard]] std::size_t slotOf(std::uint64_t key) const
    {
        std::uint64_t hash = key * 0x9e3779b97f4a7c15u;
        hash ^= hash >> 32;
        std::size_t at = hash & (m_slots.size() - 1);
        while (m_slots[at].key != 0 && m_slots[at].key != key)
            at = (at + 1) & (m_slots.size() - 1);
        return at;
    }
    std::uint32_t newNode()
    {
        m_values.push_back(-1);
        return static_cast<std::uint32_t>(m_values.size() - 1);
    }
    std::uint32_t childOrNew(std::uint32_t node, unsigned char label)
    {
        if (node == root) {
            if (m_first[label] == none)
                m_first[label] = newNode();
            return m_first[label];
        }
        if ((m_count + 1) * 2 > m_slots.size())
            grow();
        Slot& slot = m_slots[slotOf(keyOf(node, label))];
        if (slot.key == 0) {
            slot = {keyOf(node, label), newNode()};
            ++m_count;
        }
        return slot.node;
    }
    void grow()
    {
        std::vector<Slot> old(m_slots.empty() ? 16 : m_slots.size() * 2);
        old.swap(m_slots);
        for (const Slot& slot : old) {
            if (slot.key != 0)
                m_slots[slotOf(slot.key)] = slot;
        }
    }

    std::array<std::uint32_t, 256> m_first; ///< children of the root
    std::vector<Slot> m_slots;              ///< of all other nodes; a power of two, at most half full
    std::size_t m_count = 0;
    std::vector<std::int32_t> m_values;     ///< by node
};

} // namespace quantlathe
