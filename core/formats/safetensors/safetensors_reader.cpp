// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/safetensors/safetensors_reader.h"

#include "core/base/error.h"
#include "core/formats/huggingface/config.h"
#include "core/formats/quantized/assemble.h"

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
    std::vector<std::string> notes;
    if (problem) {
        notes.push_back(*problem);
    } else {
        try {
            notes = quantized::assembleQuantized(contents, path.parent_path(), quantized::Completeness::Shard);
        } catch (const Error& error) {
            notes.push_back(fmt::format("quantized tensors are listed as they are stored: {}", error.message()));
        }
    }
    huggingface::describe(contents);
    contents.architecture.notes.insert(contents.architecture.notes.end(), notes.begin(), notes.end());
    return std::make_shared<const Model>(std::move(contents));
}

} // namespace quantlathe::safetensors
