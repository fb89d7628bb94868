// SPDX-License-Identifier: GPL-3.0-or-later
// A layer in steps, for methods that change weights by what goes into them: each step's matrices are changed before the next one
// runs, and no product is computed twice.
#pragma once

#include "core/inference/forward_pass.h"

namespace quantlathe {

enum class LayerStep : std::uint8_t {
    AttentionInputs,   ///< ends with what goes into query, key and value
    Attended,          ///< ... into the attention's output matrix
    Attention,         ///< hidden states get the attention's branch
    FeedForwardInputs, ///< ends with what goes into gate and up, of every expert
    Inner,             ///< ... into down
    FeedForward        ///< hidden states get the feed-forward branch
};

/// What a step leaves for the next one; without it it is computed anew.
struct StepResults
{
    float* attended = nullptr; ///< [tokens x heads * valueLength], from Attended for Attention
    float* inner = nullptr;    ///< [tokens x rows of up], from Inner for FeedForward; dense layers only
};

/// Runs one step of a layer on @p hidden [tokens x embeddingLength]. The two adding steps of a layer in turn give the same numbers as runLayer().
/// @param observer sees what the step ends with; not called by the adding steps. May be null
/// @throws as runLayer()
void runStep(const ForwardPass& pass, const LoadedLayer& layer, LayerStep step, const TokenBatch& batch, float* hidden, const StepResults& results,
             ActivationObserver* observer, const RunControl& control = {});

} // namespace quantlathe
