// SPDX-License-Identifier: GPL-3.0-or-later
// bitsandbytes and gpt-oss: which stored tensors a layer has, and what their shapes must be.
#include "core/formats/json/json_file.h"
#include "core/formats/quantized/block_storage.h"
#include "core/formats/quantized/scale_grid.h"
#include "core/formats/quantized/schemes.h"

#include <cmath>
#include <fmt/format.h>

namespace quantlathe::quantized {

namespace {

using enum TensorType;

constexpr std::uint64_t longestState = 1u << 16;

/// The JSON beside a 4-bit weight.
struct QuantState
{
    std::string type;
    std::uint64_t blockSize = 0;
    std::uint64_t outputs = 0;
    std::uint64_t inputs = 0;
    std::uint64_t nestedBlock = 0; ///< 0: scales are plain
    float offset = 0;
};

QuantState readState(const ModulePieces& pieces, std::string_view suffix)
{
    const Tensor& piece = pieces.need(suffix, {U8}, 1);
    if (piece.sizeBytes() > longestState)
        pieces.fail(fmt::format("its '{}' has {} bytes, more than any such text needs", suffix, piece.sizeBytes()));
    const auto json = nlohmann::json::parse(reinterpret_cast<const char*>(piece.bytes().data()),
                                            reinterpret_cast<const char*>(piece.bytes().data()) + piece.bytes().size(), nullptr, false);
    const auto fail = [&] { pieces.fail(fmt::format("its '{}' is no description of a quantized matrix", suffix)); };
    const auto number = [&](const char* key) {
        const auto* value = memberOf(json, key);
        return value && value->is_number_unsigned() ? value->get<std::uint64_t>() : 0;
    };
    QuantState state;
    state.type = textOf(json, "quant_type");
    state.blockSize = number("blocksize");
    const auto* shape = memberOf(json, "shape");
    if (!shape || !shape->is_array() || shape->size() != 2 || !(*shape)[0].is_number_unsigned() || !(*shape)[1].is_number_unsigned())
        fail();
    state.outputs = (*shape)[0].get<std::uint64_t>();
    state.inputs = (*shape)[1].get<std::uint64_t>();
    state.nestedBlock = number("nested_blocksize");
    const auto* offset = memberOf(json, "nested_offset");
    if (offset && offset->is_number() && std::isfinite(offset->get<double>()))
        state.offset = static_cast<float>(offset->get<double>());
    if (state.blockSize == 0 || (offset != nullptr) != (state.nestedBlock > 0))
        fail();
    return state;
}

Tensor assembleFourBit(const BitsAndBytesConfig& config, const ModulePieces& pieces)
{
    const bool isNf4 = pieces.find("weight.quant_state.bitsandbytes__nf4") != nullptr;
    const QuantState state = readState(pieces, isNf4 ? "weight.quant_state.bitsandbytes__nf4" : "weight.quant_state.bitsandbytes__fp4");
    if (state.type != (isNf4 ? "nf4" : "fp4"))
        pieces.fail(fmt::format("its description says '{}', its name {}", state.type, isNf4 ? "nf4" : "fp4"));
    const Shape shape = matrixShape(pieces, state.outputs, state.inputs);
    const std::uint64_t weights = shape.weightCount();
    const Tensor& codes = pieces.need("weight");
    if (codes.sizeBytes() != ceilDivide(weights, 2)) {
        pieces.fail(fmt::format("its 'weight' has {} bytes, but {} x {} weights of 4 bits take {}", codes.sizeBytes(), state.outputs,
                                state.inputs, ceilDivide(weights, 2)));
    }
    const std::uint64_t blocks = ceilDivide(weights, state.blockSize);
    const bool isDouble = state.nestedBlock > 0;
    if (isDouble != config.isDouble)
        pieces.fail(fmt::format("its scales are {}quantized, but bnb_4bit_use_double_quant says the opposite", isDouble ? "" : "not "));
    const std::string why = fmt::format("{} weights in blocks of {}", weights, state.blockSize);
    TableParts parts{state.inputs, state.blockSize, codes, pieces.need("weight.quant_map", {F32}, 1),
                     pieces.need("weight.absmax", {isDouble ? U8 : F32}, 1), {}, {}, state.nestedBlock, state.offset};
    pieces.requireShape("weight.quant_map", {16}, "4 bits");
    pieces.requireShape("weight.absmax", {blocks}, why);
    if (isDouble) {
        parts.nestedTable = pieces.need("weight.nested_quant_map", {F32}, 1);
        parts.nestedScales = pieces.need("weight.nested_absmax", {F32}, 1);
        pieces.requireShape("weight.nested_quant_map", {256}, "8 bits");
        pieces.requireShape("weight.nested_absmax", {ceilDivide(blocks, state.nestedBlock)}, why);
    } else if (pieces.find("weight.nested_quant_map") || pieces.find("weight.nested_absmax")) {
        pieces.fail("it has nested scales, but its description knows of none");
    }
    return {pieces.module() + ".weight", shape, isNf4 ? NF4 : FP4,
            tableStorage(std::move(parts), pieces.stored("weight"),
                         fmt::format("bitsandbytes {}, blocks of {}{}", isNf4 ? "NF4" : "FP4", state.blockSize,
                                     isDouble ? ", scales quantized" : ""))};
}

Tensor assembleEightBit(const ModulePieces& pieces)
{
    const Tensor& codes = pieces.need("weight", {I8}, 2);
    const std::uint64_t outputs = codes.shape().dimensions()[0];
    const std::uint64_t inputs = codes.shape().dimensions()[1];
    if (const Tensor* format = pieces.find("weight_format")) {
        // Other layouts than rows are for one kind of processor and were never meant for files.
        if (format->type() != U8 || format->shape().weightCount() != 1 || format->bytes().front() != std::byte{0})
            pieces.fail("its 'weight_format' is not 0 (row by row)");
    }
    ScaledParts parts{CodeKind::SignedByte, 8, outputs, inputs, codes, channelGrid(pieces, "SCB", {F32}, outputs, inputs), {}, {}, {}, 127};
    return {pieces.module() + ".weight", codes.shape(), INT8,
            scaledStorage(std::move(parts), pieces.stored("weight"), "bitsandbytes 8 bit, one scale per row")};
}

} // namespace

Tensor assemble(const BitsAndBytesConfig& config, const ModulePieces& pieces)
{
    const bool isEight = pieces.find("SCB") != nullptr;
    if (isEight == config.isFourBit)
        pieces.fail(fmt::format("the configuration says {} bits, but it is stored with {}", config.isFourBit ? 4 : 8, isEight ? 8 : 4));
    return isEight ? assembleEightBit(pieces) : assembleFourBit(config, pieces);
}

Tensor assemble(const Mxfp4Config&, const ModulePieces& pieces)
{
    const Tensor& blocks = pieces.need("blocks", {U8}, 4);
    const Tensor& scales = pieces.need("scales", {U8}, 3);
    const auto& extents = blocks.shape().dimensions();
    if (extents[3] != 16)
        pieces.fail(fmt::format("its blocks have {} bytes; MXFP4 has 16", extents[3]));
    pieces.requireShape("scales", {extents[0], extents[1], extents[2]}, "its blocks");
    // 32 weights in 16 bytes that are there: no overflow.
    const std::uint64_t inputs = 32 * extents[2];
    auto shape = Shape::make({extents[0], inputs, extents[1]});
    if (!shape || blocks.shape().weightCount() == 0)
        pieces.fail(fmt::format("its blocks have the shape {}", shapeText(extents)));
    return {pieces.module(), *std::move(shape), FP4,
            transposedFp4Storage({inputs, extents[1], blocks, scales}, pieces.stored("blocks"), "MXFP4, blocks of 32")};
}

} // namespace quantlathe::quantized
