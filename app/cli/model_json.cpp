// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/model_json.h"

#include "core/base/error.h"
#include "core/base/text.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <numeric>

namespace quantlathe::cli {

namespace {

Json toJson(const MetadataScalar& scalar)
{
    return std::visit(
        [](const auto& value) {
            if constexpr (std::is_same_v<std::decay_t<decltype(value)>, double>)
                return number(value);
            else
                return Json(value);
        },
        scalar);
}

/// One number when all layers have the same, otherwise one per layer.
Json perLayer(const std::vector<std::uint64_t>& values)
{
    if (values.empty())
        return nullptr;
    if (std::all_of(values.begin(), values.end(), [&](std::uint64_t value) { return value == values.front(); }))
        return values.front();
    return values;
}

} // namespace

Json toJson(const Hyperparameters& p)
{
    return {{"layerCount", p.layerCount},
            {"contextLength", p.contextLength},
            {"embeddingLength", p.embeddingLength},
            {"feedForwardLength", perLayer(p.feedForwardLength)},
            {"headCount", perLayer(p.headCount)},
            {"headCountKv", perLayer(p.headCountKv)},
            {"keyLength", p.keyLength},
            {"valueLength", p.valueLength},
            {"vocabularySize", p.vocabularySize},
            {"expertCount", p.expertCount},
            {"expertUsedCount", p.expertUsedCount},
            {"expertFeedForwardLength", p.expertFeedForwardLength},
            {"slidingWindow", p.slidingWindow},
            {"slidingWindowLayers", p.slidingWindowLayers},
            {"ropeDimension", p.ropeDimension},
            {"ropeFrequencyBase", number(p.ropeFrequencyBase)},
            {"normEpsilon", number(p.normEpsilon)},
            {"isEmbeddingTied", p.isEmbeddingTied}};
}

Json toJson(const Metadata& metadata, bool isFull)
{
    Json result = Json::object();
    for (const Metadata::Entry& entry : metadata.entries()) {
        Json value{{"type", name(entry.value.type)}};
        if (const auto* array = std::get_if<MetadataArray>(&entry.value.value)) {
            const std::uint64_t shown = isFull ? array->size() : std::min(array->size(), shownArrayValues);
            value["elementType"] = name(array->elementType());
            value["size"] = array->size();
            value["isTruncated"] = shown < array->size();
            Json values = Json::array();
            for (std::uint64_t index = 0; index < shown; ++index)
                values.push_back(toJson(array->at(index)));
            value["value"] = std::move(values);
        } else {
            value["value"] = toJson(std::get<MetadataScalar>(entry.value.value));
        }
        result[entry.key] = std::move(value);
    }
    return result;
}

void addError(Json& json, const ErrorSums& error)
{
    json["weights"] = error.weights;
    json["relativeRms"] = number(error.relativeRms());
    json["signalToNoiseDb"] = number(error.signalToNoiseDb());
    if (error.isWeighted())
        json["weightedRelativeRms"] = number(error.weightedRelativeRms());
    json["maximumError"] = number(error.maximumError);
    json["cosine"] = number(error.cosine());
}

void addReplaced(Json& json, const ReplacedWeights& replaced)
{
    if (replaced.total() > 0)
        json["replaced"] = {{"nan", replaced.nan}, {"infinity", replaced.infinity}};
}

Json toJson(const Encoding& encoding)
{
    return {{"effort", name(encoding.effort)}, {"objective", objectiveName(encoding)}};
}

std::vector<std::size_t> chosenTensors(const Model& model, const std::vector<std::string>& names)
{
    std::vector<std::size_t> indices;
    if (names.empty()) {
        indices.resize(model.tensors().size());
        std::iota(indices.begin(), indices.end(), std::size_t{0});
        return indices;
    }
    for (const std::string& name : names) {
        if (const auto index = model.indexOf(name)) {
            indices.push_back(*index);
            continue;
        }
        std::string near;
        for (const Tensor& tensor : model.tensors()) {
            if (near.size() < 200 && tensor.name().find(name) != std::string::npos)
                near += fmt::format("{}{}", near.empty() ? "" : ", ", printable(tensor.name()));
        }
        throw Error(ErrorKind::NotFound, fmt::format("there is no tensor '{}'", printable(name)),
                    {model.path(), std::nullopt, {}}, near.empty() ? std::string() : fmt::format("There are {}", near));
    }
    return indices;
}

} // namespace quantlathe::cli
