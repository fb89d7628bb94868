// SPDX-License-Identifier: GPL-3.0-or-later
// Each sum is one running float sum over the sub-block, never split into partial sums: results are the same
// on every machine and equal to ggml's.
#include "core/codecs/search.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>

namespace quantlathe::codecs {

namespace {

constexpr std::size_t longestSubBlock = 32;

/// The element of largest magnitude with its sign; the first of several.
float signedExtreme(std::span<const float> x)
{
    float magnitude = 0;
    float extreme = 0;
    for (const float value : x) {
        if (std::fabs(value) > magnitude) {
            magnitude = std::fabs(value);
            extreme = value;
        }
    }
    return extreme;
}

struct ScaleSums
{
    float xl = 0; ///< sum w x l
    float ll = 0; ///< sum w l^2
};

ScaleSums scaleSums(std::span<const float> x, std::span<const float> w, const std::int8_t* codes)
{
    ScaleSums sums;
    for (std::size_t index = 0; index < x.size(); ++index) {
        const auto code = static_cast<float>(codes[index]);
        sums.xl += w[index] * x[index] * code;
        sums.ll += w[index] * code * code;
    }
    return sums;
}

void nearestCodes(std::span<const float> x, float slope, int low, int high, std::int8_t* codes)
{
    for (std::size_t index = 0; index < x.size(); ++index)
        codes[index] = static_cast<std::int8_t>(nearestCode(slope * x[index], low, high));
}

/// nearestInteger as a float.
float nearestWhole(float value)
{
    constexpr float noFraction = 12582912.0f;
    return (value + noFraction) - noFraction;
}

} // namespace

float fitSigned(std::span<const float> x, std::span<const float> w, int levels, std::int8_t* codes)
{
    const float extreme = signedExtreme(x);
    if (std::fabs(extreme) < smallestMagnitude) {
        // The lowest code, not 0: what ggml leaves there. The scale is 0, so nothing depends on it.
        std::fill_n(codes, x.size(), static_cast<std::int8_t>(-levels));
        return 0;
    }
    // The first candidate maps the extreme to -levels; the others to -levels -+ 0.1 ... 0.9. They do not
    // depend on each other, so all sums run side by side, weights outside, candidates inside: compilers make
    // that SIMD without touching the order of any sum. The first is tried twice to fill up a multiple of
    // four.
    constexpr std::size_t candidates = 20;
    std::array<float, candidates> slopes;
    slopes.fill(static_cast<float>(-levels) / extreme);
    std::size_t next = 1;
    for (int step = -9; step <= 9; ++step) {
        if (step != 0)
            slopes[next++] = -(static_cast<float>(levels) + 0.1f * static_cast<float>(step)) / extreme;
    }
    const auto low = static_cast<float>(-levels);
    const auto high = static_cast<float>(levels - 1);
    std::array<float, candidates> sumXL{};
    std::array<float, candidates> sumLL{};
    for (std::size_t index = 0; index < x.size(); ++index) {
        const float value = x[index];
        const float weight = w[index];
        const float weightedValue = weight * value;
        for (std::size_t candidate = 0; candidate < candidates; ++candidate) {
            const float code = nearestWhole(limit(slopes[candidate] * value, low, high));
            sumXL[candidate] += weightedValue * code;
            sumLL[candidate] += weight * code * code;
        }
    }
    std::size_t winner = 0;
    float scale = sumLL[0] != 0 ? sumXL[0] / sumLL[0] : 0;
    float best = scale * sumXL[0];
    for (std::size_t candidate = 1; candidate < next; ++candidate) {
        const float xl = sumXL[candidate];
        const float ll = sumLL[candidate];
        if (ll > 0 && xl * xl > best * ll) {
            winner = candidate;
            scale = xl / ll;
            best = scale * xl;
        }
    }
    nearestCodes(x, slopes[winner], -levels, levels - 1, codes);
    return scale;
}

float fitSignedByCoordinates(std::span<const float> x, int levels, std::int8_t* codes)
{
    assert(x.size() <= longestSubBlock);
    const float extreme = signedExtreme(x);
    if (std::fabs(extreme) < smallestMagnitude) {
        std::fill_n(codes, x.size(), static_cast<std::int8_t>(-levels)); // as in fitSigned
        return 0;
    }
    std::array<float, longestSubBlock> w;
    for (std::size_t index = 0; index < x.size(); ++index)
        w[index] = x[index] * x[index];
    nearestCodes(x, static_cast<float>(-levels) / extreme, -levels, levels - 1, codes);
    ScaleSums sums = scaleSums(x, {w.data(), x.size()}, codes);
    for (int round = 0; round < 5; ++round) {
        bool changed = false;
        for (std::size_t index = 0; index < x.size(); ++index) {
            const auto old = static_cast<float>(codes[index]);
            ScaleSums moved{sums.xl - w[index] * x[index] * old, sums.ll - w[index] * old * old};
            if (!(moved.xl > 0))
                continue;
            const int code = nearestCode(x[index] * moved.ll / moved.xl, -levels, levels - 1);
            if (code == codes[index])
                continue;
            const auto next = static_cast<float>(code);
            moved.xl += w[index] * x[index] * next;
            moved.ll += w[index] * next * next;
            if (moved.ll > 0 && moved.xl * moved.xl * sums.ll > sums.xl * sums.xl * moved.ll) {
                codes[index] = static_cast<std::int8_t>(code);
                sums = moved;
                changed = true;
            }
        }
        if (!changed)
            break;
    }
    return sums.ll > 0 ? sums.xl / sums.ll : 0;
}

AffineFit fitAffine(std::span<const float> x, std::span<const float> w, int levels,
                    const AffineSearch& search, std::uint8_t* codes)
{
    assert(x.size() <= longestSubBlock);
    float minimum = x[0];
    float maximum = x[0];
    float sumW = w[0];
    float sumX = sumW * x[0];
    for (std::size_t index = 1; index < x.size(); ++index) {
        minimum = std::min(minimum, x[index]);
        maximum = std::max(maximum, x[index]);
        sumW += w[index];
        sumX += w[index] * x[index];
    }
    minimum = std::min(minimum, 0.0f);
    if (maximum <= minimum) {
        std::fill_n(codes, x.size(), std::uint8_t{0});
        return {0, -minimum};
    }

    const auto errorOf = [&](const std::uint8_t* tried, float scale, float low) {
        float error = 0;
        for (std::size_t index = 0; index < x.size(); ++index) {
            const float difference = scale * static_cast<float>(tried[index]) + low - x[index];
            error += w[index] * (search.absoluteError ? std::fabs(difference) : difference * difference);
        }
        return error;
    };
    const auto codesFor = [&](float slope, std::uint8_t* tried) {
        for (std::size_t index = 0; index < x.size(); ++index)
            tried[index] = static_cast<std::uint8_t>(nearestCode(slope * (x[index] - minimum), 0, levels));
    };

    const auto top = static_cast<float>(levels);
    const float firstSlope = top / (maximum - minimum);
    codesFor(firstSlope, codes);
    float scale = 1 / firstSlope;
    float best = errorOf(codes, scale, minimum);
    std::array<std::uint8_t, longestSubBlock> candidate;
    for (int step = 0; step <= search.steps; ++step) {
        // Both the codes and the slope follow the minimum as it moves.
        codesFor((search.first + search.step * static_cast<float>(step) + top) / (maximum - minimum),
                 candidate.data());
        float sumL = 0;
        float sumLL = 0;
        float sumXL = 0;
        for (std::size_t index = 0; index < x.size(); ++index) {
            const auto code = static_cast<float>(candidate[index]);
            sumL += w[index] * code;
            sumLL += w[index] * code * code;
            sumXL += w[index] * code * x[index];
        }
        const float determinant = sumW * sumLL - sumL * sumL;
        if (!(determinant > 0))
            continue;
        float triedScale = (sumW * sumXL - sumX * sumL) / determinant;
        float triedMinimum = (sumLL * sumX - sumL * sumXL) / determinant;
        if (triedMinimum > 0) {
            triedMinimum = 0;
            triedScale = sumXL / sumLL;
        }
        const float error = errorOf(candidate.data(), triedScale, triedMinimum);
        if (error < best) {
            std::copy_n(candidate.data(), x.size(), codes);
            best = error;
            scale = triedScale;
            minimum = triedMinimum;
        }
    }
    return {scale, -minimum};
}

float fitPositive(std::span<const float> x, std::span<const float> w, int levels, std::uint8_t* codes)
{
    float maximum = 0;
    for (const float value : x)
        maximum = std::max(maximum, value);
    if (maximum < smallestMagnitude) {
        std::fill_n(codes, x.size(), std::uint8_t{0});
        return 0;
    }
    const auto top = static_cast<float>(levels);
    const auto errorOf = [&](float slope) {
        const float scale = 1 / slope;
        float error = 0;
        for (std::size_t index = 0; index < x.size(); ++index) {
            const float difference =
                x[index] - scale * static_cast<float>(nearestCode(slope * x[index], 0, levels));
            error += w[index] * difference * difference;
        }
        return error;
    };
    float slope = top / maximum;
    float best = errorOf(slope);
    for (int step = -4; step <= 4; ++step) {
        if (step == 0)
            continue;
        const float tried = (0.1f * static_cast<float>(step) + top) / maximum;
        const float error = errorOf(tried);
        if (error < best) {
            best = error;
            slope = tried;
        }
    }
    ScaleSums sums;
    for (std::size_t index = 0; index < x.size(); ++index) {
        codes[index] = static_cast<std::uint8_t>(nearestCode(slope * x[index], 0, levels));
        const auto code = static_cast<float>(codes[index]);
        sums.xl += w[index] * x[index] * code;
        sums.ll += w[index] * code * code;
    }
    for (int round = 0; round < 5; ++round) {
        bool changed = false;
        for (std::size_t index = 0; index < x.size(); ++index) {
            const auto old = static_cast<float>(codes[index]);
            ScaleSums moved{sums.xl - w[index] * x[index] * old, sums.ll - w[index] * old * old};
            if (!(moved.xl > 0 && moved.ll > 0))
                continue;
            const int code = nearestCode(x[index] * moved.ll / moved.xl, 0, levels);
            if (code == codes[index])
                continue;
            const auto next = static_cast<float>(code);
            moved.xl += w[index] * x[index] * next;
            moved.ll += w[index] * next * next;
            if (moved.xl * moved.xl * sums.ll > sums.xl * sums.xl * moved.ll) {
                codes[index] = static_cast<std::uint8_t>(code);
                sums = moved;
                changed = true;
            }
        }
        if (!changed)
            break;
    }
    return sums.ll > 0 ? sums.xl / sums.ll : 0;
}

namespace {

/// As unsigned bits non-negative finite floats are ordered, and all others are above them.
bool isUsableImportance(float value)
{
    return std::bit_cast<std::uint32_t>(value) < 0x7F800000u;
}

TamedRow::Facts factsOf(const float* weights, const float* importance, std::size_t count)
{
    TamedRow::Facts facts;
    for (std::size_t index = 0; index < count; ++index) {
        facts.largestMagnitude = std::max(facts.largestMagnitude, std::fabs(weights[index]));
        if (!importance)
            continue;
        if (isUsableImportance(importance[index]))
            facts.largestImportance = std::max(facts.largestImportance, importance[index]);
        else
            facts.isImportanceUsable = false;
    }
    return facts;
}

} // namespace

TamedRow::TamedRow(const float* weights, const float* importance, std::size_t count)
    : TamedRow(weights, importance, count, factsOf(weights, importance, count))
{
}

TamedRow::TamedRow(const float* weights, const float* importance, std::size_t count, const Facts& facts)
    : m_weights(weights), m_importance(importance)
{
    constexpr float largestWeight = 0x1p30f;
    if (facts.largestMagnitude > largestWeight) {
        m_limitedWeights.resize(count);
        for (std::size_t index = 0; index < count; ++index)
            m_limitedWeights[index] = limit(weights[index], -largestWeight, largestWeight);
        m_weights = m_limitedWeights.data();
    }
    if (!importance)
        return;
    if (facts.largestImportance == 0) {
        m_importance = nullptr;
        return;
    }
    const int exponent = std::ilogb(facts.largestImportance);
    if (facts.isImportanceUsable && exponent >= -40 && exponent <= 20)
        return;
    m_scaledImportance.resize(count);
    for (std::size_t index = 0; index < count; ++index)
        m_scaledImportance[index] =
            isUsableImportance(importance[index]) ? std::ldexp(importance[index], -exponent) : 0.0f;
    m_importance = m_scaledImportance.data();
}

float weighByImportance(std::span<const float> x, const float* importance, float variance, float* w)
{
    float sum = 0;
    for (std::size_t index = 0; index < x.size(); ++index)
        w[index] = importance[index] * std::sqrt(variance + x[index] * x[index]);
    for (std::size_t index = 0; index < x.size(); ++index)
        sum += w[index];
    if (!(sum > 0)) {
        std::fill_n(w, x.size(), 1.0f);
        return 0;
    }
    return sum;
}

} // namespace quantlathe::codecs
