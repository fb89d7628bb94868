// SPDX-License-Identifier: GPL-3.0-or-later
// The added tokens of a tokenizer.json: found in a text leftmost first, of those that begin at one place the longest.
#pragma once

#include "core/inference/tokenizer/byte_trie.h"
#include "core/inference/tokenizer/vocabulary.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace quantlathe {

struct AddedToken
{
    TokenId id = 0;
    std::string content;
    bool isSpecial = false;
    bool isNormalized = false; ///< looked for in the normalised text, in its normalised form
    bool isSingleWord = false; ///< not inside a word
    bool takesSpaceBefore = false;
    bool takesSpaceBehind = false;
};

class AddedTokens
{
public:
    /// @p isNormalized chooses which of the tokens are looked for; @p forms are their texts to look for, by index.
    AddedTokens(const std::vector<AddedToken>& tokens, const std::vector<std::string>& forms, bool isNormalized);

    struct Part
    {
        std::size_t begin = 0;
        std::size_t end = 0;
        TokenId token = -1; ///< -1: text
    };
    /// Parts that cover @p text; without empty ones. @p parsesSpecial: special tokens count.
    [[nodiscard]] std::vector<Part> split(std::string_view text, bool parsesSpecial) const;

private:
    [[nodiscard]] static bool standsAlone(std::string_view text, std::size_t begin, std::size_t end);

    std::vector<AddedToken> m_tokens;
    ByteTrie m_trie; ///< values: indices in m_tokens
};

} // namespace quantlathe
