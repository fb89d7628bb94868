// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/convert/token_table.h"

#include "core/base/error.h"
#include "core/base/text.h"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <map>
#include <utility>

namespace quantlathe {

namespace {

using nlohmann::json;

constexpr float addedScore = -1000;
constexpr float unusedScore = -10000;

/// Chat markers and places for later use are control tokens even where the file forgot to say "special".
bool looksSpecial(std::string_view text)
{
    constexpr std::string_view wideBar = "\xEF\xBD\x9C"; // U+FF5C, which DeepSeek's markers have
    const auto isBetween = [&](std::string_view front, std::string_view back) {
        return text.size() > front.size() + back.size() && text.starts_with(front) && text.ends_with(back);
    };
    return isBetween("<|", "|>") || isBetween("<" + std::string(wideBar), std::string(wideBar) + ">") || isBetween("<unused", ">") || text == "<pad>"
        || text == "<mask>" || text == "[@BOS@]";
}

std::optional<std::uint64_t> idOf(const json& value)
{
    return value.is_number_unsigned() ? std::optional(value.get<std::uint64_t>()) : std::nullopt;
}

} // namespace

std::vector<AddedEntry> readAddedTokens(const std::filesystem::path& folder, const std::optional<JsonFile>& tokenizer,
                                        const std::optional<JsonFile>& tokenizerConfig)
{
    std::map<std::uint64_t, AddedEntry> byId;
    if (const auto own = JsonFile::readIfThere(folder / "added_tokens.json")) {
        for (const auto& [text, value] : own->root().items()) {
            const auto id = idOf(value);
            if (!id || text.empty())
                own->fail(fmt::format("token '{}' has no id", printable(text, 40)));
            byId[*id] = {*id, text, looksSpecial(text)};
        }
    }
    if (const json* decoder = tokenizerConfig ? tokenizerConfig->find("added_tokens_decoder") : nullptr; decoder && decoder->is_object()) {
        for (const auto& [key, value] : decoder->items()) {
            std::uint64_t id = 0;
            const auto [end, problem] = std::from_chars(key.data(), key.data() + key.size(), id);
            const std::string text = textOf(value, "content");
            if (problem != std::errc() || end != key.data() + key.size() || text.empty())
                tokenizerConfig->fail(fmt::format("'added_tokens_decoder' has an entry '{}' without id or content", printable(key, 40)));
            byId[id] = {id, text, flagOf(value, "special") || looksSpecial(text)};
        }
    }
    if (const json* list = tokenizer ? tokenizer->find("added_tokens") : nullptr) {
        if (!list->is_array())
            tokenizer->fail("'added_tokens' is no list");
        for (const json& value : *list) {
            const std::string text = textOf(value, "content");
            const json* number = memberOf(value, "id");
            const auto id = number ? idOf(*number) : std::nullopt;
            if (text.empty() || !id)
                tokenizer->fail("an added token has no content or id");
            byId[*id] = {*id, text, flagOf(value, "special") || looksSpecial(text)};
        }
    }
    std::vector<AddedEntry> result;
    for (auto& [id, entry] : byId)
        result.push_back(std::move(entry));
    return result;
}

TokenTable::TokenTable(std::uint64_t rows, std::filesystem::path file)
    : m_file(std::move(file)), m_texts(rows), m_kinds(rows, static_cast<std::int32_t>(TokenKind::Unused)), m_scores(rows, unusedScore), m_isSet(rows, false)
{
}

void TokenTable::set(std::uint64_t id, std::string text, TokenKind kind, float score)
{
    const auto fail = [&](const std::string& message) { throw Error(ErrorKind::BadFormat, message, {m_file, std::nullopt, {}}); };
    if (id >= m_texts.size())
        fail(fmt::format("token '{}' has the id {}, but the embedding has {} rows", printable(text, 40), id, m_texts.size()));
    if (m_isSet[id] && m_texts[id] != text)
        fail(fmt::format("the tokens '{}' and '{}' have the same id {}", printable(m_texts[id], 40), printable(text, 40), id));
    m_ids[text] = id;
    m_texts[id] = std::move(text);
    m_kinds[id] = static_cast<std::int32_t>(kind);
    m_scores[id] = score;
    m_isSet[id] = true;
}

void TokenTable::add(const std::vector<AddedEntry>& tokens, bool isSentence)
{
    for (const AddedEntry& token : tokens) {
        if (token.id >= m_texts.size())
            continue;
        if (m_isSet[token.id] && m_texts[token.id] != token.text && isSentence) {
            m_ids.erase(m_texts[token.id]);
            m_isSet[token.id] = false;
        }
        std::string text = token.text;
        for (std::size_t at = 0; isSentence && !token.isSpecial && (at = text.find(spaceMarker, at)) != std::string::npos; ++at)
            text.replace(at, spaceMarker.size(), " ");
        const bool isUnknown = kind(token.id) == TokenKind::Unknown;
        if (text != token.text) {
            m_ids[token.text] = token.id;
            m_isSet[token.id] = false;
        }
        set(token.id, std::move(text), isUnknown ? TokenKind::Unknown : token.isSpecial ? TokenKind::Control : TokenKind::UserDefined, addedScore);
    }
}

void TokenTable::fill()
{
    for (std::uint64_t id = 0; id < m_texts.size(); ++id) {
        if (!m_isSet[id])
            m_texts[id] = fmt::format("[PAD{}]", id);
    }
}

std::optional<std::uint64_t> TokenTable::find(const std::string& text) const
{
    const auto found = m_ids.find(text);
    return found == m_ids.end() ? std::nullopt : std::optional(found->second);
}

void TokenTable::appendTo(Metadata& metadata, bool withScores) const
{
    metadata.append("tokenizer.ggml.tokens", MetadataValue::ofArray(MetadataArray::fromStrings(m_texts)));
    if (withScores)
        metadata.append("tokenizer.ggml.scores", MetadataValue::ofArray(MetadataArray::fromFloats(m_scores)));
    metadata.append("tokenizer.ggml.token_type", MetadataValue::ofArray(MetadataArray::fromInts(m_kinds)));
}

} // namespace quantlathe
