// SPDX-License-Identifier: GPL-3.0-or-later
// How much the model's output suffers when one tensor (or role, or layer) alone is quantized: the KL divergence from the original's
// predictions, for all of them. What lies before the changed tensor is computed once, and one walk through the layers serves many
// candidates: README.md.
#pragma once

#include "core/analysis/sensitivities.h"
#include "core/inference/forward_pass.h"
#include "core/model/importance_match.h"
#include "core/plan/plan.h"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace quantlathe {

struct SensitivityOptions
{
    SensitivityUnit unit = SensitivityUnit::Tensor;
    TensorType probe = TensorType::Q3_K; ///< where rows do not fit, what is written instead; another type where it is stored so already
    std::optional<Plan> plan;            ///< probe each tensor in the type this gives it
    Encoding encoding;                   ///< of the probe; not used with a plan, which has its own
    std::shared_ptr<const ImportanceMatch> importance; ///< of the same model: probes are encoded with it, their errors weighted by it; or null
    unsigned threads = 0;
    std::uint64_t memoryBytes = std::uint64_t{4} << 30; ///< for hidden states, decoded weights and what is between
    /// Once it is over no candidate begins, and those on the way that would take longer are given up, but one: at least one is measured.
    /// What comes first then is what is expected to matter most. Nothing: all are measured.
    std::optional<std::chrono::duration<double>> timeBudget;
};

/// Windows of text as measureSensitivities() takes them: all of the same length; the second half of each is judged.
struct SensitivityText
{
    std::string name; ///< goes into the result
    TokenBatch windows;
};

/// What was measured so far, what is left estimated. Called after each walk; what it throws ends the measuring.
using SensitivityObserver = std::function<void(const Sensitivities&)>;

/// Progress in work (weights x tokens); stages name the layer and how many candidates are on the way.
/// @param known measured figures of an earlier run under the same conditions are taken over; others are ignored; may be null
/// @throws Error(InvalidArgument) for windows of different lengths or fewer than 4 tokens, memory that is too little for one candidate;
/// Error(Cancelled, SourceChanged); Error(BadFormat) when the original itself gives NaN. A candidate that fails is estimated.
Sensitivities measureSensitivities(const std::shared_ptr<const Network>& network, const SensitivityText& text, const SensitivityOptions& options,
                                   const Sensitivities* known = nullptr, const SensitivityObserver& observer = {}, const RunControl& control = {});

} // namespace quantlathe
