// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/evaluation/trial.h"

#include "core/analysis/error_cache.h"
#include "core/calibration/imatrix_file.h"
#include "core/formats/open.h"
#include "core/inference/neutral_text.h"
#include "core/inference/text_windows.h"
#include "core/plan/recipe.h"

namespace quantlathe::ui {

namespace {

struct ReadText
{
    RunnableModel model;
    TextTokens tokens;

    [[nodiscard]] TextWindows windows(const TrialText& text) const { return {tokens.tokens, tokens.begin, text.contextLength, text.maximumChunks}; }
};

ReadText readTextFor(const std::shared_ptr<const Model>& model, const TrialText& text)
{
    ReadText read{makeRunnable(model), {}};
    read.tokens = tokensOfText(*read.model.tokenizer, *read.model.network, text.file.empty() ? std::string(neutralText()) : readText(text.file));
    return read;
}

EvaluationRequest requestFor(const ReadText& read, const TrialText& text)
{
    EvaluationRequest request;
    request.network = read.model.network;
    request.tokens = read.tokens.tokens;
    request.begin = read.tokens.begin;
    request.settings.contextLength = text.contextLength;
    request.settings.maximumChunks = text.maximumChunks;
    request.settings.forward = {text.threads, text.memoryBytes};
    return request;
}

/// Named by models, text, context and @p identity; empty where nothing is kept.
std::filesystem::path journalIn(const std::filesystem::path& folder, EvaluationRequest request, const std::string& identity)
{
    request.weightsIdentity = identity;
    const std::filesystem::path name = defaultJournalPath(request).filename();
    return folder.empty() || name.empty() ? std::filesystem::path() : folder / name;
}

std::optional<Sensitivities> earlierSensitivities(const std::filesystem::path& journal, const Model& model)
{
    std::error_code failure;
    if (journal.empty() || !std::filesystem::exists(journal, failure))
        return std::nullopt;
    try {
        return loadSensitivities(journal, model);
    } catch (const Error&) {
        return std::nullopt; // of another version: measured anew
    }
}

} // namespace

std::filesystem::path defaultTrialFolder()
{
    const std::filesystem::path errors = ErrorCache::defaultFolder();
    return errors.empty() ? errors : errors.parent_path() / "evaluations";
}

RunnableModel makeRunnable(const std::shared_ptr<const Model>& model) { return {makeNetwork(model), loadTokenizer(*model)}; }

EvaluationResult runEvaluation(const Trial& trial, const std::function<void(const EvaluationResult&)>& onPass, const RunControl& control)
{
    const ReadText read = readTextFor(trial.model, trial.text);
    EvaluationRequest request = requestFor(read, trial.text);
    request.weights = plannedWeights(trial.model, trial.plan, trial.importance);
    request.weightsIdentity = recipeToJson(trial.plan, *trial.model, trial.importance ? trial.importance->importance().get() : nullptr);
    if (trial.kind == Trial::Kind::AgainstModel) {
        const ReadText other = readTextFor(openModel(trial.against), trial.text);
        throwIfTextDiffers(read.tokens, *read.model.network, other.tokens, *other.model.network);
        request.originalNetwork = other.model.network;
    }
    request.journal = journalIn(trial.journalFolder, request, request.weightsIdentity);
    request.onPass = onPass;
    return evaluate(request, control);
}

Sensitivities runSensitivity(const Trial& trial, const SensitivityObserver& observer, const RunControl& control)
{
    const ReadText read = readTextFor(trial.model, trial.text);
    const TextWindows windows = read.windows(trial.text);
    SensitivityOptions options = trial.sensitivity;
    options.threads = trial.text.threads;
    options.memoryBytes = trial.text.memoryBytes;
    options.importance = trial.importance;
    const auto journal = journalIn(trial.journalFolder, requestFor(read, trial.text), "sensitivity");
    const auto known = earlierSensitivities(journal, *trial.model);
    const auto keep = [&](const Sensitivities& sofar) {
        if (!journal.empty()) {
            std::filesystem::create_directories(journal.parent_path());
            saveSensitivities(journal, sofar, *trial.model);
        }
    };
    Sensitivities result = measureSensitivities(read.model.network, {trial.text.name, windows.batch(0, windows.count())}, options,
                                                known ? &*known : nullptr,
                                                [&](const Sensitivities& sofar) {
                                                    keep(sofar);
                                                    observer(sofar);
                                                },
                                                control);
    keep(result);
    return result;
}

CollectedImportance runCollection(const Trial& trial, const RunControl& control)
{
    const ReadText read = readTextFor(trial.model, trial.text);
    const TextWindows windows = read.windows(trial.text);
    CollectOptions options;
    options.withOutput = trial.withOutputMatrix;
    options.threads = trial.text.threads;
    options.memoryBytes = trial.text.memoryBytes;
    options.journal = journalIn(trial.journalFolder, requestFor(read, trial.text), "importance");
    options.resume = true;
    if (!options.journal.empty())
        std::filesystem::create_directories(options.journal.parent_path());
    CollectedImportance result = collectImportance(read.model.network, windows.batch(0, windows.count()), trial.text.name, options, control);
    writeImportance(*result.importance, trial.output, importanceFormatFor(trial.output));
    return result;
}

PlanCheck runPlanCheck(const std::shared_ptr<const Model>& model, const std::vector<PlanCandidate>& candidates,
                       const std::shared_ptr<const ImportanceMatch>& importance, const TrialText& text, const RunControl& control)
{
    const ReadText read = readTextFor(model, text);
    return checkPlans(candidates, requestFor(read, text), importance, control);
}

} // namespace quantlathe::ui
