// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/methods/error_feedback.h"

#include "core/base/error.h"
#include "core/base/parallel.h"
#include "core/methods/blas.h"
#include "core/methods/strip_kernels.h"

#include <algorithm>
#include <numeric>
#include <vector>

namespace quantlathe {

namespace {

/// Columns that meet the errors of all earlier ones in one product.
constexpr std::uint64_t usualBlock = 128;
/// Columns whose errors reach each other one by one: they and a strip's rows stay in the first-level cache.
constexpr std::uint64_t narrowBlock = 16;
constexpr std::uint64_t mostRows = 256;

/// Rows of a strip: a narrow matrix is cut, too, so that there is work for several threads.
std::uint64_t rowsPerStrip(std::uint64_t outputs)
{
    return std::clamp<std::uint64_t>((outputs / 4 + 31) / 32 * 32, 32, mostRows);
}

/// Transposed: [rows x inputs] to [inputs x rows].
void transpose(const float* from, std::uint64_t rows, std::uint64_t inputs, float* to)
{
    constexpr std::uint64_t tile = 16;
    for (std::uint64_t left = 0; left < inputs; left += tile) {
        const std::uint64_t right = std::min(inputs, left + tile);
        for (std::uint64_t row = 0; row < rows; ++row) {
            for (std::uint64_t input = left; input < right; ++input)
                to[input * rows + row] = from[row * inputs + input];
        }
    }
}

double sumOfSquares(const float* values, std::uint64_t count)
{
    // Eight sums, so that the compiler can keep them side by side; their order is fixed.
    double sums[8] = {};
    for (std::uint64_t index = 0; index < count; ++index)
        sums[index % 8] += double{values[index]} * values[index];
    return std::accumulate(std::begin(sums), std::end(sums), 0.0);
}

struct StripLoss
{
    double damped = 0;  ///< tr(D (H + lambda I) D^T): the squares of the loop's errors
    double squares = 0; ///< sum of D^2
};

class Feedback
{
public:
    Feedback(const InverseFactor& factor, std::uint64_t groupLength) : m_factor(factor), m_inputs(factor.inputs()), m_group(groupLength)
    {
        m_block = groupLength == 0 ? usualBlock : groupLength * std::max<std::uint64_t>(1, usualBlock / groupLength);
    }

    /// @param original [inputs x rows], by channel; @param work as large
    StripLoss run(const float* original, std::uint64_t rows, float* work, StripRounding& rounding, const RunControl& control) const
    {
        for (std::uint64_t step = 0; step < m_inputs; ++step)
            std::copy_n(original + m_factor.order()[step] * rows, rows, work + step * rows);
        std::vector<float> quantized(rows);
        std::vector<float> difference(rows);
        StripLoss loss;
        for (std::uint64_t first = 0; first < m_inputs; first += m_block) {
            control.throwIfCancelled();
            const std::uint64_t end = std::min(m_inputs, first + m_block);
            subtractErrors(0, first, first, end, rows, work);
            for (std::uint64_t begin = first; begin < end;) {
                const bool startsGroup = m_group > 0 && begin % m_group == 0;
                if (startsGroup)
                    rounding.beginGroup(begin, std::min(m_group, m_inputs - begin), work + begin * rows, rows);
                std::uint64_t stop = std::min(end, begin + narrowBlock);
                if (m_group > 0)
                    stop = std::min(stop, (begin / m_group + 1) * m_group);
                for (std::uint64_t step = begin; step < stop; ++step) {
                    const std::uint32_t channel = m_factor.order()[step];
                    float* const values = work + step * rows;
                    rounding.roundColumn(channel, values, quantized.data());
                    strips::columnErrors(original + channel * rows, quantized.data(), 1, rows, difference.data());
                    loss.squares += sumOfSquares(difference.data(), rows);
                    strips::columnErrors(values, quantized.data(), 1 / m_factor.diagonal()[step], rows, values);
                    loss.damped += sumOfSquares(values, rows);
                    const float* const u = m_factor.matrix() + step * m_inputs;
                    for (std::uint64_t later = step + 1; later < stop; ++later)
                        strips::subtractScaled(values, u[later], rows, work + later * rows);
                }
                subtractErrors(begin, stop, stop, end, rows, work);
                begin = stop;
            }
        }
        rounding.finish();
        return loss;
    }

private:
    /// The errors of steps [first, end) reach the columns of steps [to, stop).
    void subtractErrors(std::uint64_t first, std::uint64_t end, std::uint64_t to, std::uint64_t stop, std::uint64_t rows, float* work) const
    {
        if (first == end || to == stop)
            return;
        blas::multiply({true, false, stop - to, rows, end - first, -1, 1}, m_factor.matrix() + first * m_inputs + to, m_inputs, work + first * rows, rows,
                       work + to * rows, rows);
    }

