// SPDX-License-Identifier: GPL-3.0-or-later
// Tokenizers from tokenizer.ggml.* keys: byte-level BPE ("gpt2"), SentencePiece BPE ("llama") and unigram ("t5"). What
// llama.cpp does with a file is the reference.
#pragma once

#include "core/inference/tokenizer/tokenizer.h"

namespace quantlathe {

/// @param file for messages
/// @throws as loadTokenizer()
std::shared_ptr<const Tokenizer> tokenizerFromMetadata(const Metadata& metadata, const std::filesystem::path& file);

} // namespace quantlathe
