// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/table.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <utility>

namespace quantlathe::cli {

namespace {

/// Characters of UTF-8 text: bytes that do not continue one.
std::size_t width(const std::string& text)
{
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

} // namespace

Table::Table(std::vector<std::string> titles)
{
    for (std::string& title : titles) {
        m_isRight.push_back(title.starts_with('>'));
        if (m_isRight.back())
            title.erase(0, 1);
    }
    m_rows.push_back(std::move(titles));
}

void Table::add(std::vector<std::string> cells)
{
    cells.resize(m_isRight.size());
    m_rows.push_back(std::move(cells));
}

std::string Table::text() const
{
    std::vector<std::size_t> widths(m_isRight.size(), 0);
    for (const auto& row : m_rows) {
        for (std::size_t column = 0; column < row.size(); ++column)
            widths[column] = std::max(widths[column], width(row[column]));
    }
    std::string text;
    for (const auto& row : m_rows) {
        std::string line;
        for (std::size_t column = 0; column < row.size(); ++column) {
            const std::string blanks(widths[column] - width(row[column]), ' ');
            line += column > 0 ? "  " : "";
            line += m_isRight[column] ? blanks + row[column] : row[column] + blanks;
        }
        line.erase(line.find_last_not_of(' ') + 1);
        text += line + '\n';
    }
    text.pop_back();
    return text;
}

std::string shortNumber(double value)
{
    if (std::isnan(value))
        return "-";
    return fmt::format("{:.4g}", value);
}

std::string countText(double count)
{
    static constexpr const char* units[] = {"", " k", " M", " G", " T"};
    std::size_t unit = 0;
    for (; count >= 1000 && unit + 1 < std::size(units); ++unit)
        count /= 1000;
    return unit == 0 ? fmt::format("{:.0f}", count) : fmt::format("{:.2f}{}", count, units[unit]);
}

} // namespace quantlathe::cli
