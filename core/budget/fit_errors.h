// SPDX-License-Identifier: GPL-3.0-or-later
// The errors that a fit or a curve needs, measured at once: for callers without a survey that runs along (the command line).
#pragma once

#include "core/analysis/error_cache.h"
#include "core/budget/fit.h"

#include <memory>
#include <vector>

namespace quantlathe {

/// By tensor, the types as written whose errors matter: all that the constraints allow, and those of @p plans.
std::vector<std::vector<TensorType>> typesToMeasure(const Model& model, const FitConstraints& constraints, std::span<const Plan> plans);

struct MeasureOptions
{
    Encoding encoding;
    bool isExact = false;              ///< all weights instead of samples
    unsigned threads = 0;
    const ErrorCache* cache = nullptr; ///< read before and written after; null = none
    const ImportanceMatch* importance = nullptr; ///< of the model, or null: with it errors are weighted
};

/// Progress in pairs of tensor and type. Pairs that cannot be measured are marked as failed.
/// @throws Error(Cancelled, SourceChanged)
ErrorTable measureErrors(const std::shared_ptr<const Model>& model, const std::vector<std::vector<TensorType>>& types,
                         const MeasureOptions& options, const RunControl& control);

} // namespace quantlathe
