// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/comparison.h"

#include "core/analysis/round_trip.h"
#include "core/analysis/tensor_matching.h"
#include "core/analysis/weight_pairs.h"
#include "core/analysis/weight_progress.h"
#include "core/base/parallel.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>
#include <functional>
#include <limits>

namespace quantlathe {

namespace {

constexpr std::size_t comparedBytes = 1u << 20; ///< between two looks at the stop token

using RowOrder = std::function<std::uint64_t(std::uint64_t)>;

bool isSameValue(float a, float b)
{
    return a == b || (std::isnan(a) && std::isnan(b));
}

/// Like the sums of measureDifference, but NaN equals NaN, and anything else that is not finite is an unbounded error.
ErrorSums tolerantSums(const float* first, const float* second, std::size_t count)
{
    if (kernels::isFinite(first, count) && kernels::isFinite(second, count)) {
        const auto sums = kernels::differenceSums(first, second, count);
        return {count, sums.squaredFirst, sums.squaredSecond, sums.product, sums.squaredDifference, sums.maximumDifference};
    }
    ErrorSums total;
    for (std::size_t index = 0; index < count; ++index) {
        const double a = first[index];
        const double b = second[index];
        if (std::isfinite(a) && std::isfinite(b)) {
            total.add({1, a * a, b * b, a * b, (a - b) * (a - b), std::abs(a - b)});
        } else {
            constexpr double infinity = std::numeric_limits<double>::infinity();
            const double error = isSameValue(first[index], second[index]) ? 0 : infinity;
            total.add({1, 0, 0, 0, error, error});
        }
    }
    return total;
}

/// Rows of two tensors, the second's in an order of its own.
struct RowPairs
{
    const WeightReader& first;
    const WeightReader& second;
    std::uint64_t rowLength;
    std::uint64_t firstRow;
    std::uint64_t secondRow;
    std::uint64_t rowCount;
    RowOrder order; ///< null = the same

    [[nodiscard]] ErrorSums sums(std::uint64_t row, const RunControl& control, std::vector<float>& firstBuffer,
                                 std::vector<float>& secondBuffer) const
    {
        ErrorSums total;
        const std::uint64_t other = order ? order(row) : row;
        forEachPair(first, (firstRow + row) * rowLength, second, (secondRow + other) * rowLength, rowLength, control,
                    firstBuffer, secondBuffer, [&](const float* a, const float* b, std::size_t count, std::uint64_t) {
                        total.add(tolerantSums(a, b, count));
                    });
        return total;
    }
};

ErrorSums compareRows(const RowPairs& pairs, unsigned threads, const RunControl& control)
{
    const std::uint64_t perRange = RoundTrip::rowsPerRange(Shape{pairs.rowCount, pairs.rowLength});
    std::vector<ErrorSums> ranges(pairs.rowCount / perRange + 1);
    parallelFor(pairs.rowCount, perRange, threads, control, [&](std::size_t begin, std::size_t end) {
        std::vector<float> firstBuffer;
        std::vector<float> secondBuffer;
        ErrorSums range;
        for (std::size_t row = begin; row < end; ++row)
            range.add(pairs.sums(row, control, firstBuffer, secondBuffer));
        ranges[begin / perRange] = range;
    });
    ErrorSums total;
    for (const ErrorSums& range : ranges)
        total.add(range);
    return total;
}

/// Whether the rows agree better in @p order than as they stand: from some rows inside many heads.
bool isReordered(RowPairs pairs, const RowOrder& order, const RopeOrder& rope, const RunControl& control)
{
    constexpr std::uint64_t sampledRows = 32;
    const std::uint64_t heads = pairs.rowCount / rope.headLength;
    std::vector<float> firstBuffer;
    std::vector<float> secondBuffer;
    double straight = 0;
    double reordered = 0;
    for (std::uint64_t sample = 0; sample < sampledRows; ++sample) {
        // The first and the last row of a head stay where they are: they tell nothing.
        const std::uint64_t row = sample * heads / sampledRows * rope.headLength + 1 + sample * 5 % (rope.headLength - 2);
        pairs.order = nullptr;
        straight += pairs.sums(row, control, firstBuffer, secondBuffer).squaredError;
        pairs.order = order;
        reordered += pairs.sums(row, control, firstBuffer, secondBuffer).squaredError;
    }
    return reordered < straight;
}

bool areBytesEqual(std::span<const std::byte> first, std::span<const std::byte> second, unsigned threads,
                   const RunControl& control)
{
    if (first.size() != second.size())
        return false;
    std::atomic<bool> isEqual = true;
    parallelFor(first.size(), comparedBytes, threads, control, [&](std::size_t begin, std::size_t end) {
        if (isEqual.load(std::memory_order_relaxed)
            && std::memcmp(first.data() + begin, second.data() + begin, end - begin) != 0)
            isEqual = false;
    });
    return isEqual;
}

std::span<const std::byte> bytesOfRows(const Tensor& tensor, std::uint64_t firstRow, std::uint64_t rowCount)
{
    const auto rowSize = rowBytes(tensor.type(), tensor.shape().rowLength());
    if (!rowSize || tensor.bytes().empty())
        return {};
    return tensor.bytes().subspan(firstRow * *rowSize, rowCount * *rowSize);
}

class Comparer
{
public:
    Comparer(const Model& first, const Model& second, unsigned threads, const RunControl& control)
        : m_first(first)
        , m_second(second)
        , m_threads(threads)
        , m_control(control)
        , m_silent{control.stop, nullptr}
        , m_progress(control, first.weightCount(), 1)
    {
    }

