// SPDX-License-Identifier: GPL-3.0-or-later
// One piece of work with a model on a text, as a person asks for it, and what it gives. The functions run on worker threads and only
// put the parts of core/ together.
#pragma once

#include "core/calibration/collect.h"
#include "core/inference/evaluation.h"
#include "core/inference/plan_check.h"
#include "core/inference/sensitivity.h"
#include "core/inference/text_tokens.h"
#include "core/inference/tokenizer/tokenizer.h"

#include <QtGlobal>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

namespace quantlathe::ui {

/// Which text, and how much of it at what expense.
struct TrialText
{
    std::filesystem::path file;        ///< UTF-8; empty = the neutral text of the program
    std::string name;                  ///< what it is called in results
    std::uint64_t contextLength = 512; ///< tokens in a window
    std::uint64_t maximumChunks = 0;   ///< windows; 0 = the whole text
    unsigned threads = 0;              ///< 0 = automatic
    std::uint64_t memoryBytes = std::uint64_t{4} << 30;
    bool operator==(const TrialText&) const = default;
};

/// A model made ready to run. Immutable.
struct RunnableModel
{
    std::shared_ptr<const Network> network;
    std::shared_ptr<const Tokenizer> tokenizer;
};

/// In the cache of the person who runs the program; empty where there is none.
std::filesystem::path defaultTrialFolder();

/// @throws as makeNetwork() and loadTokenizer()
RunnableModel makeRunnable(const std::shared_ptr<const Model>& model);

struct Trial
{
    enum class Kind { Plan, AgainstModel, Sensitivity, Importance };

    quint64 id = 0;
    Kind kind = Kind::Plan;
    std::shared_ptr<const Model> model;
    Plan plan;                     ///< as it was when the person asked
    std::shared_ptr<const ImportanceMatch> importance; ///< what the plan is encoded with; null = without
    TrialText text;
    std::filesystem::path against; ///< AgainstModel: the file of the original
    SensitivityOptions sensitivity; ///< Sensitivity: unit, probe, encoding, time; the rest is of the text
    std::filesystem::path output;  ///< Importance: the file
    bool withOutputMatrix = false; ///< Importance
    std::filesystem::path journalFolder; ///< what an interrupted trial leaves; empty = nothing is kept

    [[nodiscard]] bool isEvaluation() const { return kind == Kind::Plan || kind == Kind::AgainstModel; }
};

/// @param onPass as EvaluationRequest::onPass. @throws as evaluate() and what comes before it
EvaluationResult runEvaluation(const Trial& trial, const std::function<void(const EvaluationResult&)>& onPass, const RunControl& control);
/// What an earlier run of the same trial measured is taken over, and what is measured is kept for the next.
Sensitivities runSensitivity(const Trial& trial, const SensitivityObserver& observer, const RunControl& control);
/// Writes trial.output, in the format that its name asks for.
CollectedImportance runCollection(const Trial& trial, const RunControl& control);
/// @param candidates of @p model. @throws as checkPlans() and what comes before it
PlanCheck runPlanCheck(const std::shared_ptr<const Model>& model, const std::vector<PlanCandidate>& candidates,
                       const std::shared_ptr<const ImportanceMatch>& importance, const TrialText& text, const RunControl& control);

} // namespace quantlathe::ui
