// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/inference/tokenizer/json_model.h"

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/inference/tokenizer/bpe_model.h"
#include "core/inference/tokenizer/unigram_model.h"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

namespace quantlathe {

namespace {

using nlohmann::json;

/// The largest vocabularies have some 260,000 tokens; what lies beyond this is a mistake that would eat memory.
constexpr std::uint64_t mostTokens = 1u << 20;

[[noreturn]] void refuse(const JsonFile& tokenizer, const std::string& what)
{
    throw Error(ErrorKind::Unsupported, what, {tokenizer.path(), std::nullopt, {}});
}

const json& modelOf(const JsonFile& tokenizer)
{
    const json* model = tokenizer.find("model");
    if (!model || !model->is_object())
        tokenizer.fail("has no 'model'");
    return *model;
}

class VocabularyReader
{
public:
    explicit VocabularyReader(const JsonFile& tokenizer) : m_tokenizer(tokenizer) {}

    void set(std::uint64_t id, std::string text, TokenKind kind)
    {
        if (id >= mostTokens)
            m_tokenizer.fail(fmt::format("token '{}' has the id {}, beyond what any vocabulary has", printable(text, 40), id));
        if (id >= m_result.texts.size()) {
            m_result.texts.resize(id + 1);
            m_result.kinds.resize(id + 1, TokenKind::Unused);
        }
        std::string& known = m_result.texts[id];
        if (!known.empty() && known != text) {
            m_tokenizer.fail(fmt::format("the tokens '{}' and '{}' have the same id {}", printable(known, 40), printable(text, 40), id));
        }
        known = std::move(text);
        m_result.kinds[id] = kind;
    }

    void readObject(const json& vocab)
    {
        for (const auto& [text, id] : vocab.items()) {
            if (!id.is_number_unsigned())
                m_tokenizer.fail(fmt::format("token '{}' has an id that is no number", printable(text, 40)));
            set(id.get<std::uint64_t>(), text, TokenKind::Normal);
        }
    }

    void readScored(const json& vocab)
    {
        for (const json& entry : vocab) {
            if (!entry.is_array() || entry.size() != 2 || !entry[0].is_string() || !entry[1].is_number())
                m_tokenizer.fail(fmt::format("token {} of 'model.vocab' is no pair of text and score", m_result.scores.size()));
            set(m_result.scores.size(), entry[0].get<std::string>(), TokenKind::Normal);
            m_result.scores.push_back(entry[1].get<double>());
        }
    }

    void readAdded(const json& list)
    {
        if (!list.is_array())
            m_tokenizer.fail("'added_tokens' is no list");
        for (const json& entry : list) {
            const std::string content = textOf(entry, "content");
            const json* id = memberOf(entry, "id");
            if (content.empty() || !id || !id->is_number_unsigned())
                m_tokenizer.fail("an added token has no content or no id");
            AddedToken token;
            token.content = content;
            token.isSpecial = flagOf(entry, "special");
            token.isNormalized = flagOf(entry, "normalized", !token.isSpecial);
            token.isSingleWord = flagOf(entry, "single_word");
            token.takesSpaceBefore = flagOf(entry, "lstrip");
            token.takesSpaceBehind = flagOf(entry, "rstrip");
            set(id->get<std::uint64_t>(), content, token.isSpecial ? TokenKind::Control : TokenKind::UserDefined);
            token.id = static_cast<TokenId>(id->get<std::uint64_t>());
            m_result.added.push_back(std::move(token));
        }
    }

