// SPDX-License-Identifier: GPL-3.0-or-later
// How weights are distributed: exact, over all of them, at memory speed.
#pragma once

#include "core/base/run_control.h"
#include "core/codecs/encode_options.h"
#include "core/model/importance.h"
#include "core/model/tensor.h"

#include <cstdint>
#include <span>
#include <vector>

namespace quantlathe {

/// Counts of finite values in equally wide bins over [low, high]; a value on an inner edge belongs to the upper bin,
/// `high` itself to the last one.
struct Histogram
{
    double low = 0;
    double high = 0;
    std::vector<std::uint64_t> counts;

    [[nodiscard]] double binWidth() const { return counts.empty() ? 0 : (high - low) / static_cast<double>(counts.size()); }
};

struct Distribution
{
    std::uint64_t weightCount = 0; ///< all, including NaN and infinities
    std::uint64_t nanCount = 0;
    std::uint64_t infinityCount = 0;
    std::uint64_t zeroCount = 0;
    // Of the finite weights; all 0 when there are none.
    double mean = 0;
    double standardDeviation = 0; ///< of the population
    double minimum = 0;
    double maximum = 0;
    double excessKurtosis = 0;    ///< 0 for a normal distribution; 0 when the deviation is 0
    double outlierShare = 0;      ///< share of weights further than outlierDeviations standard deviations from the mean
    Histogram histogram;          ///< over [minimum, maximum]

    static constexpr double outlierDeviations = 4.0;
};

struct DistributionOptions
{
    std::size_t bins = 512;
    unsigned threads = 0; ///< 0 = automatic
};

/// One distribution over all weights of @p tensors (one tensor, or a layer's). Exact; the same for every thread count and
/// SIMD target. Progress in weights.
/// @throws Error(Unsupported) for types that are not decoded, Error(Cancelled), Error(SourceChanged)
Distribution measureDistribution(std::span<const Tensor* const> tensors, const DistributionOptions& options,
                                 const RunControl& control);

/// The distribution that @p tensors would have after quantization to @p types (one each), counted into the bins of
/// @p bins (low, high and number of bins are taken from it; values outside go into the first or last bin).
/// @param importances one per tensor, or none at all. A tensor whose type stays is counted as it is stored. Progress in weights.
/// @throws Error(BadFormat) naming tensor, row and column at NaN or infinity in a tensor whose type changes;
/// Error(Unsupported, InvalidArgument) as RoundTrip; Error(Cancelled), Error(SourceChanged)
Histogram quantizedHistogram(std::span<const Tensor* const> tensors, std::span<const TensorType> types,
                             const Histogram& bins, unsigned threads, const RunControl& control,
                             const Encoding& encoding = {}, std::span<const TensorImportance> importances = {});

} // namespace quantlathe
