// SPDX-License-Identifier: GPL-3.0-or-later
// What turns the pieces of a text into tokens, and a memory for pieces that come again.
#pragma once

#include "core/inference/tokenizer/split_text.h"
#include "core/inference/tokenizer/text_index.h"
#include "core/inference/tokenizer/vocabulary.h"

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace quantlathe {

/// Tokens of pieces seen before, of one call of encode(). Most words of a text are old ones.
class WordCache
{
public:
    /// Nothing when the piece is new. Valid until the next add().
    [[nodiscard]] std::optional<std::span<const TokenId>> find(std::string_view piece) const
    {
        const std::int32_t entry = m_index.find(piece);
        if (entry < 0)
            return std::nullopt;
        const Range range = m_ranges[static_cast<std::size_t>(entry)];
        return std::span(m_tokens).subspan(range.begin, range.count);
    }
    void add(std::string_view piece, std::span<const TokenId> tokens);
    static constexpr std::size_t longestPiece = 256;

private:
    struct Range
    {
        std::size_t begin = 0;
        std::size_t count = 0;
    };
    static constexpr std::size_t mostEntries = 1u << 20;
    static constexpr std::size_t chunkBytes = 1u << 16;

    TextIndex m_index;
    std::vector<Range> m_ranges;
    std::vector<TokenId> m_tokens;
    std::vector<std::unique_ptr<char[]>> m_chunks; ///< the keys: texts of pieces go away with their fragment
    std::size_t m_chunkUsed = chunkBytes;
};

class WordModel
{
public:
    virtual ~WordModel() = default;
    /// Appends the tokens of one piece (not empty, well-formed UTF-8).
    virtual void encode(std::string_view piece, std::vector<TokenId>& tokens) const = 0;
    /// Whether a piece is worth remembering.
    [[nodiscard]] virtual bool isCached() const { return true; }

    /// All pieces of @p text, through the cache.
    void encodeAll(const SplitText& text, WordCache& cache, std::vector<TokenId>& tokens) const;
};

} // namespace quantlathe
