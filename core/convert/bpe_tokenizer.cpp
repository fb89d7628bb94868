// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/convert/bpe_tokenizer.h"

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/formats/json/json_file.h"
#include "core/convert/pre_tokenizer.h"

#include <fmt/format.h>
#include <string>
#include <unordered_map>
#include <vector>

namespace quantlathe {

namespace {

using nlohmann::json;

/// Values of tokenizer.ggml.token_type.
enum TokenType : std::int32_t { Normal = 1, Control = 3, UserDefined = 4, Unused = 5 };

struct Vocabulary
{
    std::vector<std::string> tokens;
    std::vector<std::int32_t> types;
    std::unordered_map<std::string, std::uint64_t> ids;
};

[[noreturn]] void refuseKind(const JsonFile& tokenizer, const std::string& kind)
{
    throw Error(ErrorKind::Unsupported, fmt::format("the tokenizer is {}; only byte-level BPE can be exported yet", kind),
                {tokenizer.path(), std::nullopt, {}});
}

/// Refuses every tokenizer whose ids llama.cpp's "gpt2" model would not reproduce.
void requireByteLevelBpe(const JsonFile& tokenizer)
{
    const json* model = tokenizer.find("model");
    if (!model)
        tokenizer.fail("has no 'model'");
    std::string type = textOf(*model, "type");
    if (type.empty() && memberOf(*model, "merges"))
        type = "BPE"; // older files leave it out
    if (type != "BPE")
        refuseKind(tokenizer, type.empty() ? "of an unnamed kind" : fmt::format("'{}'", printable(type)));
    if (flagOf(*model, "byte_fallback"))
        refuseKind(tokenizer, "a SentencePiece BPE with byte fallback");
    for (const char* affix : {"continuing_subword_prefix", "end_of_word_suffix"}) {
        if (!textOf(*model, affix).empty())
            refuseKind(tokenizer, fmt::format("a BPE with '{}'", affix));
    }
    if (const json* normalizer = tokenizer.find("normalizer"); normalizer && textOf(*normalizer, "type") != "NFC") {
        refuseKind(tokenizer, fmt::format("a BPE with the normalizer '{}'", printable(textOf(*normalizer, "type"))));
    }
}

void setToken(const JsonFile& tokenizer, Vocabulary& vocabulary, std::vector<bool>& isSet, const json& id,
              const std::string& text, TokenType type)
{
    if (!id.is_number_unsigned() || id.get<std::uint64_t>() >= vocabulary.tokens.size()) {
        tokenizer.fail(fmt::format("token '{}' has the id {}, but the embedding has {} rows", printable(text, 40),
                                   id.is_number() ? id.dump() : "(none)", vocabulary.tokens.size()));
    }
    const auto index = id.get<std::uint64_t>();
    if (isSet[index] && vocabulary.tokens[index] != text) {
        tokenizer.fail(fmt::format("the tokens '{}' and '{}' have the same id {}",
                                   printable(vocabulary.tokens[index], 40), printable(text, 40), index));
    }
    vocabulary.tokens[index] = text;
    vocabulary.types[index] = type;
    vocabulary.ids[text] = index;
    isSet[index] = true;
}

Vocabulary readVocabulary(const JsonFile& tokenizer, std::uint64_t rows)
{
    const json* model = tokenizer.find("model");
    const json* vocab = memberOf(*model, "vocab");
    if (!vocab || !vocab->is_object())
        tokenizer.fail("'model.vocab' is no object");
    if (rows < vocab->size()) {
        tokenizer.fail(fmt::format("there are {} tokens, but the embedding has only {} rows", vocab->size(), rows));
    }
    Vocabulary vocabulary;
    vocabulary.tokens.resize(rows);
    vocabulary.types.assign(rows, Unused);
    std::vector<bool> isSet(rows, false);
    for (const auto& [text, id] : vocab->items())
        setToken(tokenizer, vocabulary, isSet, id, text, Normal);

    if (const json* added = tokenizer.find("added_tokens")) {
        if (!added->is_array())
            tokenizer.fail("'added_tokens' is no list");
        for (const json& token : *added) {
            const std::string text = textOf(token, "content");
            const json* id = memberOf(token, "id");
            if (text.empty() || !id)
                tokenizer.fail("an added token has no content or id");
            // Chat markers are control tokens even where the file forgot to say "special".
            const bool isMarker = text.size() > 4 && text.starts_with("<|") && text.ends_with("|>");
            setToken(tokenizer, vocabulary, isSet, *id, text,
                     flagOf(token, "special") || isMarker ? Control : UserDefined);
        }
    }
    for (std::uint64_t index = 0; index < rows; ++index) {
        if (!isSet[index])
            vocabulary.tokens[index] = fmt::format("[PAD{}]", index);
    }
    return vocabulary;
}

/// "left right" strings, from that form or from pairs.
std::vector<std::string> readMerges(const JsonFile& tokenizer, const Vocabulary& vocabulary)
{
    const json* merges = memberOf(*tokenizer.find("model"), "merges");
    if (!merges || !merges->is_array())
        tokenizer.fail("'model.merges' is no list");
    std::vector<std::string> result;
    result.reserve(merges->size());
    for (const json& merge : *merges) {
        std::string left;
        std::string right;
        if (merge.is_string()) {
            const auto& text = merge.get_ref<const std::string&>();
            const auto blank = text.find(' ');
            left = text.substr(0, blank);
            right = blank == std::string::npos ? std::string() : text.substr(blank + 1);
        } else if (merge.is_array() && merge.size() == 2 && merge[0].is_string() && merge[1].is_string()) {
            left = merge[0].get<std::string>();
            right = merge[1].get<std::string>();
        }
        if (left.empty() || right.empty() || left.find(' ') != std::string::npos || right.find(' ') != std::string::npos)
            tokenizer.fail(fmt::format("merge {} is no pair of tokens", result.size()));
        if (!vocabulary.ids.contains(left) || !vocabulary.ids.contains(right) || !vocabulary.ids.contains(left + right)) {
            tokenizer.fail(fmt::format("merge {} ('{} {}') names a token that is not in the vocabulary", result.size(),
                                       printable(left, 40), printable(right, 40)));
        }
        result.push_back(left + ' ' + right);
    }
    return result;
}

/// A special token of tokenizer_config.json: a string or an object with "content".
std::string specialToken(const JsonFile& config, const char* key)
{
    const json* value = config.find(key);
    if (!value)
        return {};
    return value->is_string() ? value->get<std::string>() : textOf(*value, "content");
}

/// The first number of KEY (a number or a list of them) in @p config.
std::optional<std::uint64_t> configuredId(const std::optional<JsonFile>& config, const std::string& key)
{
    const json* value = config ? config->find(key.c_str()) : nullptr;
    if (value && value->is_array() && !value->empty())
        value = &value->front();
    return value && value->is_number_unsigned() ? std::optional(value->get<std::uint64_t>()) : std::nullopt;
}

/// Tokens the post-processor puts before and after a single text.
struct Frame
{
    bool isKnown = false; ///< a template says so
    std::vector<std::string> before;
    std::vector<std::string> after;
};

void readFrame(const json& processor, Frame& frame)
{
    const std::string type = textOf(processor, "type");
    if (type == "Sequence") {
        if (const json* list = memberOf(processor, "processors"); list && list->is_array()) {
            for (const json& step : *list) {
                if (textOf(step, "type") != "Sequence") // nested sequences do not occur; deep ones must not recurse
                    readFrame(step, frame);
            }
        }
        return;
    }
    const json* single = type == "TemplateProcessing" ? memberOf(processor, "single") : nullptr;
    if (!single || !single->is_array())
        return;
    frame.isKnown = true;
    bool isTextSeen = false;
    for (const json& piece : *single) {
        if (memberOf(piece, "Sequence"))
            isTextSeen = true;
        else if (const json* special = memberOf(piece, "SpecialToken"))
            (isTextSeen ? frame.after : frame.before).push_back(textOf(*special, "id"));
    }
}

struct SpecialIds
{
    std::optional<std::uint64_t> bos;
    std::optional<std::uint64_t> eos;
};

SpecialIds appendSpecialIds(Metadata& metadata, const std::filesystem::path& folder, const Vocabulary& vocabulary,
                            const std::optional<JsonFile>& tokenizerConfig)
{
    const auto config = JsonFile::readIfThere(folder / "config.json");
    const auto generation = JsonFile::readIfThere(folder / "generation_config.json");
    SpecialIds ids;
    const auto append = [&](const char* kind, const char* ggufKey) {
        std::optional<std::uint64_t> id;
        if (tokenizerConfig) {
            const auto found = vocabulary.ids.find(specialToken(*tokenizerConfig, fmt::format("{}_token", kind).c_str()));
            if (found != vocabulary.ids.end())
                id = found->second;
        }
        for (const auto* source : {&config, &generation}) {
            if (!id)
                id = configuredId(*source, fmt::format("{}_token_id", kind));
        }
        if (!id || *id >= vocabulary.tokens.size())
            return std::optional<std::uint64_t>();
        metadata.append(ggufKey, MetadataValue::ofU32(static_cast<std::uint32_t>(*id)));
        return id;
    };
    ids.bos = append("bos", "tokenizer.ggml.bos_token_id");
    ids.eos = append("eos", "tokenizer.ggml.eos_token_id");
    append("unk", "tokenizer.ggml.unknown_token_id");
    append("pad", "tokenizer.ggml.padding_token_id");
    return ids;
}

/// What is put around a text: the post-processor decides, because it is what really runs; tokenizer_config.json only
/// where there is no template.
void appendFrame(Metadata& metadata, const JsonFile& tokenizer, const Vocabulary& vocabulary, const SpecialIds& ids,
                 const std::optional<JsonFile>& tokenizerConfig)
{
    Frame frame;
    if (const json* processor = tokenizer.find("post_processor"))
        readFrame(*processor, frame);
    const auto matches = [&](const std::vector<std::string>& tokens, const std::optional<std::uint64_t>& id,
                             const char* where) {
        if (tokens.empty())
            return false;
        const auto found = vocabulary.ids.find(tokens.front());
        if (tokens.size() > 1 || found == vocabulary.ids.end() || found->second != id) {
            throw Error(ErrorKind::Unsupported,
                        fmt::format("the post-processor puts '{}' {} every text, which GGUF cannot express",
                                    printable(tokens.front(), 40), where),
                        {tokenizer.path(), std::nullopt, {}});
        }
        return true;
    };
    bool addBos = matches(frame.before, ids.bos, "before");
    bool addEos = matches(frame.after, ids.eos, "after");
    if (!frame.isKnown && tokenizerConfig) {
        addBos = flagOf(tokenizerConfig->root(), "add_bos_token");
        addEos = flagOf(tokenizerConfig->root(), "add_eos_token");
    }
    metadata.append("tokenizer.ggml.add_bos_token", MetadataValue::ofBool(addBos));
    metadata.append("tokenizer.ggml.add_eos_token", MetadataValue::ofBool(addEos));
}

void appendChatTemplates(Metadata& metadata, const std::filesystem::path& folder,
                         const std::optional<JsonFile>& tokenizerConfig)
{
    constexpr std::uint64_t maximumTemplateBytes = 4u << 20;
    std::string main;
    std::vector<std::pair<std::string, std::string>> named;
    const json* given = tokenizerConfig ? tokenizerConfig->find("chat_template") : nullptr;
    if (given && given->is_string()) {
        main = given->get<std::string>();
    } else if (given && given->is_array()) {
        for (const json& entry : *given) {
            const std::string name = textOf(entry, "name");
            if (name == "default")
                main = textOf(entry, "template");
            else if (!name.empty())
                named.emplace_back(name, textOf(entry, "template"));
        }
    }
    std::error_code ignored;
    if (std::filesystem::exists(folder / "chat_template.jinja", ignored))
        main = readText(folder / "chat_template.jinja", maximumTemplateBytes);

    if (!main.empty())
        metadata.append("tokenizer.chat_template", MetadataValue::ofString(main));
    if (named.empty())
        return;
    std::vector<std::string> names;
    for (const auto& [name, text] : named) {
        names.push_back(name);
        metadata.append("tokenizer.chat_template." + name, MetadataValue::ofString(text));
    }
    metadata.append("tokenizer.chat_templates", MetadataValue::ofArray(MetadataArray::fromStrings(names)));
}

} // namespace

void appendTokenizer(Metadata& metadata, const std::filesystem::path& folder, std::uint64_t vocabularyRows)
{
    std::error_code ignored;
    const auto file = folder / "tokenizer.json";
    if (!std::filesystem::exists(file, ignored)) {
        if (std::filesystem::exists(folder / "tokenizer.model", ignored)) {
            throw Error(ErrorKind::Unsupported,
                        "the tokenizer is a SentencePiece model; only byte-level BPE (tokenizer.json) can be exported yet",
                        {folder / "tokenizer.model", std::nullopt, {}});
        }
        throw Error(ErrorKind::NotFound, "there is no tokenizer: a GGUF needs it", {file, std::nullopt, {}},
                    "Put tokenizer.json beside config.json");
    }
    const JsonFile tokenizer = JsonFile::read(file);
    const auto tokenizerConfig = JsonFile::readIfThere(folder / "tokenizer_config.json");
    requireByteLevelBpe(tokenizer);
    const std::string pre = classifyPreTokenizer(tokenizer);
    const Vocabulary vocabulary = readVocabulary(tokenizer, vocabularyRows);
    const auto merges = readMerges(tokenizer, vocabulary);

    metadata.append("tokenizer.ggml.model", MetadataValue::ofString("gpt2"));
    metadata.append("tokenizer.ggml.pre", MetadataValue::ofString(pre));
    metadata.append("tokenizer.ggml.tokens", MetadataValue::ofArray(MetadataArray::fromStrings(vocabulary.tokens)));
    metadata.append("tokenizer.ggml.token_type", MetadataValue::ofArray(MetadataArray::fromInts(vocabulary.types)));
    metadata.append("tokenizer.ggml.merges", MetadataValue::ofArray(MetadataArray::fromStrings(merges)));
    const SpecialIds ids = appendSpecialIds(metadata, folder, vocabulary, tokenizerConfig);
    appendFrame(metadata, tokenizer, vocabulary, ids, tokenizerConfig);
    appendChatTemplates(metadata, folder, tokenizerConfig);
}

} // namespace quantlathe
