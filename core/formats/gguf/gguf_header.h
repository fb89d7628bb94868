// SPDX-License-Identifier: GPL-3.0-or-later
// The header of a GGUF file, as bytes and as values.
//
// Layout, versions 2 and 3 (all numbers little-endian):
//   1. "GGUF", u32 version, i64 number of tensors, i64 number of keys
//   2. per key: string name, i32 value type, value
//   3. per tensor: string name, u32 number of dimensions, i64 per dimension (contiguous one first), i32 type,
//   u64 offset
//   4. zeros up to a multiple of general.alignment (default 32), then the data; offsets count from there
// string = u64 length + bytes; array = i32 element type, u64 count, elements.
#pragma once

#include "core/model/metadata.h"
#include "core/types/tensor_type.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace quantlathe::gguf {

inline constexpr std::uint64_t defaultAlignment = 32;
inline constexpr int newestVersion = 3;

struct TensorEntry
{
    std::string name;
    Shape shape; ///< outermost dimension first
    TensorType type = TensorType::F32;
    std::uint64_t offset = 0; ///< from the start of the data
    std::uint64_t sizeBytes = 0;
};

struct Header
{
    int version = newestVersion;
    std::uint64_t alignment = defaultAlignment;
    std::uint64_t dataOffset = 0; ///< from the start of the file
    Metadata metadata;
    std::vector<TensorEntry> tensors; ///< in file order
};

/// True when @p file starts like GGUF in either byte order: what parseHeader() reads or refuses by name.
bool looksLikeGguf(std::span<const std::byte> file);

/// Reads and checks the header of a whole file. Walks it once; arrays stay views into @p file, kept alive by
/// @p owner. After it every tensor lies inside the file, aligned, and none overlaps another.
/// @param path for messages only
/// @throws Error(BadFormat, Unsupported) with the byte where it went wrong
Header parseHeader(std::span<const std::byte> file, const std::filesystem::path& path,
                   std::shared_ptr<const void> owner);

} // namespace quantlathe::gguf