    TensorComparison compare(const TensorMatch& match)
    {
        using Result = TensorComparison::Result;
        TensorComparison comparison;
        if (match.first)
            comparison.firstType = m_first.tensors()[*match.first].type();
        if (match.second)
            comparison.secondType = m_second.tensors()[*match.second].type();
        const Tensor& named = match.first ? m_first.tensors()[*match.first] : m_second.tensors()[*match.second];
        comparison.name = named.name();
        if (!match.first)
            comparison.result = Result::OnlyInSecond;
        else if (!match.second)
            comparison.result = Result::OnlyInFirst;
        else if (!match.isShapeEqual)
            comparison.result = Result::ShapeDiffers;
        else
            compareValues(match, comparison);
        if (match.first)
            m_progress.add(comparison.name, named.shape().weightCount(), 1);
        return comparison;
    }

private:
    void compareValues(const TensorMatch& match, TensorComparison& comparison)
    {
        for (const MatchedRows& rows : match.rows) {
            const Tensor& first = m_first.tensors()[rows.first];
            const Tensor& second = m_second.tensors()[rows.second];
            const auto firstBytes = bytesOfRows(first, rows.firstRow, rows.rowCount);
            const bool isEqual = first.type() == second.type() && !firstBytes.empty()
                && areBytesEqual(firstBytes, bytesOfRows(second, rows.secondRow, rows.rowCount), m_threads, m_silent);
            if (isEqual) {
                comparison.error.weights += rows.rowCount * first.shape().rowLength();
            } else if (first.shape().weightCount() > 0) {
                if (!first.canDecode() || !second.canDecode()) {
                    comparison.result = TensorComparison::Result::NotDecodable;
                    comparison.error = {};
                    return;
                }
                comparison.error.add(decodedDifference(rows));
            }
            first.throwIfSourceChanged();
            second.throwIfSourceChanged();
        }
        comparison.result = comparison.error.squaredError == 0 ? TensorComparison::Result::Identical
                                                               : TensorComparison::Result::Different;
        if (comparison.result == TensorComparison::Result::Identical)
            comparison.error = {};
    }

    ErrorSums decodedDifference(const MatchedRows& rows) const
    {
        const WeightReader first(m_first.tensors()[rows.first]);
        const WeightReader second(m_second.tensors()[rows.second]);
        RowPairs pairs{first,          second,         first.tensor().shape().rowLength(),
                       rows.firstRow, rows.secondRow, rows.rowCount, nullptr};
        const auto rope = possibleRopeOrder(m_first, rows.first, m_second, rows.second);
        const bool isBias = rows.rowCount == 1;
        if (rope && !(isBias && std::max(first.granule(), second.granule()) > 1)) {
            RowPairs byRow = pairs;
            if (isBias) { // one row: its weights are what moves
                byRow.rowCount = pairs.rowLength;
                byRow.rowLength = 1;
            }
            const bool isFirstGguf = m_first.format() == ModelFormat::Gguf;
            const RowOrder order = [rope = *rope, isFirstGguf](std::uint64_t row) {
                return isFirstGguf ? rope.toHuggingFace(row) : rope.toGguf(row);
            };
            if (isReordered(byRow, order, *rope, m_silent)) {
                byRow.order = order;
                return compareRows(byRow, m_threads, m_silent);
            }
        }
        return compareRows(pairs, m_threads, m_silent);
    }

    const Model& m_first;
    const Model& m_second;
    unsigned m_threads;
    const RunControl& m_control;
    RunControl m_silent; ///< stops, but leaves the progress to the tensors as a whole
    WeightProgress m_progress;
};

} // namespace

std::string_view name(TensorComparison::Result result)
{
    switch (result) {
    case TensorComparison::Result::Identical: return "identical";
    case TensorComparison::Result::Different: return "different";
    case TensorComparison::Result::ShapeDiffers: return "shape-differs";
    case TensorComparison::Result::OnlyInFirst: return "only-in-first";
    case TensorComparison::Result::OnlyInSecond: return "only-in-second";
    case TensorComparison::Result::NotDecodable: return "not-decodable";
    }
    return "unknown";
}

std::vector<TensorComparison> compareModels(const Model& first, const Model& second, unsigned threads,
                                            const RunControl& control)
{
    Comparer comparer(first, second, threads, control);
    std::vector<TensorComparison> results;
    for (const TensorMatch& match : matchTensors(first, second)) {
        control.throwIfCancelled();
        results.push_back(comparer.compare(match));
    }
    return results;
}

} // namespace quantlathe
