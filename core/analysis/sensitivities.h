// SPDX-License-Identifier: GPL-3.0-or-later
// How much the model's output suffers from an error in each tensor, as it was measured (inference/sensitivity.h) and as it is kept
// in a file.
#pragma once

#include "core/model/importance.h"
#include "core/model/model.h"
#include "core/types/tensor_type.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace quantlathe {

/// What was quantized at once, everything else left as it is.
enum class SensitivityUnit : std::uint8_t {
    Tensor, ///< each tensor; the experts that become one stacked tensor together
    Role,   ///< all tensors of one role
    Layer   ///< all tensors of one layer
};
/// Stable ids: "tensor", "role", "layer".
std::string_view name(SensitivityUnit unit);
std::optional<SensitivityUnit> sensitivityUnitFromName(std::string_view name);

struct TensorSensitivity
{
    enum class State : std::uint8_t {
        None,      ///< no plan quantizes it, or it takes no part in the network
        Estimated, ///< from tensors of its role
        Measured
    };
    State state = State::None;
    TensorType probe = TensorType::F32; ///< what it was quantized to, as written
    /// Mean KL divergence of the model's output from the original's, in nats per token. Of tensors that were quantized together, this one's
    /// share by relative squared error.
    double kl = 0;
    double klStandardError = 0;  ///< over tokens; 0 when estimated
    double relativeSquared = 0;  ///< sum v (w - q)^2 / sum v w^2 of the probe, v the importance where there is one, otherwise 1
    double weight = 0;           ///< kl / relativeSquared: nats per relative squared error
    bool operator==(const TensorSensitivity&) const = default;
};

/// A value: figures of one model on one text.
struct Sensitivities
{
    std::string text;           ///< name of the text
    std::string conditions;     ///< hash of all that the figures depend on: model, tokens, probes, encoding, importance
    std::string importance;     ///< Importance::hash() of the data that the probes were encoded with and their errors weighted by; empty = none
    std::uint64_t context = 0;  ///< tokens per window
    std::uint64_t chunks = 0;   ///< windows
    std::uint64_t tokens = 0;   ///< predictions that were compared
    TensorType probe = TensorType::Q3_K; ///< as asked for
    bool isOfPlan = false;      ///< tensors were probed in the types that a plan gave them, `probe` where it gave none
    SensitivityUnit unit = SensitivityUnit::Tensor;
    std::vector<TensorSensitivity> tensors; ///< in the model's order, one for each of its tensors
    bool operator==(const Sensitivities&) const = default;

    [[nodiscard]] std::size_t count(TensorSensitivity::State state) const;
    [[nodiscard]] bool isComplete() const { return count(TensorSensitivity::State::Estimated) == 0; }
    /// `weight` of every tensor, 0 where there is none: for measuredWeights() of room budget.
    [[nodiscard]] std::vector<double> weights() const;
};

/// Their weights go with errors that are weighted by the same importance data alone. @param importance null = none
bool isOfImportance(const Sensitivities& sensitivities, const Importance* importance);
/// @throws Error(InvalidArgument) naming @p file unless isOfImportance()
void throwIfOtherImportance(const Sensitivities& sensitivities, const Importance* importance, const std::filesystem::path& file);

/// JSON, one line per tensor that has figures, doubles exact.
std::string sensitivitiesToJson(const Sensitivities& sensitivities, const Model& model);
/// Tensors are found by name, then by canonical name.
/// @throws Error(BadFormat) saying which key is wrong; Error(InvalidArgument) naming the tensor where the file is another model's:
/// a tensor that @p model lacks or that has another shape, or a matrix of a layer that the file says nothing about
Sensitivities sensitivitiesFromJson(std::string_view json, const Model& model, const std::filesystem::path& file = {});

/// @throws as writeFileAtomically()
void saveSensitivities(const std::filesystem::path& file, const Sensitivities& sensitivities, const Model& model);
/// @throws as sensitivitiesFromJson(); Error(NotFound, AccessDenied, Io)
Sensitivities loadSensitivities(const std::filesystem::path& file, const Model& model);

} // namespace quantlathe
