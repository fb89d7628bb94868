// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/methods/folding.h"

#include <utility>

namespace quantlathe {

PlainTensor& Folding::plain(std::size_t tensor)
{
    auto& changed = m_changed[tensor];
    if (!changed) {
        const Shape& shape = m_weights.model().tensors()[tensor].shape();
        changed = std::make_shared<QuantizedTensor>();
        changed->tensor = tensor;
        PlainTensor values;
        values.values.resize(shape.weightCount());
        m_weights.rows(tensor, m_threads, m_control)->decodeRows(0, shape.rowCount(), values.values.data());
        changed->values = std::move(values);
    }
    return std::get<PlainTensor>(changed->values);
}

void Folding::divide(const Norm& norm, std::span<const float> scales)
{
    if (norm.weight) {
        std::vector<float>& values = plain(*norm.weight).values;
        for (std::size_t channel = 0; channel < values.size(); ++channel)
            values[channel] = (values[channel] + norm.offset) / scales[channel] - norm.offset;
    }
    if (norm.bias) {
        std::vector<float>& values = plain(*norm.bias).values;
        for (std::size_t channel = 0; channel < values.size(); ++channel)
            values[channel] /= scales[channel];
    }
}

/// Calls @p change(weight, output, input) for all weights of a matrix, whichever way it is stored.
template <typename Change> void Folding::changeWeights(const Linear& linear, const Change& change)
{
    std::vector<float>& values = plain(linear.tensor).values;
    const std::uint64_t rowLength = m_weights.model().tensors()[linear.tensor].shape().rowLength();
    const std::uint64_t firstInput = linear.isTransposed ? linear.blockRows * linear.expert : 0;
    for (std::uint64_t output = 0; output < linear.outputs; ++output) {
        const std::uint64_t row = linear.firstRow + output * linear.rowStep;
        for (std::uint64_t input = 0; input < linear.inputs; ++input)
            change(values[linear.isTransposed ? (firstInput + input) * rowLength + row : row * rowLength + input], output, input);
    }
}

void Folding::divideOutputs(const Linear& linear, std::span<const float> scales)
{
    changeWeights(linear, [&](float& weight, std::uint64_t output, std::uint64_t) { weight /= scales[output]; });
    if (!linear.bias)
        return;
    std::vector<float>& bias = plain(*linear.bias).values;
    for (std::uint64_t output = 0; output < linear.outputs; ++output)
        bias[linear.biasFirst + output * linear.biasStep] /= scales[output];
}

void Folding::multiplyInputs(const Linear& linear, std::span<const float> scales)
{
    changeWeights(linear, [&](float& weight, std::uint64_t, std::uint64_t input) { weight *= scales[input]; });
}

void Folding::commit()
{
    for (auto& [tensor, changed] : m_changed)
        m_weights.set(std::move(changed));
    m_changed.clear();
}

bool isValueFoldable(const Attention& attention)
{
    return attention.heads == attention.kvHeads && attention.value.outputs == attention.output.inputs;
}

bool isUpFoldable(const DenseFeedForward& part)
{
    return part.gate && part.activation != Activation::ClampedSwiglu && part.up.outputs == part.down.inputs;
}

} // namespace quantlathe
