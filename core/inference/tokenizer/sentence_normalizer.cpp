// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/inference/tokenizer/sentence_normalizer.h"

#include "core/inference/tokenizer/utf8.h"
#include "core/inference/tokenizer/vocabulary.h"

namespace quantlathe {

namespace {

struct Chunk
{
    std::string_view text;    ///< what stands for it
    std::size_t consumed = 1; ///< bytes of the input
};

Chunk chunkAt(const SentenceNormalizer& normalizer, std::string_view text, std::size_t at)
{
    if (normalizer.userDefined) {
        const auto match = normalizer.userDefined->longest(text, at);
        if (match.length > 0)
            return {text.substr(at, match.length), match.length};
    }
    const CharacterMap::Replacement replacement = normalizer.map.longest(text, at);
    if (replacement.length > 0)
        return {replacement.text, replacement.length};
    const utf8::Decoded character = utf8::decode(text, at);
    if (!character.isValid)
        return {"\xEF\xBF\xBD", 1};
    return {text.substr(at, character.length), character.length};
}

/// Bytes at @p at that stay as they are: ASCII that no replacement and no user-defined text begins with, but no spaces.
std::size_t plainRun(const SentenceNormalizer& normalizer, std::string_view text, std::size_t at)
{
    std::size_t end = at;
    while (end < text.size()) {
        const auto byte = static_cast<unsigned char>(text[end]);
        if (byte >= 0x80 || byte == ' ' || normalizer.map.canStart(text[end])
            || (normalizer.userDefined && normalizer.userDefined->canStart(text[end])))
            break;
        ++end;
    }
    return end - at;
}

} // namespace

std::string SentenceNormalizer::apply(std::string_view text) const
{
    std::size_t at = 0;
    if (removesExtraSpaces) {
        while (at < text.size()) {
            const Chunk chunk = chunkAt(*this, text, at);
            if (chunk.text != " ")
                break;
            at += chunk.consumed;
        }
    }
    if (at == text.size())
        return {};
    const std::string_view space = marksSpaces ? spaceMarker : std::string_view(" ");
    std::string result;
    result.reserve(text.size() + text.size() / 2);
    if (addsSpacePrefix && !putsSpaceBehind)
        result += space;
    bool isAfterSpace = removesExtraSpaces;
    while (at < text.size()) {
        const std::size_t plain = plainRun(*this, text, at);
        if (plain > 0) {
            result += text.substr(at, plain);
            at += plain;
            isAfterSpace = false;
            continue;
        }
        const Chunk chunk = chunkAt(*this, text, at);
        at += chunk.consumed;
        std::string_view rest = chunk.text;
        while (isAfterSpace && rest.starts_with(' '))
            rest.remove_prefix(1);
        if (rest.empty())
            continue;
        for (const char byte : rest) {
            if (byte == ' ')
                result += space;
            else
                result += byte;
        }
        isAfterSpace = removesExtraSpaces && rest.ends_with(' ');
    }
    while (removesExtraSpaces && std::string_view(result).ends_with(space))
        result.erase(result.size() - space.size());
    if (addsSpacePrefix && putsSpaceBehind)
        result += space;
    return result;
}

} // namespace quantlathe
