// SPDX-License-Identifier: GPL-3.0-or-later
// Importance and the weights' own size together: what the errors of two-bit types are weighted by where importance is given.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

namespace quantlathe::codecs {

/// v sqrt(m + x^2) for every weight, m the mean square of its super-block: llama.cpp's weighting. At two bits, minimising the error weighted by
/// v alone gives models that predict worse (measured: README). As shares of the largest importance and of sqrt(m), since only
/// ratios count within a super-block: whatever the sizes, nothing overflows.
/// @param isTempered v^(3/4) in its place
inline std::vector<float> sizedImportance(const float* weights, const float* importance, std::size_t count, bool isTempered)
{
    constexpr std::size_t superBlock = 256;
    std::vector<float> sized(count);
    for (std::size_t first = 0; first < count; first += superBlock) {
        double squares = 0;
        float most = 0;
        for (std::size_t index = first; index < first + superBlock; ++index) {
            squares += static_cast<double>(weights[index]) * static_cast<double>(weights[index]);
            most = std::max(most, importance[index]);
        }
        const double mean = squares / superBlock;
        const double size = std::sqrt(mean);
        for (std::size_t index = first; index < first + superBlock; ++index) {
            const double x = weights[index];
            // Nothing but zeros, of weights or of importance, stays as it is.
            double share = most > 0 ? static_cast<double>(importance[index]) / static_cast<double>(most) : 0.0;
            share = isTempered ? std::sqrt(share) * std::sqrt(std::sqrt(share)) : share;
            sized[index] = static_cast<float>(size > 0 ? share * (std::sqrt(mean + x * x) / size) : share);
        }
    }
    return sized;
}

} // namespace quantlathe::codecs
