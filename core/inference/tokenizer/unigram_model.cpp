// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/inference/tokenizer/unigram_model.h"

#include "core/base/error.h"
#include "core/inference/tokenizer/utf8.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <limits>
#include <utility>

namespace quantlathe {

namespace {

/// How much less likely an unknown character is than the least likely token (SentencePiece's constant).
constexpr double unknownPenalty = 10.0;
constexpr double userDefinedBonus = 0.1;

struct Best
{
    double score = 0;
    std::size_t from = 0;
    TokenId token = -1; ///< -1: an unknown character
    bool isReached = false;
};

} // namespace

UnigramModel::UnigramModel(const Vocabulary& vocabulary, std::vector<double> scores, UnigramOptions options)
    : m_vocabulary(vocabulary), m_scores(std::move(scores)), m_options(options)
{
    double lowest = std::numeric_limits<double>::infinity();
    double highest = -std::numeric_limits<double>::infinity();
    const std::size_t count = std::min(m_scores.size(), vocabulary.size());
    for (std::size_t index = 0; index < count; ++index) {
        const auto token = static_cast<TokenId>(index);
        if (!std::isfinite(m_scores[index]))
            throw Error(ErrorKind::BadFormat, fmt::format("the score of token {} is no number", index));
        const TokenKind kind = vocabulary.kind(token);
        if (kind == TokenKind::Normal || m_options.usesAllTokens) {
            lowest = std::min(lowest, m_scores[index]);
            highest = std::max(highest, m_scores[index]);
        }
        if (isMatched(kind))
            m_trie.add(vocabulary.text(token), token);
    }
    m_unknownScore = (std::isfinite(lowest) ? lowest : 0.0) - unknownPenalty;
    m_userDefinedPerByte = std::max<double>(highest, std::numeric_limits<float>::min()); // the library starts from there
    if (options.hasByteFallback)
        m_bytes = vocabulary.byteTokens();
}

bool UnigramModel::isMatched(TokenKind kind) const
{
    return m_options.usesAllTokens || kind == TokenKind::Normal || kind == TokenKind::UserDefined || (kind == TokenKind::Unused && m_options.usesUnusedTokens);
}

void UnigramModel::encode(std::string_view piece, std::vector<TokenId>& tokens) const
{
    std::vector<Best> best(piece.size() + 1);
    best[0].isReached = true;
    const auto offer = [&](std::size_t from, std::size_t to, double score, TokenId token) {
        double sum = best[from].score + score;
        if (m_options.sumsInSinglePrecision && token < 0)
            sum = static_cast<float>(sum);
        // SentencePiece compares before it rounds.
        if (!best[to].isReached || sum > best[to].score)
            best[to] = {m_options.sumsInSinglePrecision ? static_cast<float>(sum) : sum, from, token, true};
    };
    for (std::size_t at = 0; at < piece.size();) {
        const std::size_t length = std::min<std::size_t>(utf8::announcedLength(piece[at]), piece.size() - at);
        bool isKnown = false;
        std::uint32_t node = ByteTrie::root;
        for (std::size_t end = at; end < piece.size();) {
            node = m_trie.child(node, piece[end++]);
            if (node == ByteTrie::none)
                break;
            const TokenId token = m_trie.value(node);
            if (token < 0)
                continue;
            double score = m_scores[static_cast<std::size_t>(token)];
            if (!m_options.usesAllTokens && m_vocabulary.kind(token) == TokenKind::UserDefined)
                score = m_options.favoursUserDefined ? static_cast<double>(end - at) * m_userDefinedPerByte - userDefinedBonus : 0.0;
            offer(at, end, score, token);
            isKnown |= end - at == length;
        }
        if (!isKnown)
            offer(at, at + length, m_unknownScore, -1);
        at += length;
    }
    std::vector<Best> path; // `from` is where the token begins; its end is the one before in this list
    for (std::size_t at = piece.size(); at > 0; at = best[at].from)
        path.push_back(best[at]);
    std::reverse(path.begin(), path.end());
    bool isAfterUnknown = false;
    for (std::size_t index = 0; index < path.size(); ++index) {
        const Best& step = path[index];
        const bool isUnknown = step.token < 0 || step.token == m_options.unknown;
        if (!isUnknown) {
            tokens.push_back(step.token);
        } else if (m_options.hasByteFallback) {
            const std::size_t end = index + 1 < path.size() ? path[index + 1].from : piece.size();
            for (const char byte : piece.substr(step.from, end - step.from)) {
                const TokenId token = m_bytes[static_cast<unsigned char>(byte)];
                if (token >= 0)
                    tokens.push_back(token);
                else if (m_options.unknown)
                    tokens.push_back(*m_options.unknown);
            }
        } else if (!isAfterUnknown && m_options.unknown) {
            tokens.push_back(*m_options.unknown); // a run of unknown characters is one token
        }
        isAfterUnknown = isUnknown;
    }
}

} // namespace quantlathe
