// SPDX-License-Identifier: GPL-3.0-or-later
// A GGUF file translated back into a Hugging Face folder's tensors, config.json and tokenizer.
#pragma once

#include "core/convert/export_contents.h"

namespace quantlathe {

/// Llama, Mixtral, Qwen 2 and 3 (dense and experts), Gemma 1 to 3, Phi-3, SmolLM3, OLMo 2 and 3, GPT-2, DeepSeek V2 and V3: names, rows as before llama.cpp's
/// reordering, norms without offset, experts one by one, matrices turned back. Weights are views that decode the file's blocks.
/// @throws Error(Unsupported) naming the architecture, tensor or key that has no counterpart; Error(BadFormat) for missing or contradicting ones
FolderContents contentsOfGguf(const std::shared_ptr<const Model>& model);

/// config.json for @p model; @p tensors under their names in the folder. What cannot be told from the file goes to @p notes.
nlohmann::ordered_json configOfGguf(const Model& model, const std::vector<FolderTensor>& tensors, std::vector<std::string>& notes);

/// Adds tokenizer.json (byte-level BPE) or tokenizer.model (SentencePiece), tokenizer_config.json and generation_config.json; otherwise a note that says
/// what is missing.
void addTokenizerFiles(const Model& model, FolderContents& contents);

} // namespace quantlathe
