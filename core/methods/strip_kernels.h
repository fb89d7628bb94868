// SPDX-License-Identifier: GPL-3.0-or-later
// Loops over the rows of a strip: some rows of a matrix, stored transposed, so that the values of one column lie together. For every SIMD target of
// this machine.
#pragma once

#include <cstddef>
#include <cstdint>

namespace quantlathe::strips {

/// Codes of integers: rint(w / scale) + zero, within [0, largest]; halves go to the even number. Scales are not 0.
/// @p quantized gets scale x (code - zero).
void roundColumn(const float* values, const float* scales, const float* zeros, float largest, std::size_t rows, std::uint8_t* codes, float* quantized);

/// scale x (code - zero).
void decodeColumn(const std::uint8_t* codes, const float* scales, const float* zeros, std::size_t rows, float* quantized);

/// A column whose codes may move by what the errors of all columns do to the outputs.
struct ErrorColumn
{
    const float* values;   ///< [rows], as all that follows
    const float* products; ///< H difference, of this column
    const float* scales;
    const float* zeros;
    float largest;         ///< code
    float moment;          ///< H's diagonal, greater than 0
    float damping;         ///< added to it
};
/// Each code becomes that of the two around its value (or of the range's end) that costs least, given all other columns' errors. @p differences (value - quantized)
/// follow, @p changes is what they changed by.
void improveColumn(const ErrorColumn& column, std::size_t rows, std::uint8_t* codes, float* differences, float* changes);

/// As roundColumn(), but only adds weight x (quantized - value)^2 to @p errors.
void addRoundingErrors(const float* values, const float* scales, const float* zeros, float largest, float weight, std::size_t rows, float* errors);

/// errors = (values - quantized) x factor; may be the same array as values.
void columnErrors(const float* values, const float* quantized, float factor, std::size_t rows, float* errors);

/// y -= factor x.
void subtractScaled(const float* x, float factor, std::size_t rows, float* y);

/// Widens [lowest, highest] of each row by a column.
void widenRange(const float* values, std::size_t rows, float* lowest, float* highest);

} // namespace quantlathe::strips
