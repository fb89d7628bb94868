// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/methods/output_rounding.h"

#include "core/methods/blas.h"
#include "core/methods/integer_rounding.h"
#include "core/methods/strip_kernels.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace quantlathe {

namespace {

/// Ranges that are tried, in parts of the weights'. More than all of it: 4 symmetric bits reach 7 steps up, and 15/14 of the range has its end on the last of them.
constexpr double widestPart = 1.07;
constexpr double partStep = 0.01;
constexpr int partSteps = 32;
constexpr int codeRounds = 2;
/// Columns whose changes reach each other one by one, and the others in a product.
constexpr std::uint64_t blockLength = 32;

class OutputSearch
{
public:
    OutputSearch(const GroupScheme& scheme, const float* moments, const float* original, std::uint64_t inputs, std::uint64_t rows)
        : m_scheme(scheme), m_moments(moments), m_original(original), m_inputs(inputs), m_rows(rows), m_length(scheme.groupSize == 0 ? inputs : scheme.groupSize),
          m_largest(static_cast<float>(scheme.largestCode())), m_difference(inputs * rows), m_product(inputs * rows)
    {
        m_result.codes.resize(inputs * rows);
        m_result.scales.resize(scheme.groupsOf(inputs) * rows);
        m_result.zeros.resize(m_result.scales.size());
    }

    RoundedStrip run(double damping)
    {
        forGroups([&](std::uint64_t first, std::uint64_t count) {
            findGrid(m_scheme, false, m_original + first * m_rows, count, m_rows, m_rows, nullptr, scales(first), zeros(first));
            roundGroup(first, count, scales(first), zeros(first), m_difference.data() + first * m_rows);
        });
        forGroups([&](std::uint64_t first, std::uint64_t count) { addToProduct(first, count, m_difference.data() + first * m_rows); });
        forGroups([&](std::uint64_t first, std::uint64_t count) { searchRange(first, count); });
        double trace = 0;
        for (std::uint64_t input = 0; input < m_inputs; ++input)
            trace += moment(input, input);
        for (int round = 0; round < codeRounds; ++round)
            improveCodes(static_cast<float>(damping * trace / static_cast<double>(m_inputs)));
        return std::move(m_result);
    }

private:
    template <typename Work> void forGroups(const Work& work)
    {
        for (std::uint64_t first = 0; first < m_inputs; first += m_length)
            work(first, std::min(m_length, m_inputs - first));
    }

    [[nodiscard]] const float& moment(std::uint64_t row, std::uint64_t column) const { return m_moments[row * m_inputs + column]; }
    float* scales(std::uint64_t column) { return m_result.scales.data() + column / m_length * m_rows; }
    float* zeros(std::uint64_t column) { return m_result.zeros.data() + column / m_length * m_rows; }

    /// To nearest; @p difference [count x rows] gets the errors.
    void roundGroup(std::uint64_t first, std::uint64_t count, const float* scale, const float* zero, float* difference)
    {
        for (std::uint64_t column = 0; column < count; ++column) {
            const float* const values = m_original + (first + column) * m_rows;
            float* const errors = difference + column * m_rows;
            strips::roundColumn(values, scale, zero, m_largest, m_rows, m_result.codes.data() + (first + column) * m_rows, errors);
            strips::columnErrors(values, errors, 1, m_rows, errors);
        }
    }

    /// m_product += H [all x count] change [count x rows].
    void addToProduct(std::uint64_t first, std::uint64_t count, const float* change)
    {
        const std::uint64_t end = first + count;
        if (first > 0)
            blas::multiply({false, false, first, m_rows, count, 1, 1}, &moment(0, first), m_inputs, change, m_rows, m_product.data(), m_rows);
        std::vector<float> own(count * m_rows);
        blas::multiplySymmetricLeft(count, m_rows, &moment(first, first), m_inputs, change, m_rows, own.data(), m_rows);
        for (std::uint64_t index = 0; index < own.size(); ++index)
            m_product[first * m_rows + index] += own[index];
        if (end < m_inputs)
            blas::multiply({true, false, m_inputs - end, m_rows, count, 1, 1}, &moment(first, end), m_inputs, change, m_rows, m_product.data() + end * m_rows, m_rows);
    }

