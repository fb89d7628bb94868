// SPDX-License-Identifier: GPL-3.0-or-later
// Matrices that checkpoints of some architectures store as inputs x outputs, where all others, and every GGUF, have outputs x inputs.
#pragma once

#include "core/model/model.h"

#include <cstddef>
#include <cstdint>

namespace quantlathe {

/// True for GPT-2's matrices and gpt-oss' stacks of experts in Hugging Face folders: rows of the tensor are input channels.
bool isStoredTransposed(const Model& model, std::size_t tensor);

/// A matrix, or a stack of matrices that lie one after the other, by what it computes.
struct MatrixExtents
{
    std::uint64_t matrices = 1;
    std::uint64_t outputs = 0; ///< of one matrix
    std::uint64_t inputs = 0;  ///< the row length that a GGUF gives it
};
/// Of tensor @p tensor, whichever way it is stored; a vector is one row.
MatrixExtents matrixExtents(const Model& model, std::size_t tensor);

} // namespace quantlathe
