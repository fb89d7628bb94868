// SPDX-License-Identifier: GPL-3.0-or-later
// A model as a grid: one row per layer, one column per role; and one figure for each field of it.
#pragma once

#include "core/analysis/error_survey.h"
#include "core/analysis/sensitivities.h"
#include "core/model/model.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace quantlathe {

/// What a field of the map shows.
enum class MapMeasure {
    RelativeRms,   ///< sqrt(sum (w - q)^2 / sum w^2) over the field's tensors
    WeightedRms,   ///< sqrt(sum v (w - q)^2 / sum v w^2) with the importance v; as RelativeRms for tensors without
    SignalToNoise, ///< RelativeRms in dB; infinite without error
    Kurtosis,      ///< excess kurtosis, weighted by the number of weights
    OutlierShare,  ///< share of weights beyond Distribution::outlierDeviations
    BitsPerWeight,
    Bytes,
    Sensitivity    ///< KL divergence, in nats per token, that quantizing the tensors to the probe causes
};
/// Stable ids: "relative-rms", "weighted-rms", "snr-db", "kurtosis", "outliers", "bits", "bytes", "sensitivity".
std::string_view name(MapMeasure measure);
std::optional<MapMeasure> mapMeasureFromName(std::string_view name);
/// In the order of the enum.
std::span<const MapMeasure> allMapMeasures();

/// Where each tensor is on the map. Norms, biases, rotary tables and other tensors that no plan quantizes (fewer than two
/// dimensions) are left out; all experts of a layer share a field.
struct LayerGrid
{
    std::vector<int> layers;             ///< rows, ascending
    std::vector<TensorRole> roles;       ///< columns, in the order of the enum
    std::vector<TensorRole> outsideRoles;///< tensors outside the layers: embedding, output ...
    std::vector<std::vector<std::size_t>> fields;        ///< tensors, [row * roles.size() + column]
    std::vector<std::vector<std::size_t>> outsideFields; ///< tensors, by outsideRoles

    explicit LayerGrid(const Model& model);
    LayerGrid() = default;
    [[nodiscard]] const std::vector<std::size_t>& field(std::size_t row, std::size_t column) const
    {
        return fields[row * roles.size() + column];
    }
};

/// One figure over some tensors.
struct MapValue
{
    double value = 0;
    double low = 0;  ///< 95 % confidence interval; both equal to value when exact, but for sensitivities
    double high = 0;
    PairError::Quality quality = PairError::Quality::Unknown; ///< the worst of the tensors'; Failed when any failed

    [[nodiscard]] bool isKnown() const { return quality == PairError::Quality::Sampled || quality == PairError::Quality::Exact; }
};

/// @param types as written, by tensor of the model; those of @p tensors are read
MapValue mapValue(const Model& model, const ErrorSurvey& survey, std::span<const std::size_t> tensors,
                  std::span<const TensorType> types, MapMeasure measure);

/// MapMeasure::Sensitivity: the sum over @p tensors. Exact where all were measured, with the interval that the text leaves; Sampled
/// where some are estimated; Unknown where there are none.
MapValue sensitivityValue(const Sensitivities& sensitivities, std::span<const std::size_t> tensors);

} // namespace quantlathe
