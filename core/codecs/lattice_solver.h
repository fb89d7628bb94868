// SPDX-License-Identifier: GPL-3.0-or-later
// Scales for a batch of sub-blocks of a lattice format. A sub-block's scale is D * (2c + 1) with a code c of
// its own and a D that its super-block shares and that is stored as a half.
#pragma once

#include "core/codecs/encode_options.h"
#include "core/codecs/lattice_search.h"

namespace quantlathe::codecs {

/// What tells the lattice formats apart.
struct LatticeRules
{
    std::size_t width;      ///< weights of a sub-block
    std::size_t components; ///< of a point
    int codes;              ///< of a scale
    float unit;             ///< D of d = 1
    bool hasSigns;          ///< else levels are signed and shifted
    bool hasSevenSigns;     ///< of eight
    bool shiftsByPoint;     ///< else by sub-block
    bool flattensMagnitude; ///< objective magnitude: weights x^2 + half the mean square, else x^2
    bool sizesImportance;   ///< objective unbiased: importance times sqrt(mean square + x^2)
    bool rootsImportance;   ///< objective unbiased: v^(1/2) instead of v^(3/4)
    float typicalScale;     ///< a factor, see LatticeSolver::guess
    const SearchGrid& (*grid)();
    simd::LatticeSearch* search;

    [[nodiscard]] std::size_t subBlocks() const { return 256 / width; }     ///< of a super-block
    [[nodiscard]] std::size_t points() const { return width / components; } ///< of a sub-block
    [[nodiscard]] std::size_t supers() const
    {
        return latticeLanes * width / 256;
    } ///< super-blocks of a batch
};

/// A batch and what is found for it. Weights are scaled by a power of two per super-block so that the largest
/// magnitude is about 1; @c halfPerD turns D into what is stored.
struct LatticeProblem
{
    LatticeBatch batch;
    LatticeRow energy;    ///< sum w x^2
    LatticeRow weightSum; ///< sum w
    LatticeRow magnitude; ///< sum w |x|
    LatticeRow largest;   ///< largest |x|
    LatticeRow influence; ///< on what the super-block shares: 0 for sub-blocks without importance, else 1
    std::array<float, 2> halfPerD{1, 1}; ///< per super-block of the batch

    std::array<float, 2> d{}; ///< D, after its rounding to half
    LatticeRow codes;
    LatticeAssignment& assignment() { return points.assignment; }
    LatticePoints points;
    LatticePoints otherPoints; ///< tried beside them; here so that it is not set to zero for every batch
};

/// The steps of which both efforts consist. All numbers are computed lane by lane in a fixed order.
class LatticeSolver
{
public:
    LatticeSolver(const LatticeRules& rules, LatticeProblem& problem) : m_rules(rules), m_problem(problem) {}

    void solve(const EncodeOptions& options);

private:
    void solveStandard();
    void solveBest();

    [[nodiscard]] std::size_t superOf(std::size_t lane) const { return lane / m_rules.subBlocks(); }
    [[nodiscard]] LatticeRow scalesOf(const LatticeRow& codes) const;
    /// Of the best points, per sub-block. Formats with shifts: by lower bounds or exactly; the better shifts
    /// go into the batch.
    LatticeRow errorsAt(const LatticeRow& scales, bool isExact);
    LatticeRow shiftedErrors(const LatticeRow& scales);
    [[nodiscard]] LatticeRow sumOfPoints(const LatticeRow* errors) const;

    [[nodiscard]] float sumOfSuper(const LatticeRow& row, std::size_t super) const;
    [[nodiscard]] LatticeRow guess() const;
    [[nodiscard]] LatticeRow wantedScales();
    [[nodiscard]] float rounded(float d, std::size_t super) const;
    [[nodiscard]] bool isCoarse(float d, std::size_t super) const;
    [[nodiscard]] LatticeRow nearestCodes(const LatticeRow& scales, const LatticeRow& d) const;
    void chooseD(const LatticeRow& scales);
    void findPoints(const LatticeRow& codes, LatticePoints& points) const;
    /// The better of the two codes around each wanted scale, and its points.
    void assignBetterCodes(const LatticeRow& scales);
    /// The better shifts and their points, for the problem's codes.
    void assignShifted();
    /// The points for the problem's codes and shifts.
    void assign();
    /// D by least squares for the points chosen.
    void refit();
    /// Makes D as much larger as it is too small by least squares (unbiased.h).
    void restoreSize();

    // Effort best, lattice_best.cpp
    struct ErrorCurves;
    void measureCurves(ErrorCurves& curves);
    LatticeRow totalsOf(const LatticeRow& errors) const;
    LatticeRow bestCodes(const LatticeRow& start, int reach);

    const LatticeRules& m_rules;
    LatticeProblem& m_problem;
};

} // namespace quantlathe::codecs
