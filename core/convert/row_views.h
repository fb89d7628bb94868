// SPDX-License-Identifier: GPL-3.0-or-later
// Tensors made of other tensors without copying them: rows reordered, stacked, cut out, shifted, matrices turned. What
// reads them decodes rows and cannot tell.
#pragma once

#include "core/model/tensor.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace quantlathe {

/// Which row of a source becomes row i: rows come in blocks of `block`, one every `stride` rows of the source, from `first`
/// on, every `step`-th. The defaults leave all as it is.
struct RowMap
{
    std::uint64_t first = 0;
    std::uint64_t block = 0;  ///< rows of a block; 0 = all rows are one block
    std::uint64_t stride = 0; ///< source rows from block to block
    std::uint64_t step = 1;
    /// Each block is a head whose rows are reordered for llama.cpp's rotary embedding: of n rows, row r is the source's row
    /// (r % 2) * n/2 + r / 2 of the same head. Needs an even block.
    bool isRotated = false;
    /// The other way round: row r of n is the source's row 2 r of the same head in the first half, then 2 (r - n/2) + 1.
    bool isUnrotated = false;

    [[nodiscard]] std::uint64_t sourceRow(std::uint64_t row) const;
    /// Heads of @p rows rows each.
    static RowMap rotated(std::uint64_t rows);
    bool operator==(const RowMap&) const = default;
};

/// What is done to each weight: (weight + offset) * factor.
struct WeightShift
{
    float offset = 0;
    float factor = 1;
    bool operator==(const WeightShift&) const = default;
};

/// The same weights under another name and in another shape of the same row length (or, both being vectors or single rows,
/// of the same length). Keeps bytes() where @p source has them.
Tensor renamed(std::string name, Shape shape, const Tensor& source);

/// Rows of @p parts, of one row length and type, by @p map one part after the other; each part gives shape.rowCount() /
/// parts.size() rows. Of vectors the weights are what the rows are else, and so they are in any shape where
/// @p countsWeights says so: then @p map goes over single weights, and parts must be small (they are decoded whole).
/// @p parts may be assembled themselves. All row numbers of @p map must be inside the parts.
Tensor gathered(std::string name, Shape shape, std::vector<Tensor> parts, const RowMap& map, const WeightShift& shift = {},
                bool countsWeights = false);

/// Columns of a stack of matrices that lie below each other in @p source.
struct ColumnMap
{
    std::uint64_t firstRow = 0;    ///< of the first matrix
    std::uint64_t rows = 0;        ///< of each matrix: the row length of the result
    std::uint64_t stride = 0;      ///< source rows from matrix to matrix
    std::uint64_t firstColumn = 0;
    std::uint64_t columns = 0;     ///< that are taken of each matrix: its rows in the result
    std::uint64_t step = 1;        ///< from column to column
};

/// [matrices x] columns x rows: each matrix turned, so that its columns are rows.
Tensor transposed(std::string name, Shape shape, Tensor source, const ColumnMap& map);

/// gpt-oss's stacks as they lie in the file, one matrix [outputs x inputs] after the other; type MXFP4, which holds them exactly.
/// @param blocks U8 [matrices, outputs, inputs / 32, 16], low nibble first; @param scales U8 [matrices, outputs, inputs / 32]
/// Sizes must fit @p shape: [matrices, outputs, inputs].
Tensor packedFp4(std::string name, Shape shape, StoredPiece blocks, StoredPiece scales);

/// F32 weights that are in no file. @param file that they were derived from, not null
Tensor computed(std::string name, Shape shape, std::vector<float> weights, std::shared_ptr<const MappedFile> file);

} // namespace quantlathe
