// SPDX-License-Identifier: GPL-3.0-or-later
// Remembers the last few results, so that going back to what was just looked at costs nothing.
#pragma once

#include <algorithm>
#include <cstddef>
#include <list>
#include <utility>

namespace quantlathe::ui {

/// The entry least recently asked for goes first.
template <typename Key, typename Value>
class RecentResults
{
public:
    explicit RecentResults(std::size_t capacity = 24) : m_capacity(capacity) {}

    /// Null when unknown; valid until the next remember() or clear().
    const Value* find(const Key& key)
    {
        const auto found
            = std::find_if(m_entries.begin(), m_entries.end(), [&key](const auto& entry) { return entry.first == key; });
        if (found == m_entries.end())
            return nullptr;
        m_entries.splice(m_entries.begin(), m_entries, found);
        return &m_entries.front().second;
    }

    /// Replaces what was known of @p key.
    void remember(Key key, Value value)
    {
        m_entries.remove_if([&key](const auto& entry) { return entry.first == key; });
        m_entries.emplace_front(std::move(key), std::move(value));
        if (m_entries.size() > m_capacity)
            m_entries.pop_back();
    }

    void clear() { m_entries.clear(); }

private:
    std::size_t m_capacity;
    std::list<std::pair<Key, Value>> m_entries; ///< most recent first
};

} // namespace quantlathe::ui
