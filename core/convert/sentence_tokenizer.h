// SPDX-License-Identifier: GPL-3.0-or-later
// Tokenizers of SentencePiece's kind, from tokenizer.model or a tokenizer.json in the style of Llama 2 or Gemma, as GGUF's "llama" (BPE)
// and "t5" (unigram).
#pragma once

#include "core/convert/special_ids.h"

namespace quantlathe {

/// BPE with byte fallback, or unigram.
bool isSentenceTokenizer(const JsonFile& tokenizer);

/// Appends model, pre, tokens, scores, types and what the kind says about spaces. @throws as appendTokenizer()
ExportedTokens appendSentenceTokenizer(Metadata& metadata, const TokenizerSource& source);

} // namespace quantlathe
