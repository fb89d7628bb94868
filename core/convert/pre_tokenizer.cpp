// SPDX-License-Identifier: GPL-3.0-or-later
// Facts: the tokenizer.json files of the families; where llama.cpp quotes the original expression, that.
#include "core/convert/pre_tokenizer.h"

#include "core/base/error.h"
#include "core/base/text.h"

#include <algorithm>
#include <fmt/format.h>
#include <optional>

namespace quantlathe {

namespace {

using nlohmann::json;

// The split expressions as the files spell them.
#define QUANTLATHE_CONTRACTIONS R"((?i:'s|'t|'re|'ve|'m|'ll|'d))"
#define QUANTLATHE_WORD R"([^\r\n\p{L}\p{N}]?\p{L}+)"
#define QUANTLATHE_ENDING R"(\s*[\r\n]+|\s+(?!\S)|\s+)"
#define QUANTLATHE_MODERN(digits) QUANTLATHE_CONTRACTIONS "|" QUANTLATHE_WORD "|" digits R"(| ?[^\s\p{L}\p{N}]+[\r\n]*|)" QUANTLATHE_ENDING
#define QUANTLATHE_CAPITALS R"([\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}])"
#define QUANTLATHE_SMALL R"([\p{Ll}\p{Lm}\p{Lo}\p{M}])"
#define QUANTLATHE_CASED(ending, digits)                                                                                                      \
    R"([^\r\n\p{L}\p{N}]?)" QUANTLATHE_CAPITALS "*" QUANTLATHE_SMALL "+" ending R"(|[^\r\n\p{L}\p{N}]?)" QUANTLATHE_CAPITALS                  \
    "+" QUANTLATHE_SMALL "*" ending "|" digits R"(| ?[^\s\p{L}\p{N}]+[\r\n/]*|)" QUANTLATHE_ENDING

#define QUANTLATHE_SPLIT "split "
constexpr std::string_view bytes = "bytes";                 ///< ByteLevel without an expression of its own
constexpr std::string_view bytesSplit = "bytes split";      ///< with GPT-2's
constexpr std::string_view eachDigit = "digits each";
constexpr std::string_view allDigits = "digits";
constexpr std::string_view gpt2 = QUANTLATHE_SPLIT R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";
constexpr std::string_view threeDigits = QUANTLATHE_SPLIT QUANTLATHE_MODERN(R"(\p{N}{1,3})");
constexpr std::string_view oneDigit = QUANTLATHE_SPLIT QUANTLATHE_MODERN(R"(\p{N})");
constexpr std::string_view cased = QUANTLATHE_SPLIT QUANTLATHE_CASED(QUANTLATHE_CONTRACTIONS "?", R"(\p{N}{1,3})");
constexpr std::string_view lineBreak = QUANTLATHE_SPLIT R"([\r\n])";
constexpr std::string_view deepseekCjk = QUANTLATHE_SPLIT "[一-龥ࠀ-一가-퟿]+";

struct Row
{
    std::string_view name;
    std::vector<std::string_view> steps;
    /// Whether words that are tokens are taken whole; nothing: llama.cpp does, and merges lead to them anyway.
    std::optional<bool> ignoresMerges = false;
};

const std::vector<Row>& rows()
{
    static const std::vector<Row> table{
        {"gpt-2", {bytesSplit}},
        {"gpt-2", {gpt2, bytes}},
        {"llama-bpe", {threeDigits, bytes}, true},
        {"smaug-bpe", {threeDigits, bytes}},
        {"qwen2", {oneDigit, bytes}},
        {"qwen35",
         {QUANTLATHE_SPLIT QUANTLATHE_CONTRACTIONS
          R"(|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|)" QUANTLATHE_ENDING,
          bytes}},
        {"smollm", {eachDigit, bytesSplit}},
        {"falcon", {"punctuation Contiguous", bytesSplit, allDigits, QUANTLATHE_SPLIT "[0-9][0-9][0-9]"}},
        {"deepseek-llm",
         {lineBreak,
          QUANTLATHE_SPLIT
          R"(\s?[A-Za-zµÀ-ÖØ-öø-ƺƼ-ƿǄ-ʓʕ-ʯͰ-ͳͶͷͻ-ͽͿΆΈ-ΊΌΎ-ΡΣ-ϵϷ-ҁҊ-ԯԱ-ՖႠ-ჅᎠ-Ᏽᏸ-ᏽᲐ-ᲺᲽ-Ჿᴀ-ᴫᵫ-ᵷᵹ-ᶚḀ-ἕἘ-Ἕἠ-ὅὈ-Ὅὐ-ὗὙὛὝὟ-ώᾀ-ᾴᾶ-ᾼιῂ-ῄῆ-ῌῐ-ΐῖ-Ίῠ-Ῥῲ-ῴῶ-ῼℂℇℊ-ℓℕℙ-ℝℤΩℨK-ℭℯ-ℴℹℼ-ℿⅅ-ⅉⅎↃↄⰀ-ⱻⱾ-ⳤⳫ-ⳮⳲⳳꙀ-ꙭꚀ-ꚛꜢ-ꝯꝱ-ꞇꞋ-ꞎꭰ-ꮿﬀ-ﬆﬓ-ﬗＡ-Ｚａ-ｚ𐐀-𐑏𐒰-𐓓𐓘-𐓻𐲀-𐲲𐳀-𐳲𑢠-𑣟𞤀-𞥃]+)",
          QUANTLATHE_SPLIT R"(\s?[!-/:-~！-／：-～‘-‟　-。]+)", QUANTLATHE_SPLIT R"(\s+$)", deepseekCjk, eachDigit, bytes}},
        {"deepseek-coder", {lineBreak, QUANTLATHE_SPLIT R"(\s?\p{L}+)", QUANTLATHE_SPLIT R"(\s?\p{P}+)", deepseekCjk, eachDigit, bytes}},
        {"deepseek-v3",
         {QUANTLATHE_SPLIT R"(\p{N}{1,3})", QUANTLATHE_SPLIT "[一-龥぀-ゟ゠-ヿ]+",
          QUANTLATHE_SPLIT R"([!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|)" QUANTLATHE_ENDING,
          bytes}},
        {"tekken", {QUANTLATHE_SPLIT QUANTLATHE_CASED("", R"(\p{N})"), bytes}, std::nullopt},
        {"gpt-4o", {cased, bytes}},
        {"tiny_aya", {QUANTLATHE_SPLIT R"(\d{1,3}(?=(?:\d{3})*\b))", cased, bytes}},
        {"bailingmoe",
         {QUANTLATHE_SPLIT R"('(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+)", bytes}},
        {"seed-coder", {QUANTLATHE_SPLIT QUANTLATHE_CONTRACTIONS "|" QUANTLATHE_WORD R"(|\p{N}{1}| ?[^\s\p{L}\p{N}\r\n]+|)" QUANTLATHE_ENDING, bytes}},
        {"minicpm5", {QUANTLATHE_SPLIT R"(\p{N}{1,3})", QUANTLATHE_SPLIT QUANTLATHE_MODERN(R"(\p{N}+)"), bytes}, true},
        {"exaone-moe",
         {QUANTLATHE_SPLIT QUANTLATHE_CONTRACTIONS
          R"(|[^\r\n\p{L}\p{N}]?(?:\p{L}\p{M}*(?: \p{L}\p{M}*)*)+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]?|\s*[\r\n]|\s+(?!\S)|\s+)",
          bytes}},
    };
    return table;
}

[[noreturn]] void refuse(const JsonFile& tokenizer, const std::string& what)
{
    std::string names;
    for (const std::string_view name : knownPreTokenizers())
        names += fmt::format("{}{}", names.empty() ? "" : ", ", name);
    throw Error(ErrorKind::Unsupported, fmt::format("the pre-tokenizer is none that can be exported: {}", what), {tokenizer.path(), std::nullopt, {}},
                fmt::format("Known are those of {}", names));
}

/// Spellings that mean the same as one: line breaks as themselves, a quotation mark with a backslash that JSON did not ask for.
std::string usualSpelling(std::string_view expression)
{
    std::string result;
    for (std::size_t at = 0; at < expression.size(); ++at) {
        const char character = expression[at];
        if (character == '\r')
            result += "\\r";
        else if (character == '\n')
            result += "\\n";
        else if (character == '\\' && at + 1 < expression.size()) { // a pair stays one, but for \"
            const char next = expression[++at];
            if (next != '"')
                result += character;
            result += next;
        } else {
            result += character;
        }
    }
    return result;
}

std::string stepText(const JsonFile& tokenizer, const json& step)
{
    const std::string type = textOf(step, "type");
    if (type == "Split") {
        const json* pattern = memberOf(step, "pattern");
        const std::string expression = pattern ? textOf(*pattern, "Regex") : std::string();
        if (expression.empty() || textOf(step, "behavior") != "Isolated" || flagOf(step, "invert"))
            refuse(tokenizer, "a Split step that is not by an expression and isolated");
        return QUANTLATHE_SPLIT + usualSpelling(expression);
    }
    if (type == "ByteLevel") {
        if (flagOf(step, "add_prefix_space", true))
            refuse(tokenizer, "ByteLevel that adds a space before the text");
        return std::string(flagOf(step, "use_regex", true) ? bytesSplit : bytes);
    }
    if (type == "Digits")
        return std::string(flagOf(step, "individual_digits") ? eachDigit : allDigits);
    if (type == "Punctuation")
        return fmt::format("punctuation {}", memberOf(step, "behavior") ? textOf(step, "behavior") : "Isolated");
    refuse(tokenizer, fmt::format("step '{}'", printable(type.empty() ? "without a type" : type, 60)));
}

/// What stepText() reads.
nlohmann::ordered_json stepFrom(std::string_view text)
{
    using Json = nlohmann::ordered_json;
    if (text.starts_with(QUANTLATHE_SPLIT)) {
        const std::string_view expression = text.substr(std::string_view(QUANTLATHE_SPLIT).size());
        return {{"type", "Split"}, {"pattern", {{"Regex", expression}}}, {"behavior", "Isolated"}, {"invert", false}};
    }
    if (text == bytes || text == bytesSplit)
        return {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"trim_offsets", true}, {"use_regex", text == bytesSplit}};
    if (text == eachDigit || text == allDigits)
        return {{"type", "Digits"}, {"individual_digits", text == eachDigit}};
    return Json{{"type", "Punctuation"}, {"behavior", text.substr(text.find(' ') + 1)}};
}

/// Other names in GGUF files for what has the same steps.
std::string_view usualName(std::string_view name)
{
    if (name == "llama3" || name == "llama-v3")
        return "llama-bpe";
    return name == "dbrx" ? "smaug-bpe" : name;
}

} // namespace

