// SPDX-License-Identifier: GPL-3.0-or-later
// Codes and scales in the layouts of other engines: which stored tensors a layer becomes, and their bytes. The inverse of
// core/formats/quantized, whose README describes the layouts.
#pragma once

#include "core/methods/group_quantized.h"
#include "core/plan/plan.h"

#include <cstddef>
#include <string>
#include <variant>
#include <vector>

namespace quantlathe {

/// E2M1 codes in groups with 8-bit scales: NVFP4 (groups of 16, E4M3 scales divided by one for the whole matrix) and MXFP4
/// (groups of 32, exponents).
struct Fp4Quantized
{
    std::uint64_t outputs = 0;
    std::uint64_t inputs = 0;
    bool isNv = true;
    std::vector<std::uint8_t> codes;  ///< [outputs x inputs], 0 .. 15
    std::vector<std::uint8_t> scales; ///< [outputs x inputs / groupSize()], bits as stored
    float globalScale = 1;            ///< NVFP4: scales are divided by it

    [[nodiscard]] std::uint64_t groupSize() const { return isNv ? 16 : 32; }
    /// [count x inputs] floats.
    void decodeRows(std::uint64_t first, std::uint64_t count, float* weights) const;
};

using QuantizedMatrix = std::variant<GroupQuantized, FloatQuantized, Fp4Quantized>;
/// Rows of any of them.
void decodeRows(const QuantizedMatrix& matrix, std::uint64_t first, std::uint64_t count, float* weights);

enum class PackLayout {
    GptqV1, GptqV2,  ///< qweight, qzeros, scales, g_idx; v1 stores zero points minus one
    AwqGemm,
    CompressedPacked,///< weight_packed ...: integers, weights only
    CompressedInt8,  ///< weight I8, symmetric
    CompressedFloat8,///< weight F8_E4M3, weight_scale
    Fp8,             ///< weight F8_E4M3, weight_scale (one) or weight_scale_inv (blocks)
    Nvfp4, Mxfp4     ///< of compressed-tensors
};

/// A stored tensor of a layer.
struct PieceLayout
{
    std::string suffix; ///< behind "<module>."
    TensorType type = TensorType::I32;
    Shape shape;
};

/// The pieces of a matrix [outputs x inputs], known before any weight is read. @p scheme must suit @p layout.
/// @throws Error(Unsupported) saying what cannot be stored so
std::vector<PieceLayout> piecesOf(PackLayout layout, const Scheme& scheme, std::uint64_t outputs, std::uint64_t inputs);

/// Their bytes, in the same order. @throws Error(Unsupported) for a zero point of 0 in GPTQ v1 (its writers disagree about it) and
/// a FloatQuantized with NaN codes
std::vector<std::vector<std::byte>> pack(PackLayout layout, const QuantizedMatrix& matrix);

} // namespace quantlathe
