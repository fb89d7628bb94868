// SPDX-License-Identifier: GPL-3.0-or-later
// Which of llama.cpp's pre-tokenizers a tokenizer.json describes (the value of tokenizer.ggml.pre).
#pragma once

#include "core/formats/json/json_file.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace quantlathe {

/// The name, by the exact steps of the pre-tokenizer and whether merges are ignored for whole words. llama.cpp has no way to carry
/// an expression in the file, and a wrong name loads fine and quietly degrades the model: everything else is refused.
/// @throws Error(Unsupported) describing the pre-tokenizer that was found
std::string classifyPreTokenizer(const JsonFile& tokenizer);

/// All names that classifyPreTokenizer() can give, each once.
std::vector<std::string_view> knownPreTokenizers();

/// What a tokenizer.json says of a pre-tokenizer.
struct PreTokenizerText
{
    nlohmann::ordered_json steps; ///< "pre_tokenizer"
    bool ignoresMerges = false;   ///< "model.ignore_merges"
};
/// The other way: of the family that @p name stands for in a GGUF. Nothing for others.
std::optional<PreTokenizerText> preTokenizerText(std::string_view name);

} // namespace quantlathe
