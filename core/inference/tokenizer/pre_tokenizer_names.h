// SPDX-License-Identifier: GPL-3.0-or-later
// What the names in tokenizer.ggml.pre mean. GGUF files carry a name only, and what llama.cpp takes it for is what the
// model meets when it runs: where that differs from the tokenizer the name stands for, this follows llama.cpp.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace quantlathe {

/// The split expression of GPT-2, which tokenizer.json knows by name, too.
extern const std::string_view gpt2Split;

struct NamedPreTokenizer
{
    std::vector<std::string_view> expressions; ///< applied one after the other, each to the pieces of the one before
    bool prefersWholeWords = false;            ///< words that are tokens need no merges
    bool addsBos = false;                      ///< where the file does not say
};

/// Nothing for a name that is not known.
std::optional<NamedPreTokenizer> findPreTokenizer(std::string_view name);

} // namespace quantlathe
