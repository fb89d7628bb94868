// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/inference/rope.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace quantlathe {

RopeTable makeRopeTable(const Rope& rope, std::uint64_t positions)
{
    const bool isLong = !rope.longFrequencies.empty() && positions > rope.originalContext;
    const std::vector<double>& frequencies = isLong ? rope.longFrequencies : rope.frequencies;
    const double magnitude = isLong ? rope.longMagnitude : rope.magnitude;
    RopeTable table;
    table.pairs = frequencies.size();
    table.cosines.resize(positions * table.pairs);
    table.sines.resize(positions * table.pairs);
    for (std::uint64_t position = 0; position < positions; ++position) {
        for (std::size_t pair = 0; pair < frequencies.size(); ++pair) {
            const double angle = static_cast<double>(position) * frequencies[pair];
            table.cosines[position * table.pairs + pair] = static_cast<float>(std::cos(angle) * magnitude);
            table.sines[position * table.pairs + pair] = static_cast<float>(std::sin(angle) * magnitude);
        }
    }
    return table;
}

std::vector<double> ropeFrequencies(double base, std::uint64_t dimensions)
{
    std::vector<double> frequencies(dimensions / 2);
    for (std::size_t pair = 0; pair < frequencies.size(); ++pair)
        frequencies[pair] = std::pow(base, -2.0 * static_cast<double>(pair) / static_cast<double>(dimensions));
    return frequencies;
}

void scaleLlama3(std::vector<double>& frequencies, double factor, double lowFactor, double highFactor, double originalContext)
{
    const double longestKept = originalContext / highFactor;
    const double shortestDivided = originalContext / lowFactor;
    for (double& frequency : frequencies) {
        const double wavelength = 2 * std::numbers::pi / frequency;
        if (wavelength < longestKept)
            continue;
        if (wavelength > shortestDivided || highFactor == lowFactor) {
            frequency /= factor;
            continue;
        }
        const double kept = (originalContext / wavelength - lowFactor) / (highFactor - lowFactor);
        frequency *= kept + (1 - kept) / factor;
    }
}

void scaleYarn(std::vector<double>& frequencies, double base, std::uint64_t dimensions, double factor, double betaFast, double betaSlow,
               double originalContext, bool isRounded)
{
    // The dimension whose wavelength fits the original context this many times.
    const auto dimensionOf = [&](double rotations) {
        return static_cast<double>(dimensions) * std::log(originalContext / (rotations * 2 * std::numbers::pi)) / (2 * std::log(base));
    };
    double low = dimensionOf(betaFast);
    double high = dimensionOf(betaSlow);
    if (isRounded) {
        low = std::floor(low);
        high = std::ceil(high);
    }
    low = std::max(low, 0.0);
    high = std::min(high, static_cast<double>(dimensions) - 1);
    if (low == high)
        high += 0.001; // no division by zero
    for (std::size_t pair = 0; pair < frequencies.size(); ++pair) {
        const double ramp = std::clamp((static_cast<double>(pair) - low) / (high - low), 0.0, 1.0);
        frequencies[pair] *= (1 - ramp) + ramp / factor;
    }
}

} // namespace quantlathe
