// SPDX-License-Identifier: GPL-3.0-or-later
// Effort best. The error of each sub-block is measured as a function of its scale, once. With these curves
// the error of any D (each sub-block taking its best code) costs next to nothing, so a fine grid of them is
// looked at; the best ones are then tried in earnest, with points, codes and D improved in turn until nothing
// changes.
#include "core/codecs/lattice_solver.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace quantlathe::codecs {

namespace {

constexpr std::size_t curvePoints = 48;
constexpr float curveRatio = 1.03f;
constexpr std::size_t sharedTries = 256; ///< D looked at with the curves
constexpr float sharedRatio = 1.006f;
constexpr std::size_t earnestTries = 6; ///< D tried in earnest
constexpr int rounds = 3;

} // namespace

/// Errors at first[lane] * curveRatio^index.
struct LatticeSolver::ErrorCurves
{
    LatticeRow first;
    std::array<LatticeRow, curvePoints> errors;

    /// Between the points linear; outside the miss costs the square of its relative size.
    [[nodiscard]] float at(std::size_t lane, float scale, float energy) const
    {
        const float ratio = scale / first[lane];
        // The logarithm's only use: a position between two points, whose rounding makes no difference that
        // matters. It is made of powers of the ratio of the points, not of the library's logarithm, which
        // differs between machines.
        std::size_t index = 0;
        float reached = 1;
        static const std::array<float, 7> powers = [] {
            std::array<float, 7> values{};
            float value = curveRatio;
            for (float& power : values) {
                power = value;
                value *= value;
            }
            return values;
        }();
        if (ratio <= 1) {
            const float miss = 1 - ratio;
            return errors[0][lane] + energy * miss * miss;
        }
        for (std::size_t bit = powers.size(); bit-- > 0;) {
            const std::size_t next = index + (std::size_t{1} << bit);
            if (next < curvePoints && reached * powers[bit] <= ratio) {
                index = next;
                reached *= powers[bit];
            }
        }
        if (index + 1 >= curvePoints) {
            const float miss = 1 - ratio / reached;
            return errors[index][lane] + energy * miss * miss;
        }
        const float part = (ratio / reached - 1) / (curveRatio - 1);
        return errors[index][lane] + std::min(part, 1.0f) * (errors[index + 1][lane] - errors[index][lane]);
    }
};

void LatticeSolver::measureCurves(ErrorCurves& curves)
{
    LatticeRow scales = guess();
    float start = 1;
    for (std::size_t index = 0; index < curvePoints / 2; ++index)
        start /= curveRatio;
    for (std::size_t lane = 0; lane < latticeLanes; ++lane)
        scales[lane] *= start;
    curves.first = scales;
    for (std::size_t lane = 0; lane < latticeLanes; ++lane)
        curves.first[lane] = std::max(curves.first[lane], std::numeric_limits<float>::min());
    for (LatticeRow& errors : curves.errors) {
        errors = errorsAt(scales, true);
        for (std::size_t lane = 0; lane < latticeLanes; ++lane)
            scales[lane] *= curveRatio;
    }
}

/// Sums over each super-block, at its first lane.
LatticeRow LatticeSolver::totalsOf(const LatticeRow& errors) const
{
    const std::size_t subs = m_rules.subBlocks();
    LatticeRow totals;
    for (std::size_t super = 0; super < m_rules.supers(); ++super) {
        for (std::size_t lane = super * subs; lane < (super + 1) * subs; ++lane)
            totals[super] += m_problem.influence[lane] * errors[lane];
    }
    return totals;
}

/// Codes at most @p reach from @p start, with D as it is; they become the problem's. @return their errors
LatticeRow LatticeSolver::bestCodes(const LatticeRow& start, int reach)
{
    const auto last = static_cast<float>(m_rules.codes - 1);
    LatticeRow least;
    least.values.fill(std::numeric_limits<float>::infinity());
    auto shifts = m_problem.batch.shift;
    for (int step = -reach; step <= reach; ++step) {
        LatticeRow codes;
        for (std::size_t lane = 0; lane < latticeLanes; ++lane)
            codes[lane] = std::clamp(start[lane] + static_cast<float>(step), 0.0f, last);
        const LatticeRow errors = errorsAt(scalesOf(codes), true);
        for (std::size_t lane = 0; lane < latticeLanes; ++lane) {
            if (!(errors[lane] < least[lane]))
                continue;
            least[lane] = errors[lane];
            m_problem.codes[lane] = codes[lane];
            for (std::size_t group = 0; group < shifts.size(); ++group)
                shifts[group][lane] = m_problem.batch.shift[group][lane];
        }
    }
    m_problem.batch.shift = shifts;
    return least;
}

