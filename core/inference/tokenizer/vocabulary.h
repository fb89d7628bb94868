// SPDX-License-Identifier: GPL-3.0-or-later
// The tokens of a model: texts, kinds, scores, and which bytes they stand for.
#pragma once

#include "core/inference/tokenizer/text_index.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace quantlathe {

/// Row of the embedding matrix.
using TokenId = std::int32_t;

/// Numbers are those of tokenizer.ggml.token_type and of SentencePiece.
enum class TokenKind : std::uint8_t { Undefined = 0, Normal = 1, Unknown = 2, Control = 3, UserDefined = 4, Unused = 5, Byte = 6 };

/// How the text of a normal token spells its bytes.
enum class TokenSpelling {
    Plain,
    ByteLevel,  ///< every byte as one printable character (GPT-2)
    SpaceMarker ///< U+2581 stands for a space; "<0x0A>" is a byte
};

/// Immutable once the tokenizer is built. Copies are deep and expensive; it is moved.
class Vocabulary
{
public:
    Vocabulary() = default;
    /// @p texts, @p kinds and @p scores (may be empty) by id. Of equal texts the first has its id found.
    Vocabulary(TokenSpelling spelling, std::vector<std::string> texts, std::vector<TokenKind> kinds, std::vector<float> scores = {});
    Vocabulary(Vocabulary&&) noexcept = default;
    Vocabulary& operator=(Vocabulary&&) noexcept = default;

    [[nodiscard]] std::size_t size() const { return m_texts.size(); }
    [[nodiscard]] bool contains(TokenId token) const { return token >= 0 && static_cast<std::size_t>(token) < size(); }
    /// As the file spells it. For an id of the vocabulary only.
    [[nodiscard]] const std::string& text(TokenId token) const { return m_texts[static_cast<std::size_t>(token)]; }
    [[nodiscard]] TokenKind kind(TokenId token) const { return m_kinds[static_cast<std::size_t>(token)]; }
    /// Logarithm of a probability, or minus the rank of a merge; 0 where the file has none.
    [[nodiscard]] float score(TokenId token) const { return m_scores.empty() ? 0.0F : m_scores[static_cast<std::size_t>(token)]; }
    /// -1 when no token has this text.
    [[nodiscard]] TokenId find(std::string_view text) const { return m_ids.find(text); }
    [[nodiscard]] TokenSpelling spelling() const { return m_spelling; }

    /// @throws Error(InvalidArgument) for an id outside the vocabulary
    [[nodiscard]] std::string bytesOf(TokenId token) const;

    /// Id of the token "<0xNN>" for every byte; -1 where there is none.
    [[nodiscard]] std::vector<TokenId> byteTokens() const;

private:
    TokenSpelling m_spelling = TokenSpelling::Plain;
    std::vector<std::string> m_texts;
    std::vector<TokenKind> m_kinds;
    std::vector<float> m_scores;
    TextIndex m_ids; ///< views into m_texts
};

/// GPT-2's spelling of bytes: printable ones of Latin-1 as themselves, the rest from U+0100 on.
char32_t byteLevelCharacter(unsigned char byte);
/// The byte a character of that spelling stands for; -1 for any other character.
int byteOfByteLevelCharacter(char32_t character);
/// "Ġthe" for " the".
std::string toByteLevel(std::string_view bytes);

/// U+2581, which SentencePiece writes for a space.
inline constexpr std::string_view spaceMarker = "\xE2\x96\x81";

} // namespace quantlathe
