// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/codecs/lattice_grids.h"

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

} // namespace quantlathe::codecs
