// SPDX-License-Identifier: GPL-3.0-or-later
// Unigram language model: of all ways to write a text in tokens the most probable one. Method: Kudo 2018, by Viterbi.
#pragma once

#include "core/inference/tokenizer/byte_trie.h"
#include "core/inference/tokenizer/word_model.h"

#include <optional>
#include <string_view>
#include <vector>

namespace quantlathe {

struct UnigramOptions
{
    std::optional<TokenId> unknown;
    bool hasByteFallback = false;     ///< unknown characters become "<0xNN>" tokens
    bool sumsInSinglePrecision = false; ///< SentencePiece itself does; decides between near ties
    bool usesUnusedTokens = false;
    bool usesAllTokens = false;       ///< whatever their kinds say (tokenizer.json knows none)
    /// Score of user-defined tokens: 0, or SentencePiece's, by which they always win.
    bool favoursUserDefined = false;
};

class UnigramModel : public WordModel
{
public:
    /// @p vocabulary outlives the model. @p scores by id, in double precision where the file has it; tokens beyond them are
    /// no part of the model.
    /// @throws Error(BadFormat) for a score that is no number
    UnigramModel(const Vocabulary& vocabulary, std::vector<double> scores, UnigramOptions options);
    void encode(std::string_view piece, std::vector<TokenId>& tokens) const override;

private:
    [[nodiscard]] bool isMatched(TokenKind kind) const;

    const Vocabulary& m_vocabulary;
    std::vector<double> m_scores;
    UnigramOptions m_options;
    ByteTrie m_trie;
    double m_unknownScore = 0;
    double m_userDefinedPerByte = 0;
    std::vector<TokenId> m_bytes;
};

} // namespace quantlathe
