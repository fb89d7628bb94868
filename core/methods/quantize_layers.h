// SPDX-License-Identifier: GPL-3.0-or-later
// The walk through a network that quantizes it: one layer at a time, fed by the already quantized layers before it; within a layer query, key and
// value, then the attention's output matrix, then gate and up, then down, each with what the changed ones before let through.
#pragma once

#include "core/inference/forward_pass.h"
#include "core/methods/layer_journal.h"
#include "core/methods/quantized_tensor.h"
#include "core/plan/plan.h"

#include <filesystem>
#include <functional>
#include <memory>
#include <vector>

namespace quantlathe {

struct LayerSettings
{
    double damping = 0.01;       ///< GPTQ: of the mean of the Hessian's diagonal
    bool ordersChannels = true;  ///< GPTQ: channels with much input first; scales are then fixed before. Otherwise groups follow the errors
    bool searchesClip = false;   ///< integers: narrower ranges are tried, weighted by the inputs; AWQ does so in any case
    double smoothing = 0.5;      ///< SmoothQuant: how much of the activations' range goes into the weights, 0 .. 1
    unsigned threads = 0;
    /// For everything. Hidden states that take more than a quarter lie in a file beside the journal.
    std::uint64_t memoryBytes = std::uint64_t{4} << 30;
};

/// What is told after each layer.
struct LayerReport
{
    std::size_t layer = 0;
    std::size_t layers = 0;
    std::vector<MatrixReport> matrices;
};

struct LayerRequest
{
    std::shared_ptr<const Network> network;
    /// Tensors with a scheme or a method other than rounding are worked on here; others are as the plan's types leave them.
    Plan plan;
    TokenBatch calibration; ///< may be empty where nothing but rounding is planned
    LayerSettings settings;
    std::filesystem::path journal; ///< finished layers are kept here; empty = in a temporary file
    bool resume = false;           ///< go on from the journal, where it is of this request
    std::function<void(const LayerReport&)> onLayer; ///< on the calling thread; may be empty
};

struct QuantizedLayers
{
    std::shared_ptr<const LayerJournal> journal;  ///< all tensors that were worked on
    std::shared_ptr<const WeightSource> weights;  ///< of the whole model
    std::vector<MatrixReport> reports;            ///< in the order of the layers
    std::size_t resumedLayers = 0;                ///< taken from the journal
};

/// Deterministic for every thread count, and for a run that was interrupted and resumed. Progress in estimated operations. Cancelled it leaves the journal.
/// @throws Error(InvalidArgument) for a plan that needs text where there is none; Error(Unsupported) for schemes that a tensor cannot have;
/// Error(BadFormat) for what is not finite; Error(Cancelled, SourceChanged, DiskFull, Io)
QuantizedLayers quantizeLayers(const LayerRequest& request, const RunControl& control = {});

} // namespace quantlathe
