// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/convert/sentence_model.h"

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/convert/merge_scores.h"
#include "core/inference/tokenizer/normalizers.h"
#include "core/inference/tokenizer/sentencepiece_file.h"

#include <algorithm>
#include <fmt/format.h>

namespace quantlathe {

namespace {

using nlohmann::json;

constexpr std::uint64_t mostBytes = 256u << 20;
constexpr std::uint64_t mostTokens = 1u << 20;

[[noreturn]] void refuse(const std::filesystem::path& file, const std::string& what)
{
    throw Error(ErrorKind::Unsupported, what, {file, std::nullopt, {}});
}

/// The steps of a normaliser or pre-tokenizer, one level of sequence opened.
std::vector<const json*> stepsOf(const json* step, const char* listName)
{
    if (!step)
        return {};
    if (textOf(*step, "type") != "Sequence")
        return {step};
    std::vector<const json*> steps;
    if (const json* list = memberOf(*step, listName); list && list->is_array()) {
        for (const json& inner : *list)
            steps.push_back(&inner);
    }
    return steps;
}

std::string patternOf(const json& step, const char* kind)
{
    const json* pattern = memberOf(step, "pattern");
    return pattern ? textOf(*pattern, kind) : std::string();
}

void readNormalizer(const JsonFile& tokenizer, const json& step, bool isUnigram, SpaceRules& rules)
{
    const std::string type = textOf(step, "type");
    if (type == "Prepend" && textOf(step, "prepend") == spaceMarker && !isUnigram) {
        rules.addsPrefix = true;
    } else if (type == "Replace" && patternOf(step, "String") == " " && textOf(step, "content") == spaceMarker && !isUnigram) {
        // what every model of this kind does
    } else if (type == "Replace" && patternOf(step, "Regex") == " {2,}" && (textOf(step, "content") == " " || textOf(step, "content") == spaceMarker) && isUnigram) {
        rules.removesExtra = true;
    } else if (type == "Strip" && flagOf(step, "strip_right") && !flagOf(step, "strip_left") && isUnigram) {
        // the ends are part of what removesExtra does, which the step beside it stands for
    } else if (type == "Precompiled" && isUnigram) {
        rules.characterMap = decodeBase64(textOf(step, "precompiled_charsmap"));
    } else {
        refuse(tokenizer.path(), fmt::format("the normalizer '{}' is none that a GGUF tokenizer of this kind has", printable(type.empty() ? "without a type" : type, 60)));
    }
}

void readPreTokenizer(const JsonFile& tokenizer, const json& step, bool isUnigram, SpaceRules& rules)
{
    const std::string type = textOf(step, "type");
    const std::string marker = memberOf(step, "replacement") ? textOf(step, "replacement") : std::string(spaceMarker);
    // The words of a unigram model are split at spaces anyway; those of a BPE must not be.
    if (type == "Metaspace" && marker == spaceMarker && (isUnigram || !flagOf(step, "split", true))) {
        rules.addsPrefix = textOf(step, "prepend_scheme") != "never" && flagOf(step, "add_prefix_space", true);
    } else if (type == "WhitespaceSplit" && isUnigram) {
        rules.removesExtra = true;
    } else if (type == "Split" && patternOf(step, "String") == " " && !isUnigram) {
        // spaces are markers by then: splits nothing
    } else {
        refuse(tokenizer.path(), fmt::format("the pre-tokenizer '{}' is none that a GGUF tokenizer of this kind has", printable(type.empty() ? "without a type" : type, 60)));
    }
}

bool isByteToken(std::string_view text)
{
    return text.size() == 6 && text.starts_with("<0x") && text.back() == '>';
}

void readBpe(const JsonFile& tokenizer, const json& model, SentenceModel& result)
{
    const json* vocab = memberOf(model, "vocab");
    if (!vocab || !vocab->is_object())
        tokenizer.fail("'model.vocab' is no object");
    for (const auto& [text, value] : vocab->items()) {
        if (!value.is_number_unsigned() || value.get<std::uint64_t>() >= mostTokens)
            tokenizer.fail(fmt::format("token '{}' has no id that a vocabulary can have", printable(text, 40)));
        const auto id = value.get<std::uint64_t>();
        if (id >= result.texts.size())
            result.texts.resize(id + 1);
        if (!result.texts[id].empty())
            tokenizer.fail(fmt::format("the tokens '{}' and '{}' have the same id {}", printable(result.texts[id], 40), printable(text, 40), id));
        result.texts[id] = text;
    }
    const std::string unknown = textOf(model, "unk_token");
    result.kinds.assign(result.texts.size(), TokenKind::Normal);
    for (std::size_t id = 0; id < result.texts.size(); ++id) {
        if (!unknown.empty() && result.texts[id] == unknown) {
            result.unknown = id;
            result.kinds[id] = TokenKind::Unknown;
        } else if (isByteToken(result.texts[id])) {
            result.kinds[id] = TokenKind::Byte;
        }
    }
    result.scores = mergeScores(tokenizer, result.texts, result.kinds);
}

void readUnigram(const JsonFile& tokenizer, const json& model, SentenceModel& result)
{
    const json* vocab = memberOf(model, "vocab");
    if (!vocab || !vocab->is_array())
        tokenizer.fail("'model.vocab' is no list");
    if (flagOf(model, "byte_fallback"))
        refuse(tokenizer.path(), "the tokenizer is a unigram model with byte fallback, which engines do not have");
    for (const json& entry : *vocab) {
        if (!entry.is_array() || entry.size() != 2 || !entry[0].is_string() || !entry[1].is_number())
            tokenizer.fail(fmt::format("token {} of 'model.vocab' is no pair of text and score", result.texts.size()));
        result.texts.push_back(entry[0].get<std::string>());
        result.scores.push_back(entry[1].get<float>());
    }
    result.kinds.assign(result.texts.size(), TokenKind::Normal);
    if (const json* unknown = memberOf(model, "unk_id")) {
        if (!unknown->is_number_unsigned() || unknown->get<std::uint64_t>() >= result.texts.size())
            tokenizer.fail("'model.unk_id' is no token");
        result.unknown = unknown->get<std::uint64_t>();
        result.kinds[*result.unknown] = TokenKind::Unknown;
    }
}

} // namespace

SpaceRules spaceRulesOf(const JsonFile& tokenizer, bool isUnigram)
{
    SpaceRules rules;
    for (const json* step : stepsOf(tokenizer.find("normalizer"), "normalizers"))
        readNormalizer(tokenizer, *step, isUnigram, rules);
    for (const json* step : stepsOf(tokenizer.find("pre_tokenizer"), "pretokenizers"))
        readPreTokenizer(tokenizer, *step, isUnigram, rules);
    return rules;
}

SentenceModel sentenceModelOf(const std::filesystem::path& path)
{
    SentencePieceFile file;
    try {
        file = SentencePieceFile::parse(readText(path, mostBytes));
    } catch (const Error& error) { // what looks at bytes alone does not know the file
        if (!error.place().file.empty())
            throw;
        throw Error(error.kind(), error.message(), {path, std::nullopt, {}}, error.advice());
    }
    using Method = SentencePieceFile::Method;
    if (file.method != Method::Bpe && file.method != Method::Unigram)
        refuse(path, "the SentencePiece model is by words or characters, which no GGUF tokenizer is");
    if (file.putsSpaceBehind || !file.marksSpaces)
        refuse(path, "the SentencePiece model puts spaces behind words or does not mark them, which no GGUF tokenizer does");
    SentenceModel model;
    model.isUnigram = file.method == Method::Unigram;
    if (model.isUnigram && file.hasByteFallback)
        refuse(path, "the tokenizer is a unigram model with byte fallback, which engines do not have");
    const auto size = static_cast<std::int64_t>(file.texts.size());
    if (file.bos >= 0 && file.bos < size)
        model.bos = static_cast<std::uint64_t>(file.bos);
    if (file.eos >= 0 && file.eos < size)
        model.eos = static_cast<std::uint64_t>(file.eos);
    model.unknown = static_cast<std::uint64_t>(std::find(file.kinds.begin(), file.kinds.end(), TokenKind::Unknown) - file.kinds.begin());
    model.texts = std::move(file.texts);
    model.kinds = std::move(file.kinds);
    model.scores = std::move(file.scores);
    model.addsSpacePrefix = file.addsSpacePrefix;
    model.removesExtraSpaces = file.removesExtraSpaces;
    model.characterMap = std::move(file.characterMap);
    return model;
}

SentenceModel sentenceModelOf(const JsonFile& tokenizer)
{
    const json* model = tokenizer.find("model");
    if (!model || !model->is_object())
        tokenizer.fail("has no 'model'");
    SentenceModel result;
    result.isUnigram = textOf(*model, "type") == "Unigram";
    const SpaceRules rules = spaceRulesOf(tokenizer, result.isUnigram);
    result.addsSpacePrefix = rules.addsPrefix;
    result.removesExtraSpaces = rules.removesExtra;
    result.characterMap = rules.characterMap;
    if (result.isUnigram)
        readUnigram(tokenizer, *model, result);
    else
        readBpe(tokenizer, *model, result);
    return result;
}

} // namespace quantlathe
