// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/codecs/lattice_grids.h"

#include <algorithm>
#include <map>

namespace quantlathe::codecs {

std::vector<std::int8_t> expandPoints(std::span<const std::uint16_t> points,
                                      std::span<const std::int8_t> levels, std::size_t dimensions)
{
    const std::size_t bits = levels.size() > 4 ? 3 : 2;
    const unsigned mask = (1u << bits) - 1;
    std::vector<std::int8_t> bytes;
    bytes.reserve(points.size() * dimensions);
    for (const unsigned point : points) {
        for (std::size_t component = 0; component < dimensions; ++component)
            bytes.push_back(levels[point >> (bits * component) & mask]);
    }
    return bytes;
}

const std::int8_t* expandedIQ2_XXS()
{
    static const auto bytes = expandPoints(pointsIQ2_XXS, levelsIQ2, 8);
    return bytes.data();
}

const std::int8_t* expandedIQ2_XS()
{
    static const auto bytes = expandPoints(pointsIQ2_XS, levelsIQ2, 8);
    return bytes.data();
}

const std::int8_t* expandedIQ2_S()
{
    static const auto bytes = expandPoints(pointsIQ2_S, levelsIQ2, 8);
    return bytes.data();
}

const std::int8_t* expandedIQ3_XXS()
{
    static const auto bytes = expandPoints(pointsIQ3_XXS, levelsIQ3_XXS, 4);
    return bytes.data();
}

const std::int8_t* expandedIQ3_S()
{
    static const auto bytes = expandPoints(pointsIQ3_S, levelsIQ3_S, 4);
    return bytes.data();
}

const std::int8_t* expandedIQ1()
{
    static const auto bytes = expandPoints(pointsIQ1, levelsIQ1, 8);
    return bytes.data();
}

SearchGrid::SearchGrid(std::span<const std::uint16_t> points, std::size_t levels)
{
    const unsigned halfBits = levels > 4 ? 6 : 8;
    const auto entryOf = [levels](unsigned code) {
        if (levels > 4)
            return (code & 7) * 8 + (code >> 3);
        return (((code & 3) * 3 + (code >> 2 & 3)) * 3 + (code >> 4 & 3)) * 3 + (code >> 6);
    };
    std::map<unsigned, std::vector<unsigned>> seconds; // by the code of the first half
    numberOf.resize(std::size_t{1} << 2 * halfBits);
    for (std::size_t number = 0; number < points.size(); ++number) {
        const unsigned point = points[number];
        numberOf[point] = static_cast<std::uint16_t>(number);
        seconds[point & ((1u << halfBits) - 1)].push_back(point >> halfBits);
    }
    // Groups of equal size follow each other: the inner loop's branches are easier to predict.
    std::vector<std::pair<unsigned, std::vector<unsigned>>> ordered(seconds.begin(), seconds.end());
    std::stable_sort(ordered.begin(), ordered.end(),
                     [](const auto& a, const auto& b) { return a.second.size() > b.second.size(); });
    groups = ordered.size();
    for (auto& [first, list] : ordered) {
        list.resize((list.size() + stride - 1) / stride * stride, list.back());
        groupAt.push_back(static_cast<std::uint16_t>(entryOf(first) * entryBytes));
        groupCode.push_back(static_cast<std::int32_t>(first));
        groupSize.push_back(static_cast<std::uint16_t>(list.size()));
        for (const unsigned second : list)
            members.push_back(static_cast<std::uint16_t>(entryOf(second) * entryBytes));
    }
}

const SearchGrid& searchIQ2_XXS()
{
    static const SearchGrid grid(pointsIQ2_XXS, 3);
    return grid;
}

const SearchGrid& searchIQ2_XS()
{
    static const SearchGrid grid(pointsIQ2_XS, 3);
    return grid;
}

const SearchGrid& searchIQ2_S()
{
    static const SearchGrid grid(pointsIQ2_S, 3);
    return grid;
}

const SearchGrid& searchIQ3_XXS()
{
    static const SearchGrid grid(pointsIQ3_XXS, 8);
    return grid;
}

const SearchGrid& searchIQ3_S()
{
    static const SearchGrid grid(pointsIQ3_S, 8);
    return grid;
}

const SearchGrid& searchIQ1()
{
    static const SearchGrid grid(pointsIQ1, 3);
    return grid;
}

} // namespace quantlathe::codecs
