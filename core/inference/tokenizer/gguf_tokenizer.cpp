// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/inference/tokenizer/gguf_tokenizer.h"

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/inference/tokenizer/bpe_model.h"
#include "core/inference/tokenizer/gguf_vocabulary.h"
#include "core/inference/tokenizer/pre_tokenizer_names.h"
#include "core/inference/tokenizer/pre_tokenizer_steps.h"
#include "core/inference/tokenizer/safe_cuts.h"
#include "core/inference/tokenizer/score_model.h"
#include "core/inference/tokenizer/sentence_normalizer.h"
#include "core/inference/tokenizer/special_tokens.h"
#include "core/inference/tokenizer/unigram_model.h"
#include "core/inference/tokenizer/utf8.h"

#include <fmt/format.h>
#include <functional>
#include <utility>

namespace quantlathe {

namespace {

/// What the three kinds share: special tokens cut the text into fragments, each of which the kind encodes.
class GgufTokenizer : public Tokenizer
{
public:
    GgufTokenizer(TokenizerFacts facts, std::vector<TokenId> swallowsSpace)
        : Tokenizer(std::move(facts)), m_special(vocabulary(), std::move(swallowsSpace))
    {
    }

    [[nodiscard]] std::vector<TokenId> encode(std::string_view utf8, const TokenizeOptions& options) const override
    {
        std::vector<TokenId> tokens;
        tokens.reserve(utf8.size() / 3 + 2);
        if (options.addSpecial && addsBos())
            tokens.push_back(*bos());
        WordCache cache;
        bool isAfterToken = true;
        for (const TextFragment& fragment : m_special.split(utf8, options.parseSpecial)) {
            if (fragment.token >= 0)
                tokens.push_back(fragment.token);
            else
                encodeFragment(fragment.text, isAfterToken, cache, tokens);
            isAfterToken = fragment.token >= 0;
        }
        if (options.addSpecial && addsEos())
            tokens.push_back(*eos());
        return tokens;
    }

private:
    /// @param isFirst at the start of the text or behind a special token
    virtual void encodeFragment(std::string_view text, bool isFirst, WordCache& cache, std::vector<TokenId>& tokens) const = 0;

    SpecialTokens m_special;
};

class GgufByteLevelBpe : public GgufTokenizer
{
public:
    GgufByteLevelBpe(TokenizerFacts facts, std::vector<TokenId> swallowsSpace, MergeTable merges, const NamedPreTokenizer& preTokenizer)
        : GgufTokenizer(std::move(facts), std::move(swallowsSpace)),
          m_model(vocabulary(), std::move(merges), BpeOptions{true, preTokenizer.prefersWholeWords, false, false, std::nullopt})
    {
        for (const std::string_view expression : preTokenizer.expressions)
            m_steps.push_back(std::make_unique<ExpressionStep>(expression));
    }

private:
    void encodeFragment(std::string_view text, bool, WordCache& cache, std::vector<TokenId>& tokens) const override
    {
        SplitText split(utf8::repaired(text, utf8::Repair::Lenient));
        for (const auto& step : m_steps)
            step->apply(split);
        m_model.encodeAll(split, cache, tokens);
    }

    BpeModel m_model;
    PreTokenizerSteps m_steps;
};

class GgufSentencePieceBpe : public GgufTokenizer
{
public:
    GgufSentencePieceBpe(TokenizerFacts facts, std::vector<TokenId> swallowsSpace)
        : GgufTokenizer(std::move(facts), std::move(swallowsSpace)),
          m_model(vocabulary(), ScoreModel::Rules::Llama, unknown()), m_cuts(vocabulary())
    {
    }
    void setSpacePrefix(bool addsPrefix) { m_addsPrefix = addsPrefix; }

private:
    void encodeFragment(std::string_view text, bool isFirst, WordCache& cache, std::vector<TokenId>& tokens) const override
    {
        std::string marked(m_addsPrefix && isFirst ? spaceMarker : std::string_view());
        for (const char byte : text) {
            if (byte == ' ')
                marked += spaceMarker;
            else
                marked += byte;
        }
        SplitText split(std::move(marked));
        // Broken characters swallow what stands behind them, markers too: then only the whole text is right.
        if (isValidUtf8(text))
            m_cuts.apply(split);
        m_model.encodeAll(split, cache, tokens);
    }

