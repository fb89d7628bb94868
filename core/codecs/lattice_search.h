// SPDX-License-Identifier: GPL-3.0-or-later
// The nearest points of a lattice, found by looking at all of them, for sixteen sub-blocks side by side.
//
// For a given scale s a component x costs w (x - s v)^2 at level v. The costs of all combinations of levels
// of a point's first and second half go into two tables; a point costs the sum of one entry of each. Points
// are grouped by their first half, so a group needs one minimum per point over entries of the second table
// and one sum: little more than one vector operation for each point and sixteen weights.
//
// Signs are taken out first where the format has them (IQ2, IQ3): x is a magnitude. Where only seven of eight
// signs can be stored, a wrong sign at component i costs 4 w x s v more. If the number of minus signs is odd
// exactly one sign must be wrong, and the search chooses it together with the point.
#pragma once

#include "core/codecs/lattice_grids.h"

#include <array>
#include <cstddef>
#include <cstdint>

namespace quantlathe::codecs {

inline constexpr std::size_t latticeLanes = 16;   ///< sub-blocks of a batch
inline constexpr std::size_t longestLattice = 32; ///< weights of the longest sub-block

/// One number per sub-block.
struct alignas(64) LatticeRow
{
    std::array<float, latticeLanes> values{};
    float& operator[](std::size_t lane) { return values[lane]; }
    float operator[](std::size_t lane) const { return values[lane]; }
};

/// Sixteen sub-blocks side by side.
struct LatticeBatch
{
    std::size_t width = 0; ///< weights of a sub-block, 16 or 32
    std::array<LatticeRow, longestLattice> x;
    std::array<LatticeRow, longestLattice> w;
    /// Per eight weights: 1 where one sign will be wrong, else 0. Only for formats with seven signs.
    std::array<LatticeRow, longestLattice / 8> odd;
    /// Per point: what is added to each level, +-1/8. Only for IQ1.
    std::array<LatticeRow, longestLattice / 8> shift;
};

/// The point found: codes of both halves, and above them the component with the wrong sign (8 of eight, or 4
/// of four, if there is none).
using LatticeChoice = std::int32_t;
inline constexpr int secondHalfAt = 8;
inline constexpr int wrongSignAt = 16;

struct LatticeAssignment
{
    // All by point of the sub-block.
    std::array<LatticeRow, 8> xq; ///< sum w x q
    std::array<LatticeRow, 8> qq; ///< sum w q^2
    std::array<std::array<LatticeChoice, latticeLanes>, 8> choices{};

    void takePoint(const LatticeAssignment& other, std::size_t point, std::size_t lane)
    {
        xq[point][lane] = other.xq[point][lane];
        qq[point][lane] = other.qq[point][lane];
        choices[point][lane] = other.choices[point][lane];
    }
};

/// What a search finds. Errors are by point, too.
struct LatticePoints
{
    std::array<LatticeRow, 8> errors;
    LatticeAssignment assignment;
};

namespace simd {

/// Errors sum w (x - s q)^2 of the best points per point (IQ2, IQ1: per eight weights; IQ3: per four), at
/// errors[point]. Sub-blocks whose scale is 0 cost sum w x^2. With @p assignment (may be null) also what was
/// chosen; errors are then exact to 2^-14 only, and may be missed by that much by the point chosen.
using LatticeSearch = void(const SearchGrid& grid, const LatticeBatch& batch, const LatticeRow& scales,
                           LatticeRow* errors, LatticeAssignment* assignment);

LatticeSearch searchEightSigns2; ///< IQ2_S
LatticeSearch searchSevenSigns2; ///< IQ2_XXS, IQ2_XS
LatticeSearch searchEightSigns3; ///< IQ3_S
LatticeSearch searchSevenSigns3; ///< IQ3_XXS; the error of two points that share signs stands at the first, 0
                                 ///< at the other
LatticeSearch searchShifted;     ///< IQ1_S, IQ1_M

/// A cheap stand-in for searchShifted with both shifts, as if every combination of levels were a point: the
/// better shift of each point or, unless @p byPoint, of each sub-block goes to @p shifts (may be null), the
/// sum of its errors to
/// @p errors.
void boundShifted(const LatticeBatch& batch, const LatticeRow& scales, bool byPoint, LatticeRow& errors,
                  LatticeRow* shifts);

/// For @p steps values of D (in @p d, the same in all lanes that share it): cost (1 - D (2c + 1) / scale)^2
/// with the best code c from 0 to @p lastCode. Lanes of scale 0 cost nothing.
void missesOfShared(const LatticeRow& scales, const LatticeRow& cost, float lastCode, std::size_t steps,
                    const LatticeRow* d, LatticeRow* errors);

} // namespace simd

} // namespace quantlathe::codecs
