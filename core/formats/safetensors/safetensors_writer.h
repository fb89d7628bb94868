// SPDX-License-Identifier: GPL-3.0-or-later
// Headers of safetensors files, and how tensors are spread over shards (layout: safetensors_header.h). Nothing is written here.
#pragma once

#include "core/types/tensor_type.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace quantlathe::safetensors {

struct NewTensor
{
    std::string name;
    TensorType type = TensorType::F32; ///< one that safetensors has
    Shape shape;
    std::uint64_t sizeBytes = 0;
    std::size_t shard = 0;       ///< set by layoutShards()
    std::uint64_t offset = 0;    ///< from the start of its file; set by layoutShards()
};

struct NewShard
{
    std::string fileName;            ///< "model.safetensors", "model-00001-of-00003.safetensors"
    std::vector<std::byte> header;   ///< length, JSON, spaces up to a multiple of 8 bytes
    std::uint64_t sizeBytes = 0;     ///< of the whole file
};

struct ShardLayout
{
    std::vector<NewShard> shards;
    std::string index;               ///< text of model.safetensors.index.json; empty for one shard
    std::uint64_t totalBytes = 0;    ///< of all files
};

/// Fills shards of at most @p shardBytes of data in the order of @p tensors (0 = one shard; a single larger tensor gets one of its own);
/// consecutive tensors of the same @p group stay together. Inside a shard wide numbers come first, so that all are aligned.
/// @param groups one number per tensor
/// @throws Error(InvalidArgument) for sizes that overflow
ShardLayout layoutShards(std::vector<NewTensor>& tensors, std::span<const std::size_t> groups, std::uint64_t shardBytes);

} // namespace quantlathe::safetensors
