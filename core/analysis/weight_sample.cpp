// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/weight_sample.h"

#include "core/analysis/distribution.h"
#include "core/analysis/moments.h"
#include "core/analysis/round_trip.h"
#include "core/base/content_hash.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace quantlathe {

namespace {

constexpr std::uint64_t pieceWeights = 256;

/// begin of stratum @p index of @p strata over @p count things.
std::uint64_t stratumBegin(std::uint64_t index, std::uint64_t strata, std::uint64_t count)
{
    return static_cast<std::uint64_t>(static_cast<unsigned __int128>(index) * count / strata);
}

/// How much wider than a normal deviation Student's is at 95 %, for @p freedom degrees of freedom (first terms of the
/// Cornish-Fisher expansion; within 2 % from 3 degrees on).
double studentFactor(double freedom) { return 1 + 1.21 / freedom + 1.37 / (freedom * freedom); }

} // namespace

PairError exactPair(const ErrorSums& sums)
{
    PairError error;
    error.quality = PairError::Quality::Exact;
    error.squaredError = sums.squaredError;
    const double relative = sums.relativeRms();
    error.relativeSquared = relative * relative;
    error.maximumError = sums.maximumError;
    const double weighted = sums.weightedRelativeRms();
    error.relativeWeighted = weighted * weighted;
    return error;
}

WeightSample::WeightSample(const Tensor& tensor, std::uint64_t maximumWeights, const TensorImportance& importance)
    : m_tensor(&tensor)
    , m_weightCount(tensor.shape().weightCount())
{
    const WeightReader reader(tensor);
    if (m_weightCount == 0)
        return;
    const std::uint64_t rowLength = tensor.shape().rowLength();
    // A piece must begin at a block of the stored type.
    const std::uint64_t length = std::min(rowLength, reader.granule() > pieceWeights ? rowLength : pieceWeights);
    const std::uint64_t piecesPerRow = (rowLength - 1) / length + 1;
    const std::uint64_t pieces = piecesPerRow * tensor.shape().rowCount();
    const bool isWhole = m_weightCount <= maximumWeights;
    const std::uint64_t taken = isWhole ? pieces : std::clamp<std::uint64_t>(maximumWeights / length, 2, pieces);

    NonFiniteGuard guard;
    std::vector<float> buffer;
    m_weights.reserve(static_cast<std::size_t>(std::min(m_weightCount, taken * length)));
    m_lengths.reserve(taken);
    for (std::uint64_t index = 0; index < taken; ++index) {
        const std::uint64_t begin = stratumBegin(index, taken, pieces);
        const std::uint64_t size = stratumBegin(index + 1, taken, pieces) - begin;
        const std::uint64_t piece = begin + (taken == pieces ? 0 : ContentHash::finished(index) % size);
        const std::uint64_t row = piece / piecesPerRow;
        const std::uint64_t column = piece % piecesPerRow * length;
        const auto count = static_cast<std::size_t>(std::min(length, rowLength - column));
        const float* weights = reader.read(row * rowLength + column, count, buffer);
        if (guard.isNeeded(row))
            guard.check(tensor, weights, count, row, column);
        m_weights.insert(m_weights.end(), weights, weights + count);
        m_lengths.push_back(static_cast<std::uint32_t>(count));
        if (!importance.isEmpty()) {
            m_importance.resize(m_weights.size());
            importance.read(row, column, std::span(m_importance).last(count));
        }
    }
    try {
        guard.throwIfFound();
    } catch (const Error& error) {
        m_nonFinite = error;
    }
    tensor.throwIfSourceChanged();
}

std::uint64_t WeightSample::hash() const
{
    ContentHash hash;
    hash.add(std::as_bytes(std::span(m_weights)));
    return hash.value()[0];
}

