// SPDX-License-Identifier: GPL-3.0-or-later
// Two ways to the same figures. Types of 8 and 16 bits per weight: one pass that counts codes. All others: a pass for
// range and moments, then a pass that counts bins and outliers, both over blocks that stay in the first-level cache.
#include "core/analysis/distribution.h"

#include "core/analysis/binning.h"
#include "core/analysis/code_counter.h"
#include "core/analysis/moments.h"
#include "core/analysis/weight_progress.h"
#include "core/analysis/weight_reader.h"
#include "core/base/parallel.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>

namespace quantlathe {

namespace {

constexpr std::size_t maximumBins = 65536;

/// What one pass learns about a part of the weights.
struct Summary
{
    Moments moments; ///< of the finite weights
    double minimum = std::numeric_limits<double>::infinity();
    double maximum = -std::numeric_limits<double>::infinity();
    std::uint64_t nanCount = 0;
    std::uint64_t infinityCount = 0;
    std::uint64_t zeroCount = 0;

    void add(const Summary& other)
    {
        moments.add(other.moments);
        minimum = std::min(minimum, other.minimum);
        maximum = std::max(maximum, other.maximum);
        nanCount += other.nanCount;
        infinityCount += other.infinityCount;
        zeroCount += other.zeroCount;
    }
};

/// @param buffer scratch for blocks with NaN or infinities
Summary summarize(const float* weights, std::size_t count, std::vector<float>& buffer)
{
    Summary summary;
    kernels::BlockScan scan = kernels::scanBlock(weights, count);
    if (!scan.isFinite) {
        for (std::size_t index = 0; index < count; ++index) {
            summary.nanCount += std::isnan(weights[index]);
            summary.infinityCount += std::isinf(weights[index]);
        }
        const auto finite = finiteOnly(weights, count, buffer);
        if (finite.empty())
            return summary;
        weights = finite.data();
        count = finite.size();
        scan = kernels::scanBlock(weights, count);
    }
    summary.minimum = double{scan.minimum} + 0.0; // -0 becomes 0
    summary.maximum = double{scan.maximum} + 0.0;
    summary.zeroCount = scan.zeroCount;
    summary.moments.count = count;
    summary.moments.mean = scan.sum / static_cast<double>(count);
    const auto sums = kernels::centralSums(weights, count, summary.moments.mean);
    summary.moments.second = sums.second;
    summary.moments.third = sums.third;
    summary.moments.fourth = sums.fourth;
    return summary;
}

Summary summarize(CodeCounter& counter)
{
    const auto& counts = counter.finish();
    const auto& values = counter.values();
    Summary summary;
    CompensatedSum sum;
    for (std::size_t code = 0; code < counts.size(); ++code) {
        const double value = values[code];
        if (counts[code] == 0)
            continue;
        if (!std::isfinite(value)) {
            (std::isnan(value) ? summary.nanCount : summary.infinityCount) += counts[code];
            continue;
        }
        summary.zeroCount += value == 0 ? counts[code] : 0;
        summary.minimum = std::min(summary.minimum, value + 0.0);
        summary.maximum = std::max(summary.maximum, value + 0.0);
        summary.moments.count += counts[code];
        sum.add(static_cast<double>(counts[code]) * value);
    }
    if (summary.moments.count == 0)
        return summary;
    summary.moments.mean = sum.value() / static_cast<double>(summary.moments.count);
    CompensatedSum second, third, fourth;
    for (std::size_t code = 0; code < counts.size(); ++code) {
        const double delta = values[code] - summary.moments.mean;
        if (counts[code] == 0 || !std::isfinite(delta))
            continue;
        const double square = delta * delta;
        const auto times = static_cast<double>(counts[code]);
        second.add(times * square);
        third.add(times * square * delta);
        fourth.add(times * square * square);
    }
    summary.moments.second = second.value();
    summary.moments.third = third.value();
    summary.moments.fourth = fourth.value();
    return summary;
}

/// The tensors of one call: those whose codes are counted, and those that are read as floats.
class Passes
{
public:
    Passes(std::span<const Tensor* const> tensors, unsigned threads, const RunControl& control)
        : m_threads(threads)
        , m_control(control)
        , m_progress(control, totalWeights(tensors), 2)
    {
        for (const Tensor* tensor : tensors) {
            WeightReader reader(*tensor);
            if (!tensor->bytes().empty() && CodeCounter::handles(tensor->type()))
                m_coded.push_back(reader);
            else
                m_floats.push_back(reader);
        }
        m_floatRanges = cutIntoRanges(m_floats);
    }

    static std::uint64_t totalWeights(std::span<const Tensor* const> tensors)
    {
        std::uint64_t total = 0;
        for (const Tensor* tensor : tensors)
            total += tensor->shape().weightCount();
        return total;
    }

