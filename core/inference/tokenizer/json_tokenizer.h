// SPDX-License-Identifier: GPL-3.0-or-later
// Tokenizers from a tokenizer.json of the Hugging Face library, which is the reference.
#pragma once

#include "core/formats/json/json_file.h"
#include "core/inference/tokenizer/tokenizer.h"

namespace quantlathe {

/// tokenizer_config.json beside @p file is used for what the tokenizer does not say (the names of bos, eos and unknown).
/// @throws as loadTokenizer()
std::shared_ptr<const Tokenizer> tokenizerFromJson(const std::filesystem::path& file);

/// The same for a file that is read already.
std::shared_ptr<const Tokenizer> tokenizerFromJson(const JsonFile& tokenizer);

} // namespace quantlathe
