// SPDX-License-Identifier: GPL-3.0-or-later
// Byte-level BPE tokenizers that a folder has only as vocab.json and merges.txt, as GPT-2's and older Qwen's: composed to what tokenizer.json would say.
#pragma once

#include "core/formats/json/json_file.h"

#include <filesystem>
#include <optional>

namespace quantlathe::huggingface {

/// tokenizer.json, or, where there is none, the same made of vocab.json, merges.txt and the names of the special tokens. How texts are split the files
/// do not say, but the class in tokenizer_config.json does, or the model's kind in config.json: GPT-2's and Qwen 2's are known (facts: these classes in the
/// transformers library). Nothing without such files.
/// @throws Error(Unsupported) naming another class; Error(BadFormat) for files that are no vocabulary or no merges; as JsonFile::read()
std::optional<JsonFile> readTokenizer(const std::filesystem::path& folder);

} // namespace quantlathe::huggingface
