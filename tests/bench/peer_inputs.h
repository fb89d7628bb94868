// SPDX-License-Identifier: GPL-3.0-or-later
// Weights to measure with.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace quantlathe::bench {

struct Input
{
    std::string name;
    std::size_t rows = 0;
    std::size_t columns = 0; ///< a multiple of 256
    std::vector<float> weights;
    std::vector<float> importance; ///< one per column: log-normal, sigma 1
};

/// Normal weights of deviation 1.
Input gaussianInput(std::size_t rows, std::size_t columns);
/// What trained matrices look like: Student-t(5) x 0.02, log-normal gain per row (sigma 0.25), 0.5 % of the
/// input columns 3 to 8 times as large, rounded to BF16.
Input heavyInput(std::size_t rows, std::size_t columns);
/// The first @p weights weights, as whole rows, of those matrices of a model that share the row length that
/// most weights have. @throws std::runtime_error when no matrix has rows of a multiple of 256
Input modelInput(const std::string& path, std::size_t weights);

} // namespace quantlathe::bench
