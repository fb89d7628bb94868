// SPDX-License-Identifier: GPL-3.0-or-later
// Checked grids of scales: one number for the tensor, for each row, or for each block.
#pragma once

#include "core/formats/quantized/module_pieces.h"
#include "core/formats/quantized/scaled_storage.h"

namespace quantlathe::quantized {

/// One number, whatever its shape. All throw Error(BadFormat) naming the module for other dtypes than @p types or shapes.
ScaleGrid tensorGrid(const ModulePieces& pieces, std::string_view suffix, std::initializer_list<TensorType> types,
                     std::uint64_t outputs, std::uint64_t inputs);
/// [outputs] or [outputs, 1].
ScaleGrid channelGrid(const ModulePieces& pieces, std::string_view suffix, std::initializer_list<TensorType> types,
                      std::uint64_t outputs, std::uint64_t inputs);
/// [ceil(outputs / rows), ceil(inputs / columns)].
ScaleGrid blockGrid(const ModulePieces& pieces, const Tensor& numbers, std::string_view suffix, std::initializer_list<TensorType> types,
                    std::uint64_t outputs, std::uint64_t inputs, std::uint64_t rows, std::uint64_t columns);

} // namespace quantlathe::quantized
