// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/text.h"
#include "core/memory/llama_memory.h"
#include "core/memory/serving_memory.h"
#include "core/memory/speed.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace quantlathe {

namespace {

constexpr std::uint64_t littleRoom = 1ull << 30;

/// CUDA context, cuBLAS, graphs and pools: 300 MiB measured at least, 500 commonly (README.md); Apple's limit is what is left
/// after the system took its share.
constexpr std::uint64_t overheadLow = 300ull << 20;
constexpr std::uint64_t overheadHigh = 500ull << 20;
constexpr std::uint64_t appleOverheadLow = 100ull << 20;

Verdict verdictOf(const DeviceMemory& device, bool isComplete)
{
    using enum Verdict;
    if (device.capacityBytes == 0)
        return Unknown;
    if (device.totalLowBytes() > device.capacityBytes)
        return DoesNotFit;
    if (!isComplete)
        return Unknown;
    if (device.totalHighBytes() > device.capacityBytes)
        return Tight;
    return device.capacityBytes - device.totalHighBytes() < littleRoom ? LittleRoom : Fits;
}

int severity(Verdict verdict)
{
    switch (verdict) {
    case Verdict::Fits: return 0;
    case Verdict::LittleRoom: return 1;
    case Verdict::Tight: return 2;
    case Verdict::Unknown: return 3;
    case Verdict::DoesNotFit: return 4;
    }
    return 3;
}

/// The device that decides.
const DeviceMemory& worstOf(const MemoryEstimate& estimate)
{
    return *std::max_element(estimate.devices.begin(), estimate.devices.end(), [](const DeviceMemory& a, const DeviceMemory& b) {
        if (severity(a.verdict) != severity(b.verdict))
            return severity(a.verdict) < severity(b.verdict);
        const auto excess = [](const DeviceMemory& device) {
            return static_cast<double>(device.totalBytes()) - static_cast<double>(device.capacityBytes);
        };
        return excess(a) < excess(b);
    });
}

/// Block types in GGUF that the runner's reader does not take.
bool doesLoad(Runner runner, TensorType type)
{
    using enum TensorType;
    switch (runner) {
    case Runner::LlamaServer:
    case Runner::LlamaBench:
        return true;
    case Runner::Ollama: // its own engine has no ternary kernels
        return info(type).family != TypeFamily::Ternary && type != NVFP4;
    case Runner::Vllm: // kernels of its GGUF loader: legacy types, K-quants and I-quants
    case Runner::Transformers: // types that its gguf package takes apart
        return info(type).family != TypeFamily::Ternary && info(type).family != TypeFamily::Fp4;
    }
    return true;
}

void addFormatNotes(MemoryEstimate& estimate, const std::array<std::uint32_t, tensorTypeCount>& tensorsOf, const RuntimeSettings& settings)
{
    for (const TensorTypeInfo& row : allTensorTypes()) {
        const std::uint32_t count = tensorsOf[static_cast<std::size_t>(row.type)];
        if (count > 0 && row.isQuantized() && !doesLoad(settings.runner, row.type))
            estimate.notes.push_back(fmt::format("{} does not load {} from GGUF files: {} tensor{} of this plan", label(settings.runner),
                                                 row.name, count, count == 1 ? " has it" : "s have it"));
    }
    if (settings.runner != Runner::Ollama)
        return;
    for (const TensorType type : {settings.keyCacheType, settings.valueCacheType}) {
        if (type != TensorType::F16 && type != TensorType::Q8_0 && type != TensorType::Q4_0) {
            estimate.notes.emplace_back("Ollama keeps its cache in F16, Q8_0 or Q4_0 only");
            return;
        }
    }
    if (settings.keyCacheType != settings.valueCacheType)
        estimate.notes.emplace_back("Ollama has one type for keys and values");
}

std::string sentence(const MemoryEstimate& estimate, bool hasDevices)
{
    std::string text
        = fmt::format("{} of weights, {} of KV cache, {} of compute buffers and about {} for the driver make {}",
                      formatBytes(estimate.weightBytes), formatBytes(estimate.kvCacheBytes - estimate.host.cache.total()),
                      formatBytes(estimate.computeBytes), formatBytes(estimate.overheadBytes), formatBytes(estimate.totalBytes));
    if (!hasDevices)
        return text;
    const DeviceMemory& worst = worstOf(estimate);
    const std::string device = estimate.devices.size() == 1
        ? fmt::format("{} has {}", printable(worst.name, 60), formatBytes(worst.capacityBytes))
        : fmt::format("{} needs {} of {}", printable(worst.name, 60), formatBytes(worst.totalBytes()), formatBytes(worst.capacityBytes));
    switch (worst.verdict) {
    case Verdict::DoesNotFit:
        return fmt::format("{}; {}: at least {} too little", text, device, formatBytes(worst.totalLowBytes() - worst.capacityBytes));
    case Verdict::Tight:
        return fmt::format("{}; {}: tight, what the driver takes ({} to {}) decides", text, device,
                           formatBytes(worst.overheadLowBytes), formatBytes(worst.overheadHighBytes));
    case Verdict::LittleRoom:
        return fmt::format("{}; {}: fits with little room, {} are left", text, device,
                           formatBytes(worst.capacityBytes - worst.totalHighBytes()));
    case Verdict::Fits:
        return fmt::format("{}; {}: fits, {} are left", text, device, formatBytes(worst.capacityBytes - worst.totalHighBytes()));
    case Verdict::Unknown:
        break;
    }
    return fmt::format("{}; {}: not all could be counted", text, device);
}

} // namespace

