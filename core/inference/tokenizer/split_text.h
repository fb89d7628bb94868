// SPDX-License-Identifier: GPL-3.0-or-later
// A text on its way to the model: the steps of a pre-tokenizer cut it into pieces and may rewrite it.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace quantlathe {

struct TextPiece
{
    std::size_t begin = 0;
    std::size_t end = 0; ///< bytes of SplitText::text
};

struct SplitText
{
    std::string text; ///< well-formed UTF-8
    std::vector<TextPiece> pieces;
    bool startsInput = true; ///< the first piece begins where the person's text began

    /// One piece of all of @p whole; none for an empty text.
    explicit SplitText(std::string whole, bool isStart = true) : text(std::move(whole)), startsInput(isStart)
    {
        if (!text.empty())
            pieces.push_back({0, text.size()});
    }
    [[nodiscard]] std::string_view view(const TextPiece& piece) const
    {
        return std::string_view(text).substr(piece.begin, piece.end - piece.begin);
    }
    /// Replaces every piece by what @p write appends for it; the pieces stay in order, empty ones go.
    void rewrite(const std::function<void(std::string_view piece, bool isFirst, std::string& out)>& write)
    {
        std::string next;
        next.reserve(text.size() + text.size() / 4);
        std::vector<TextPiece> kept;
        kept.reserve(pieces.size());
        for (std::size_t index = 0; index < pieces.size(); ++index) {
            const std::size_t begin = next.size();
            write(view(pieces[index]), index == 0, next);
            if (next.size() > begin)
                kept.push_back({begin, next.size()});
        }
        text = std::move(next);
        pieces = std::move(kept);
    }
};

} // namespace quantlathe
