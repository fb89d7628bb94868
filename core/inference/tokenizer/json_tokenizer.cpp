// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/inference/tokenizer/json_tokenizer.h"

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/inference/tokenizer/json_model.h"
#include "core/inference/tokenizer/json_steps.h"
#include "core/inference/tokenizer/normalizers.h"
#include "core/inference/tokenizer/safe_cuts.h"
#include "core/inference/tokenizer/utf8.h"

#include <fmt/format.h>
#include <utility>

namespace quantlathe {

namespace {

using nlohmann::json;

class JsonTokenizer : public Tokenizer
{
public:
    struct Parts
    {
        std::vector<AddedToken> added;
        Normalizers normalizers;
        JsonPreTokenizer preTokenizer;
        JsonFrame frame;
    };

    JsonTokenizer(TokenizerFacts facts, Parts parts) : Tokenizer(std::move(facts)), m_parts(std::move(parts)), m_raw(m_parts.added, rawForms(), false), m_normalized(m_parts.added, normalizedForms(), true) {}

    void setModel(std::unique_ptr<const WordModel> model, const SafeCuts& cuts)
    {
        m_model = std::move(model);
        m_cuts = cuts;
    }

    [[nodiscard]] std::vector<TokenId> encode(std::string_view utf8, const TokenizeOptions& options) const override
    {
        std::vector<TokenId> tokens;
        tokens.reserve(utf8.size() / 3 + 2);
        const JsonFrame& frame = m_parts.frame;
        if (options.addSpecial)
            tokens.insert(tokens.end(), frame.before.begin(), frame.before.end());
        const std::string text = utf8::repaired(utf8, utf8::Repair::MaximalPart);
        WordCache cache;
        for (const AddedTokens::Part& part : m_raw.split(text, options.parseSpecial)) {
            if (part.token >= 0)
                tokens.push_back(part.token);
            else
                encodeRaw(text.substr(part.begin, part.end - part.begin), part.begin == 0, options, cache, tokens);
        }
        if (options.addSpecial)
            tokens.insert(tokens.end(), frame.after.begin(), frame.after.end());
        return tokens;
    }

private:
    void encodeRaw(std::string raw, bool isStart, const TokenizeOptions& options, WordCache& cache, std::vector<TokenId>& tokens) const
    {
        const std::string text = normalized(m_parts.normalizers, std::move(raw));
        for (const AddedTokens::Part& part : m_normalized.split(text, options.parseSpecial)) {
            if (part.token >= 0) {
                tokens.push_back(part.token);
                continue;
            }
            SplitText split(text.substr(part.begin, part.end - part.begin), isStart && part.begin == 0);
            for (const auto& step : m_parts.preTokenizer.steps)
                step->apply(split);
            m_cuts.apply(split);
            m_model->encodeAll(split, cache, tokens);
        }
    }

    [[nodiscard]] std::vector<std::string> rawForms() const
    {
        std::vector<std::string> forms;
        for (const AddedToken& token : m_parts.added)
            forms.push_back(token.content);
        return forms;
    }
    [[nodiscard]] std::vector<std::string> normalizedForms() const
    {
        std::vector<std::string> forms;
        for (const AddedToken& token : m_parts.added)
            forms.push_back(token.isNormalized ? normalized(m_parts.normalizers, token.content) : token.content);
        return forms;
    }

