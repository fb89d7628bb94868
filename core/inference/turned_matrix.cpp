// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/inference/turned_matrix.h"

#include "core/base/parallel.h"
#include "core/model/stored_orientation.h"

#include <algorithm>
#include <vector>

namespace quantlathe {

void turn(const WeightRows& rows, const StoredColumns& columns, unsigned threads, const RunControl& control, float* weights)
{
    constexpr std::uint64_t weightsPerDecode = 256 * 1024;
    const std::uint64_t chunk = std::max<std::uint64_t>(1, weightsPerDecode / columns.rowLength);
    parallelFor(columns.inputs, chunk, threads, control, [&](std::size_t begin, std::size_t end) {
        std::vector<float> stored((end - begin) * columns.rowLength);
        rows.decodeRows(columns.firstRow + begin, end - begin, stored.data());
        for (std::uint64_t output = 0; output < columns.outputs; ++output) {
            const std::uint64_t column = columns.firstColumn + output * columns.step;
            for (std::size_t input = begin; input < end; ++input)
                weights[output * columns.inputs + input] = stored[(input - begin) * columns.rowLength + column];
        }
    });
}

TensorFacts computedFacts(const Model& model, std::size_t tensor)
{
    TensorFacts facts = factsOf(model, tensor);
    facts.rowLength = matrixExtents(model, tensor).inputs;
    return facts;
}

} // namespace quantlathe
