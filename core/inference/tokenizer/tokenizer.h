// SPDX-License-Identifier: GPL-3.0-or-later
// Text into token ids and back, exactly as the library a model was made with does it.
#pragma once

#include "core/inference/tokenizer/vocabulary.h"
#include "core/model/model.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace quantlathe {

struct TokenizeOptions
{
    bool addSpecial = true;    ///< the tokens the model wants around a text (beginning, end), as its flags say
    bool parseSpecial = false; ///< texts of special tokens ("<s>") become those tokens instead of ordinary text
};

/// What a tokenizer knows besides how to split text.
struct TokenizerFacts
{
    Vocabulary vocabulary;
    std::optional<TokenId> bos;
    std::optional<TokenId> eos;
    std::optional<TokenId> unknown;
    bool addsBos = false;
    bool addsEos = false;
    /// The text starts with a space of the tokenizer's own, which decode() takes away again.
    bool addsSpacePrefix = false;
    std::string description;
};

/// Immutable: encode() and decode() may be called from many threads.
class Tokenizer
{
public:
    virtual ~Tokenizer();
    Tokenizer(const Tokenizer&) = delete;
    Tokenizer& operator=(const Tokenizer&) = delete;

    /// Ids of @p utf8. Bytes that are not UTF-8 are read as the reference of this kind of tokenizer reads them (README),
    /// never refused. Time is proportional to the text, or n log n for a text without any place to split.
    /// @throws Error(Unsupported) when a split expression of a file needs more steps than any sane one does
    [[nodiscard]] virtual std::vector<TokenId> encode(std::string_view utf8, const TokenizeOptions& options = {}) const = 0;

    /// The bytes the tokens stand for; control tokens (beginning, end, ...) stand for nothing. UTF-8 when the tokens are
    /// those of whole characters. @throws Error(InvalidArgument) for an id outside the vocabulary
    [[nodiscard]] std::string decode(std::span<const TokenId> tokens) const;
    /// The bytes of one token, those of a control token its name ("<s>"). @throws Error(InvalidArgument)
    [[nodiscard]] std::string tokenText(TokenId token) const { return m_facts.vocabulary.bytesOf(token); }

    [[nodiscard]] std::size_t vocabularySize() const { return m_facts.vocabulary.size(); }
    [[nodiscard]] const Vocabulary& vocabulary() const { return m_facts.vocabulary; }
    [[nodiscard]] std::optional<TokenId> bos() const { return m_facts.bos; }
    [[nodiscard]] std::optional<TokenId> eos() const { return m_facts.eos; }
    [[nodiscard]] std::optional<TokenId> unknown() const { return m_facts.unknown; }
    /// Whether encode() with addSpecial puts such a token before / after the text.
    [[nodiscard]] bool addsBos() const { return m_facts.addsBos; }
    [[nodiscard]] bool addsEos() const { return m_facts.addsEos; }
    /// Kind and pre-tokenizer for people: "byte-level BPE (llama-bpe), 128256 tokens".
    [[nodiscard]] std::string describe() const;

protected:
    explicit Tokenizer(TokenizerFacts facts);

private:
    TokenizerFacts m_facts;
};

/// The tokenizer inside @p model: tokenizer.ggml.* of a GGUF file, or the files beside a Hugging Face model's weights.
/// @throws Error(Unsupported) naming the kind or the pre-tokenizer that is not known; Error(NotFound) when there is none;
/// Error(BadFormat) for one that contradicts itself
std::shared_ptr<const Tokenizer> loadTokenizer(const Model& model);

/// A tokenizer.json, a SentencePiece model (any name), a GGUF file, or a folder with one of the first two (tokenizer.json
/// wins). @throws as above
std::shared_ptr<const Tokenizer> loadTokenizer(const std::filesystem::path& fileOrFolder);

} // namespace quantlathe
