// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/methods/layer_quantizer.h"

#include "core/base/error.h"
#include "core/inference/loaded_matrix.h"
#include "core/methods/scratch_floats.h"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

namespace quantlathe {

namespace {

/// A matrix that fewer tokens than a quarter of its inputs went through is rounded: feedback would fit the few.
constexpr std::uint64_t inputsPerToken = 4;

std::string_view titleOf(LayerStep step)
{
    switch (step) {
    case LayerStep::AttentionInputs:
        return "query, key, value";
    case LayerStep::Attended:
        return "attention output";
    case LayerStep::FeedForwardInputs:
        return "gate, up";
    case LayerStep::Inner:
        return "down";
    case LayerStep::Attention:
    case LayerStep::FeedForward:
        return "forward pass";
    }
    return "";
}

} // namespace

LayerCost costOf(const NetworkLayer& layer, std::uint64_t tokens)
{
    LayerCost cost;
    std::uint64_t used = 1;
    std::uint64_t of = 1;
    for (const LayerStep step : {LayerStep::AttentionInputs, LayerStep::Attended, LayerStep::FeedForwardInputs, LayerStep::Inner}) {
        const bool isRouted = layer.experts && (step == LayerStep::FeedForwardInputs || step == LayerStep::Inner);
        if (isRouted) {
            used = layer.experts->used;
            of = layer.experts->experts.size();
        }
        for (const InputGroup& group : inputGroups(layer, step)) {
            const std::uint64_t inputs = group.inputs();
            const std::uint64_t reached = std::max<std::uint64_t>(1, tokens / of * used);
            cost.whole += reached * inputs * inputs + inputs * inputs * inputs;
            for (const Linear* matrix : group.matrices) {
                cost.forward += 2 * reached * inputs * matrix->outputs;
                cost.whole += 3 * inputs * inputs * matrix->outputs;
            }
        }
    }
    cost.whole += cost.forward;
    return cost;
}

bool isOwnWork(const Choice& choice)
{
    return choice.method != Method::RoundToNearest || !std::holds_alternative<std::monostate>(choice.scheme);
}

bool needsInputs(const Choice& choice)
{
    return choice.method != Method::RoundToNearest;
}

LayerQuantizer::LayerQuantizer(const ForwardPass& pass, const LayerRequest& request, std::shared_ptr<const WeightSource> base, const std::filesystem::path& folder)
    : m_pass(pass), m_request(request), m_network(pass.network()), m_weights(std::move(base)), m_folder(folder)
{
}

std::vector<std::shared_ptr<const QuantizedTensor>> LayerQuantizer::run(std::size_t index, float* hidden, std::uint64_t& done, std::uint64_t total,
                                                                        const RunControl& control)
{
    m_index = index;
    m_done = done;
    m_total = total;
    m_weights.clear();
    const std::uint64_t cost = costOf(m_network.layers[index], hidden ? m_request.calibration.tokens.size() : 0).whole;
    runHalf({LayerStep::AttentionInputs, LayerStep::Attended, LayerStep::Attention}, hidden, control);
    m_done += cost / 2;
    runHalf({LayerStep::FeedForwardInputs, LayerStep::Inner, LayerStep::FeedForward}, hidden, control);
    done += cost;
    std::vector<std::shared_ptr<const QuantizedTensor>> tensors;
    for (const auto& [tensor, result] : m_weights.tensors())
        tensors.push_back(result);
    m_weights.clear();
    return tensors;
}

void LayerQuantizer::pass(std::size_t index, const WeightSource& weights, float* hidden, const RunControl& control)
{
    const RunControl silent{control.stop, nullptr};
    const auto layer = m_pass.loadLayer(index, weights, silent);
    for (const LayerStep step : {LayerStep::Attention, LayerStep::FeedForward})
        runStep(m_pass, *layer, step, m_request.calibration, hidden, {}, nullptr, silent);
}

void LayerQuantizer::report(LayerStep step, const RunControl& control)
{
    control.report(fmt::format("layer {} of {}: {}", m_index + 1, m_network.layers.size(), titleOf(step)), m_done, m_total);
}

void LayerQuantizer::runHalf(const Half& half, float* hidden, const RunControl& control)
{
    const NetworkLayer& layer = m_network.layers[m_index];
    const std::uint64_t tokens = hidden ? m_request.calibration.tokens.size() : 0;
    const bool isAttention = half.adds == LayerStep::Attention;
    // What the second step leaves serves the third one, where the memory holds it: no product is computed twice then.
    const std::uint64_t width = isAttention ? layer.attention.output.inputs : layer.dense ? layer.dense->down.inputs : 0;
    const std::uint64_t affordable = m_request.settings.memoryBytes / 4 / sizeof(float);
    ScratchFloats kept;
    StepResults results;
    if (width > 0 && tokens > 0 && tokens <= affordable / width) {
        kept = ScratchFloats(tokens * width, m_request.settings.memoryBytes, m_folder);
        (isAttention ? results.attended : results.inner) = kept.data();
    }
    bool isKept = false;
    if (const auto method = scalingMethod(half); method && hidden) {
        // What the steps leave is of the weights before they are quantized, and of no use after.
        scaleHalf(half, *method, hidden, StepResults{}, control);
    } else {
        quantizeStep(half.inputs, hidden, results, isKept, control);
        quantizeStep(half.inner, hidden, results, isKept, control);
    }
    if (tokens == 0)
        return;
    report(half.adds, control);
    const RunControl silent{control.stop, nullptr};
    const auto loaded = m_pass.loadLayer(m_index, m_weights, silent);
    runStep(m_pass, *loaded, half.adds, m_request.calibration, hidden, isKept ? results : StepResults{}, nullptr, silent);
}

LayerQuantizer::Moments LayerQuantizer::momentsOf(LayerStep step, std::span<const InputGroup> groups, bool wantsLargest, float* hidden,
                                                  const StepResults& results, const RunControl& control)
{
    MomentObserver observer(groups, wantsLargest, m_request.settings.threads, control);
    const auto loaded = m_pass.loadLayer(m_index, m_weights, control);
    runStep(m_pass, *loaded, step, m_request.calibration, hidden, results, &observer, control);
    return observer.take();
}

void LayerQuantizer::quantizeStep(LayerStep step, float* hidden, const StepResults& results, bool& isKept, const RunControl& control)
{
    const RunControl silent{control.stop, nullptr};
    const std::vector<InputGroup> groups = inputGroups(m_network.layers[m_index], step);
    const std::uint64_t affordable = m_request.settings.memoryBytes / 4;
    Tensors tensors;
    for (std::size_t first = 0; first < groups.size();) {
        report(step, control);
        std::vector<InputGroup> together;
        std::uint64_t bytes = 0;
        std::size_t end = first;
        for (; end < groups.size() && (end == first || bytes + groups[end].hessianBytes() <= affordable); ++end) {
            if (!isCalibrated(groups[end]))
                continue;
            together.push_back(groups[end]);
            bytes += groups[end].hessianBytes();
        }
        Moments moments;
        if (!together.empty()) {
            moments = momentsOf(step, together, false, hidden, results, silent);
            isKept = step == LayerStep::Attended || step == LayerStep::Inner;
        }
        auto next = moments.begin();
        for (std::size_t group = first; group < end; ++group)
            quantizeGroup(groups[group], isCalibrated(groups[group]) ? std::move(*next++) : nullptr, tensors, silent);
        first = end;
    }
    for (auto& [index, tensor] : tensors)
        m_weights.set(tensor.finish());
}

void LayerQuantizer::quantizeGroup(const InputGroup& group, std::unique_ptr<InputMoments> moments, Tensors& tensors, const RunControl& control)
{
    MatrixSettings settings{m_request.settings.searchesClip, m_request.settings.ordersChannels, m_request.settings.damping, m_request.plan.encoding, m_request.settings.threads};
    std::optional<InverseFactor> factor;
    std::vector<float> meanSquares;
    MatrixInputs inputs;
    const bool wantsFeedback = std::any_of(group.matrices.begin(), group.matrices.end(), [&](const Linear* matrix) {
        const auto choice = choiceOf(*matrix);
        return choice && choice->method == Method::Gptq;
    });
    bool isShort = false;
    if (moments) {
        inputs.tokens = moments->hessian.tokens();
        meanSquares = moments->hessian.diagonal();
        if (inputs.tokens > 0)
            inputs.meanSquares = meanSquares;
        isShort = inputs.tokens < group.inputs() / inputsPerToken || inputs.tokens == 0;
        if (wantsFeedback && !isShort) {
            factor = InverseFactor::of(std::move(moments->hessian), m_request.settings.damping, m_request.settings.ordersChannels, settings.threads, control);
            moments.reset();
        }
    }
    for (const Linear* matrix : group.matrices) {
        const auto choice = choiceOf(*matrix);
        if (!choice)
            continue;
        auto found = tensors.find(matrix->tensor);
        if (found == tensors.end())
            found = tensors.emplace(matrix->tensor, TensorInWork(*m_network.model, matrix->tensor, *choice)).first;
        const FloatBuffer weights = weightsOf(*matrix, control);
        inputs.factor = choice->method == Method::Gptq && factor ? &*factor : nullptr;
        inputs.hessian = inputs.tokens > 0 && moments ? &moments->hessian : nullptr;
        inputs.roundsByOutputs = choice->method == Method::Awq && inputs.hessian && !isShort;
        found->second.add(*matrix, weights.data(), inputs, settings, control);
        if ((choice->method == Method::Gptq && !inputs.factor) || (choice->method == Method::Awq && !inputs.roundsByOutputs))
            found->second.noteFewTokens();
    }
}

std::shared_ptr<const QuantizedTensor> LayerQuantizer::quantizeAlone(const Linear& linear, std::unique_ptr<InputMoments> moments,
                                                                      const RunControl& control)
{
    Tensors tensors;
    quantizeGroup({{&linear}}, std::move(moments), tensors, {control.stop, nullptr});
    return tensors.begin()->second.finish();
}

std::optional<Choice> LayerQuantizer::choiceOf(const Linear& linear) const
{
    const auto choice = m_request.plan.choice(m_network.model->tensors()[linear.tensor].name());
    return choice && isOwnWork(*choice) ? choice : std::nullopt;
}

bool LayerQuantizer::isCalibrated(const InputGroup& group) const
{
    return !m_request.calibration.tokens.empty() && std::any_of(group.matrices.begin(), group.matrices.end(), [&](const Linear* matrix) {
        const auto choice = choiceOf(*matrix);
        return choice && needsInputs(*choice);
    });
}

FloatBuffer LayerQuantizer::weightsOf(const Linear& linear, const RunControl& control)
{
    MatrixLoader loader(m_weights, m_pass.pool(), m_request.settings.threads, false, control);
    return std::move(loader.load(linear, true).expanded);
}

} // namespace quantlathe
