// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/error_table.h"

#include <algorithm>
#include <cmath>

namespace quantlathe {

double PairError::relativeRms() const { return std::sqrt(relativeSquared); }

double PairError::signalToNoiseDb() const { return -10 * std::log10(relativeSquared); }

std::array<double, 2> PairError::relativeRmsInterval() const
{
    constexpr double deviations = 1.96; // 95 % of a normal distribution
    const double half = deviations * relativeStandardError;
    return {std::sqrt(std::max(0.0, relativeSquared - half)), std::sqrt(relativeSquared + half)};
}

} // namespace quantlathe
