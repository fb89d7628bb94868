// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/memory/speed.h"

#include <algorithm>

namespace quantlathe {

namespace {

struct Efficiency
{
    double low, high;
};
constexpr Efficiency ofDevices{0.6, 0.85};
constexpr Efficiency ofHost{0.5, 0.7};
constexpr double fill = 0.25;

} // namespace

SpeedBand decodeSpeed(const MemoryEstimate& estimate, const Hyperparameters& parameters, const RuntimeSettings& settings,
                      std::span<const Device> devices)
{
    const CacheCells cells = cacheCells(parameters, settings);
    // One sequence's part of the cache, as far as it is full.
    const double sequences = std::max(1u, settings.sequences);
    const double perStream = settings.isCacheUnified ? 1 : sequences;
    const double windowFill
        = cells.slidingWindow == 0 ? 0
                                   : std::min({1.0, static_cast<double>(parameters.slidingWindow) / static_cast<double>(cells.slidingWindow),
                                               fill * static_cast<double>(cells.perSequence) / static_cast<double>(cells.slidingWindow)});
    const auto bytesRead = [&](std::uint64_t weights, const CacheBytes& cache) {
        return static_cast<double>(weights) + static_cast<double>(cache.fullAttention) * fill / perStream
            + static_cast<double>(cache.slidingWindow) * windowFill / perStream
            + static_cast<double>(cache.recurrentState) / sequences;
    };
    double slow = 0;
    double fast = 0;
    const auto pass = [&](double bytes, double bandwidthGBs, Efficiency efficiency) {
        slow += bytes / (bandwidthGBs * 1e9 * efficiency.low);
        fast += bytes / (bandwidthGBs * 1e9 * efficiency.high);
    };
    for (std::size_t index = 0; index < estimate.devices.size(); ++index) {
        const double bytes = bytesRead(estimate.devices[index].activeWeightBytes, estimate.devices[index].cache);
        if (bytes <= 0)
            continue;
        if (index >= devices.size() || devices[index].bandwidthGBs <= 0)
            return {};
        pass(bytes, devices[index].bandwidthGBs, ofDevices);
    }
    if (const double bytes = bytesRead(estimate.host.activeWeightBytes, estimate.host.cache); bytes > 0) {
        if (settings.hostBandwidthGBs <= 0)
            return {};
        pass(bytes, settings.hostBandwidthGBs, ofHost);
    }
    if (!(slow > 0))
        return {};
    return {1 / slow, 1 / fast};
}

} // namespace quantlathe
