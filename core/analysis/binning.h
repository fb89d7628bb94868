// SPDX-License-Identifier: GPL-3.0-or-later
// From a range of values to bins: the one place where the bin of a value is decided.
#pragma once

#include "core/analysis/code_counter.h"
#include "core/analysis/distribution.h"
#include "core/analysis/kernels.h"

#include <mutex>
#include <span>
#include <vector>

namespace quantlathe {

/// Bins of [low, high] for kernels::countBins(). The scale is a few units in the last place too large, so that a value on
/// an inner edge never falls into the bin below it by rounding. No outliers.
kernels::Binning binningFor(double low, double high, std::size_t bins);

/// Sets the limits so that exactly the floats with value < @p lower or value > @p upper (in doubles) are outside.
void setOutlierLimits(kernels::Binning& binning, double lower, double upper);

/// Counts of bins collected from many threads. Integers: the order does not matter.
class BinTotals
{
public:
    explicit BinTotals(const kernels::Binning& binning);

    [[nodiscard]] const kernels::Binning& binning() const { return m_binning; }
    /// Each code's value as often as it occurred; NaN and infinities are left out.
    void addCodes(CodeCounter& counter);
    [[nodiscard]] const std::vector<std::uint64_t>& counts() const { return m_counts; }
    [[nodiscard]] std::uint64_t outliers() const { return m_outliers; }

    /// One thread's tables; adds them to the totals when it goes away.
    class Part
    {
    public:
        explicit Part(BinTotals& totals);
        ~Part();
        Part(const Part&) = delete;
        Part& operator=(const Part&) = delete;
        /// At most 2^31 weights over the part's life.
        void count(const float* weights, std::size_t count);

    private:
        BinTotals& m_totals;
        std::vector<std::uint32_t> m_tables;
        std::uint64_t m_outliers = 0;
    };

private:
    kernels::Binning m_binning;
    std::mutex m_mutex;
    std::vector<std::uint64_t> m_counts;
    std::uint64_t m_outliers = 0;
};

/// The finite ones of @p weights, in order: @p weights itself when all are, otherwise a copy in @p buffer.
std::span<const float> finiteOnly(const float* weights, std::size_t count, std::vector<float>& buffer);

/// Counts the finite weights of @p tensors as they are stored into the bins of @p bins. Progress in weights.
std::vector<std::uint64_t> countStoredWeights(std::span<const Tensor* const> tensors, const Histogram& bins,
                                              unsigned threads, const RunControl& control);

} // namespace quantlathe