    void countCodes()
    {
        std::vector<CodeCounter*> counterOf;
        for (const WeightReader& reader : m_coded)
            counterOf.push_back(&counterFor(reader.tensor().type()));
        const auto ranges = cutIntoRanges(m_coded);
        parallelFor(ranges.size(), 1, m_threads, m_control, [&](std::size_t begin, std::size_t) {
            const WeightRange& range = ranges[begin];
            const WeightReader& reader = m_coded[range.tensor];
            const std::size_t codeBytes = info(reader.tensor().type()).bytesPerBlock;
            counterOf[range.tensor]->count(
                reader.tensor().bytes().subspan(range.first * codeBytes, range.count * codeBytes));
            reader.release(range.first, range.count);
            m_progress.add(reader.tensor().name(), range.count, 2);
        });
    }

    Summary summarizeAll()
    {
        Summary total;
        for (const auto& counter : m_counters)
            total.add(summarize(*counter));
        std::vector<Summary> parts(m_floatRanges.size());
        parallelFor(m_floatRanges.size(), 1, m_threads, m_control, [&](std::size_t begin, std::size_t) {
            const WeightRange& range = m_floatRanges[begin];
            std::vector<float> buffer;
            forEachBlock(m_floats[range.tensor], range.first, range.count, m_control,
                         [&](const float* weights, std::size_t count) {
                             parts[begin].add(summarize(weights, count, buffer));
                         });
            m_progress.add(m_floats[range.tensor].tensor().name(), range.count, 1);
        });
        for (const Summary& part : parts)
            total.add(part);
        return total;
    }

    void countBins(BinTotals& totals)
    {
        for (const auto& counter : m_counters)
            totals.addCodes(*counter);
        parallelFor(m_floatRanges.size(), 1, m_threads, m_control, [&](std::size_t begin, std::size_t) {
            const WeightRange& range = m_floatRanges[begin];
            const WeightReader& reader = m_floats[range.tensor];
            BinTotals::Part part(totals);
            std::vector<float> buffer;
            forEachBlock(reader, range.first, range.count, m_control, [&](const float* weights, std::size_t count) {
                const auto finite = finiteOnly(weights, count, buffer);
                part.count(finite.data(), finite.size());
            });
            reader.release(range.first, range.count);
            m_progress.add(reader.tensor().name(), range.count, 1);
        });
    }

private:
    CodeCounter& counterFor(TensorType type)
    {
        for (const auto& counter : m_counters)
            if (counter->type() == type)
                return *counter;
        return *m_counters.emplace_back(std::make_unique<CodeCounter>(type));
    }

    unsigned m_threads;
    const RunControl& m_control;
    WeightProgress m_progress;
    std::vector<WeightReader> m_coded;
    std::vector<WeightReader> m_floats;
    std::vector<WeightRange> m_floatRanges;
    std::vector<std::unique_ptr<CodeCounter>> m_counters; ///< one per type, in order of appearance
};

} // namespace

Distribution measureDistribution(std::span<const Tensor* const> tensors, const DistributionOptions& options,
                                 const RunControl& control)
{
    Passes passes(tensors, options.threads, control);
    passes.countCodes();
    const Summary summary = passes.summarizeAll();

    Distribution result;
    result.weightCount = Passes::totalWeights(tensors);
    result.nanCount = summary.nanCount;
    result.infinityCount = summary.infinityCount;
    result.zeroCount = summary.zeroCount;
    if (summary.moments.count > 0) {
        const bool isConstant = summary.minimum == summary.maximum;
        result.minimum = summary.minimum;
        result.maximum = summary.maximum;
        result.mean = isConstant ? summary.minimum : std::clamp(summary.moments.mean, summary.minimum, summary.maximum);
        result.standardDeviation = isConstant ? 0 : summary.moments.standardDeviation();
        result.excessKurtosis = isConstant ? 0 : summary.moments.excessKurtosis();

        const std::size_t bins = isConstant ? 1 : std::clamp<std::size_t>(options.bins, 1, maximumBins);
        kernels::Binning binning = binningFor(result.minimum, result.maximum, bins);
        const double reach = Distribution::outlierDeviations * result.standardDeviation;
        setOutlierLimits(binning, result.mean - reach, result.mean + reach);
        BinTotals totals(binning);
        passes.countBins(totals);
        result.histogram = {result.minimum, result.maximum, totals.counts()};
        result.outlierShare = static_cast<double>(totals.outliers()) / static_cast<double>(summary.moments.count);
    }
    for (const Tensor* tensor : tensors)
        tensor->throwIfSourceChanged();
    return result;
}

std::vector<std::uint64_t> countStoredWeights(std::span<const Tensor* const> tensors, const Histogram& bins,
                                              unsigned threads, const RunControl& control)
{
    if (bins.counts.empty())
        return {};
    Passes passes(tensors, threads, control);
    passes.countCodes();
    BinTotals totals(binningFor(bins.low, bins.high, bins.counts.size()));
    passes.countBins(totals);
    return totals.counts();
}

} // namespace quantlathe
