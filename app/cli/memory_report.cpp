// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/memory_report.h"

#include "app/cli/table.h"
#include "core/base/text.h"

#include <fmt/format.h>

namespace quantlathe::cli {

namespace {

Json cacheJson(const CacheBytes& cache)
{
    return {{"full", cache.fullAttention}, {"slidingWindow", cache.slidingWindow}, {"state", cache.recurrentState}};
}

} // namespace

Json deviceJson(const DeviceMemory& device)
{
    return {{"name", device.name},
            {"weights", device.weightBytes},
            {"kv", device.cache.total()},
            {"compute", device.computeBytes},
            {"overhead", device.overheadBytes()},
            {"total", device.totalBytes()},
            {"capacity", device.capacityBytes == 0 ? Json(nullptr) : Json(device.capacityBytes)},
            {"verdict", name(device.verdict)},
            {"overhead_low", device.overheadLowBytes},
            {"overhead_high", device.overheadHighBytes},
            {"total_low", device.totalLowBytes()},
            {"total_high", device.totalHighBytes()},
            {"allocated", device.allocatedBytes()},
            {"kv_parts", cacheJson(device.cache)},
            {"compute_phase", name(device.computePhase)},
            {"layers", device.layers},
            {"output", device.hasOutput}};
}

Json memoryJson(const MemoryEstimate& estimate, const RuntimeSettings& settings)
{
    Json devices = Json::array();
    for (const DeviceMemory& device : estimate.devices)
        devices.push_back(deviceJson(device));
    return {{"runner", name(settings.runner)},
            {"devices", devices},
            {"host",
             {{"weights", estimate.host.weightBytes},
              {"kv", estimate.host.cache.total()},
              {"compute", estimate.host.computeBytes},
              {"outputs", estimate.host.outputBytes},
              {"total", estimate.host.totalBytes()}}},
            {"verdict", name(estimate.verdict)},
            {"explanation", estimate.explanation},
            {"notes", estimate.notes},
            {"contextLength", settings.contextLength},
            {"keyCacheType", name(settings.keyCacheType)},
            {"valueCacheType", name(settings.valueCacheType)},
            {"sequences", settings.sequences},
            {"batch", settings.batch},
            {"ubatch", settings.microBatch},
            {"weightBytes", estimate.weightBytes},
            {"hostWeightBytes", estimate.hostWeightBytes},
            {"kvCacheBytes", estimate.kvCacheBytes},
            {"computeBytes", estimate.computeBytes},
            {"totalBytes", estimate.totalBytes},
            {"deviceBytes", estimate.deviceBytes}};
}

std::string memoryTable(const MemoryEstimate& estimate)
{
    Table table({"", ">Weights", ">KV cache", ">Compute", ">Driver", ">In all", ">Has", "Verdict"});
    for (const DeviceMemory& device : estimate.devices)
        table.add({device.name, formatBytes(device.weightBytes), formatBytes(device.cache.total()),
                   formatBytes(device.computeBytes),
                   fmt::format("{} - {}", formatBytes(device.overheadLowBytes), formatBytes(device.overheadHighBytes)),
                   formatBytes(device.totalBytes()),
                   device.capacityBytes == 0 ? std::string("?") : formatBytes(device.capacityBytes),
                   std::string(name(device.verdict))});
    table.add({"Main memory", formatBytes(estimate.host.weightBytes), formatBytes(estimate.host.cache.total()),
               formatBytes(estimate.host.computeBytes), "", formatBytes(estimate.host.totalBytes()), "", ""});
    return table.text();
}

} // namespace quantlathe::cli
