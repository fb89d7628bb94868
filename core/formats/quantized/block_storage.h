// SPDX-License-Identifier: GPL-3.0-or-later
// Layers whose codes run in blocks over the flattened matrix (bitsandbytes), and gpt-oss's stacks of experts.
#pragma once

#include "core/formats/quantized/assembled_storage.h"

#include <optional>

namespace quantlathe::quantized {

/// bitsandbytes, 4 bits: weight = table[code] * scale of the block, blocks over the row-major matrix, the first code of a
/// byte in the high nibble. Scales of scales: scale = nestedTable[scale code] * nestedScale[block / nestedBlock] + offset.
struct TableParts
{
    std::uint64_t inputs = 0;          ///< row length
    std::uint64_t blockSize = 64;
    Tensor codes;                      ///< any dtype: its bytes count
    Tensor table;                      ///< F32 [16]
    Tensor scales;                     ///< F32 [blocks], or U8 [blocks] with the nested ones
    std::optional<Tensor> nestedTable; ///< F32 [256]
    std::optional<Tensor> nestedScales;///< F32 [ceil(blocks / nestedBlock)]
    std::uint64_t nestedBlock = 256;
    float offset = 0;
};
std::shared_ptr<const TensorStorage> tableStorage(TableParts parts, std::vector<StoredPiece> pieces, std::string scheme);

/// gpt-oss: MXFP4 with blocks of 32 along the inputs of each output; decodes as the parameter the model computes with,
/// experts x inputs x outputs, which is the transpose of how it lies in the file.
struct TransposedFp4Parts
{
    std::uint64_t inputs = 0;  ///< a multiple of 32
    std::uint64_t outputs = 0;
    Tensor blocks;             ///< U8 [experts, outputs, inputs / 32, 16]; low nibble first
    Tensor scales;             ///< U8 [experts, outputs, inputs / 32], exponents
};
std::shared_ptr<const TensorStorage> transposedFp4Storage(TransposedFp4Parts parts, std::vector<StoredPiece> pieces,
                                                          std::string scheme);

} // namespace quantlathe::quantized
