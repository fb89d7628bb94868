// SPDX-License-Identifier: GPL-3.0-or-later
// As d falls from infinity, one weight after the other changes to its next code, at a d that depends on that
// weight only. Between two changes the codes are fixed and the error is a parabola in d: sum v x^2 - 2 d A +
// d^2 B with A = sum v x q and B = sum v q^2. The best half for those codes is the one nearest to A / B. The
// best pair of scale and codes is among these, for the best codes of any d are those of one interval.
#include "core/codecs/ternary_search.h"

#include "core/codecs/block_parts.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace quantlathe::codecs {

namespace {

constexpr std::size_t mostWeights = 256;

struct Change
{
    double at; ///< below this d
    double a;  ///< added to A
    double b;  ///< added to B
};

struct Found
{
    float scale = 0;
    double gain = 0; ///< the error less than that of all zeros
};

/// @p changes in any order; reordered.
Found bestOf(Change* begin, Change* end)
{
    std::sort(begin, end, [](const Change& x, const Change& y) { return x.at > y.at; });
    Found best;
    double a = 0;
    double b = 0;
    for (const Change* change = begin; change != end; ++change) {
        a += change->a;
        b += change->b;
        if (b <= 0)
            continue;
        StoredHalf half;
        const double d = half.store(static_cast<float>(a / b));
        const double gain = d * (2 * a - d * b);
        if (gain > best.gain)
            best = {static_cast<float>(d), gain};
    }
    return best;
}

double importanceOf(const float* importance, std::size_t index)
{
    return importance ? importance[index] : 1.0;
}

} // namespace

float bestTernaryScale(const float* weights, const float* importance, std::size_t count)
{
    std::array<Change, mostWeights> changes;
    for (std::size_t index = 0; index < count; ++index) {
        const double x = std::fabs(weights[index]);
        const double v = importanceOf(importance, index);
        changes[index] = {2 * x, v * x, v};
    }
    return bestOf(changes.data(), changes.data() + count).scale;
}

float bestFourValueScale(const float* weights, const float* importance, std::size_t count)
{
    Found best;
    for (const double sign : {1.0, -1.0}) {
        std::array<Change, 2 * mostWeights> changes;
        Change* end = changes.data();
        for (std::size_t index = 0; index < count; ++index) {
            const double x = sign * weights[index];
            const double v = importanceOf(importance, index);
            *end++ = {2 * std::fabs(x), v * std::fabs(x), v};
            if (x > 0)
                *end++ = {x / 1.5, v * x, 3 * v};
        }
        const Found found = bestOf(changes.data(), end);
        if (found.gain > best.gain)
            best = {static_cast<float>(sign * found.scale), found.gain};
    }
    return best.scale;
}

} // namespace quantlathe::codecs
