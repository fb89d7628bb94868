// SPDX-License-Identifier: GPL-3.0-or-later
// The inner loops of this room, through Highway's dynamic dispatch. Sums are kept in doubles in eight fixed lanes (weight
// i goes to lane i mod 8) that are added in a fixed order, and a * b + c is never fused: every target, and the plain loops
// of kernels_reference.h, give the same bits.
#pragma once

#include <cstddef>
#include <cstdint>

namespace quantlathe::kernels {

/// Weights per call that keep both passes over them in the first-level cache.
inline constexpr std::size_t blockWeights = 4096;
/// Separate count tables, so that equal neighbours do not wait for each other's increment.
inline constexpr std::size_t countTables = 4;

struct BlockScan
{
    float minimum = 0;
    float maximum = 0;
    double sum = 0;
    std::uint64_t zeroCount = 0;
    bool isFinite = true; ///< when false, the other members mean nothing
};

/// Sums of powers of (w - mean).
struct CentralSums
{
    double second = 0;
    double third = 0;
    double fourth = 0;
};

/// Where a value is counted: bin floor((w - low) * scale), clamped to [0, bins). Weights outside the limits are outliers.
struct Binning
{
    double low = 0;
    double scale = 0;
    std::uint32_t bins = 1;
    float lowerLimit = 0;
    float upperLimit = 0;
};

/// As ErrorSums, for one stretch of weights.
struct DifferenceSums
{
    double squaredFirst = 0;
    double squaredSecond = 0;
    double product = 0;
    double squaredDifference = 0;
    double maximumDifference = 0; ///< NaN or infinities in the input: the sums tell, this does not
};

/// Sums weighted by importance.
struct WeightedSums
{
    double squaredFirst = 0;      ///< sum v a^2
    double squaredDifference = 0; ///< sum v (a - b)^2
};

/// @param count at least 1
BlockScan scanBlock(const float* weights, std::size_t count);
/// @param weights finite
CentralSums centralSums(const float* weights, std::size_t count, double mean);
/// Adds 1 for every weight to tables[t * binning.bins + bin], t < countTables, and returns the number of outliers.
/// @param weights NaN counts in bin 0, infinities in the first or last bin; @param count at most blockWeights
std::uint64_t countBins(const float* weights, std::size_t count, const Binning& binning, std::uint32_t* tables);
DifferenceSums differenceSums(const float* first, const float* second, std::size_t count);
/// @param importance v, one per weight
WeightedSums weightedSums(const float* first, const float* second, const float* importance, std::size_t count);
/// True when no weight is NaN or infinite.
bool isFinite(const float* weights, std::size_t count);

/// The bin of one value, the formula of countBins().
inline std::uint32_t binOf(double value, const Binning& binning)
{
    double position = (value - binning.low) * binning.scale;
    const double last = static_cast<double>(binning.bins - 1);
    position = position < last ? position : (position == position ? last : 0.0);
    return position > 0 ? static_cast<std::uint32_t>(position) : 0;
}

} // namespace quantlathe::kernels
