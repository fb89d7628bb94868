// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/inference/rounded_inputs.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <set>
#include <utility>

namespace quantlathe {

namespace {

/// The only length of blocks that engines have kernels for.
constexpr std::uint64_t blockLength = 128;

ActivationRounding floatRounding(std::uint64_t blockInputs)
{
    if (blockInputs == 0)
        return ActivationRounding::TokenFloats;
    return blockInputs == blockLength ? ActivationRounding::Floats128 : ActivationRounding::None;
}

class RoundedInputs final : public WeightSource
{
public:
    RoundedInputs(std::shared_ptr<const WeightSource> weights, InputRoundings roundings) : m_weights(std::move(weights)), m_roundings(std::move(roundings)) {}
    const Model& model() const override { return m_weights->model(); }
    bool isAsStored(std::size_t tensor) const override { return m_roundings[tensor] == ActivationRounding::None && m_weights->isAsStored(tensor); }
    TensorType type(std::size_t tensor) const override { return m_weights->type(tensor); }
    ActivationRounding inputRounding(std::size_t tensor) const override { return m_roundings[tensor]; }
    std::shared_ptr<const WeightRows> rows(std::size_t tensor, unsigned threads, const RunControl& control) const override
    {
        return m_weights->rows(tensor, threads, control);
    }

private:
    std::shared_ptr<const WeightSource> m_weights;
    InputRoundings m_roundings;
};

/// A group of compressed-tensors' config_groups, as far as it matters here.
struct ActivationGroup
{
    bool isFloat = false; ///< the weights
    ActivationRounding rounding = ActivationRounding::None;
};

std::vector<ActivationGroup> activationGroups(const Metadata& metadata)
{
    constexpr std::string_view prefix = "quantization_config.config_groups.";
    std::set<std::string> names;
    for (const Metadata::Entry& entry : metadata.entries()) {
        if (entry.key.starts_with(prefix))
            names.insert(entry.key.substr(0, entry.key.find('.', prefix.size())));
    }
    std::vector<ActivationGroup> groups;
    for (const std::string& group : names) {
        ActivationGroup found;
        found.isFloat = metadata.string(group + ".weights.type") == "float";
        const std::string inputs = group + ".input_activations.";
        const std::string strategy = metadata.string(inputs + "strategy").value_or("");
        if (metadata.unsignedInteger(inputs + "num_bits") == 8 && metadata.boolean(inputs + "dynamic").value_or(false)) {
            const bool isFloat = metadata.string(inputs + "type") == "float";
            if (strategy == "token")
                found.rounding = isFloat ? ActivationRounding::TokenFloats : ActivationRounding::TokenIntegers;
            else if (strategy == "group" && isFloat)
                found.rounding = floatRounding(metadata.unsignedInteger(inputs + "group_size").value_or(1));
        }
        groups.push_back(found);
    }
    return groups;
}

std::string_view words(ActivationRounding rounding)
{
    switch (rounding) {
    case ActivationRounding::TokenIntegers:
        return "8-bit integers, a scale for each token";
    case ActivationRounding::TokenFloats:
        return "8-bit floats, a scale for each token";
    case ActivationRounding::Floats128:
        return "8-bit floats, a scale for each 128 inputs";
    default:
        return name(rounding);
    }
}

} // namespace

InputRoundings plannedInputRoundings(const Model& model, const Plan& plan, bool roundsIntegers)
{
    InputRoundings roundings(model.tensors().size(), ActivationRounding::None);
    for (std::size_t index = 0; index < roundings.size(); ++index) {
        const auto choice = plan.choice(model.tensors()[index].name());
        if (!choice)
            continue;
        if (const auto* floats = std::get_if<FloatScheme>(&choice->scheme)) {
            if (floats->code == FloatCode::E4M3)
                roundings[index] = floatRounding(floats->blockRows > 1 ? floats->blockInputs : 0);
        } else if (const auto* integers = std::get_if<GroupScheme>(&choice->scheme)) {
            if (roundsIntegers && integers->bits == 8 && integers->isSymmetric && integers->groupSize == 0)
                roundings[index] = ActivationRounding::TokenIntegers;
        }
    }
    return roundings;
}

InputRoundings storedInputRoundings(const Model& model)
{
    InputRoundings roundings(model.tensors().size(), ActivationRounding::None);
    const Metadata& metadata = model.metadata();
    const std::string method = metadata.string("quantization_config.quant_method").value_or("");
    std::vector<ActivationGroup> groups;
    if (method == "compressed-tensors")
        groups = activationGroups(metadata);
    if (method == "fp8" && metadata.string("quantization_config.activation_scheme") == "dynamic") {
        std::uint64_t block = 0;
        if (const MetadataValue* sizes = metadata.find("quantization_config.weight_block_size"); sizes && sizes->isArray()) {
            const auto& array = std::get<MetadataArray>(sizes->value);
            block = array.size() == 2 ? toUnsigned(array.at(1)).value_or(1) : 1;
        }
        groups.push_back({true, floatRounding(block)});
    }
    for (std::size_t index = 0; index < roundings.size(); ++index) {
        const Tensor& tensor = model.tensors()[index];
        if (tensor.scheme().empty() || (tensor.type() != TensorType::FP8 && tensor.type() != TensorType::INT8))
            continue;
        // Groups differ in their weights; where two of a kind differ in their inputs alone, their tensors cannot be told apart here.
        std::set<ActivationRounding> found;
        for (const ActivationGroup& group : groups) {
            if (group.isFloat == (tensor.type() == TensorType::FP8))
                found.insert(group.rounding);
        }
        if (found.size() == 1)
            roundings[index] = *found.begin();
    }
    return roundings;
}

std::shared_ptr<const WeightSource> withRoundedInputs(std::shared_ptr<const WeightSource> weights, InputRoundings roundings)
{
    if (std::all_of(roundings.begin(), roundings.end(), [](ActivationRounding rounding) { return rounding == ActivationRounding::None; }))
        return weights;
    return std::make_shared<RoundedInputs>(std::move(weights), std::move(roundings));
}

std::string_view name(ActivationRounding rounding)
{
    switch (rounding) {
    case ActivationRounding::None:
        return "none";
    case ActivationRounding::Half:
        return "f16";
    case ActivationRounding::Bfloat16:
        return "bf16";
    case ActivationRounding::Blocks32:
        return "int8-per-32";
    case ActivationRounding::Blocks256:
        return "int8-per-256";
    case ActivationRounding::TokenIntegers:
        return "int8-per-token";
    case ActivationRounding::TokenFloats:
        return "fp8-per-token";
    case ActivationRounding::Floats128:
        return "fp8-per-128";
    }
    return "none";
}

std::string sentenceOf(const InputRoundings& roundings)
{
    std::map<ActivationRounding, std::size_t> counts;
    for (const ActivationRounding rounding : roundings) {
        if (rounding != ActivationRounding::None)
            ++counts[rounding];
    }
    std::string text;
    for (const auto& [rounding, count] : counts)
        text += fmt::format("{} of {} matrices are rounded to {}", text.empty() ? "The inputs" : "; those", count, words(rounding));
    return text.empty() ? text : text + ", as engines do";
}

} // namespace quantlathe
