// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/budget/fit_errors.h"

#include "core/plan/possible_types.h"

#include <algorithm>

namespace quantlathe {

std::vector<std::vector<TensorType>> typesToMeasure(const Model& model, const FitConstraints& constraints, std::span<const Plan> plans)
{
    std::vector<std::vector<TensorType>> types(model.tensors().size());
    const auto add = [&types](std::size_t tensor, TensorType written) {
        auto& list = types[tensor];
        if (std::find(list.begin(), list.end(), written) == list.end())
            list.push_back(written);
    };
    for (const FitGroup& group : fitGroups(model, constraints)) {
        for (const FitOption& option : group.options) {
            for (std::size_t member = 0; member < group.tensors.size(); ++member)
                add(group.tensors[member], option.written[member]);
        }
    }
    for (std::size_t tensor = 0; tensor < types.size(); ++tensor) {
        const TensorFacts facts = factsOf(model, tensor);
        if (!facts.isQuantizable || !facts.canDecode)
            continue;
        for (const Plan& plan : plans) {
            if (const EffectiveChoice choice = effectiveChoice(model, tensor, plan); choice.canWrite)
                add(tensor, choice.type);
        }
        std::sort(types[tensor].begin(), types[tensor].end());
    }
    return types;
}

ErrorTable measureErrors(const std::shared_ptr<const Model>& model, const std::vector<std::vector<TensorType>>& types,
                         const MeasureOptions& options, const RunControl& control)
{
    ErrorSurvey survey(model, types);
    if (options.cache)
        survey.restore(options.cache->load(*model, options.encoding, control, options.importance));
    const auto last = options.isExact ? ErrorSurvey::Stage::ExactSlow : ErrorSurvey::Stage::SampleSlow;
    bool isChanged = false;
    const RunControl silent{control.stop, nullptr}; // batches count bytes; here pairs are counted
    while (const auto batch = survey.nextBatch(last)) {
        const ErrorSurvey::Progress progress = survey.progress();
        control.report("measuring errors", options.isExact ? progress.exact : progress.known, progress.total);
        survey.store(*batch, ErrorSurvey::run(*model, *batch, options.encoding, options.threads, silent, options.importance));
        isChanged = true;
    }
    if (options.cache && isChanged) {
        ErrorSurvey whole(model, possibleTypes(*model)); // what others measured of other types stays
        whole.restore(survey.results());
        whole.restore(options.cache->load(*model, options.encoding, control, options.importance));
        try {
            options.cache->save(*model, options.encoding, whole.results(), options.importance);
        } catch (const Error&) {
            // A cache that cannot be written only costs time.
        }
    }
    return survey.table();
}

} // namespace quantlathe