    Parts m_parts;
    AddedTokens m_raw;
    AddedTokens m_normalized;
    std::unique_ptr<const WordModel> m_model;
    SafeCuts m_cuts;
};

/// How the tokens spell bytes: what the decoder undoes.
struct Spelling
{
    TokenSpelling spelling = TokenSpelling::Plain;
    bool dropsFirstSpace = false;
};

void readDecoder(const json& decoder, int depth, Spelling& result)
{
    constexpr int deepestNesting = 8;
    const std::string type = textOf(decoder, "type");
    if (type == "Sequence" && depth < deepestNesting) {
        if (const json* list = memberOf(decoder, "decoders"); list && list->is_array()) {
            for (const json& step : *list)
                readDecoder(step, depth + 1, result);
        }
    } else if (type == "ByteLevel") {
        result.spelling = TokenSpelling::ByteLevel;
    } else if (type == "Metaspace") {
        result.spelling = TokenSpelling::SpaceMarker;
        result.dropsFirstSpace = textOf(decoder, "prepend_scheme") != "never" && flagOf(decoder, "add_prefix_space", true);
    } else if (type == "Replace") {
        const json* pattern = memberOf(decoder, "pattern");
        if (pattern && textOf(*pattern, "String") == spaceMarker)
            result.spelling = TokenSpelling::SpaceMarker;
    } else if (type == "Strip") {
        result.dropsFirstSpace = textOf(decoder, "content") == " " && memberOf(decoder, "start") && *memberOf(decoder, "start") == 1;
    }
}

Spelling readSpelling(const JsonFile& tokenizer, const JsonPreTokenizer& preTokenizer)
{
    Spelling result;
    if (const json* decoder = tokenizer.find("decoder"))
        readDecoder(*decoder, 0, result);
    if (result.spelling == TokenSpelling::Plain && preTokenizer.hasByteLevel)
        result.spelling = TokenSpelling::ByteLevel;
    if (result.spelling == TokenSpelling::Plain && preTokenizer.hasMarker)
        result.spelling = TokenSpelling::SpaceMarker;
    return result;
}

/// A special token of tokenizer_config.json: a string or an object with "content".
std::optional<TokenId> configuredToken(const std::optional<JsonFile>& config, const char* key, const Vocabulary& vocabulary)
{
    const json* value = config ? config->find(key) : nullptr;
    if (!value)
        return std::nullopt;
    const TokenId id = vocabulary.find(value->is_string() ? value->get<std::string>() : textOf(*value, "content"));
    return id < 0 ? std::nullopt : std::optional(id);
}

/// The post-processor decides what stands around a text, because it is what really runs; tokenizer_config.json only where
/// there is none.
void completeFrame(const std::optional<JsonFile>& config, TokenizerFacts& facts, JsonFrame& frame)
{
    if (!frame.isKnown && config) {
        if (facts.bos && flagOf(config->root(), "add_bos_token"))
            frame.before.push_back(*facts.bos);
        if (facts.eos && flagOf(config->root(), "add_eos_token"))
            frame.after.push_back(*facts.eos);
    }
    if (!facts.bos && frame.before.size() == 1)
        facts.bos = frame.before.front();
    if (!facts.eos && frame.after.size() == 1)
        facts.eos = frame.after.front();
    facts.addsBos = facts.bos && !frame.before.empty() && frame.before.front() == *facts.bos;
    facts.addsEos = facts.eos && !frame.after.empty() && frame.after.back() == *facts.eos;
}

std::string describeKind(JsonModelKind kind, const Spelling& spelling)
{
    if (kind == JsonModelKind::Unigram)
        return "unigram (tokenizer.json)";
    return spelling.spelling == TokenSpelling::ByteLevel ? "byte-level BPE (tokenizer.json)" : "BPE (tokenizer.json)";
}

std::shared_ptr<const Tokenizer> build(const JsonFile& tokenizer)
{
    const JsonModelKind kind = readModelKind(tokenizer);
    JsonVocabulary vocabulary = readJsonVocabulary(tokenizer, kind);
    JsonTokenizer::Parts parts;
    parts.preTokenizer = readPreTokenizer(tokenizer);
    parts.normalizers = readNormalizers(tokenizer);
    parts.added = std::move(vocabulary.added);
    const Spelling spelling = readSpelling(tokenizer, parts.preTokenizer);

    for (std::size_t index = 0; spelling.spelling == TokenSpelling::SpaceMarker && index < vocabulary.texts.size(); ++index) {
        const std::string& text = vocabulary.texts[index];
        if (vocabulary.kinds[index] == TokenKind::Normal && text.size() == 6 && text.starts_with("<0x") && text.back() == '>')
            vocabulary.kinds[index] = TokenKind::Byte;
    }
    TokenizerFacts facts;
    facts.vocabulary = Vocabulary(spelling.spelling, std::move(vocabulary.texts), std::move(vocabulary.kinds));
    facts.description = describeKind(kind, spelling);
    facts.addsSpacePrefix = spelling.dropsFirstSpace;
    const auto config = JsonFile::readIfThere(tokenizer.path().parent_path() / "tokenizer_config.json");
    facts.bos = configuredToken(config, "bos_token", facts.vocabulary);
    facts.eos = configuredToken(config, "eos_token", facts.vocabulary);
    facts.unknown = readUnknown(tokenizer, kind, facts.vocabulary);
    parts.frame = readJsonFrame(tokenizer, facts.vocabulary);
    completeFrame(config, facts, parts.frame);

    const bool spellsBytes = parts.preTokenizer.spellsBytes;
    const auto result = std::make_shared<JsonTokenizer>(std::move(facts), std::move(parts));
    const Vocabulary& final = result->vocabulary();
    const bool prefersWholeWords = flagOf(*tokenizer.find("model"), "ignore_merges");
    const bool mergesWholeTexts = kind == JsonModelKind::Bpe && !spellsBytes && !prefersWholeWords;
    result->setModel(readJsonModel(tokenizer, kind, final, std::move(vocabulary.scores), spellsBytes), mergesWholeTexts ? SafeCuts(final) : SafeCuts());
    return result;
}

} // namespace

std::shared_ptr<const Tokenizer> tokenizerFromJson(const std::filesystem::path& file)
{
    return tokenizerFromJson(JsonFile::read(file));
}

std::shared_ptr<const Tokenizer> tokenizerFromJson(const JsonFile& tokenizer)
{
    try {
        return build(tokenizer);
    } catch (const Error& error) { // what looks at texts alone does not know the file
        if (!error.place().file.empty())
            throw;
        throw Error(error.kind(), error.message(), {tokenizer.path(), std::nullopt, {}}, error.advice());
    }
}

} // namespace quantlathe
