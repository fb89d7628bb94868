// SPDX-License-Identifier: GPL-3.0-or-later
// What quantizing a tensor costs: the difference between the weights and what a type makes of them.
#pragma once

#include "core/analysis/non_finite.h"
#include "core/base/run_control.h"
#include "core/codecs/encode_options.h"
#include "core/model/importance.h"
#include "core/model/tensor.h"

#include <cstdint>
#include <vector>

namespace quantlathe {

/// Sums from which every figure follows; added up over rows and tensors in a fixed order.
struct ErrorSums
{
    std::uint64_t weights = 0;
    double squaredWeights = 0;   ///< sum w^2
    double squaredRebuilt = 0;   ///< sum q^2
    double product = 0;          ///< sum w q
    double squaredError = 0;     ///< sum (w - q)^2
    double maximumError = 0;     ///< max |w - q|
    // Weighted by the importance v of each weight's input channel; both 0 for weights without importance.
    double weightedSquares = 0;  ///< sum v w^2
    double weightedError = 0;    ///< sum v (w - q)^2

    void add(const ErrorSums& other);
    /// sqrt(sum (w-q)^2 / sum w^2); 0 when both are 0, infinity when only the weights are 0
    [[nodiscard]] double relativeRms() const;
    /// True when some of the weights have importance and are not all 0.
    [[nodiscard]] bool isWeighted() const { return weightedSquares > 0 || weightedError > 0; }
    /// sqrt(sum v (w-q)^2 / sum v w^2) over the weights with importance; as relativeRms() otherwise. An estimate of the relative error
    /// of what the matrix computes.
    [[nodiscard]] double weightedRelativeRms() const;
    /// -20 log10(relativeRms); infinity when exact
    [[nodiscard]] double signalToNoiseDb() const;
    /// 1 when both are 0
    [[nodiscard]] double cosine() const;
};

/// The sums over one stretch of weights; the same bits on every SIMD target. The maximum error is infinite where a scale
/// overflowed and rebuilt NaN.
/// @param importance one per weight, finite and >= 0, or null: no weighted sums
ErrorSums sumsOf(const float* original, const float* changed, std::size_t count, const float* importance = nullptr);

struct QuantizationError
{
    ErrorSums total;
    std::vector<float> rowRelativeRms; ///< one per measured row (output channel), in row order; empty unless asked for
    bool isSampled = false;            ///< from a part of the rows
    ReplacedWeights replaced;          ///< among the measured rows; the error is that against the replaced weights
};

struct ErrorOptions
{
    bool perRow = false;
    std::uint64_t maximumWeights = 0; ///< > 0: a deterministic, evenly spaced sample of rows of about this many weights
    TensorImportance importance;       ///< of this tensor; empty: without. measureError() only
    unsigned threads = 0;
    Encoding encoding;                 ///< measureError() only
    NonFinite nonFinite = NonFinite::Fail; ///< measureError() only
};

/// Encodes and decodes @p tensor as @p type. A type equal to the stored one costs nothing (copied unchanged).
/// @throws Error(Unsupported) when the tensor cannot be decoded or @p type not encoded, or rows do not fit;
/// Error(BadFormat) naming tensor, row and column at the first NaN or infinity, unless they are clamped; Error(Cancelled,
/// SourceChanged)
QuantizationError measureError(const Tensor& tensor, TensorType type, const ErrorOptions& options,
                               const RunControl& control);

/// Compares two decodable tensors of the same shape. @throws as above; InvalidArgument when the shapes differ
QuantizationError measureDifference(const Tensor& original, const Tensor& changed, const ErrorOptions& options,
                                    const RunControl& control);

} // namespace quantlathe
