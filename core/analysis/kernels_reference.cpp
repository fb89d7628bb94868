// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/kernels_reference.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace quantlathe::kernels::reference {

namespace {

/// Eight running sums; weight i belongs to lane i mod 8.
struct Lanes
{
    std::array<double, 8> lane{};

    void add(std::size_t index, double value) { lane[index % 8] += value; }
    [[nodiscard]] double sum() const
    {
        return ((lane[0] + lane[4]) + (lane[2] + lane[6])) + ((lane[1] + lane[5]) + (lane[3] + lane[7]));
    }
};

} // namespace

bool isFinite(const float* weights, std::size_t count)
{
    return std::all_of(weights, weights + count, [](float w) { return std::isfinite(w); });
}

BlockScan scanBlock(const float* weights, std::size_t count)
{
    BlockScan scan;
    scan.isFinite = isFinite(weights, count);
    if (!scan.isFinite)
        return scan;
    scan.minimum = *std::min_element(weights, weights + count);
    scan.maximum = *std::max_element(weights, weights + count);
    Lanes sum;
    for (std::size_t index = 0; index < count; ++index) {
        scan.zeroCount += weights[index] == 0.0f;
        sum.add(index, weights[index]);
    }
    scan.sum = sum.sum();
    return scan;
}

CentralSums centralSums(const float* weights, std::size_t count, double mean)
{
    Lanes second, third, fourth;
    for (std::size_t index = 0; index < count; ++index) {
        const double delta = weights[index] - mean;
        const double square = delta * delta;
        second.add(index, square);
        third.add(index, square * delta);
        fourth.add(index, square * square);
    }
    return {second.sum(), third.sum(), fourth.sum()};
}

std::uint64_t countBins(const float* weights, std::size_t count, const Binning& binning, std::uint32_t* tables)
{
    std::uint64_t outliers = 0;
    for (std::size_t index = 0; index < count; ++index) {
        ++tables[binOf(weights[index], binning)];
        outliers += weights[index] < binning.lowerLimit || weights[index] > binning.upperLimit;
    }
    return outliers;
}

DifferenceSums differenceSums(const float* first, const float* second, std::size_t count)
{
    Lanes squaredFirst, squaredSecond, product, squaredDifference;
    DifferenceSums sums;
    for (std::size_t index = 0; index < count; ++index) {
        const double a = first[index];
        const double b = second[index];
        squaredFirst.add(index, a * a);
        squaredSecond.add(index, b * b);
        product.add(index, a * b);
        squaredDifference.add(index, (a - b) * (a - b));
        if (std::abs(a - b) > sums.maximumDifference)
            sums.maximumDifference = std::abs(a - b);
    }
    sums.squaredFirst = squaredFirst.sum();
    sums.squaredSecond = squaredSecond.sum();
    sums.product = product.sum();
    sums.squaredDifference = squaredDifference.sum();
    return sums;
}

WeightedSums weightedSums(const float* first, const float* second, const float* importance, std::size_t count)
{
    Lanes squaredFirst, squaredDifference;
    for (std::size_t index = 0; index < count; ++index) {
        const double a = first[index];
        const double delta = a - second[index];
        const double v = importance[index];
        squaredFirst.add(index, a * a * v);
        squaredDifference.add(index, delta * delta * v);
    }
    return {squaredFirst.sum(), squaredDifference.sum()};
}

} // namespace quantlathe::kernels::reference
