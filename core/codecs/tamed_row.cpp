// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/codecs/tamed_row.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>

namespace quantlathe::codecs {

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
            m_limitedWeights[index] = std::clamp(weights[index], -largestWeight, largestWeight);
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

} // namespace quantlathe::codecs