    ScoreModel m_model;
    SafeCuts m_cuts;
    bool m_addsPrefix = true;
};

UnigramOptions unigramOptions(std::optional<TokenId> unknown)
{
    UnigramOptions options;
    options.unknown = unknown;
    options.usesUnusedTokens = true;
    return options;
}

class GgufUnigram : public GgufTokenizer
{
public:
    GgufUnigram(TokenizerFacts facts, std::vector<TokenId> swallowsSpace, std::vector<double> scores, SentenceNormalizer normalizer)
        : GgufTokenizer(std::move(facts), std::move(swallowsSpace)), m_normalizer(std::move(normalizer)),
          m_model(vocabulary(), std::move(scores), unigramOptions(unknown()))
    {
    }

private:
    void encodeFragment(std::string_view text, bool, WordCache&, std::vector<TokenId>& tokens) const override
    {
        const std::string normalized = m_normalizer.apply(text);
        if (!normalized.empty())
            m_model.encode(normalized, tokens);
    }

    SentenceNormalizer m_normalizer;
    UnigramModel m_model;
};

MergeTable readMerges(const GgufTokenizerKeys& keys, const Vocabulary& vocabulary)
{
    const MetadataArray* merges = keys.strings("merges");
    if (!merges)
        keys.fail(ErrorKind::BadFormat, "the tokenizer has no merges ('tokenizer.ggml.merges')");
    MergeReader reader(vocabulary);
    reader.reserve(merges->size());
    merges->forEachString([&](std::uint64_t index, std::string_view text) {
        const auto blank = text.find(' ', 1);
        if (blank == std::string_view::npos || blank + 1 == text.size())
            keys.fail(ErrorKind::BadFormat, fmt::format("merge {} ('{}') is no pair of tokens", index, printable(text, 60)));
        if (!reader.add(text.substr(0, blank), text.substr(blank + 1), true)) {
            keys.fail(ErrorKind::BadFormat,
                      fmt::format("merge {} ('{}') names a token that is not in the vocabulary", index, printable(text, 60)));
        }
    });
    return reader.take();
}

struct Defaults
{
    std::optional<TokenId> bos;
    std::optional<TokenId> eos;
    std::optional<TokenId> unknown;
    bool addsBos = false;
    bool addsEos = false;
};

/// Fills ids and flags: the file's, or the defaults of the kind where it is silent.
void readSpecialIds(const GgufTokenizerKeys& keys, const Defaults& defaults, TokenizerFacts& facts)
{
    const std::size_t size = facts.vocabulary.size();
    facts.bos = keys.token("bos_token_id", defaults.bos, size);
    facts.eos = keys.token("eos_token_id", defaults.eos, size);
    facts.unknown = keys.token("unknown_token_id", defaults.unknown, size);
    facts.addsBos = keys.flag("add_bos_token", defaults.addsBos);
    facts.addsEos = keys.flag("add_eos_token", defaults.addsEos);
    if (facts.addsBos && !facts.bos)
        keys.fail(ErrorKind::BadFormat, "texts shall begin with a token ('tokenizer.ggml.add_bos_token'), but no valid 'tokenizer.ggml.bos_token_id' says which");
    if (facts.addsEos && !facts.eos)
        keys.fail(ErrorKind::BadFormat, "texts shall end with a token ('tokenizer.ggml.add_eos_token'), but no valid 'tokenizer.ggml.eos_token_id' says which");
}

std::shared_ptr<const Tokenizer> makeByteLevelBpe(const GgufTokenizerKeys& keys)
{
    const std::string name = keys.string("pre").value_or("default");
    const auto preTokenizer = findPreTokenizer(name);
    if (!preTokenizer)
        keys.fail(ErrorKind::Unsupported, fmt::format("the pre-tokenizer '{}' ('tokenizer.ggml.pre') is not known", printable(name, 60)));
    TokenizerFacts facts;
    facts.vocabulary = readGgufVocabulary(keys, TokenSpelling::ByteLevel);
    facts.description = fmt::format("byte-level BPE ({})", name.empty() ? "default" : name);
    constexpr TokenId gpt2Marker = 11; // what llama.cpp assumes where a file does not say
    const auto bos = name == "glm4" || name == "chatglm-bpe" ? std::nullopt : std::optional(gpt2Marker);
    readSpecialIds(keys, {bos, gpt2Marker, std::nullopt, preTokenizer->addsBos, false}, facts);
    MergeTable merges = readMerges(keys, facts.vocabulary);
    auto swallowing = tokensSwallowingSpace(keys, facts.vocabulary);
    return std::make_shared<GgufByteLevelBpe>(std::move(facts), std::move(swallowing), std::move(merges), *preTokenizer);
}

std::shared_ptr<const Tokenizer> makeSentencePieceBpe(const GgufTokenizerKeys& keys)
{
    TokenizerFacts facts;
    facts.vocabulary = readGgufVocabulary(keys, TokenSpelling::SpaceMarker);
    facts.description = "SentencePiece BPE";
    facts.addsSpacePrefix = keys.flag("add_space_prefix", true);
    readSpecialIds(keys, {1, 2, 0, true, false}, facts);
    const bool addsPrefix = facts.addsSpacePrefix;
    auto swallowing = tokensSwallowingSpace(keys, facts.vocabulary);
    auto tokenizer = std::make_shared<GgufSentencePieceBpe>(std::move(facts), std::move(swallowing));
    tokenizer->setSpacePrefix(addsPrefix);
    return tokenizer;
}

CharacterMap readCharacterMap(const GgufTokenizerKeys& keys)
{
    const MetadataArray* map = keys.numbers("precompiled_charsmap");
    if (!map || map->size() == 0)
        return {};
    if (map->elementType() != MetadataType::U8 && map->elementType() != MetadataType::I8)
        keys.fail(ErrorKind::BadFormat, "'tokenizer.ggml.precompiled_charsmap' is no list of bytes");
    const auto bytes = map->encoded();
    return CharacterMap({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

std::shared_ptr<const Tokenizer> makeUnigram(const GgufTokenizerKeys& keys)
{
    TokenizerFacts facts;
    facts.vocabulary = readGgufVocabulary(keys, TokenSpelling::SpaceMarker);
    facts.description = "SentencePiece unigram";
    readSpecialIds(keys, {std::nullopt, 1, 2, false, true}, facts);
    SentenceNormalizer normalizer;
    normalizer.map = readCharacterMap(keys);
    normalizer.addsSpacePrefix = keys.flag("add_space_prefix", true);
    normalizer.removesExtraSpaces = keys.flag("remove_extra_whitespaces", false);
    facts.addsSpacePrefix = normalizer.addsSpacePrefix;
    auto userDefined = std::make_shared<ByteTrie>();
    std::vector<double> scores(facts.vocabulary.size());
    for (std::size_t index = 0; index < scores.size(); ++index) {
        const auto token = static_cast<TokenId>(index);
        scores[index] = facts.vocabulary.score(token);
        if (facts.vocabulary.kind(token) == TokenKind::UserDefined)
            userDefined->add(facts.vocabulary.text(token), token);
    }
    normalizer.userDefined = std::move(userDefined);
    auto swallowing = tokensSwallowingSpace(keys, facts.vocabulary);
    return std::make_shared<GgufUnigram>(std::move(facts), std::move(swallowing), std::move(scores), std::move(normalizer));
}

} // namespace

std::shared_ptr<const Tokenizer> tokenizerFromMetadata(const Metadata& metadata, const std::filesystem::path& file)
{
    const GgufTokenizerKeys keys(metadata, file);
    const auto kind = keys.string("model");
    if (!kind || *kind == "no_vocab" || *kind == "none")
        keys.fail(ErrorKind::NotFound, "the file has no tokenizer");
    try {
        if (*kind == "gpt2")
            return makeByteLevelBpe(keys);
        if (*kind == "llama")
            return makeSentencePieceBpe(keys);
        if (*kind == "t5")
            return makeUnigram(keys);
    } catch (const Error& error) {
        if (!error.place().file.empty())
            throw;
        throw Error(error.kind(), error.message(), {file, std::nullopt, {}}, error.advice());
    }
    keys.fail(ErrorKind::Unsupported, fmt::format("the tokenizer is of the kind '{}'; byte-level BPE (gpt2), SentencePiece BPE (llama) and unigram (t5) are supported",
                                                  printable(*kind, 60)));
}

} // namespace quantlathe
