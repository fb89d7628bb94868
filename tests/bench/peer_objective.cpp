// SPDX-License-Identifier: GPL-3.0-or-later
// The weightings: ggml-quants.c of the ggml project, the searches without importance data.
#include "peer_objective.h"

#include <cmath>

namespace quantlathe::bench {

namespace {

/// Over the @p width weights that share the mean square.
struct Weighting
{
    enum class Kind { One, Magnitude, Square, RootMeanSquarePlusMagnitude, SquarePlusHalfMeanSquare };
    Kind kind = Kind::One;
    std::size_t width = 256;
};

Weighting weightingOf(TensorType type)
{
    using enum TensorType;
    using Kind = Weighting::Kind;
    switch (type) {
    case Q2_K:
        return {Kind::Magnitude};
    case Q4_K:
    case Q5_K:
        return {Kind::RootMeanSquarePlusMagnitude, 32};
    case Q3_K:
    case Q6_K:
    case IQ4_NL:
    case IQ4_XS:
    case IQ3_XXS:
    case IQ3_S:
    case IQ1_M:
        return {Kind::Square};
    case IQ2_S: // a quarter of 2 * mean square
        return {Kind::SquarePlusHalfMeanSquare, 256};
    default:
        return {};
    }
}

void weigh(const float* x, std::size_t count, Weighting::Kind kind, float* w)
{
    float sum = 0;
    for (std::size_t index = 0; index < count; ++index)
        sum += x[index] * x[index];
    const float meanSquare = sum / static_cast<float>(count);
    for (std::size_t index = 0; index < count; ++index) {
        switch (kind) {
        case Weighting::Kind::One:
            w[index] = 1;
            break;
        case Weighting::Kind::Magnitude:
            w[index] = std::abs(x[index]);
            break;
        case Weighting::Kind::Square:
            w[index] = x[index] * x[index];
            break;
        case Weighting::Kind::RootMeanSquarePlusMagnitude:
            w[index] = std::sqrt(meanSquare) + std::abs(x[index]);
            break;
        case Weighting::Kind::SquarePlusHalfMeanSquare:
            w[index] = 0.5f * meanSquare + x[index] * x[index];
            break;
        }
    }
}

} // namespace

std::vector<float> objectiveWeights(TensorType type, Objective objective, const float* weights,
                                    const float* importance, std::size_t rows, std::size_t columns)
{
    std::vector<float> result(rows * columns, 1.0f);
    const Weighting weighting = objective == Objective::Magnitude ? weightingOf(type) : Weighting{};
    for (std::size_t row = 0; row < rows; ++row) {
        float* w = result.data() + row * columns;
        if (importance) {
            std::copy(importance, importance + columns, w);
            continue;
        }
        for (std::size_t at = 0; at < columns; at += weighting.width)
            weigh(weights + row * columns + at, weighting.width, weighting.kind, w + at);
    }
    return result;
}

Errors errorsOf(const float* weights, const float* rebuilt, const std::vector<float>& objectiveWeights)
{
    Errors errors;
    double squares = 0;
    double squaredErrors = 0;
    for (std::size_t index = 0; index < objectiveWeights.size(); ++index) {
        const double weight = weights[index];
        const double error = weight - static_cast<double>(rebuilt[index]);
        squares += weight * weight;
        squaredErrors += error * error;
        errors.objective += static_cast<double>(objectiveWeights[index]) * error * error;
        errors.absolute += static_cast<double>(objectiveWeights[index]) * std::abs(error);
    }
    errors.isFinite = std::isfinite(squaredErrors);
    errors.relativeRms = squares > 0 ? std::sqrt(squaredErrors / squares) : 0;
    return errors;
}

} // namespace quantlathe::bench