    void searchRange(std::uint64_t first, std::uint64_t count)
    {
        const std::uint64_t size = count * m_rows;
        std::vector<float> lowest(m_rows, 0.0f);
        std::vector<float> highest(m_rows, 0.0f);
        for (std::uint64_t column = 0; column < count; ++column)
            strips::widenRange(m_original + (first + column) * m_rows, m_rows, lowest.data(), highest.data());
        // Of a group's errors d the rows cost d H_gg d + 2 d . (what the other groups' errors do).
        float* const current = m_difference.data() + first * m_rows;
        std::vector<float> own(size);
        std::vector<float> others(size);
        blas::multiplySymmetricLeft(count, m_rows, &moment(first, first), m_inputs, current, m_rows, own.data(), m_rows);
        for (std::uint64_t index = 0; index < size; ++index)
            others[index] = m_product[first * m_rows + index] - own[index];
        std::vector<float> difference(size);
        std::vector<float> scale(m_rows);
        std::vector<float> zero(m_rows);
        std::vector<float> errors(m_rows);
        std::vector<float> best(m_rows, std::numeric_limits<float>::infinity());
        for (int step = 0; step < partSteps; ++step) {
            const auto part = static_cast<float>(widestPart - step * partStep);
            for (std::uint64_t row = 0; row < m_rows; ++row) {
                const GroupGrid grid = gridFor(m_scheme, part * lowest[row], part * highest[row]);
                scale[row] = grid.scale;
                zero[row] = grid.zero;
            }
            roundGroup(first, count, scale.data(), zero.data(), difference.data());
            blas::multiplySymmetricLeft(count, m_rows, &moment(first, first), m_inputs, difference.data(), m_rows, own.data(), m_rows);
            std::fill(errors.begin(), errors.end(), 0.0f);
            for (std::uint64_t column = 0; column < count; ++column) {
                for (std::uint64_t row = 0; row < m_rows; ++row) {
                    const std::uint64_t at = column * m_rows + row;
                    errors[row] += difference[at] * (own[at] + 2 * others[at]);
                }
            }
            for (std::uint64_t row = 0; row < m_rows; ++row) {
                if (errors[row] < best[row]) {
                    best[row] = errors[row];
                    scales(first)[row] = scale[row];
                    zeros(first)[row] = zero[row];
                }
            }
        }
        roundGroup(first, count, scales(first), zeros(first), difference.data());
        for (std::uint64_t index = 0; index < size; ++index)
            difference[index] -= std::exchange(current[index], difference[index]);
        addToProduct(first, count, difference.data());
    }

    void improveCodes(float damping)
    {
        std::vector<float> changes(blockLength * m_rows);
        std::vector<float> products(blockLength * m_rows);
        for (std::uint64_t first = 0; first < m_inputs; first += blockLength) {
            const std::uint64_t count = std::min(blockLength, m_inputs - first);
            std::copy_n(m_product.begin() + static_cast<std::ptrdiff_t>(first * m_rows), count * m_rows, products.begin());
            for (std::uint64_t index = 0; index < count; ++index) {
                const std::uint64_t column = first + index;
                float* const change = changes.data() + index * m_rows;
                if (moment(column, column) <= 0) { // no token had anything here
                    std::fill_n(change, m_rows, 0.0f);
                    continue;
                }
                strips::improveColumn({m_original + column * m_rows, products.data() + index * m_rows, scales(column), zeros(column), m_largest, moment(column, column), damping},
                                      m_rows, m_result.codes.data() + column * m_rows, m_difference.data() + column * m_rows, change);
                for (std::uint64_t later = index + 1; later < count; ++later)
                    strips::subtractScaled(change, -moment(column, first + later), m_rows, products.data() + later * m_rows);
            }
            addToProduct(first, count, changes.data());
        }
    }

    const GroupScheme& m_scheme;
    const float* m_moments;
    const float* m_original;
    std::uint64_t m_inputs;
    std::uint64_t m_rows;
    std::uint64_t m_length;
    float m_largest;
    RoundedStrip m_result;
    std::vector<float> m_difference; ///< [inputs x rows]: original - quantized
    std::vector<float> m_product;    ///< [inputs x rows]: H difference
};

} // namespace

RoundedStrip roundByOutputs(const GroupScheme& scheme, const float* moments, double damping, const float* original, std::uint64_t inputs, std::uint64_t rows)
{
    return OutputSearch(scheme, moments, original, inputs, rows).run(damping);
}

} // namespace quantlathe
