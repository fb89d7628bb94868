// SPDX-License-Identifier: GPL-3.0-or-later
// The tokenizer's files from GGUF's keys: the inverse of byte_level_tokenizer.cpp and sentence_tokenizer.cpp.
#include "core/convert/gguf_contents.h"

#include "core/base/text.h"
#include "core/convert/pre_tokenizer.h"
#include "core/convert/sentence_model_file.h"

#include <fmt/format.h>
#include <optional>

namespace quantlathe {

namespace {

using Json = nlohmann::ordered_json;

enum TokenType : std::uint64_t { Normal = 1, Unknown = 2, Control = 3, UserDefined = 4, Unused = 5 };

class TokenizerWriter
{
public:
    TokenizerWriter(const Metadata& keys, FolderContents& contents) : m_keys(keys), m_contents(contents) {}

    void write()
    {
        const std::string model = m_keys.string("tokenizer.ggml.model").value_or("");
        const std::string pre = m_keys.string("tokenizer.ggml.pre").value_or("");
        m_tokens = m_keys.array("tokenizer.ggml.tokens");
        const MetadataArray* merges = m_keys.array("tokenizer.ggml.merges");
        const auto splitting = preTokenizerText(pre);
        if (!m_tokens || m_tokens->elementType() != MetadataType::String)
            return note("the file has no vocabulary");
        if (model == "llama")
            return sentences();
        if (model != "gpt2" || !merges || merges->elementType() != MetadataType::String)
            return note(fmt::format("the tokenizer '{}' is neither a byte-level BPE nor SentencePiece's", printable(model, 40)));
        bool isText = true;
        m_tokens->forEachString([&](std::uint64_t, std::string_view text) { isText = isText && isValidUtf8(text); });
        merges->forEachString([&](std::uint64_t, std::string_view text) { isText = isText && isValidUtf8(text); });
        if (!isText)
            return note("its tokens are no UTF-8");
        if (!splitting)
            return note(fmt::format("the split expression of the pre-tokenizer '{}' is not known", printable(pre, 40)));
        m_contents.texts["tokenizer.json"] = tokenizer(*merges, *splitting, pre).dump(1) + "\n";
        configuration("PreTrainedTokenizerFast");
        generation();
    }

private:
    void sentences()
    {
        SentenceModelFile file = sentenceModelFile(m_keys);
        if (!file.problem.empty())
            return note(file.problem);
        m_contents.texts["tokenizer.model"] = std::move(file.bytes);
        const std::string architecture = m_keys.string("general.architecture").value_or("");
        configuration(architecture.starts_with("gemma") ? "GemmaTokenizer" : "LlamaTokenizer");
        generation();
    }

    void note(const std::string& why)
    {
        m_contents.notes.push_back(fmt::format("no tokenizer was written, because {}: copy tokenizer.json and tokenizer_config.json of the original model", why));
    }

    [[nodiscard]] std::string textOf(std::uint64_t token) const { return std::get<std::string>(m_tokens->at(token)); }
    [[nodiscard]] std::uint64_t typeOf(std::uint64_t token) const
    {
        const MetadataArray* types = m_keys.array("tokenizer.ggml.token_type");
        return types && token < types->size() ? toUnsigned(types->at(token)).value_or(Normal) : Normal;
    }
    [[nodiscard]] std::optional<std::uint64_t> special(std::string_view name) const
    {
        const auto id = m_keys.unsignedInteger(fmt::format("tokenizer.ggml.{}_token_id", name));
        return id && *id < m_tokens->size() ? id : std::nullopt;
    }

