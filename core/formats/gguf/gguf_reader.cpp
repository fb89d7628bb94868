// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/gguf/gguf_reader.h"

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/formats/gguf/gguf_header.h"
#include "core/formats/gguf/header_edit.h"

#include <fmt/format.h>
#include <unordered_map>
#include <utility>

namespace quantlathe::gguf {

namespace {

constexpr std::uint64_t mostParts = 99999; // five digits in the file name

struct Part
{
    std::shared_ptr<const MappedFile> file;
    Header header;
};

Part openPart(const std::filesystem::path& path)
{
    recoverHeader(path); // an edit that a crash interrupted
    auto file = MappedFile::open(path);
    Header header = parseHeader(file->bytes(), path, file);
    return {std::move(file), std::move(header)};
}

/// Where a file stands among the parts of a split model.
struct Split
{
    std::uint64_t number = 0; ///< 0-based
    std::uint64_t count = 1;
};

Split splitOf(const Part& part)
{
    const Metadata& metadata = part.header.metadata;
    const Split split{metadata.unsignedInteger("split.no").value_or(0),
                      metadata.unsignedInteger("split.count").value_or(1)};
    if (split.count > 1 && (split.count > mostParts || split.number >= split.count)) {
        throw Error(ErrorKind::BadFormat,
                    fmt::format("says it is part {} (split.no, from 0) of {} (split.count)", split.number,
                                split.count),
                    {part.file->path(), std::nullopt, {}});
    }
    return split;
}

std::string partEnding(std::uint64_t number, std::uint64_t count)
{
    return fmt::format("-{:05}-of-{:05}.gguf", number + 1, count);
}

/// The part's file name without "-00002-of-00005.gguf". @throws Error(BadFormat) when it is named otherwise:
/// the other parts could not be found
std::string partPrefix(const std::filesystem::path& path, const Split& split)
{
    const std::string name = path.filename().string();
    const std::string ending = partEnding(split.number, split.count);
    if (!name.ends_with(ending)) {
        throw Error(
            ErrorKind::BadFormat,
            fmt::format(
                "is part {} of a model split into {} files, but its name does not end in '{}', so the "
                "other parts cannot be found",
                split.number + 1, split.count, ending),
            {path, std::nullopt, {}}, "Give the parts their original names");
    }
    return name.substr(0, name.size() - ending.size());
}

/// All parts in order. @p opened is the one the person chose.
std::vector<Part> openAllParts(Part opened)
{
    const Split split = splitOf(opened);
    std::vector<Part> parts;
    if (split.count <= 1) {
        parts.push_back(std::move(opened));
        return parts;
    }
    const std::filesystem::path path = opened.file->path();
    const std::string prefix = partPrefix(path, split);
    std::string missing;
    const auto pathOf = [&](std::uint64_t number) {
        return path.parent_path() / (prefix + partEnding(number, split.count));
    };
    std::uint64_t missingCount = 0;
    for (std::uint64_t number = 0; number < split.count; ++number) {
        std::error_code ignored;
        if (!std::filesystem::exists(pathOf(number), ignored)) {
            ++missingCount;
            if (missingCount <= 3)
                missing +=
                    fmt::format("{}{}", missing.empty() ? "" : ", ", pathOf(number).filename().string());
        }
    }
    if (missingCount > 0) {
        throw Error(ErrorKind::NotFound,
                    fmt::format("{} of the {} parts of this model are missing beside it: {}{}", missingCount,
                                split.count, missing, missingCount > 3 ? ", ..." : ""),
                    {path, std::nullopt, {}}, "Put all parts into one folder");
    }
    for (std::uint64_t number = 0; number < split.count; ++number) {
        parts.push_back(number == split.number ? std::move(opened) : openPart(pathOf(number)));
        const Split own = splitOf(parts.back());
        if (own.number != number || own.count != split.count) {
            throw Error(ErrorKind::BadFormat,
                        fmt::format("is named as part {} of {}, but says it is part {} of {}", number + 1,
                                    split.count, own.number + 1, own.count),
                        {parts.back().file->path(), std::nullopt, {}});
        }
    }
    return parts;
}

void checkTotal(const std::vector<Part>& parts, std::size_t tensorCount)
{
    const Part& first = parts.front();
    const auto expected = first.header.metadata.unsignedInteger("split.tensors.count");
    if (parts.size() > 1 && expected && *expected != tensorCount) {
        throw Error(ErrorKind::BadFormat,
                    fmt::format("the parts hold {} tensors together, but split.tensors.count says {}",
                                tensorCount, *expected),
                    {first.file->path(), std::nullopt, {}});
    }
}

} // namespace

std::shared_ptr<const Model> openGguf(const std::filesystem::path& path)
{
    std::vector<Part> parts = openAllParts(openPart(path));
    Model::Contents contents;
    contents.format = ModelFormat::Gguf;
    contents.path = path;
    contents.formatVersion = parts.front().header.version;
    contents.alignment = parts.front().header.alignment;
    std::unordered_map<std::string, std::filesystem::path>
        names; // only where parts could repeat each other's tensors
    for (Part& part : parts) {
        contents.files.push_back(part.file->path());
        contents.mappings.push_back(part.file);
        for (TensorEntry& entry : part.header.tensors) {
            if (parts.size() > 1) {
                const auto [other, isNew] = names.emplace(entry.name, part.file->path());
                if (!isNew) {
                    throw Error(
                        ErrorKind::BadFormat,
                        fmt::format("the same tensor is in {}, too", other->second.filename().string()),
                        {part.file->path(), std::nullopt, printable(entry.name)});
                }
            }
            contents.tensors.push_back(Tensor::stored(std::move(entry.name), std::move(entry.shape),
                                                      entry.type, part.file,
                                                      part.header.dataOffset + entry.offset));
        }
    }
    checkTotal(parts, contents.tensors.size());
    contents.metadata = std::move(parts.front().header.metadata);
    const std::string architecture = contents.metadata.string("general.architecture").value_or("");
    contents.places.reserve(contents.tensors.size());
    for (const Tensor& tensor : contents.tensors)
        contents.places.push_back(placeOf(tensor.name(), architecture));
    contents.architecture = readArchitecture(contents.metadata, contents.tensors, contents.places);
    return std::make_shared<const Model>(std::move(contents));
}

} // namespace quantlathe::gguf
