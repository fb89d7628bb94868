// SPDX-License-Identifier: GPL-3.0-or-later
// Small JSON documents that this program wrote itself, and that anybody may have changed since, as a tree.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string_view>

namespace quantlathe::json {

/// @param deepest levels of objects and lists; @param file for messages
/// @throws Error(BadFormat) for text that is no JSON (naming the byte), is nested deeper, has a number beyond every range, or an object with the
/// same key twice
nlohmann::json parseTree(std::string_view text, const std::filesystem::path& file, int deepest);

} // namespace quantlathe::json
