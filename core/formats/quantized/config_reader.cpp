// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/quantized/config_reader.h"

#include "core/base/error.h"
#include "core/base/text.h"

#include <fmt/format.h>
#include <utility>

namespace quantlathe::quantized {

ConfigReader::ConfigReader(const nlohmann::json& object, const std::filesystem::path& path, std::string name)
    : m_object(object), m_path(path), m_name(std::move(name))
{
    if (!m_object.is_object())
        throw Error(ErrorKind::BadFormat, fmt::format("'{}' is no object", m_name), {m_path, std::nullopt, {}});
}

void ConfigReader::fail(std::string_view key, std::string_view problem) const
{
    throw Error(ErrorKind::BadFormat, fmt::format("'{}' in {} {}", key, m_name, problem), {m_path, std::nullopt, {}});
}

const nlohmann::json* ConfigReader::find(std::string_view key) const
{
    const auto found = m_object.find(key);
    return found == m_object.end() || found->is_null() ? nullptr : &*found;
}

std::optional<std::uint64_t> ConfigReader::number(std::initializer_list<std::string_view> keys) const
{
    for (const std::string_view key : keys) {
        const auto* value = find(key);
        if (!value)
            continue;
        if (!value->is_number_unsigned())
            fail(key, "is no whole number of at least 0");
        return value->get<std::uint64_t>();
    }
    return std::nullopt;
}

std::optional<bool> ConfigReader::flag(std::initializer_list<std::string_view> keys) const
{
    for (const std::string_view key : keys) {
        const auto* value = find(key);
        if (!value)
            continue;
        if (!value->is_boolean())
            fail(key, "is neither true nor false");
        return value->get<bool>();
    }
    return std::nullopt;
}

std::optional<std::string> ConfigReader::text(std::string_view key) const
{
    const auto* value = find(key);
    if (!value)
        return std::nullopt;
    if (!value->is_string())
        fail(key, "is no text");
    return value->get<std::string>();
}

std::optional<std::uint64_t> ConfigReader::groupSize(std::initializer_list<std::string_view> keys) const
{
    for (const std::string_view key : keys) {
        const auto* value = find(key);
        if (!value)
            continue;
        if (value->is_number_integer() && value->is_number_unsigned() && value->get<std::uint64_t>() > 0)
            return value->get<std::uint64_t>();
        if (!value->is_number_integer() || value->get<std::int64_t>() != -1)
            fail(key, "is neither a number of inputs nor -1");
        return 0;
    }
    return std::nullopt;
}

std::optional<std::pair<std::uint64_t, std::uint64_t>> ConfigReader::pair(std::string_view key) const
{
    const auto* value = find(key);
    if (!value)
        return std::nullopt;
    const auto isExtent = [](const nlohmann::json& number) { return number.is_number_unsigned() && number.get<std::uint64_t>() > 0; };
    if (!value->is_array() || value->size() != 2 || !isExtent((*value)[0]) || !isExtent((*value)[1]))
        fail(key, "is no list of two positive numbers");
    return std::pair((*value)[0].get<std::uint64_t>(), (*value)[1].get<std::uint64_t>());
}

} // namespace quantlathe::quantized
