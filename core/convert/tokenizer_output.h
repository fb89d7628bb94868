// SPDX-License-Identifier: GPL-3.0-or-later
// The tokenizer of a Hugging Face folder as GGUF metadata.
#pragma once

#include "core/formats/json/json_file.h"
#include "core/model/metadata.h"

#include <cstdint>
#include <filesystem>

namespace quantlathe {

/// Appends tokenizer.ggml.* and tokenizer.chat_template to @p metadata, from tokenizer.json, tokenizer.model and what lies beside
/// them: tokenizer_config.json, special_tokens_map.json, added_tokens.json, generation_config.json, config.json, chat templates.
/// Byte-level BPE becomes "gpt2", BPE with byte fallback and SentencePiece BPE "llama", unigram models "t5".
/// @param vocabularyRows rows of the embedding matrix: rows beyond the tokenizer become unused "[PADn]" tokens
/// @throws Error(Unsupported) naming what no GGUF can say: the kind, the pre-tokenizer, the normaliser, tokens around a text, merges that
/// are not those of a SentencePiece model; Error(BadFormat) for an inconsistent one; Error(NotFound) without a tokenizer
void appendTokenizer(Metadata& metadata, const std::filesystem::path& folder, std::uint64_t vocabularyRows);

} // namespace quantlathe
