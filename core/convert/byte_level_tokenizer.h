// SPDX-License-Identifier: GPL-3.0-or-later
// Byte-level BPE of a tokenizer.json as GGUF's "gpt2" tokenizer.
#pragma once

#include "core/convert/special_ids.h"

namespace quantlathe {

/// Appends model, pre, tokens, types and merges. @throws as appendTokenizer()
ExportedTokens appendByteLevelTokenizer(Metadata& metadata, const TokenizerSource& source);

} // namespace quantlathe
