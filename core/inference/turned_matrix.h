// SPDX-License-Identifier: GPL-3.0-or-later
// Matrices that a checkpoint stores as inputs x outputs, turned to outputs x inputs: what a product wants, and what a GGUF holds.
#pragma once

#include "core/inference/weight_source.h"
#include "core/plan/plan.h"

#include <cstdint>

namespace quantlathe {

/// Which columns of one stored matrix become rows.
struct StoredColumns
{
    std::uint64_t firstRow = 0;    ///< of the matrix in its tensor
    std::uint64_t inputs = 0;      ///< rows of the matrix
    std::uint64_t rowLength = 0;   ///< of the tensor
    std::uint64_t firstColumn = 0;
    std::uint64_t step = 1;        ///< 2: every other column
    std::uint64_t outputs = 0;     ///< columns that are taken
};

/// @param rows as they are stored; @param weights [outputs x inputs], row-major. @throws as WeightRows::decodeRows(); Error(Cancelled)
void turn(const WeightRows& rows, const StoredColumns& columns, unsigned threads, const RunControl& control, float* weights);

/// As factsOf(), with the row length that a GGUF gives the tensor: what types its rows fit.
TensorFacts computedFacts(const Model& model, std::size_t tensor);

} // namespace quantlathe
