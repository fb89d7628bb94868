// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/inference/tokenizer/normalizers.h"

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/inference/tokenizer/character_map.h"
#include "core/inference/tokenizer/code_points.h"
#include "core/inference/tokenizer/split_pattern.h"
#include "core/inference/tokenizer/utf8.h"
#include "core/inference/tokenizer/vocabulary.h"

#include <algorithm>
#include <fmt/format.h>
#include <functional>
#include <unicode/brkiter.h>
#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <utility>

namespace quantlathe {

namespace {

using nlohmann::json;

constexpr int deepestNesting = 8;

[[noreturn]] void failIcu(UErrorCode status)
{
    throw Error(ErrorKind::Unsupported, fmt::format("the Unicode library of this system failed: {}", u_errorName(status)));
}

/// NFC, NFD, NFKC, NFKD.
class UnicodeForm : public Normalizer
{
public:
    explicit UnicodeForm(const icu::Normalizer2* form) : m_form(form) {}
    void apply(std::string& text) const override
    {
        UErrorCode status = U_ZERO_ERROR;
        const icu::StringPiece piece(text.data(), static_cast<std::int32_t>(text.size()));
        std::string result;
        icu::StringByteSink<std::string> sink(&result, static_cast<std::int32_t>(text.size()));
        m_form->normalizeUTF8(0, piece, sink, nullptr, status);
        if (U_FAILURE(status))
            failIcu(status);
        text = std::move(result);
    }

private:
    const icu::Normalizer2* m_form; ///< ICU's own, never deleted
};

/// Rewrites character by character.
class EachCharacter : public Normalizer
{
public:
    using Write = void (*)(char32_t character, std::string& out);
    explicit EachCharacter(Write write) : m_write(write) {}
    void apply(std::string& text) const override
    {
        std::string result;
        result.reserve(text.size());
        for (std::size_t at = 0; at < text.size();) {
            const utf8::Decoded character = utf8::decode(text, at);
            m_write(character.value, result);
            at += character.length;
        }
        text = std::move(result);
    }

private:
    Write m_write;
};

void writeLowerCase(char32_t character, std::string& out)
{
    if (character == 0x130) { // the only character whose lower case has two
        utf8::append(out, 'i');
        utf8::append(out, 0x307);
        return;
    }
    utf8::append(out, static_cast<char32_t>(u_tolower(static_cast<UChar32>(character))));
}

void writeWithoutAccent(char32_t character, std::string& out)
{
    if ((U_GET_GC_MASK(static_cast<UChar32>(character)) & U_GC_M_MASK) == 0)
        utf8::append(out, character);
}

/// Control characters go, odd spaces become spaces (the rules of neural machine translation's "nmt").
void writeNmt(char32_t character, std::string& out)
{
    const bool isDropped = (character >= 1 && character <= 8) || character == 0x0B || (character >= 0x0E && character <= 0x1F)
        || character == 0x7F || character == 0x8F || character == 0x9F;
    const bool isSpace = character == 0x09 || character == 0x0A || character == 0x0C || character == 0x0D || character == 0x1680
        || (character >= 0x200B && character <= 0x200F) || character == 0x2028 || character == 0x2029 || character == 0x2581
        || character == 0xFEFF || character == 0xFFFD;
    if (!isDropped)
        utf8::append(out, isSpace ? U' ' : character);
}

void writeByteLevel(char32_t character, std::string& out)
{
    std::string bytes;
    utf8::append(bytes, character);
    out += toByteLevel(bytes);
}

class StripSpaces : public Normalizer
{
public:
    StripSpaces(bool left, bool right) : m_left(left), m_right(right) {}
    void apply(std::string& text) const override
    {
        std::size_t begin = 0;
        while (m_left && begin < text.size()) {
            const utf8::Decoded character = utf8::decode(text, begin);
            if (!whiteSpace().contains(character.value))
                break;
            begin += character.length;
        }
        std::size_t end = text.size();
        while (m_right && end > begin) {
            std::size_t last = end - 1;
            while (last > begin && (static_cast<unsigned char>(text[last]) & 0xC0) == 0x80)
                --last;
            if (!whiteSpace().contains(utf8::decode(text, last).value))
                break;
            end = last;
        }
        text = text.substr(begin, end - begin);
    }

private:
    bool m_left;
    bool m_right;
};

class PrependText : public Normalizer
{
public:
    explicit PrependText(std::string prefix) : m_prefix(std::move(prefix)) {}
    void apply(std::string& text) const override
    {
        if (!text.empty())
            text.insert(0, m_prefix);
    }

private:
    std::string m_prefix;
};

class ReplaceText : public Normalizer
{
public:
    ReplaceText(std::string pattern, std::string content) : m_pattern(std::move(pattern)), m_content(std::move(content)) {}
    void apply(std::string& text) const override
    {
        std::size_t found = m_pattern.empty() ? std::string::npos : text.find(m_pattern);
        if (found == std::string::npos)
            return;
        std::string result;
        result.reserve(text.size() + text.size() / 2);
        std::size_t done = 0;
        for (; found != std::string::npos; found = text.find(m_pattern, done)) {
            result.append(text, done, found - done);
            result += m_content;
            done = found + m_pattern.size();
        }
        result.append(text, done);
        text = std::move(result);
    }

private:
    std::string m_pattern;
    std::string m_content;
};

class ReplaceExpression : public Normalizer
{
public:
    ReplaceExpression(const std::string& expression, std::string content) : m_pattern(expression), m_content(std::move(content)) {}
    void apply(std::string& text) const override
    {
        SplitPattern::Scratch scratch;
        std::string result;
        std::size_t done = 0;
        for (std::size_t from = 0; from <= text.size();) {
            const auto match = m_pattern.find(text, from, scratch);
            if (!match)
                break;
            result.append(text, done, match->begin - done);
            result += m_content;
            done = match->end;
            from = match->end;
            if (match->end == match->begin)
                from += from < text.size() ? utf8::announcedLength(text[from]) : 1;
        }
        result.append(text, done);
        text = std::move(result);
    }

private:
    SplitPattern m_pattern;
    std::string m_content;
};

/// SentencePiece's character map as the Hugging Face library applies it: to whole user-perceived characters of up to five
/// bytes, otherwise to each character, and by the shortest prefix that has a replacement.
class PrecompiledMap : public Normalizer
{
public:
    explicit PrecompiledMap(std::string_view blob) : m_map(blob) {}
    void apply(std::string& text) const override
    {
        UErrorCode status = U_ZERO_ERROR;
        const std::unique_ptr<icu::BreakIterator> breaks(icu::BreakIterator::createCharacterInstance(icu::Locale::getRoot(), status));
        UText* view = utext_openUTF8(nullptr, text.data(), static_cast<std::int64_t>(text.size()), &status);
        if (U_FAILURE(status))
            failIcu(status);
        breaks->setText(view, status);
        utext_close(view); // the iterator has a clone of its own
        if (U_FAILURE(status))
            failIcu(status);
        std::string result;
        result.reserve(text.size());
        std::size_t begin = 0;
        for (std::int32_t next = breaks->next(); next != icu::BreakIterator::DONE; next = breaks->next()) {
            const auto end = static_cast<std::size_t>(next);
            append(std::string_view(text).substr(begin, end - begin), result);
            begin = end;
        }
        text = std::move(result);
    }

private:
    void append(std::string_view grapheme, std::string& out) const
    {
        constexpr std::size_t longestWhole = 5;
        if (grapheme.size() <= longestWhole) {
            const auto replacement = m_map.shortest(grapheme, 0);
            if (replacement.length > 0) {
                out += replacement.text;
                return;
            }
        }
        for (std::size_t at = 0; at < grapheme.size();) {
            const auto character = grapheme.substr(at, utf8::decode(grapheme, at).length);
            const auto replacement = m_map.shortest(character, 0);
            out += replacement.length > 0 ? replacement.text : character;
            at += character.size();
        }
    }

