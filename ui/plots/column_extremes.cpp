// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/column_extremes.h"

#include <algorithm>
#include <cmath>

namespace quantlathe::ui {

std::vector<ColumnRange> columnExtremes(std::span<const float> values, std::size_t first, std::size_t last, std::size_t columns)
{
    last = std::min(last, values.size());
    std::vector<ColumnRange> ranges;
    if (first >= last || columns == 0)
        return ranges;
    const std::size_t count = last - first;
    columns = std::min(columns, count);
    ranges.reserve(columns);
    for (std::size_t column = 0; column < columns; ++column) {
        const std::size_t begin = first + count * column / columns;
        const std::size_t end = first + count * (column + 1) / columns;
        ColumnRange range{static_cast<double>(begin + end - 1) / 2, 0, 0};
        bool isEmpty = true;
        for (std::size_t index = begin; index < end; ++index) {
            const float value = values[index];
            if (!std::isfinite(value))
                continue;
            range.low = isEmpty ? value : std::min(range.low, value);
            range.high = isEmpty ? value : std::max(range.high, value);
            isEmpty = false;
        }
        if (!isEmpty)
            ranges.push_back(range);
    }
    return ranges;
}

} // namespace quantlathe::ui
