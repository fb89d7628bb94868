// SPDX-License-Identifier: GPL-3.0-or-later
// Effort standard: the scale each sub-block would like best is estimated from a formula and the errors at
// three scales around it; then D is chosen so that the codes' multiples come near to all of them, the better
// of two codes is taken for each sub-block, its points are found, and D is refitted to them.
#include "core/codecs/lattice_solver.h"

#include "core/codecs/block_parts.h"
#include "core/codecs/lattice_blocks.h"
#include "core/codecs/unbiased.h"

#include <algorithm>
#include <cmath>

namespace quantlathe::codecs {

namespace {

/// The integer nearest to a small number, ties to even. Unlike std::floor a loop of it is vectorised.
float nearestWhole(float value)
{
    constexpr float noFraction = 12582912.0f;
    return (value + noFraction) - noFraction;
}

LatticeRow constantRow(float value)
{
    LatticeRow row;
    row.values.fill(value);
    return row;
}

} // namespace

void LatticeSolver::solve(const EncodeOptions& options)
{
    if (options.effort == Effort::Best)
        solveBest();
    else
        solveStandard();
    if (options.objective == Objective::Unbiased)
        restoreSize();
}

void LatticeSolver::solveStandard()
{
    const LatticeRow wanted = wantedScales();
    chooseD(wanted);
    assignBetterCodes(wanted);
    refit();
}

LatticeRow LatticeSolver::scalesOf(const LatticeRow& codes) const
{
    LatticeRow scales;
    for (std::size_t lane = 0; lane < latticeLanes; ++lane)
        scales[lane] = m_problem.d[superOf(lane)] * (2 * codes[lane] + 1);
    return scales;
}

LatticeRow LatticeSolver::sumOfPoints(const LatticeRow* errors) const
{
    LatticeRow sum = errors[0];
    for (std::size_t point = 1; point < m_rules.points(); ++point) {
        for (std::size_t lane = 0; lane < latticeLanes; ++lane)
            sum[lane] += errors[point][lane];
    }
    return sum;
}

LatticeRow LatticeSolver::errorsAt(const LatticeRow& scales, bool isExact)
{
    if (!m_rules.hasSigns && isExact)
        return shiftedErrors(scales);
    if (!m_rules.hasSigns) {
        LatticeRow errors;
        simd::boundShifted(m_problem.batch, scales, m_rules.shiftsByPoint, errors,
                           m_problem.batch.shift.data());
        return errors;
    }
    std::array<LatticeRow, 8> errors;
    m_rules.search(m_rules.grid(), m_problem.batch, scales, errors.data(), nullptr);
    return sumOfPoints(errors.data());
}

LatticeRow LatticeSolver::shiftedErrors(const LatticeRow& scales)
{
    std::array<LatticeRow, 4> up;
    std::array<LatticeRow, 4> down;
    auto& shifts = m_problem.batch.shift;
    const std::size_t points = m_rules.points();
    for (std::size_t point = 0; point < points; ++point)
        shifts[point] = constantRow(latticeShift);
    m_rules.search(m_rules.grid(), m_problem.batch, scales, up.data(), nullptr);
    for (std::size_t point = 0; point < points; ++point)
        shifts[point] = constantRow(-latticeShift);
    m_rules.search(m_rules.grid(), m_problem.batch, scales, down.data(), nullptr);
    const LatticeRow allUp = sumOfPoints(up.data());
    const LatticeRow allDown = sumOfPoints(down.data());
    for (std::size_t point = 0; point < points; ++point) {
        const LatticeRow& first = m_rules.shiftsByPoint ? up[point] : allUp;
        const LatticeRow& second = m_rules.shiftsByPoint ? down[point] : allDown;
        for (std::size_t lane = 0; lane < latticeLanes; ++lane) {
            const bool isDown = second[lane] < first[lane];
            shifts[point][lane] = isDown ? -latticeShift : latticeShift;
            up[point][lane] = isDown ? down[point][lane] : up[point][lane];
        }
    }
    return sumOfPoints(up.data());
}

/// A formula for the best scale, fitted to many sub-blocks of normal, heavy-tailed and real weights under all
/// objectives: right to 10 to 15 %. With r the root of the weighted mean square, m the largest and a the
/// weighted mean magnitude m^(3/4) r^(1/4) for IQ2 and IQ3, r (r/a)^(5/4) for IQ1, times a factor. By roots
/// only: powers are not the same on every machine.
LatticeRow LatticeSolver::guess() const
{
    LatticeRow scales;
    for (std::size_t lane = 0; lane < latticeLanes; ++lane) {
        const float root = std::sqrt(m_problem.energy[lane] / m_problem.weightSum[lane]);
        const float largest = m_problem.largest[lane];
        if (m_rules.hasSigns) {
            scales[lane] = m_rules.typicalScale * std::sqrt(largest * std::sqrt(largest * root));
        } else {
            const float ratio = root > 0 ? root * m_problem.weightSum[lane] / m_problem.magnitude[lane] : 1;
            scales[lane] = m_rules.typicalScale * root * ratio * std::sqrt(std::sqrt(ratio));
        }
    }
    return scales;
}

LatticeRow LatticeSolver::wantedScales()
{
    // Lower bounds of the errors cost so little that IQ1 can look at more scales.
    const std::size_t steps = m_rules.hasSigns ? 3 : 6;
    const float ratio = m_rules.hasSigns ? 1.15f : 1.1f;
    LatticeRow scales = guess();
    const float first = m_rules.hasSigns ? 1 / ratio : 1 / (ratio * ratio);
    for (std::size_t lane = 0; lane < latticeLanes; ++lane)
        scales[lane] *= first;
    std::array<LatticeRow, 6> errors;
    LatticeRow wanted = scales;
    LatticeRow least;
    for (std::size_t step = 0; step < steps; ++step) {
        errors[step] = errorsAt(scales, false);
        for (std::size_t lane = 0; lane < latticeLanes; ++lane) {
            const bool isBetter = step == 0 || errors[step][lane] < least[lane];
            wanted[lane] = isBetter ? scales[lane] : wanted[lane];
            least[lane] = isBetter ? errors[step][lane] : least[lane];
            scales[lane] *= ratio;
        }
    }
    // Between its neighbours the best one moves to the lowest point of a parabola.
    for (std::size_t lane = 0; lane < latticeLanes; ++lane) {
        for (std::size_t step = 1; step + 1 < steps; ++step) {
            if (errors[step][lane] != least[lane])
                continue;
            const float rise = errors[step + 1][lane] - least[lane];
            const float fall = errors[step - 1][lane] - least[lane];
            if (rise > 0 && fall > 0)
                wanted[lane] *= 1 + 0.5f * (fall - rise) / (fall + rise) * (ratio - 1);
        }
    }
    return wanted;
}

/// Eight or sixteen lanes added up, halves onto each other.
float LatticeSolver::sumOfSuper(const LatticeRow& row, std::size_t super) const
{
    std::array<float, 8> sums;
    if (m_rules.subBlocks() == 8) {
        std::copy_n(row.values.begin() + static_cast<std::ptrdiff_t>(8 * super), 8, sums.begin());
    } else {
        for (std::size_t lane = 0; lane < 8; ++lane)
            sums[lane] = row[lane] + row[lane + 8];
    }
    for (std::size_t lane = 0; lane < 4; ++lane)
        sums[lane] += sums[lane + 4];
    return (sums[0] + sums[2]) + (sums[1] + sums[3]);
}

/// What will be stored for D, as D.
float LatticeSolver::rounded(float d, std::size_t super) const
{
    const float factor = m_problem.halfPerD[super];
    return halfToFloat(floatToHalf(limitToHalf(d * factor))) / factor;
}

/// Whether the halves around D lie so far apart (denormal ones, or none) that rounding must be looked at.
bool LatticeSolver::isCoarse(float d, std::size_t super) const
{
    const float half = d * m_problem.halfPerD[super];
    return half < 0x1p-17f || half > 0.9f * largestHalf;
}

LatticeRow LatticeSolver::nearestCodes(const LatticeRow& scales, const LatticeRow& d) const
{
    const auto last = static_cast<float>(m_rules.codes - 1);
    LatticeRow codes;
    for (std::size_t lane = 0; lane < latticeLanes; ++lane) {
        const float code = 0.5f * (scales[lane] / d[lane]) - 0.5f;
        codes[lane] = nearestWhole(code > 0 ? code < last ? code : last : 0);
    }
    return codes;
}

/// The D whose multiples are nearest to the wanted scales; a relative miss m costs about m^2 sum w x^2.
void LatticeSolver::chooseD(const LatticeRow& scales)
{
    constexpr std::size_t steps = 16;
    constexpr float stepRatio = 0.03f;
    const auto top = static_cast<float>(2 * m_rules.codes - 1);
    const std::size_t subs = m_rules.subBlocks();
    LatticeRow cost;
    std::array<float, 2> least{};
    std::array<float, 2> largest{};
    for (std::size_t lane = 0; lane < latticeLanes; ++lane) {
        cost[lane] = m_problem.influence[lane] * m_problem.energy[lane];
        const std::size_t super = superOf(lane);
        least[super] += cost[lane]; // of D = 0
        if (cost[lane] > 0 && scales[lane] > largest[super])
            largest[super] = scales[lane];
    }
    std::array<LatticeRow, steps> d;
    for (std::size_t step = 0; step < steps; ++step) {
        for (std::size_t super = 0; super < m_rules.supers(); ++super) {
            float tried = largest[super] / (top * 1.05f) * (1 + stepRatio * static_cast<float>(step));
            if (isCoarse(tried, super)) {
                const float smallest = 0x1p-24f / m_problem.halfPerD[super];
                tried = rounded(tried > smallest ? tried : smallest, super);
            }
            std::fill_n(d[step].values.begin() + static_cast<std::ptrdiff_t>(super * subs), subs, tried);
        }
    }
    std::array<LatticeRow, steps> errors;
    simd::missesOfShared(scales, cost, static_cast<float>(m_rules.codes - 1), steps, d.data(), errors.data());
    m_problem.d = {};
    for (std::size_t step = 0; step < steps; ++step) {
        for (std::size_t super = 0; super < m_rules.supers(); ++super) {
            const float error = sumOfSuper(errors[step], super);
            if (error < least[super]) {
                least[super] = error;
                m_problem.d[super] = d[step][super * subs];
            }
        }
    }
    for (std::size_t super = 0; super < m_rules.supers(); ++super)
        m_problem.d[super] = rounded(m_problem.d[super], super);
}

void LatticeSolver::assignBetterCodes(const LatticeRow& scales)
{
    const auto last = static_cast<float>(m_rules.codes - 1);
    LatticeRow d;
    for (std::size_t lane = 0; lane < latticeLanes; ++lane)
        d[lane] = m_problem.d[superOf(lane)] > 0 ? m_problem.d[superOf(lane)] : 1;
    const LatticeRow nearest = nearestCodes(scales, d);
    LatticeRow other;
    for (std::size_t lane = 0; lane < latticeLanes; ++lane) {
        const float beside =
            nearest[lane] + (scales[lane] > d[lane] * (2 * nearest[lane] + 1) ? 1.0f : -1.0f);
        other[lane] = beside > 0 ? beside < last ? beside : last : 0;
    }
    if (m_rules.hasSigns) {
        findPoints(nearest, m_problem.points);
        findPoints(other, m_problem.otherPoints);
        const LatticeRow here = sumOfPoints(m_problem.points.errors.data());
        const LatticeRow there = sumOfPoints(m_problem.otherPoints.errors.data());
        for (std::size_t lane = 0; lane < latticeLanes; ++lane) {
            m_problem.codes[lane] = there[lane] < here[lane] ? other[lane] : nearest[lane];
            for (std::size_t point = 0; there[lane] < here[lane] && point < m_rules.points(); ++point)
                m_problem.assignment().takePoint(m_problem.otherPoints.assignment, point, lane);
        }
        return;
    }
    // IQ1: lower bounds tell the better code and, where one search per shift would take too long, the better
    // shift.
    const LatticeRow boundThere = errorsAt(scalesOf(other), false);
    const LatticeRow boundHere = errorsAt(scalesOf(nearest), false);
    for (std::size_t lane = 0; lane < latticeLanes; ++lane)
        m_problem.codes[lane] = boundThere[lane] < boundHere[lane] ? other[lane] : nearest[lane];
    if (m_rules.shiftsByPoint) {
        errorsAt(scalesOf(m_problem.codes), false);
        assign();
    } else {
        assignShifted();
    }
}

void LatticeSolver::findPoints(const LatticeRow& codes, LatticePoints& points) const
{
    m_rules.search(m_rules.grid(), m_problem.batch, scalesOf(codes), points.errors.data(),
                   &points.assignment);
}

void LatticeSolver::assignShifted()
{
    auto& shifts = m_problem.batch.shift;
    const std::size_t points = m_rules.points();
    LatticePoints& up = m_problem.points;
    LatticePoints& down = m_problem.otherPoints;
    std::fill_n(shifts.begin(), points, constantRow(latticeShift));
    findPoints(m_problem.codes, up);
    std::fill_n(shifts.begin(), points, constantRow(-latticeShift));
    findPoints(m_problem.codes, down);
    const LatticeRow allUp = sumOfPoints(up.errors.data());
    const LatticeRow allDown = sumOfPoints(down.errors.data());
    for (std::size_t point = 0; point < points; ++point) {
        const LatticeRow& first = m_rules.shiftsByPoint ? up.errors[point] : allUp;
        const LatticeRow& second = m_rules.shiftsByPoint ? down.errors[point] : allDown;
        for (std::size_t lane = 0; lane < latticeLanes; ++lane) {
            if (second[lane] < first[lane])
                up.assignment.takePoint(down.assignment, point, lane);
            else
                shifts[point][lane] = latticeShift;
        }
    }
}

void LatticeSolver::assign()
{
    findPoints(m_problem.codes, m_problem.points);
}

void LatticeSolver::refit()
{
    LatticeRow xq = sumOfPoints(m_problem.assignment().xq.data());
    LatticeRow qq = sumOfPoints(m_problem.assignment().qq.data());
    for (std::size_t lane = 0; lane < latticeLanes; ++lane) {
        const float multiple = 2 * m_problem.codes[lane] + 1;
        xq[lane] *= m_problem.influence[lane] * multiple;
        qq[lane] *= m_problem.influence[lane] * (multiple * multiple);
    }
    for (std::size_t super = 0; super < m_rules.supers(); ++super) {
        const float sumXQ = sumOfSuper(xq, super);
        const float sumQQ = sumOfSuper(qq, super);
        const float d = sumQQ > 0 && sumXQ > 0 ? rounded(sumXQ / sumQQ, super) : 0;
        if (d > 0)
            m_problem.d[super] = d;
    }
}

void LatticeSolver::restoreSize()
{
    LatticeRow projection = sumOfPoints(m_problem.assignment().xq.data());
    LatticeRow energy;
    for (std::size_t lane = 0; lane < latticeLanes; ++lane) {
        projection[lane] *= m_problem.influence[lane] * m_problem.d[superOf(lane)] * (2 * m_problem.codes[lane] + 1);
        energy[lane] = m_problem.influence[lane] * m_problem.energy[lane];
    }
    for (std::size_t super = 0; super < m_rules.supers(); ++super) {
        const double gain = unbiasedGain(static_cast<double>(sumOfSuper(energy, super)), static_cast<double>(sumOfSuper(projection, super)));
        m_problem.d[super] = rounded(m_problem.d[super] * static_cast<float>(gain), super);
    }
}

} // namespace quantlathe::codecs
