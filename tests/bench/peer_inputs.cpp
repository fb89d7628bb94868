// SPDX-License-Identifier: GPL-3.0-or-later
#include "peer_inputs.h"

#include "core/formats/open.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <map>
#include <random>
#include <stdexcept>

namespace quantlathe::bench {

namespace {

Input emptyInput(std::string name, std::size_t rows, std::size_t columns)
{
    Input input{std::move(name), rows, columns, std::vector<float>(rows * columns),
                std::vector<float>(columns)};
    std::mt19937 random(7);
    std::normal_distribution<float> normal;
    for (float& value : input.importance)
        value = std::exp(normal(random));
    return input;
}

float toBf16(float value)
{
    const auto bits = std::bit_cast<std::uint32_t>(value);
    return std::bit_cast<float>((bits + 0x7FFFu + (bits >> 16 & 1u)) & 0xFFFF0000u);
}

} // namespace

Input gaussianInput(std::size_t rows, std::size_t columns)
{
    Input input = emptyInput("gauss", rows, columns);
    std::mt19937 random(42);
    std::normal_distribution<float> normal;
    for (float& weight : input.weights)
        weight = normal(random);
    return input;
}

Input heavyInput(std::size_t rows, std::size_t columns)
{
    Input input = emptyInput("heavy", rows, columns);
    std::mt19937 random(1234);
    std::normal_distribution<float> normal;
    std::student_t_distribution<float> student(5.0f);
    std::uniform_real_distribution<float> gain(3.0f, 8.0f);
    std::bernoulli_distribution isOutlier(0.005);
    std::vector<float> columnGains(columns, 1.0f);
    for (float& value : columnGains)
        value = isOutlier(random) ? gain(random) : 1.0f;
    for (std::size_t row = 0; row < rows; ++row) {
        const float rowGain = std::exp(0.25f * normal(random));
        for (std::size_t column = 0; column < columns; ++column)
            input.weights[row * columns + column] =
                toBf16(0.02f * student(random) * rowGain * columnGains[column]);
    }
    return input;
}

Input modelInput(const std::string& path, std::size_t weights)
{
    const auto model = openModel(path);
    std::map<std::uint64_t, std::uint64_t> weightsByRowLength;
    const auto isUsable = [](const Tensor& tensor) {
        return tensor.canDecode() && tensor.shape().rank() >= 2 && tensor.shape().rowLength() % 256 == 0 &&
               info(tensor.type()).family != TypeFamily::Integer;
    };
    for (const Tensor& tensor : model->tensors()) {
        if (isUsable(tensor))
            weightsByRowLength[tensor.shape().rowLength()] += tensor.shape().weightCount();
    }
    if (weightsByRowLength.empty())
        throw std::runtime_error(path + " has no matrix whose rows are a multiple of 256 weights");
    const auto [columns, available] = *std::max_element(weightsByRowLength.begin(), weightsByRowLength.end(),
                                                        [](auto& a, auto& b) { return a.second < b.second; });
    const std::size_t rows = std::max<std::size_t>(1, std::min<std::size_t>(available, weights) / columns);
    Input input = emptyInput("model", rows, columns);
    std::size_t filled = 0;
    for (const Tensor& tensor : model->tensors()) {
        if (!isUsable(tensor) || tensor.shape().rowLength() != columns)
            continue;
        // A share of every matrix, not all of the first ones.
        const std::uint64_t tensorRows = tensor.shape().rowCount();
        const std::uint64_t share = (tensorRows * rows + available / columns - 1) / (available / columns);
        const std::size_t taken = std::min<std::size_t>(rows - filled, share);
        tensor.decodeRows(0, taken, input.weights.data() + filled * columns);
        filled += taken;
    }
    return input;
}

} // namespace quantlathe::bench
