// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/methods/integer_rounding.h"

#include "core/base/error.h"
#include "core/methods/output_rounding.h"
#include "core/methods/strip_kernels.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace quantlathe {

namespace {

/// Ranges that are tried, down to a fifth.
constexpr int clipSteps = 80;
constexpr double clipStep = 0.01;

class IntegerStrip final : public StripRounding
{
public:
    IntegerStrip(GroupQuantized& result, const GridSettings& settings, std::uint64_t first, std::uint64_t rows)
        : m_result(result), m_settings(settings), m_first(first), m_rows(rows), m_codes(result.inputs * rows), m_scales(result.groups() * rows),
          m_zeros(result.groups() * rows), m_length(result.scheme.groupSize == 0 ? result.inputs : result.scheme.groupSize)
    {
    }

    void setAll(float scale, float zero)
    {
        std::fill(m_scales.begin(), m_scales.end(), scale);
        std::fill(m_zeros.begin(), m_zeros.end(), zero);
    }

    /// All is decided already.
    void setAll(RoundedStrip strip)
    {
        m_codes = std::move(strip.codes);
        m_scales = std::move(strip.scales);
        m_zeros = std::move(strip.zeros);
        m_isDecided = true;
    }

    void beginGroup(std::uint64_t first, std::uint64_t count, const float* values, std::uint64_t stride) override
    {
        const std::uint64_t group = first / m_length;
        findGrid(m_result.scheme, m_settings.searchesClip, values, count, m_rows, stride,
                 m_settings.importance.empty() ? nullptr : m_settings.importance.data() + first, m_scales.data() + group * m_rows,
                 m_zeros.data() + group * m_rows);
    }

    void roundColumn(std::uint64_t column, const float* values, float* quantized) override
    {
        const std::uint64_t group = column / m_length;
        if (m_isDecided) {
            strips::decodeColumn(m_codes.data() + column * m_rows, m_scales.data() + group * m_rows, m_zeros.data() + group * m_rows, m_rows, quantized);
            return;
        }
        strips::roundColumn(values, m_scales.data() + group * m_rows, m_zeros.data() + group * m_rows, static_cast<float>(m_result.scheme.largestCode()), m_rows,
                            m_codes.data() + column * m_rows, quantized);
    }

    void finish() override
    {
        constexpr std::uint64_t tile = 64;
        const std::uint64_t inputs = m_result.inputs;
        for (std::uint64_t left = 0; left < inputs; left += tile) {
            for (std::uint64_t row = 0; row < m_rows; ++row) {
                std::uint8_t* const codes = m_result.codes.data() + (m_first + row) * inputs;
                for (std::uint64_t input = left; input < std::min(inputs, left + tile); ++input)
                    codes[input] = m_codes[input * m_rows + row];
            }
        }
        const std::uint64_t groups = m_result.groups();
        for (std::uint64_t row = 0; row < m_rows; ++row) {
            for (std::uint64_t group = 0; group < groups; ++group) {
                m_result.scales[(m_first + row) * groups + group] = m_scales[group * m_rows + row];
                m_result.zeros[(m_first + row) * groups + group] = static_cast<std::uint8_t>(m_zeros[group * m_rows + row]);
            }
        }
    }

private:
    GroupQuantized& m_result;
    const GridSettings& m_settings;
    std::uint64_t m_first;
    std::uint64_t m_rows;
    std::vector<std::uint8_t> m_codes; ///< [inputs x rows]
    std::vector<float> m_scales;       ///< [groups x rows]
    std::vector<float> m_zeros;
    std::uint64_t m_length;
    bool m_isDecided = false;
};

} // namespace

GroupGrid gridFor(const GroupScheme& scheme, float lowest, float highest)
{
    const auto largest = static_cast<float>(scheme.largestCode());
    const float low = std::min(lowest, 0.0f);
    const float high = std::max(highest, 0.0f);
    GroupGrid grid{1, static_cast<float>(scheme.middle())};
    const float range = scheme.isSymmetric ? 2 * std::max(-low, high) : high - low;
    // What would round to infinity stays finite; what rounds to nothing leaves 1, and zeros.
    const float scale = roundScale(std::min(range / largest, scheme.scaleType == TensorType::F16 ? 65504.0f : 3e38f), scheme.scaleType);
    if (scale > 0)
        grid.scale = scale;
    if (!scheme.isSymmetric)
        grid.zero = std::clamp(std::nearbyint(-low / grid.scale), 0.0f, largest);
    return grid;
}

