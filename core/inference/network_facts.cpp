// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/inference/network_facts.h"

#include "core/base/error.h"
#include "core/base/text.h"

#include <algorithm>
#include <fmt/format.h>

namespace quantlathe {

namespace {

/// Far above any real model, and small enough that products of three stay within 64 bits.
constexpr std::uint64_t largestSize = std::uint64_t{1} << 21;

/// Where configs of models that also see or hear keep the language model's values.
constexpr std::string_view configParts[] = {"text_config.", "llm_config.", "language_config.", "thinker_config.text_config.", ""};

} // namespace

NetworkFacts::NetworkFacts(const Model& model)
    : m_model(model)
{
    for (std::size_t index = 0; index < model.tensors().size(); ++index)
        m_byName[model.place(index).canonicalName].push_back(index);
}

bool NetworkFacts::is(std::initializer_list<std::string_view> architectures) const
{
    return std::find(architectures.begin(), architectures.end(), m_model.architecture().name) != architectures.end();
}

const MetadataValue* NetworkFacts::lookUp(std::string_view ggufKey, std::initializer_list<std::string_view> config) const
{
    const Metadata& metadata = m_model.metadata();
    if (isGguf())
        return ggufKey.empty() ? nullptr : metadata.find(fmt::format("{}.{}", m_model.architecture().name, ggufKey));
    for (const std::string_view part : configParts) {
        for (const std::string_view name : config) {
            if (const MetadataValue* value = metadata.find(fmt::format("{}{}", part, name)))
                return value;
        }
    }
    return nullptr;
}

std::optional<double> NetworkFacts::real(std::string_view ggufKey, std::initializer_list<std::string_view> config) const
{
    const MetadataValue* value = lookUp(ggufKey, config);
    const auto* scalar = value ? std::get_if<MetadataScalar>(&value->value) : nullptr;
    return scalar ? toReal(*scalar) : std::nullopt;
}

std::optional<std::uint64_t> NetworkFacts::number(std::string_view ggufKey, std::initializer_list<std::string_view> config) const
{
    const MetadataValue* value = lookUp(ggufKey, config);
    const auto* scalar = value ? std::get_if<MetadataScalar>(&value->value) : nullptr;
    return scalar ? toUnsigned(*scalar) : std::nullopt;
}

std::optional<std::string> NetworkFacts::string(std::string_view ggufKey, std::initializer_list<std::string_view> config) const
{
    const MetadataValue* value = lookUp(ggufKey, config);
    const auto* scalar = value ? std::get_if<MetadataScalar>(&value->value) : nullptr;
    const auto* text = scalar ? std::get_if<std::string>(scalar) : nullptr;
    return text ? std::optional(*text) : std::nullopt;
}

std::optional<bool> NetworkFacts::configFlag(std::string_view name) const
{
    const MetadataValue* value = lookUp({}, {name});
    const auto* scalar = value ? std::get_if<MetadataScalar>(&value->value) : nullptr;
    const auto* flag = scalar ? std::get_if<bool>(scalar) : nullptr;
    return flag ? std::optional(*flag) : std::nullopt;
}

const MetadataArray* NetworkFacts::configList(std::string_view name) const
{
    const MetadataValue* value = lookUp({}, {name});
    return value ? std::get_if<MetadataArray>(&value->value) : nullptr;
}

std::optional<std::size_t> NetworkFacts::find(const std::string& canonicalName) const
{
    const auto found = m_byName.find(canonicalName);
    return found == m_byName.end() ? std::nullopt : std::optional(found->second.front());
}

std::size_t NetworkFacts::checked(std::size_t tensor, std::initializer_list<std::uint64_t> shape) const
{
    const Tensor& found = m_model.tensors()[tensor];
    if (found.shape() != Shape(shape)) {
        inconsistent(fmt::format("has the shape {}, where the hyperparameters ask for {}", found.shape().toString(),
                                 Shape(shape).toString()),
                     found.name());
    }
    return tensor;
}

std::optional<std::size_t> NetworkFacts::find(const std::string& canonicalName, std::initializer_list<std::uint64_t> shape) const
{
    const auto found = find(canonicalName);
    return found ? std::optional(checked(*found, shape)) : std::nullopt;
}

std::size_t NetworkFacts::require(const std::string& canonicalName, std::initializer_list<std::uint64_t> shape) const
{
    const auto found = find(canonicalName, shape);
    if (!found)
        inconsistent(fmt::format("the tensor '{}' is missing", canonicalName));
    return *found;
}

std::optional<std::size_t> NetworkFacts::findVector(const std::string& canonicalName, std::uint64_t count) const
{
    const auto found = find(canonicalName);
    if (!found)
        return std::nullopt;
    const Tensor& tensor = m_model.tensors()[*found];
    if (tensor.shape().weightCount() != count)
        inconsistent(fmt::format("has {} values, where the hyperparameters ask for {}", tensor.shape().weightCount(), count), tensor.name());
    return found;
}

std::vector<float> NetworkFacts::values(std::size_t tensor) const
{
    const Tensor& found = m_model.tensors()[tensor];
    std::vector<float> result(found.shape().weightCount());
    found.decodeRows(0, found.shape().rowCount(), result.data());
    found.throwIfSourceChanged();
    return result;
}

Linear NetworkFacts::linear(const std::string& name, std::uint64_t outputs, std::uint64_t inputs) const
{
    return part(name, outputs, 0, outputs, inputs);
}

Linear NetworkFacts::part(const std::string& name, std::uint64_t rows, std::uint64_t first, std::uint64_t outputs, std::uint64_t inputs) const
{
    Linear linear;
    linear.isTransposed = isTransposed(name);
    linear.tensor = linear.isTransposed ? require(name + ".weight", {inputs, rows}) : require(name + ".weight", {rows, inputs});
    linear.firstRow = first;
    linear.outputs = outputs;
    linear.inputs = inputs;
    linear.bias = findVector(name + ".bias", rows);
    linear.biasFirst = first;
    return linear;
}

std::vector<Linear> NetworkFacts::expertLinears(const std::string& name, std::uint64_t experts, std::uint64_t outputs,
                                                std::uint64_t inputs) const
{
    const auto found = m_byName.find(name + ".weight");
    if (found == m_byName.end())
        inconsistent(fmt::format("the tensor '{}.weight' is missing", name));
    std::vector<Linear> result(experts);
    std::vector<bool> isThere(experts, false);
    const auto stackedBias = find(name + ".bias", {experts, outputs});
    for (const std::size_t tensor : found->second) {
        const auto expert = m_model.place(tensor).expert;
        if (!expert && found->second.size() == 1) {
            const std::size_t stack = checked(tensor, {experts, outputs, inputs});
            for (std::uint64_t e = 0; e < experts; ++e)
                result[e] = {.tensor = stack, .firstRow = e * outputs, .outputs = outputs, .inputs = inputs, .bias = stackedBias,
                             .biasFirst = e * outputs, .expert = static_cast<std::uint32_t>(e)};
            return result;
        }
        if (!expert || *expert < 0 || static_cast<std::uint64_t>(*expert) >= experts || isThere[static_cast<std::size_t>(*expert)])
            inconsistent(fmt::format("is no expert of the {} that the model names, or there twice", experts), m_model.tensors()[tensor].name());
        const auto e = static_cast<std::size_t>(*expert);
        isThere[e] = true;
        result[e] = {.tensor = checked(tensor, {outputs, inputs}), .outputs = outputs, .inputs = inputs, .bias = std::nullopt,
                     .expert = static_cast<std::uint32_t>(e)};
    }
    if (const auto missing = std::find(isThere.begin(), isThere.end(), false); missing != isThere.end())
        inconsistent(fmt::format("expert {} of '{}' is missing", missing - isThere.begin(), name));
    return result;
}

void NetworkFacts::unsupported(const std::string& what) const
{
    throw Error(ErrorKind::Unsupported, what, {m_model.path(), std::nullopt, {}},
                "Everything that needs no forward pass works: inspecting, errors of weights, plans, memory, export");
}

void NetworkFacts::inconsistent(const std::string& what, const std::string& tensor) const
{
    throw Error(ErrorKind::BadFormat, what, {m_model.path(), std::nullopt, tensor},
                "The model cannot be run; it can still be inspected and quantized");
}

std::uint64_t NetworkFacts::size(std::uint64_t value, std::string_view what) const
{
    if (value == 0 || value > largestSize)
        inconsistent(value == 0 ? fmt::format("the file does not say its {}", what) : fmt::format("the {} of {} cannot be right", what, value));
    return value;
}

} // namespace quantlathe
