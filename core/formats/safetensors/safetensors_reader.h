// SPDX-License-Identifier: GPL-3.0-or-later
// Maps safetensors files and makes tensors of them.
#pragma once

#include "core/formats/safetensors/safetensors_header.h"
#include "core/model/model.h"

#include <filesystem>
#include <memory>

namespace quantlathe::safetensors {

struct Shard
{
    std::shared_ptr<const MappedFile> file;
    Header header;
};

/// @throws Error as openModel()
Shard openShard(const std::filesystem::path& path);

/// Adds the shard's file and tensors to @p contents.
void append(Shard shard, Model::Contents& contents);

/// A single file. A config.json beside it tells the architecture; a broken one is only noted.
std::shared_ptr<const Model> openSafetensors(const std::filesystem::path& path);

} // namespace quantlathe::safetensors
