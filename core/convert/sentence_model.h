// SPDX-License-Identifier: GPL-3.0-or-later
// What a tokenizer of SentencePiece's kind consists of, whichever file says it.
#pragma once

#include "core/formats/json/json_file.h"
#include "core/inference/tokenizer/vocabulary.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace quantlathe {

struct SentenceModel
{
    bool isUnigram = false;
    std::vector<std::string> texts; ///< by id; empty where there is no token
    std::vector<TokenKind> kinds;
    std::vector<float> scores;
    std::optional<std::uint64_t> bos, eos, unknown;
    bool addsSpacePrefix = false;
    bool removesExtraSpaces = false;
    std::string characterMap;       ///< SentencePiece's normalisation, compiled; empty = none
};

/// A tokenizer.model. @throws Error(Unsupported) for models by words or characters, or with spaces behind words; Error(BadFormat)
SentenceModel sentenceModelOf(const std::filesystem::path& file);

/// A tokenizer.json: BPE whose merges are exactly those that a SentencePiece vocabulary allows (scores are minus their ranks), or unigram.
/// @throws Error(Unsupported) naming the normaliser, pre-tokenizer or merge that such a model cannot have; Error(BadFormat)
SentenceModel sentenceModelOf(const JsonFile& tokenizer);

/// What the steps of a tokenizer.json do about spaces; the same errors.
struct SpaceRules
{
    bool addsPrefix = false;
    bool removesExtra = false;
    std::string characterMap;
};
SpaceRules spaceRulesOf(const JsonFile& tokenizer, bool isUnigram);

} // namespace quantlathe