std::string_view name(Verdict verdict)
{
    switch (verdict) {
    case Verdict::Unknown: return "unknown";
    case Verdict::Fits: return "fits";
    case Verdict::LittleRoom: return "little-room";
    case Verdict::Tight: return "tight";
    case Verdict::DoesNotFit: return "does-not-fit";
    }
    return "unknown";
}

std::string_view name(Phase phase)
{
    switch (phase) {
    case Phase::Inputs: return "inputs";
    case Phase::Projections: return "projections";
    case Phase::Scores: return "scores";
    case Phase::Dequantization: return "dequantization";
    case Phase::FeedForward: return "feed-forward";
    case Phase::Experts: return "experts";
    case Phase::State: return "state";
    case Phase::Logits: return "logits";
    case Phase::Staging: return "staging";
    }
    return "inputs";
}

std::string_view label(Phase phase)
{
    switch (phase) {
    case Phase::Inputs: return "attention mask and inputs";
    case Phase::Projections: return "attention";
    case Phase::Scores: return "attention scores (K x Q)";
    case Phase::Dequantization: return "the cache in 16 bits for flash attention";
    case Phase::FeedForward: return "feed-forward part";
    case Phase::Experts: return "experts";
    case Phase::State: return "recurrent part";
    case Phase::Logits: return "logits";
    case Phase::Staging: return "weights copied from host memory";
    }
    return {};
}

std::uint64_t DeviceMemory::allocatedBytes() const
{
    return saturatingAdd(saturatingAdd(weightBytes, cache.total()), computeBytes);
}

std::uint64_t DeviceMemory::totalLowBytes() const { return saturatingAdd(allocatedBytes(), overheadLowBytes); }
std::uint64_t DeviceMemory::totalBytes() const { return saturatingAdd(allocatedBytes(), overheadBytes()); }
std::uint64_t DeviceMemory::totalHighBytes() const { return saturatingAdd(allocatedBytes(), overheadHighBytes); }

std::uint64_t HostMemory::totalBytes() const
{
    return saturatingAdd(saturatingAdd(weightBytes, cache.total()), saturatingAdd(computeBytes, outputBytes));
}

