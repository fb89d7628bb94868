// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/safetensors/safetensors_reader.h"

#include "core/base/error.h"
#include "core/formats/huggingface/config.h"

#include <fmt/format.h>
#include <optional>
#include <utility>

namespace quantlathe::safetensors {

Shard openShard(const std::filesystem::path& path)
{
    auto file = MappedFile::open(path);
    Header header = parseHeader(file->bytes(), path);
    return {std::move(file), std::move(header)};
}

void append(Shard shard, Model::Contents& contents)
{
    contents.files.push_back(shard.file->path());
    contents.mappings.push_back(shard.file);
    for (TensorEntry& entry : shard.header.tensors) {
        contents.tensors.push_back(Tensor::stored(std::move(entry.name), std::move(entry.shape), entry.type,
                                                  shard.file, entry.offset));
    }
}

std::shared_ptr<const Model> openSafetensors(const std::filesystem::path& path)
{
    Shard shard = openShard(path);
    Model::Contents contents;
    contents.format = ModelFormat::Safetensors;
    contents.path = path;
    std::optional<std::string> problem;
    const std::filesystem::path config = path.parent_path() / huggingface::configName;
    std::error_code ignored;
    if (std::filesystem::exists(config, ignored)) {
        try {
            contents.metadata = huggingface::readConfig(config);
        } catch (const Error& error) {
            problem = fmt::format("the config.json beside it was not used: {}", error.message());
        }
    }
    huggingface::appendFileMetadata(shard.header.metadata, contents.metadata);
    append(std::move(shard), contents);
    huggingface::describe(contents);
    if (problem)
        contents.architecture.notes.push_back(*problem);
    return std::make_shared<const Model>(std::move(contents));
}

} // namespace quantlathe::safetensors
