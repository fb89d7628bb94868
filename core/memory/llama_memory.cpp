// SPDX-License-Identifier: GPL-3.0-or-later
// Facts of llama.cpp 0.7.0's src/llama-model.cpp (placement), llama-kv-cache*.cpp and llama-context.cpp (worst case that is reserved).
#include "core/memory/llama_memory.h"

#include "core/base/error.h"

#include <algorithm>
#include <numeric>

namespace quantlathe {

namespace {

std::size_t asIndex(int place) { return static_cast<std::size_t>(place); }

void add(CacheBytes& sum, const CacheBytes& part)
{
    sum.fullAttention = saturatingAdd(sum.fullAttention, part.fullAttention);
    sum.slidingWindow = saturatingAdd(sum.slidingWindow, part.slidingWindow);
    sum.recurrentState = saturatingAdd(sum.recurrentState, part.recurrentState);
}

} // namespace

Placement placeLayers(std::size_t layerCount, const RuntimeSettings& settings, std::span<const Device> devices)
{
    const std::size_t all = layerCount + 1;
    const std::size_t offloaded = settings.gpuLayers ? std::min<std::size_t>(*settings.gpuLayers, all) : all;
    const std::size_t first = all - offloaded;
    const int host = static_cast<int>(devices.size());
    // Shares as llama.cpp computes them, in single precision.
    std::vector<float> ends(devices.size(), 0);
    const bool isGiven = std::any_of(settings.tensorSplit.begin(), settings.tensorSplit.end(), [](double share) { return share > 0; });
    const bool isKnown = std::all_of(devices.begin(), devices.end(), [](const Device& device) { return device.usableBytes > 0; });
    float sum = 0;
    for (std::size_t index = 0; index < devices.size(); ++index) {
        const double share = isGiven ? (index < settings.tensorSplit.size() ? settings.tensorSplit[index] : 0)
            : isKnown ? static_cast<double>(devices[index].usableBytes) : 1;
        sum += static_cast<float>(std::max(0.0, share));
        ends[index] = sum;
    }
    for (float& end : ends)
        end /= sum;
    const auto placeOf = [&](std::size_t index) {
        if (index < first || devices.empty())
            return host;
        const float position = static_cast<float>(index - first) / static_cast<float>(offloaded);
        const auto found = std::upper_bound(ends.begin(), ends.end(), position);
        return std::min(host - 1, static_cast<int>(found - ends.begin()));
    };
    Placement placement;
    for (std::size_t layer = 0; layer < layerCount; ++layer)
        placement.layers.push_back(placeOf(layer));
    placement.output = placeOf(layerCount);
    placement.isAllOffloaded = offloaded == all && !devices.empty();
    placement.isAnyOffloaded = offloaded > 0 && !devices.empty();
    return placement;
}

LlamaMemory::LlamaMemory(const MemoryModel& model, const std::vector<MemoryModel::OutputBytes>& bytes,
                         const RuntimeSettings& settings, std::span<const Device> devices)
    : m_model(model), m_bytes(bytes), m_settings(settings), m_devices(devices),
      m_placement(placeLayers(model.m_network.layers.size(), settings, devices))
{
}

void LlamaMemory::fill(MemoryEstimate& estimate) const
{
    for (std::size_t index = 0; index < m_devices.size(); ++index) {
        estimate.devices[index].layers
            = static_cast<std::size_t>(std::count(m_placement.layers.begin(), m_placement.layers.end(), static_cast<int>(index)));
        estimate.devices[index].hasOutput = m_placement.output == static_cast<int>(index);
    }
    placeWeights(estimate);
    placeCache(estimate);
    placeBuffers(estimate);
}

void LlamaMemory::placeWeights(MemoryEstimate& estimate) const
{
    const int host = static_cast<int>(m_devices.size());
    const Hyperparameters& p = m_model.m_architecture.parameters;
    const double chosenShare = p.expertCount > 0 && p.expertUsedCount > 0
        ? std::min(1.0, static_cast<double>(p.expertUsedCount) / static_cast<double>(p.expertCount)) : 1.0;
    const auto put = [&](int place, const MemoryModel::OutputBytes& bytes, double activeShare) {
        std::uint64_t& sum = place == host ? estimate.host.weightBytes : estimate.devices[asIndex(place)].weightBytes;
        sum = saturatingAdd(sum, place == host ? bytes.host : bytes.device);
        std::uint64_t& active = place == host ? estimate.host.activeWeightBytes : estimate.devices[asIndex(place)].activeWeightBytes;
        active = saturatingAdd(active, static_cast<std::uint64_t>(static_cast<double>(bytes.plain / 2) * 2 * activeShare));
    };
    for (std::size_t index = 0; index < m_model.m_outputs.size(); ++index) {
        const MemoryModel::Output& output = m_model.m_outputs[index];
        const MemoryModel::OutputBytes& bytes = m_bytes[index];
        switch (output.home) {
        case MemoryModel::Home::Input:
            put(host, bytes, output.isOnDevice && m_placement.output == host ? 1 : 0); // of a table one row is read
            if (output.isOnDevice && m_placement.output != host) // tied: the output's own copy
                put(m_placement.output, bytes, 1);
            break;
        case MemoryModel::Home::Layer:
            put(output.isExpert && output.layer < m_settings.cpuExpertLayers ? host : m_placement.layers[output.layer], bytes,
                output.isExpert ? chosenShare : 1);
            break;
        case MemoryModel::Home::Output:
            put(m_placement.output, bytes, 1);
            break;
        case MemoryModel::Home::Rotation:
            for (int place = 0; place <= host; ++place) {
                if (std::find(m_placement.layers.begin(), m_placement.layers.end(), place) != m_placement.layers.end())
                    put(place, bytes, 0);
            }
            if (m_placement.layers.empty())
                put(m_placement.output, bytes, 0);
            break;
        }
    }
}

void LlamaMemory::placeCache(MemoryEstimate& estimate) const
{
    const Architecture& architecture = m_model.m_architecture;
    try {
        const CacheBytes whole = cacheBytes(architecture, m_settings); // checks the types
        estimate.cache.isComplete = whole.isComplete;
        estimate.cache.notes = whole.notes;
    } catch (const Error& error) {
        estimate.cache.isComplete = false;
        estimate.cache.notes.push_back(error.message());
        return;
    }
    const int host = static_cast<int>(m_devices.size());
    const std::size_t layers
        = std::max(architecture.parameters.headCountKv.size(), architecture.parameters.recurrentLayers.size());
    for (std::size_t layer = 0; layer < layers; ++layer) {
        int place = layer < m_placement.layers.size() ? m_placement.layers[layer] : m_placement.output;
        if (m_settings.isCacheOnHost)
            place = host;
        const CacheBytes bytes = layerCacheBytes(architecture, m_settings, layer, place == host);
        add(place == host ? estimate.host.cache : estimate.devices[asIndex(place)].cache, bytes);
    }
}

void LlamaMemory::placeBuffers(MemoryEstimate& estimate) const
{
    const Hyperparameters& p = m_model.m_architecture.parameters;
    if (m_model.m_network.layers.empty() || p.embeddingLength == 0 || !m_model.m_network.output) {
        estimate.notes.emplace_back("the file does not say enough about the layers: compute buffers are not counted");
        return;
    }
    const int host = static_cast<int>(m_devices.size());
    const CacheCells cells = cacheCells(p, m_settings);
    compute::Batch batch;
    batch.host = host;
    batch.sequences = std::max(1u, m_settings.sequences);
    batch.streams = cells.streams;
    batch.cells = cells.perSequence;
    batch.windowCells = cells.slidingWindow;
    const std::uint64_t context = saturatingMultiply(cells.perSequence, cells.streams);
    const std::uint64_t micro = std::max<std::uint64_t>(1, std::min(m_settings.microBatch, m_settings.batch));
    // Sequences share a batch evenly: it is rounded up to a multiple of their number.
    const std::uint64_t asked = std::max<std::uint64_t>(1, std::min(context, micro));
    batch.tokens = (asked + batch.sequences - 1) / batch.sequences * batch.sequences;
    const std::uint64_t outputs = m_settings.outputs.value_or(
        m_settings.runner == Runner::LlamaBench ? asked : batch.sequences);
    batch.outputs = outputs == 0 ? asked : std::min(asked, outputs);
    batch.keyType = m_settings.keyCacheType;
    batch.valueType = m_settings.valueCacheType;
    batch.isFlashAttention = m_settings.isFlashAttention;
    batch.layerPlace = m_placement.layers;
    batch.cachePlace = m_settings.isCacheOnHost ? std::vector<int>(m_placement.layers.size(), host) : m_placement.layers;
    batch.outputPlace = m_placement.output;
    batch.expertLayersOnHost = m_settings.cpuExpertLayers;

    std::vector<compute::WeightBytes> weights;
    weights.reserve(m_bytes.size());
    for (const MemoryModel::OutputBytes& bytes : m_bytes)
        weights.push_back({bytes.host, bytes.device});
    compute::Graph graph = compute::buildGraph(m_model.m_architecture, m_model.m_network, weights, batch);
    compute::Machine machine;
    machine.deviceCount = host;
    machine.isOffloadingOperations = m_settings.isOperationOffload;
    const bool isPipelined = m_settings.isPipelined && host > 1 && m_placement.isAllOffloaded && !m_settings.isCacheOnHost
        && !(m_model.m_hasExperts && m_settings.cpuExpertLayers > 0);
    machine.copies = isPipelined ? 4 : 1;
    const std::vector<compute::Buffer> buffers = compute::allocate(graph, machine);
    for (int device = 0; device < host; ++device) {
        estimate.devices[asIndex(device)].computeBytes = buffers[asIndex(device)].bytes;
        estimate.devices[asIndex(device)].computePhase = buffers[asIndex(device)].phase;
    }
    estimate.host.computeBytes = buffers[asIndex(host)].bytes;
    estimate.host.outputBytes = saturatingMultiply(saturatingMultiply(4, p.vocabularySize), batch.sequences);
}

} // namespace quantlathe
