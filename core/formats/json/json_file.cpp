// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/json/json_file.h"

#include "core/base/error.h"
#include "core/base/mapped_file.h"
#include "core/base/text.h"

#include <cmath>
#include <fmt/format.h>

namespace quantlathe {

std::string readText(const std::filesystem::path& path, std::uint64_t maximumBytes)
{
    const auto file = MappedFile::open(path);
    const auto bytes = file->bytes();
    if (bytes.size() > maximumBytes) {
        throw Error(ErrorKind::BadFormat,
                    fmt::format("has {}, more than any such file needs ({})", formatBytes(bytes.size()),
                                formatBytes(maximumBytes)),
                    {path, std::nullopt, {}});
    }
    std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    file->throwIfChanged();
    return text;
}

JsonFile JsonFile::read(const std::filesystem::path& path)
{
    return parse(readText(path, maximumBytes), path);
}

JsonFile JsonFile::parse(std::string_view text, const std::filesystem::path& path)
{
    JsonFile file;
    file.m_path = path;
    try {
        file.m_root = nlohmann::json::parse(text);
    } catch (const nlohmann::json::parse_error& error) {
        throw Error(ErrorKind::BadFormat, "is not valid JSON", {path, error.byte > 0 ? error.byte - 1 : 0, {}});
    } catch (const nlohmann::json::out_of_range&) {
        file.fail("no JSON: a number is beyond every range");
    }
    if (!file.m_root.is_object())
        file.fail("holds no JSON object");
    return file;
}

std::optional<JsonFile> JsonFile::readIfThere(const std::filesystem::path& path)
{
    std::error_code ignored;
    return std::filesystem::exists(path, ignored) ? std::optional(read(path)) : std::nullopt;
}

void JsonFile::fail(const std::string& message) const
{
    throw Error(ErrorKind::BadFormat, message, {m_path, std::nullopt, {}});
}

const nlohmann::json* JsonFile::find(const char* key) const
{
    return memberOf(m_root, key);
}

std::optional<std::uint64_t> JsonFile::unsignedInteger(const char* key) const
{
    const auto* value = find(key);
    if (!value)
        return std::nullopt;
    if (!value->is_number_unsigned())
        fail(fmt::format("'{}' is no whole number of at least 0", key));
    return value->get<std::uint64_t>();
}

std::optional<double> JsonFile::real(const char* key) const
{
    const auto* value = find(key);
    if (!value)
        return std::nullopt;
    if (!value->is_number() || !std::isfinite(value->get<double>()))
        fail(fmt::format("'{}' is no number", key));
    return value->get<double>();
}

std::optional<bool> JsonFile::boolean(const char* key) const
{
    const auto* value = find(key);
    if (!value)
        return std::nullopt;
    if (!value->is_boolean())
        fail(fmt::format("'{}' is neither true nor false", key));
    return value->get<bool>();
}

std::optional<std::string> JsonFile::string(const char* key) const
{
    const auto* value = find(key);
    if (!value)
        return std::nullopt;
    if (!value->is_string())
        fail(fmt::format("'{}' is no text", key));
    return value->get<std::string>();
}

const nlohmann::json* memberOf(const nlohmann::json& object, const char* key)
{
    if (!object.is_object())
        return nullptr;
    const auto found = object.find(key);
    return found == object.end() || found->is_null() ? nullptr : &*found;
}

std::string textOf(const nlohmann::json& object, const char* key)
{
    const auto* value = memberOf(object, key);
    return value && value->is_string() ? value->get<std::string>() : std::string();
}

bool flagOf(const nlohmann::json& object, const char* key, bool otherwise)
{
    const auto* value = memberOf(object, key);
    return value && value->is_boolean() ? value->get<bool>() : otherwise;
}

} // namespace quantlathe
