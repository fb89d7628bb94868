// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/convert/model_config.h"

#include "core/base/error.h"

#include <fmt/format.h>
#include <utility>

namespace quantlathe {

ModelConfig::ModelConfig(const Model& model, std::filesystem::path folder) : m_model(model), m_folder(std::move(folder))
{
    if (model.metadata().find("text_config.hidden_size") || model.metadata().find("text_config.model_type"))
        m_part = "text_config.";
}

const MetadataValue* ModelConfig::find(std::string_view name) const
{
    if (!m_part.empty()) {
        if (const MetadataValue* value = m_model.metadata().find(fmt::format("{}{}", m_part, name)))
            return value;
    }
    return m_model.metadata().find(name);
}

const MetadataScalar* ModelConfig::scalar(Names names, std::string_view& found) const
{
    for (const std::string_view name : names) {
        found = name;
        if (const MetadataValue* value = find(name)) {
            const auto* scalar = std::get_if<MetadataScalar>(&value->value);
            if (!scalar)
                fail(fmt::format("'{}' is a list", name));
            return scalar;
        }
    }
    return nullptr;
}

std::optional<std::uint64_t> ModelConfig::whole(Names names) const
{
    std::string_view name;
    const MetadataScalar* value = scalar(names, name);
    if (!value)
        return std::nullopt;
    const auto number = toUnsigned(*value);
    if (!number)
        fail(fmt::format("'{}' is no whole number of at least 0", name));
    return number;
}

std::optional<double> ModelConfig::real(Names names) const
{
    std::string_view name;
    const MetadataScalar* value = scalar(names, name);
    if (!value)
        return std::nullopt;
    const auto number = toReal(*value);
    if (!number)
        fail(fmt::format("'{}' is no number", name));
    return number;
}

std::optional<bool> ModelConfig::flag(Names names) const
{
    std::string_view name;
    const MetadataScalar* value = scalar(names, name);
    if (!value)
        return std::nullopt;
    const bool* flag = std::get_if<bool>(value);
    if (!flag)
        fail(fmt::format("'{}' is neither true nor false", name));
    return *flag;
}

std::optional<std::string> ModelConfig::text(Names names) const
{
    std::string_view name;
    const MetadataScalar* value = scalar(names, name);
    if (!value)
        return std::nullopt;
    const auto* text = std::get_if<std::string>(value);
    if (!text)
        fail(fmt::format("'{}' is no text", name));
    return *text;
}

const MetadataArray* ModelConfig::list(std::string_view name) const
{
    const MetadataValue* value = find(name);
    return value ? std::get_if<MetadataArray>(&value->value) : nullptr;
}

std::vector<double> ModelConfig::reals(std::string_view name) const
{
    std::vector<double> values;
    const MetadataArray* array = list(name);
    for (std::uint64_t index = 0; array && index < array->size(); ++index) {
        const auto value = toReal(array->at(index));
        if (!value)
            fail(fmt::format("'{}' holds something that is no number", name));
        values.push_back(*value);
    }
    return values;
}

std::uint64_t ModelConfig::size(Names names) const
{
    const auto value = whole(names);
    if (!value || *value == 0 || *value > largestSize)
        fail(fmt::format("'{}' is missing or not between 1 and {}", *names.begin(), largestSize));
    return *value;
}

std::uint64_t ModelConfig::size(Names names, std::uint64_t otherwise) const
{
    return whole(names) ? size(names) : otherwise;
}

std::string ModelConfig::className() const
{
    const MetadataArray* names = list("architectures");
    if (names && names->elementType() == MetadataType::String && names->size() > 0)
        return std::get<std::string>(names->at(0));
    return text({"model_type"}).value_or("");
}

void ModelConfig::fail(const std::string& message) const
{
    throw Error(ErrorKind::BadFormat, message, {m_folder / "config.json", std::nullopt, {}});
}

void ModelConfig::refuse(const std::string& message) const
{
    throw Error(ErrorKind::Unsupported, message, {m_folder / "config.json", std::nullopt, {}});
}

} // namespace quantlathe
