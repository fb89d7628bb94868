// SPDX-License-Identifier: GPL-3.0-or-later
// Vocabulary, model, added tokens and frame of a tokenizer.json.
#pragma once

#include "core/formats/json/json_file.h"
#include "core/inference/tokenizer/added_tokens.h"
#include "core/inference/tokenizer/tokenizer.h"
#include "core/inference/tokenizer/word_model.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace quantlathe {

/// What the file says before the vocabulary is final.
struct JsonVocabulary
{
    std::vector<std::string> texts;
    std::vector<TokenKind> kinds;
    std::vector<double> scores; ///< of a unigram model
    std::vector<AddedToken> added;
};

enum class JsonModelKind { Bpe, Unigram };

/// @throws Error(Unsupported) naming WordPiece and the like, and options that change the result and are not known
JsonModelKind readModelKind(const JsonFile& tokenizer);
/// Tokens of the model and added ones. @throws Error(BadFormat) for ids out of range or given twice
JsonVocabulary readJsonVocabulary(const JsonFile& tokenizer, JsonModelKind kind);
/// @param spellsBytes pieces hold plain bytes
/// @param vocabulary outlives the model
std::unique_ptr<const WordModel> readJsonModel(const JsonFile& tokenizer, JsonModelKind kind, const Vocabulary& vocabulary,
                                               std::vector<double> scores, bool spellsBytes);
/// unk_token or unk_id of the model.
std::optional<TokenId> readUnknown(const JsonFile& tokenizer, JsonModelKind kind, const Vocabulary& vocabulary);

/// What the post-processor puts around a single text.
struct JsonFrame
{
    bool isKnown = false; ///< the file says so
    std::vector<TokenId> before;
    std::vector<TokenId> after;
};
/// @throws Error(Unsupported) for a post-processor that is not known; Error(BadFormat) for tokens that are none
JsonFrame readJsonFrame(const JsonFile& tokenizer, const Vocabulary& vocabulary);

} // namespace quantlathe
