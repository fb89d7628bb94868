// SPDX-License-Identifier: GPL-3.0-or-later
// SentencePiece's byte-pair encoding: neighbours whose concatenation is a token join, best score first.
#pragma once

#include "core/inference/tokenizer/word_model.h"

#include <optional>
#include <string_view>
#include <vector>

namespace quantlathe {

class ScoreModel : public WordModel
{
public:
    enum class Rules {
        Llama,        ///< llama.cpp: every token can be the result of a merge
        SentencePiece ///< normal and user-defined ones; unused ones come apart again at the end
    };
    /// @p vocabulary outlives the model.
    ScoreModel(const Vocabulary& vocabulary, Rules rules, std::optional<TokenId> unknown);
    /// @p piece may hold bytes that are not UTF-8: each ends up as a byte token.
    void encode(std::string_view piece, std::vector<TokenId>& tokens) const override;

private:
    struct Symbol
    {
        std::size_t begin = 0;
        std::size_t size = 0; ///< 0: joined to the one before
        int before = -1;
        int after = -1;
    };
    struct Session;

    void finish(std::string_view piece, const Session& session, std::string_view text, int depth, std::vector<TokenId>& tokens) const;
    [[nodiscard]] bool canJoin(TokenId token) const;

    const Vocabulary& m_vocabulary;
    Rules m_rules;
    std::optional<TokenId> m_unknown;
    std::vector<TokenId> m_bytes;
    bool m_hasBytes = false;
};

} // namespace quantlathe
