// SPDX-License-Identifier: GPL-3.0-or-later
// The header of a safetensors file.
//
// Layout: u64 header length N (little-endian), N bytes of JSON, data. The JSON maps each tensor's name to
// {"dtype", "shape", "data_offsets": [begin, end]}, offsets counted from the end of the header;
// "__metadata__" maps strings to strings. The data of the tensors tile the rest of the file without hole or
// overlap.
#pragma once

#include "core/model/metadata.h"
#include "core/types/tensor_type.h"

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace quantlathe::safetensors {

/// As in the format's own library.
inline constexpr std::uint64_t longestHeader = 100'000'000;

struct TensorEntry
{
    std::string name;
    Shape shape;
    TensorType type = TensorType::F32;
    std::uint64_t offset = 0; ///< from the start of the file
    std::uint64_t sizeBytes = 0;
};

struct Header
{
    Metadata metadata;                ///< __metadata__: strings
    std::vector<TensorEntry> tensors; ///< by their place in the file
};

/// True when @p file starts like safetensors: a length, then '{'.
bool looksLikeSafetensors(std::span<const std::byte> file);

/// Reads and checks the header of a whole file. @param path for messages only
/// @throws Error(BadFormat, Unsupported) naming the tensor
Header parseHeader(std::span<const std::byte> file, const std::filesystem::path& path);

} // namespace quantlathe::safetensors
