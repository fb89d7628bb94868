// SPDX-License-Identifier: GPL-3.0-or-later
// Integers in groups, chosen by what they do to the outputs: d H d^T of a row, d = weights - quantized. For AWQ, whose factors are found before.
//
// Ranges first: group after group the one of some narrower and wider ones with the least error, given what the other groups' errors are. Judged by squares of
// weights, or by a group alone, ranges come out that lose more. Then codes: one after the other moves to the neighbour (the weight rounded up or down) that makes up
// for the errors of all others, in two rounds (coordinate descent, as in Behdin et al. 2023, from the nearest codes and no farther than one step from them).
#pragma once

#include "core/types/weight_scheme.h"

#include <cstdint>
#include <vector>

namespace quantlathe {

/// Some rows of a matrix, transposed.
struct RoundedStrip
{
    std::vector<std::uint8_t> codes; ///< [inputs x rows]
    std::vector<float> scales;       ///< [groups x rows]
    std::vector<float> zeros;        ///< [groups x rows]
};

/// @param scheme not per tensor @param moments H's upper triangle, [inputs x inputs], row-major @param damping added to H's diagonal for the codes, as a fraction of
/// its mean: they would fit the tokens too well
/// @param original [inputs x rows], rows contiguous
RoundedStrip roundByOutputs(const GroupScheme& scheme, const float* moments, double damping, const float* original, std::uint64_t inputs, std::uint64_t rows);

} // namespace quantlathe
