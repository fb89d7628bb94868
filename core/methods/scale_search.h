// SPDX-License-Identifier: GPL-3.0-or-later
// Factors for input channels that make matrices easier to quantize: what produces the inputs is divided by them, the matrices' columns are multiplied. AWQ (Lin
// et al. 2023) looks for the factors that leave the smallest error at the outputs, SmoothQuant (Xiao et al. 2022) moves range from activations to weights.
#pragma once

#include "core/methods/input_moments.h"
#include "core/plan/plan.h"

#include <cstdint>
#include <vector>

namespace quantlathe {

/// A matrix that the factors meet: some rows of it, evenly spaced, stand for all.
struct ScaledMatrix
{
    const InputMoments* moments = nullptr;
    std::vector<float> weights; ///< [rows x inputs], row-major
    std::uint64_t rows = 0;
    Choice choice;              ///< what it will be quantized to; type F32 without scheme = not at all
};

/// Rows that are looked at of each matrix.
inline constexpr std::uint64_t searchedRows = 512;

/// The factors, of candidates that follow the inputs' and the weights' sizes (AWQ's two families, ten of each, and none at all), with which the outputs' error is
/// the smallest: sum of tr(D H D^T) over the matrices, D = weights - quantized. Errors are expectations over all tokens; sizes of inputs are root mean squares.
/// [inputs]; all 1 where nothing helps.
std::vector<float> searchScales(std::span<const ScaledMatrix> matrices, unsigned threads, const RunControl& control);

/// max|x|^strength / max|w|^(1 - strength), at least 1e-5.
std::vector<float> smoothingScales(std::span<const ScaledMatrix> matrices, double strength);

} // namespace quantlathe
