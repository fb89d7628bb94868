// SPDX-License-Identifier: GPL-3.0-or-later
// Tokenizers from a SentencePiece model (tokenizer.model); its library is the reference.
#pragma once

#include "core/inference/tokenizer/tokenizer.h"

namespace quantlathe {

/// tokenizer_config.json beside @p file decides whether a text gets bos and eos.
/// @throws as loadTokenizer()
std::shared_ptr<const Tokenizer> tokenizerFromSentencePiece(const std::filesystem::path& file);

/// The same for bytes that are read already; @p file is for messages and for what stands beside it.
std::shared_ptr<const Tokenizer> tokenizerFromSentencePiece(std::string_view bytes, const std::filesystem::path& file);

} // namespace quantlathe