WeightFigures WeightSample::figures() const
{
    WeightFigures figures;
    figures.quality = isWhole() ? PairError::Quality::Exact : PairError::Quality::Sampled;
    figures.sampleHash = hash();
    Moments moments;
    CompensatedSum sum;
    std::uint64_t count = 0;
    for (const float weight : m_weights) {
        if (!std::isfinite(weight))
            continue;
        figures.minimum = count == 0 ? weight : std::min<double>(figures.minimum, weight);
        figures.maximum = count == 0 ? weight : std::max<double>(figures.maximum, weight);
        sum.add(weight);
        ++count;
    }
    if (count == 0)
        return figures;
    moments.count = count;
    moments.mean = sum.value() / static_cast<double>(count);
    for (const float weight : m_weights) {
        if (!std::isfinite(weight))
            continue;
        const double square = (weight - moments.mean) * (weight - moments.mean);
        moments.second += square;
        moments.fourth += square * square;
    }
    figures.standardDeviation = moments.standardDeviation();
    figures.excessKurtosis = moments.excessKurtosis();
    const double limit = Distribution::outlierDeviations * figures.standardDeviation;
    const auto outliers = std::count_if(m_weights.begin(), m_weights.end(), [&](float weight) {
        return std::isfinite(weight) && std::abs(weight - moments.mean) > limit;
    });
    figures.outlierShare = static_cast<double>(outliers) / static_cast<double>(count);
    return figures;
}

MeasuredPair WeightSample::errorAs(TensorType type, const Encoding& encoding) const
{
    const Codec& codec = codecFor(type);
    const std::uint64_t rowLength = m_tensor->shape().rowLength();
    if (!codec.canEncode() || !codec.canDecode() || !fitsRow(type, rowLength))
        throw Error(ErrorKind::Unsupported, fmt::format("rows of {} weights cannot be written as {}", rowLength, name(type)),
                    {m_tensor->storage().file()->path(), std::nullopt, m_tensor->name()});
    if (m_nonFinite)
        throw *m_nonFinite;

    // All pieces as one long row: most encoders work on many blocks side by side.
    std::vector<std::byte> blocks(*rowBytes(type, m_weights.size()));
    std::vector<float> rebuilt(m_weights.size());
    if (!m_weights.empty()) {
        codec.encodeRow(m_weights.data(), m_importance.empty() ? nullptr : m_importance.data(), m_weights.size(), codec.options(encoding), blocks.data());
        codec.decode(blocks.data(), rebuilt.data(), rebuilt.size());
    }

    MeasuredPair result;
    std::vector<ErrorSums> pieces;
    pieces.reserve(m_lengths.size());
    std::size_t first = 0;
    for (const std::uint32_t length : m_lengths) {
        pieces.push_back(sumsOf(m_weights.data() + first, rebuilt.data() + first, length,
                                m_importance.empty() ? nullptr : m_importance.data() + first));
        result.sums.add(pieces.back());
        first += length;
    }
    result.error = exactPair(result.sums);
    if (isWhole())
        return result;

    const auto taken = static_cast<double>(pieces.size());
    const auto looked = static_cast<double>(m_weights.size());
    const double scale = static_cast<double>(m_weightCount) / looked;
    const double mean = result.sums.squaredError / looked;
    double spread = 0;         // of the pieces' squared errors about their share
    double relativeSpread = 0; // of their residuals about the ratio
    double weightedSpread = 0;
    for (const ErrorSums& piece : pieces) {
        const double residual = piece.squaredError - mean * static_cast<double>(piece.weights);
        const double relative = piece.squaredError - result.error.relativeSquared * piece.squaredWeights;
        spread += residual * residual;
        relativeSpread += relative * relative;
        const double weighted = piece.weightedError - result.error.relativeWeighted * piece.weightedSquares;
        weightedSpread += weighted * weighted;
    }
    const double unseen = 1 - looked / static_cast<double>(m_weightCount);
    const double factor = studentFactor(taken - 1) * std::sqrt(unseen * taken / (taken - 1));
    result.error.quality = PairError::Quality::Sampled;
    result.error.squaredError *= scale;
    result.error.standardError = scale * factor * std::sqrt(spread);
    if (result.sums.squaredWeights > 0)
        result.error.relativeStandardError = factor * std::sqrt(relativeSpread) / result.sums.squaredWeights;
    result.error.relativeWeightedStandardError = result.sums.weightedSquares > 0
        ? factor * std::sqrt(weightedSpread) / result.sums.weightedSquares
        : result.error.relativeStandardError;
    return result;
}

} // namespace quantlathe
