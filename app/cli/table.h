// SPDX-License-Identifier: GPL-3.0-or-later
// Aligned columns of text.
#pragma once

#include <string>
#include <vector>

namespace quantlathe::cli {

class Table
{
public:
    /// Column titles; one that starts with '>' (not shown) is aligned to the right.
    explicit Table(std::vector<std::string> titles);
    void add(std::vector<std::string> cells);
    /// All lines, without a newline at the end.
    [[nodiscard]] std::string text() const;

private:
    std::vector<bool> m_isRight;
    std::vector<std::vector<std::string>> m_rows;
};

/// 0.00123 -> "0.00123": four significant digits; "inf", "-" for NaN.
std::string shortNumber(double value);
/// "5.77 M", "1.24 G".
std::string countText(double count);

} // namespace quantlathe::cli
