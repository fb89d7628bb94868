// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/memory/estimate.h"

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/memory/folder_bytes.h"
#include "core/memory/saturating.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>

namespace quantlathe {

namespace {

/// Read row by row on the host, whatever is offloaded (llama.cpp's input layer).
constexpr std::array<std::string_view, 5> hostNames
    = {"token_embd.", "per_layer_token_embd.", "position_embd.", "token_types.", "token_embd_norm."};

constexpr std::uint64_t mostLayers = 4096; ///< of a file that claims more the rest is not looked at

/// What llama.cpp keeps in host memory with --n-cpu-moe: the routed experts.
bool isExpertTensor(std::string_view canonicalName)
{
    for (const std::string_view part : {".ffn_up_", ".ffn_down_", ".ffn_gate_", ".ffn_gate_up_"}) {
        const std::size_t found = canonicalName.find(part);
        if (found == std::string_view::npos)
            continue;
        const std::string_view rest = canonicalName.substr(found + part.size());
        if (rest.starts_with("exps") || rest.starts_with("chexps"))
            return true;
    }
    return false;
}

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

} // namespace

MemoryModel::MemoryModel(const Model& model, std::optional<std::uint64_t> headerBytes)
    : m_architecture(model.architecture()), m_alignment(std::max<std::uint64_t>(1, model.alignment()))
{
    const std::size_t count = model.tensors().size();
    const bool isGguf = model.format() == ModelFormat::Gguf;
    m_isTied = true;
    for (std::size_t index = 0; index < count; ++index)
        m_isTied = m_isTied && model.place(index).canonicalName != "output.weight";
    m_network.layers.resize(std::min<std::uint64_t>(m_architecture.parameters.layerCount, mostLayers));

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
            const bool isTiedOutput = m_isTied && place.canonicalName == "token_embd.weight";
            Output output{m_parts.size(), 0, !isInput || isTiedOutput, isInput};
            const bool isOfLayer = place.layer && *place.layer >= 0
                && static_cast<std::size_t>(*place.layer) < m_network.layers.size();
            output.home = isInput ? Home::Input
                : place.canonicalName.starts_with("rope_") ? Home::Rotation
                : isOfLayer ? Home::Layer : Home::Output;
            output.layer = isOfLayer ? static_cast<std::size_t>(*place.layer) : 0;
            output.isExpert = isExpertTensor(place.canonicalName);
            m_hasExperts = m_hasExperts || output.isExpert;
            m_outputs.push_back(output);
            const std::size_t rank = tensor.shape().rank() + (place.expert && !isGguf ? 1 : 0);
            table = saturatingAdd(table, 8 + place.canonicalName.size() + 4 + 8 * rank + 4 + 8);
        }
        ++m_outputs.back().partCount;
        m_partOfTensor[index] = m_parts.size();
        m_parts.push_back({tensor.name(), factsOf(model, index), tensor.shape().rowCount(), m_outputs.size() - 1});
        m_weightCount = saturatingAdd(m_weightCount, tensor.shape().weightCount());
        m_sixteenBitBytes = saturatingAdd(
            m_sixteenBitBytes, saturatingMultiply(tensor.shape().weightCount(), m_parts.back().facts.isQuantizable ? 2 : 4));
        addToNetwork(model, index, m_outputs.size() - 1);
    }
    m_byName.resize(count);
    std::iota(m_byName.begin(), m_byName.end(), std::size_t{0});
    std::sort(m_byName.begin(), m_byName.end(),
              [this](std::size_t a, std::size_t b) { return m_parts[a].name < m_parts[b].name; });

    m_isHeaderExact = headerBytes.has_value() || isGguf;
    m_headerBytes = headerBytes ? *headerBytes : isGguf ? headerBytesOf(model) : saturatingAlign(table, m_alignment);
}

void MemoryModel::addToNetwork(const Model& model, std::size_t index, std::size_t output)
{
    const TensorPlace& place = model.place(index);
    const std::vector<std::uint64_t>& dimensions = model.tensors()[index].shape().dimensions();
    compute::Weight weight;
    weight.output = output;
    weight.rowLength = dimensions.empty() ? 1 : dimensions.back();
    weight.rows = dimensions.size() < 2 ? 1 : dimensions[dimensions.size() - 2];
    weight.stacked = dimensions.size() < 3 ? 1 : dimensions[dimensions.size() - 3];
    if (place.canonicalName == "token_embd.weight") {
        m_network.tokenEmbedding = weight;
        if (m_isTied)
            m_network.output = weight;
    } else if (place.canonicalName == "output.weight") {
        m_network.output = weight;
    } else if (place.canonicalName == "output_norm.weight") {
        m_network.outputNorm = weight;
    } else if (m_outputs[output].home == Home::Rotation) {
        m_network.rotation = weight;
    } else if (m_outputs[output].home == Home::Layer) {
        const std::string_view name = place.canonicalName;
        const std::size_t start = name.find('.', name.find('.') + 1); // behind "blk.N"
        if (const auto slot = start == std::string_view::npos ? std::nullopt : compute::slotOf(name.substr(start + 1)))
            m_network.layers[m_outputs[output].layer].weights[static_cast<std::size_t>(*slot)] = weight;
    }
}

