// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/inference/tokenizer/vocabulary.h"

#include "core/base/error.h"
#include "core/inference/tokenizer/utf8.h"

#include <array>
#include <fmt/format.h>
#include <utility>

namespace quantlathe {

namespace {

bool isPrintedAsItself(unsigned byte)
{
    return (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) || (byte >= 0xAE && byte <= 0xFF);
}

std::array<char32_t, 256> makeByteLevelCharacters()
{
    std::array<char32_t, 256> characters{};
    char32_t next = 0x100;
    for (unsigned byte = 0; byte < characters.size(); ++byte)
        characters[byte] = isPrintedAsItself(byte) ? byte : next++;
    return characters;
}

constexpr std::size_t byteLevelEnd = 0x200;

std::array<std::int16_t, byteLevelEnd> makeByteLevelBytes()
{
    std::array<std::int16_t, byteLevelEnd> bytes{};
    bytes.fill(-1);
    for (unsigned byte = 0; byte < 256; ++byte)
        bytes[byteLevelCharacter(static_cast<unsigned char>(byte))] = static_cast<std::int16_t>(byte);
    return bytes;
}

/// The byte of "<0x0A>", or -1.
int byteOfName(std::string_view text)
{
    if (text.size() != 6 || !text.starts_with("<0x") || text.back() != '>')
        return -1;
    int value = 0;
    for (const char digit : text.substr(3, 2)) {
        value *= 16;
        if (digit >= '0' && digit <= '9')
            value += digit - '0';
        else if (digit >= 'A' && digit <= 'F')
            value += digit - 'A' + 10;
        else if (digit >= 'a' && digit <= 'f')
            value += digit - 'a' + 10;
        else
            return -1;
    }
    return value;
}

/// @p text unchanged when it holds a character outside the spelling: such a token never stood for bytes.
std::string fromByteLevel(std::string_view text)
{
    std::string bytes;
    for (std::size_t at = 0; at < text.size();) {
        const utf8::Decoded character = utf8::decode(text, at);
        const int byte = character.isValid ? byteOfByteLevelCharacter(character.value) : -1;
        if (byte < 0)
            return std::string(text);
        bytes += static_cast<char>(byte);
        at += character.length;
    }
    return bytes;
}

std::string withSpaces(std::string_view text)
{
    std::string result;
    for (std::size_t at = 0; at < text.size();) {
        if (text.substr(at).starts_with(spaceMarker)) {
            result += ' ';
            at += spaceMarker.size();
        } else {
            result += text[at++];
        }
    }
    return result;
}

} // namespace

char32_t byteLevelCharacter(unsigned char byte)
{
    static const auto characters = makeByteLevelCharacters();
    return characters[byte];
}

int byteOfByteLevelCharacter(char32_t character)
{
    static const auto bytes = makeByteLevelBytes();
    return character < bytes.size() ? bytes[character] : -1;
}

std::string toByteLevel(std::string_view bytes)
{
    std::string text;
    text.reserve(bytes.size() + bytes.size() / 4);
    for (const char byte : bytes)
        utf8::append(text, byteLevelCharacter(static_cast<unsigned char>(byte)));
    return text;
}

Vocabulary::Vocabulary(TokenSpelling spelling, std::vector<std::string> texts, std::vector<TokenKind> kinds, std::vector<float> scores)
    : m_spelling(spelling), m_texts(std::move(texts)), m_kinds(std::move(kinds)), m_scores(std::move(scores))
{
    m_ids.reserve(m_texts.size());
    for (std::size_t id = 0; id < m_texts.size(); ++id)
        m_ids.insert(m_texts[id], static_cast<TokenId>(id));
}

std::string Vocabulary::bytesOf(TokenId token) const
{
    if (!contains(token)) {
        throw Error(ErrorKind::InvalidArgument, fmt::format("there is no token {}; the vocabulary has {} tokens", token, size()));
    }
    const std::string& own = text(token);
    const TokenKind kindOfToken = kind(token);
    if (kindOfToken == TokenKind::Control || kindOfToken == TokenKind::Unknown || kindOfToken == TokenKind::UserDefined)
        return own;
    switch (m_spelling) {
    case TokenSpelling::ByteLevel:
        return fromByteLevel(own);
    case TokenSpelling::SpaceMarker: {
        const int byte = kindOfToken == TokenKind::Byte ? byteOfName(own) : -1;
        return byte >= 0 ? std::string(1, static_cast<char>(byte)) : withSpaces(own);
    }
    case TokenSpelling::Plain:
        break;
    }
    return own;
}

std::vector<TokenId> Vocabulary::byteTokens() const
{
    std::vector<TokenId> tokens(256);
    for (unsigned byte = 0; byte < tokens.size(); ++byte)
        tokens[byte] = find(fmt::format("<0x{:02X}>", byte));
    return tokens;
}

} // namespace quantlathe
