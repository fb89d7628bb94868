// SPDX-License-Identifier: GPL-3.0-or-later
// Facts: GGUF's naming convention and how gguf-py reads names.
#include "core/convert/model_name.h"

#include "core/base/text.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdlib>
#include <fmt/format.h>
#include <vector>

namespace quantlathe {

namespace {

enum class Part { None, Version, Type, Size, Finetune };

bool isDigit(char character)
{
    return character >= '0' && character <= '9';
}

/// Digits with single dots between them; at least one digit.
bool isNumber(std::string_view text)
{
    bool wasDigit = false;
    for (const char character : text) {
        if (!isDigit(character) && !(character == '.' && wasDigit))
            return false;
        wasDigit = isDigit(character);
    }
    return wasDigit;
}

bool isVersion(std::string_view lower)
{
    for (const std::string_view front : {"v", "iter"}) {
        if (lower.starts_with(front) && isNumber(lower.substr(front.size())))
            return true;
    }
    return isNumber(lower);
}

bool isTypeName(std::string_view lower)
{
    if (lower == "fp16" || lower == "f16" || lower == "fp32" || lower == "f32" || lower == "bf16" || lower == "bfp16")
        return true;
    if (lower.starts_with("i"))
        lower.remove_prefix(1);
    return lower.size() >= 2 && lower.front() == 'q' && isDigit(lower[1])
        && (lower.size() == 2 || (lower[2] == '_' && lower.size() % 2 == 0));
}

/// "7B", "8x7B", "A3B", "small"; nothing where it is no size.
bool isSize(std::string_view lower)
{
    for (const std::string_view word : {"small", "mini", "medium", "large", "xl", "xxl"}) {
        if (lower == word)
            return true;
    }
    if (const auto times = lower.find('x'); times != std::string_view::npos && times > 0 && std::all_of(lower.begin(), lower.begin() + static_cast<std::ptrdiff_t>(times), isDigit))
        lower.remove_prefix(times + 1);
    else if (lower.starts_with("a"))
        lower.remove_prefix(1);
    if (lower.size() < 2 || std::string_view("kmbt").find(lower.back()) == std::string_view::npos)
        return false;
    lower.remove_suffix(1);
    return std::count(lower.begin(), lower.end(), '.') <= 1 && isNumber(lower);
}

/// Weights that a single size names; 0 where it names none ("small", "8x7B").
double weightsOf(std::string_view size)
{
    const auto power = std::string_view(" KMBT").find(static_cast<char>(std::toupper(static_cast<unsigned char>(size.back()))));
    const std::string number(size.substr(0, size.size() - 1));
    return power == std::string_view::npos || !isNumber(number) ? 0 : std::strtod(number.c_str(), nullptr) * std::pow(1000.0, static_cast<double>(power));
}

std::vector<std::string> split(std::string_view name)
{
    std::vector<std::string> words;
    while (!name.empty()) {
        const auto hyphen = name.find('-');
        if (hyphen != 0)
            words.emplace_back(name.substr(0, hyphen));
        name = hyphen == std::string_view::npos ? std::string_view() : name.substr(hyphen + 1);
    }
    return words;
}

std::string joined(const std::vector<std::string>& words, const std::vector<Part>& parts, Part wanted, const std::vector<bool>& isTaken)
{
    std::string text;
    for (std::size_t index = 0; index < words.size(); ++index) {
        if (parts[index] == wanted && !isTaken[index])
            text += (text.empty() ? "" : "-") + words[index];
    }
    return text;
}

} // namespace

NameParts namePartsOf(std::string_view name, std::uint64_t weights)
{
    if (name.find(' ') != std::string_view::npos)
        return {};
    std::vector<std::string> words = split(name);
    std::vector<Part> parts(words.size(), Part::None);
    bool hasNumberedSize = false;
    for (std::size_t index = 0; index < words.size(); ++index) {
        const std::string lower = toLower(words[index]);
        if (isVersion(lower)) {
            parts[index] = Part::Version;
        } else if (isTypeName(lower)) {
            parts[index] = Part::Type;
        } else if (index > 0 && isSize(lower)) {
            const double named = weightsOf(lower);
            const double off = std::abs(named - static_cast<double>(weights));
            const bool isContext = named > 0 && weights > 0 && off > 7.0 * static_cast<double>(weights) / 8;
            parts[index] = isContext ? Part::Finetune : Part::Size;
            if (isDigit(lower[lower.size() - 2])) // a letter behind digits
                words[index].back() = static_cast<char>(isContext ? lower.back() : std::toupper(static_cast<unsigned char>(lower.back())));
            hasNumberedSize = hasNumberedSize || (!isContext && std::any_of(lower.begin(), lower.end(), isDigit));
        } else if (index > 0 && (lower == "chat" || lower == "instruct" || lower == "vision" || lower == "lora")) {
            parts[index] = Part::Finetune;
        }
    }
    // The basename is what stands in front: words, and versions between them.
    std::vector<bool> isBase(words.size(), false);
    std::size_t end = 0;
    while (end < words.size()
           && (parts[end] == Part::Version || (parts[end] == Part::None && std::isalpha(static_cast<unsigned char>(words[end].front())))))
        ++end;
    std::size_t baseEnd = end;
    if (end == words.size()) { // a version at the very end is no part of it
        while (baseEnd > 0 && parts[baseEnd - 1] == Part::Version)
            --baseEnd;
    }
    std::string base;
    for (std::size_t index = 0; index < words.size(); ++index) {
        isBase[index] = index < baseEnd;
        if (isBase[index])
            base += (base.empty() ? "" : "-") + words[index];
        else if (parts[index] == Part::None)
            parts[index] = Part::Finetune;
        // A word for a size beside a number is something else.
        if (parts[index] == Part::Size && hasNumberedSize && std::none_of(words[index].begin(), words[index].end(), isDigit))
            parts[index] = Part::Finetune;
    }
    NameParts result{{}, joined(words, parts, Part::Size, isBase), joined(words, parts, Part::Finetune, isBase), joined(words, parts, Part::Version, isBase)};
    if (!result.size.empty() || !result.finetune.empty() || !result.version.empty())
        result.basename = base;
    return result;
}

std::string sizeLabel(std::uint64_t weights)
{
    constexpr struct
    {
        double above;
        double unit;
        char letter;
    } units[] = {{1e12, 1e-12, 'T'}, {1e9, 1e-9, 'B'}, {1e6, 1e-6, 'M'}, {-1, 1e-3, 'K'}};
    const auto count = static_cast<double>(weights);
    const auto* unit = std::find_if(std::begin(units), std::end(units), [&](const auto& row) { return count > row.above; });
    const double scaled = count * unit->unit;
    const double whole = std::nearbyint(scaled);
    const int digits = whole < 1 ? 0 : whole < 10 ? 1 : 2;
    return fmt::format("{:.{}f}{}", scaled, std::max(2 - digits, 0), unit->letter);
}

std::string titleOf(std::string_view name)
{
    std::string title;
    for (std::string word : split(name)) {
        const std::string lower = toLower(word);
        const bool isPlain = word == lower && std::any_of(word.begin(), word.end(), [](unsigned char c) { return std::isalpha(c) != 0; });
        if (isPlain && !isDigit(word.front()) && !isVersion(lower))
            word.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(word.front())));
        title += (title.empty() ? "" : " ") + word;
    }
    return title;
}

} // namespace quantlathe
