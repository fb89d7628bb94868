// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/inference/tokenizer/sentencepiece_tokenizer.h"

#include "core/base/error.h"
#include "core/base/mapped_file.h"
#include "core/base/text.h"
#include "core/formats/json/json_file.h"
#include "core/inference/tokenizer/safe_cuts.h"
#include "core/inference/tokenizer/score_model.h"
#include "core/inference/tokenizer/sentence_normalizer.h"
#include "core/inference/tokenizer/sentencepiece_file.h"
#include "core/inference/tokenizer/special_tokens.h"
#include "core/inference/tokenizer/unigram_model.h"
#include "core/inference/tokenizer/utf8.h"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

namespace quantlathe {

namespace {

constexpr std::uint64_t mostBytes = 256u << 20;

class SentencePieceTokenizer : public Tokenizer
{
public:
    SentencePieceTokenizer(TokenizerFacts facts, SentencePieceFile file) : Tokenizer(std::move(facts))
    {
        auto userDefined = std::make_shared<ByteTrie>();
        for (std::size_t index = 0; index < vocabulary().size(); ++index) {
            const auto token = static_cast<TokenId>(index);
            if (vocabulary().kind(token) == TokenKind::UserDefined)
                userDefined->add(vocabulary().text(token), token);
        }
        m_userDefined = userDefined;
        m_normalizer.userDefined = std::move(userDefined);
        if (!file.characterMap.empty())
            m_normalizer.map = CharacterMap(file.characterMap);
        m_normalizer.addsSpacePrefix = file.addsSpacePrefix;
        m_normalizer.removesExtraSpaces = file.removesExtraSpaces;
        m_normalizer.marksSpaces = file.marksSpaces;
        m_normalizer.putsSpaceBehind = file.putsSpaceBehind;
        m_isBpe = file.method == SentencePieceFile::Method::Bpe;
        if (m_isBpe) {
            m_model = std::make_unique<ScoreModel>(vocabulary(), ScoreModel::Rules::SentencePiece, unknown());
            m_cuts = SafeCuts(vocabulary());
        } else {
            UnigramOptions options;
            options.unknown = unknown();
            options.hasByteFallback = file.hasByteFallback;
            options.sumsInSinglePrecision = true;
            options.favoursUserDefined = true;
            m_model = std::make_unique<UnigramModel>(vocabulary(), std::vector<double>(file.scores.begin(), file.scores.end()), options);
        }
    }

    /// Control tokens named in a text are text to SentencePiece; with parseSpecial they are tokens, and each stretch of
    /// text between them is encoded by itself.
    [[nodiscard]] std::vector<TokenId> encode(std::string_view utf8, const TokenizeOptions& options) const override
    {
        std::vector<TokenId> tokens;
        if (options.addSpecial && addsBos())
            tokens.push_back(*bos());
        WordCache cache;
        if (options.parseSpecial) {
            for (const TextFragment& fragment : m_special.split(utf8, true)) {
                if (fragment.token >= 0)
                    tokens.push_back(fragment.token);
                else
                    encodeText(fragment.text, cache, tokens);
            }
        } else {
            encodeText(utf8, cache, tokens);
        }
        if (options.addSpecial && addsEos())
            tokens.push_back(*eos());
        return tokens;
    }

private:
    void encodeText(std::string_view text, WordCache& cache, std::vector<TokenId>& tokens) const
    {
        const std::string normalized = m_normalizer.apply(text);
        if (normalized.empty())
            return;
        if (!m_isBpe) { // user-defined pieces take part in the search, with a score that wins
            m_model->encode(normalized, tokens);
            return;
        }
        std::size_t begin = 0;
        for (std::size_t at = 0; at < normalized.size() && !m_userDefined->isEmpty();) {
            if (!m_userDefined->canStart(normalized[at])) {
                at += utf8::announcedLength(normalized[at]);
                continue;
            }
            const ByteTrie::Match match = m_userDefined->longest(normalized, at);
            if (match.length == 0) {
                at += utf8::announcedLength(normalized[at]);
                continue;
            }
            encodeOrdinary(normalized.substr(begin, at - begin), cache, tokens);
            tokens.push_back(match.value);
            at += match.length;
            begin = at;
        }
        encodeOrdinary(normalized.substr(begin), cache, tokens);
    }

    void encodeOrdinary(std::string text, WordCache& cache, std::vector<TokenId>& tokens) const
    {
        SplitText split(std::move(text));
        m_cuts.apply(split);
        m_model->encodeAll(split, cache, tokens);
    }

    SentenceNormalizer m_normalizer;
    std::shared_ptr<const ByteTrie> m_userDefined;
    SpecialTokens m_special{vocabulary(), {}};
    std::unique_ptr<const WordModel> m_model;
    bool m_isBpe = false;
    SafeCuts m_cuts;
};

/// The transformers library puts bos in front for the classes that have always done so.
bool addsByClass(const std::optional<JsonFile>& config, const char* key)
{
    if (!config)
        return false;
    const std::string name = config->string("tokenizer_class").value_or("");
    const bool isLlamaLike = name.find("Llama") != std::string::npos || name.find("Gemma") != std::string::npos;
    return flagOf(config->root(), key, isLlamaLike && std::string_view(key) == "add_bos_token");
}

std::shared_ptr<const Tokenizer> build(std::string_view bytes, const std::filesystem::path& path)
{
    SentencePieceFile file = SentencePieceFile::parse(bytes);
    if (file.method != SentencePieceFile::Method::Bpe && file.method != SentencePieceFile::Method::Unigram) {
        throw Error(ErrorKind::Unsupported, fmt::format("the SentencePiece model is of the kind '{}'; BPE and unigram are supported",
                                                        file.method == SentencePieceFile::Method::Word ? "word" : "char"));
    }
    TokenizerFacts facts;
    facts.description = file.method == SentencePieceFile::Method::Bpe ? "SentencePiece BPE" : "SentencePiece unigram";
    facts.addsSpacePrefix = file.addsSpacePrefix && !file.putsSpaceBehind;
    const auto size = static_cast<std::int64_t>(file.texts.size());
    if (file.bos >= 0 && file.bos < size)
        facts.bos = static_cast<TokenId>(file.bos);
    if (file.eos >= 0 && file.eos < size)
        facts.eos = static_cast<TokenId>(file.eos);
    const auto unknown = std::find(file.kinds.begin(), file.kinds.end(), TokenKind::Unknown);
    facts.unknown = static_cast<TokenId>(unknown - file.kinds.begin());
    const auto config = JsonFile::readIfThere(path.parent_path() / "tokenizer_config.json");
    facts.addsBos = facts.bos && addsByClass(config, "add_bos_token");
    facts.addsEos = facts.eos && addsByClass(config, "add_eos_token");
    facts.vocabulary = Vocabulary(TokenSpelling::SpaceMarker, std::move(file.texts), std::move(file.kinds), file.scores);
    return std::make_shared<SentencePieceTokenizer>(std::move(facts), std::move(file));
}

} // namespace

std::shared_ptr<const Tokenizer> tokenizerFromSentencePiece(const std::filesystem::path& file)
{
    return tokenizerFromSentencePiece(readText(file, mostBytes), file);
}

std::shared_ptr<const Tokenizer> tokenizerFromSentencePiece(std::string_view bytes, const std::filesystem::path& file)
{
    try {
        return build(bytes, file);
    } catch (const Error& error) { // what looks at bytes alone does not know the file
        if (!error.place().file.empty())
            throw;
        throw Error(error.kind(), error.message(), {file, std::nullopt, {}}, error.advice());
    }
}

} // namespace quantlathe
