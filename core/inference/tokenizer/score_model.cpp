// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/inference/tokenizer/score_model.h"

#include "core/inference/tokenizer/utf8.h"

#include <algorithm>
#include <queue>
#include <unordered_map>

namespace quantlathe {

struct ScoreModel::Session
{
    struct Candidate
    {
        float score;
        int left;
        int right;
        std::size_t size;
        bool operator<(const Candidate& other) const // the queue gives the greatest first
        {
            return score != other.score ? score < other.score : left > other.left;
        }
    };
    std::vector<Symbol> symbols;
    std::priority_queue<Candidate> queue;
    /// What an unused token was joined from, to take it apart again.
    std::unordered_map<std::string_view, std::pair<std::string_view, std::string_view>> parts;
};

ScoreModel::ScoreModel(const Vocabulary& vocabulary, Rules rules, std::optional<TokenId> unknown)
    : m_vocabulary(vocabulary), m_rules(rules), m_unknown(unknown), m_bytes(vocabulary.byteTokens())
{
    m_hasBytes = std::any_of(m_bytes.begin(), m_bytes.end(), [](TokenId token) { return token >= 0; });
}

bool ScoreModel::canJoin(TokenId token) const
{
    if (m_rules == Rules::Llama)
        return true;
    const TokenKind kind = m_vocabulary.kind(token);
    return kind == TokenKind::Normal || kind == TokenKind::UserDefined || kind == TokenKind::Unused;
}

void ScoreModel::encode(std::string_view piece, std::vector<TokenId>& tokens) const
{
    Session session;
    auto& symbols = session.symbols;
    symbols.reserve(piece.size());
    for (std::size_t at = 0; at < piece.size();) {
        const std::size_t size = std::min<std::size_t>(utf8::announcedLength(piece[at]), piece.size() - at);
        const int index = static_cast<int>(symbols.size());
        symbols.push_back({at, size, index - 1, at + size < piece.size() ? index + 1 : -1});
        at += size;
    }
    const auto textOf = [&](int first, int second) {
        const Symbol& symbol = symbols[static_cast<std::size_t>(first)];
        return piece.substr(symbol.begin, symbol.size + (second < 0 ? 0 : symbols[static_cast<std::size_t>(second)].size));
    };
    const auto offer = [&](int left, int right) {
        if (left < 0 || right < 0)
            return;
        const std::string_view text = textOf(left, right);
        const TokenId token = m_vocabulary.find(text);
        if (token < 0 || !canJoin(token))
            return;
        session.queue.push({m_vocabulary.score(token), left, right, text.size()});
        if (m_rules == Rules::SentencePiece && m_vocabulary.kind(token) == TokenKind::Unused)
            session.parts[text] = {textOf(left, -1), textOf(right, -1)};
    };
    for (int index = 1; index < static_cast<int>(symbols.size()); ++index)
        offer(index - 1, index);
    while (!session.queue.empty()) {
        const Session::Candidate candidate = session.queue.top();
        session.queue.pop();
        Symbol& left = symbols[static_cast<std::size_t>(candidate.left)];
        Symbol& right = symbols[static_cast<std::size_t>(candidate.right)];
        if (left.size == 0 || right.size == 0 || left.size + right.size != candidate.size)
            continue; // one of them was joined to another since
        left.size += right.size;
        right.size = 0;
        left.after = right.after;
        if (left.after >= 0)
            symbols[static_cast<std::size_t>(left.after)].before = candidate.left;
        offer(left.before, candidate.left);
        offer(candidate.left, left.after);
    }
    bool isAfterUnknown = false;
    for (int index = symbols.empty() ? -1 : 0; index >= 0; index = symbols[static_cast<std::size_t>(index)].after) {
        const std::size_t before = tokens.size();
        finish(piece, session, textOf(index, -1), 0, tokens);
        // SentencePiece writes a run of unknown characters as one token.
        const bool isUnknown = tokens.size() == before + 1 && m_unknown && tokens.back() == *m_unknown;
        if (isUnknown && isAfterUnknown && m_rules == Rules::SentencePiece)
            tokens.pop_back();
        isAfterUnknown = isUnknown;
    }
}

void ScoreModel::finish(std::string_view piece, const Session& session, std::string_view text, int depth, std::vector<TokenId>& tokens) const
{
    constexpr int deepestParts = 500; // parts get shorter with every step, so only a hostile vocabulary comes here
    const TokenId token = m_vocabulary.find(text);
    if (token >= 0) {
        const auto parts = session.parts.find(text);
        if (parts == session.parts.end() || m_vocabulary.kind(token) != TokenKind::Unused || depth >= deepestParts) {
            tokens.push_back(token);
            return;
        }
        finish(piece, session, parts->second.first, depth + 1, tokens);
        finish(piece, session, parts->second.second, depth + 1, tokens);
        return;
    }
    if (!m_hasBytes) {
        if (m_unknown)
            tokens.push_back(*m_unknown);
        return;
    }
    for (const char byte : text) {
        const TokenId byteToken = m_bytes[static_cast<unsigned char>(byte)];
        if (byteToken >= 0)
            tokens.push_back(byteToken);
        else if (m_unknown)
            tokens.push_back(*m_unknown);
    }
}

} // namespace quantlathe
