// SPDX-License-Identifier: GPL-3.0-or-later
// The tokenizer of a Hugging Face folder as GGUF metadata: byte-level BPE (tokenizer.json).
#pragma once

#include "core/model/metadata.h"

#include <cstdint>
#include <filesystem>

namespace quantlathe {

/// Appends tokenizer.ggml.* and tokenizer.chat_template to @p metadata from tokenizer.json, tokenizer_config.json,
/// chat_template.jinja, config.json and generation_config.json in @p folder.
/// @param vocabularyRows rows of the embedding matrix: rows beyond the tokenizer become unused "[PADn]" tokens
/// @throws Error(Unsupported) naming the kind of a tokenizer that is no byte-level BPE; Error(BadFormat) for an
/// inconsistent one; Error(NotFound) without tokenizer.json
void appendTokenizer(Metadata& metadata, const std::filesystem::path& folder, std::uint64_t vocabularyRows);

} // namespace quantlathe
