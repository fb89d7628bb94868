// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/methods/integer_rounding.h"

#include "core/base/error.h"
#include "core/methods/blas.h"
#include "core/methods/strip_kernels.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace quantlathe {

namespace {

/// Ranges that are tried: GPTQ's down to a fifth, AWQ's, which are judged by products, down to half.
constexpr int clipSteps = 80;
constexpr double clipStep = 0.01;
constexpr int momentSteps = 10;
constexpr double momentStep = 0.05;

struct Grid
{
    float scale = 1;
    float zero = 0;
};

Grid gridFor(const GroupScheme& scheme, float lowest, float highest)
{
    const auto largest = static_cast<float>(scheme.largestCode());
    const float low = std::min(lowest, 0.0f);
    const float high = std::max(highest, 0.0f);
    Grid grid{1, static_cast<float>(scheme.middle())};
    const float range = scheme.isSymmetric ? 2 * std::max(-low, high) : high - low;
    // What would round to infinity stays finite; what rounds to nothing leaves 1, and zeros.
    const float scale = roundScale(std::min(range / largest, scheme.scaleType == TensorType::F16 ? 65504.0f : 3e38f), scheme.scaleType);
    if (scale > 0)
        grid.scale = scale;
    if (!scheme.isSymmetric)
        grid.zero = std::clamp(std::nearbyint(-low / grid.scale), 0.0f, largest);
    return grid;
}

/// For each row d H d^T, d what rounding a group changes.
void errorsOfOutputs(const GroupScheme& scheme, const float* values, std::uint64_t count, std::uint64_t rows, std::uint64_t stride, const GroupCost& cost,
                     const std::vector<float>& scale, const std::vector<float>& zero, std::vector<float>& errors)
{
    std::vector<std::uint8_t> codes(rows);
    std::vector<float> differences(count * rows);
    std::vector<float> products(count * rows);
    for (std::uint64_t column = 0; column < count; ++column) {
        float* const difference = differences.data() + column * rows;
        strips::roundColumn(values + column * stride, scale.data(), zero.data(), static_cast<float>(scheme.largestCode()), rows, codes.data(), difference);
        strips::columnErrors(values + column * stride, difference, 1, rows, difference);
    }
    blas::multiplySymmetricLeft(count, rows, cost.moments, cost.stride, differences.data(), rows, products.data(), rows);
    std::fill(errors.begin(), errors.end(), 0.0f);
    for (std::uint64_t index = 0; index < count * rows; ++index)
        errors[index % rows] += differences[index] * products[index];
}

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

    void beginGroup(std::uint64_t first, std::uint64_t count, const float* values, std::uint64_t stride) override
    {
        const std::uint64_t group = first / m_length;
        GroupCost cost;
        if (m_settings.moments)
            cost = {nullptr, m_settings.moments + first * m_result.inputs + first, m_result.inputs};
        else if (!m_settings.importance.empty())
            cost.importance = m_settings.importance.data() + first;
        findGrid(m_result.scheme, m_settings.searchesClip, values, count, m_rows, stride, cost, m_scales.data() + group * m_rows,
                 m_zeros.data() + group * m_rows);
    }

    void roundColumn(std::uint64_t column, const float* values, float* quantized) override
    {
        const std::uint64_t group = column / m_length;
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
};

} // namespace

void findGrid(const GroupScheme& scheme, bool searchesClip, const float* values, std::uint64_t count, std::uint64_t rows, std::uint64_t stride,
              const GroupCost& cost, float* scales, float* zeros)
{
    std::vector<float> lowest(rows, 0.0f);
    std::vector<float> highest(rows, 0.0f);
    for (std::uint64_t column = 0; column < count; ++column)
        strips::widenRange(values + column * stride, rows, lowest.data(), highest.data());
    for (std::uint64_t row = 0; row < rows; ++row) {
        const Grid grid = gridFor(scheme, lowest[row], highest[row]);
        scales[row] = grid.scale;
        zeros[row] = grid.zero;
    }
    if (!searchesClip)
        return;
    std::vector<float> best(rows, std::numeric_limits<float>::infinity());
    std::vector<float> scale(rows);
    std::vector<float> zero(rows);
    std::vector<float> errors(rows);
    for (int step = 0; step < (cost.moments ? momentSteps : clipSteps); ++step) {
        const auto part = static_cast<float>(1 - step * (cost.moments ? momentStep : clipStep));
        for (std::uint64_t row = 0; row < rows; ++row) {
            const Grid grid = gridFor(scheme, part * lowest[row], part * highest[row]);
            scale[row] = grid.scale;
            zero[row] = grid.zero;
        }
        if (cost.moments) {
            errorsOfOutputs(scheme, values, count, rows, stride, cost, scale, zero, errors);
        } else {
            std::fill(errors.begin(), errors.end(), 0.0f);
            for (std::uint64_t column = 0; column < count; ++column) {
                strips::addRoundingErrors(values + column * stride, scale.data(), zero.data(), static_cast<float>(scheme.largestCode()),
                                          cost.importance ? cost.importance[column] : 1.0f, rows, errors.data());
            }
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
    findGrid(m_result.scheme, m_settings.searchesClip, weights, m_result.outputs * m_result.inputs, 1, 1, {}, &m_tensorScale, &m_tensorZero);
}

std::uint64_t IntegerRounding::groupLength() const
{
    // A row that is one group has its scale from the original weights in any case.
    const bool isOneGroup = m_result.groups() == 1;
    return m_settings.isStatic || isOneGroup ? 0 : m_result.scheme.groupSize;
}

std::unique_ptr<StripRounding> IntegerRounding::strip(std::uint64_t first, std::uint64_t rows, const float* original)
{
    auto strip = std::make_unique<IntegerStrip>(m_result, m_settings, first, rows);
    if (m_result.scheme.isPerTensor) {
        strip->setAll(m_tensorScale, m_tensorZero);
    } else if (groupLength() == 0) {
        const std::uint64_t length = m_result.scheme.groupSize == 0 ? m_result.inputs : m_result.scheme.groupSize;
        for (std::uint64_t column = 0; column < m_result.inputs; column += length)
            strip->beginGroup(column, std::min(length, m_result.inputs - column), original + column * rows, rows);
    }
    return strip;
}

} // namespace quantlathe
