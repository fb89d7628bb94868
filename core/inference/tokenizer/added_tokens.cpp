// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/inference/tokenizer/added_tokens.h"

#include "core/inference/tokenizer/code_points.h"
#include "core/inference/tokenizer/utf8.h"

#include <algorithm>

namespace quantlathe {

namespace {

/// Where the character before @p at begins.
std::size_t oneBack(std::string_view text, std::size_t at)
{
    do {
        --at;
    } while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80);
    return at;
}

bool isIn(const CodePointSet& set, std::string_view text, std::size_t at)
{
    return set.contains(utf8::decode(text, at).value);
}

} // namespace

AddedTokens::AddedTokens(const std::vector<AddedToken>& tokens, const std::vector<std::string>& forms, bool isNormalized)
    : m_tokens(tokens)
{
    for (std::size_t index = 0; index < tokens.size(); ++index) {
        if (tokens[index].isNormalized == isNormalized)
            m_trie.add(forms[index], static_cast<std::int32_t>(index));
    }
}

bool AddedTokens::standsAlone(std::string_view text, std::size_t begin, std::size_t end)
{
    const bool startsFree = begin == 0 || !isIn(wordCharacters(), text, oneBack(text, begin));
    const bool endsFree = end == text.size() || !isIn(wordCharacters(), text, end);
    return startsFree && endsFree;
}

std::vector<AddedTokens::Part> AddedTokens::split(std::string_view text, bool parsesSpecial) const
{
    std::vector<Part> parts;
    std::size_t done = 0;
    for (std::size_t at = 0; !m_trie.isEmpty() && at < text.size();) {
        const ByteTrie::Match match = m_trie.longest(text, at);
        if (match.length == 0) {
            ++at;
            continue;
        }
        std::size_t begin = at;
        std::size_t end = at + match.length;
        at = end; // also where the token does not count: the library's search goes on behind it
        const AddedToken& token = m_tokens[static_cast<std::size_t>(match.value)];
        if ((token.isSpecial && !parsesSpecial) || (token.isSingleWord && !standsAlone(text, begin, end)))
            continue;
        if (token.takesSpaceBefore) {
            while (begin > done && isIn(whiteSpace(), text, oneBack(text, begin)))
                begin = oneBack(text, begin);
        }
        if (token.takesSpaceBehind) {
            while (end < text.size() && isIn(whiteSpace(), text, end))
                end += utf8::decode(text, end).length;
        }
        // The space a token before took may have hidden the start of this one.
        begin = std::max(begin, done);
        if (begin > done)
            parts.push_back({done, begin});
        parts.push_back({begin, end, token.id});
        done = end;
        at = std::max(at, end);
    }
    if (done < text.size())
        parts.push_back({done, text.size()});
    return parts;
}

} // namespace quantlathe
