// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/safetensors/safetensors_writer.h"

#include "core/base/checked.h"
#include "core/base/error.h"

#include <algorithm>
#include <cassert>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <numeric>

namespace quantlathe::safetensors {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t lengthBytes = 8;
constexpr std::size_t alignment = 8;

/// Gives every tensor its shard. @return how many there are
std::size_t assignShards(std::vector<NewTensor>& tensors, std::span<const std::size_t> groups, std::uint64_t shardBytes)
{
    std::size_t shard = 0;
    std::uint64_t used = 0;
    for (std::size_t begin = 0; begin < tensors.size();) {
        std::size_t end = begin;
        std::uint64_t size = 0;
        for (; end < tensors.size() && groups[end] == groups[begin]; ++end) {
            const auto sum = checkedAdd(size, tensors[end].sizeBytes);
            if (!sum)
                throw Error(ErrorKind::InvalidArgument, "the tensors would take more than 2^64 bytes");
            size = *sum;
        }
        if (shardBytes > 0 && used > 0 && size > shardBytes - std::min(used, shardBytes)) {
            ++shard;
            used = 0;
        }
        used = checkedAdd(used, size).value_or(~std::uint64_t{0});
        for (; begin < end; ++begin)
            tensors[begin].shard = shard;
    }
    return shard + 1;
}

std::vector<std::byte> encodeHeader(const Json& json)
{
    std::string text = json.dump();
    text.resize((text.size() + alignment - 1) / alignment * alignment, ' ');
    std::vector<std::byte> bytes(lengthBytes + text.size());
    for (std::size_t index = 0; index < lengthBytes; ++index)
        bytes[index] = static_cast<std::byte>(text.size() >> (8 * index) & 0xFF);
    std::transform(text.begin(), text.end(), bytes.begin() + lengthBytes, [](char c) { return static_cast<std::byte>(c); });
    return bytes;
}

NewShard layoutShard(std::vector<NewTensor>& tensors, std::vector<std::size_t> members, std::string fileName)
{
    std::stable_sort(members.begin(), members.end(), [&](std::size_t a, std::size_t b) {
        return info(tensors[a].type).bytesPerBlock > info(tensors[b].type).bytesPerBlock;
    });
    Json json{{"__metadata__", {{"format", "pt"}}}}; // older transformers refuse files that do not say so
    std::uint64_t end = 0;
    for (const std::size_t index : members) {
        NewTensor& tensor = tensors[index];
        assert(!info(tensor.type).safetensorsName.empty());
        const auto next = checkedAdd(end, tensor.sizeBytes);
        if (!next)
            throw Error(ErrorKind::InvalidArgument, "the tensors would take more than 2^64 bytes");
        tensor.offset = end;
        json[tensor.name] = {{"dtype", info(tensor.type).safetensorsName}, {"shape", tensor.shape.dimensions()}, {"data_offsets", {end, *next}}};
        end = *next;
    }
    NewShard shard{std::move(fileName), encodeHeader(json), 0};
    for (const std::size_t index : members)
        tensors[index].offset += shard.header.size();
    shard.sizeBytes = shard.header.size() + end;
    return shard;
}

} // namespace

ShardLayout layoutShards(std::vector<NewTensor>& tensors, std::span<const std::size_t> groups, std::uint64_t shardBytes)
{
    assert(groups.size() == tensors.size());
    const std::size_t count = assignShards(tensors, groups, shardBytes);
    std::vector<std::vector<std::size_t>> members(count);
    std::uint64_t data = 0;
    for (std::size_t index = 0; index < tensors.size(); ++index) {
        members[tensors[index].shard].push_back(index);
        data += tensors[index].sizeBytes;
    }
    ShardLayout layout;
    Json weightMap = Json::object();
    for (std::size_t shard = 0; shard < count; ++shard) {
        const std::string fileName
            = count == 1 ? "model.safetensors" : fmt::format("model-{:05}-of-{:05}.safetensors", shard + 1, count);
        layout.shards.push_back(layoutShard(tensors, std::move(members[shard]), fileName));
        layout.totalBytes += layout.shards.back().sizeBytes;
    }
    for (const NewTensor& tensor : tensors)
        weightMap[tensor.name] = layout.shards[tensor.shard].fileName;
    if (count > 1)
        layout.index = Json{{"metadata", {{"total_size", data}}}, {"weight_map", std::move(weightMap)}}.dump(2) + "\n";
    return layout;
}

} // namespace quantlathe::safetensors
