// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/inference/tokenizer/gguf_vocabulary.h"

#include "core/base/error.h"
#include "core/base/text.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>
#include <limits>
#include <string_view>

namespace quantlathe {

namespace {

/// Markers that are control tokens whatever the file says: converters often forgot it, and llama.cpp goes by the text.
constexpr std::array<std::string_view, 50> markers{
    "<|eot_id|>", "<|im_end|>", "<|end|>", "<|return|>", "<|call|>", "<|flush|>", "<|calls|>", "<end_of_turn>",
    "<|endoftext|>", "</s>", "<|eom_id|>", "<EOT>", "_<EOT>", "[EOT]", "[EOS]", "<|end_of_text|>", "<end_of_utterance>",
    "<eos>", "<turn|>", "<|tool_response>", "<\xEF\xBD\x9C" "end\xE2\x96\x81of\xE2\x96\x81sentence\xEF\xBD\x9C>", "[e~[",
    "<|fim_prefix|>", "<fim-prefix>", "<fim_prefix>", "<PRE>", "\xE2\x96\x81<PRE>", "<|code_prefix|>", "<|prefix|>",
    "<|fim_suffix|>", "<fim-suffix>", "<fim_suffix>", "<SUF>", "\xE2\x96\x81<SUF>", "<|code_suffix|>", "<|suffix|>",
    "<|fim_middle|>", "<fim-middle>", "<fim_middle>", "<MID>", "\xE2\x96\x81<MID>", "<|code_middle|>", "<|middle|>",
    "<|fim_pad|>", "<fim-pad>", "<fim_pad>", "<|fim_repo|>", "<|repo_name|>", "<fim-repo>", "<|file_sep|>"};
/// The markers of gpt-oss's message format, which are always read as tokens.
constexpr std::array<std::string_view, 4> alwaysRead{"<|channel|>", "<|message|>", "<|start|>", "<|constrain|>"};

TokenKind kindOf(std::int64_t number)
{
    return number >= 0 && number <= 6 ? static_cast<TokenKind>(number) : TokenKind::Undefined;
}

std::int64_t toInteger(const MetadataScalar& scalar)
{
    if (const auto* positive = std::get_if<std::uint64_t>(&scalar))
        return *positive > 1000 ? -1 : static_cast<std::int64_t>(*positive);
    if (const auto* either = std::get_if<std::int64_t>(&scalar))
        return *either;
    return -1;
}

void adjustKinds(const std::vector<std::string>& texts, std::vector<TokenKind>& kinds)
{
    bool hasReturn = false;
    bool hasCall = false;
    bool hasFlush = false;
    std::size_t end = texts.size();
    for (std::size_t index = 0; index < texts.size(); ++index) {
        const std::string_view text = texts[index];
        if (text.empty() || (text.front() != '<' && text.front() != '[' && text.front() != '_' && !text.starts_with(spaceMarker)))
            continue;
        if (std::find(alwaysRead.begin(), alwaysRead.end(), text) != alwaysRead.end())
            kinds[index] = TokenKind::UserDefined;
        else if (std::find(markers.begin(), markers.end(), text) != markers.end())
            kinds[index] = TokenKind::Control;
        hasReturn |= text == "<|return|>";
        hasCall |= text == "<|call|>" || text == "<|calls|>";
        hasFlush |= text == "<|flush|>";
        if (text == "<|end|>")
            end = index;
    }
    // Where a message ends with one of the others, <|end|> only ends a part of it.
    if (end < texts.size() && hasCall && (hasReturn || hasFlush))
        kinds[end] = TokenKind::UserDefined;
}

} // namespace

void GgufTokenizerKeys::fail(ErrorKind kind, const std::string& message) const
{
    throw Error(kind, message, {m_file, std::nullopt, {}});
}

const MetadataArray* GgufTokenizerKeys::strings(const char* name) const
{
    const MetadataArray* array = m_metadata.array(key(name));
    if (array && array->elementType() != MetadataType::String)
        fail(ErrorKind::BadFormat, fmt::format("'{}' is no list of strings", key(name)));
    return array;
}

const MetadataArray* GgufTokenizerKeys::numbers(const char* name) const
{
    const MetadataArray* array = m_metadata.array(key(name));
    if (array && (array->elementType() == MetadataType::String || array->elementType() == MetadataType::Array))
        fail(ErrorKind::BadFormat, fmt::format("'{}' is no list of numbers", key(name)));
    return array;
}

std::optional<TokenId> GgufTokenizerKeys::token(const char* name, std::optional<TokenId> otherwise, std::size_t vocabularySize) const
{
    const auto isInside = [vocabularySize](std::uint64_t id) { return id < vocabularySize; };
    if (const auto id = m_metadata.unsignedInteger(key(name)); id && isInside(*id))
        return static_cast<TokenId>(*id);
    return otherwise && isInside(static_cast<std::uint64_t>(*otherwise)) ? otherwise : std::nullopt;
}

Vocabulary readGgufVocabulary(const GgufTokenizerKeys& keys, TokenSpelling spelling)
{
    const MetadataArray* tokens = keys.strings("tokens");
    if (!tokens || tokens->size() == 0)
        keys.fail(ErrorKind::BadFormat, "there is a tokenizer, but no tokens ('tokenizer.ggml.tokens')");
    const std::uint64_t count = tokens->size();
    if (count > static_cast<std::uint64_t>(std::numeric_limits<TokenId>::max()))
        keys.fail(ErrorKind::BadFormat, fmt::format("there are {} tokens, more than ids can tell apart", count));
    const auto checkedLength = [&](const MetadataArray* array, const char* name) {
        if (array && array->size() != count) {
            keys.fail(ErrorKind::BadFormat,
                      fmt::format("'{}' has {} entries for {} tokens", GgufTokenizerKeys::key(name), array->size(), count));
        }
    };
    const MetadataArray* types = keys.numbers("token_type");
    const MetadataArray* scores = keys.numbers("scores");
    checkedLength(types, "token_type");
    checkedLength(scores, "scores");

    std::vector<std::string> texts(count);
    tokens->forEachString([&texts](std::uint64_t index, std::string_view text) {
        texts[index] = text.empty() ? fmt::format("[EMPTY_{}]", index) : std::string(text);
    });
    std::vector<TokenKind> kinds(count, TokenKind::Normal);
    std::vector<float> values(scores ? count : 0);
    for (std::uint64_t index = 0; index < count; ++index) {
        if (types)
            kinds[index] = kindOf(toInteger(types->at(index)));
        if (scores)
            values[index] = static_cast<float>(toReal(scores->at(index)).value_or(0.0));
        if (scores && std::isnan(values[index]))
            keys.fail(ErrorKind::BadFormat, fmt::format("the score of token {} ('{}') is no number", index, printable(texts[index], 40)));
    }
    adjustKinds(texts, kinds);
    return {spelling, std::move(texts), std::move(kinds), std::move(values)};
}

std::vector<TokenId> tokensSwallowingSpace(const GgufTokenizerKeys& keys, const Vocabulary& vocabulary)
{
    const std::string name = toLower(keys.metadata().string("general.name").value_or(""));
    if (name.find("phi-3") == std::string::npos && name.find("phi3") == std::string::npos)
        return {};
    constexpr std::array<std::string_view, 3> exceptions{"<unk>", "<s>", "<|endoftext|>"};
    std::vector<TokenId> tokens;
    for (std::size_t index = 0; index < vocabulary.size(); ++index) {
        const auto token = static_cast<TokenId>(index);
        const TokenKind kind = vocabulary.kind(token);
        const bool isSpecial = kind == TokenKind::Control || kind == TokenKind::UserDefined || kind == TokenKind::Unknown;
        if (isSpecial && std::find(exceptions.begin(), exceptions.end(), vocabulary.text(token)) == exceptions.end())
            tokens.push_back(token);
    }
    return tokens;
}

} // namespace quantlathe
