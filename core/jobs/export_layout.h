// SPDX-License-Identifier: GPL-3.0-or-later
// The files an export will write, exact to the byte, before it starts.
#pragma once

#include "core/convert/gguf_output.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

namespace quantlathe {

struct ExportFile
{
    std::filesystem::path path;
    std::vector<std::byte> header;          ///< everything before the tensor data, padded
    std::vector<std::size_t> tensors;       ///< indices into GgufOutput::tensors, in file order
    std::vector<std::uint64_t> offsets;     ///< of each tensor from the start of the file
    std::uint64_t sizeBytes = 0;            ///< of the finished file
};

struct ExportLayout
{
    GgufOutput output;
    std::vector<ExportFile> files;          ///< one, or several when split
    std::uint64_t totalBytes = 0;
};

/// @param splitBytes largest size of a part; 0 = one file. Parts are named PREFIX-00001-of-0000N.gguf.
ExportLayout layoutExport(GgufOutput output, const std::filesystem::path& target, std::uint64_t splitBytes);

/// Bytes in front of the tensor data of the one file that an export of @p model writes, whatever the types; nothing when it
/// cannot be exported.
std::optional<std::uint64_t> exportHeaderBytes(const std::shared_ptr<const Model>& model);

} // namespace quantlathe
