// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/methods_reference.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace quantlathe::test {

Matrix referenceHessian(const std::vector<float>& x, std::uint64_t inputs)
{
    const std::uint64_t tokens = x.size() / inputs;
    Matrix h(inputs * inputs);
    for (std::uint64_t token = 0; token < tokens; ++token) {
        for (std::uint64_t a = 0; a < inputs; ++a) {
            for (std::uint64_t b = 0; b < inputs; ++b)
                h[a * inputs + b] += double{x[token * inputs + a]} * x[token * inputs + b] / static_cast<double>(tokens);
        }
    }
    return h;
}

Matrix referenceInverseFactor(Matrix h, std::uint64_t n)
{
    // Gauss-Jordan, then Cholesky of the inverse.
    Matrix inverse(n * n);
    for (std::uint64_t i = 0; i < n; ++i)
        inverse[i * n + i] = 1;
    for (std::uint64_t pivot = 0; pivot < n; ++pivot) {
        const double scale = 1 / h[pivot * n + pivot];
        for (std::uint64_t column = 0; column < n; ++column) {
            h[pivot * n + column] *= scale;
            inverse[pivot * n + column] *= scale;
        }
        for (std::uint64_t row = 0; row < n; ++row) {
            const double factor = h[row * n + pivot];
            if (row == pivot || factor == 0)
                continue;
            for (std::uint64_t column = 0; column < n; ++column) {
                h[row * n + column] -= factor * h[pivot * n + column];
                inverse[row * n + column] -= factor * inverse[pivot * n + column];
            }
        }
    }
    Matrix u(n * n);
    for (std::uint64_t row = 0; row < n; ++row) {
        for (std::uint64_t column = row; column < n; ++column) {
            double sum = inverse[row * n + column];
            for (std::uint64_t k = 0; k < row; ++k)
                sum -= u[k * n + row] * u[k * n + column];
            u[row * n + column] = row == column ? std::sqrt(sum) : sum / u[row * n + row];
        }
    }
    return u;
}

double referenceLoss(const Matrix& d, const Matrix& h, std::uint64_t n)
{
    double loss = 0;
    for (std::uint64_t row = 0; row < d.size() / n; ++row) {
        for (std::uint64_t a = 0; a < n; ++a) {
            for (std::uint64_t b = 0; b < n; ++b)
                loss += d[row * n + a] * h[a * n + b] * d[row * n + b];
        }
    }
    return loss;
}

void referenceGrid(const GroupScheme& scheme, const std::vector<double>& group, float& scale, float& zero)
{
    const double low = std::min(0.0, *std::min_element(group.begin(), group.end()));
    const double high = std::max(0.0, *std::max_element(group.begin(), group.end()));
    const double largest = scheme.largestCode();
    scale = roundScale(static_cast<float>(scheme.isSymmetric ? 2 * std::max(-low, high) / largest : (high - low) / largest), scheme.scaleType);
    if (scale == 0)
        scale = 1;
    zero = static_cast<float>(scheme.isSymmetric ? scheme.middle() : std::clamp(std::nearbyint(-low / double{scale}), 0.0, largest));
}

GroupQuantized referenceRounding(const GroupScheme& scheme, const std::vector<float>& weights, std::uint64_t outputs, std::uint64_t inputs)
{
    Matrix identity(inputs * inputs);
    for (std::uint64_t i = 0; i < inputs; ++i)
        identity[i * inputs + i] = 1;
    return referenceGptq(scheme, weights, outputs, inputs, identity, {0, false, true});
}