MemoryModel::PlannedBytes MemoryModel::outputBytes(const Plan& plan, std::optional<TensorType> instead) const
{
    if (plan.target != Target::Gguf && !instead) {
        PlannedBytes folder; // no tensor in any of GGUF's types
        for (const Output& output : m_outputs) {
            std::uint64_t bytes = 0;
            for (std::size_t index = output.firstPart; index < output.firstPart + output.partCount; ++index) {
                const Part& part = m_parts[index];
                const auto choice = plan.choices().find(part.name);
                bytes = saturatingAdd(bytes, folderTensorBytes(plan.target, choice == plan.choices().end() ? nullptr : &choice->second, part.facts.stored,
                                                               part.rowCount, part.facts.rowLength));
            }
            folder.outputs.push_back({bytes, bytes, bytes, bytes});
        }
        return folder;
    }
    // Both lists are sorted by name: one walk along them.
    std::vector<TensorType> types(m_parts.size());
    auto choice = plan.choices().begin();
    for (const std::size_t index : m_byName) {
        const Part& part = m_parts[index];
        while (choice != plan.choices().end() && choice->first < part.name)
            ++choice;
        const bool isChosen = choice != plan.choices().end() && choice->first == part.name;
        const std::optional<TensorType> asked
            = instead ? (part.facts.isQuantizable ? instead : std::nullopt)
                      : isChosen ? std::optional(choice->second.type) : std::nullopt;
        types[index] = writtenType(part.facts, asked).type;
    }
    PlannedBytes planned;
    std::vector<OutputBytes>& result = planned.outputs;
    result.reserve(m_outputs.size());
    std::array<double, tensorTypeCount> weightsOf{};
    for (const Output& output : m_outputs) {
        std::uint64_t bytes = 0;
        for (std::size_t index = output.firstPart; index < output.firstPart + output.partCount; ++index) {
            const Part& part = m_parts[index];
            const auto row = rowBytes(types[index], part.facts.rowLength);
            bytes = saturatingAdd(bytes, row ? saturatingMultiply(*row, part.rowCount) : beyondCounting);
            weightsOf[static_cast<std::size_t>(types[index])] += static_cast<double>(part.facts.rowLength) * static_cast<double>(part.rowCount);
            planned.isMatrixType[static_cast<std::size_t>(types[index])] |= part.facts.isQuantizable;
        }
        const TensorTypeInfo& type = info(types[output.firstPart]);
        ++planned.tensorsOf[static_cast<std::size_t>(types[output.firstPart])];
        result.push_back({bytes, saturatingAlign(bytes, m_alignment),
                          cudaBytes(bytes, type.isQuantized(), m_parts[output.firstPart].facts.rowLength,
                                    type.weightsPerBlock, type.bytesPerBlock),
                          saturatingAlign(bytes, 32)});
    }
    planned.mainType = static_cast<TensorType>(std::max_element(weightsOf.begin(), weightsOf.end()) - weightsOf.begin());
    return planned;
}

MemoryEstimate MemoryModel::estimate(const Plan& plan, const RuntimeSettings& settings, std::span<const Device> devices) const
{
    return estimateFor(outputBytes(plan), settings, devices);
}

MemoryEstimate MemoryModel::estimate(const Plan& plan, const RuntimeSettings& settings, const Device* device) const
{
    return estimate(plan, settings, device ? std::span(device, 1) : std::span<const Device>());
}

std::uint64_t MemoryModel::bareBytes(double bits) const
{
    return static_cast<std::uint64_t>(static_cast<double>(m_weightCount) * bits / 8);
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

MemoryEstimate estimateMemory(const Model& model, const Plan& plan, const RuntimeSettings& settings,
                              const Device* device)
{
    return MemoryModel(model).estimate(plan, settings, device);
}

} // namespace quantlathe
