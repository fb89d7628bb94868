// SPDX-License-Identifier: GPL-3.0-or-later
// Finds tokens that stand in a text as they are, before anything else happens to it, as llama.cpp does: the longest
// tokens first, all over the text.
#pragma once

#include "core/inference/tokenizer/byte_trie.h"
#include "core/inference/tokenizer/vocabulary.h"

#include <string_view>
#include <vector>

namespace quantlathe {

/// A stretch of text, or a token.
struct TextFragment
{
    std::string_view text;
    TokenId token = -1; ///< -1: it is text
};

class SpecialTokens
{
public:
    SpecialTokens() = default;
    /// Control, unknown and user-defined tokens of @p vocabulary, which outlives this.
    /// @param swallowsSpace tokens that take the white space behind them along
    SpecialTokens(const Vocabulary& vocabulary, std::vector<TokenId> swallowsSpace);

    /// @p parsesControl: control and unknown tokens count; user-defined ones always do.
    [[nodiscard]] std::vector<TextFragment> split(std::string_view text, bool parsesControl) const;

private:
    [[nodiscard]] std::vector<TokenId> presentIn(std::string_view text, bool parsesControl) const;

    const Vocabulary* m_vocabulary = nullptr;
    ByteTrie m_trie;
    std::vector<TokenId> m_swallowsSpace; ///< sorted
};

} // namespace quantlathe
