// SPDX-License-Identifier: GPL-3.0-or-later
// The points that the lattice formats choose from. A group of eight (IQ2, IQ1) or four (IQ3) weights is
// stored as the number of one point; its components are levels: magnitudes for IQ2 and IQ3, -1, 0, 1 for IQ1.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace quantlathe::codecs {

/// Points as stored in the program: two (IQ2, IQ1) or three (IQ3) bits per component, the first one lowest;
/// ascending.
extern const std::array<std::uint16_t, 256> pointsIQ2_XXS;
extern const std::array<std::uint16_t, 512> pointsIQ2_XS;
extern const std::array<std::uint16_t, 1024> pointsIQ2_S;
extern const std::array<std::uint16_t, 256> pointsIQ3_XXS;
extern const std::array<std::uint16_t, 512> pointsIQ3_S;
extern const std::array<std::uint16_t, 2048> pointsIQ1;

inline constexpr std::array<std::int8_t, 3> levelsIQ2 = {8, 25, 43};
inline constexpr std::array<std::int8_t, 8> levelsIQ3_XXS = {4, 12, 20, 28, 36, 44, 52, 62};
inline constexpr std::array<std::int8_t, 8> levelsIQ3_S = {1, 3, 5, 7, 9, 11, 13, 15};
inline constexpr std::array<std::int8_t, 3> levelsIQ1 = {-1, 0, 1};

/// Bytes: component @p i of point @p p stands at [p * dimensions + i].
std::vector<std::int8_t> expandPoints(std::span<const std::uint16_t> points,
                                      std::span<const std::int8_t> levels, std::size_t dimensions);

/// The expanded tables, made at first use (in well under a millisecond) and kept.
const std::int8_t* expandedIQ2_XXS();
const std::int8_t* expandedIQ2_XS();
const std::int8_t* expandedIQ2_S();
const std::int8_t* expandedIQ3_XXS();
const std::int8_t* expandedIQ3_S();
const std::int8_t* expandedIQ1();

/// A set of points arranged for the exhaustive search: a point is a first and a second half (of four or two
/// components), each half one of 81 (or 64) combinations of levels, and points are grouped by their first
/// half.
///
/// A combination's code is what the points hold: the numbers of its levels, two (three) bits each. Its entry
/// is its place in the tables of the search: the codes' digits as one number to the base three (eight), first
/// component highest.
struct SearchGrid
{
    SearchGrid(std::span<const std::uint16_t> points, std::size_t levels);

    /// Members are looked at four at a time; groups are filled up by repeating their last one.
    static constexpr std::size_t stride = 4;
    /// Bytes of an entry in the tables of the search: sixteen floats for each of two points.
    static constexpr std::size_t entryBytes = 128;

    std::size_t groups = 0;
    std::vector<std::uint16_t> groupAt; ///< the first half's entry, in bytes
    std::vector<std::int32_t> groupCode;
    std::vector<std::uint16_t> groupSize;
    std::vector<std::uint16_t> members;  ///< entries of the second halves, in bytes, group after group
    std::vector<std::uint16_t> numberOf; ///< of the point, by its components' code
};

/// Made at first use, in about 0.1 ms each, and kept.
const SearchGrid& searchIQ2_XXS();
const SearchGrid& searchIQ2_XS();
const SearchGrid& searchIQ2_S();
const SearchGrid& searchIQ3_XXS();
const SearchGrid& searchIQ3_S();
const SearchGrid& searchIQ1();

} // namespace quantlathe::codecs
