// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/inference/tokenizer/special_tokens.h"

#include <algorithm>
#include <utility>

namespace quantlathe {

namespace {

bool isAsciiSpace(char character)
{
    return character == ' ' || (character >= '\t' && character <= '\r');
}

} // namespace

SpecialTokens::SpecialTokens(const Vocabulary& vocabulary, std::vector<TokenId> swallowsSpace)
    : m_vocabulary(&vocabulary), m_swallowsSpace(std::move(swallowsSpace))
{
    std::sort(m_swallowsSpace.begin(), m_swallowsSpace.end());
    for (std::size_t index = 0; index < vocabulary.size(); ++index) {
        const auto token = static_cast<TokenId>(index);
        const TokenKind kind = vocabulary.kind(token);
        if (kind == TokenKind::Control || kind == TokenKind::Unknown || kind == TokenKind::UserDefined)
            m_trie.add(vocabulary.text(token), token);
    }
}

/// The tokens that occur at all, longest first: usually none, so that a long text is looked through once and not once
/// for each of thousands of tokens.
std::vector<TokenId> SpecialTokens::presentIn(std::string_view text, bool parsesControl) const
{
    std::vector<TokenId> present;
    std::vector<bool> isSeen(m_vocabulary->size());
    for (std::size_t at = 0; at < text.size(); ++at) {
        std::uint32_t node = ByteTrie::root;
        for (std::size_t end = at; end < text.size(); ++end) {
            node = m_trie.child(node, text[end]);
            if (node == ByteTrie::none)
                break;
            const TokenId token = m_trie.value(node);
            if (token < 0 || isSeen[static_cast<std::size_t>(token)])
                continue;
            isSeen[static_cast<std::size_t>(token)] = true;
            if (parsesControl || m_vocabulary->kind(token) == TokenKind::UserDefined)
                present.push_back(token);
        }
    }
    std::sort(present.begin(), present.end(), [this](TokenId left, TokenId right) {
        const std::size_t leftSize = m_vocabulary->text(left).size();
        const std::size_t rightSize = m_vocabulary->text(right).size();
        return leftSize != rightSize ? leftSize > rightSize : left < right;
    });
    return present;
}

std::vector<TextFragment> SpecialTokens::split(std::string_view text, bool parsesControl) const
{
    std::vector<TextFragment> fragments;
    if (text.empty())
        return fragments;
    fragments.push_back({text});
    if (!m_vocabulary || m_trie.isEmpty())
        return fragments;
    for (const TokenId token : presentIn(text, parsesControl)) {
        const std::string& name = m_vocabulary->text(token);
        const bool swallows = std::binary_search(m_swallowsSpace.begin(), m_swallowsSpace.end(), token);
        std::vector<TextFragment> next;
        for (const TextFragment& fragment : fragments) {
            if (fragment.token >= 0) {
                next.push_back(fragment);
                continue;
            }
            std::string_view rest = fragment.text;
            for (auto at = rest.find(name); at != std::string_view::npos; at = rest.find(name)) {
                if (at > 0)
                    next.push_back({rest.substr(0, at)});
                next.push_back({{}, token});
                rest.remove_prefix(at + name.size());
                while (swallows && !rest.empty() && isAsciiSpace(rest.front()))
                    rest.remove_prefix(1);
            }
            if (!rest.empty())
                next.push_back({rest});
        }
        fragments = std::move(next);
    }
    return fragments;
}

} // namespace quantlathe
