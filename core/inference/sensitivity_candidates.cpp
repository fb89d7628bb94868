// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/inference/sensitivity_candidates.h"

#include "core/base/content_hash.h"
#include "core/base/error.h"
#include "core/budget/damage.h"
#include "core/codecs/codec.h"
#include "core/inference/turned_matrix.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>

namespace quantlathe {

namespace {

using State = TensorSensitivity::State;

/// What to quantize a tensor to: the wish, or where that changes nothing or is no quantization, the next type that is one. Nothing where rows
/// fit no block.
std::optional<TensorType> requestFor(const TensorFacts& facts, TensorType wish)
{
    using enum TensorType;
    for (const TensorType request : {wish, Q3_K, Q2_K, Q4_0, Q8_0}) {
        const TensorType written = writtenType(facts, request).type;
        if (written != facts.stored && info(written).isQuantized() && codecFor(written).canEncode())
            return request;
    }
    return std::nullopt;
}

std::string groupOf(const Model& model, std::size_t tensor, SensitivityUnit unit)
{
    const TensorPlace& place = model.place(tensor);
    if (unit == SensitivityUnit::Role)
        return fmt::format("role {}", name(place.role));
    if (unit == SensitivityUnit::Layer && place.layer)
        return fmt::format("layer {}", *place.layer);
    return place.expert ? "stack " + place.canonicalName : "tensor " + model.tensors()[tensor].name();
}

double median(std::vector<double> values)
{
    if (values.empty())
        return 0;
    std::sort(values.begin(), values.end());
    const std::size_t middle = values.size() / 2;
    return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

} // namespace

SensitivityProbes sensitivityProbes(const ForwardPass& forward, const SensitivityOptions& options)
{
    const Network& network = forward.network();
    const Model& model = *network.model;
    if (!isTargetType(options.probe) || !codecFor(options.probe).canEncode())
        throw Error(ErrorKind::InvalidArgument, fmt::format("tensors cannot be written as {}", name(options.probe)));

    const std::size_t outputStage = network.layers.size() + 1;
    std::vector<std::set<std::size_t>> stagesOf(model.tensors().size());
    stagesOf[network.tokenEmbedding].insert(0);
    stagesOf[network.output.tensor].insert(outputStage);
    for (std::size_t layer = 0; layer < network.layers.size(); ++layer) {
        for (const std::size_t tensor : forward.tensorsOfLayer(layer)) {
            // The embedding and the output may be named with the first and last layer; they have stages of their own.
            if (tensor != network.tokenEmbedding && tensor != network.output.tensor)
                stagesOf[tensor].insert(layer + 1);
        }
    }

    SensitivityProbes probes;
    probes.plan.encoding = options.plan ? options.plan->encoding : options.encoding;
    probes.importance = options.importance;
    probes.tensorsOfStage.resize(outputStage + 1);
    const std::vector<double> proxies = proxyWeights(model).weights;
    std::map<std::string, std::size_t> byGroup;
    for (std::size_t tensor = 0; tensor < model.tensors().size(); ++tensor) {
        const TensorFacts facts = computedFacts(model, tensor);
        probes.written.push_back(facts.stored);
        if (stagesOf[tensor].empty() || !facts.isQuantizable || !facts.canDecode)
            continue;
        const auto planned = options.plan ? options.plan->choice(model.tensors()[tensor].name()) : std::nullopt;
        const auto request = requestFor(facts, planned ? planned->type : options.probe);
        if (!request)
            continue;
        probes.plan.setChoice(model.tensors()[tensor].name(), Choice{*request});
        probes.written[tensor] = writtenType(facts, *request).type;
        for (const std::size_t stage : stagesOf[tensor])
            probes.tensorsOfStage[stage].push_back(tensor);

        const auto [position, isNew] = byGroup.emplace(groupOf(model, tensor, options.unit), probes.candidates.size());
        if (isNew)
            probes.candidates.emplace_back();
        SensitivityCandidate& candidate = probes.candidates[position->second];
        candidate.tensors.push_back(tensor);
        candidate.stages.insert(candidate.stages.end(), stagesOf[tensor].begin(), stagesOf[tensor].end());
        // The squared error falls fourfold with each bit.
        candidate.expected += proxies[tensor] * std::pow(4, -info(probes.written[tensor]).bitsPerWeight());
    }
    if (probes.candidates.empty())
        throw Error(ErrorKind::InvalidArgument, "the model has no matrices that can be quantized", {model.path(), std::nullopt, {}});
    for (SensitivityCandidate& candidate : probes.candidates) {
        std::sort(candidate.stages.begin(), candidate.stages.end());
        candidate.stages.erase(std::unique(candidate.stages.begin(), candidate.stages.end()), candidate.stages.end());
    }
    std::stable_sort(probes.candidates.begin(), probes.candidates.end(), [](const SensitivityCandidate& a, const SensitivityCandidate& b) {
        return a.stages.front() < b.stages.front();
    });
    return probes;
}

std::string sensitivityConditions(const Model& model, const SensitivityProbes& probes, const SensitivityText& text, SensitivityUnit unit)
{
    ContentHash hash;
    hash.add("sensitivity 2");
    for (const auto& mapping : model.mappings()) {
        hash.add(mapping->identity().sizeBytes);
        hash.add(static_cast<std::uint64_t>(mapping->identity().modifiedNanoseconds));
    }
    for (std::size_t tensor = 0; tensor < model.tensors().size(); ++tensor) {
        hash.add(model.tensors()[tensor].name());
        for (const std::uint64_t dimension : model.tensors()[tensor].shape().dimensions())
            hash.add(dimension);
        hash.add(static_cast<std::uint64_t>(model.tensors()[tensor].type()));
        hash.add(name(probes.written[tensor]));
    }
    hash.add(name(unit));
    hash.add(name(probes.plan.encoding.effort));
    hash.add(objectiveName(probes.plan.encoding));
    hash.add(probes.importance ? probes.importance->importance()->hash() : "none");
    hash.add(std::as_bytes(std::span(text.windows.tokens)));
    hash.add(std::as_bytes(std::span(text.windows.starts)));
    return hash.text();
}

void estimateSensitivities(const Model& model, const SensitivityProbes& probes, const std::vector<double>& relativeSquared,
                           Sensitivities& sensitivities)
{
    const std::vector<double> proxies = proxyWeights(model).weights;
    std::map<TensorRole, std::vector<double>> byRole;
    std::vector<double> overProxy;
    for (std::size_t tensor = 0; tensor < sensitivities.tensors.size(); ++tensor) {
        if (sensitivities.tensors[tensor].state != State::Measured)
            continue;
        const double weight = sensitivities.tensors[tensor].weight;
        byRole[model.place(tensor).role].push_back(weight);
        if (proxies[tensor] > 0)
            overProxy.push_back(weight / proxies[tensor]);
    }
    const double general = median(overProxy);
    for (const SensitivityCandidate& candidate : probes.candidates) {
        for (const std::size_t tensor : candidate.tensors) {
            TensorSensitivity& one = sensitivities.tensors[tensor];
            if (one.state == State::Measured)
                continue;
            const auto role = byRole.find(model.place(tensor).role);
            one = {};
            one.state = State::Estimated;
            one.probe = probes.written[tensor];
            one.relativeSquared = relativeSquared[tensor];
            one.weight = role != byRole.end() ? median(role->second) : general * proxies[tensor];
            one.kl = one.weight * one.relativeSquared;
        }
    }
}

} // namespace quantlathe
