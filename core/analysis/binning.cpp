// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/binning.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace quantlathe {

kernels::Binning binningFor(double low, double high, std::size_t bins)
{
    kernels::Binning binning;
    binning.low = low;
    binning.bins = static_cast<std::uint32_t>(bins);
    binning.scale = high > low ? static_cast<double>(bins) / (high - low) * (1 + 0x1p-50) : 0;
    binning.lowerLimit = std::numeric_limits<float>::lowest();
    binning.upperLimit = std::numeric_limits<float>::max();
    return binning;
}

void setOutlierLimits(kernels::Binning& binning, double lower, double upper)
{
    constexpr double largest = std::numeric_limits<float>::max();
    constexpr float infinity = std::numeric_limits<float>::infinity();
    // The float next to the limit on the inner side: float > limit exactly when float > that one.
    binning.upperLimit = static_cast<float>(std::clamp(upper, -largest, largest));
    if (double{binning.upperLimit} > upper)
        binning.upperLimit = std::nextafter(binning.upperLimit, -infinity);
    binning.lowerLimit = static_cast<float>(std::clamp(lower, -largest, largest));
    if (double{binning.lowerLimit} < lower)
        binning.lowerLimit = std::nextafter(binning.lowerLimit, infinity);
}

BinTotals::BinTotals(const kernels::Binning& binning)
    : m_binning(binning)
    , m_counts(binning.bins)
{
}

void BinTotals::addCodes(CodeCounter& counter)
{
    const auto& counts = counter.finish();
    for (std::size_t code = 0; code < counts.size(); ++code) {
        const float value = counter.values()[code];
        if (counts[code] == 0 || !std::isfinite(value))
            continue;
        m_counts[kernels::binOf(value, m_binning)] += counts[code];
        if (value < m_binning.lowerLimit || value > m_binning.upperLimit)
            m_outliers += counts[code];
    }
}

BinTotals::Part::Part(BinTotals& totals)
    : m_totals(totals)
    , m_tables(kernels::countTables * totals.m_binning.bins)
{
}

BinTotals::Part::~Part()
{
    const std::scoped_lock lock(m_totals.m_mutex);
    const std::size_t bins = m_totals.m_counts.size();
    for (std::size_t index = 0; index < m_tables.size(); ++index)
        m_totals.m_counts[index % bins] += m_tables[index];
    m_totals.m_outliers += m_outliers;
}

void BinTotals::Part::count(const float* weights, std::size_t count)
{
    for (std::size_t begin = 0; begin < count; begin += kernels::blockWeights)
        m_outliers += kernels::countBins(weights + begin, std::min(kernels::blockWeights, count - begin),
                                         m_totals.m_binning, m_tables.data());
}

std::span<const float> finiteOnly(const float* weights, std::size_t count, std::vector<float>& buffer)
{
    if (kernels::isFinite(weights, count))
        return {weights, count};
    buffer.clear();
    std::copy_if(weights, weights + count, std::back_inserter(buffer), [](float w) { return std::isfinite(w); });
    return buffer;
}

} // namespace quantlathe
