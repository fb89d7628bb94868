// SPDX-License-Identifier: GPL-3.0-or-later
// AWQ and SmoothQuant in the walk through the layers.
#include "core/methods/folding.h"
#include "core/methods/layer_quantizer.h"

#include <algorithm>

namespace quantlathe {

namespace {

/// The part that a group of gate and up, or of down, belongs to: in the order of inputGroups().
const DenseFeedForward& partOf(const NetworkLayer& layer, std::size_t group)
{
    if (layer.dense)
        return *layer.dense;
    const auto& experts = layer.experts->experts;
    return group < experts.size() ? experts[group] : *layer.experts->shared;
}

} // namespace

std::optional<Method> LayerQuantizer::scalingMethod(const Half& half) const
{
    std::optional<Method> method;
    for (const LayerStep step : {half.inputs, half.inner}) {
        for (const InputGroup& group : inputGroups(m_network.layers[m_index], step)) {
            for (const Linear* matrix : group.matrices) {
                const auto choice = choiceOf(*matrix);
                if (choice && choice->method == Method::Awq)
                    return Method::Awq;
                if (choice && choice->method == Method::SmoothQuant)
                    method = Method::SmoothQuant;
            }
        }
    }
    return method;
}

ScaledMatrix LayerQuantizer::scaledMatrix(const Linear& linear, const InputMoments& moments, const RunControl& control)
{
    ScaledMatrix matrix;
    matrix.moments = &moments;
    matrix.choice = choiceOf(linear).value_or(Choice{TensorType::F32});
    matrix.rows = std::min(searchedRows, linear.outputs);
    matrix.weights.resize(matrix.rows * linear.inputs);
    const FloatBuffer weights = weightsOf(linear, control);
    for (std::uint64_t row = 0; row < matrix.rows; ++row)
        std::copy_n(weights.data() + row * linear.outputs / matrix.rows * linear.inputs, linear.inputs, matrix.weights.data() + row * linear.inputs);
    return matrix;
}

void LayerQuantizer::scaleHalf(const Half& half, Method method, float* hidden, const StepResults& results, const RunControl& control)
{
    const RunControl silent{control.stop, nullptr};
    const NetworkLayer& layer = m_network.layers[m_index];
    const bool isAttention = half.adds == LayerStep::Attention;
    const std::vector<InputGroup> before = inputGroups(layer, half.inputs);
    const std::vector<InputGroup> after = inputGroups(layer, half.inner);
    const bool wantsLargest = method == Method::SmoothQuant;
    report(half.inputs, control);
    Moments beforeMoments = momentsOf(half.inputs, before, wantsLargest, hidden, results, silent);
    report(half.inner, control);
    Moments afterMoments = momentsOf(half.inner, after, wantsLargest, hidden, results, silent);
    const auto divideInputs = [](InputMoments& moments, std::span<const float> scales) {
        moments.hessian.divideInputs(scales);
        for (std::size_t input = 0; input < scales.size(); ++input)
            moments.largest[input] /= scales[input];
    };
    Folding folding(m_weights, m_request.settings.threads, silent);

    const std::optional<Norm>& norm = isAttention ? layer.attentionNorm : layer.feedForwardNorm;
    if (norm && norm->weight) {
        std::vector<ScaledMatrix> matrices;
        for (std::size_t group = 0; group < before.size(); ++group) {
            for (const Linear* linear : before[group].matrices)
                matrices.push_back(scaledMatrix(*linear, *beforeMoments[group], silent));
        }
        const std::vector<float> scales = method == Method::Awq ? searchScales(matrices, m_request.settings.threads, silent)
                                                                : smoothingScales(matrices, m_request.settings.smoothing);
        folding.divide(*norm, scales);
        for (std::size_t group = 0; group < before.size(); ++group) {
            for (const Linear* linear : before[group].matrices)
                folding.multiplyInputs(*linear, scales);
            divideInputs(*beforeMoments[group], scales);
        }
        if (!isAttention && layer.experts) {
            folding.multiplyInputs(layer.experts->router, scales);
            if (layer.experts->sharedGate)
                folding.multiplyInputs(*layer.experts->sharedGate, scales);
        }
    }
    if (method == Method::Awq) {
        for (std::size_t group = 0; group < after.size(); ++group) {
            const Linear* const consumer = after[group].matrices.front();
            // Of the same expert, or of the one dense part.
            const Linear* const producer = isAttention ? &layer.attention.value : before[group].matrices.back();
            if (!(isAttention ? isValueFoldable(layer.attention) : isUpFoldable(partOf(layer, group))))
                continue;
            const ScaledMatrix matrix = scaledMatrix(*consumer, *afterMoments[group], silent);
            const std::vector<float> scales = searchScales({&matrix, 1}, m_request.settings.threads, silent);
            folding.divideOutputs(*producer, scales);
            folding.multiplyInputs(*consumer, scales);
            divideInputs(*afterMoments[group], scales);
        }
    }
    folding.commit();

    Tensors tensors;
    for (std::size_t group = 0; group < before.size(); ++group)
        quantizeGroup(before[group], std::move(beforeMoments[group]), tensors, silent);
    for (std::size_t group = 0; group < after.size(); ++group)
        quantizeGroup(after[group], std::move(afterMoments[group]), tensors, silent);
    for (auto& [index, tensor] : tensors)
        m_weights.set(tensor.finish());
}

} // namespace quantlathe