    const InverseFactor& m_factor;
    std::uint64_t m_inputs;
    std::uint64_t m_group;
    std::uint64_t m_block;
};

} // namespace

RoundingLoss roundWithFeedback(const float* weights, std::uint64_t outputs, const InverseFactor& factor, MatrixRounding& rounding, unsigned threads,
                               const RunControl& control)
{
    const std::uint64_t inputs = factor.inputs();
    if (rounding.groupLength() > 0 && !std::is_sorted(factor.order().begin(), factor.order().end()))
        throw Error(ErrorKind::InvalidArgument, "groups whose scales follow from the values so far need the channels in their own order");
    const std::uint64_t stripRows = rowsPerStrip(outputs);
    const std::uint64_t strips = (outputs + stripRows - 1) / stripRows;
    std::vector<StripLoss> losses(strips);
    const Feedback feedback(factor, rounding.groupLength());
    parallelFor(strips, 1, threads, control, [&](std::size_t begin, std::size_t end) {
        std::vector<float> original(inputs * stripRows);
        std::vector<float> work(inputs * stripRows);
        for (std::size_t strip = begin; strip < end; ++strip) {
            const std::uint64_t first = strip * stripRows;
            const std::uint64_t rows = std::min(stripRows, outputs - first);
            transpose(weights + first * inputs, rows, inputs, original.data());
            losses[strip] = feedback.run(original.data(), rows, work.data(), *rounding.strip(first, rows, original.data()), control);
        }
    });
    RoundingLoss result;
    double damped = 0;
    for (const StripLoss& loss : losses) {
        damped += loss.damped;
        result.squares += loss.squares;
    }
    result.loss = std::max(0.0, damped - factor.lambda() * result.squares);
    result.energy = factor.energy(weights, outputs, threads, control);
    return result;
}

RoundingLoss roundAlone(const float* weights, std::uint64_t outputs, std::uint64_t inputs, MatrixRounding& rounding, unsigned threads, const RunControl& control)
{
    const std::uint64_t stripRows = rowsPerStrip(outputs);
    const std::uint64_t strips = (outputs + stripRows - 1) / stripRows;
    std::vector<double> squares(strips);
    parallelFor(strips, 1, threads, control, [&](std::size_t begin, std::size_t end) {
        std::vector<float> original(inputs * stripRows);
        std::vector<float> quantized(stripRows);
        for (std::size_t strip = begin; strip < end; ++strip) {
            const std::uint64_t first = strip * stripRows;
            const std::uint64_t rows = std::min(stripRows, outputs - first);
            transpose(weights + first * inputs, rows, inputs, original.data());
            const auto rounded = rounding.strip(first, rows, original.data());
            for (std::uint64_t column = 0; column < inputs; ++column) {
                const float* const values = original.data() + column * rows;
                if (rounding.groupLength() > 0 && column % rounding.groupLength() == 0)
                    rounded->beginGroup(column, std::min(rounding.groupLength(), inputs - column), values, rows);
                rounded->roundColumn(column, values, quantized.data());
                strips::columnErrors(values, quantized.data(), 1, rows, quantized.data());
                squares[strip] += sumOfSquares(quantized.data(), rows);
            }
            rounded->finish();
        }
    });
    return {0, 0, std::accumulate(squares.begin(), squares.end(), 0.0)};
}

} // namespace quantlathe