MemoryEstimate MemoryModel::estimateFor(const PlannedBytes& planned, const RuntimeSettings& settings,
                                        std::span<const Device> devices) const
{
    MemoryEstimate result;
    const std::vector<OutputBytes>& bytes = planned.outputs;
    if (info(planned.mainType).isQuantized()) {
        result.nominalBits = std::floor(info(planned.mainType).bitsPerWeight());
        result.bareBytes = bareBytes(result.nominalBits);
        for (const TensorTypeInfo& type : allTensorTypes()) {
            if (planned.isMatrixType[static_cast<std::size_t>(type.type)] && std::floor(type.bitsPerWeight()) > result.nominalBits)
                result.largerBits.push_back(static_cast<unsigned>(type.bitsPerWeight()));
        }
        std::sort(result.largerBits.begin(), result.largerBits.end());
        result.largerBits.erase(std::unique(result.largerBits.begin(), result.largerBits.end()), result.largerBits.end());
    }
    const bool hasDevices = !devices.empty();
    const Device pretended{"GPU", {}, 0, 0, 0};
    if (!hasDevices)
        devices = std::span(&pretended, 1);
    // Folders hold no tensor in any of GGUF's types.
    const bool isFolder = !bytes.empty() && std::all_of(planned.tensorsOf.begin(), planned.tensorsOf.end(), [](std::uint32_t count) { return count == 0; });
    result.fileBytes = isFolder ? 0 : m_headerBytes;
    result.isFileExact = m_isHeaderExact && !isFolder;
    for (const OutputBytes& output : bytes)
        result.fileBytes = saturatingAdd(result.fileBytes, output.file);
    if (!result.isFileExact)
        result.notes.emplace_back("the file size is that of the tensors: metadata and tokenizer come on top");
    for (const Device& device : devices) {
        DeviceMemory& memory = result.devices.emplace_back();
        memory.name = device.name;
        memory.capacityBytes = device.usableBytes;
        memory.overheadLowBytes = device.vendor == "Apple" ? appleOverheadLow : overheadLow;
        memory.overheadHighBytes = overheadHigh;
    }

    addFormatNotes(result, planned.tensorsOf, settings);
    const bool isLlama = settings.runner == Runner::LlamaServer || settings.runner == Runner::LlamaBench
        || settings.runner == Runner::Ollama;
    if (isLlama)
        LlamaMemory(*this, bytes, settings, devices).fill(result);
    else
        ServingMemory(*this, bytes, isFolder, settings, devices).fill(result);

    const auto add = [&result](const CacheBytes& cache) {
        result.cache.fullAttention = saturatingAdd(result.cache.fullAttention, cache.fullAttention);
        result.cache.slidingWindow = saturatingAdd(result.cache.slidingWindow, cache.slidingWindow);
        result.cache.recurrentState = saturatingAdd(result.cache.recurrentState, cache.recurrentState);
    };
    add(result.host.cache);
    result.hostWeightBytes = result.host.weightBytes;
    for (DeviceMemory& device : result.devices) {
        if (isLlama && device.weightBytes == 0 && device.cache.total() == 0 && device.computeBytes == 0)
            device.overheadLowBytes = 0; // nothing runs there, but the driver may have been started all the same
        device.verdict = verdictOf(device, result.cache.isComplete);
        add(device.cache);
        result.weightBytes = saturatingAdd(result.weightBytes, device.weightBytes);
        result.computeBytes = saturatingAdd(result.computeBytes, device.computeBytes);
        result.overheadBytes = saturatingAdd(result.overheadBytes, device.overheadBytes());
        result.deviceBytes = saturatingAdd(result.deviceBytes, device.capacityBytes);
        result.totalBytes = saturatingAdd(result.totalBytes, device.totalBytes());
    }
    result.kvCacheBytes = result.cache.total();
    result.notes.insert(result.notes.end(), result.cache.notes.begin(), result.cache.notes.end());
    result.verdict = worstOf(result).verdict;
    result.decodeSpeed = decodeSpeed(result, m_architecture.parameters, settings, devices);
    result.explanation = sentence(result, hasDevices);
    return result;
}

} // namespace quantlathe
