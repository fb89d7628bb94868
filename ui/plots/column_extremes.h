// SPDX-License-Identifier: GPL-3.0-or-later
// Many values on few pixels without losing a peak.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace quantlathe::ui {

/// What lies in one column of pixels.
struct ColumnRange
{
    double position = 0; ///< middle of the indices in it
    float low = 0;
    float high = 0;
    bool operator==(const ColumnRange&) const = default;
};

/// Smallest and largest of @p values[first ... last) for each of @p columns equal parts (at least one value each, so at
/// most last - first columns come back). Values that are not finite are left out; columns of nothing else, too.
std::vector<ColumnRange> columnExtremes(std::span<const float> values, std::size_t first, std::size_t last, std::size_t columns);

} // namespace quantlathe::ui
