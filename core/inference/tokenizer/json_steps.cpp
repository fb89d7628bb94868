// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/inference/tokenizer/json_steps.h"

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/inference/tokenizer/pre_tokenizer_names.h"
#include "core/inference/tokenizer/vocabulary.h"

#include <fmt/format.h>
#include <utility>

namespace quantlathe {

namespace {

using nlohmann::json;

constexpr int deepestNesting = 8;

class Reader
{
public:
    Reader(const JsonFile& tokenizer, JsonPreTokenizer& result) : m_tokenizer(tokenizer), m_result(result) {}

    void add(const json& step, int depth)
    {
        const std::string type = textOf(step, "type");
        if (depth > deepestNesting)
            m_tokenizer.fail("the pre-tokenizers are nested too deeply");
        if (type == "Sequence") {
            const json* list = memberOf(step, "pretokenizers");
            if (!list || !list->is_array())
                m_tokenizer.fail("a sequence of pre-tokenizers has no list");
            for (const json& inner : *list)
                add(inner, depth + 1);
            return;
        }
        if (m_result.spellsBytes) { // not the last step after all
            push<ByteSpellingStep>();
            m_result.spellsBytes = false;
        }
        addSingle(step, type);
    }

private:
    template <typename Step, typename... Arguments>
    void push(Arguments&&... arguments)
    {
        m_result.steps.push_back(std::make_unique<Step>(std::forward<Arguments>(arguments)...));
    }

    void addSingle(const json& step, const std::string& type)
    {
        if (type == "ByteLevel") {
            if (flagOf(step, "add_prefix_space", true))
                push<LeadingSpaceStep>();
            if (flagOf(step, "use_regex", true))
                push<ExpressionStep>(gpt2Split);
            m_result.spellsBytes = true;
            m_result.hasByteLevel = true;
        } else if (type == "Split") {
            addSplit(step);
        } else if (type == "Digits") {
            push<CharacterStep>(numbers(), flagOf(step, "individual_digits") ? SplitBehavior::Isolated : SplitBehavior::Contiguous);
        } else if (type == "Punctuation") {
            push<CharacterStep>(punctuation(), behavior(step, SplitBehavior::Isolated));
        } else if (type == "Whitespace") {
            push<ExpressionStep>(R"(\w+|[^\w\s]+)", SplitBehavior::Removed, true);
        } else if (type == "WhitespaceSplit") {
            push<CharacterStep>(whiteSpace(), SplitBehavior::Removed);
        } else if (type == "BertPreTokenizer") {
            push<CharacterStep>(whiteSpace(), SplitBehavior::Removed);
            push<CharacterStep>(punctuation(), SplitBehavior::Isolated);
        } else if (type == "CharDelimiterSplit") {
            push<TextStep>(textOf(step, "delimiter"), SplitBehavior::Removed, false);
        } else if (type == "Metaspace") {
            addMetaspace(step);
        } else {
            throw Error(ErrorKind::Unsupported, fmt::format("the pre-tokenizer '{}' is not known", printable(type.empty() ? "without a type" : type, 60)),
                        {m_tokenizer.path(), std::nullopt, {}});
        }
    }

    SplitBehavior behavior(const json& step, SplitBehavior otherwise) const
    {
        const std::string name = textOf(step, "behavior");
        if (name.empty())
            return otherwise;
        if (name == "Isolated")
            return SplitBehavior::Isolated;
        if (name == "Removed")
            return SplitBehavior::Removed;
        if (name == "MergedWithPrevious")
            return SplitBehavior::MergedWithPrevious;
        if (name == "MergedWithNext")
            return SplitBehavior::MergedWithNext;
        if (name == "Contiguous")
            return SplitBehavior::Contiguous;
        m_tokenizer.fail(fmt::format("a pre-tokenizer splits in a way that is not known ('{}')", printable(name, 60)));
    }

    void addSplit(const json& step)
    {
        const json* pattern = memberOf(step, "pattern");
        const json* text = pattern ? memberOf(*pattern, "String") : nullptr;
        const json* expression = pattern ? memberOf(*pattern, "Regex") : nullptr;
        const bool isInverted = flagOf(step, "invert");
        if (text && text->is_string())
            push<TextStep>(text->get<std::string>(), behavior(step, SplitBehavior::Isolated), isInverted);
        else if (expression && expression->is_string())
            push<ExpressionStep>(expression->get_ref<const std::string&>(), behavior(step, SplitBehavior::Isolated), isInverted);
        else
            m_tokenizer.fail("a Split pre-tokenizer has no pattern");
    }

    void addMetaspace(const json& step)
    {
        std::string marker = textOf(step, "replacement");
        if (marker.empty())
            marker = spaceMarker;
        const std::string scheme = textOf(step, "prepend_scheme");
        auto prefix = MarkerStep::Prefix::Always;
        if (scheme == "never" || !flagOf(step, "add_prefix_space", true))
            prefix = MarkerStep::Prefix::Never;
        else if (scheme == "first")
            prefix = MarkerStep::Prefix::First;
        else if (!scheme.empty() && scheme != "always")
            m_tokenizer.fail(fmt::format("a Metaspace pre-tokenizer has a prepend_scheme that is not known ('{}')", printable(scheme, 60)));
        m_result.hasMarker = true;
        push<MarkerStep>(std::move(marker), prefix, flagOf(step, "split", true));
    }

    const JsonFile& m_tokenizer;
    JsonPreTokenizer& m_result;
};

} // namespace

JsonPreTokenizer readPreTokenizer(const JsonFile& tokenizer)
{
    JsonPreTokenizer result;
    if (const json* preTokenizer = tokenizer.find("pre_tokenizer"))
        Reader(tokenizer, result).add(*preTokenizer, 0);
    return result;
}

} // namespace quantlathe
