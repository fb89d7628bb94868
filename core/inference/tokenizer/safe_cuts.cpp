// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/inference/tokenizer/safe_cuts.h"

#include <algorithm>
#include <string_view>

namespace quantlathe {

namespace {

bool hasInnerMarker(std::string_view text)
{
    for (auto at = text.find(spaceMarker, 1); at != std::string_view::npos; at = text.find(spaceMarker, at + 1)) {
        if (!text.substr(0, at).ends_with(spaceMarker))
            return true;
    }
    return false;
}

} // namespace

SafeCuts::SafeCuts(const Vocabulary& vocabulary)
{
    // A character that is unknown may be written together with its neighbours, so it is no place to cut.
    m_beforeMarkers = vocabulary.find(spaceMarker) >= 0;
    const auto bytes = vocabulary.byteTokens();
    for (unsigned byte = 0; byte < m_around.size(); ++byte) {
        const char character = static_cast<char>(byte);
        m_around[byte] = bytes[byte] >= 0 || vocabulary.find({&character, 1}) >= 0;
    }
    for (std::size_t index = 0; index < vocabulary.size(); ++index) {
        const auto token = static_cast<TokenId>(index);
        const std::string_view text = vocabulary.text(token);
        // Named bytes and control tokens count too: where every token can be the result of a merge, these can.
        m_beforeMarkers = m_beforeMarkers && !hasInnerMarker(text);
        for (std::size_t at = 0; text.size() > 1 && at < text.size(); ++at) {
            const auto byte = static_cast<unsigned char>(text[at]);
            if (byte < m_around.size())
                m_around[byte] = false;
        }
    }
    m_aroundSome = std::find(m_around.begin(), m_around.end(), true) != m_around.end();
}

void SafeCuts::apply(SplitText& text) const
{
    if (!m_beforeMarkers && !m_aroundSome)
        return;
    std::vector<TextPiece> result;
    result.reserve(text.pieces.size() + text.text.size() / 5);
    const std::string_view whole = text.text;
    const auto standsAlone = [&](std::size_t at) {
        const auto byte = static_cast<unsigned char>(whole[at]);
        return byte < m_around.size() && m_around[byte];
    };
    for (const TextPiece& piece : text.pieces) {
        std::size_t begin = piece.begin;
        for (std::size_t at = piece.begin + 1; at < piece.end; ++at) {
            const bool isMarker = m_beforeMarkers && whole[at] == spaceMarker.front() && whole.substr(at, piece.end - at).starts_with(spaceMarker)
                && !whole.substr(begin, at - begin).ends_with(spaceMarker);
            if (isMarker || standsAlone(at) || standsAlone(at - 1)) {
                result.push_back({begin, at});
                begin = at;
            }
        }
        result.push_back({begin, piece.end});
    }
    text.pieces = std::move(result);
}

} // namespace quantlathe
