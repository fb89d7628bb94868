// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/memory/serving_memory.h"

#include <fmt/format.h>

#include <algorithm>

namespace quantlathe {

namespace {

constexpr std::uint64_t mebibyte = 1ull << 20;
constexpr std::uint64_t vllmBlock = 16;               ///< tokens of a page
constexpr std::uint64_t vllmGraphs = 400 * mebibyte;  ///< CUDA graphs: 0.4 to 3 GiB reported
constexpr std::uint64_t vllmRest = 300 * mebibyte;    ///< outside of PyTorch's allocator
constexpr std::uint64_t vllmMostSequences = 256;      ///< max_num_seqs

std::uint64_t share(std::uint64_t bytes, std::uint64_t parts) { return bytes / parts + (bytes % parts != 0 ? 1 : 0); }

std::uint64_t widestForward(const Hyperparameters& p)
{
    std::uint64_t widest = saturatingMultiply(p.expertFeedForwardLength, p.expertUsedCount);
    for (const std::uint64_t length : p.feedForwardLength)
        widest = std::max(widest, length);
    return widest;
}

} // namespace

void ServingMemory::fill(MemoryEstimate& estimate) const
{
    const Hyperparameters& p = m_model.m_architecture.parameters;
    estimate.cache.isComplete = (!p.headCountKv.empty() && (p.keyLength > 0 || p.mlaKvLoraRank > 0)) || !p.recurrentLayers.empty();
    if (!estimate.cache.isComplete)
        estimate.notes.emplace_back("the file does not say how many heads each layer has: the KV cache is not counted");
    addFormatNotes(estimate);
    if (m_settings.runner == Runner::Transformers)
        fillTransformers(estimate);
    else
        fillServer(estimate);
    for (DeviceMemory& device : estimate.devices) {
        device.layers = m_model.m_network.layers.size();
        device.hasOutput = true;
    }
    const bool hasLlamaOptions = m_settings.gpuLayers || m_settings.cpuExpertLayers > 0 || m_settings.isCacheOnHost;
    if (hasLlamaOptions)
        estimate.notes.push_back(fmt::format("{} has no layers or experts in main memory here: those settings are left out",
                                             label(m_settings.runner)));
}

void ServingMemory::addFormatNotes(MemoryEstimate& estimate) const
{
    if (m_isFolder) {
        estimate.notes.push_back(fmt::format("the figures of {} are from its code and reports, not measured", label(m_settings.runner)));
    } else if (m_settings.runner == Runner::Vllm) {
        estimate.notes.emplace_back("vLLM's figures are from its code and reports, not measured; it loads GGUF files "
                                    "experimentally, one file at a time");
    } else {
        estimate.notes.emplace_back("the figures of transformers are from its code, not measured; it turns GGUF weights into "
                                    "16 or 32 bits when loading: 16 bits are counted");
    }
    if (info(m_settings.keyCacheType).isQuantized() || info(m_settings.valueCacheType).isQuantized())
        estimate.notes.push_back(fmt::format("{} keeps no {} cache: {} was counted", label(m_settings.runner),
                                             name(m_settings.keyCacheType),
                                             m_settings.runner == Runner::Vllm ? "8 bits (FP8)" : "16 bits"));
}

std::uint64_t ServingMemory::tokens() const
{
    return m_settings.contextLength > 0 ? m_settings.contextLength : m_model.m_architecture.parameters.contextLength;
}

std::uint64_t ServingMemory::allWeights() const
{
    if (m_settings.runner == Runner::Transformers && !m_isFolder)
        return m_model.sixteenBitBytes();
    std::uint64_t sum = 0;
    for (const MemoryModel::OutputBytes& bytes : m_bytes)
        sum = saturatingAdd(sum, bytes.plain);
    return sum;
}

std::uint64_t ServingMemory::activeWeights() const
{
    const Hyperparameters& p = m_model.m_architecture.parameters;
    double plain = 0;
    double active = 0;
    for (std::size_t index = 0; index < m_bytes.size(); ++index) {
        const auto bytes = static_cast<double>(m_bytes[index].plain);
        plain += bytes;
        const MemoryModel::Output& output = m_model.m_outputs[index];
        if (output.isExpert && p.expertCount > 0)
            active += bytes * std::min(1.0, static_cast<double>(p.expertUsedCount) / static_cast<double>(p.expertCount));
        else if (output.isOnDevice)
            active += bytes;
    }
    return plain > 0 ? static_cast<std::uint64_t>(static_cast<double>(allWeights()) * (active / plain)) : 0;
}

CacheBytes ServingMemory::cacheOf(std::uint64_t count, std::uint64_t elementBytes, std::uint64_t block) const
{
    RuntimeSettings one = m_settings;
    one.sequences = 1;
    one.isCacheUnified = true;
    one.isFlashAttention = true;
    const Hyperparameters& p = m_model.m_architecture.parameters;
    const std::uint64_t padded = saturatingAlign(count, block);
    // A window's pages: what is still seen while a step's tokens come in.
    const std::uint64_t windowed = std::min(padded, saturatingAlign(saturatingAdd(p.slidingWindow, std::min<std::uint64_t>(count, m_settings.batch)), block) + block);
    CacheBytes result;
    for (std::size_t layer = 0; layer < p.headCountKv.size(); ++layer) {
        const bool isWindow = layer < p.slidingWindowLayers.size() && p.slidingWindowLayers[layer];
        const std::uint64_t key = isWindow && p.keyLengthSlidingWindow > 0 ? p.keyLengthSlidingWindow : p.keyLength;
        const std::uint64_t value = isWindow && p.valueLengthSlidingWindow > 0 ? p.valueLengthSlidingWindow : p.valueLength;
        const std::uint64_t width = p.mlaKvLoraRank > 0
            ? (p.headCountKv[layer] > 0 ? saturatingAdd(p.mlaKvLoraRank, p.mlaRopeDimension) : 0)
            : saturatingMultiply(p.headCountKv[layer], saturatingAdd(key, value));
        const std::uint64_t bytes = saturatingMultiply(saturatingMultiply(isWindow ? windowed : padded, width), elementBytes);
        std::uint64_t& sum = isWindow ? result.slidingWindow : result.fullAttention;
        sum = saturatingAdd(sum, bytes);
        result.recurrentState
            = saturatingAdd(result.recurrentState, layerCacheBytes(m_model.m_architecture, one, layer, true).recurrentState);
    }
    return result;
}

void ServingMemory::fillServer(MemoryEstimate& estimate) const
{
    const Hyperparameters& p = m_model.m_architecture.parameters;
    const std::uint64_t parts = m_devices.size();
    std::uint64_t fewestHeads = 0;
    for (const std::uint64_t heads : p.headCountKv) {
        if (heads > 0)
            fewestHeads = fewestHeads == 0 ? heads : std::min(fewestHeads, heads);
    }
    // Tensor parallel: key-value heads are shared out, at least one each; latent vectors are kept by all.
    const std::uint64_t cacheParts = p.mlaKvLoraRank > 0 ? 1 : std::min(parts, std::max<std::uint64_t>(1, fewestHeads));
    const bool isEightBit = info(m_settings.keyCacheType).isQuantized();
    const CacheBytes one = cacheOf(tokens(), isEightBit ? 1 : 2, vllmBlock);
    const std::uint64_t sequences = std::max(1u, m_settings.sequences);
    const std::uint64_t step = std::max<std::uint64_t>(1, m_settings.batch);
    const std::uint64_t activations = saturatingMultiply(
        saturatingMultiply(step, 2), saturatingAdd(saturatingMultiply(3, share(widestForward(p), parts)), saturatingMultiply(4, p.embeddingLength)));
    const std::uint64_t sampler = saturatingMultiply(saturatingMultiply(std::min(vllmMostSequences, step), p.vocabularySize), 4 * 3);
    for (std::size_t index = 0; index < m_devices.size(); ++index) {
        DeviceMemory& device = estimate.devices[index];
        device.weightBytes = share(allWeights(), parts);
        device.activeWeightBytes = share(activeWeights(), parts);
        device.cache.fullAttention = share(saturatingMultiply(one.fullAttention, sequences), cacheParts);
        device.cache.slidingWindow = share(saturatingMultiply(one.slidingWindow, sequences), cacheParts);
        device.cache.recurrentState = share(saturatingMultiply(one.recurrentState, sequences), cacheParts);
        device.computeBytes = saturatingAdd(std::max(activations, sampler), vllmGraphs);
        device.computePhase = sampler > activations ? Phase::Logits : Phase::FeedForward;
        device.overheadLowBytes = vllmRest;
        if (m_devices[index].usableBytes == 0)
            continue;
        const double allowed = static_cast<double>(m_devices[index].usableBytes) * std::clamp(m_settings.memoryUtilization, 0.05, 1.0);
        device.capacityBytes = static_cast<std::uint64_t>(allowed);
        const std::uint64_t rest = saturatingAdd(saturatingAdd(device.weightBytes, device.computeBytes), device.overheadHighBytes);
        const std::uint64_t perToken = share(one.fullAttention + one.slidingWindow, cacheParts) / std::max<std::uint64_t>(1, tokens());
        if (index == 0 && device.capacityBytes > rest && perToken > 0) {
            const std::uint64_t room = (device.capacityBytes - rest) / perToken;
            estimate.notes.push_back(fmt::format(
                "{} reserves {:.0f} % of each device at once: the cache takes all that is left, room for about {} tokens or {:.1f} "
                "requests of full length",
                label(m_settings.runner), 100 * m_settings.memoryUtilization, room, static_cast<double>(room) / static_cast<double>(std::max<std::uint64_t>(1, tokens()))));
        }
    }
}

void ServingMemory::fillTransformers(MemoryEstimate& estimate) const
{
    const Hyperparameters& p = m_model.m_architecture.parameters;
    const std::uint64_t sequences = std::max(1u, m_settings.sequences);
    const CacheBytes one = cacheOf(tokens(), 2, 1);
    const std::uint64_t forward = saturatingMultiply(saturatingMultiply(tokens(), sequences), saturatingMultiply(saturatingMultiply(3, widestForward(p)), 2));
    std::uint64_t heads = 0;
    for (const std::uint64_t count : p.headCount)
        heads = std::max(heads, count);
    const std::uint64_t scores = m_settings.isFlashAttention
        ? 0 : saturatingMultiply(saturatingMultiply(sequences, heads), saturatingMultiply(saturatingMultiply(tokens(), tokens()), 6));
    // The cache grows by concatenation: one layer is there twice for a moment.
    const std::uint64_t grown = p.headCountKv.empty() ? 0 : one.total() / p.headCountKv.size();
    const std::uint64_t parts = m_devices.size();
    for (std::size_t index = 0; index < m_devices.size(); ++index) {
        DeviceMemory& device = estimate.devices[index];
        device.weightBytes = share(allWeights(), parts);
        device.activeWeightBytes = share(activeWeights(), parts);
        device.cache.fullAttention = share(saturatingMultiply(one.fullAttention, sequences), parts);
        device.cache.slidingWindow = share(saturatingMultiply(one.slidingWindow, sequences), parts);
        device.cache.recurrentState = share(saturatingMultiply(one.recurrentState, sequences), parts);
        device.computeBytes = saturatingAdd(std::max(forward, scores), grown);
        device.computePhase = scores > forward ? Phase::Scores : Phase::FeedForward;
        // The allocator rounds and keeps what was freed: 5 to 10 %.
        const std::uint64_t used = device.allocatedBytes();
        device.overheadLowBytes = saturatingAdd(300 * mebibyte, used / 20);
        device.overheadHighBytes = saturatingAdd(600 * mebibyte, used / 10);
    }
    if (parts > 1)
        estimate.notes.emplace_back("transformers fills the devices one after the other (device_map=\"auto\"): equal parts were counted");
}

} // namespace quantlathe
