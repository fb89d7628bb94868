// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/open.h"

#include "core/base/error.h"
#include "core/base/mapped_file.h"
#include "core/formats/foreign_formats.h"
#include "core/formats/gguf/gguf_header.h"
#include "core/formats/gguf/gguf_reader.h"
#include "core/formats/huggingface/folder.h"
#include "core/formats/huggingface/index.h"
#include "core/formats/json/strict_json.h"
#include "core/formats/safetensors/safetensors_header.h"
#include "core/formats/safetensors/safetensors_reader.h"

namespace quantlathe {

namespace {

std::shared_ptr<const Model> openJson(const MappedFile& file)
{
    const std::filesystem::path& path = file.path();
    switch (huggingface::kindOfJson(file.bytes(), path)) {
    case huggingface::JsonKind::Index:
        return huggingface::openIndex(path);
    case huggingface::JsonKind::Config:
        // "config.json" alone has an empty parent: that is the current folder.
        return huggingface::openFolder(path.has_parent_path() ? path.parent_path()
                                                              : std::filesystem::path("."));
    case huggingface::JsonKind::Other:
        break;
    }
    throw Error(ErrorKind::Unsupported,
                "is a JSON file, but neither a model's config.json nor an index of shards",
                {path, std::nullopt, {}}, "Open the folder that holds the model's weights");
}

} // namespace

std::shared_ptr<const Model> openModel(const std::filesystem::path& path)
{
    std::error_code ignored;
    if (std::filesystem::is_directory(path, ignored))
        return huggingface::openFolder(path);
    const auto file = MappedFile::open(path);
    if (gguf::looksLikeGguf(file->bytes()))
        return gguf::openGguf(path);
    if (safetensors::looksLikeSafetensors(file->bytes()))
        return safetensors::openSafetensors(path);
    if (json::looksLikeObject(file->bytes()))
        return openJson(*file);
    refuseForeignFormat(file->bytes(), path);
}

} // namespace quantlathe