std::vector<std::string_view> knownPreTokenizers()
{
    std::vector<std::string_view> names;
    for (const Row& row : rows()) {
        if (std::find(names.begin(), names.end(), row.name) == names.end())
            names.push_back(row.name);
    }
    return names;
}

std::string classifyPreTokenizer(const JsonFile& tokenizer)
{
    const json* preTokenizer = tokenizer.find("pre_tokenizer");
    if (!preTokenizer)
        refuse(tokenizer, "there is none");
    std::vector<std::string> steps;
    if (textOf(*preTokenizer, "type") == "Sequence") {
        const json* list = memberOf(*preTokenizer, "pretokenizers");
        if (!list || !list->is_array())
            refuse(tokenizer, "a sequence without steps");
        for (const json& step : *list)
            steps.push_back(stepText(tokenizer, step));
    } else {
        steps.push_back(stepText(tokenizer, *preTokenizer));
    }
    const json* model = tokenizer.find("model");
    const bool ignoresMerges = model && flagOf(*model, "ignore_merges");
    for (const Row& row : rows()) {
        if (std::equal(steps.begin(), steps.end(), row.steps.begin(), row.steps.end()) && row.ignoresMerges.value_or(ignoresMerges) == ignoresMerges)
            return std::string(row.name);
    }
    std::string text;
    for (const std::string& step : steps)
        text += fmt::format("{}{}", text.empty() ? "" : ", ", printable(step, 200));
    refuse(tokenizer, fmt::format("{}{}", text, ignoresMerges ? " with ignore_merges" : ""));
}

std::optional<PreTokenizerText> preTokenizerText(std::string_view name)
{
    const auto row = std::find_if(rows().begin(), rows().end(), [&](const Row& other) { return other.name == usualName(name); });
    if (row == rows().end())
        return std::nullopt;
    PreTokenizerText text;
    text.ignoresMerges = row->ignoresMerges.value_or(true);
    if (row->steps.size() == 1) {
        text.steps = stepFrom(row->steps.front());
        return text;
    }
    nlohmann::ordered_json list = nlohmann::ordered_json::array();
    for (const std::string_view step : row->steps)
        list.push_back(stepFrom(step));
    text.steps = {{"type", "Sequence"}, {"pretokenizers", std::move(list)}};
    return text;
}

} // namespace quantlathe
