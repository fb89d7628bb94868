// SPDX-License-Identifier: GPL-3.0-or-later
// Byte-pair encoding of one piece: its characters become tokens, which ranked merges join.
#pragma once

#include "core/inference/tokenizer/merge_table.h"
#include "core/inference/tokenizer/word_model.h"

#include <array>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace quantlathe {

struct BpeOptions
{
    /// Pieces hold plain bytes, and the tokens spell bytes as characters. Otherwise pieces are spelled as the tokens are.
    bool spellsBytes = false;
    bool prefersWholeWords = false; ///< a piece that is a token is that token, whatever the merges say
    bool hasByteFallback = false;   ///< unknown characters become "<0xNN>" tokens
    bool fusesUnknown = false;      ///< a run of unknown characters is one token
    std::optional<TokenId> unknown; ///< without it unknown characters vanish
};

class BpeModel : public WordModel
{
public:
    /// @p vocabulary outlives the model.
    BpeModel(const Vocabulary& vocabulary, MergeTable merges, BpeOptions options);
    void encode(std::string_view piece, std::vector<TokenId>& tokens) const override;

private:
    void startFromBytes(std::string_view piece, std::vector<TokenId>& symbols) const;
    void startFromCharacters(std::string_view piece, std::vector<TokenId>& symbols) const;
    [[nodiscard]] TokenId wholeWord(std::string_view piece) const;

    const Vocabulary& m_vocabulary;
    MergeTable m_merges;
    BpeOptions m_options;
    std::array<TokenId, 256> m_bytes{};    ///< token of every byte's character
    std::vector<TokenId> m_fallback;       ///< "<0xNN>"
};

/// The merge table of pairs of texts, in order of rank. @p fail(index, what) throws the Error for a bad pair.
class MergeReader
{
public:
    explicit MergeReader(const Vocabulary& vocabulary) : m_vocabulary(vocabulary) {}
    void reserve(std::size_t count) { m_table.reserve(count); }
    /// False when one of the texts or their concatenation is no token.
    bool add(std::string_view left, std::string_view right, bool keepsFirst);
    [[nodiscard]] MergeTable take() { return std::move(m_table); }

private:
    const Vocabulary& m_vocabulary;
    MergeTable m_table;
    std::uint32_t m_rank = 0;
    std::string m_joined;
};

} // namespace quantlathe
