// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/quantization_error.h"

#include "core/analysis/weight_pairs.h"
#include "core/analysis/weight_progress.h"
#include "core/analysis/round_trip.h"
#include "core/base/parallel.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <fmt/format.h>
#include <limits>

namespace quantlathe {

namespace {

double relativeRoot(double error, double squares)
{
    if (error == 0)
        return 0;
    const double relative = std::sqrt(error / squares);
    return std::isnan(relative) ? std::numeric_limits<double>::infinity() : relative;
}

} // namespace

ErrorSums sumsOf(const float* original, const float* changed, std::size_t count, const float* importance)
{
    const auto sums = kernels::differenceSums(original, changed, count);
    // A scale that overflowed can rebuild NaN: the error knows no bound then.
    const double maximum = std::isnan(sums.squaredDifference) ? std::numeric_limits<double>::infinity() : sums.maximumDifference;
    const auto weighted = importance ? kernels::weightedSums(original, changed, importance, count) : kernels::WeightedSums();
    return {count, sums.squaredFirst, sums.squaredSecond, sums.product, sums.squaredDifference, maximum,
            weighted.squaredFirst, weighted.squaredDifference};
}

void ErrorSums::add(const ErrorSums& other)
{
    weights += other.weights;
    squaredWeights += other.squaredWeights;
    squaredRebuilt += other.squaredRebuilt;
    product += other.product;
    squaredError += other.squaredError;
    maximumError = std::max(maximumError, other.maximumError);
    weightedSquares += other.weightedSquares;
    weightedError += other.weightedError;
}

double ErrorSums::relativeRms() const
{
    return relativeRoot(squaredError, squaredWeights);
}

double ErrorSums::weightedRelativeRms() const
{
    return isWeighted() ? relativeRoot(weightedError, weightedSquares) : relativeRms();
}

double ErrorSums::signalToNoiseDb() const
{
    return -20 * std::log10(relativeRms());
}

double ErrorSums::cosine() const
{
    if (squaredError == 0)
        return 1;
    const double cosine = product / (std::sqrt(squaredWeights) * std::sqrt(squaredRebuilt));
    return std::isfinite(cosine) ? std::clamp(cosine, -1.0, 1.0) : 0;
}

QuantizationError measureError(const Tensor& tensor, TensorType type, const ErrorOptions& options,
                               const RunControl& control)
{
    const RowSelection rows = RowSelection::of(tensor.shape(), options.maximumWeights);
    const std::uint64_t rowLength = tensor.shape().rowLength();
    QuantizationError result;
    result.isSampled = rows.isSampled();
    if (options.perRow)
        result.rowRelativeRms.resize(rows.selected);
    if (type == tensor.type()) {
        result.total.weights = rows.selected * rowLength;
        return result;
    }

    RoundTrip trip(tensor, type, {options.importance, options.encoding, options.nonFinite});
    const std::uint64_t perRange = RoundTrip::rowsPerRange(tensor.shape());
    std::vector<ErrorSums> ranges(rows.selected / perRange + 1);
    std::atomic<std::uint64_t> nan = 0;
    std::atomic<std::uint64_t> infinity = 0;
    WeightProgress progress(control, rows.selected * rowLength, 1);
    parallelFor(rows.selected, perRange, options.threads, control, [&](std::size_t begin, std::size_t end) {
        ErrorSums range;
        ErrorSums row;
        std::uint64_t index = begin;
        trip.visitRows(rows, begin, end, control, [&](const RowPiece& piece) {
            row.add(sumsOf(piece.original, piece.rebuilt, piece.count, piece.importance));
            nan += piece.replaced.nan;
            infinity += piece.replaced.infinity;
            if (piece.column + piece.count < rowLength)
                return;
            if (options.perRow)
                result.rowRelativeRms[index] = static_cast<float>(row.relativeRms());
            ++index;
            range.add(row);
            row = {};
        });
        ranges[begin / perRange] = range;
        progress.add(tensor.name(), (end - begin) * rowLength, 1);
    });
    trip.guard().throwIfFound();
    result.replaced = {nan, infinity};
    tensor.throwIfSourceChanged();
    for (const ErrorSums& range : ranges)
        result.total.add(range);
    return result;
}

QuantizationError measureDifference(const Tensor& original, const Tensor& changed, const ErrorOptions& options,
                                    const RunControl& control)
{
    if (original.shape() != changed.shape())
        throw Error(ErrorKind::InvalidArgument,
                    fmt::format("shapes differ: {} and {} '{}'", original.shape().toString(),
                                changed.shape().toString(), changed.name()),
                    {{}, std::nullopt, original.name()});
    const RowSelection rows = RowSelection::of(original.shape(), options.maximumWeights);
    const std::uint64_t rowLength = original.shape().rowLength();
    QuantizationError result;
    result.isSampled = rows.isSampled();
    if (options.perRow)
        result.rowRelativeRms.resize(rows.selected);

    const WeightReader first(original);
    const WeightReader second(changed);
    NonFiniteGuard guard;
    const std::uint64_t perRange = RoundTrip::rowsPerRange(original.shape());
    std::vector<ErrorSums> ranges(rows.selected / perRange + 1);
    WeightProgress progress(control, rows.selected * rowLength, 1);
    parallelFor(rows.selected, perRange, options.threads, control, [&](std::size_t begin, std::size_t end) {
        ErrorSums range;
        std::vector<float> firstBuffer;
        std::vector<float> secondBuffer;
        for (std::uint64_t index = begin; index < end; ++index) {
            const std::uint64_t row = rows.row(index);
            if (!guard.isNeeded(row))
                return;
            ErrorSums sums;
            bool finite = true;
            forEachPair(first, row * rowLength, second, row * rowLength, rowLength, control, firstBuffer, secondBuffer,
                        [&](const float* a, const float* b, std::size_t count, std::uint64_t column) {
                            finite = finite && guard.check(original, a, count, row, column)
                                && guard.check(changed, b, count, row, column);
                            sums.add(sumsOf(a, b, count));
                        });
            if (!finite)
                return;
            if (options.perRow)
                result.rowRelativeRms[index] = static_cast<float>(sums.relativeRms());
            range.add(sums);
        }
        ranges[begin / perRange] = range;
        progress.add(original.name(), (end - begin) * rowLength, 1);
    });
    guard.throwIfFound();
    original.throwIfSourceChanged();
    changed.throwIfSourceChanged();
    for (const ErrorSums& range : ranges)
        result.total.add(range);
    return result;
}

} // namespace quantlathe
