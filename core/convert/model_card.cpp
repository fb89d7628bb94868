// SPDX-License-Identifier: GPL-3.0-or-later
// Enough of YAML for what cards hold: "key: text", "key: [a, b]", and "key:" with lines "- text" behind it.
#include "core/convert/model_card.h"

#include "core/base/error.h"
#include "core/formats/json/json_file.h"

#include <system_error>

namespace quantlathe {

namespace {

constexpr std::uint64_t maximumBytes = 4u << 20;

std::string_view trimmed(std::string_view text)
{
    constexpr std::string_view spaces = " \t\r";
    const auto begin = text.find_first_not_of(spaces);
    if (begin == std::string_view::npos)
        return {};
    return text.substr(begin, text.find_last_not_of(spaces) - begin + 1);
}

/// Without quotes, or without the comment behind it.
std::string scalar(std::string_view text)
{
    text = trimmed(text);
    if (text.size() >= 2 && (text.front() == '"' || text.front() == '\'') && text.back() == text.front())
        return std::string(text.substr(1, text.size() - 2));
    if (const auto comment = text.find(" #"); comment != std::string_view::npos)
        text = trimmed(text.substr(0, comment));
    return text == "null" || text == "~" ? std::string() : std::string(text);
}

void addValue(std::string_view text, std::vector<std::string>& values)
{
    text = trimmed(text);
    if (text.size() >= 2 && text.front() == '[' && text.back() == ']') {
        text = text.substr(1, text.size() - 2);
        while (!text.empty()) {
            const auto comma = text.find(',');
            if (std::string value = scalar(text.substr(0, comma)); !value.empty())
                values.push_back(std::move(value));
            text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 1);
        }
    } else if (std::string value = scalar(text); !value.empty() && value != "|" && value != ">" && value.front() != '{') {
        values.push_back(std::move(value));
    }
}

} // namespace

ModelCard ModelCard::read(const std::filesystem::path& folder)
{
    std::error_code ignored;
    const auto file = folder / "README.md";
    try {
        return std::filesystem::is_regular_file(file, ignored) ? parse(readText(file, maximumBytes)) : ModelCard();
    } catch (const Error&) {
        return {};
    }
}

ModelCard ModelCard::parse(std::string_view text)
{
    ModelCard card;
    std::vector<std::string>* open = nullptr; ///< of the key whose list may follow
    bool isFirst = true;
    while (!text.empty()) {
        const auto end = text.find('\n');
        const std::string_view line = text.substr(0, end);
        text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
        if (isFirst) {
            isFirst = false;
            if (trimmed(line) != "---")
                return {};
            continue;
        }
        const std::string_view content = trimmed(line);
        if (content == "---")
            return card;
        const bool isIndented = !line.empty() && (line.front() == ' ' || line.front() == '\t');
        if (content.starts_with("- ") && open) {
            // "- key: value" begins something nested.
            if (content.find(": ") == std::string_view::npos)
                addValue(content.substr(2), *open);
        } else if (!isIndented && !content.empty() && content.front() != '#') {
            const auto colon = content.find(':');
            open = nullptr;
            if (colon != std::string_view::npos && colon > 0) {
                open = &card.m_values[std::string(content.substr(0, colon))];
                addValue(content.substr(colon + 1), *open);
            }
        }
    }
    return {}; // the front matter has no end
}

const std::vector<std::string>& ModelCard::list(const std::string& key) const
{
    static const std::vector<std::string> none;
    const auto found = m_values.find(key);
    return found == m_values.end() ? none : found->second;
}

std::string ModelCard::text(const std::string& key) const
{
    const auto& values = list(key);
    return values.empty() ? std::string() : values.front();
}

} // namespace quantlathe
