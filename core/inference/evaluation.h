// SPDX-License-Identifier: GPL-3.0-or-later
// What a plan does to the model: perplexity over a text, and how far the predictions are from the original's. Both run side by side in
// one pass, layer by layer, without files of logits and without an export. Windows, perplexity and standard errors are those
// of llama-perplexity (text_windows.h, evaluation_result.h).
#pragma once

#include "core/inference/evaluation_result.h"
#include "core/inference/text_windows.h"

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

namespace quantlathe {

struct EvaluationSettings
{
    std::uint64_t contextLength = 512; ///< tokens in a window
    std::uint64_t maximumChunks = 0;   ///< windows at most; 0 = the whole text
    bool wantsDivergence = true;       ///< the original runs too
    /// memoryBytes is for everything: hidden states, logits and what ForwardPass takes. It bounds how many windows run through the layers
    /// together; less memory means decoding and encoding weights more often.
    ForwardSettings forward;
};

struct EvaluationRequest
{
    std::shared_ptr<const Network> network;      ///< of the model that is judged
    std::shared_ptr<const WeightSource> weights; ///< its weights: stored or planned
    /// What it is compared with; null = the same model's weights as stored. Another model must have the same vocabulary.
    std::shared_ptr<const Network> originalNetwork; ///< null = network
    std::shared_ptr<const WeightSource> original;
    std::vector<TokenId> tokens;                 ///< tokensOfText()
    std::optional<TokenId> begin;                ///< replaces the first token of each window
    EvaluationSettings settings;
    /// Finished chunks are kept here, and a run that was stopped or killed goes on from them; the file is removed at the end. Empty = none.
    /// What is there for another request is replaced. A journal that cannot be written is no failure (EvaluationResult::journalFailure).
    std::filesystem::path journal;
    /// Tells the weights from others of the same model: the recipe's JSON, empty for as stored.
    std::string weightsIdentity;
    /// After each pass over the layers, with the figures so far; called on the thread that called evaluate(). May be empty.
    std::function<void(const EvaluationResult&)> onPass;
};

/// The same figures for every thread count. Progress: tokens of text (chunks x contextLength), counted by the share of the
/// arithmetic that is done. Cancelled it leaves the journal.
/// @throws Error(InvalidArgument) for a text shorter than a window, vocabularies that differ, tokens outside of it; as
/// ForwardPass; Error(BadFormat) when predictions are not finite
EvaluationResult evaluate(const EvaluationRequest& request, const RunControl& control = {});

/// Chunks that a journal at request.journal holds for this request.
std::uint64_t resumableChunks(const EvaluationRequest& request);
/// Where the journal of @p request lies when nobody says otherwise: $XDG_CACHE_HOME/quantlathe/evaluations or ~/.cache/..., named by a hash
/// of models, weights, tokens and context. Empty where neither is set.
std::filesystem::path defaultJournalPath(const EvaluationRequest& request);

} // namespace quantlathe
