// SPDX-License-Identifier: GPL-3.0-or-later
// What a SentencePiece model file says (message ModelProto of sentencepiece_model.proto).
#pragma once

#include "core/inference/tokenizer/vocabulary.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace quantlathe {

struct SentencePieceFile
{
    enum class Method { Unigram = 1, Bpe = 2, Word = 3, Character = 4 };

    std::vector<std::string> texts;
    std::vector<TokenKind> kinds;
    std::vector<float> scores;
    Method method = Method::Unigram;
    bool hasByteFallback = false;
    bool putsSpaceBehind = false;
    std::int64_t bos = 1; ///< -1: none
    std::int64_t eos = 2;
    std::string characterMap;
    bool addsSpacePrefix = true;
    bool removesExtraSpaces = true;
    bool marksSpaces = true;

    /// @throws Error(BadFormat) for bytes that are no such message, a piece without text or of an unknown type, pieces
    /// given twice, and a model without an unknown piece
    static SentencePieceFile parse(std::string_view bytes);
};

} // namespace quantlathe
