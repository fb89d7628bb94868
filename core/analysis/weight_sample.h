// SPDX-License-Identifier: GPL-3.0-or-later
// A deterministic sample of a tensor's weights, and what types make of it: figures in milliseconds, with a standard error.
#pragma once

#include "core/analysis/error_table.h"
#include "core/analysis/quantization_error.h"
#include "core/codecs/encode_options.h"
#include "core/model/tensor.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace quantlathe {

/// How the weights of one tensor spread.
struct WeightFigures
{
    PairError::Quality quality = PairError::Quality::Unknown; ///< Sampled or Exact when known; Failed: see the survey's errors
    double standardDeviation = 0;
    double minimum = 0;         ///< among the weights looked at
    double maximum = 0;
    double excessKurtosis = 0;  ///< as Distribution
    double outlierShare = 0;    ///< as Distribution: beyond Distribution::outlierDeviations
    std::uint64_t sampleHash = 0; ///< WeightSample::hash() of the first sample; 0 without

    [[nodiscard]] bool isKnown() const { return quality == PairError::Quality::Sampled || quality == PairError::Quality::Exact; }
};

/// What was measured of one tensor in one type.
struct MeasuredPair
{
    PairError error;
    ErrorSums sums; ///< over the weights looked at
};

/// A PairError over all weights.
PairError exactPair(const ErrorSums& sums);

/// Pieces of rows from all over a tensor: its rows are cut into pieces of up to 256 weights, the pieces into equal strata,
/// and of each stratum one piece is taken, at a place that depends on its number alone. Encoders look
/// at nothing beyond a block of at most 256 weights, so a piece is quantized as in its row.
/// Immutable; thread-safe.
class WeightSample
{
public:
    /// About @p maximumWeights of @p tensor; all of them where it has no more. Reads those weights only.
    /// @throws Error(Unsupported) for types that are not decoded
    /// @param importance of the tensor; empty: without. Has no bearing on which weights are looked at
    WeightSample(const Tensor& tensor, std::uint64_t maximumWeights, const TensorImportance& importance = {});

    [[nodiscard]] bool isWhole() const { return m_weights.size() == m_weightCount; }
    [[nodiscard]] std::uint64_t weightCount() const { return m_weights.size(); }
    /// The tensor's figures estimated from the sample (kurtosis of few weights is rough). NaN and infinities are left out.
    [[nodiscard]] WeightFigures figures() const;
    /// A hash of the sampled weights: the same sample of another content gives another one.
    [[nodiscard]] std::uint64_t hash() const;
    /// The error in @p type, which must fit the rows. The standard error is that of a stratified sample, bounded by the
    /// spread between all pieces, with Student's allowance for few of them.
    /// @throws Error(BadFormat) when the sample holds NaN or infinities, Error(Unsupported)
    [[nodiscard]] MeasuredPair errorAs(TensorType type, const Encoding& encoding) const;

private:
    const Tensor* m_tensor;
    std::uint64_t m_weightCount = 0;      ///< of the tensor
    std::vector<float> m_weights;         ///< piece by piece
    std::vector<float> m_importance;      ///< one per weight; empty without importance
    std::vector<std::uint32_t> m_lengths; ///< of the pieces
    std::optional<Error> m_nonFinite;
};

} // namespace quantlathe