    JsonVocabulary take() { return std::move(m_result); }

private:
    const JsonFile& m_tokenizer;
    JsonVocabulary m_result;
};

MergeTable readMerges(const JsonFile& tokenizer, const Vocabulary& vocabulary)
{
    const json* merges = memberOf(modelOf(tokenizer), "merges");
    if (!merges || !merges->is_array())
        tokenizer.fail("'model.merges' is no list");
    MergeReader reader(vocabulary);
    reader.reserve(merges->size());
    for (std::size_t index = 0; index < merges->size(); ++index) {
        const json& merge = (*merges)[index];
        std::string_view left;
        std::string_view right;
        if (merge.is_string()) {
            const std::string_view text = merge.get_ref<const std::string&>();
            if (text.starts_with("#version"))
                continue;
            const auto blank = text.find(' ');
            left = text.substr(0, blank);
            right = blank == std::string_view::npos ? std::string_view() : text.substr(blank + 1);
            if (right.find(' ') != std::string_view::npos)
                right = {};
        } else if (merge.is_array() && merge.size() == 2 && merge[0].is_string() && merge[1].is_string()) {
            left = merge[0].get_ref<const std::string&>();
            right = merge[1].get_ref<const std::string&>();
        }
        if (left.empty() || right.empty())
            tokenizer.fail(fmt::format("merge {} is no pair of tokens", index));
        if (!reader.add(left, right, false)) {
            tokenizer.fail(fmt::format("merge {} ('{} {}') names a token that is not in the vocabulary", index, printable(left, 40),
                                       printable(right, 40)));
        }
    }
    return reader.take();
}

void addTemplate(const JsonFile& tokenizer, const json& processor, const Vocabulary& vocabulary, JsonFrame& frame)
{
    const json* single = memberOf(processor, "single");
    if (!single || !single->is_array())
        tokenizer.fail("the template of the post-processor has no list 'single'");
    JsonFrame own;
    bool isTextSeen = false;
    for (const json& piece : *single) {
        if (memberOf(piece, "Sequence")) {
            isTextSeen = true;
            continue;
        }
        const json* special = memberOf(piece, "SpecialToken");
        if (!special)
            tokenizer.fail("the template of the post-processor has a piece that is neither text nor token");
        const std::string name = textOf(*special, "id");
        auto& side = isTextSeen ? own.after : own.before;
        const json* table = memberOf(processor, "special_tokens");
        const json* entry = table ? memberOf(*table, name.c_str()) : nullptr;
        const json* ids = entry ? memberOf(*entry, "ids") : nullptr;
        if (ids && ids->is_array()) {
            for (const json& id : *ids) {
                if (!id.is_number_unsigned() || id.get<std::uint64_t>() >= vocabulary.size())
                    tokenizer.fail(fmt::format("the post-processor gives '{}' an id that is none", printable(name, 40)));
                side.push_back(static_cast<TokenId>(id.get<std::uint64_t>()));
            }
            continue;
        }
        const TokenId id = vocabulary.find(name);
        if (id < 0)
            tokenizer.fail(fmt::format("the post-processor adds '{}', which is no token", printable(name, 40)));
        side.push_back(id);
    }
    // A later template stands around what the earlier ones made.
    frame.isKnown = true;
    frame.before.insert(frame.before.begin(), own.before.begin(), own.before.end());
    frame.after.insert(frame.after.end(), own.after.begin(), own.after.end());
}

/// "sep" and "cls" of BERT's and RoBERTa's: ["</s>", 2].
TokenId pairedId(const JsonFile& tokenizer, const json& processor, const char* key, const Vocabulary& vocabulary)
{
    const json* pair = memberOf(processor, key);
    if (!pair || !pair->is_array() || pair->size() != 2 || !(*pair)[1].is_number_unsigned()
        || (*pair)[1].get<std::uint64_t>() >= vocabulary.size()) {
        tokenizer.fail(fmt::format("'{}' of the post-processor is no pair of token and id", key));
    }
    return static_cast<TokenId>((*pair)[1].get<std::uint64_t>());
}

void addProcessor(const JsonFile& tokenizer, const json& processor, const Vocabulary& vocabulary, int depth, JsonFrame& frame)
{
    constexpr int deepestNesting = 8;
    const std::string type = textOf(processor, "type");
    if (depth > deepestNesting)
        tokenizer.fail("the post-processors are nested too deeply");
    if (type == "Sequence") {
        const json* list = memberOf(processor, "processors");
        if (!list || !list->is_array())
            tokenizer.fail("a sequence of post-processors has no list");
        for (const json& step : *list)
            addProcessor(tokenizer, step, vocabulary, depth + 1, frame);
    } else if (type == "TemplateProcessing") {
        addTemplate(tokenizer, processor, vocabulary, frame);
    } else if (type == "RobertaProcessing" || type == "BertProcessing") {
        frame.isKnown = true;
        frame.before.insert(frame.before.begin(), pairedId(tokenizer, processor, "cls", vocabulary));
        frame.after.push_back(pairedId(tokenizer, processor, "sep", vocabulary));
    } else if (type != "ByteLevel") { // that one only moves offsets
        refuse(tokenizer, fmt::format("the post-processor '{}' is not known", printable(type, 60)));
    }
}

} // namespace

JsonModelKind readModelKind(const JsonFile& tokenizer)
{
    const json& model = modelOf(tokenizer);
    std::string type = textOf(model, "type");
    if (type.empty()) // older files leave it out
        type = memberOf(model, "merges") ? "BPE" : memberOf(model, "unk_id") ? "Unigram" : "of an unnamed kind";
    if (type == "Unigram")
        return JsonModelKind::Unigram;
    if (type != "BPE")
        refuse(tokenizer, fmt::format("the tokenizer is '{}'; BPE and Unigram are supported", printable(type, 60)));
    for (const char* affix : {"continuing_subword_prefix", "end_of_word_suffix"}) {
        if (!textOf(model, affix).empty())
            refuse(tokenizer, fmt::format("the tokenizer is a BPE with '{}'", affix));
    }
    const json* dropout = memberOf(model, "dropout");
    if (dropout && dropout->is_number() && dropout->get<double>() != 0)
        refuse(tokenizer, "the tokenizer drops merges at random ('dropout')");
    return JsonModelKind::Bpe;
}

JsonVocabulary readJsonVocabulary(const JsonFile& tokenizer, JsonModelKind kind)
{
    VocabularyReader reader(tokenizer);
    const json* vocab = memberOf(modelOf(tokenizer), "vocab");
    if (!vocab || (kind == JsonModelKind::Bpe ? !vocab->is_object() : !vocab->is_array()))
        tokenizer.fail(kind == JsonModelKind::Bpe ? "'model.vocab' is no object" : "'model.vocab' is no list");
    if (kind == JsonModelKind::Bpe)
        reader.readObject(*vocab);
    else
        reader.readScored(*vocab);
    if (const json* added = tokenizer.find("added_tokens"))
        reader.readAdded(*added);
    JsonVocabulary result = reader.take();
    if (result.texts.empty())
        tokenizer.fail("the vocabulary is empty");
    return result;
}

std::optional<TokenId> readUnknown(const JsonFile& tokenizer, JsonModelKind kind, const Vocabulary& vocabulary)
{
    const json& model = modelOf(tokenizer);
    if (kind == JsonModelKind::Unigram) {
        const json* id = memberOf(model, "unk_id");
        if (!id)
            return std::nullopt;
        if (!id->is_number_unsigned() || id->get<std::uint64_t>() >= vocabulary.size())
            tokenizer.fail("'model.unk_id' is no token");
        return static_cast<TokenId>(id->get<std::uint64_t>());
    }
    const std::string name = textOf(model, "unk_token");
    const TokenId id = name.empty() ? -1 : vocabulary.find(name);
    return id < 0 ? std::nullopt : std::optional(id);
}

std::unique_ptr<const WordModel> readJsonModel(const JsonFile& tokenizer, JsonModelKind kind, const Vocabulary& vocabulary,
                                               std::vector<double> scores, bool spellsBytes)
{
    const json& model = modelOf(tokenizer);
    const auto unknown = readUnknown(tokenizer, kind, vocabulary);
    const bool hasByteFallback = flagOf(model, "byte_fallback");
    if (kind == JsonModelKind::Bpe) {
        return std::make_unique<BpeModel>(vocabulary, readMerges(tokenizer, vocabulary),
                                          BpeOptions{spellsBytes, flagOf(model, "ignore_merges"), hasByteFallback, flagOf(model, "fuse_unk"), unknown});
    }
    UnigramOptions options;
    options.unknown = unknown;
    options.hasByteFallback = hasByteFallback;
    options.usesAllTokens = true;
    return std::make_unique<UnigramModel>(vocabulary, std::move(scores), options); // added tokens have no score
}

JsonFrame readJsonFrame(const JsonFile& tokenizer, const Vocabulary& vocabulary)
{
    JsonFrame frame;
    if (const json* processor = tokenizer.find("post_processor"))
        addProcessor(tokenizer, *processor, vocabulary, 0, frame);
    return frame;
}

} // namespace quantlathe
