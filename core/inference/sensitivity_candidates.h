// SPDX-License-Identifier: GPL-3.0-or-later
// What sensitivity.h tries, and in which types.
#pragma once

#include "core/inference/sensitivity.h"

#include <cstddef>
#include <memory>
#include <vector>

namespace quantlathe {

/// Tensors that are quantized at once.
struct SensitivityCandidate
{
    std::vector<std::size_t> tensors; ///< ascending
    /// Where they are used, ascending: 0 the embedding, 1 + layer, layers + 1 the output.
    std::vector<std::size_t> stages;
    double expected = 0; ///< damage by the proxy: an order, no more
};

struct SensitivityProbes
{
    Plan plan;                        ///< gives every tensor of a candidate its probe
    std::shared_ptr<const ImportanceMatch> importance; ///< what probes are encoded with; may be null
    std::vector<TensorType> written;  ///< by tensor of the model, after fallbacks; as stored where nothing is probed
    std::vector<std::vector<std::size_t>> tensorsOfStage; ///< those of candidates
    std::vector<SensitivityCandidate> candidates;         ///< by first stage, then by first tensor
};

/// @throws Error(InvalidArgument) where a probe cannot be written, or nothing of the network can be quantized
SensitivityProbes sensitivityProbes(const ForwardPass& forward, const SensitivityOptions& options);

/// Hash of everything that the figures depend on.
std::string sensitivityConditions(const Model& model, const SensitivityProbes& probes, const SensitivityText& text, SensitivityUnit unit);

/// Fills in what is not measured: weight = the median of the measured weights of its role; where none of the role is, the median of
/// weight over proxy of all that is measured, times its proxy. Errors of the probes come from @p relativeSquared (by tensor).
void estimateSensitivities(const Model& model, const SensitivityProbes& probes, const std::vector<double>& relativeSquared,
                           Sensitivities& sensitivities);

} // namespace quantlathe
