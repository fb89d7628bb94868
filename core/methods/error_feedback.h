// SPDX-License-Identifier: GPL-3.0-or-later
// GPTQ's loop over the columns of a matrix (Frantar et al. 2022): each column is rounded, and what that does to the outputs is made up for by the
// columns that are still to come. What rounding means is told by a MatrixRounding: integers in groups, or blocks of a file format.
//
// A strip of rows is worked on by one thread, stored transposed: values of a column lie together. A column meets the errors of all earlier ones
// in a product before its block of columns begins, those of its own block as they are made.
#pragma once

#include "core/methods/inverse_factor.h"

#include <cstdint>
#include <memory>

namespace quantlathe {

/// Rounds the columns of some rows, in the order of the loop. Used by one thread.
class StripRounding
{
public:
    virtual ~StripRounding() = default;
    /// Columns [first, first + count) come next, one after the other; only for roundings with a groupLength().
    /// @param values [count x rows], @p stride floats from column to column, rows contiguous: as the errors so far leave them
    virtual void beginGroup(std::uint64_t first, std::uint64_t count, const float* values, std::uint64_t stride) = 0;
    /// @param column the input channel @param values one for each row @param quantized what the row's values become
    virtual void roundColumn(std::uint64_t column, const float* values, float* quantized) = 0;
    /// After the last column.
    virtual void finish() = 0;
};

/// How a matrix is rounded. strip() and what it gives out are used by several threads at a time, each with other rows.
class MatrixRounding
{
public:
    virtual ~MatrixRounding() = default;
    /// Columns whose values it wants to see before the first of them is rounded; 0 = none, the only possibility where channels are ordered.
    [[nodiscard]] virtual std::uint64_t groupLength() const = 0;
    /// @param original [inputs x rows]: rows [first, first + rows) transposed, before anything is changed; valid during the call
    [[nodiscard]] virtual std::unique_ptr<StripRounding> strip(std::uint64_t first, std::uint64_t rows, const float* original) = 0;
};

/// What rounding did to the outputs, summed over tokens' mean and rows.
struct RoundingLoss
{
    double loss = 0;   ///< tr(D H D^T), D = weights - quantized
    double energy = 0; ///< tr(W H W^T)
    double squares = 0;///< sum of D^2
    [[nodiscard]] double relative() const { return energy > 0 ? loss / energy : 0; }
};

/// Rounds @p weights [outputs x inputs], row-major, with error feedback. Results are in @p rounding. The same for every thread count.
/// @throws Error(InvalidArgument) for groups where channels are ordered; Error(Cancelled)
RoundingLoss roundWithFeedback(const float* weights, std::uint64_t outputs, const InverseFactor& factor, MatrixRounding& rounding, unsigned threads,
                               const RunControl& control);

/// Rounds every column for itself, first to last. Loss is 0: nothing is known of the inputs.
RoundingLoss roundAlone(const float* weights, std::uint64_t outputs, std::uint64_t inputs, MatrixRounding& rounding, unsigned threads, const RunControl& control);

} // namespace quantlathe
