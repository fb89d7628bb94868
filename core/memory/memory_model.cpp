// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/memory/estimate.h"

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/memory/saturating.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>

namespace quantlathe {

namespace {

/// CUDA context, cuBLAS and what else the driver takes; MEMORY formulas: README.md.
constexpr std::uint64_t overheadHighBytes = 750ull << 20;
constexpr std::uint64_t tightBytes = 1ull << 30; ///< less than this left: compute buffers and the driver may not fit

/// Read row by row on the host, whatever is offloaded (llama.cpp's input layer).
constexpr std::array<std::string_view, 5> hostNames
    = {"token_embd.", "per_layer_token_embd.", "position_embd.", "token_types.", "token_embd_norm."};

bool isHostTensor(std::string_view canonicalName)
{
    return std::any_of(hostNames.begin(), hostNames.end(),
                       [&](std::string_view start) { return canonicalName.starts_with(start); });
}

/// Bytes of a key and its value in a GGUF header.
std::uint64_t encodedBytes(const Metadata::Entry& entry)
{
    std::uint64_t bytes = 8 + entry.key.size() + 4;
    if (const auto* array = std::get_if<MetadataArray>(&entry.value.value))
        return bytes + 4 + 8 + array->encoded().size();
    if (entry.value.type == MetadataType::String) {
        const auto* text = std::get_if<std::string>(&std::get<MetadataScalar>(entry.value.value));
        return bytes + 8 + (text ? text->size() : 0);
    }
    return bytes + scalarBytes(entry.value.type);
}

/// The header of the GGUF that an export of the GGUF @p model writes: the same keys but those of a split file, with file
/// type and quantization version (u32) set, and the same table of tensors.
std::uint64_t headerBytesOf(const Model& model)
{
    constexpr std::array<std::string_view, 2> written = {"general.file_type", "general.quantization_version"};
    std::uint64_t bytes = 4 + 4 + 8 + 8;
    for (const std::string_view key : written)
        bytes += 8 + key.size() + 4 + 4;
    for (const Metadata::Entry& entry : model.metadata().entries()) {
        const bool isReplaced = std::find(written.begin(), written.end(), entry.key) != written.end();
        if (!isReplaced && !entry.key.starts_with("split."))
            bytes += encodedBytes(entry);
    }
    for (const Tensor& tensor : model.tensors())
        bytes += 8 + tensor.name().size() + 4 + 8 * tensor.shape().rank() + 4 + 8;
    return saturatingAlign(bytes, model.alignment());
}

std::string sentence(const MemoryEstimate& estimate, const Device* device)
{
    std::string text = fmt::format("{} of weights and {} of KV cache make {}", formatBytes(estimate.weightBytes),
                                   formatBytes(estimate.kvCacheBytes), formatBytes(estimate.totalBytes));
    if (!device)
        return text;
    text += fmt::format("; {} has {}: ", printable(device->name, 60), formatBytes(estimate.deviceBytes));
    switch (estimate.verdict) {
    case MemoryEstimate::Verdict::DoesNotFit:
        return text + fmt::format("{} too little", formatBytes(estimate.totalBytes - estimate.deviceBytes));
    case MemoryEstimate::Verdict::Tight:
        return text + fmt::format("tight, {} are left for compute buffers and the driver",
                                  formatBytes(estimate.deviceBytes - estimate.totalBytes));
    case MemoryEstimate::Verdict::Fits:
        return text + fmt::format("fits, {} are left for compute buffers and the driver",
                                  formatBytes(estimate.deviceBytes - estimate.totalBytes));
    case MemoryEstimate::Verdict::Unknown:
        break;
    }
    return text + "not all could be counted";
}

MemoryEstimate::Verdict verdictFor(const MemoryEstimate& estimate)
{
    using enum MemoryEstimate::Verdict;
    if (estimate.totalBytes > estimate.deviceBytes)
        return DoesNotFit;
    if (!estimate.cache.isComplete)
        return Unknown;
    const std::uint64_t left = estimate.deviceBytes - estimate.totalBytes;
    return left < tightBytes || left < estimate.deviceBytes / 20 ? Tight : Fits;
}

} // namespace

std::string_view name(MemoryEstimate::Verdict verdict)
{
    switch (verdict) {
    case MemoryEstimate::Verdict::Unknown:
        return "unknown";
    case MemoryEstimate::Verdict::Fits:
        return "fits";
    case MemoryEstimate::Verdict::Tight:
        return "tight";
    case MemoryEstimate::Verdict::DoesNotFit:
        return "does-not-fit";
    }
    return "unknown";
}

MemoryModel::MemoryModel(const Model& model, std::optional<std::uint64_t> headerBytes)
    : m_architecture(model.architecture()), m_alignment(std::max<std::uint64_t>(1, model.alignment()))
{
    const std::size_t count = model.tensors().size();
    const bool isGguf = model.format() == ModelFormat::Gguf;
    bool isTied = true;
    for (std::size_t index = 0; index < count; ++index)
        isTied = isTied && model.place(index).canonicalName != "output.weight";

    // Experts that are tensors of their own become one tensor of the file: group by canonical name, keep file order.
    std::vector<std::size_t> order(count);
    std::iota(order.begin(), order.end(), std::size_t{0});
    if (!isGguf)
        std::stable_sort(order.begin(), order.end(), [&model](std::size_t a, std::size_t b) {
            return model.place(a).canonicalName < model.place(b).canonicalName;
        });
    m_parts.reserve(count);
    m_partOfTensor.resize(count);
    std::uint64_t table = 4 + 4 + 8 + 8;
    for (const std::size_t index : order) {
        const Tensor& tensor = model.tensors()[index];
        const TensorPlace& place = model.place(index);
        const bool isNew = isGguf || m_parts.empty() || !place.expert
            || model.place(order[m_parts.size() - 1]).canonicalName != place.canonicalName;
        if (isNew) {
            const bool isInput = isHostTensor(place.canonicalName);
            const bool isTiedOutput = isTied && place.canonicalName == "token_embd.weight";
            m_outputs.push_back({m_parts.size(), 0, !isInput || isTiedOutput, isInput});
            const std::size_t rank = tensor.shape().rank() + (place.expert && !isGguf ? 1 : 0);
            table = saturatingAdd(table, 8 + place.canonicalName.size() + 4 + 8 * rank + 4 + 8);
        }
        ++m_outputs.back().partCount;
        m_partOfTensor[index] = m_parts.size();
        m_parts.push_back({tensor.name(), factsOf(model, index), tensor.shape().rowCount(), m_outputs.size() - 1});
    }
    m_byName.resize(count);
    std::iota(m_byName.begin(), m_byName.end(), std::size_t{0});
    std::sort(m_byName.begin(), m_byName.end(),
              [this](std::size_t a, std::size_t b) { return m_parts[a].name < m_parts[b].name; });

    m_isHeaderExact = headerBytes.has_value() || isGguf;
    m_headerBytes = headerBytes ? *headerBytes : isGguf ? headerBytesOf(model) : saturatingAlign(table, m_alignment);
}

MemoryEstimate MemoryModel::estimate(const Plan& plan, const RuntimeSettings& settings, const Device* device) const
{
    MemoryEstimate result;
    // Both lists are sorted by name: one walk along them.
    std::vector<TensorType> types(m_parts.size());
    auto choice = plan.choices().begin();
    for (const std::size_t index : m_byName) {
        const Part& part = m_parts[index];
        while (choice != plan.choices().end() && choice->first < part.name)
            ++choice;
        const bool isChosen = choice != plan.choices().end() && choice->first == part.name;
        types[index] = writtenType(part.facts, isChosen ? std::optional(choice->second.type) : std::nullopt).type;
    }

    result.fileBytes = m_headerBytes;
    result.isFileExact = m_isHeaderExact;
    for (const Output& output : m_outputs) {
        std::uint64_t bytes = 0;
        for (std::size_t index = output.firstPart; index < output.firstPart + output.partCount; ++index) {
            const Part& part = m_parts[index];
            const auto row = rowBytes(types[index], part.facts.rowLength);
            bytes = saturatingAdd(bytes, row ? saturatingMultiply(*row, part.rowCount) : beyondCounting);
        }
        const TensorTypeInfo& type = info(types[output.firstPart]);
        result.fileBytes = saturatingAdd(result.fileBytes, saturatingAlign(bytes, m_alignment));
        if (output.isOnDevice)
            result.weightBytes = saturatingAdd(
                result.weightBytes, cudaBytes(bytes, type.isQuantized(), m_parts[output.firstPart].facts.rowLength,
                                              type.weightsPerBlock, type.bytesPerBlock));
        if (output.isOnHost)
            result.hostWeightBytes = saturatingAdd(result.hostWeightBytes, saturatingAlign(bytes, 32));
    }
    if (!m_isHeaderExact)
        result.notes.emplace_back("the file size is that of the tensors: metadata and tokenizer come on top");

    try {
        result.cache = cacheBytes(m_architecture, settings);
    } catch (const Error& error) {
        result.cache.isComplete = false;
        result.cache.notes.push_back(error.message());
    }
    result.notes.insert(result.notes.end(), result.cache.notes.begin(), result.cache.notes.end());
    result.kvCacheBytes = result.cache.total();
    result.totalBytes = saturatingAdd(result.weightBytes, result.kvCacheBytes);
    if (device) {
        result.deviceBytes = device->usableBytes;
        result.verdict = verdictFor(result);
    }
    result.explanation = sentence(result, device);
    return result;
}

TensorCost MemoryModel::tensorCost(std::size_t tensorIndex, TensorType written) const
{
    const std::size_t part = m_partOfTensor.at(tensorIndex);
    const Output& output = m_outputs[m_parts[part].output];
    std::uint64_t bytes = 0;
    for (std::size_t index = output.firstPart; index < output.firstPart + output.partCount; ++index) {
        const auto row = rowBytes(written, m_parts[index].facts.rowLength);
        bytes = saturatingAdd(bytes, row ? saturatingMultiply(*row, m_parts[index].rowCount) : beyondCounting);
    }
    if (bytes == beyondCounting)
        return {beyondCounting, beyondCounting, beyondCounting};
    const TensorTypeInfo& type = info(written);
    // What is left over by the division goes to the first parts, a byte each.
    const std::uint64_t place = part - output.firstPart;
    const auto share = [&](std::uint64_t whole) {
        return whole / output.partCount + (place < whole % output.partCount ? 1 : 0);
    };
    return {share(saturatingAlign(bytes, m_alignment)),
            output.isOnDevice ? share(cudaBytes(bytes, type.isQuantized(), m_parts[output.firstPart].facts.rowLength,
                                                type.weightsPerBlock, type.bytesPerBlock))
                              : 0,
            output.isOnHost ? share(saturatingAlign(bytes, 32)) : 0};
}

std::uint64_t MemoryModel::weightBudget(const RuntimeSettings& settings, std::span<const Device> devices) const
{
    std::uint64_t budget = 0;
    for (const Device& device : devices)
        budget = saturatingAdd(budget, device.usableBytes);
    std::uint64_t rest = cacheBytes(m_architecture, settings).total();
    rest = saturatingAdd(rest, saturatingMultiply(devices.size(), overheadHighBytes));
    return rest < budget ? budget - rest : 0;
}

MemoryEstimate estimateMemory(const Model& model, const Plan& plan, const RuntimeSettings& settings,
                              const Device* device)
{
    return MemoryModel(model).estimate(plan, settings, device);
}

} // namespace quantlathe
