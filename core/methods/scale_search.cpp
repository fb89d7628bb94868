// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/methods/scale_search.h"

#include "core/codecs/codec.h"
#include "core/methods/float_rounding.h"
#include "core/methods/integer_rounding.h"

#include <algorithm>
#include <cmath>

namespace quantlathe {

namespace {

constexpr int stepsPerFamily = 10;
constexpr float smallestScale = 1e-4f;
constexpr float smallestSmoothing = 1e-5f;
constexpr float tiny = 1e-6f;

std::uint64_t inputsOf(std::span<const ScaledMatrix> matrices)
{
    return matrices.front().moments->hessian.inputs();
}

bool isQuantized(const Choice& choice)
{
    return !std::holds_alternative<std::monostate>(choice.scheme) || info(choice.type).isQuantized();
}

/// @p rows rows as they decode after rounding, in place.
void round(const Choice& choice, std::vector<float>& weights, std::uint64_t rows, std::uint64_t inputs, unsigned threads, const RunControl& control)
{
    if (const auto* integers = std::get_if<GroupScheme>(&choice.scheme)) {
        IntegerRounding rounding(*integers, rows, inputs, {});
        if (integers->isPerTensor)
            rounding.findTensorGrid(weights.data());
        roundAlone(weights.data(), rows, inputs, rounding, threads, control);
        rounding.take().decodeRows(0, rows, weights.data());
    } else if (const auto* floats = std::get_if<FloatScheme>(&choice.scheme)) {
        roundToFloats(*floats, weights.data(), rows, inputs, threads, control).decodeRows(0, rows, weights.data());
    } else if (const Codec& codec = codecFor(choice.type); codec.canEncode() && codec.canDecode() && fitsRow(choice.type, inputs)) {
        std::vector<std::byte> bytes(rowBytes(choice.type, inputs).value());
        for (std::uint64_t row = 0; row < rows; ++row) {
            codec.encodeRow(weights.data() + row * inputs, nullptr, inputs, codec.defaults(), bytes.data());
            codec.decode(bytes.data(), weights.data() + row * inputs, inputs);
        }
    }
}

/// Root mean square of each channel over all tokens that reached any of the matrices.
std::vector<float> inputSizes(std::span<const ScaledMatrix> matrices)
{
    const std::uint64_t inputs = inputsOf(matrices);
    std::vector<double> sums(inputs);
    double tokens = 0;
    const InputMoments* last = nullptr;
    for (const ScaledMatrix& matrix : matrices) {
        if (matrix.moments == last)
            continue;
        last = matrix.moments;
        const auto count = static_cast<double>(last->hessian.tokens());
        const std::vector<float> squares = last->hessian.diagonal();
        for (std::uint64_t input = 0; input < inputs; ++input)
            sums[input] += count * squares[input];
        tokens += count;
    }
    std::vector<float> sizes(inputs);
    for (std::uint64_t input = 0; input < inputs; ++input)
        sizes[input] = tokens > 0 ? static_cast<float>(std::sqrt(sums[input] / tokens)) : 0;
    return sizes;
}

/// Means over the rows of |w| / the largest |w| of its group.
std::vector<float> weightSizes(std::span<const ScaledMatrix> matrices)
{
    const std::uint64_t inputs = inputsOf(matrices);
    std::vector<double> sums(inputs);
    std::uint64_t rows = 0;
    for (const ScaledMatrix& matrix : matrices) {
        const auto* integers = std::get_if<GroupScheme>(&matrix.choice.scheme);
        const std::uint64_t length = integers && integers->groupSize > 0 ? integers->groupSize : inputs;
        for (std::uint64_t row = 0; row < matrix.rows; ++row) {
            const float* const weights = matrix.weights.data() + row * inputs;
            for (std::uint64_t first = 0; first < inputs; first += length) {
                const std::uint64_t end = std::min(inputs, first + length);
                float largest = 0;
                for (std::uint64_t input = first; input < end; ++input)
                    largest = std::max(largest, std::abs(weights[input]));
                for (std::uint64_t input = first; input < end; ++input)
                    sums[input] += std::abs(weights[input]) / (largest + tiny);
            }
        }
        rows += matrix.rows;
    }
    std::vector<float> sizes(inputs);
    for (std::uint64_t input = 0; input < inputs; ++input)
        sizes[input] = static_cast<float>(sums[input] / static_cast<double>(std::max<std::uint64_t>(rows, 1)));
    return sizes;
}

/// Brings the largest and the smallest to reciprocal values.
void center(std::vector<float>& scales)
{
    const auto [low, high] = std::minmax_element(scales.begin(), scales.end());
    const float middle = std::sqrt(*low * *high);
    for (float& scale : scales) {
        scale /= middle;
        if (!std::isfinite(scale) || scale <= 0)
            scale = 1;
    }
}

double errorWith(std::span<const ScaledMatrix> matrices, const std::vector<float>& scales, unsigned threads, const RunControl& control)
{
    const std::uint64_t inputs = scales.size();
    double error = 0;
    for (const ScaledMatrix& matrix : matrices) {
        if (!isQuantized(matrix.choice) || matrix.moments->hessian.tokens() == 0)
            continue;
        std::vector<float> rounded = matrix.weights;
        for (std::uint64_t index = 0; index < rounded.size(); ++index)
            rounded[index] *= scales[index % inputs];
        round(matrix.choice, rounded, matrix.rows, inputs, threads, control);
        for (std::uint64_t index = 0; index < rounded.size(); ++index)
            rounded[index] = matrix.weights[index] - rounded[index] / scales[index % inputs];
        error += static_cast<double>(matrix.moments->hessian.tokens()) * matrix.moments->hessian.loss(rounded.data(), matrix.rows, threads, control);
    }
    return error;
}

} // namespace

std::vector<float> searchScales(std::span<const ScaledMatrix> matrices, unsigned threads, const RunControl& control)
{
    const std::vector<float> inputSize = inputSizes(matrices);
    const std::vector<float> weightSize = weightSizes(matrices);
    std::vector<float> best(inputSize.size(), 1.0f);
    double smallest = errorWith(matrices, best, threads, control);
    for (const bool isDuo : {false, true}) {
        for (int step = 1; step <= stepsPerFamily; ++step) {
            const float part = static_cast<float>(step) / stepsPerFamily;
            std::vector<float> scales(inputSize.size());
            for (std::size_t input = 0; input < scales.size(); ++input) {
                const float size = std::pow(inputSize[input], part);
                scales[input] = std::max(isDuo ? size / (std::pow(weightSize[input], 1 - part) + smallestScale) : size, smallestScale);
            }
            center(scales);
            const double error = errorWith(matrices, scales, threads, control);
            if (error < smallest) {
                smallest = error;
                best = std::move(scales);
            }
        }
    }
    return best;
}

std::vector<float> smoothingScales(std::span<const ScaledMatrix> matrices, double strength)
{
    const std::uint64_t inputs = inputsOf(matrices);
    std::vector<float> inputSize(inputs);
    std::vector<float> weightSize(inputs);
    for (const ScaledMatrix& matrix : matrices) {
        for (std::uint64_t input = 0; input < inputs; ++input)
            inputSize[input] = std::max(inputSize[input], matrix.moments->largest[input]);
        for (std::uint64_t index = 0; index < matrix.weights.size(); ++index)
            weightSize[index % inputs] = std::max(weightSize[index % inputs], std::abs(matrix.weights[index]));
    }
    std::vector<float> scales(inputs);
    for (std::uint64_t input = 0; input < inputs; ++input) {
        const double ratio = std::pow(std::max(inputSize[input], smallestSmoothing), strength) / std::pow(std::max(weightSize[input], smallestSmoothing), 1 - strength);
        scales[input] = std::max(static_cast<float>(ratio), smallestSmoothing);
    }
    return scales;
}

} // namespace quantlathe
