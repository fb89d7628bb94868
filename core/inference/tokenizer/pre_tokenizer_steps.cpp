// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/inference/tokenizer/pre_tokenizer_steps.h"

#include "core/inference/tokenizer/utf8.h"
#include "core/inference/tokenizer/vocabulary.h"

#include <utility>

namespace quantlathe {

namespace {

struct Part
{
    TextPiece piece;
    bool isMatch = false;
};

/// Puts the parts of one text, which cover it, together as @p behavior says. The rules are those of the library that
/// defined tokenizer.json; a run of matches counts as one neighbour for the two merging kinds.
void addPieces(const std::vector<Part>& parts, SplitBehavior behavior, std::vector<TextPiece>& pieces)
{
    const auto add = [&pieces](const TextPiece& piece) {
        if (piece.end > piece.begin)
            pieces.push_back(piece);
    };
    std::vector<TextPiece> merged;
    bool wasMatch = false;
    switch (behavior) {
    case SplitBehavior::Isolated:
        for (const Part& part : parts)
            add(part.piece);
        return;
    case SplitBehavior::Removed:
        for (const Part& part : parts) {
            if (!part.isMatch)
                add(part.piece);
        }
        return;
    case SplitBehavior::Contiguous:
        for (const Part& part : parts) {
            if (part.isMatch == wasMatch && !merged.empty())
                merged.back().end = part.piece.end;
            else
                merged.push_back(part.piece);
            wasMatch = part.isMatch;
        }
        break;
    case SplitBehavior::MergedWithPrevious:
        for (const Part& part : parts) {
            if (part.isMatch && !wasMatch && !merged.empty())
                merged.back().end = part.piece.end;
            else
                merged.push_back(part.piece);
            wasMatch = part.isMatch;
        }
        break;
    case SplitBehavior::MergedWithNext:
        for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
            if (part->isMatch && !wasMatch && !merged.empty())
                merged.back().begin = part->piece.begin;
            else
                merged.push_back(part->piece);
            wasMatch = part->isMatch;
        }
        for (auto piece = merged.rbegin(); piece != merged.rend(); ++piece)
            add(*piece);
        return;
    }
    for (const TextPiece& piece : merged)
        add(piece);
}

/// @p findNext(text, from) gives the next match in one piece's text.
template <typename FindNext>
void splitPieces(SplitText& text, SplitBehavior behavior, bool isInverted, FindNext&& findNext)
{
    std::vector<TextPiece> result;
    result.reserve(text.pieces.size() * 2 + text.text.size() / 8);
    std::vector<Part> parts;
    for (const TextPiece& piece : text.pieces) {
        const std::string_view view = text.view(piece);
        parts.clear();
        std::size_t done = 0;
        const auto add = [&](std::size_t begin, std::size_t end, bool isMatch) {
            parts.push_back({{piece.begin + begin, piece.begin + end}, isMatch != isInverted});
        };
        for (std::size_t from = 0; from <= view.size();) {
            const std::optional<SplitPattern::Match> match = findNext(view, from);
            if (!match)
                break;
            const bool isEmpty = match->end == match->begin;
            // An empty match at the end of the last one is not a new place.
            if (!isEmpty || match->begin > done || match->begin == 0) {
                if (match->begin > done)
                    add(done, match->begin, false);
                add(match->begin, match->end, true);
                done = match->end;
            }
            from = match->end;
            if (isEmpty && from <= view.size())
                from += from < view.size() ? utf8::announcedLength(view[from]) : 1;
        }
        if (done < view.size())
            add(done, view.size(), false);
        addPieces(parts, behavior, result);
    }
    text.pieces = std::move(result);
}

} // namespace

void ExpressionStep::apply(SplitText& text) const
{
    SplitPattern::Scratch scratch;
    if (m_behavior != SplitBehavior::Isolated) {
        splitPieces(text, m_behavior, m_isInverted,
                    [&](std::string_view view, std::size_t from) { return m_pattern.find(view, from, scratch); });
        return;
    }
    // The usual kind: matches and what lies between them alike become pieces.
    std::vector<TextPiece> result;
    result.reserve(text.pieces.size() + text.text.size() / 4);
    for (const TextPiece& piece : text.pieces) {
        const std::string_view view = text.view(piece);
        std::size_t done = 0;
        for (std::size_t from = 0; from <= view.size();) {
            const auto match = m_pattern.find(view, from, scratch);
            if (!match)
                break;
            if (match->begin > done)
                result.push_back({piece.begin + done, piece.begin + match->begin});
            if (match->end > match->begin) {
                result.push_back({piece.begin + match->begin, piece.begin + match->end});
                from = match->end;
            } else {
                from = match->end + (match->end < view.size() ? utf8::announcedLength(view[match->end]) : 1);
            }
            done = match->end;
        }
        if (done < view.size())
            result.push_back({piece.begin + done, piece.end});
    }
    text.pieces = std::move(result);
}

void TextStep::apply(SplitText& text) const
{
    splitPieces(text, m_behavior, m_isInverted, [&](std::string_view view, std::size_t from) -> std::optional<SplitPattern::Match> {
        const std::size_t at = m_separator.empty() ? std::string_view::npos : view.find(m_separator, from);
        if (at == std::string_view::npos)
            return std::nullopt;
        return SplitPattern::Match{at, at + m_separator.size()};
    });
}

void CharacterStep::apply(SplitText& text) const
{
    splitPieces(text, m_behavior, false, [&](std::string_view view, std::size_t from) -> std::optional<SplitPattern::Match> {
        while (from < view.size()) {
            const utf8::Decoded character = utf8::decode(view, from);
            if (character.isValid && m_set.contains(character.value))
                return SplitPattern::Match{from, from + character.length};
            from += character.length;
        }
        return std::nullopt;
    });
}

void ByteSpellingStep::apply(SplitText& text) const
{
    text.rewrite([](std::string_view piece, bool, std::string& out) {
        for (const char byte : piece)
            utf8::append(out, byteLevelCharacter(static_cast<unsigned char>(byte)));
    });
}

void LeadingSpaceStep::apply(SplitText& text) const
{
    text.rewrite([](std::string_view piece, bool, std::string& out) {
        if (!piece.starts_with(' '))
            out += ' ';
        out += piece;
    });
}

void MarkerStep::apply(SplitText& text) const
{
    const bool startsInput = text.startsInput;
    text.rewrite([&](std::string_view piece, bool isFirst, std::string& out) {
        const bool hasMarker = piece.starts_with(' ') || piece.starts_with(m_marker);
        const bool wantsPrefix = m_prefix == Prefix::Always || (m_prefix == Prefix::First && isFirst && startsInput);
        if (wantsPrefix && !hasMarker)
            out += m_marker;
        for (const char byte : piece) {
            if (byte == ' ')
                out += m_marker;
            else
                out += byte;
        }
    });
    if (m_splits)
        TextStep(m_marker, SplitBehavior::MergedWithNext, false).apply(text);
}

} // namespace quantlathe
