// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/convert/engine_formats.h"

#include "core/convert/export_folder.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

namespace quantlathe {

namespace {

using F = ExportFormat;

struct FormatRow
{
    ExportFormat format;
    std::string_view id;
    std::string_view label;
    Target target;
};

constexpr std::array<FormatRow, 11> rows = {{
    {F::Gguf, "gguf", "GGUF", Target::Gguf},
    {F::W4A16, "w4a16", "compressed-tensors W4A16", Target::CompressedTensors},
    {F::W8A16, "w8a16", "compressed-tensors W8A16", Target::CompressedTensors},
    {F::W8A8, "w8a8", "compressed-tensors W8A8", Target::CompressedTensors},
    {F::Fp8, "fp8", "compressed-tensors FP8", Target::CompressedTensors},
    {F::Nvfp4, "nvfp4", "compressed-tensors NVFP4", Target::CompressedTensors},
    {F::Mxfp4, "mxfp4", "compressed-tensors MXFP4", Target::CompressedTensors},
    {F::Gptq, "gptq", "GPTQ", Target::Gptq},
    {F::Awq, "awq", "AWQ", Target::Awq},
    {F::Fp8Blocks, "fp8-blocks", "FP8 in blocks", Target::Fp8},
    {F::Plain, "plain", "16 bits", Target::Safetensors},
}};

const FormatRow& rowOf(ExportFormat format)
{
    return *std::find_if(rows.begin(), rows.end(), [format](const FormatRow& row) { return row.format == format; });
}

/// Bits without scales of what @p plan writes for the tensor; 16 where it stays plain.
unsigned plannedBits(const Model& model, std::size_t tensor, const Plan& plan)
{
    return static_cast<unsigned>(std::min(16.0, std::floor(info(effectiveChoice(model, tensor, plan).type).bitsPerWeight())));
}

Choice choiceFor(const FormatSettings& settings, TensorType denseType)
{
    Choice choice;
    choice.method = settings.method;
    switch (settings.format) {
    case F::Nvfp4:
        choice.type = TensorType::NVFP4;
        break;
    case F::Mxfp4:
        choice.type = TensorType::MXFP4;
        break;
    case F::Fp8:
        choice.scheme = FloatScheme{FloatCode::E4M3, 1, 0, denseType};
        break;
    case F::Fp8Blocks:
        choice.scheme = FloatScheme{FloatCode::E4M3, 128, 128, TensorType::F32};
        break;
    default:
        choice.scheme = GroupScheme{settings.bits, settings.groupSize, settings.isSymmetric,
                                    targetOf(settings.format) == Target::CompressedTensors ? denseType : TensorType::F16, false};
    }
    return choice;
}

} // namespace

std::string_view name(ExportFormat format) { return rowOf(format).id; }
std::string_view label(ExportFormat format) { return rowOf(format).label; }
Target targetOf(ExportFormat format) { return rowOf(format).target; }

std::optional<ExportFormat> exportFormatFromName(std::string_view name)
{
    const auto found = std::find_if(rows.begin(), rows.end(), [name](const FormatRow& row) { return row.id == name; });
    return found == rows.end() ? std::nullopt : std::optional(found->format);
}

std::span<const ExportFormat> formatsFor(Engine engine)
{
    static constexpr std::array llama = {F::Gguf};
    static constexpr std::array vllm = {F::W4A16, F::W8A16, F::W8A8, F::Fp8, F::Nvfp4, F::Mxfp4, F::Gptq, F::Awq, F::Fp8Blocks, F::Plain};
    static constexpr std::array tgi = {F::Gptq, F::Awq, F::W4A16, F::W8A16, F::W8A8, F::Fp8, F::Fp8Blocks, F::Plain};
    static constexpr std::array transformers = {F::W4A16, F::W8A16, F::W8A8, F::Fp8, F::Nvfp4, F::Mxfp4, F::Gptq, F::Awq, F::Fp8Blocks, F::Plain};
    switch (engine) {
    case Engine::LlamaCpp:
        return llama;
    case Engine::Vllm:
        return vllm;
    case Engine::Tgi:
        return tgi;
    case Engine::Transformers:
        break;
    }
    return transformers;
}

Engine engineFor(Target target) { return target == Target::Gguf ? Engine::LlamaCpp : Engine::Vllm; }

FormatFacts factsOf(ExportFormat format, Engine engine)
{
    using M = Method;
    const std::vector<std::uint64_t> groups{32, 64, 128, 0};
    const bool isTransformers = engine == Engine::Transformers;
    switch (format) {
    case F::Gguf: // its types are the plan's
        return {{}, {}, false, true, {M::Gptq, M::RoundToNearest}};
    case F::W4A16:
        return {{4}, groups, engine != Engine::Tgi, true, {M::Gptq, M::Awq, M::RoundToNearest}};
    case F::W8A16:
        return {{8}, groups, isTransformers, false, {M::Gptq, M::Awq, M::RoundToNearest}};
    case F::W8A8:
        return {{8}, {0}, false, false, {M::SmoothQuant, M::Gptq, M::RoundToNearest}};
    case F::Fp8:
    case F::Fp8Blocks:
        return {{}, {}, false, false, {M::RoundToNearest}};
    case F::Nvfp4:
    case F::Mxfp4:
        return {{}, {}, false, false, {M::RoundToNearest}};
    case F::Gptq:
        return {isTransformers ? std::vector<unsigned>{2, 3, 4, 8} : std::vector<unsigned>{4, 8}, groups, isTransformers, engine != Engine::Tgi,
                {M::Gptq, M::Awq, M::RoundToNearest}};
    case F::Awq:
        return {{4}, groups, true, false, {M::Gptq, M::Awq, M::RoundToNearest}};
    case F::Plain:
        break;
    }
    return {};
}

FormatSettings fittedTo(FormatSettings settings, const FormatFacts& facts, const FolderContents& contents)
{
    if (!facts.bits.empty() && std::find(facts.bits.begin(), facts.bits.end(), settings.bits) == facts.bits.end()) {
        const bool hasFour = std::find(facts.bits.begin(), facts.bits.end(), 4u) != facts.bits.end();
        settings.bits = hasFour ? 4 : facts.bits.front();
    }
    settings.isSymmetric = settings.isSymmetric || !facts.canBeAsymmetric;
    settings.groupSize = 0;
    for (const std::uint64_t group : facts.groups) {
        bool divides = group > 0 && group <= 128;
        for (std::size_t index = 0; divides && index < contents.tensors.size(); ++index)
            divides = !isLinearWeight(contents, index) || contents.tensors[index].weights.shape().rowLength() % group == 0;
        if (divides)
            settings.groupSize = std::max(settings.groupSize, group);
    }
    return settings;
}

bool hasMixedBits(const Model& model, const Plan& plan)
{
    std::optional<unsigned> bits;
    for (std::size_t index = 0; index < model.tensors().size(); ++index) {
        const TensorPlace& place = model.place(index);
        if (!place.layer || model.tensors()[index].shape().rank() < 2 || !isQuantizable(model.tensors()[index], place))
            continue;
        const unsigned own = plannedBits(model, index, plan);
        if (bits && *bits != own)
            return true;
        bits = own;
    }
    return false;
}

Plan folderPlan(const FolderContents& contents, const FormatSettings& settings, const FormatFacts& facts, const Plan* bits)
{
    const Choice choice = choiceFor(settings, contents.denseType);
    Plan plan = uniformFolderPlan(contents, targetOf(settings.format), choice);
    const auto* integers = std::get_if<GroupScheme>(&choice.scheme);
    if (!bits || !facts.isMixable || !integers || settings.format == F::Plain)
        return plan;
    // Packed integers of compressed-tensors come with 4 and 8 bits side by side.
    const std::vector<unsigned> offered = settings.format == F::W4A16 ? std::vector<unsigned>{4, 8} : facts.bits;
    const std::vector<std::size_t> groups = fusedGroups(contents);
    std::map<std::size_t, unsigned> most;
    for (std::size_t index = 0; index < contents.tensors.size(); ++index) {
        if (isLinearWeight(contents, index))
            most[groups[index]] = std::max(most[groups[index]], plannedBits(*contents.model, contents.tensors[index].source, *bits));
    }
    for (std::size_t index = 0; index < contents.tensors.size(); ++index) {
        if (!isLinearWeight(contents, index))
            continue;
        const auto fitting = std::find_if(offered.begin(), offered.end(), [&](unsigned count) { return count >= most[groups[index]]; });
        std::optional<Choice> own;
        if (fitting != offered.end()) {
            GroupScheme scheme = *integers;
            scheme.bits = *fitting;
            own = choice;
            own->scheme = scheme;
        }
        plan.setChoice(contents.model->tensors()[contents.tensors[index].source].name(), own);
    }
    return plan;
}

FolderOptions folderOptions(const FormatSettings& settings)
{
    FolderOptions options;
    options.roundsActivations = settings.format == F::W8A8;
    return options;
}

} // namespace quantlathe
