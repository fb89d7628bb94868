// SPDX-License-Identifier: GPL-3.0-or-later
// Layers whose codes lie row by row, with scales beside them: compressed-tensors, FP8, LLM.int8.
#pragma once

#include "core/formats/quantized/assembled_storage.h"

#include <optional>

namespace quantlathe::quantized {

/// How a code becomes a number before the scale.
enum class CodeKind {
    Packed,      ///< unsigned, `bits` wide, LSB first along the inputs in 32-bit words, rows padded to whole words
    SignedByte,  ///< I8
    Float8,      ///< F8_E4M3
    Float4       ///< E2M1, two in a byte, the first in the low nibble
};

/// Numbers [scale rows, scale columns], row-major: one for each rowsPerScale x inputsPerScale weights.
struct ScaleGrid
{
    Tensor numbers;                   ///< F32, F16, BF16, F8_E4M3; U8 is an exponent (2^(value - 127), 255 NaN)
    std::uint64_t rowsPerScale = 1;
    std::uint64_t inputsPerScale = 1;
    std::uint64_t columns = 1;
};

/// weight[o, i] = scale * (code - zero), scale the grid's times `factor` and divided by the global scale, in float32 in this
/// order.
struct ScaledParts
{
    CodeKind kind = CodeKind::Packed;
    unsigned bits = 8;                 ///< of Packed: 1, 2, 4 or 8
    std::uint64_t outputs = 0;
    std::uint64_t inputs = 0;
    Tensor codes;
    ScaleGrid scales;
    std::optional<Tensor> zeros;       ///< Packed: I32 [ceil(outputs * bits / 32), scale columns], packed down the outputs
    std::optional<Tensor> groupOfInput;///< I32 [inputs]: the scale's column of each input, in place of input / inputsPerScale
    std::optional<Tensor> globalScale; ///< F32, one number
    float divisor = 1;                 ///< of the grid's numbers (127 for LLM.int8)
};
std::shared_ptr<const TensorStorage> scaledStorage(ScaledParts parts, std::vector<StoredPiece> pieces, std::string scheme);

} // namespace quantlathe::quantized
