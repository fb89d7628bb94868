// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/inference/tokenizer/bpe_model.h"

#include "core/inference/tokenizer/utf8.h"

#include <algorithm>

namespace quantlathe {

BpeModel::BpeModel(const Vocabulary& vocabulary, MergeTable merges, BpeOptions options)
    : m_vocabulary(vocabulary), m_merges(std::move(merges)), m_options(options)
{
    for (unsigned byte = 0; byte < m_bytes.size(); ++byte) {
        std::string character;
        utf8::append(character, byteLevelCharacter(static_cast<unsigned char>(byte)));
        m_bytes[byte] = vocabulary.find(character);
    }
    if (options.hasByteFallback)
        m_fallback = vocabulary.byteTokens();
}

TokenId BpeModel::wholeWord(std::string_view piece) const
{
    return m_options.spellsBytes ? m_vocabulary.find(toByteLevel(piece)) : m_vocabulary.find(piece);
}

void BpeModel::encode(std::string_view piece, std::vector<TokenId>& tokens) const
{
    if (m_options.prefersWholeWords) {
        const TokenId whole = wholeWord(piece);
        if (whole >= 0) {
            tokens.push_back(whole);
            return;
        }
    }
    std::vector<TokenId> symbols;
    symbols.reserve(piece.size());
    if (m_options.spellsBytes)
        startFromBytes(piece, symbols);
    else
        startFromCharacters(piece, symbols);
    m_merges.apply(symbols);
    tokens.insert(tokens.end(), symbols.begin(), symbols.end());
}

void BpeModel::startFromBytes(std::string_view piece, std::vector<TokenId>& symbols) const
{
    for (const char byte : piece) {
        const TokenId token = m_bytes[static_cast<unsigned char>(byte)];
        if (token >= 0)
            symbols.push_back(token);
        else if (m_options.unknown)
            symbols.push_back(*m_options.unknown);
    }
}

void BpeModel::startFromCharacters(std::string_view piece, std::vector<TokenId>& symbols) const
{
    bool isAfterUnknown = false;
    for (std::size_t at = 0; at < piece.size();) {
        const std::string_view character = piece.substr(at, utf8::announcedLength(piece[at]));
        at += character.size();
        const TokenId token = m_vocabulary.find(character);
        if (token >= 0) {
            symbols.push_back(token);
            isAfterUnknown = false;
            continue;
        }
        const auto fallback = [&](char byte) { return m_fallback[static_cast<unsigned char>(byte)]; };
        if (m_options.hasByteFallback
            && std::all_of(character.begin(), character.end(), [&](char byte) { return fallback(byte) >= 0; })) {
            for (const char byte : character)
                symbols.push_back(fallback(byte));
            continue;
        }
        if (m_options.unknown && !(isAfterUnknown && m_options.fusesUnknown)) {
            symbols.push_back(*m_options.unknown);
            isAfterUnknown = true;
        }
    }
}

bool MergeReader::add(std::string_view left, std::string_view right, bool keepsFirst)
{
    m_joined.assign(left);
    m_joined += right;
    const TokenId leftId = m_vocabulary.find(left);
    const TokenId rightId = m_vocabulary.find(right);
    const TokenId joinedId = m_vocabulary.find(m_joined);
    if (leftId < 0 || rightId < 0 || joinedId < 0)
        return false;
    m_table.add(leftId, rightId, {m_rank++, joinedId}, keepsFirst);
    return true;
}

} // namespace quantlathe
