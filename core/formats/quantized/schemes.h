// SPDX-License-Identifier: GPL-3.0-or-later
// One function per scheme: the pieces of a layer, checked against the configuration and against each other, become the one
// tensor they stand for. The layouts are described in the README of this folder.
#pragma once

#include "core/formats/quantized/config.h"
#include "core/formats/quantized/module_pieces.h"

#include <span>
#include <string_view>

namespace quantlathe::quantized {

/// What the stored tensors of a scheme are called behind "<module>.".
struct SchemeNames
{
    std::span<const std::string_view> suffixes;
    /// A module that has one of these is quantized.
    std::span<const std::string_view> marks;
    /// What stands between module and suffix.
    std::string_view separator = ".";
};
SchemeNames namesOf(const QuantizationConfig& config);

/// The tensor "<module>.weight" [outputs, inputs] (for gpt-oss "<module>" [experts, inputs, outputs]).
/// @throws Error(BadFormat) naming the module: pieces missing, of another dtype or shape than the configuration says
Tensor assemble(const GptqConfig& config, const ModulePieces& pieces);
Tensor assemble(const AwqConfig& config, const ModulePieces& pieces);
Tensor assemble(const CompressedConfig& config, const ModulePieces& pieces);
Tensor assemble(const Fp8Config& config, const ModulePieces& pieces);
Tensor assemble(const BitsAndBytesConfig& config, const ModulePieces& pieces);
Tensor assemble(const Mxfp4Config& config, const ModulePieces& pieces);

/// The extent of a matrix that was put together. @throws Error(BadFormat) when it has more than 2^63 weights
Shape matrixShape(const ModulePieces& pieces, std::uint64_t outputs, std::uint64_t inputs);
/// "groups of 128", "one group per row".
std::string groupWords(std::uint64_t groupSize, std::uint64_t inputs);
/// INT2 ... INT8.
TensorType integerType(unsigned bits);

} // namespace quantlathe::quantized
