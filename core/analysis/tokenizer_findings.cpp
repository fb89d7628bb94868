// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/tokenizer_findings.h"

#include "core/base/text.h"
#include "core/model/known_keys.h"

#include <fmt/format.h>
#include <limits>
#include <unordered_map>

namespace quantlathe {

namespace {

constexpr const char* convertAgain = "Convert the model again with its tokenizer files beside it";

class TokenizerCheck
{
public:
    TokenizerCheck(const Metadata& metadata, std::vector<Finding>& findings)
        : m_metadata(metadata)
        , m_findings(findings)
        , m_tokens(metadata.array("tokenizer.ggml.tokens"))
    {
    }

    void run()
    {
        const auto model = m_metadata.string("tokenizer.ggml.model");
        if (!model) {
            add(FindingKind::MissingKey, Severity::Problem, "tokenizer.ggml.model",
                "The file has no tokenizer (tokenizer.ggml.model is missing); llama.cpp does not load it", convertAgain);
            return;
        }
        if (*model == "none" || *model == "no_vocab")
            return;
        if (!m_tokens) {
            add(FindingKind::MissingKey, Severity::Problem, "tokenizer.ggml.tokens", "The vocabulary (tokenizer.ggml.tokens) is missing", convertAgain);
            return;
        }
        checkLists(*model);
        checkIds(*model);
        checkTemplate();
        checkDuplicates();
    }

private:
    void add(FindingKind kind, Severity severity, std::string_view key, std::string what, std::string advice)
    {
        Finding& finding = m_findings.emplace_back();
        finding.kind = kind;
        finding.severity = severity;
        finding.key = key;
        finding.what = std::move(what);
        finding.advice = std::move(advice);
    }

    void checkLists(const std::string& model)
    {
        for (const std::string_view key : {"tokenizer.ggml.scores", "tokenizer.ggml.token_type"}) {
            const MetadataValue* value = m_metadata.find(key);
            if (!value)
                continue;
            if (const auto problem = problemWith(key, *value, m_metadata)) {
                const bool isFatal = problem->kind != KeyProblem::Kind::Value;
                add(FindingKind::TokenizerMismatch, isFatal ? Severity::Problem : Severity::Warning, key,
                    fmt::format("{} {}", key, problem->text), convertAgain);
            }
        }
        if (model == "llama" && !m_metadata.find("tokenizer.ggml.scores"))
            add(FindingKind::MissingKey, Severity::Warning, "tokenizer.ggml.scores",
                "A SentencePiece vocabulary without scores: text is cut into the wrong tokens", convertAgain);
        if (!m_metadata.find("tokenizer.ggml.token_type"))
            add(FindingKind::MissingKey, Severity::Warning, "tokenizer.ggml.token_type",
                "The kinds of tokens are missing: control tokens are taken for text", convertAgain);
        if (model == "gpt2" && !m_metadata.find("tokenizer.ggml.merges"))
            add(FindingKind::MissingKey, Severity::Problem, "tokenizer.ggml.merges",
                "A BPE vocabulary without merges; llama.cpp does not load it", convertAgain);
        if (model == "gpt2" && m_metadata.string("tokenizer.ggml.pre").value_or("").empty())
            add(FindingKind::MissingKey, Severity::Warning, "tokenizer.ggml.pre",
                "Nothing says how text is cut before it is tokenized (tokenizer.ggml.pre): the default is used and answers get worse",
                "Set it as the current converter does (llama-bpe, qwen2, gpt-2 ...), or convert the model again");
    }

    void checkIds(const std::string& model)
    {
        constexpr std::uint64_t none = std::numeric_limits<std::uint32_t>::max(); // -1 in 32 bits: "there is none"
        for (const std::string_view key : tokenIdKeys()) {
            const MetadataValue* value = m_metadata.find(key);
            const auto problem = value ? problemWith(key, *value, m_metadata) : std::nullopt;
            if (!problem)
                continue;
            const bool isNone = m_metadata.unsignedInteger(key) == none;
            const bool isType = problem->kind == KeyProblem::Kind::Type;
            add(isType ? FindingKind::WrongKeyType : FindingKind::BadTokenId,
                isType ? Severity::Problem : (isNone ? Severity::Hint : Severity::Warning), key,
                isNone ? fmt::format("{} is 4294967295, which means that there is none", key) : fmt::format("{} {}", key, problem->text),
                isNone ? "Remove the key: that says the same without a warning from llama.cpp" : "Set the number of the right token, or remove the key");
        }
        if (!m_metadata.find("tokenizer.ggml.eos_token_id") && (model == "llama" || model == "gpt2"))
            add(FindingKind::MissingKey, Severity::Warning, "tokenizer.ggml.eos_token_id",
                fmt::format("No end token is named: llama.cpp takes token {}, and answers may never end", model == "llama" ? 2 : 11),
                "Add tokenizer.ggml.eos_token_id");
        if (!m_metadata.find("tokenizer.ggml.bos_token_id") && model == "llama")
            add(FindingKind::MissingKey, Severity::Hint, "tokenizer.ggml.bos_token_id", "No start token is named: llama.cpp takes token 1",
                "Add tokenizer.ggml.bos_token_id if another token starts a text");
    }

    void checkTemplate()
    {
        constexpr std::string_view key = "tokenizer.chat_template";
        const auto text = m_metadata.string(key);
        if (!text || text->empty()) {
            add(FindingKind::MissingChatTemplate, Severity::Hint, key,
                "There is no chat template: programs guess how a conversation is written",
                "Add tokenizer.chat_template for a chat model; a base model needs none");
            return;
        }
        // Braces alone may stand inside an expression; "{%" may not.
        const std::size_t opened = count(*text, "{%");
        const std::size_t closed = count(*text, "%}");
        if (opened != closed)
            add(FindingKind::BadValue, Severity::Warning, key,
                fmt::format("The chat template opens a statement {} times and closes one {} times", opened, closed), "Correct the template");
    }

    static std::size_t count(std::string_view text, std::string_view part)
    {
        std::size_t found = 0;
        for (std::size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + part.size()))
            ++found;
        return found;
    }

    void checkDuplicates()
    {
        if (m_tokens->elementType() != MetadataType::String)
            return;
        std::unordered_map<std::string_view, std::uint64_t> seen;
        seen.reserve(static_cast<std::size_t>(m_tokens->size()));
        std::uint64_t repeated = 0;
        std::uint64_t first = 0;
        std::uint64_t second = 0;
        std::string_view text;
        m_tokens->forEachString([&](std::uint64_t index, std::string_view token) {
            const auto [other, isNew] = seen.emplace(token, index);
            if (isNew)
                return;
            if (repeated++ == 0) {
                first = other->second;
                second = index;
                text = token;
            }
        });
        if (repeated > 0)
            add(FindingKind::DuplicateTokens, Severity::Warning, "tokenizer.ggml.tokens",
                fmt::format("{} tokens repeat the text of another one, such as {} and {} ('{}'): one of the two is never used", repeated, first,
                            second, printable(text, 60)),
                convertAgain);
    }

    const Metadata& m_metadata;
    std::vector<Finding>& m_findings;
    const MetadataArray* m_tokens;
};

} // namespace

void addTokenizerFindings(const Metadata& metadata, std::vector<Finding>& findings)
{
    TokenizerCheck(metadata, findings).run();
}

} // namespace quantlathe
