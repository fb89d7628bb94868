// SPDX-License-Identifier: GPL-3.0-or-later
// What the names in tokenizer.ggml.pre mean. GGUF files carry a name only; the expressions are those of the tokenizers the
// names stand for.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace quantlathe {

/// The split expressions as the tokenizers of GPT-2, Llama 3 and Qwen2 spell them.
extern const std::string_view gpt2Split;
extern const std::string_view llama3Split;
extern const std::string_view qwen2Split;

struct NamedPreTokenizer
{
    std::vector<std::string_view> expressions; ///< applied one after the other, each to the pieces of the one before
    bool prefersWholeWords = false;            ///< words that are tokens need no merges
    bool addsBos = false;                      ///< where the file does not say
};

/// Nothing for a name that is not known.
std::optional<NamedPreTokenizer> findPreTokenizer(std::string_view name);

} // namespace quantlathe