void LatticeSolver::solveBest()
{
    const std::size_t subs = m_rules.subBlocks();
    const std::size_t supers = m_rules.supers();
    ErrorCurves curves;
    measureCurves(curves);

    // Where each sub-block's curve is lowest, and from that the range of D.
    std::array<float, 2> largest{};
    LatticeRow wanted;
    for (std::size_t lane = 0; lane < latticeLanes; ++lane) {
        float scale = curves.first[lane];
        float lowestAt = scale;
        float lowest = curves.errors[0][lane];
        for (const LatticeRow& errors : curves.errors) {
            if (errors[lane] < lowest) {
                lowest = errors[lane];
                lowestAt = scale;
            }
            scale *= curveRatio;
        }
        wanted[lane] = lowestAt;
        if (m_problem.influence[lane] * m_problem.energy[lane] > 0)
            largest[superOf(lane)] = std::max(largest[superOf(lane)], lowestAt);
    }

    struct Try
    {
        float error = std::numeric_limits<float>::infinity();
        float d = 0;
    };
    std::array<std::array<Try, earnestTries>, 2> tries{};
    const auto top = static_cast<float>(2 * m_rules.codes - 1);
    const auto lastCode = static_cast<float>(m_rules.codes - 1);
    for (std::size_t super = 0; super < supers; ++super) {
        std::array<Try, sharedTries> looked{};
        float d = largest[super] / (top * 1.4f);
        const float smallest = 0x1p-24f / m_problem.halfPerD[super];
        for (Try& one : looked) {
            one.d = rounded(std::max(d, smallest), super);
            one.error = 0;
            for (std::size_t lane = super * subs; lane < (super + 1) * subs; ++lane) {
                const float energy = m_problem.energy[lane];
                if (!(m_problem.influence[lane] * energy > 0))
                    continue;
                // Curves are not smooth: not always is the code nearest to their lowest point the best.
                const float code = std::clamp(std::floor(0.5f * wanted[lane] / one.d), 0.0f, lastCode);
                float least = std::numeric_limits<float>::infinity();
                for (float step = -3; step <= 3; ++step) {
                    const float tried = std::clamp(code + step, 0.0f, lastCode);
                    least = std::min(least, curves.at(lane, one.d * (2 * tried + 1), energy));
                }
                one.error += least;
            }
            d *= sharedRatio;
        }
        // The best of each valley, so that the tries differ.
        for (std::size_t index = 0; index < sharedTries; ++index) {
            const bool isLow = (index == 0 || looked[index].error < looked[index - 1].error) &&
                               (index + 1 == sharedTries || looked[index].error <= looked[index + 1].error);
            Try one = looked[index];
            if (!isLow)
                continue;
            for (Try& slot : tries[super]) {
                if (one.error < slot.error)
                    std::swap(one, slot);
            }
        }
    }

    LatticeProblem kept = m_problem;
    LatticeRow keptTotals;
    keptTotals.values.fill(std::numeric_limits<float>::infinity());
    for (std::size_t attempt = 0; attempt < earnestTries; ++attempt) {
        for (std::size_t super = 0; super < supers; ++super)
            m_problem.d[super] = tries[super][attempt].d > 0 ? tries[super][attempt].d : tries[super][0].d;
        LatticeRow start;
        for (std::size_t lane = 0; lane < latticeLanes; ++lane) {
            const float d = m_problem.d[superOf(lane)];
            float least = std::numeric_limits<float>::infinity();
            for (float code = 0; code <= lastCode && d > 0; ++code) {
                const float error = curves.at(lane, d * (2 * code + 1), m_problem.energy[lane]);
                if (error < least) {
                    least = error;
                    start[lane] = code;
                }
            }
        }
        for (int round = 0; round < rounds; ++round) {
            const LatticeRow totals = totalsOf(bestCodes(start, 1));
            assign();
            for (std::size_t super = 0; super < supers; ++super) {
                if (!(totals[super] < keptTotals[super]))
                    continue;
                keptTotals[super] = totals[super];
                kept.d[super] = m_problem.d[super];
                for (std::size_t lane = super * subs; lane < (super + 1) * subs; ++lane) {
                    kept.codes[lane] = m_problem.codes[lane];
                    for (std::size_t point = 0; point < m_rules.points(); ++point)
                        kept.assignment().takePoint(m_problem.assignment(), point, lane);
                    for (std::size_t group = 0; group < kept.batch.shift.size(); ++group)
                        kept.batch.shift[group][lane] = m_problem.batch.shift[group][lane];
                }
            }
            start = m_problem.codes;
            refit();
        }
    }
    m_problem = kept;
    refit();
}

} // namespace quantlathe::codecs
