// SPDX-License-Identifier: GPL-3.0-or-later
// compressed-tensors: which stored tensors a layer has, and what their shapes must be.
#include "core/base/error.h"
#include "core/base/text.h"
#include "core/formats/quantized/packed_bits.h"
#include "core/formats/quantized/scale_grid.h"
#include "core/formats/quantized/schemes.h"

#include <cstring>
#include <fmt/format.h>
#include <limits>

namespace quantlathe::quantized {

namespace {

using enum TensorType;
using Strategy = CompressedWeights::Strategy;

[[noreturn]] void refuse(const ModulePieces& pieces, std::string what)
{
    throw Error(ErrorKind::Unsupported, std::move(what), {{}, std::nullopt, printable(pieces.module())});
}

/// Refuses what the configuration calls otherwise than it is stored.
void requireScheme(const ModulePieces& pieces, const CompressedWeights& weights, bool isFloat, unsigned bits, std::string_view stored)
{
    if (weights.isFloat != isFloat || weights.bits != bits) {
        pieces.fail(fmt::format("the configuration says {} {} bit, but its weights are stored as {}", weights.isFloat ? "float" : "int",
                                weights.bits, stored));
    }
}

ScaleGrid gridOf(const ModulePieces& pieces, const CompressedWeights& weights, std::uint64_t outputs, std::uint64_t inputs,
                 std::initializer_list<TensorType> types)
{
    const Tensor& scale = pieces.need("weight_scale");
    switch (weights.strategy) {
    case Strategy::Tensor:
        return tensorGrid(pieces, "weight_scale", types, outputs, inputs);
    case Strategy::Channel:
        return channelGrid(pieces, "weight_scale", types, outputs, inputs);
    case Strategy::Group:
    case Strategy::TensorGroup:
        return blockGrid(pieces, scale, "weight_scale", types, outputs, inputs, 1, weights.groupSize);
    case Strategy::Block:
        return blockGrid(pieces, scale, "weight_scale", types, outputs, inputs, weights.blockRows, weights.blockInputs);
    }
    return tensorGrid(pieces, "weight_scale", types, outputs, inputs);
}

std::string strategyWords(const CompressedWeights& weights, std::uint64_t inputs)
{
    switch (weights.strategy) {
    case Strategy::Tensor:
        return "one scale";
    case Strategy::Channel:
        return "one scale per row";
    case Strategy::Group:
    case Strategy::TensorGroup:
        return groupWords(weights.groupSize, inputs);
    case Strategy::Block:
        return fmt::format("blocks of {} x {}", weights.blockRows, weights.blockInputs);
    }
    return {};
}

/// [outputs, inputs] as weight_shape says.
std::pair<std::uint64_t, std::uint64_t> storedShape(const ModulePieces& pieces)
{
    const Tensor& shape = pieces.need("weight_shape", {I64, I32}, 1);
    pieces.requireShape("weight_shape", {2}, "two dimensions");
    std::uint64_t extents[2] = {};
    for (std::uint64_t index = 0; index < 2; ++index) {
        const std::byte* bytes = shape.bytes().data();
        std::int64_t extent = 0;
        if (shape.type() == I64)
            std::memcpy(&extent, bytes + 8 * index, sizeof extent);
        else
            extent = static_cast<std::int32_t>(wordAt(bytes, index));
        if (extent <= 0 || extent > std::numeric_limits<std::int64_t>::max() / 32)
            pieces.fail(fmt::format("its 'weight_shape' says {}", extent));
        extents[index] = static_cast<std::uint64_t>(extent);
    }
    return {extents[0], extents[1]};
}

Tensor assemblePacked(const CompressedWeights& weights, const ModulePieces& pieces)
{
    if (weights.bits == 3 || weights.bits == 5 || weights.bits == 6 || weights.bits == 7)
        refuse(pieces, fmt::format("compressed-tensors packs {} bits in two ways that cannot be told apart", weights.bits));
    const bool isKnown = weights.bits == 1 || weights.bits == 2 || weights.bits == 4 || weights.bits == 8;
    if (weights.isFloat || !isKnown)
        requireScheme(pieces, weights, false, 4, "packed integers");
    const auto [outputs, inputs] = storedShape(pieces);
    const Shape shape = matrixShape(pieces, outputs, inputs);
    const Tensor& codes = pieces.need("weight_packed", {I32}, 2);
    const std::string why = fmt::format("{} bits and {} x {} weights", weights.bits, outputs, inputs);
    pieces.requireShape("weight_packed", {outputs, ceilDivide(inputs * weights.bits, 32)}, why);
    ScaledParts parts{CodeKind::Packed, weights.bits, outputs, inputs, codes,
                      gridOf(pieces, weights, outputs, inputs, {F16, BF16, F32}), {}, {}, {}};
    if (weights.isSymmetric && pieces.find("weight_zero_point"))
        pieces.fail("the configuration says symmetric, but there is a 'weight_zero_point'");
    if (!weights.isSymmetric) {
        parts.zeros = pieces.need("weight_zero_point", {I32}, 2);
        if (parts.scales.rowsPerScale != 1)
            refuse(pieces, "zero points for several rows together are not decoded");
        pieces.requireShape("weight_zero_point", {ceilDivide(outputs * weights.bits, 32), parts.scales.columns}, why);
    }
    if (const Tensor* groupOfInput = pieces.check("weight_g_idx", {I32}, 1)) {
        pieces.requireShape("weight_g_idx", {inputs}, why);
        parts.groupOfInput = *groupOfInput;
    } else if (weights.isActOrder) {
        pieces.fail("the configuration says actorder \"group\", but there is no 'weight_g_idx'");
    }
    const std::string scheme
        = fmt::format("compressed-tensors {} bit, {}, {}{}", weights.bits, strategyWords(weights, inputs),
                      weights.isSymmetric ? "symmetric" : "asymmetric", parts.groupOfInput ? ", act-order" : "");
    return {pieces.module() + ".weight", shape, integerType(weights.bits),
            scaledStorage(std::move(parts), pieces.stored("weight_packed"), scheme)};
}

Tensor assembleFloat4(const CompressedWeights& weights, const ModulePieces& pieces)
{
    requireScheme(pieces, weights, true, 4, "4-bit floats");
    const Tensor& codes = pieces.need("weight_packed", {U8}, 2);
    const std::uint64_t outputs = codes.shape().dimensions()[0];
    const std::uint64_t bytes = codes.shape().dimensions()[1];
    if (bytes > std::numeric_limits<std::uint64_t>::max() / 2)
        pieces.fail("its 'weight_packed' is too long");
    const Shape shape = matrixShape(pieces, outputs, 2 * bytes);
    const bool isNv = pieces.find("weight_global_scale") != nullptr;
    const std::uint64_t groupSize = isNv ? 16 : 32;
    if (weights.groupSize != groupSize)
        pieces.fail(fmt::format("the configuration says groups of {}, but {} has {}", weights.groupSize, isNv ? "NVFP4" : "MXFP4", groupSize));
    ScaledParts parts{CodeKind::Float4, 4, outputs, 2 * bytes, codes,
                      isNv ? gridOf(pieces, weights, outputs, 2 * bytes, {F8_E4M3})
                           : gridOf(pieces, weights, outputs, 2 * bytes, {U8, F8_E8M0}), {}, {}, {}};
    if (isNv) {
        const Tensor& global = pieces.need("weight_global_scale");
        if (global.type() != F32 || global.shape().weightCount() != 1)
            pieces.fail("its 'weight_global_scale' is no single F32 number");
        parts.globalScale = global;
    }
    return {pieces.module() + ".weight", shape, FP4,
            scaledStorage(std::move(parts), pieces.stored("weight_packed"),
                          isNv ? "compressed-tensors NVFP4, groups of 16" : "compressed-tensors MXFP4, groups of 32")};
}

Tensor assembleBytes(const CompressedWeights& weights, const ModulePieces& pieces)
{
    const Tensor& codes = pieces.need("weight", {I8, F8_E4M3}, 2);
    const bool isFloat = codes.type() == F8_E4M3;
    requireScheme(pieces, weights, isFloat, 8, isFloat ? "8-bit floats" : "8-bit integers");
    if (!weights.isSymmetric || pieces.find("weight_zero_point"))
        refuse(pieces, "compressed-tensors with 8-bit integers and zero points is not decoded");
    const std::uint64_t outputs = codes.shape().dimensions()[0];
    const std::uint64_t inputs = codes.shape().dimensions()[1];
    const TensorType scaleType = pieces.need("weight_scale").type();
    const bool isExponent = isFloat && (scaleType == U8 || scaleType == F8_E8M0);
    ScaledParts parts{isFloat ? CodeKind::Float8 : CodeKind::SignedByte, 8, outputs, inputs, codes,
                      isExponent ? gridOf(pieces, weights, outputs, inputs, {U8, F8_E8M0})
                                 : gridOf(pieces, weights, outputs, inputs, {F32, F16, BF16}),
                      {}, {}, {}};
    const std::string scheme = fmt::format("compressed-tensors {}, {}", isExponent ? "MXFP8" : isFloat ? "FP8 E4M3" : "8 bit integers, symmetric",
                                           strategyWords(weights, inputs));
    return {pieces.module() + ".weight", codes.shape(), isFloat ? FP8 : INT8,
            scaledStorage(std::move(parts), pieces.stored("weight"), scheme)};
}

} // namespace

Tensor assemble(const CompressedConfig& config, const ModulePieces& pieces)
{
    if (config.isIgnored(pieces.module()))
        pieces.fail("the configuration lists it under 'ignore', but it is stored quantized");
    const CompressedWeights* weights = config.weightsOf(pieces.module());
    if (!weights)
        pieces.fail("it is stored quantized, but no config_group of the configuration names it");
    if (pieces.find("weight_packed") && pieces.find("weight"))
        pieces.fail("it has both 'weight' and 'weight_packed'");
    if (!pieces.find("weight_packed"))
        return assembleBytes(*weights, pieces);
    return pieces.need("weight_packed").type() == U8 ? assembleFloat4(*weights, pieces) : assemblePacked(*weights, pieces);
}

} // namespace quantlathe::quantized