    Json tokenizer(const MetadataArray& merges, const PreTokenizerText& splitting, const std::string& pre) const
    {
        Json vocabulary = Json::object();
        Json added = Json::array();
        m_tokens->forEachString([&](std::uint64_t id, std::string_view text) {
            const std::uint64_t type = typeOf(id);
            if (type == Control || type == UserDefined) {
                added.push_back({{"id", id}, {"content", text}, {"single_word", false}, {"lstrip", false}, {"rstrip", false}, {"normalized", false},
                                 {"special", type == Control}});
            }
            // Added tokens, too: the tokenizers library numbers those anew that the model does not have.
            if (type != Unused)
                vocabulary[std::string(text)] = id;
        });
        Json pairs = Json::array();
        merges.forEachString([&](std::uint64_t, std::string_view pair) { pairs.push_back(pair); });
        const bool isNormalised = m_keys.boolean("tokenizer.ggml.normalizer.nfc").value_or(pre == "qwen2");
        return {{"version", "1.0"},
                {"truncation", nullptr},
                {"padding", nullptr},
                {"added_tokens", std::move(added)},
                {"normalizer", isNormalised ? Json{{"type", "NFC"}} : Json(nullptr)},
                {"pre_tokenizer", splitting.steps},
                {"post_processor", postProcessor()},
                {"decoder", {{"type", "ByteLevel"}, {"add_prefix_space", true}, {"trim_offsets", true}, {"use_regex", true}}},
                {"model", {{"type", "BPE"}, {"dropout", nullptr}, {"unk_token", nullptr}, {"continuing_subword_prefix", nullptr},
                           {"end_of_word_suffix", nullptr}, {"fuse_unk", false}, {"byte_fallback", false}, {"ignore_merges", splitting.ignoresMerges},
                           {"vocab", std::move(vocabulary)}, {"merges", std::move(pairs)}}}};
    }

    /// The first token of every text, where the file asks for one.
    [[nodiscard]] Json postProcessor() const
    {
        const auto bos = special("bos");
        if (!bos || !m_keys.boolean("tokenizer.ggml.add_bos_token").value_or(false))
            return {{"type", "ByteLevel"}, {"add_prefix_space", true}, {"trim_offsets", false}, {"use_regex", true}};
        const std::string text = textOf(*bos);
        const Json first{{"SpecialToken", {{"id", text}, {"type_id", 0}}}};
        const auto sequence = [](const char* id, int type) { return Json{{"Sequence", {{"id", id}, {"type_id", type}}}}; };
        Json tokens = Json::object();
        tokens[text] = {{"id", text}, {"ids", {*bos}}, {"tokens", {text}}};
        return {{"type", "TemplateProcessing"},
                {"single", {first, sequence("A", 0)}},
                {"pair", {first, sequence("A", 0), first, sequence("B", 1)}},
                {"special_tokens", std::move(tokens)}};
    }

    void configuration(const char* className)
    {
        Json config{{"tokenizer_class", className}};
        for (const auto& [ours, theirs] : {std::pair{"bos", "bos_token"}, {"eos", "eos_token"}, {"unknown", "unk_token"}, {"padding", "pad_token"}}) {
            if (const auto id = special(ours))
                config[theirs] = textOf(*id);
        }
        if (const auto adds = m_keys.boolean("tokenizer.ggml.add_bos_token"))
            config["add_bos_token"] = *adds;
        if (m_contents.texts.contains("tokenizer.model")) {
            config["add_eos_token"] = m_keys.boolean("tokenizer.ggml.add_eos_token").value_or(false);
            config["add_prefix_space"] = m_keys.boolean("tokenizer.ggml.add_space_prefix").value_or(true);
            Json added = Json::object(); // the others are pieces of the model
            for (std::uint64_t id = 0; id < m_tokens->size(); ++id) {
                if (typeOf(id) == Control || typeOf(id) == Unknown) {
                    added[std::to_string(id)] = {{"content", textOf(id)}, {"lstrip", false}, {"normalized", false}, {"rstrip", false}, {"single_word", false},
                                                 {"special", true}};
                }
            }
            config["added_tokens_decoder"] = std::move(added);
        }
        config["clean_up_tokenization_spaces"] = false;
        if (const auto chat = m_keys.string("tokenizer.chat_template"); chat && isValidUtf8(*chat))
            config["chat_template"] = *chat;
        m_contents.texts["tokenizer_config.json"] = config.dump(2) + "\n";
    }

    void generation()
    {
        Json config = Json::object();
        for (const auto& [ours, theirs] : {std::pair{"bos", "bos_token_id"}, {"eos", "eos_token_id"}, {"padding", "pad_token_id"}}) {
            if (const auto id = special(ours))
                config[theirs] = *id;
        }
        // Chat models end a turn with another token than a text.
        const auto turn = special("eot");
        if (turn && config.contains("eos_token_id") && config["eos_token_id"] != *turn)
            config["eos_token_id"] = {config["eos_token_id"], *turn};
        if (!config.empty())
            m_contents.texts["generation_config.json"] = config.dump(2) + "\n";
    }

    const Metadata& m_keys;
    FolderContents& m_contents;
    const MetadataArray* m_tokens = nullptr;
};

} // namespace

void addTokenizerFiles(const Model& model, FolderContents& contents)
{
    TokenizerWriter(model.metadata(), contents).write();
}

} // namespace quantlathe
