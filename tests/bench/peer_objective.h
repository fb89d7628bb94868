// SPDX-License-Identifier: GPL-3.0-or-later
// What llama.cpp's encoders minimise, to judge both sides by.
#pragma once

#include "core/codecs/encode_options.h"
#include "core/types/tensor_type.h"

#include <cstddef>
#include <vector>

namespace quantlathe::bench {

struct Errors
{
    double relativeRms = 0; ///< sqrt(sum (x-q)^2 / sum x^2)
    double objective = 0;   ///< sum of weighted squared errors
    double absolute =
        0; ///< sum of weighted magnitudes of errors: what llama.cpp's Q2_K compares candidates by
    bool isFinite = true;
};

/// The weights of squared errors in the objective of @p type: importance where given (one per column),
/// otherwise by the weight's own size as llama.cpp does type by type (types where it does not search: 1), or
/// 1 for SquaredError.
std::vector<float> objectiveWeights(TensorType type, Objective objective, const float* weights,
                                    const float* importance, std::size_t rows, std::size_t columns);

Errors errorsOf(const float* weights, const float* rebuilt, const std::vector<float>& objectiveWeights);

} // namespace quantlathe::bench