GroupQuantized referenceGptq(const GroupScheme& scheme, const std::vector<float>& weights, std::uint64_t outputs, std::uint64_t inputs, Matrix h,
                             const ReferenceGptq& settings)
{
    GroupQuantized result{scheme, outputs, inputs, std::vector<std::uint8_t>(outputs * inputs), {}, {}, {}};
    const std::uint64_t groups = scheme.groupsOf(inputs);
    const std::uint64_t length = scheme.groupSize == 0 ? inputs : scheme.groupSize;
    result.scales.resize(outputs * groups);
    result.zeros.resize(outputs * groups);
    std::vector<std::uint32_t> order(inputs);
    std::iota(order.begin(), order.end(), 0u);
    if (settings.isOrdered)
        std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return h[a * inputs + a] > h[b * inputs + b]; });
    double mean = 0;
    std::uint64_t live = 0;
    for (std::uint64_t i = 0; i < inputs; ++i) {
        mean += h[i * inputs + i];
        live += h[i * inputs + i] > 0 ? 1 : 0;
    }
    mean /= static_cast<double>(live);
    Matrix permuted(inputs * inputs);
    for (std::uint64_t a = 0; a < inputs; ++a) {
        for (std::uint64_t b = 0; b < inputs; ++b)
            permuted[a * inputs + b] = h[order[a] * inputs + order[b]];
        if (permuted[a * inputs + a] == 0)
            permuted[a * inputs + a] = mean;
        permuted[a * inputs + a] += settings.damping * mean;
    }
    const Matrix u = referenceInverseFactor(permuted, inputs);
    for (std::uint64_t row = 0; row < outputs; ++row) {
        std::vector<double> w(inputs); // by channel
        for (std::uint64_t input = 0; input < inputs; ++input)
            w[input] = weights[row * inputs + input];
        std::vector<float> scales(groups);
        std::vector<float> zeros(groups);
        const auto grid = [&](std::uint64_t group) {
            const std::vector<double> values(w.begin() + static_cast<std::ptrdiff_t>(group * length),
                                             w.begin() + static_cast<std::ptrdiff_t>(std::min(inputs, (group + 1) * length)));
            referenceGrid(scheme, values, scales[group], zeros[group]);
        };
        for (std::uint64_t group = 0; settings.isStatic && group < groups; ++group)
            grid(group);
        for (std::uint64_t step = 0; step < inputs; ++step) {
            const std::uint64_t channel = order[step];
            const std::uint64_t group = channel / length;
            if (!settings.isStatic && channel % length == 0)
                grid(group);
            const double code = std::clamp(std::nearbyint(w[channel] / scales[group]) + zeros[group], 0.0, double(scheme.largestCode()));
            result.codes[row * inputs + channel] = static_cast<std::uint8_t>(code);
            const double error = (w[channel] - double{scales[group]} * (code - zeros[group])) / u[step * inputs + step];
            for (std::uint64_t later = step + 1; later < inputs; ++later)
                w[order[later]] -= error * u[step * inputs + later];
        }
        for (std::uint64_t group = 0; group < groups; ++group) {
            result.scales[row * groups + group] = scales[group];
            result.zeros[row * groups + group] = static_cast<std::uint8_t>(zeros[group]);
        }
    }
    return result;
}

std::vector<float> correlatedInputs(std::uint64_t tokens, std::uint64_t inputs, unsigned seed)
{
    std::mt19937 random(seed);
    std::normal_distribution<float> normal;
    std::vector<float> mixing(inputs * inputs);
    for (float& value : mixing)
        value = normal(random) / std::sqrt(static_cast<float>(inputs));
    std::vector<float> size(inputs);
    for (float& value : size)
        value = std::exp(normal(random));
    std::vector<float> x(tokens * inputs);
    std::vector<float> sources(inputs);
    for (std::uint64_t token = 0; token < tokens; ++token) {
        for (float& source : sources)
            source = normal(random);
        for (std::uint64_t input = 0; input < inputs; ++input) {
            float sum = 0.3f * sources[input];
            for (std::uint64_t k = 0; k < inputs / 2; ++k)
                sum += mixing[input * inputs + k] * sources[k];
            x[token * inputs + input] = size[input] * sum;
        }
    }
    return x;
}

std::vector<float> normalWeights(std::uint64_t count, unsigned seed)
{
    std::mt19937 random(seed);
    std::normal_distribution<float> normal(0, 0.05f);
    std::vector<float> weights(count);
    for (float& weight : weights)
        weight = normal(random);
    return weights;
}

} // namespace quantlathe::test
