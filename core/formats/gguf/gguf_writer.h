// SPDX-License-Identifier: GPL-3.0-or-later
// Encodes what stands before the tensor data of a GGUF file, version 3 (layout: gguf_header.h).
#pragma once

#include "core/formats/gguf/gguf_header.h"
#include "core/model/metadata.h"
#include "core/types/tensor_type.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace quantlathe::gguf {

struct TensorToWrite
{
    std::string name;
    Shape shape;
    TensorType type = TensorType::F32;
};

struct EncodedHeader
{
    std::vector<std::byte> bytes;           ///< padded: the data start right behind them
    std::vector<std::uint64_t> dataOffsets; ///< of each tensor, from the start of the data
    std::uint64_t dataBytes = 0;            ///< all tensors with their padding (the last one is padded, too)
};

/// Encodes keys in order, each with its own value type (arrays byte for byte as they were read), and the
/// tensor table. Tensors follow each other in table order, each padded with zeros to @p alignment, as
/// llama.cpp demands. A general.alignment key must agree with @p alignment; without one @p alignment must
/// be 32.
/// @throws Error(InvalidArgument) for what llama.cpp would refuse to load: empty, repeated or overlong names
/// (64 bytes and more), more than 4 dimensions, types without a GGUF number, rows that do not fit the type's
/// blocks, an alignment that is no power of two
EncodedHeader encodeHeader(const Metadata& metadata, std::span<const TensorToWrite> tensors,
                           std::uint64_t alignment = 32);

/// The header of an existing file with other keys: version and tensor table (with its offsets) as in @p header. Not padded;
/// the data of such a file must begin at a multiple of header.alignment.
/// @throws Error(InvalidArgument) for empty or repeated keys
std::vector<std::byte> encodeHeaderOf(const Header& header, const Metadata& metadata);

} // namespace quantlathe::gguf
