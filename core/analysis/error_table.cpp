// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/error_table.h"

#include <algorithm>
#include <cmath>

namespace quantlathe {

double PairError::relativeRms() const { return std::sqrt(relativeSquared); }

double PairError::signalToNoiseDb() const { return -10 * std::log10(relativeSquared); }

double PairError::weightedRelativeRms() const { return std::sqrt(relativeWeighted); }

namespace {

std::array<double, 2> intervalOf(double square, double standardError)
{
    constexpr double deviations = 1.96; // 95 % of a normal distribution
    const double half = deviations * standardError;
    return {std::sqrt(std::max(0.0, square - half)), std::sqrt(square + half)};
}

} // namespace

std::array<double, 2> PairError::relativeRmsInterval() const { return intervalOf(relativeSquared, relativeStandardError); }

std::array<double, 2> PairError::weightedRelativeRmsInterval() const
{
    return intervalOf(relativeWeighted, relativeWeightedStandardError);
}

} // namespace quantlathe
