// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/convert/export_folder.h"

#include "core/base/checked.h"
#include "core/base/error.h"
#include "core/base/text.h"
#include "core/convert/export_layouts.h"

#include <algorithm>
#include <fmt/format.h>
#include <set>

namespace quantlathe {

namespace {

/// GPTQ and AWQ keep half floats by convention: their scales are such, and kernels compute in the model's type.
TensorType denseTypeFor(const FolderContents& contents, Target target)
{
    return target == Target::Gptq || target == Target::Awq ? TensorType::F16 : contents.denseType;
}

void setDataType(nlohmann::ordered_json& config, TensorType type)
{
    const char* text = type == TensorType::F16 ? "float16" : "bfloat16";
    const auto set = [&](nlohmann::ordered_json& part) {
        bool isSet = false;
        for (const char* key : {"dtype", "torch_dtype"}) {
            if (part.contains(key)) {
                part[key] = text;
                isSet = true;
            }
        }
        return isSet;
    };
    bool isSet = set(config);
    for (const char* nested : {"text_config", "llm_config", "language_config"}) {
        if (config.contains(nested) && config[nested].is_object())
            isSet = set(config[nested]) || isSet;
    }
    if (!isSet)
        config["torch_dtype"] = text;
}

/// What a tensor without codes is written as. Numbers that a model keeps in more than 16 bits on purpose stay so.
TensorType plainType(const FolderContents& contents, const Tensor& weights, TensorType dense)
{
    const TensorTypeInfo& facts = info(weights.type());
    // What decides between experts that are nearly alike is kept as it is.
    if (facts.family == TypeFamily::Integer || weights.name().ends_with(".e_score_correction_bias"))
        return weights.type();
    const bool isWide = weights.type() == TensorType::F32 || weights.type() == TensorType::F64;
    const bool isMixture = std::any_of(contents.tensors.begin(), contents.tensors.end(), [](const FolderTensor& other) {
        return other.weights.type() == TensorType::F16 || other.weights.type() == TensorType::BF16;
    });
    if (isWide && isMixture && contents.model->format() != ModelFormat::Gguf)
        return weights.type();
    return dense;
}

safetensors::NewTensor newTensor(std::string name, TensorType type, Shape shape)
{
    const auto size = tensorBytes(type, shape);
    if (!size)
        throw Error(ErrorKind::InvalidArgument, "would take more than 2^64 bytes", {{}, std::nullopt, printable(name)});
    return {std::move(name), type, std::move(shape), *size, 0, 0};
}

std::string_view moduleOf(const Tensor& weights)
{
    constexpr std::string_view suffix = ".weight";
    return std::string_view(weights.name()).substr(0, weights.name().size() - suffix.size());
}

void throwIfImpossible(const FolderOutput& output)
{
    for (const LoadFinding& finding : output.findings) {
        if (finding.verdict == LoadVerdict::Impossible) {
            throw Error(ErrorKind::Unsupported, finding.message,
                        {output.contents.model->path(), std::nullopt, finding.tensors.empty() ? std::string() : printable(finding.tensors.front())},
                        "Choose another scheme or leave the layer in 16 bits");
        }
    }
}

void addPieces(FolderOutput& output, const Plan& plan, const FolderOptions& options, std::vector<std::size_t>& groups)
{
    const TensorType dense = denseTypeFor(output.contents, plan.target);
    for (std::size_t index = 0; index < output.contents.tensors.size(); ++index) {
        const Tensor& weights = output.contents.tensors[index].weights;
        FolderEntry entry;
        entry.tensor = index;
        entry.firstPiece = output.pieces.size();
        const Choice* choice = plan.target == Target::Safetensors ? nullptr : quantizedChoice(output.contents, plan, index);
        if (choice) {
            entry.choice = *choice;
            entry.layout = layoutFor(plan.target, *choice, options);
            for (PieceLayout& piece : piecesOf(*entry.layout, choice->scheme, weights.shape().rowCount(), weights.shape().rowLength()))
                output.pieces.push_back(newTensor(fmt::format("{}.{}", moduleOf(weights), piece.suffix), piece.type, std::move(piece.shape)));
        } else {
            entry.type = plainType(output.contents, weights, dense);
            output.pieces.push_back(newTensor(weights.name(), entry.type, weights.shape()));
        }
        entry.pieceCount = output.pieces.size() - entry.firstPiece;
        groups.insert(groups.end(), entry.pieceCount, index);
        output.entries.push_back(std::move(entry));
    }
}

/// Files of the source must not stand in the way of those that are written.
void dropReplacedCopies(FolderOutput& output)
{
    std::erase_if(output.contents.copies, [&](const std::filesystem::path& copy) {
        const std::string name = copy.filename().string();
        return output.texts.contains(name) || name == "README.md";
    });
}

} // namespace

FolderOutput makeFolderOutput(FolderContents contents, const Plan& plan, const FolderOptions& options)
{
    if (plan.target == Target::Gguf)
        throw Error(ErrorKind::InvalidArgument, "a plan for a GGUF file writes no folder", {contents.model->path(), std::nullopt, {}});
    FolderOptions effective = options;
    for (std::size_t index = 0; index < contents.tensors.size(); ++index) {
        const Choice* choice = quantizedChoice(contents, plan, index);
        const auto* integers = choice ? std::get_if<GroupScheme>(&choice->scheme) : nullptr;
        if (integers && !integers->isSymmetric)
            effective.isGptqV2 = true; // one format for the whole folder
    }
    FolderOutput output;
    output.contents = std::move(contents);
    output.target = plan.target;
    output.findings = checkLoadRules(output.contents, plan, effective);
    throwIfImpossible(output);
    output.fused = fusedGroups(output.contents);
    std::vector<std::size_t> groups;
    addPieces(output, plan, effective, groups);
    output.shards = safetensors::layoutShards(output.pieces, groups, options.shardBytes);
    nlohmann::ordered_json config = output.contents.config;
    setDataType(config, denseTypeFor(output.contents, plan.target));
    if (auto quantization = quantizationConfig(output, effective); !quantization.is_null()) {
        if (plan.target == Target::Gptq)
            output.texts["quantize_config.json"] = quantization.dump(2) + "\n";
        config["quantization_config"] = std::move(quantization);
    }
    output.texts["config.json"] = config.dump(2) + "\n";
    if (!output.shards.index.empty())
        output.texts["model.safetensors.index.json"] = output.shards.index;
    for (const auto& [name, text] : output.contents.texts)
        output.texts.emplace(name, text);
    dropReplacedCopies(output);
    return output;
}

Plan uniformFolderPlan(const FolderContents& contents, Target target, const Choice& choice)
{
    Plan plan;
    plan.target = target;
    for (std::size_t index = 0; index < contents.tensors.size() && target != Target::Safetensors; ++index) {
        if (isLinearWeight(contents, index))
            plan.setChoice(contents.model->tensors()[contents.tensors[index].source].name(), choice);
    }
    return plan;
}

} // namespace quantlathe
