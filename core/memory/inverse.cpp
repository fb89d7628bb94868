// SPDX-License-Identifier: GPL-3.0-or-later
// The questions the other way round: what fits. All are monotonous enough for bisection.
#include "core/memory/estimate.h"

#include <algorithm>
#include <array>

namespace quantlathe {

namespace {

bool isSafe(const MemoryEstimate& estimate)
{
    return estimate.verdict == Verdict::Fits || estimate.verdict == Verdict::LittleRoom;
}

constexpr std::uint64_t contextStep = 256;
constexpr unsigned mostDevices = 16;
/// Cards that people think in: 8 to 80 GB.
constexpr std::array<std::string_view, 7> commonCards
    = {"RTX 4060", "RTX 4070", "RTX 4080", "RTX 4090", "RTX 5090", "RTX A6000 48GB", "A100 80GB SXM"};

/// The largest of 1 ... @p most for which @p fits, 0 when none.
template <typename Fits>
std::uint64_t largest(std::uint64_t most, Fits fits)
{
    if (most == 0 || fits(most))
        return most;
    std::uint64_t good = 0;
    std::uint64_t bad = most;
    while (bad - good > 1) {
        const std::uint64_t middle = good + (bad - good) / 2;
        (fits(middle) ? good : bad) = middle;
    }
    return good;
}

} // namespace

std::optional<std::uint64_t> MemoryModel::largestContext(const Plan& plan, const RuntimeSettings& settings,
                                                         std::span<const Device> devices) const
{
    const std::uint64_t longest = m_architecture.parameters.contextLength;
    if (devices.empty() || longest == 0)
        return std::nullopt;
    const auto bytes = outputBytes(plan);
    RuntimeSettings trial = settings;
    const std::uint64_t steps = largest(std::max<std::uint64_t>(1, std::min<std::uint64_t>(longest, 1ull << 32) / contextStep), [&](std::uint64_t count) {
        trial.contextLength = count * contextStep;
        return isSafe(estimateFor(bytes, trial, devices));
    });
    return steps == 0 ? std::nullopt : std::optional(std::min(longest, steps * contextStep));
}

std::optional<unsigned> MemoryModel::mostGpuLayers(const Plan& plan, const RuntimeSettings& settings,
                                                   std::span<const Device> devices) const
{
    if (devices.empty() || m_network.layers.empty())
        return std::nullopt;
    const auto bytes = outputBytes(plan);
    RuntimeSettings trial = settings;
    const auto fits = [&](std::uint64_t count) {
        trial.gpuLayers = static_cast<unsigned>(count);
        return isSafe(estimateFor(bytes, trial, devices));
    };
    const std::uint64_t count = largest(m_network.layers.size() + 1, fits);
    if (count == 0 && !fits(0))
        return std::nullopt;
    return static_cast<unsigned>(count);
}

std::optional<unsigned> MemoryModel::fewestCpuExpertLayers(const Plan& plan, const RuntimeSettings& settings,
                                                           std::span<const Device> devices) const
{
    if (devices.empty() || !m_hasExperts)
        return std::nullopt;
    const auto bytes = outputBytes(plan);
    RuntimeSettings trial = settings;
    trial.gpuLayers.reset();
    const auto fits = [&](std::uint64_t onHost) {
        trial.cpuExpertLayers = static_cast<unsigned>(onHost);
        return isSafe(estimateFor(bytes, trial, devices));
    };
    const std::uint64_t layers = m_network.layers.size();
    if (fits(0))
        return 0u;
    if (!fits(layers))
        return std::nullopt;
    // Layers whose experts can stay on the devices.
    const std::uint64_t onDevice = largest(layers, [&](std::uint64_t count) { return fits(layers - count); });
    return static_cast<unsigned>(layers - onDevice);
}

std::optional<unsigned> MemoryModel::devicesNeeded(const Plan& plan, const RuntimeSettings& settings, const Device& device) const
{
    if (device.usableBytes == 0)
        return std::nullopt;
    const auto bytes = outputBytes(plan);
    RuntimeSettings trial = settings;
    trial.tensorSplit.clear();
    trial.gpuLayers.reset();
    for (unsigned count = 1; count <= mostDevices; ++count) {
        const std::vector<Device> devices(count, device);
        if (isSafe(estimateFor(bytes, trial, devices)))
            return count;
    }
    return std::nullopt;
}

std::optional<Fleet> MemoryModel::smallestFleet(const PlannedBytes& bytes, const RuntimeSettings& settings) const
{
    RuntimeSettings trial = settings;
    trial.tensorSplit.clear();
    trial.gpuLayers.reset();
    trial.cpuExpertLayers = 0;
    for (unsigned count = 1; count <= mostDevices; ++count) {
        for (const std::string_view card : commonCards) {
            const Device* const device = findDevice(card);
            if (device && isSafe(estimateFor(bytes, trial, std::vector<Device>(count, *device))))
                return Fleet{count, *device};
        }
    }
    return std::nullopt;
}

MemoryAnswers MemoryModel::answers(const Plan& plan, const RuntimeSettings& settings, std::span<const Device> devices,
                                   const RunControl& control) const
{
    MemoryAnswers answers;
    const auto isStopped = [&control] { return control.stop.stop_requested(); };
    if (isStopped())
        return answers;
    answers.largestContext = largestContext(plan, settings, devices);
    if (!isStopped())
        answers.mostGpuLayers = mostGpuLayers(plan, settings, devices);
    if (!isStopped())
        answers.fewestCpuExpertLayers = fewestCpuExpertLayers(plan, settings, devices);
    if (!isStopped()) {
        const PlannedBytes before = outputBytes({}, TensorType::F16);
        answers.sixteenBitFileBytes = m_headerBytes;
        for (const OutputBytes& output : before.outputs)
            answers.sixteenBitFileBytes = saturatingAdd(answers.sixteenBitFileBytes, output.file);
        answers.before = smallestFleet(before, settings);
    }
    if (!isStopped())
        answers.after = smallestFleet(outputBytes(plan), settings);
    return answers;
}

std::uint64_t MemoryModel::weightBudget(const RuntimeSettings& settings, std::span<const Device> devices) const
{
    RuntimeSettings all = settings;
    all.gpuLayers.reset();
    all.cpuExpertLayers = 0;
    // Compute buffers do not depend on the types while everything is on the devices.
    const MemoryEstimate estimate = estimateFor(outputBytes({}), all, devices);
    std::uint64_t budget = 0;
    for (const DeviceMemory& device : estimate.devices) {
        const std::uint64_t rest = saturatingAdd(saturatingAdd(device.cache.total(), device.computeBytes), device.overheadHighBytes);
        if (rest > device.capacityBytes)
            return 0;
        budget = saturatingAdd(budget, device.capacityBytes - rest);
    }
    return budget;
}

} // namespace quantlathe