void findGrid(const GroupScheme& scheme, bool searchesClip, const float* values, std::uint64_t count, std::uint64_t rows, std::uint64_t stride,
              const float* importance, float* scales, float* zeros)
{
    std::vector<float> lowest(rows, 0.0f);
    std::vector<float> highest(rows, 0.0f);
    for (std::uint64_t column = 0; column < count; ++column)
        strips::widenRange(values + column * stride, rows, lowest.data(), highest.data());
    for (std::uint64_t row = 0; row < rows; ++row) {
        const GroupGrid grid = gridFor(scheme, lowest[row], highest[row]);
        scales[row] = grid.scale;
        zeros[row] = grid.zero;
    }
    if (!searchesClip)
        return;
    std::vector<float> best(rows, std::numeric_limits<float>::infinity());
    std::vector<float> scale(rows);
    std::vector<float> zero(rows);
    std::vector<float> errors(rows);
    for (int step = 0; step < clipSteps; ++step) {
        const auto part = static_cast<float>(1 - step * clipStep);
        for (std::uint64_t row = 0; row < rows; ++row) {
            const GroupGrid grid = gridFor(scheme, part * lowest[row], part * highest[row]);
            scale[row] = grid.scale;
            zero[row] = grid.zero;
        }
        std::fill(errors.begin(), errors.end(), 0.0f);
        for (std::uint64_t column = 0; column < count; ++column) {
            strips::addRoundingErrors(values + column * stride, scale.data(), zero.data(), static_cast<float>(scheme.largestCode()), importance ? importance[column] : 1.0f,
                                      rows, errors.data());
        }
        for (std::uint64_t row = 0; row < rows; ++row) {
            if (errors[row] < best[row]) {
                best[row] = errors[row];
                scales[row] = scale[row];
                zeros[row] = zero[row];
            }
        }
    }
}

IntegerRounding::IntegerRounding(const GroupScheme& scheme, std::uint64_t outputs, std::uint64_t inputs, const GridSettings& settings) : m_settings(settings)
{
    if (const auto problem = problemOf(scheme))
        throw Error(ErrorKind::InvalidArgument, *problem);
    m_result.scheme = scheme;
    m_result.outputs = outputs;
    m_result.inputs = inputs;
    m_result.codes.resize(outputs * inputs);
    m_result.scales.resize(outputs * scheme.groupsOf(inputs));
    m_result.zeros.resize(m_result.scales.size());
}

void IntegerRounding::findTensorGrid(const float* weights)
{
    // All weights as one group of one row.
    findGrid(m_result.scheme, m_settings.searchesClip, weights, m_result.outputs * m_result.inputs, 1, 1, nullptr, &m_tensorScale, &m_tensorZero);
}

std::uint64_t IntegerRounding::groupLength() const
{
    // A row that is one group has its scale from the original weights in any case.
    const bool isOneGroup = m_result.groups() == 1;
    return m_settings.isStatic || m_settings.moments || isOneGroup ? 0 : m_result.scheme.groupSize;
}

std::unique_ptr<StripRounding> IntegerRounding::strip(std::uint64_t first, std::uint64_t rows, const float* original)
{
    auto strip = std::make_unique<IntegerStrip>(m_result, m_settings, first, rows);
    if (m_result.scheme.isPerTensor) {
        strip->setAll(m_tensorScale, m_tensorZero);
    } else if (m_settings.moments) {
        strip->setAll(roundByOutputs(m_result.scheme, m_settings.moments, m_settings.damping, original, m_result.inputs, rows));
    } else if (groupLength() == 0) {
        const std::uint64_t length = m_result.scheme.groupSize == 0 ? m_result.inputs : m_result.scheme.groupSize;
        for (std::uint64_t column = 0; column < m_result.inputs; column += length)
            strip->beginGroup(column, std::min(length, m_result.inputs - column), original + column * rows, rows);
    }
    return strip;
}

} // namespace quantlathe
