// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/budget/damage.h"

#include "core/base/error.h"
#include "core/plan/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string_view>

namespace quantlathe {

namespace {

// Measured on two small Llama models as mean KL divergence per relative squared error, tensor by tensor (budget/README.md): within the
// layers the down matrices and the first and last layer stand out; the output and the embedding weigh as much as a good part of all
// layers together, and published whole-model measurements say so of models of up to 27 billion weights.
constexpr double downFactor = 2;
constexpr double firstLayerFactor = 3;
constexpr double lastLayerFactor = 1.5;
constexpr double outputShare = 0.6;    ///< of the sum over all layers
constexpr double embeddingShare = 0.3;

double factorInLayer(const TensorPlace& place, int lastLayer)
{
    const bool isDown = place.role == TensorRole::FeedForwardDown || place.role == TensorRole::ExpertDown
        || place.role == TensorRole::SharedExpertDown;
    return (isDown ? downFactor : 1) * (place.layer == 0 ? firstLayerFactor : 1) * (place.layer == lastLayer ? lastLayerFactor : 1);
}

/// Returns the sum before.
double normalise(const Model& model, std::vector<double>& weights)
{
    double sum = 0;
    for (std::size_t index = 0; index < weights.size(); ++index) {
        if (isQuantizable(model.tensors()[index], model.place(index)))
            sum += weights[index];
    }
    if (sum > 0) {
        for (double& weight : weights)
            weight /= sum;
    }
    return sum;
}

} // namespace

DamageWeights proxyWeights(const Model& model)
{
    const std::size_t count = model.tensors().size();
    std::map<std::string_view, double> stackSizes; ///< weights of the experts that become one tensor
    bool hasOutput = false;
    int lastLayer = -1;
    for (std::size_t index = 0; index < count; ++index) {
        const TensorPlace& place = model.place(index);
        hasOutput = hasOutput || place.role == TensorRole::Output;
        lastLayer = std::max(lastLayer, place.layer.value_or(-1));
        if (place.expert)
            stackSizes[place.canonicalName] += static_cast<double>(model.tensors()[index].shape().weightCount());
    }
    DamageWeights result;
    result.weights.assign(count, 1);
    double layers = 0;
    for (std::size_t index = 0; index < count; ++index) {
        const TensorPlace& place = model.place(index);
        if (!place.layer)
            continue;
        double& weight = result.weights[index];
        weight = factorInLayer(place, lastLayer);
        if (place.expert)
            weight *= static_cast<double>(model.tensors()[index].shape().weightCount()) / std::max(1.0, stackSizes[place.canonicalName]);
        if (isQuantizable(model.tensors()[index], place))
            layers += weight;
    }
    for (std::size_t index = 0; index < count && layers > 0; ++index) {
        const TensorRole role = model.place(index).role;
        if (role == TensorRole::Output)
            result.weights[index] = outputShare * layers;
        else if (role == TensorRole::TokenEmbedding) // a tied embedding is the output as well
            result.weights[index] = (embeddingShare + (hasOutput ? 0 : outputShare)) * layers;
    }
    normalise(model, result.weights);
    return result;
}

DamageWeights measuredWeights(const Model& model, std::vector<double> sensitivities)
{
    if (sensitivities.size() != model.tensors().size())
        throw Error(ErrorKind::InvalidArgument, fmt::format("{} sensitivities for a model of {} tensors", sensitivities.size(),
                                                            model.tensors().size()));
    for (std::size_t index = 0; index < sensitivities.size(); ++index) {
        if (!(sensitivities[index] >= 0) || !std::isfinite(sensitivities[index]))
            throw Error(ErrorKind::InvalidArgument, fmt::format("a sensitivity of {} cannot be weighed", sensitivities[index]),
                        {{}, {}, model.tensors()[index].name()});
    }
    normalise(model, sensitivities);
    return {std::move(sensitivities), false, 0};
}

DamageWeights measuredWeights(const Model& model, const Sensitivities& sensitivities)
{
    DamageWeights result = measuredWeights(model, sensitivities.weights());
    std::vector<double> weights = sensitivities.weights();
    result.unit = normalise(model, weights);
    return result;
}

std::optional<double> damageOf(const Model& model, const ErrorTable& errors, const DamageWeights& weights, std::size_t index,
                               TensorType written)
{
    if (written == model.tensors()[index].type())
        return 0;
    if (index >= errors.tensorCount())
        return std::nullopt;
    const PairError& error = errors.at(index, written);
    if (!error.isKnown() || !std::isfinite(error.relativeWeighted))
        return std::nullopt;
    return weights.weights[index] * std::max(0.0, error.relativeWeighted);
}

double relativeRmsOfDamage(double damage) { return std::sqrt(damage); }
double damageOfRelativeRms(double relativeRms) { return relativeRms * relativeRms; }
double decibelsOfDamage(double damage) { return -10 * std::log10(damage); }
double damageOfDecibels(double decibels) { return std::pow(10, -decibels / 10); }

} // namespace quantlathe
