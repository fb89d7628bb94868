// SPDX-License-Identifier: GPL-3.0-or-later
// The vocabulary of a GGUF while it is put together: one token per row of the embedding table.
#pragma once

#include "core/formats/json/json_file.h"
#include "core/inference/tokenizer/vocabulary.h"
#include "core/model/metadata.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace quantlathe {

/// A token that was added to a trained vocabulary.
struct AddedEntry
{
    std::uint64_t id = 0;
    std::string text;
    bool isSpecial = false; ///< by its flag, or because it looks like a mark of chats or an unused place
};

/// Of added_tokens.json, tokenizer_config.json (added_tokens_decoder) and tokenizer.json (added_tokens), by rising id; where they
/// differ the last of these counts. @throws Error(BadFormat)
std::vector<AddedEntry> readAddedTokens(const std::filesystem::path& folder, const std::optional<JsonFile>& tokenizer,
                                        const std::optional<JsonFile>& tokenizerConfig);

class TokenTable
{
public:
    /// @param rows of the embedding table: no id may be larger
    /// @param file for messages
    TokenTable(std::uint64_t rows, std::filesystem::path file);

    /// @throws Error(BadFormat) for an id beyond the rows, or one that another text has
    void set(std::uint64_t id, std::string text, TokenKind kind, float score = 0);
    /// Puts added tokens in. Those beyond the rows are left out: no model can look them up.
    /// @param isSentence they may take the place of pieces of a SentencePiece model, and U+2581 in them stands for a space, which is
    /// written plainly because engines look for them in the text as it is
    void add(const std::vector<AddedEntry>& tokens, bool isSentence);
    /// Rows without a token become unused "[PADn]" tokens.
    void fill();

    [[nodiscard]] std::size_t size() const { return m_texts.size(); }
    [[nodiscard]] std::optional<std::uint64_t> find(const std::string& text) const;
    [[nodiscard]] const std::string& text(std::uint64_t id) const { return m_texts[id]; }
    [[nodiscard]] TokenKind kind(std::uint64_t id) const { return static_cast<TokenKind>(m_kinds[id]); }

    /// tokenizer.ggml.tokens, .scores (on wish) and .token_type.
    void appendTo(Metadata& metadata, bool withScores) const;

private:
    std::filesystem::path m_file;
    std::vector<std::string> m_texts;
    std::vector<std::int32_t> m_kinds;
    std::vector<float> m_scores;
    std::vector<bool> m_isSet;
    std::unordered_map<std::string, std::uint64_t> m_ids;
};

} // namespace quantlathe
