// SPDX-License-Identifier: GPL-3.0-or-later
// The arrays of tokenizer.ggml.*, checked against each other.
#pragma once

#include "core/base/error.h"
#include "core/inference/tokenizer/tokenizer.h"

#include <optional>
#include <string>
#include <vector>

namespace quantlathe {

/// Reads keys "tokenizer.ggml.NAME" of hostile metadata.
class GgufTokenizerKeys
{
public:
    GgufTokenizerKeys(const Metadata& metadata, const std::filesystem::path& file) : m_metadata(metadata), m_file(file) {}

    [[nodiscard]] std::optional<std::string> string(const char* name) const { return m_metadata.string(key(name)); }
    [[nodiscard]] bool flag(const char* name, bool otherwise) const { return m_metadata.boolean(key(name)).value_or(otherwise); }
    /// Null when missing; @throws Error(BadFormat) when the elements are of another kind
    [[nodiscard]] const MetadataArray* strings(const char* name) const;
    [[nodiscard]] const MetadataArray* numbers(const char* name) const;
    /// The id under @p name, or @p otherwise when missing or outside the vocabulary (files write -1 for none).
    [[nodiscard]] std::optional<TokenId> token(const char* name, std::optional<TokenId> otherwise, std::size_t vocabularySize) const;
    [[nodiscard]] const Metadata& metadata() const { return m_metadata; }

    [[noreturn]] void fail(ErrorKind kind, const std::string& message) const;
    static std::string key(const char* name) { return std::string("tokenizer.ggml.") + name; }

private:
    const Metadata& m_metadata;
    const std::filesystem::path& m_file;
};

/// Tokens, kinds and scores. @throws Error(BadFormat) for arrays of different lengths or no tokens
Vocabulary readGgufVocabulary(const GgufTokenizerKeys& keys, TokenSpelling spelling);
/// The chat markers of a Phi-3 model, which take the white space behind them along; no key says so.
std::vector<TokenId> tokensSwallowingSpace(const GgufTokenizerKeys& keys, const Vocabulary& vocabulary);

} // namespace quantlathe
