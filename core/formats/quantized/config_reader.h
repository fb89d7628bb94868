// SPDX-License-Identifier: GPL-3.0-or-later
// One JSON object of a quantization configuration; look-ups name file and key when something is wrong.
#pragma once

#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace quantlathe::quantized {

class ConfigReader
{
public:
    /// Both references must outlive the object. @param name of the object for messages ("quantization_config")
    ConfigReader(const nlohmann::json& object, const std::filesystem::path& path, std::string name);

    /// Missing and null count as absent. Of several @p keys the first that is there.
    [[nodiscard]] const nlohmann::json* find(std::string_view key) const;
    [[nodiscard]] std::optional<std::uint64_t> number(std::initializer_list<std::string_view> keys) const;
    [[nodiscard]] std::optional<bool> flag(std::initializer_list<std::string_view> keys) const;
    [[nodiscard]] std::optional<std::string> text(std::string_view key) const;
    /// A group size: -1 or null gives 0.
    [[nodiscard]] std::optional<std::uint64_t> groupSize(std::initializer_list<std::string_view> keys) const;
    /// Two positive numbers; nothing when absent.
    [[nodiscard]] std::optional<std::pair<std::uint64_t, std::uint64_t>> pair(std::string_view key) const;

    /// @p value of an optional key that must be there. @throws Error(BadFormat)
    template <typename Value> Value need(std::optional<Value> value, std::string_view key) const
    {
        if (!value)
            fail(key, "is missing");
        return *std::move(value);
    }
    [[noreturn]] void fail(std::string_view key, std::string_view problem) const;
    [[nodiscard]] const std::filesystem::path& path() const { return m_path; }

private:
    const nlohmann::json& m_object;
    const std::filesystem::path& m_path;
    std::string m_name;
};

} // namespace quantlathe::quantized
