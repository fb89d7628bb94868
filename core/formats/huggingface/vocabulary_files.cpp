// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/huggingface/vocabulary_files.h"

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/formats/huggingface/folder.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <fmt/format.h>
#include <map>
#include <string>

namespace quantlathe::huggingface {

namespace {

using nlohmann::json;
namespace fs = std::filesystem;

struct Added
{
    std::uint64_t id = 0;
    bool isSpecial = false;
};

class Composer
{
public:
    explicit Composer(const fs::path& folder)
        : m_folder(folder), m_vocabulary(JsonFile::read(folder / "vocab.json")), m_config(JsonFile::readIfThere(folder / "tokenizer_config.json"))
    {
    }

    JsonFile compose()
    {
        const bool isQwen = readsAsQwen();
        const json& words = m_vocabulary.root();
        for (const auto& [text, id] : words.items()) {
            if (!id.is_number_unsigned())
                m_vocabulary.fail(fmt::format("token '{}' has an id that is no number", printable(text, 40)));
        }
        const bool addsSpace = m_config && m_config->boolean("add_prefix_space").value_or(false);
        json splitting{{"type", "ByteLevel"}, {"add_prefix_space", addsSpace}, {"trim_offsets", true}, {"use_regex", !isQwen}};
        if (isQwen) {
            json expression{{"type", "Split"}, {"pattern", {{"Regex", qwenExpression}}}, {"behavior", "Isolated"}, {"invert", false}};
            splitting = {{"type", "Sequence"}, {"pretokenizers", json::array({std::move(expression), std::move(splitting)})}};
        }
        json added = addedTokens();
        json whole{{"version", "1.0"},
                   {"added_tokens", std::move(added)},
                   {"normalizer", isQwen ? json{{"type", "NFC"}} : json(nullptr)},
                   {"pre_tokenizer", std::move(splitting)},
                   {"post_processor", frame()},
                   {"decoder", {{"type", "ByteLevel"}}},
                   {"model", {{"type", "BPE"}, {"vocab", words}, {"merges", merges()}}}};
        return JsonFile::parse(whole.dump(), m_vocabulary.path());
    }

private:
    static constexpr const char* qwenExpression
        = R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";

    [[nodiscard]] bool readsAsQwen() const
    {
        std::string name = m_config ? m_config->string("tokenizer_class").value_or("") : "";
        if (name.empty()) {
            const auto model = JsonFile::readIfThere(m_folder / "config.json");
            const std::string kind = model ? model->string("model_type").value_or("") : "";
            name = kind == "gpt2" ? "GPT2Tokenizer" : kind.starts_with("qwen2") || kind.starts_with("qwen3") ? "Qwen2Tokenizer" : "";
        }
        if (name.ends_with("Fast"))
            name.resize(name.size() - 4);
        if (name == "Qwen2Tokenizer")
            return true;
        if (name != "GPT2Tokenizer" && name != "CodeGenTokenizer") {
            throw Error(ErrorKind::Unsupported,
                        fmt::format("there are vocab.json and merges.txt of the tokenizer class '{}', and how that splits texts is not known",
                                    name.empty() ? "(not named)" : printable(name, 60)),
                        {m_folder, std::nullopt, {}}, "Put its tokenizer.json beside them");
        }
        return false;
    }

    [[nodiscard]] json merges() const
    {
        const fs::path path = m_folder / "merges.txt";
        const std::string text = readText(path, JsonFile::maximumBytes);
        json list = json::array();
        std::size_t number = 0;
        for (std::size_t begin = 0; begin < text.size(); ++number) {
            std::size_t end = std::min(text.find('\n', begin), text.size());
            std::string line = text.substr(begin, end - begin);
            begin = end + 1;
            if (line.ends_with('\r'))
                line.pop_back();
            if (line.empty() || (number == 0 && line.starts_with("#version")))
                continue;
            const auto blank = line.find(' ');
            if (blank == 0 || blank == std::string::npos || blank + 1 == line.size() || line.find(' ', blank + 1) != std::string::npos || !isValidUtf8(line))
                throw Error(ErrorKind::BadFormat, fmt::format("line {} ('{}') is no pair of tokens", number + 1, printable(line, 40)), {path, std::nullopt, {}});
            list.push_back(std::move(line));
        }
        return list;
    }

