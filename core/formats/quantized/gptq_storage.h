// SPDX-License-Identifier: GPL-3.0-or-later
// GPTQ and AWQ layers: codes packed down the inputs or across the outputs, so that neighbouring rows share cache lines.
#pragma once

#include "core/formats/quantized/assembled_storage.h"

#include <optional>

namespace quantlathe::quantized {

/// weight[o, i] = scales[g, o] * (code[i, o] - zero[g, o]), all products exact in float32 for half scales. Rows are decoded
/// in tiles: a caller that asks for 64 rows at once reads every cache line once.
struct GptqParts
{
    unsigned bits = 4;             ///< 2, 3, 4 or 8
    std::uint64_t inputs = 0;      ///< a multiple of 32
    std::uint64_t outputs = 0;     ///< a multiple of 32
    std::uint64_t groupSize = 0;   ///< where there is no g_idx
    std::uint64_t groups = 0;
    /// v1 files store the zero point minus one: modulo 2^bits, so the field of all ones means zero.
    bool isZeroMinusOne = true;
    Tensor codes;                  ///< I32 [inputs * bits / 32, outputs]
    Tensor zeros;                  ///< I32 [groups, outputs * bits / 32]
    Tensor scales;                 ///< [groups, outputs]
    std::optional<Tensor> groupOfInput; ///< I32 [inputs]
};
std::shared_ptr<const TensorStorage> gptqStorage(GptqParts parts, std::vector<StoredPiece> pieces, std::string scheme);

/// 4 bits; word c of a row of codes holds outputs 8c .. 8c + 7 in the order 0 2 4 6 1 3 5 7.
struct AwqParts
{
    std::uint64_t inputs = 0;
    std::uint64_t outputs = 0;     ///< a multiple of 8
    std::uint64_t groupSize = 0;   ///< divides the inputs
    Tensor codes;                  ///< I32 [inputs, outputs / 8]
    Tensor zeros;                  ///< I32 [inputs / groupSize, outputs / 8], same order
    Tensor scales;                 ///< [inputs / groupSize, outputs]
};
std::shared_ptr<const TensorStorage> awqStorage(AwqParts parts, std::vector<StoredPiece> pieces, std::string scheme);

/// The group of each input, from a stored I32 [inputs]. @throws Error(BadFormat) for one that is not below @p groups
std::vector<std::uint32_t> readGroups(const Tensor& groupOfInput, std::uint64_t groups);

} // namespace quantlathe::quantized
