// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/convert/special_ids.h"

#include "core/base/error.h"
#include "core/base/text.h"

#include <fmt/format.h>
#include <string>

namespace quantlathe {

namespace {

using nlohmann::json;

/// A token of a configuration: a string or an object with "content".
std::string tokenText(const std::optional<JsonFile>& file, const std::string& key)
{
    const json* value = file ? file->find(key.c_str()) : nullptr;
    if (!value)
        return {};
    return value->is_string() ? value->get<std::string>() : textOf(*value, "content");
}

/// The numbers of KEY (one or a list) in @p file, at the top or in the language model's part.
std::vector<std::uint64_t> configuredIds(const std::optional<JsonFile>& file, const std::string& key)
{
    std::vector<std::uint64_t> ids;
    if (!file)
        return ids;
    const json* value = file->find(key.c_str());
    if (!value) {
        const json* part = file->find("text_config");
        value = part ? memberOf(*part, key.c_str()) : nullptr;
    }
    const auto add = [&](const json& number) {
        if (number.is_number_unsigned())
            ids.push_back(number.get<std::uint64_t>());
    };
    if (value && value->is_array()) {
        for (const json& number : *value)
            add(number);
    } else if (value) {
        add(*value);
    }
    return ids;
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
    if (type == "RobertaProcessing" || type == "BertProcessing") {
        for (const auto& [key, side] : {std::pair{"cls", &frame.before}, {"sep", &frame.after}}) {
            const json* pair = memberOf(processor, key);
            if (pair && pair->is_array() && !pair->empty() && pair->front().is_string())
                side->push_back(pair->front().get<std::string>());
        }
        frame.isKnown = true;
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

class IdWriter
{
public:
    IdWriter(Metadata& metadata, const TokenizerSource& source, const ExportedTokens& tokens)
        : m_metadata(metadata), m_source(source), m_tokens(tokens), m_map(JsonFile::readIfThere(source.folder / "special_tokens_map.json")),
          m_config(JsonFile::readIfThere(source.folder / "config.json")),
          m_generation(JsonFile::readIfThere(source.folder / "generation_config.json"))
    {
        if (m_source.tokenizer) {
            if (const json* processor = m_source.tokenizer->find("post_processor"))
                readFrame(*processor, m_frame);
        }
    }

    void write()
    {
        const auto bos = id("bos", m_tokens.bos, m_frame.before);
        const auto eos = id("eos", m_tokens.eos, m_frame.after);
        put("bos_token_id", bos);
        put("eos_token_id", eos);
        put("eot_token_id", endOfTurn(eos));
        put("unknown_token_id", id("unk", m_tokens.unknown));
        put("padding_token_id", id("pad", m_tokens.padding));
        bool addsBos = matches(m_frame.before, bos, "before");
        bool addsEos = matches(m_frame.after, eos, "after");
        if (!m_frame.isKnown) {
            addsBos = stated("add_bos_token").value_or(m_tokens.addsBos) && bos;
            addsEos = stated("add_eos_token").value_or(false) && eos;
        }
        m_metadata.append("tokenizer.ggml.add_bos_token", MetadataValue::ofBool(addsBos));
        m_metadata.append("tokenizer.ggml.add_eos_token", MetadataValue::ofBool(addsEos));
    }

private:
    /// @param framed what the post-processor puts there: more to the point than numbers in a configuration of the model
    [[nodiscard]] std::optional<std::uint64_t> id(const std::string& kind, std::optional<std::uint64_t> otherwise,
                                                  const std::vector<std::string>& framed = {}) const
    {
        for (const std::optional<JsonFile>* file : {&m_source.tokenizerConfig, &m_map}) {
            const std::string text = tokenText(*file, kind + "_token");
            if (const auto found = text.empty() ? std::nullopt : m_tokens.table.find(text))
                return found;
        }
        if (const auto found = framed.size() == 1 ? m_tokens.table.find(framed.front()) : std::nullopt)
            return found;
        for (const auto* file : {&m_config, &m_generation}) {
            const auto ids = configuredIds(*file, kind + "_token_id");
            if (!ids.empty() && ids.front() < m_tokens.table.size())
                return ids.front();
        }
        return otherwise && *otherwise < m_tokens.table.size() ? otherwise : std::nullopt;
    }

    /// The first other token that generation ends with.
    [[nodiscard]] std::optional<std::uint64_t> endOfTurn(std::optional<std::uint64_t> eos) const
    {
        for (const std::uint64_t end : configuredIds(m_generation, "eos_token_id")) {
            if (end != eos && end < m_tokens.table.size())
                return end;
        }
        return std::nullopt;
    }

    [[nodiscard]] std::optional<bool> stated(const char* key) const
    {
        return m_source.tokenizerConfig ? m_source.tokenizerConfig->boolean(key) : std::nullopt;
    }

    [[nodiscard]] bool matches(const std::vector<std::string>& texts, std::optional<std::uint64_t> wanted, const char* where) const
    {
        if (texts.empty())
            return false;
        const auto found = m_tokens.table.find(texts.front());
        if (texts.size() > 1 || !found || found != wanted) {
            throw Error(ErrorKind::Unsupported,
                        fmt::format("the post-processor puts '{}' {} every text, which GGUF cannot express", printable(texts.front(), 40), where),
                        {m_source.tokenizer->path(), std::nullopt, {}});
        }
        return true;
    }

    void put(const char* name, std::optional<std::uint64_t> id)
    {
        if (id)
            m_metadata.append(fmt::format("tokenizer.ggml.{}", name), MetadataValue::ofU32(static_cast<std::uint32_t>(*id)));
    }

    Metadata& m_metadata;
    const TokenizerSource& m_source;
    const ExportedTokens& m_tokens;
    const std::optional<JsonFile> m_map;
    const std::optional<JsonFile> m_config;
    const std::optional<JsonFile> m_generation;
    Frame m_frame;
};

} // namespace

void appendSpecialIds(Metadata& metadata, const TokenizerSource& source, const ExportedTokens& tokens)
{
    IdWriter(metadata, source, tokens).write();
}

} // namespace quantlathe