    /// A name in a configuration: a string or an object with "content".
    static std::string contentOf(const json& value) { return value.is_string() ? value.get<std::string>() : textOf(value, "content"); }

    void addSpecial(const json& value, std::map<std::string, Added>& added) const
    {
        const std::string text = contentOf(value);
        if (const auto known = added.find(text); known != added.end())
            known->second.isSpecial = true;
        else if (const json* id = text.empty() ? nullptr : memberOf(m_vocabulary.root(), text.c_str()))
            added[text] = {id->get<std::uint64_t>(), true};
    }

    [[nodiscard]] json addedTokens() const
    {
        std::map<std::string, Added> added;
        if (const auto own = JsonFile::readIfThere(m_folder / "added_tokens.json")) {
            for (const auto& [text, id] : own->root().items()) {
                if (text.empty() || !id.is_number_unsigned())
                    own->fail(fmt::format("token '{}' has no id", printable(text, 40)));
                added[text] = {id.get<std::uint64_t>(), false};
            }
        }
        if (const json* decoder = m_config ? m_config->find("added_tokens_decoder") : nullptr; decoder && decoder->is_object()) {
            for (const auto& [key, value] : decoder->items()) {
                std::uint64_t id = 0;
                const auto [end, problem] = std::from_chars(key.data(), key.data() + key.size(), id);
                const std::string text = textOf(value, "content");
                if (problem != std::errc() || end != key.data() + key.size() || text.empty())
                    m_config->fail(fmt::format("'added_tokens_decoder' has an entry '{}' without id or content", printable(key, 40)));
                added[text] = {id, flagOf(value, "special")};
            }
        }
        addSpecial(json("<|endoftext|>"), added); // both classes have it where nothing else is said
        const auto map = JsonFile::readIfThere(m_folder / "special_tokens_map.json");
        for (const auto* file : {&m_config, &map}) {
            for (const char* key : {"bos_token", "eos_token", "unk_token", "pad_token"}) {
                if (const json* value = *file ? (*file)->find(key) : nullptr)
                    addSpecial(*value, added);
            }
            if (const json* more = *file ? (*file)->find("additional_special_tokens") : nullptr; more && more->is_array()) {
                for (const json& value : *more)
                    addSpecial(value, added);
            }
        }
        json list = json::array();
        for (const auto& [text, token] : added) {
            list.push_back({{"id", token.id}, {"content", text}, {"single_word", false}, {"lstrip", false}, {"rstrip", false}, {"normalized", false},
                            {"special", token.isSpecial}});
        }
        return list;
    }

    /// GPT-2's class puts the first token before a text only where its configuration asks for it.
    [[nodiscard]] json frame() const
    {
        const json* name = m_config ? m_config->find("bos_token") : nullptr;
        const std::string text = name ? contentOf(*name) : std::string("<|endoftext|>");
        const json* id = memberOf(m_vocabulary.root(), text.c_str());
        if (!m_config || !m_config->boolean("add_bos_token").value_or(false) || !id)
            return {{"type", "ByteLevel"}, {"add_prefix_space", true}, {"trim_offsets", false}, {"use_regex", true}};
        return {{"type", "TemplateProcessing"},
                {"single", {{{"SpecialToken", {{"id", text}, {"type_id", 0}}}}, {{"Sequence", {{"id", "A"}, {"type_id", 0}}}}}},
                {"pair", json::array()},
                {"special_tokens", {{text, {{"id", text}, {"ids", {*id}}, {"tokens", {text}}}}}}};
    }

    fs::path m_folder;
    JsonFile m_vocabulary;
    std::optional<JsonFile> m_config;
};

} // namespace

std::optional<JsonFile> readTokenizer(const fs::path& folder)
{
    const TokenizerFiles files = findTokenizerFiles(folder);
    if (files.tokenizer)
        return JsonFile::read(*files.tokenizer);
    if (!files.vocabulary || files.vocabulary->filename() != "vocab.json" || !files.merges || files.sentencePiece)
        return std::nullopt;
    return Composer(folder).compose();
}

} // namespace quantlathe::huggingface
