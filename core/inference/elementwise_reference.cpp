// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/inference/elementwise_reference.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace quantlathe::elementwise::reference {
namespace {

double sigmoid(double x)
{
    return 1 / (1 + std::exp(-x));
}

/// y = function(gate) * up.
template <typename Function> void gated(const float* gate, const float* up, std::size_t count, float* y, Function function)
{
    for (std::size_t index = 0; index < count; ++index)
        y[index] = static_cast<float>(function(double{gate[index]}) * (up ? double{up[index]} : 1.0));
}

void rotate(float& first, float& second, double cosine, double sine)
{
    const double a = first, b = second;
    first = static_cast<float>(a * cosine - b * sine);
    second = static_cast<float>(a * sine + b * cosine);
}

} // namespace

void rmsNorm(const float* x, std::size_t count, const float* weight, float epsilon, float* y)
{
    double squares = 0;
    for (std::size_t index = 0; index < count; ++index)
        squares += double{x[index]} * double{x[index]};
    const double factor = 1 / std::sqrt(squares / static_cast<double>(count) + double{epsilon});
    for (std::size_t index = 0; index < count; ++index)
        y[index] = static_cast<float>(double{x[index]} * factor * (weight ? double{weight[index]} : 1.0));
}

void layerNorm(const float* x, std::size_t count, const float* weight, const float* bias, float epsilon, float* y)
{
    double sum = 0;
    for (std::size_t index = 0; index < count; ++index)
        sum += double{x[index]};
    const double mean = sum / static_cast<double>(count);
    double squares = 0;
    for (std::size_t index = 0; index < count; ++index)
        squares += (double{x[index]} - mean) * (double{x[index]} - mean);
    const double factor = 1 / std::sqrt(squares / static_cast<double>(count) + double{epsilon});
    for (std::size_t index = 0; index < count; ++index) {
        const double scaled = (double{x[index]} - mean) * factor * (weight ? double{weight[index]} : 1.0);
        y[index] = static_cast<float>(scaled + (bias ? double{bias[index]} : 0.0));
    }
}

void rotateInterleaved(float* x, std::size_t pairs, const float* cosines, const float* sines)
{
    for (std::size_t pair = 0; pair < pairs; ++pair)
        rotate(x[2 * pair], x[2 * pair + 1], double{cosines[pair]}, double{sines[pair]});
}

void rotateHalves(float* x, std::size_t pairs, const float* cosines, const float* sines)
{
    for (std::size_t pair = 0; pair < pairs; ++pair)
        rotate(x[pair], x[pair + pairs], double{cosines[pair]}, double{sines[pair]});
}

void siluTimes(const float* gate, const float* up, std::size_t count, float* y)
{
    gated(gate, up, count, y, [](double g) { return g * sigmoid(g); });
}

void geluTanhTimes(const float* gate, const float* up, std::size_t count, float* y)
{
    const double factor = std::sqrt(8 / std::numbers::pi);
    gated(gate, up, count, y, [=](double g) { return g * sigmoid(factor * (g + 0.044715 * g * g * g)); });
}

void geluErfTimes(const float* gate, const float* up, std::size_t count, float* y)
{
    gated(gate, up, count, y, [](double g) { return g * 0.5 * std::erfc(-g / std::numbers::sqrt2); });
}

void clampedSwiglu(const float* gate, const float* up, std::size_t count, float alpha, float limit, float* y)
{
    for (std::size_t index = 0; index < count; ++index) {
        const double g = std::min(double{gate[index]}, double{limit});
        const double u = std::clamp(double{up[index]}, -double{limit}, double{limit});
        y[index] = static_cast<float>(g * sigmoid(double{alpha} * g) * (u + 1));
    }
}

void softcap(float* x, std::size_t count, float cap)
{
    for (std::size_t index = 0; index < count; ++index)
        x[index] = static_cast<float>(double{cap} * std::tanh(double{x[index]} / double{cap}));
}

void softmax(float* scores, std::size_t count, float scale, float cap, const float* sink)
{
    const auto scaled = [=](float score) {
        const double value = double{score} * double{scale};
        return cap > 0 ? double{cap} * std::tanh(value / double{cap}) : value;
    };
    if (count == 0)
        return;
    double largest = sink ? double{*sink} : scaled(scores[0]);
    for (std::size_t index = 0; index < count; ++index)
        largest = std::max(largest, scaled(scores[index]));
    double sum = sink ? std::exp(double{*sink} - largest) : 0.0;
    for (std::size_t index = 0; index < count; ++index)
        sum += std::exp(scaled(scores[index]) - largest);
    for (std::size_t index = 0; index < count; ++index)
        scores[index] = static_cast<float>(std::exp(scaled(scores[index]) - largest) / sum);
}

void addSquares(const float* x, std::size_t rows, std::size_t columns, std::size_t stride, double* sums)
{
    for (std::size_t row = 0; row < rows; ++row)
        for (std::size_t column = 0; column < columns; ++column)
            sums[column] += double{x[row * stride + column]} * double{x[row * stride + column]};
}

LogitSummary summarize(const float* logits, std::size_t count)
{
    const auto largest = std::max_element(logits, logits + count);
    double sum = 0;
    for (std::size_t index = 0; index < count; ++index)
        sum += std::exp(double{logits[index]} - double{*largest});
    return {double{*largest} + std::log(sum), static_cast<std::size_t>(largest - logits)};
}

double klDivergence(const float* p, double logSumExpP, const float* q, double logSumExpQ, std::size_t count)
{
    double sum = 0;
    for (std::size_t index = 0; index < count; ++index) {
        const double logP = double{p[index]} - logSumExpP;
        sum += std::exp(logP) * (logP - (double{q[index]} - logSumExpQ));
    }
    return std::max(sum, 0.0);
}

} // namespace quantlathe::elementwise::reference
