// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/convert/pre_tokenizer.h"

#include "core/base/error.h"
#include "core/base/text.h"

#include <fmt/format.h>
#include <optional>
#include <string_view>

namespace quantlathe {

namespace {

using nlohmann::json;

// The split expressions as the tokenizers of GPT-2, Llama 3 and Qwen2 spell them.
constexpr std::string_view gpt2Split = R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";
constexpr std::string_view modernHead = R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|)";
constexpr std::string_view modernTail = R"(| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";

[[noreturn]] void refuse(const JsonFile& tokenizer, const std::string& what)
{
    throw Error(ErrorKind::Unsupported, fmt::format("the pre-tokenizer is not one that can be exported: {}", what),
                {tokenizer.path(), std::nullopt, {}},
                "Export works for the pre-tokenizers of GPT-2, Llama 3 and Qwen2");
}

/// What the steps of a pre-tokenizer come down to: one split expression on byte-level text.
struct Steps
{
    std::optional<std::string> split; ///< expression of a Split step
    bool isByteLevel = false;
    bool usesOwnSplit = false;        ///< the ByteLevel step splits by GPT-2's expression itself
};

void addStep(const JsonFile& tokenizer, const json& step, Steps& steps)
{
    const std::string type = textOf(step, "type");
    if (type == "Split") {
        const json* pattern = memberOf(step, "pattern");
        const std::string expression = pattern ? textOf(*pattern, "Regex") : std::string();
        if (steps.split || steps.isByteLevel || expression.empty() || textOf(step, "behavior") != "Isolated"
            || flagOf(step, "invert")) {
            refuse(tokenizer, "an unusual combination of Split steps");
        }
        steps.split = expression;
    } else if (type == "ByteLevel") {
        if (steps.isByteLevel)
            refuse(tokenizer, "two ByteLevel steps");
        if (flagOf(step, "add_prefix_space"))
            refuse(tokenizer, "ByteLevel that adds a space before the text");
        steps.isByteLevel = true;
        steps.usesOwnSplit = flagOf(step, "use_regex", true);
    } else {
        refuse(tokenizer, fmt::format("step '{}'", printable(type.empty() ? "without a type" : type)));
    }
}

} // namespace

std::string classifyPreTokenizer(const JsonFile& tokenizer)
{
    const json* preTokenizer = tokenizer.find("pre_tokenizer");
    if (!preTokenizer)
        refuse(tokenizer, "there is none");
    Steps steps;
    if (textOf(*preTokenizer, "type") == "Sequence") {
        const json* list = memberOf(*preTokenizer, "pretokenizers");
        if (!list || !list->is_array())
            refuse(tokenizer, "a sequence without steps");
        for (const json& step : *list)
            addStep(tokenizer, step, steps);
    } else {
        addStep(tokenizer, *preTokenizer, steps);
    }
    if (!steps.isByteLevel)
        refuse(tokenizer, "it is not byte-level");

    const json* model = tokenizer.find("model");
    const bool ignoresMerges = model && flagOf(*model, "ignore_merges");
    if (steps.usesOwnSplit) {
        // GPT-2's expression on top of another one splits finer than either: only the plain form is known.
        if (!steps.split && !ignoresMerges)
            return "gpt-2";
        refuse(tokenizer, "ByteLevel with its own expression after another step, or with ignore_merges");
    }
    if (!steps.split)
        refuse(tokenizer, "text is not split at all");
    const std::string& split = *steps.split;
    if (split == gpt2Split && !ignoresMerges)
        return "gpt-2";
    if (split == fmt::format("{}{}{}", modernHead, R"(\p{N}{1,3})", modernTail) && ignoresMerges)
        return "llama-bpe";
    if (split == fmt::format("{}{}{}", modernHead, R"(\p{N})", modernTail) && !ignoresMerges)
        return "qwen2";
    refuse(tokenizer, fmt::format("the expression {}{}", printable(split, 200),
                                  ignoresMerges ? " with ignore_merges" : ""));
}

} // namespace quantlathe
