// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/layer_map.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <set>

namespace quantlathe {

namespace {

constexpr std::array measures = {MapMeasure::RelativeRms, MapMeasure::WeightedRms, MapMeasure::SignalToNoise, MapMeasure::Kurtosis,
                                 MapMeasure::OutlierShare, MapMeasure::BitsPerWeight, MapMeasure::Bytes, MapMeasure::Sensitivity};

bool isOnMap(const Tensor& tensor, const TensorPlace& place)
{
    return tensor.shape().rank() >= 2 && !place.isBias && place.role != TensorRole::Norm && place.role != TensorRole::Rope
        && tensor.shape().rowCount() > 1;
}

/// The worse of two: what failed or is unknown makes the whole so.
PairError::Quality worse(PairError::Quality a, PairError::Quality b)
{
    using enum PairError::Quality;
    for (const auto quality : {Failed, Unknown, Sampled}) {
        if (a == quality || b == quality)
            return quality;
    }
    return Exact;
}

MapValue exactValue(double value) { return {value, value, value, PairError::Quality::Exact}; }

MapValue relativeError(const Model& model, const ErrorSurvey& survey, std::span<const std::size_t> tensors,
                       std::span<const TensorType> types, bool isWeighted)
{
    MapValue result;
    result.quality = PairError::Quality::Exact;
    // Importance of one tensor does not compare with another's sum of squares: all of a field have it, or none is weighted.
    isWeighted = isWeighted && std::all_of(tensors.begin(), tensors.end(), [&](std::size_t tensor) { return survey.weightedSquares(tensor) > 0; });
    double error = 0;
    double variance = 0;
    double weights = 0;
    for (const std::size_t tensor : tensors) {
        const PairError& pair = survey.table().at(tensor, types[tensor]);
        result.quality = worse(result.quality, pair.quality);
        if (!pair.isKnown())
            continue;
        const double squares = isWeighted ? survey.weightedSquares(tensor) : survey.squaredWeights(tensor);
        // Within one tensor the ratio is known better than its numerator.
        const double deviation = (isWeighted ? pair.relativeWeightedStandardError : pair.relativeStandardError) * squares;
        const double relative = isWeighted ? pair.relativeWeighted : pair.relativeSquared;
        error += types[tensor] == model.tensors()[tensor].type() ? 0 : relative * squares;
        variance += deviation * deviation;
        weights += squares;
    }
    if (!result.isKnown())
        return result;
    if (error == 0)
        return {0, 0, 0, result.quality};
    PairError total;
    total.relativeSquared = error / weights;
    total.relativeStandardError = std::sqrt(variance) / weights;
    const auto interval = total.relativeRmsInterval();
    result.value = total.relativeRms();
    result.low = interval[0];
    result.high = interval[1];
    return result;
}

MapValue spread(const Model& model, const ErrorSurvey& survey, std::span<const std::size_t> tensors, MapMeasure measure)
{
    MapValue result;
    result.quality = PairError::Quality::Exact;
    double sum = 0;
    double weights = 0;
    for (const std::size_t tensor : tensors) {
        const WeightFigures& figures = survey.figures(tensor);
        result.quality = worse(result.quality, figures.quality);
        const auto count = static_cast<double>(model.tensors()[tensor].shape().weightCount());
        sum += count * (measure == MapMeasure::Kurtosis ? figures.excessKurtosis : figures.outlierShare);
        weights += count;
    }
    result.value = result.low = result.high = weights > 0 ? sum / weights : 0;
    return result;
}

MapValue inDecibels(MapValue value)
{
    const auto decibels = [](double relative) {
        return relative > 0 ? -20 * std::log10(relative) : std::numeric_limits<double>::infinity();
    };
    return {decibels(value.value), decibels(value.high), decibels(value.low), value.quality};
}

} // namespace

std::string_view name(MapMeasure measure)
{
    switch (measure) {
    case MapMeasure::RelativeRms:
        return "relative-rms";
    case MapMeasure::WeightedRms:
        return "weighted-rms";
    case MapMeasure::SignalToNoise:
        return "snr-db";
    case MapMeasure::Kurtosis:
        return "kurtosis";
    case MapMeasure::OutlierShare:
        return "outliers";
    case MapMeasure::BitsPerWeight:
        return "bits";
    case MapMeasure::Bytes:
        return "bytes";
    case MapMeasure::Sensitivity:
        return "sensitivity";
    }
    return {};
}

std::optional<MapMeasure> mapMeasureFromName(std::string_view text)
{
    const auto found = std::find_if(measures.begin(), measures.end(), [text](MapMeasure measure) { return name(measure) == text; });
    return found == measures.end() ? std::nullopt : std::optional(*found);
}

std::span<const MapMeasure> allMapMeasures() { return measures; }

LayerGrid::LayerGrid(const Model& model)
{
    std::set<int> rows;
    std::set<TensorRole> columns;
    std::set<TensorRole> outside;
    for (std::size_t index = 0; index < model.tensors().size(); ++index) {
        const TensorPlace& place = model.place(index);
        if (!isOnMap(model.tensors()[index], place))
            continue;
        if (place.layer) {
            rows.insert(*place.layer);
            columns.insert(place.role);
        } else {
            outside.insert(place.role);
        }
    }
    layers.assign(rows.begin(), rows.end());
    roles.assign(columns.begin(), columns.end());
    outsideRoles.assign(outside.begin(), outside.end());
    fields.resize(layers.size() * roles.size());
    outsideFields.resize(outsideRoles.size());
    const auto position = [](const auto& sorted, auto value) {
        return static_cast<std::size_t>(std::lower_bound(sorted.begin(), sorted.end(), value) - sorted.begin());
    };
    for (std::size_t index = 0; index < model.tensors().size(); ++index) {
        const TensorPlace& place = model.place(index);
        if (!isOnMap(model.tensors()[index], place))
            continue;
        if (place.layer)
            fields[position(layers, *place.layer) * roles.size() + position(roles, place.role)].push_back(index);
        else
            outsideFields[position(outsideRoles, place.role)].push_back(index);
    }
}

MapValue mapValue(const Model& model, const ErrorSurvey& survey, std::span<const std::size_t> tensors,
                  std::span<const TensorType> types, MapMeasure measure)
{
    double bytes = 0;
    double weights = 0;
    for (const std::size_t tensor : tensors) {
        bytes += static_cast<double>(tensorBytes(types[tensor], model.tensors()[tensor].shape()).value_or(0));
        weights += static_cast<double>(model.tensors()[tensor].shape().weightCount());
    }
    switch (measure) {
    case MapMeasure::RelativeRms:
    case MapMeasure::WeightedRms:
        return relativeError(model, survey, tensors, types, measure == MapMeasure::WeightedRms);
    case MapMeasure::SignalToNoise:
        return inDecibels(relativeError(model, survey, tensors, types, false));
    case MapMeasure::Kurtosis:
    case MapMeasure::OutlierShare:
        return spread(model, survey, tensors, measure);
    case MapMeasure::BitsPerWeight:
        return exactValue(weights > 0 ? 8 * bytes / weights : 0);
    case MapMeasure::Bytes:
        return exactValue(bytes);
    case MapMeasure::Sensitivity: // not in the survey: sensitivityValue()
        break;
    }
    return {};
}

MapValue sensitivityValue(const Sensitivities& sensitivities, std::span<const std::size_t> tensors)
{
    MapValue result;
    double variance = 0;
    bool isMeasured = true;
    std::size_t known = 0;
    for (const std::size_t tensor : tensors) {
        const TensorSensitivity& one = sensitivities.tensors[tensor];
        known += one.state != TensorSensitivity::State::None ? 1 : 0;
        isMeasured = isMeasured && one.state != TensorSensitivity::State::Estimated;
        result.value += one.kl;
        variance += one.klStandardError * one.klStandardError;
    }
    if (known == 0)
        return {};
    result.low = std::max(0.0, result.value - 1.96 * std::sqrt(variance));
    result.high = result.value + 1.96 * std::sqrt(variance);
    result.quality = isMeasured ? PairError::Quality::Exact : PairError::Quality::Sampled;
    return result;
}

} // namespace quantlathe
