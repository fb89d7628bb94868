// SPDX-License-Identifier: GPL-3.0-or-later
// Which of llama.cpp's pre-tokenizers a tokenizer.json describes (the value of tokenizer.ggml.pre).
#pragma once

#include "core/formats/json/json_file.h"

#include <string>

namespace quantlathe {

/// "gpt-2", "llama-bpe" or "qwen2", by the split expression. llama.cpp has no way to carry an expression in the file, and a
/// wrong name loads fine and quietly degrades the model: everything else is refused instead of guessed.
/// @throws Error(Unsupported) describing the pre-tokenizer that was found
std::string classifyPreTokenizer(const JsonFile& tokenizer);

} // namespace quantlathe
