// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/convert/export_layouts.h"

#include <algorithm>
#include <fmt/format.h>

namespace quantlathe {

namespace {

using Json = nlohmann::ordered_json;

[[noreturn]] void refuse(std::string what)
{
    throw Error(ErrorKind::Unsupported, std::move(what));
}

std::string moduleOf(std::string_view tensorName)
{
    constexpr std::string_view suffix = ".weight";
    return std::string(tensorName.substr(0, tensorName.size() - suffix.size()));
}

/// A name as a regular expression that matches it and nothing else.
std::string escaped(std::string_view name)
{
    std::string text;
    for (const char c : name) {
        if (std::string_view(R"(.\+*?()[]{}|^$)").find(c) != std::string_view::npos)
            text += '\\';
        text += c;
    }
    return text;
}

/// Layers by what they are quantized to, in order of first use.
struct SchemeGroup
{
    const FolderEntry* first;
    std::vector<std::string> modules;
};

std::vector<SchemeGroup> groupsOf(const FolderOutput& output)
{
    std::vector<SchemeGroup> groups;
    for (const FolderEntry& entry : output.entries) {
        if (!entry.layout)
            continue;
        auto found = std::find_if(groups.begin(), groups.end(), [&](const SchemeGroup& group) {
            return group.first->layout == entry.layout && group.first->choice.scheme == entry.choice.scheme;
        });
        if (found == groups.end())
            found = groups.insert(groups.end(), {&entry, {}});
        found->modules.push_back(moduleOf(output.contents.tensors[entry.tensor].weights.name()));
    }
    // The scheme of most layers is the rule, others are exceptions.
    std::stable_sort(groups.begin(), groups.end(), [](const SchemeGroup& a, const SchemeGroup& b) { return a.modules.size() > b.modules.size(); });
    return groups;
}

/// Matrices that stay in 16 bits: what a loader would otherwise expect to be quantized.
std::vector<std::string> plainModules(const FolderOutput& output)
{
    std::vector<std::string> modules;
    for (const FolderEntry& entry : output.entries) {
        const FolderTensor& tensor = output.contents.tensors[entry.tensor];
        const bool isLinear = tensor.weights.shape().rank() == 2 && tensor.weights.name().ends_with(".weight");
        if (!entry.layout && isLinear && tensor.place.role != TensorRole::TokenEmbedding && tensor.place.role != TensorRole::Norm)
            modules.push_back(moduleOf(tensor.weights.name()));
    }
    // Tied models have an output layer all the same.
    if (std::find(modules.begin(), modules.end(), "lm_head") == modules.end())
        modules.emplace_back("lm_head");
    return modules;
}

std::int64_t groupNumber(const GroupScheme& scheme)
{
    return scheme.groupSize == 0 ? -1 : static_cast<std::int64_t>(scheme.groupSize);
}

Json gptqConfig(const FolderOutput& output)
{
    const auto groups = groupsOf(output);
    const auto& scheme = std::get<GroupScheme>(groups.front().first->choice.scheme);
    Json config{{"quant_method", "gptq"},
                {"bits", scheme.bits},
                {"group_size", groupNumber(scheme)},
                {"sym", scheme.isSymmetric},
                {"desc_act", false},
                {"lm_head", false},
                {"checkpoint_format", groups.front().first->layout == PackLayout::GptqV2 ? "gptq_v2" : "gptq"},
                {"true_sequential", true},
                {"static_groups", true},
                {"pack_dtype", "int32"},
                {"meta", {{"quantizer", {"quantlathe:" QUANTLATHE_VERSION}}}}};
    Json dynamic = Json::object();
    for (std::size_t index = 1; index < groups.size(); ++index) {
        const auto& other = std::get<GroupScheme>(groups[index].first->choice.scheme);
        for (const std::string& module : groups[index].modules)
            dynamic[fmt::format("+:^{}$", escaped(module))] = {{"bits", other.bits}, {"group_size", groupNumber(other)}, {"sym", other.isSymmetric}};
    }
    for (const FolderEntry& entry : output.entries) {
        if (!entry.layout && isLinearWeight(output.contents, entry.tensor))
            dynamic[fmt::format("-:^{}$", escaped(moduleOf(output.contents.tensors[entry.tensor].weights.name())))] = Json::object();
    }
    if (!dynamic.empty())
        config["dynamic"] = std::move(dynamic);
    return config;
}

Json awqConfig(const FolderOutput& output)
{
    const auto& scheme = std::get<GroupScheme>(groupsOf(output).front().first->choice.scheme);
    std::vector<std::string> plain = plainModules(output);
    // Engines look for these anywhere in a name: a dot behind keeps "mlp.gate" out of "mlp.gate_proj".
    for (std::string& module : plain) {
        if (module != "lm_head")
            module += '.';
    }
    return {{"quant_method", "awq"}, {"bits", 4}, {"group_size", groupNumber(scheme)}, {"zero_point", true}, {"version", "gemm"},
            {"modules_to_not_convert", plain}};
}

/// The arguments of weights or activations; only keys that every version of the library knows.
Json arguments(unsigned bits, std::string_view type, std::string_view strategy)
{
    return {{"num_bits", bits},         {"type", type},     {"symmetric", true},  {"strategy", strategy}, {"group_size", nullptr},
            {"block_structure", nullptr}, {"dynamic", false}, {"actorder", nullptr}, {"observer", "minmax"}, {"observer_kwargs", Json::object()}};
}

Json compressedGroup(const FolderEntry& entry)
{
    Json weights;
    Json activations = nullptr;
    if (const auto* integers = std::get_if<GroupScheme>(&entry.choice.scheme)) {
        weights = arguments(integers->bits, "int", integers->groupSize == 0 ? "channel" : "group");
        weights["symmetric"] = integers->isSymmetric;
        if (integers->groupSize > 0)
            weights["group_size"] = integers->groupSize;
        if (entry.layout == PackLayout::CompressedInt8) {
            activations = arguments(8, "int", "token");
            activations["dynamic"] = true;
        }
    } else if (const auto* floats = std::get_if<FloatScheme>(&entry.choice.scheme)) {
        const bool isBlock = floats->blockRows > 1 && floats->blockInputs > 1;
        weights = arguments(8, "float", isBlock ? "block" : floats->blockRows == 1 ? "channel" : "tensor");
        activations = arguments(8, "float", isBlock ? "group" : "token");
        activations["dynamic"] = true;
        if (isBlock) {
            weights["block_structure"] = {floats->blockRows, floats->blockInputs};
            activations["group_size"] = floats->blockInputs;
        }
    } else {
        const bool isNv = entry.layout == PackLayout::Nvfp4;
        weights = arguments(4, "float", isNv ? "tensor_group" : "group");
        weights["group_size"] = isNv ? 16 : 32;
    }
    return {{"targets", Json::array()}, {"weights", std::move(weights)}, {"input_activations", std::move(activations)}, {"output_activations", nullptr}};
}

std::string_view compressedFormat(PackLayout layout)
{
    switch (layout) {
    case PackLayout::CompressedInt8:
        return "int-quantized";
    case PackLayout::CompressedFloat8:
        return "float-quantized";
    case PackLayout::Nvfp4:
        return "nvfp4-pack-quantized";
    case PackLayout::Mxfp4:
        return "mxfp4-pack-quantized";
    default:
        return "pack-quantized";
    }
}

Json compressedConfig(const FolderOutput& output)
{
    const auto groups = groupsOf(output);
    const std::string_view format = compressedFormat(*groups.front().first->layout);
    const bool isOneFormat = std::all_of(groups.begin(), groups.end(), [&](const SchemeGroup& group) { return compressedFormat(*group.first->layout) == format; });
    Json configGroups = Json::object();
    for (std::size_t index = 0; index < groups.size(); ++index) {
        Json group = compressedGroup(*groups[index].first);
        group["targets"] = groups.size() == 1 ? Json::array({"Linear"}) : Json(groups[index].modules);
        if (!isOneFormat)
            group["format"] = compressedFormat(*groups[index].first->layout);
        configGroups[fmt::format("group_{}", index)] = std::move(group);
    }
    return {{"quant_method", "compressed-tensors"},
            {"format", isOneFormat ? format : std::string_view("mixed-precision")},
            {"quantization_status", "compressed"},
            {"config_groups", std::move(configGroups)},
            {"ignore", plainModules(output)},
            {"kv_cache_scheme", nullptr},
            {"global_compression_ratio", nullptr}};
}

Json fp8Config(const FolderOutput& output)
{
    const auto& scheme = std::get<FloatScheme>(groupsOf(output).front().first->choice.scheme);
    Json config{{"quant_method", "fp8"}, {"activation_scheme", "dynamic"}, {"fmt", "e4m3"}};
    if (scheme.blockRows > 1)
        config["weight_block_size"] = {scheme.blockRows, scheme.blockInputs};
    // One list, two names: vLLM and transformers.
    config["modules_to_not_convert"] = plainModules(output);
    config["ignored_layers"] = plainModules(output);
    return config;
}

} // namespace

PackLayout layoutFor(Target target, const Choice& choice, const FolderOptions& options)
{
    const auto* integers = std::get_if<GroupScheme>(&choice.scheme);
    const auto* floats = std::get_if<FloatScheme>(&choice.scheme);
    switch (target) {
    case Target::Gptq:
        if (!integers)
            refuse("GPTQ's layout holds integers of 2, 3, 4 and 8 bits");
        return integers->isSymmetric && !options.isGptqV2 ? PackLayout::GptqV1 : PackLayout::GptqV2;
    case Target::Awq:
        if (!integers)
            refuse("AWQ's layout holds integers of 4 bits");
        return PackLayout::AwqGemm;
    case Target::CompressedTensors:
        if (floats)
            return PackLayout::CompressedFloat8;
        if (!integers)
            return choice.type == TensorType::NVFP4 ? PackLayout::Nvfp4 : PackLayout::Mxfp4;
        return options.roundsActivations && integers->bits == 8 ? PackLayout::CompressedInt8 : PackLayout::CompressedPacked;
    case Target::Fp8:
        if (!floats)
            refuse("the layout fp8 holds 8-bit floats");
        return PackLayout::Fp8;
    case Target::Gguf:
    case Target::Safetensors:
        break;
    }
    refuse(fmt::format("the target '{}' holds no codes with scales", name(target)));
}

Json quantizationConfig(const FolderOutput& output, const FolderOptions&)
{
    switch (output.target) {
    case Target::Gptq:
        return gptqConfig(output);
    case Target::Awq:
        return awqConfig(output);
    case Target::CompressedTensors:
        return compressedConfig(output);
    case Target::Fp8:
        return fp8Config(output);
    default:
        return nullptr;
    }
}

} // namespace quantlathe
