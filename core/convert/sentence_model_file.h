// SPDX-License-Identifier: GPL-3.0-or-later
// tokenizer.model, SentencePiece's file, from the vocabulary of a GGUF (message ModelProto of sentencepiece_model.proto).
#pragma once

#include "core/model/metadata.h"

#include <optional>
#include <string>

namespace quantlathe {

struct SentenceModelFile
{
    std::string bytes;   ///< empty where there is none
    std::string problem; ///< why there is none: "a token has no text"
};

/// Of keys with tokenizer.ggml.model "llama": a BPE by scores, as engines take it for. Texts in added tokens get back the marks that stand for spaces.
SentenceModelFile sentenceModelFile(const Metadata& keys);

} // namespace quantlathe
