// SPDX-License-Identifier: GPL-3.0-or-later
// What the tests of the page Evaluation share: the sample model on a part of its held-out text, in seconds.
#pragma once

#include "core/formats/open.h"
#include "core/plan/presets.h"
#include "ui/evaluation/evaluations.h"
#include "ui/parts/task_list.h"
#include "ui/ui_test_support.h"

namespace quantlathe::ui::test {

inline std::shared_ptr<const Model> sampleModel()
{
    static const auto model = openModel(quantlathe::test::resource("sample/quantlathe-sample-f16.gguf"));
    return model;
}

inline QString heldOutText() { return QString::fromStdString(quantlathe::test::resource("sample/heldout.txt").string()); }

inline TrialText shortText(std::uint64_t chunks = 4)
{
    TrialText text;
    text.file = quantlathe::test::resource("sample/heldout.txt");
    text.name = "heldout.txt";
    text.contextLength = 64;
    text.maximumChunks = chunks;
    return text;
}

inline Plan presetPlan(const char* name) { return planFromPreset(*sampleModel(), *findPreset(name), {}); }

/// Divergence and perplexity of 1,000 tokens that never were.
inline EvaluationResult inventedResult()
{
    EvaluationResult result;
    result.contextLength = 64;
    result.firstScored = 32;
    result.tokens = 1240;
    result.wantedChunks = 40;
    result.availableChunks = 50;
    result.perplexity = {12.5, 0.25};
    result.chunks.resize(40);
    Divergence divergence;
    divergence.originalPerplexity = {12.4, 0.25};
    divergence.logRatio = {0.008, 0.0005};
    divergence.mean = {0.0213, 0.001};
    for (std::size_t index = 0; index < Spread::fractions.size(); ++index)
        divergence.spread.values[index] = index == 0 ? 0 : 0.001 * static_cast<double>(index * index);
    divergence.sameTop = {0.973, 0.005};
    divergence.probabilityChange = {-0.002, 0.0004};
    divergence.probabilityChangeRms = {0.05, 0.002};
    for (int position = 0; position < 31; ++position)
        divergence.byPosition.push_back(0.02 + 0.0001 * position);
    divergence.layerErrors = {0.01, 0.02, 0.05, 0.07};
    result.divergence = divergence;
    return result;
}

} // namespace quantlathe::ui::test