    CharacterMap m_map;
};

std::unique_ptr<const Normalizer> unicodeForm(const icu::Normalizer2* (*instance)(UErrorCode&))
{
    UErrorCode status = U_ZERO_ERROR;
    const icu::Normalizer2* form = instance(status);
    if (U_FAILURE(status))
        failIcu(status);
    return std::make_unique<UnicodeForm>(form);
}

std::unique_ptr<const Normalizer> readReplace(const JsonFile& tokenizer, const json& step)
{
    const json* pattern = memberOf(step, "pattern");
    const json* text = pattern ? memberOf(*pattern, "String") : nullptr;
    const json* expression = pattern ? memberOf(*pattern, "Regex") : nullptr;
    if (text && text->is_string())
        return std::make_unique<ReplaceText>(text->get<std::string>(), textOf(step, "content"));
    if (expression && expression->is_string())
        return std::make_unique<ReplaceExpression>(expression->get<std::string>(), textOf(step, "content"));
    tokenizer.fail("a Replace normalizer has no pattern");
}

void addStep(const JsonFile& tokenizer, const json& step, int depth, Normalizers& steps)
{
    const std::string type = textOf(step, "type");
    if (depth > deepestNesting)
        tokenizer.fail("the normalizers are nested too deeply");
    if (type == "Sequence") {
        const json* list = memberOf(step, "normalizers");
        if (!list || !list->is_array())
            tokenizer.fail("a sequence of normalizers has no list");
        for (const json& inner : *list)
            addStep(tokenizer, inner, depth + 1, steps);
    } else if (type == "NFC") {
        steps.push_back(unicodeForm(icu::Normalizer2::getNFCInstance));
    } else if (type == "NFD") {
        steps.push_back(unicodeForm(icu::Normalizer2::getNFDInstance));
    } else if (type == "NFKC") {
        steps.push_back(unicodeForm(icu::Normalizer2::getNFKCInstance));
    } else if (type == "NFKD") {
        steps.push_back(unicodeForm(icu::Normalizer2::getNFKDInstance));
    } else if (type == "Lowercase") {
        steps.push_back(std::make_unique<EachCharacter>(writeLowerCase));
    } else if (type == "StripAccents") {
        steps.push_back(std::make_unique<EachCharacter>(writeWithoutAccent));
    } else if (type == "Nmt") {
        steps.push_back(std::make_unique<EachCharacter>(writeNmt));
    } else if (type == "ByteLevel") {
        steps.push_back(std::make_unique<EachCharacter>(writeByteLevel));
    } else if (type == "Strip") {
        steps.push_back(std::make_unique<StripSpaces>(flagOf(step, "strip_left"), flagOf(step, "strip_right")));
    } else if (type == "Prepend") {
        steps.push_back(std::make_unique<PrependText>(textOf(step, "prepend")));
    } else if (type == "Replace") {
        steps.push_back(readReplace(tokenizer, step));
    } else if (type == "Precompiled") {
        const std::string map = decodeBase64(textOf(step, "precompiled_charsmap"));
        if (!map.empty()) // some files have the step without a map
            steps.push_back(std::make_unique<PrecompiledMap>(map));
    } else {
        throw Error(ErrorKind::Unsupported, fmt::format("the normalizer '{}' is not known", printable(type, 60)), {tokenizer.path(), std::nullopt, {}});
    }
}

} // namespace

Normalizers readNormalizers(const JsonFile& tokenizer)
{
    Normalizers steps;
    if (const json* normalizer = tokenizer.find("normalizer"))
        addStep(tokenizer, *normalizer, 0, steps);
    return steps;
}

std::string normalized(const Normalizers& steps, std::string text)
{
    for (const auto& step : steps)
        step->apply(text);
    return text;
}

std::string decodeBase64(std::string_view text)
{
    std::string bytes;
    bytes.reserve(text.size() / 4 * 3);
    std::uint32_t bits = 0;
    int count = 0;
    for (const char letter : text) {
        unsigned value = 0;
        if (letter >= 'A' && letter <= 'Z')
            value = static_cast<unsigned>(letter - 'A');
        else if (letter >= 'a' && letter <= 'z')
            value = static_cast<unsigned>(letter - 'a') + 26;
        else if (letter >= '0' && letter <= '9')
            value = static_cast<unsigned>(letter - '0') + 52;
        else if (letter == '+' || letter == '/')
            value = letter == '+' ? 62 : 63;
        else if (letter == '=')
            break;
        else
            throw Error(ErrorKind::BadFormat, "the precompiled character map of the tokenizer is no base64");
        bits = bits << 6 | value;
        count += 6;
        if (count >= 8) {
            count -= 8;
            bytes += static_cast<char>(bits >> count & 0xFF);
        }
    }
    return bytes;
}

} // namespace quantlathe
