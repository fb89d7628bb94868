// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/inference/tokenizer/word_model.h"

#include <cstring>

namespace quantlathe {

void WordCache::add(std::string_view piece, std::span<const TokenId> tokens)
{
    if (piece.size() > longestPiece || m_ranges.size() >= mostEntries)
        return;
    if (m_chunkUsed + piece.size() > chunkBytes) {
        m_chunks.push_back(std::make_unique<char[]>(chunkBytes));
        m_chunkUsed = 0;
    }
    char* key = m_chunks.back().get() + m_chunkUsed;
    std::memcpy(key, piece.data(), piece.size());
    m_chunkUsed += piece.size();
    m_index.insert({key, piece.size()}, static_cast<std::int32_t>(m_ranges.size()));
    m_ranges.push_back({m_tokens.size(), tokens.size()});
    m_tokens.insert(m_tokens.end(), tokens.begin(), tokens.end());
}

void WordModel::encodeAll(const SplitText& text, WordCache& cache, std::vector<TokenId>& tokens) const
{
    const bool usesCache = isCached();
    for (const TextPiece& piece : text.pieces) {
        const std::string_view view = text.view(piece);
        if (!usesCache || view.size() > WordCache::longestPiece) {
            encode(view, tokens);
            continue;
        }
        if (const auto known = cache.find(view)) {
            tokens.insert(tokens.end(), known->begin(), known->end());
            continue;
        }
        const std::size_t before = tokens.size();
        encode(view, tokens);
        cache.add(view, std::span(tokens).subspan(before));
    }
}

} // namespace quantlathe
