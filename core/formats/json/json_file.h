// SPDX-License-Identifier: GPL-3.0-or-later
// JSON files of a Hugging Face folder, read with errors that name the file and the key.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace quantlathe {

/// One parsed file; every look-up that meets a value of the wrong kind says which key of which file.
class JsonFile
{
public:
    /// Files larger than this are refused: the largest tokenizers have about 35 MB.
    static constexpr std::uint64_t maximumBytes = 256ull << 20;

    /// @throws Error(NotFound, AccessDenied, Io, BadFormat)
    static JsonFile read(const std::filesystem::path& path);
    /// The same for text that is there already; @p path is for messages. @throws Error(BadFormat)
    static JsonFile parse(std::string_view text, const std::filesystem::path& path);
    /// Nothing when the file does not exist. @throws as read()
    static std::optional<JsonFile> readIfThere(const std::filesystem::path& path);

    [[nodiscard]] const nlohmann::json& root() const { return m_root; }
    [[nodiscard]] const std::filesystem::path& path() const { return m_path; }

    /// Members of the root object. Missing or null gives nothing. @throws Error(BadFormat) for another kind
    [[nodiscard]] std::optional<std::uint64_t> unsignedInteger(const char* key) const;
    [[nodiscard]] std::optional<double> real(const char* key) const;
    [[nodiscard]] std::optional<bool> boolean(const char* key) const;
    [[nodiscard]] std::optional<std::string> string(const char* key) const;
    /// Null when missing or JSON null.
    [[nodiscard]] const nlohmann::json* find(const char* key) const;

    /// The Error for something wrong in this file.
    [[noreturn]] void fail(const std::string& message) const;

private:
    std::filesystem::path m_path;
    nlohmann::json m_root;
};

/// The member @p key of @p object, or null when @p object is no object, the member is missing, or it is JSON null.
const nlohmann::json* memberOf(const nlohmann::json& object, const char* key);
/// A member that is a string; empty when missing or of another kind.
std::string textOf(const nlohmann::json& object, const char* key);
/// A member that is true or false; @p otherwise when missing or of another kind.
bool flagOf(const nlohmann::json& object, const char* key, bool otherwise = false);

/// The whole file as text. @throws Error(NotFound, AccessDenied, Io); BadFormat above @p maximumBytes
std::string readText(const std::filesystem::path& path, std::uint64_t maximumBytes);

} // namespace quantlathe
