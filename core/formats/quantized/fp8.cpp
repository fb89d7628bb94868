// SPDX-License-Identifier: GPL-3.0-or-later
// FP8 checkpoints: which stored tensors a layer has, and what their shapes must be.
#include "core/formats/quantized/scale_grid.h"
#include "core/formats/quantized/schemes.h"

#include <fmt/format.h>

namespace quantlathe::quantized {

using enum TensorType;

Tensor assemble(const Fp8Config& config, const ModulePieces& pieces)
{
    const Tensor& codes = pieces.need("weight", {F8_E4M3}, 2);
    const std::uint64_t outputs = codes.shape().dimensions()[0];
    const std::uint64_t inputs = codes.shape().dimensions()[1];
    const bool isInverse = pieces.find("weight_scale_inv") != nullptr;
    if (isInverse && pieces.find("weight_scale"))
        pieces.fail("it has both 'weight_scale' and 'weight_scale_inv'");
    const std::string_view suffix = isInverse ? "weight_scale_inv" : "weight_scale";
    const Tensor& numbers = pieces.need(suffix);
    const bool isSingle = numbers.shape().weightCount() == 1;
    std::string words = "one scale";
    ScaledParts parts{CodeKind::Float8, 8, outputs, inputs, codes, {numbers}, {}, {}, {}};
    if (config.blockRows > 0) {
        parts.scales = blockGrid(pieces, numbers, suffix, {F32, BF16, F16}, outputs, inputs, config.blockRows, config.blockInputs);
        words = fmt::format("blocks of {} x {}", config.blockRows, config.blockInputs);
    } else if (isSingle) {
        parts.scales = tensorGrid(pieces, suffix, {F32, BF16, F16}, outputs, inputs);
    } else {
        parts.scales = channelGrid(pieces, suffix, {F32, BF16, F16}, outputs, inputs);
        words = "one scale per row";
    }
    return {pieces.module() + ".weight", codes.shape(), FP8,
            scaledStorage(std::move(parts), pieces.stored("weight"), "FP8 E4M3, " + words)};
}

} // namespace quantlathe::quantized
