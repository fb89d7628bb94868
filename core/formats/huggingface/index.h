// SPDX-License-Identifier: GPL-3.0-or-later
// model.safetensors.index.json: which shard holds which tensor.
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <set>
#include <span>
#include <string>

namespace quantlathe::huggingface {

inline constexpr std::string_view indexName = "model.safetensors.index.json";

/// Tensor names by shard, shards in order of their names.
using Index = std::map<std::string, std::set<std::string>>;

/// @param path for messages
/// @throws Error(BadFormat) for what is no index, and for a shard's name that leads out of the index's folder
Index parseIndex(std::span<const std::byte> text, const std::filesystem::path& path);

/// What a JSON file is, as far as we care.
enum class JsonKind { Index, Config, Other };
/// @throws Error(BadFormat) when it is no JSON
JsonKind kindOfJson(std::span<const std::byte> text, const std::filesystem::path& path);

} // namespace quantlathe::huggingface
