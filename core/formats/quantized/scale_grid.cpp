// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/quantized/scale_grid.h"

#include <algorithm>
#include <fmt/format.h>

namespace quantlathe::quantized {

ScaleGrid tensorGrid(const ModulePieces& pieces, std::string_view suffix, std::initializer_list<TensorType> types,
                     std::uint64_t outputs, std::uint64_t inputs)
{
    const Tensor& numbers = pieces.need(suffix, types, pieces.need(suffix).shape().rank());
    if (numbers.shape().weightCount() != 1)
        pieces.fail(fmt::format("its '{}' has the shape {}, but the configuration says one scale for the tensor", suffix,
                                shapeText(numbers.shape().dimensions())));
    return {numbers, std::max<std::uint64_t>(outputs, 1), std::max<std::uint64_t>(inputs, 1), 1};
}

ScaleGrid channelGrid(const ModulePieces& pieces, std::string_view suffix, std::initializer_list<TensorType> types,
                      std::uint64_t outputs, std::uint64_t inputs)
{
    const std::size_t rank = pieces.need(suffix).shape().rank();
    const Tensor& numbers = pieces.need(suffix, types, std::clamp<std::size_t>(rank, 1, 2));
    const std::string why = fmt::format("{} outputs with a scale each", outputs);
    pieces.requireShape(suffix, rank == 1 ? std::vector{outputs} : std::vector<std::uint64_t>{outputs, 1}, why);
    return {numbers, 1, std::max<std::uint64_t>(inputs, 1), 1};
}

ScaleGrid blockGrid(const ModulePieces& pieces, const Tensor& numbers, std::string_view suffix, std::initializer_list<TensorType> types,
                    std::uint64_t outputs, std::uint64_t inputs, std::uint64_t rows, std::uint64_t columns)
{
    (void)pieces.need(suffix, types, 2);
    const std::uint64_t gridColumns = ceilDivide(inputs, columns);
    pieces.requireShape(suffix, {ceilDivide(outputs, rows), gridColumns},
                        fmt::format("{} x {} weights and blocks of {} x {}", outputs, inputs, rows, columns));
    return {numbers, rows, columns, gridColumns};
}

} // namespace quantlathe::quantized
