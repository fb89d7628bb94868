// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/inference/tokenizer/tokenizer.h"

#include <fmt/format.h>
#include <utility>

namespace quantlathe {

Tokenizer::Tokenizer(TokenizerFacts facts) : m_facts(std::move(facts)) {}

Tokenizer::~Tokenizer() = default;

std::string Tokenizer::decode(std::span<const TokenId> tokens) const
{
    std::string text;
    bool isFirst = true;
    for (const TokenId token : tokens) {
        std::string bytes = tokenText(token);
        if (m_facts.vocabulary.kind(token) == TokenKind::Control)
            continue;
        if (isFirst && m_facts.addsSpacePrefix && bytes.starts_with(' '))
            bytes.erase(0, 1);
        isFirst = false;
        text += bytes;
    }
    return text;
}

std::string Tokenizer::describe() const
{
    return fmt::format("{}, {} tokens", m_facts.description, vocabularySize());
}

} // namespace quantlathe
