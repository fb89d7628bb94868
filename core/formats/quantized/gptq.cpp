// SPDX-License-Identifier: GPL-3.0-or-later
// GPTQ and AWQ: which stored tensors a layer has, and what their shapes must be.
#include "core/formats/quantized/gptq_storage.h"
#include "core/formats/quantized/schemes.h"

#include <fmt/format.h>
#include <limits>

namespace quantlathe::quantized {

namespace {

using enum TensorType;

/// Bits and group size of one layer: the configuration's, or what the shapes say where it allows exceptions.
struct GptqLayer
{
    unsigned bits;
    std::uint64_t groupSize;
};

GptqLayer layerOf(const GptqConfig& config, const ModulePieces& pieces, std::uint64_t packedRows, std::uint64_t groups)
{
    const Tensor* groupOfInput = pieces.check("g_idx", {I32}, 1);
    if (!config.isDynamic || !groupOfInput)
        return {config.bits, config.groupSize};
    const std::uint64_t inputs = groupOfInput->shape().weightCount();
    for (const unsigned bits : {2u, 3u, 4u, 8u}) {
        if (inputs / 32 * bits == packedRows && inputs % 32 == 0)
            return {bits, groups <= 1 ? 0 : ceilDivide(inputs, groups)};
    }
    pieces.fail(fmt::format("its 'qweight' has {} rows, which no width of 2, 3, 4 or 8 bits gives for {} inputs", packedRows, inputs));
}

std::string gptqScheme(const GptqConfig& config, const GptqLayer& layer, std::uint64_t inputs)
{
    return fmt::format("GPTQ{} {} bit, {}, {}{}", config.isV2 ? " v2" : "", layer.bits, groupWords(layer.groupSize, inputs),
                       config.isSymmetric ? "symmetric" : "asymmetric", config.isActOrder ? ", act-order" : "");
}

} // namespace

Tensor assemble(const GptqConfig& config, const ModulePieces& pieces)
{
    const Tensor& codes = pieces.need("qweight", {I32}, 2);
    const Tensor& zeros = pieces.need("qzeros", {I32}, 2);
    const Tensor& scales = pieces.need("scales", {F16, BF16, F32}, 2);
    const std::uint64_t packedRows = codes.shape().dimensions()[0];
    const std::uint64_t outputs = codes.shape().dimensions()[1];
    GptqLayer layer = layerOf(config, pieces, packedRows, scales.shape().dimensions()[0]);
    if (packedRows % layer.bits != 0 || packedRows / layer.bits > std::numeric_limits<std::uint64_t>::max() / 32)
        pieces.fail(fmt::format("its 'qweight' has {} rows, but {} bits pack 32 inputs into {}", packedRows, layer.bits, layer.bits));
    const std::uint64_t inputs = packedRows / layer.bits * 32;
    if (inputs == 0 || outputs == 0 || outputs % 32 != 0)
        pieces.fail(fmt::format("it has {} outputs and {} inputs; both must be multiples of 32", outputs, inputs));
    if (layer.groupSize == 0)
        layer.groupSize = inputs;
    const std::uint64_t groups = ceilDivide(inputs, layer.groupSize);
    const std::string why = fmt::format("{} bits, {} outputs, {} inputs and {}", layer.bits, outputs, inputs,
                                        groupWords(layer.groupSize, inputs));
    pieces.requireShape("scales", {groups, outputs}, why);
    pieces.requireShape("qzeros", {groups, outputs / 32 * layer.bits}, why);
    std::optional<Tensor> groupOfInput;
    if (const Tensor* stored = pieces.check("g_idx", {I32}, 1)) {
        pieces.requireShape("g_idx", {inputs}, why);
        groupOfInput = *stored;
    } else if (config.isActOrder && groups > 1) {
        pieces.fail("is quantized with act-order (desc_act), but has no 'g_idx' that says which input belongs to which group");
    }
    const GptqParts parts{layer.bits, inputs, outputs, layer.groupSize, groups, !config.isV2, codes, zeros, scales, groupOfInput};
    return {pieces.module() + ".weight", matrixShape(pieces, outputs, inputs), integerType(layer.bits),
            gptqStorage(parts, pieces.stored("qweight"), gptqScheme(config, layer, inputs))};
}

Tensor assemble(const AwqConfig& config, const ModulePieces& pieces)
{
    const Tensor& codes = pieces.need("qweight", {I32}, 2);
    const Tensor& zeros = pieces.need("qzeros", {I32}, 2);
    const Tensor& scales = pieces.need("scales", {F16, BF16, F32}, 2);
    const std::uint64_t inputs = codes.shape().dimensions()[0];
    const std::uint64_t words = codes.shape().dimensions()[1];
    if (inputs == 0 || words == 0 || words > std::numeric_limits<std::uint64_t>::max() / 8)
        pieces.fail(fmt::format("its 'qweight' has the shape {}", shapeText(codes.shape().dimensions())));
    const std::uint64_t groupSize = config.groupSize == 0 ? inputs : config.groupSize;
    if (inputs % groupSize != 0)
        pieces.fail(fmt::format("it has {} inputs, which groups of {} do not divide", inputs, groupSize));
    const std::string why = fmt::format("{} outputs, {} inputs and {}", 8 * words, inputs, groupWords(groupSize, inputs));
    pieces.requireShape("scales", {inputs / groupSize, 8 * words}, why);
    pieces.requireShape("qzeros", {inputs / groupSize, words}, why);
    const AwqParts parts{inputs, 8 * words, groupSize, codes, zeros, scales};
    return {pieces.module() + ".weight", matrixShape(pieces, 8 * words, inputs), INT4,
            awqStorage(parts, pieces.stored("qweight"), fmt::format("AWQ 4 bit, {}, asymmetric", groupWords(groupSize, inputs)))};
}

} // namespace quantlathe::quantized
