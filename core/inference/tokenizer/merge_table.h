// SPDX-License-Identifier: GPL-3.0-or-later
// The merges of a byte-pair encoding, and the merging of one word by them.
#pragma once

#include "core/inference/tokenizer/vocabulary.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace quantlathe {

/// Pair of tokens -> rank (lower first) and the token they become. Method: Sennrich, Haddow, Birch 2016.
class MergeTable
{
public:
    struct Merge
    {
        std::uint32_t rank = 0;
        TokenId result = 0;
    };

    void reserve(std::size_t count);
    /// Of equal pairs the first counts when @p keepsFirst, otherwise the last.
    void add(TokenId left, TokenId right, Merge merge, bool keepsFirst);
    /// Null when the pair is not merged.
    [[nodiscard]] const Merge* find(TokenId left, TokenId right) const;
    [[nodiscard]] std::size_t size() const { return m_count; }

    /// Merges neighbours of @p symbols, lowest rank first, of equal ranks the leftmost, until no pair is left that can be.
    /// Time n log n for long words.
    void apply(std::vector<TokenId>& symbols) const;

private:
    struct Slot
    {
        std::uint64_t key = unused;
        Merge merge;
    };
    static constexpr std::uint64_t unused = ~std::uint64_t{0};

    [[nodiscard]] std::size_t slotOf(std::uint64_t key) const;
    void rebuild(std::size_t slotCount);
    void applyToShort(std::vector<TokenId>& symbols) const;
    void applyToLong(std::vector<TokenId>& symbols) const;

    std::vector<Slot> m_slots; ///< a power of two, at most half full
    std::size_t m_count = 0;
};

} // namespace quantlathe
