// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/jobs/export_layout.h"

#include "core/base/checked.h"
#include "core/base/error.h"
#include "core/base/text.h"
#include "core/formats/gguf/gguf_writer.h"

#include <fmt/format.h>
#include <limits>
#include <string>

namespace quantlathe {

namespace {

constexpr std::size_t maximumParts = std::numeric_limits<std::uint16_t>::max();

[[noreturn]] void failTooLarge(const std::filesystem::path& target)
{
    throw Error(ErrorKind::InvalidArgument, "the export would be larger than 2^64 bytes", {target, std::nullopt, {}});
}

/// "model" for "model.gguf" and for "model-00002-of-00003.gguf".
std::string prefixOf(const std::filesystem::path& target)
{
    std::string name = target.filename().string();
    if (name.ends_with(".gguf"))
        name.resize(name.size() - 5);
    constexpr std::string_view pattern = "-00000-of-00000";
    if (name.size() > pattern.size()) {
        const std::string_view end = std::string_view(name).substr(name.size() - pattern.size());
        bool isMatch = true;
        for (std::size_t i = 0; i < pattern.size(); ++i)
            isMatch = isMatch && (pattern[i] == '0' ? end[i] >= '0' && end[i] <= '9' : end[i] == pattern[i]);
        if (isMatch)
            name.resize(name.size() - pattern.size());
    }
    return name;
}

ExportFile layoutFile(const GgufOutput& output, const Metadata& metadata, std::vector<std::size_t> tensors,
                      std::filesystem::path path)
{
    std::vector<gguf::TensorToWrite> table;
    table.reserve(tensors.size());
    for (const std::size_t index : tensors) {
        const OutputTensor& tensor = output.tensors[index];
        table.push_back({tensor.name(), tensor.shape(), tensor.type});
    }
    gguf::EncodedHeader header = gguf::encodeHeader(metadata, table, output.alignment);
    ExportFile file;
    file.path = std::move(path);
    file.tensors = std::move(tensors);
    file.offsets = std::move(header.dataOffsets);
    for (std::uint64_t& offset : file.offsets) {
        const auto sum = checkedAdd(offset, header.bytes.size());
        if (!sum)
            failTooLarge(file.path);
        offset = *sum;
    }
    const auto size = checkedAdd(header.bytes.size(), header.dataBytes);
    if (!size || *size > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
        failTooLarge(file.path);
    file.sizeBytes = *size;
    file.header = std::move(header.bytes);
    return file;
}

/// Keys of part @p number (from 0): all of the model's in the first one, only what describes the part in the others.
Metadata partMetadata(const GgufOutput& output, std::size_t number, std::size_t count)
{
    Metadata metadata;
    if (number == 0)
        metadata = output.metadata;
    else if (const MetadataValue* alignment = output.metadata.find("general.alignment"))
        metadata.append("general.alignment", *alignment);
    metadata.append("split.no", MetadataValue::ofU16(static_cast<std::uint16_t>(number)));
    metadata.append("split.count", MetadataValue::ofU16(static_cast<std::uint16_t>(count)));
    metadata.append("split.tensors.count", MetadataValue::ofI32(static_cast<std::int32_t>(output.tensors.size())));
    return metadata;
}

/// Bytes of a tensor's line in the tensor table: name, number of dimensions, dimensions, type, offset.
std::uint64_t tableBytes(const OutputTensor& tensor)
{
    return 8 + tensor.name().size() + 4 + 8 * tensor.shape().rank() + 4 + 8;
}

/// Tensors of each part, filled in order until the next one would not fit. Counts the header padded before and after the
/// table, so a part may stay up to one alignment below what is possible.
std::vector<std::vector<std::size_t>> assignParts(const GgufOutput& output, std::uint64_t splitBytes,
                                                  const std::filesystem::path& target)
{
    std::vector<std::vector<std::size_t>> parts;
    std::uint64_t table = 0;
    std::uint64_t data = 0;
    std::uint64_t keys = 0;
    const auto startPart = [&] {
        keys = gguf::encodeHeader(partMetadata(output, parts.size(), maximumParts), {}, output.alignment).bytes.size();
        table = 0;
        data = 0;
        parts.emplace_back();
    };
    startPart();
    for (std::size_t index = 0; index < output.tensors.size(); ++index) {
        const OutputTensor& tensor = output.tensors[index];
        const auto padded = checkedAlign(tensor.sizeBytes(), output.alignment);
        if (!padded)
            failTooLarge(target);
        const auto sizeWith = [&]() {
            const auto sum = checkedAdd(data, *padded);
            const auto header = checkedAlign(keys + table + tableBytes(tensor), output.alignment);
            const auto size = sum && header ? checkedAdd(*sum, *header) : std::nullopt;
            if (!size)
                failTooLarge(target);
            return *size;
        };
        if (sizeWith() > splitBytes && !parts.back().empty())
            startPart();
        if (sizeWith() > splitBytes) {
            throw Error(ErrorKind::InvalidArgument,
                        fmt::format("a part with this tensor has {}, more than the {} asked for",
                                    formatBytes(sizeWith()), formatBytes(splitBytes)),
                        {target, std::nullopt, tensor.name()}, "Allow larger parts");
        }
        parts.back().push_back(index);
        table += tableBytes(tensor);
        data += *padded;
    }
    if (parts.size() > maximumParts) {
        throw Error(ErrorKind::InvalidArgument,
                    fmt::format("there would be {} parts; GGUF counts up to {}", parts.size(), maximumParts),
                    {target, std::nullopt, {}}, "Allow larger parts");
    }
    return parts;
}

} // namespace

ExportLayout layoutExport(GgufOutput output, const std::filesystem::path& target, std::uint64_t splitBytes)
{
    ExportLayout layout;
    if (splitBytes == 0) {
        std::vector<std::size_t> all(output.tensors.size());
        for (std::size_t index = 0; index < all.size(); ++index)
            all[index] = index;
        layout.files.push_back(layoutFile(output, output.metadata, std::move(all), target));
    } else {
        auto parts = assignParts(output, splitBytes, target);
        const std::string prefix = prefixOf(target);
        for (std::size_t number = 0; number < parts.size(); ++number) {
            const auto path = target.parent_path()
                / fmt::format("{}-{:05}-of-{:05}.gguf", prefix, number + 1, parts.size());
            layout.files.push_back(
                layoutFile(output, partMetadata(output, number, parts.size()), std::move(parts[number]), path));
        }
    }
    for (const ExportFile& file : layout.files) {
        const auto sum = checkedAdd(layout.totalBytes, file.sizeBytes);
        if (!sum)
            failTooLarge(target);
        layout.totalBytes = *sum;
    }
    layout.output = std::move(output);
    return layout;
}

std::optional<std::uint64_t> exportHeaderBytes(const std::shared_ptr<const Model>& model)
{
    try {
        return layoutExport(makeGgufOutput(model, {}), "model.gguf", 0).files.front().header.size();
    } catch (const Error&) {
        return std::nullopt; // an export would say why
    }
}

} // namespace quantlathe
