// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/convert/sentence_tokenizer.h"

#include "core/base/error.h"
#include "core/convert/sentence_model.h"

#include <algorithm>
#include <utility>

namespace quantlathe {

namespace {

using nlohmann::json;

/// True where each token of the JSON's model has the same id as in @p model.
bool isSameVocabulary(const JsonFile& tokenizer, const SentenceModel& model)
{
    const json* part = tokenizer.find("model");
    const json* vocab = part ? memberOf(*part, "vocab") : nullptr;
    if (!vocab || vocab->size() != model.texts.size())
        return false;
    if (vocab->is_array()) {
        return std::equal(vocab->begin(), vocab->end(), model.texts.begin(), [](const json& entry, const std::string& text) {
            return entry.is_array() && !entry.empty() && entry[0].is_string() && entry[0].get_ref<const std::string&>() == text;
        });
    }
    return std::all_of(model.texts.begin(), model.texts.end(), [&, id = std::uint64_t{0}](const std::string& text) mutable {
        const auto found = vocab->find(text);
        return found != vocab->end() && *found == id++;
    });
}

/// The model file has the scores, the JSON says what is really run: both where they agree, the JSON alone where not.
SentenceModel readModel(const TokenizerSource& source)
{
    const bool isSentence = source.tokenizer && isSentenceTokenizer(*source.tokenizer);
    if (!source.sentencePiece)
        return sentenceModelOf(*source.tokenizer);
    SentenceModel model = sentenceModelOf(*source.sentencePiece);
    if (isSentence) {
        if (!isSameVocabulary(*source.tokenizer, model))
            return sentenceModelOf(*source.tokenizer);
        model.addsSpacePrefix = spaceRulesOf(*source.tokenizer, model.isUnigram).addsPrefix;
    } else if (!model.isUnigram && (!model.characterMap.empty() || model.removesExtraSpaces)) {
        throw Error(ErrorKind::Unsupported, "the SentencePiece model normalises texts or removes spaces, which engines do not do for BPE",
                    {*source.sentencePiece, std::nullopt, {}}, "A tokenizer.json beside it would say what is really run");
    }
    return model;
}

/// The transformers library puts bos in front for the classes that have always done so.
bool addsBosByClass(const std::optional<JsonFile>& config)
{
    const std::string name = config ? config->string("tokenizer_class").value_or("") : std::string();
    return name.find("Llama") != std::string::npos || name.find("Gemma") != std::string::npos;
}

MetadataValue bytesValue(const std::string& text)
{
    const auto owner = std::make_shared<const std::string>(text);
    return MetadataValue::ofArray(MetadataArray(MetadataType::U8, owner->size(), std::as_bytes(std::span(*owner)), owner));
}

} // namespace

bool isSentenceTokenizer(const JsonFile& tokenizer)
{
    const json* model = tokenizer.find("model");
    return model && (textOf(*model, "type") == "Unigram" || flagOf(*model, "byte_fallback"));
}

ExportedTokens appendSentenceTokenizer(Metadata& metadata, const TokenizerSource& source)
{
    const SentenceModel model = readModel(source);
    ExportedTokens tokens{.table = TokenTable(source.rows, source.sentencePiece ? *source.sentencePiece : source.tokenizer->path()),
                          .bos = model.bos, .eos = model.eos, .unknown = model.unknown, .padding = {},
                          .addsBos = addsBosByClass(source.tokenizerConfig)};
    for (std::size_t id = 0; id < model.texts.size(); ++id) {
        if (!model.texts[id].empty())
            tokens.table.set(id, model.texts[id], model.kinds[id], model.scores[id]);
    }
    tokens.table.add(source.added, true);
    tokens.table.fill();

    metadata.append("tokenizer.ggml.model", MetadataValue::ofString(model.isUnigram ? "t5" : "llama"));
    metadata.append("tokenizer.ggml.pre", MetadataValue::ofString("default"));
    tokens.table.appendTo(metadata, true);
    metadata.append("tokenizer.ggml.add_space_prefix", MetadataValue::ofBool(model.addsSpacePrefix));
    if (model.isUnigram) {
        metadata.append("tokenizer.ggml.remove_extra_whitespaces", MetadataValue::ofBool(model.removesExtraSpaces));
        if (!model.characterMap.empty())
            metadata.append("tokenizer.ggml.precompiled_charsmap", bytesValue(model.characterMap));
    }
    return tokens;
}

} // namespace quantlathe
