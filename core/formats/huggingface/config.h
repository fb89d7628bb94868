// SPDX-License-Identifier: GPL-3.0-or-later
// config.json: its values as Metadata, and what they say about the architecture.
#pragma once

#include "core/model/model.h"

#include <filesystem>
#include <span>
#include <string_view>

namespace quantlathe::huggingface {

inline constexpr std::string_view configName = "config.json";

/// All values of a JSON object under dotted keys ("text_config.hidden_size"), in file order. Lists of one
/// kind become arrays; other lists are spread out ("quantization_config.groups.0.bits"); nulls are left out.
/// @throws Error(BadFormat) for what is no JSON object, and for keys and nesting made to blow up
Metadata flattenJson(std::span<const std::byte> text, const std::filesystem::path& path);

/// Reads and flattens a config.json. @throws Error as openModel()
Metadata readConfig(const std::filesystem::path& path);

/// The same facts in GGUF's keys ("general.architecture", "llama.block_count"), as far as the config has
/// them: what llama.cpp's converter would write. Values that cannot be right are left out.
Metadata ggufKeysOf(const Metadata& config);

/// Adds the __metadata__ of a safetensors file as "__metadata__.KEY"; keys that are there already stay.
void appendFileMetadata(const Metadata& fileMetadata, Metadata& metadata);

/// Fills in places and architecture from the tensors and the config in contents.metadata.
void describe(Model::Contents& contents);

} // namespace quantlathe::huggingface
