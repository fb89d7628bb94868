// SPDX-License-Identifier: GPL-3.0-or-later
// Tables of errors for tests of the budget: measured ones, and ones made up for models without weights.
#pragma once

#include "core/analysis/error_survey.h"
#include "core/budget/fit.h"
#include "core/plan/possible_types.h"

#include <cmath>
#include <memory>
#include <random>

namespace quantlathe::test {

/// All pairs of @p model that may be chosen, from all weights.
inline ErrorTable measuredErrors(const std::shared_ptr<const Model>& model, const Encoding& encoding = {})
{
    ErrorSurvey survey(model, possibleTypes(*model));
    while (const auto batch = survey.nextBatch(ErrorSurvey::Stage::SampleSlow))
        survey.store(*batch, ErrorSurvey::run(*model, *batch, encoding, 0, {}));
    return survey.table();
}

/// 4^-bits with a factor of its own for each pair, the same every time.
inline ErrorTable modelledErrors(const Model& model)
{
    ErrorTable table(model.tensors().size());
    std::mt19937_64 random(11);
    for (std::size_t tensor = 0; tensor < model.tensors().size(); ++tensor) {
        for (const TensorTypeInfo& type : allTensorTypes()) {
            if (type.family == TypeFamily::Scaled)
                continue; // never a choice
            const double factor = 0.7 + 0.6 * static_cast<double>(random() >> 11) / 9007199254740992.0;
            PairError error;
            error.relativeSquared = factor * std::exp2(-2 * type.bitsPerWeight());
            error.relativeWeighted = error.relativeSquared;
            error.squaredError = error.relativeSquared * static_cast<double>(model.tensors()[tensor].shape().weightCount());
            error.quality = PairError::Quality::Exact;
            table.set(tensor, type.type, error);
        }
    }
    return table;
}

} // namespace quantlathe::test
