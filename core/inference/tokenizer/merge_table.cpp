// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/inference/tokenizer/merge_table.h"

#include <array>
#include <algorithm>
#include <limits>
#include <queue>

namespace quantlathe {

namespace {

constexpr std::size_t longestShortWord = 32;
constexpr std::uint32_t noRank = std::numeric_limits<std::uint32_t>::max();

std::uint64_t keyOf(TokenId left, TokenId right)
{
    return std::uint64_t{static_cast<std::uint32_t>(left)} << 32 | static_cast<std::uint32_t>(right);
}

} // namespace

std::size_t MergeTable::slotOf(std::uint64_t key) const
{
    std::uint64_t hash = key * 0x9e3779b97f4a7c15u;
    hash ^= hash >> 32;
    std::size_t at = hash & (m_slots.size() - 1);
    while (m_slots[at].key != key && m_slots[at].key != unused)
        at = (at + 1) & (m_slots.size() - 1);
    return at;
}

void MergeTable::rebuild(std::size_t slotCount)
{
    std::vector<Slot> old(slotCount);
    old.swap(m_slots);
    for (const Slot& slot : old) {
        if (slot.key != unused)
            m_slots[slotOf(slot.key)] = slot;
    }
}

void MergeTable::reserve(std::size_t count)
{
    std::size_t slotCount = 16;
    while (slotCount < count * 2)
        slotCount *= 2;
    if (slotCount > m_slots.size())
        rebuild(slotCount);
}

void MergeTable::add(TokenId left, TokenId right, Merge merge, bool keepsFirst)
{
    if ((m_count + 1) * 2 > m_slots.size())
        rebuild(m_slots.empty() ? 16 : m_slots.size() * 2);
    Slot& slot = m_slots[slotOf(keyOf(left, right))];
    if (slot.key == unused)
        ++m_count;
    else if (keepsFirst)
        return;
    slot = {keyOf(left, right), merge};
}

const MergeTable::Merge* MergeTable::find(TokenId left, TokenId right) const
{
    if (m_slots.empty() || left < 0 || right < 0)
        return nullptr;
    const Slot& slot = m_slots[slotOf(keyOf(left, right))];
    return slot.key == unused ? nullptr : &slot.merge;
}

void MergeTable::apply(std::vector<TokenId>& symbols) const
{
    if (symbols.size() < 2)
        return;
    if (symbols.size() <= longestShortWord)
        applyToShort(symbols);
    else
        applyToLong(symbols);
}

/// Few symbols: looking at all pairs each time beats a heap.
void MergeTable::applyToShort(std::vector<TokenId>& symbols) const
{
    std::array<Merge, longestShortWord> merges;
    std::size_t count = symbols.size();
    const auto look = [&](std::size_t at) {
        const Merge* merge = find(symbols[at], symbols[at + 1]);
        merges[at] = merge ? *merge : Merge{noRank, 0};
    };
    for (std::size_t at = 0; at + 1 < count; ++at)
        look(at);
    while (count > 1) {
        std::size_t best = 0;
        for (std::size_t at = 1; at + 1 < count; ++at) {
            if (merges[at].rank < merges[best].rank)
                best = at;
        }
        if (merges[best].rank == noRank)
            break;
        symbols[best] = merges[best].result;
        for (std::size_t at = best + 1; at + 1 < count; ++at) {
            symbols[at] = symbols[at + 1];
            merges[at] = merges[at + 1];
        }
        --count;
        if (best + 1 < count)
            look(best);
        if (best > 0)
            look(best - 1);
    }
    symbols.resize(count);
}

void MergeTable::applyToLong(std::vector<TokenId>& symbols) const
{
    struct Link
    {
        std::size_t before;
        std::size_t after;
        bool isGone = false;
    };
    struct Candidate
    {
        std::uint32_t rank;
        TokenId result;
        std::size_t left;
        bool operator<(const Candidate& other) const // the queue gives the greatest first
        {
            return rank != other.rank ? rank > other.rank : left > other.left;
        }
    };
    const std::size_t count = symbols.size();
    constexpr std::size_t none = std::numeric_limits<std::size_t>::max();
    std::vector<Link> links(count);
    std::priority_queue<Candidate> queue;
    const auto offer = [&](std::size_t left, std::size_t right) {
        if (left == none || right == none)
            return;
        if (const Merge* merge = find(symbols[left], symbols[right]))
            queue.push({merge->rank, merge->result, left});
    };
    for (std::size_t at = 0; at < count; ++at)
        links[at] = {at == 0 ? none : at - 1, at + 1 == count ? none : at + 1};
    for (std::size_t at = 0; at + 1 < count; ++at)
        offer(at, at + 1);
    while (!queue.empty()) {
        const Candidate candidate = queue.top();
        queue.pop();
        Link& left = links[candidate.left];
        if (left.isGone || left.after == none)
            continue;
        const std::size_t right = left.after;
        // One of the two may have been merged with another since: then the pair is not the one that was offered.
        const Merge* merge = find(symbols[candidate.left], symbols[right]);
        if (!merge || merge->result != candidate.result)
            continue;
        symbols[candidate.left] = candidate.result;
        links[right].isGone = true;
        left.after = links[right].after;
        if (left.after != none)
            links[left.after].before = candidate.left;
        offer(left.before, candidate.left);
        offer(candidate.left, left.after);
    }
    std::size_t kept = 0;
    for (std::size_t at = 0; at < count; ++at) {
        if (!links[at].isGone)
            symbols[kept++] = symbols[at];
    }
    symbols.resize(kept);
}

} // namespace quantlathe
