// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/convert/sentence_model_file.h"

#include "core/base/text.h"
#include "core/inference/tokenizer/vocabulary.h"

#include <bit>
#include <cmath>
#include <cstdint>
#include <fmt/format.h>
#include <set>
#include <string_view>

namespace quantlathe {

namespace {

constexpr std::string_view spaceMark = "\xE2\x96\x81";

/// Fields of protocol buffers: a key (number and wire type), then the value.
class Message
{
public:
    void number(unsigned field, std::uint64_t value)
    {
        varint(std::uint64_t{field} << 3);
        varint(value);
    }
    void real(unsigned field, float value)
    {
        varint(std::uint64_t{field} << 3 | 5);
        const auto bits = std::bit_cast<std::uint32_t>(value);
        for (unsigned shift = 0; shift < 32; shift += 8)
            m_bytes += static_cast<char>(bits >> shift & 0xFF);
    }
    void text(unsigned field, std::string_view value)
    {
        varint(std::uint64_t{field} << 3 | 2);
        varint(value.size());
        m_bytes += value;
    }
    [[nodiscard]] const std::string& bytes() const { return m_bytes; }

private:
    void varint(std::uint64_t value)
    {
        for (; value >= 0x80; value >>= 7)
            m_bytes += static_cast<char>((value & 0x7F) | 0x80);
        m_bytes += static_cast<char>(value);
    }

    std::string m_bytes;
};

std::string withMarks(std::string_view text)
{
    std::string result;
    for (const char character : text) {
        if (character == ' ')
            result += spaceMark;
        else
            result += character;
    }
    return result;
}

} // namespace

SentenceModelFile sentenceModelFile(const Metadata& keys)
{
    const MetadataArray* tokens = keys.array("tokenizer.ggml.tokens");
    const MetadataArray* scores = keys.array("tokenizer.ggml.scores");
    const MetadataArray* kinds = keys.array("tokenizer.ggml.token_type");
    if (!tokens || tokens->elementType() != MetadataType::String || tokens->size() == 0)
        return {{}, "the file has no vocabulary"};
    if (!scores || !kinds || scores->size() != tokens->size() || kinds->size() != tokens->size())
        return {{}, "its tokens have no scores and kinds"};
    Message model;
    std::set<std::string> seen;
    std::string problem;
    std::int64_t unknown = -1;
    bool hasBytes = false;
    tokens->forEachString([&](std::uint64_t id, std::string_view stored) {
        const std::uint64_t kind = toUnsigned(kinds->at(id)).value_or(0);
        const double score = toReal(scores->at(id)).value_or(0);
        const std::string text = kind == static_cast<std::uint64_t>(TokenKind::UserDefined) ? withMarks(stored) : std::string(stored);
        if (text.empty() || !isValidUtf8(text))
            problem = fmt::format("token {} has no text in UTF-8", id);
        else if (!seen.insert(text).second)
            problem = fmt::format("the token '{}' is there twice", printable(text, 40));
        else if (kind < static_cast<std::uint64_t>(TokenKind::Normal) || kind > static_cast<std::uint64_t>(TokenKind::Byte) || !std::isfinite(score))
            problem = fmt::format("the token '{}' is of no kind or has no score", printable(text, 40));
        if (kind == static_cast<std::uint64_t>(TokenKind::Unknown)) {
            if (unknown >= 0)
                problem = "two of its tokens stand for what is unknown";
            unknown = static_cast<std::int64_t>(id);
        }
        hasBytes = hasBytes || kind == static_cast<std::uint64_t>(TokenKind::Byte);
        Message piece;
        piece.text(1, text);
        piece.real(2, static_cast<float>(score));
        piece.number(3, kind);
        model.text(1, piece.bytes());
    });
    if (problem.empty() && unknown < 0)
        problem = "no token stands for what is unknown";
    if (!problem.empty())
        return {{}, std::move(problem)};

    constexpr std::uint64_t bpe = 2;
    const auto id = [&](std::string_view name) {
        const auto value = keys.unsignedInteger(fmt::format("tokenizer.ggml.{}_token_id", name));
        return value && *value < tokens->size() ? *value : ~std::uint64_t{0}; // -1: none
    };
    Message trainer;
    trainer.number(3, bpe);
    trainer.number(4, tokens->size());
    trainer.number(35, hasBytes ? 1 : 0);
    trainer.number(40, static_cast<std::uint64_t>(unknown));
    trainer.number(41, id("bos"));
    trainer.number(42, id("eos"));
    trainer.number(43, id("padding"));
    model.text(2, trainer.bytes());
    Message normalizer;
    normalizer.text(1, "identity");
    normalizer.number(3, keys.boolean("tokenizer.ggml.add_space_prefix").value_or(true) ? 1 : 0);
    normalizer.number(4, keys.boolean("tokenizer.ggml.remove_extra_whitespaces").value_or(false) ? 1 : 0);
    normalizer.number(5, 1);
    model.text(3, normalizer.bytes());
    return {model.bytes(), {}};
}

} // namespace quantlathe
