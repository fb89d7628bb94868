// SPDX-License-Identifier: GPL-3.0-or-later
// One layer of the walk in quantize_layers.h. Inside this room.
#pragma once

#include "core/inference/buffer_pool.h"
#include "core/inference/layer_steps.h"
#include "core/methods/input_moments.h"
#include "core/methods/layer_weights.h"
#include "core/methods/quantize_layers.h"
#include "core/methods/quantize_matrix.h"
#include "core/methods/scale_search.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace quantlathe {

/// Estimated operations of a layer's parts, for progress.
struct LayerCost
{
    std::uint64_t forward = 0; ///< of one pass through all of it
    std::uint64_t whole = 0;   ///< with Hessians and rounding
};
LayerCost costOf(const NetworkLayer& layer, std::uint64_t tokens);

/// True for choices that are worked on here, not by the encoders of GGUF's types.
bool isOwnWork(const Choice& choice);
/// True where a method looks at the inputs.
bool needsInputs(const Choice& choice);

class LayerQuantizer
{
public:
    /// All references outlive it.
    LayerQuantizer(const ForwardPass& pass, const LayerRequest& request, std::shared_ptr<const WeightSource> base, const std::filesystem::path& folder);

    /// Quantizes layer @p index and moves @p hidden [tokens x embedding] behind it. Null where no method looks at inputs: only weights are rounded then.
    /// @param done progress so far; grows by LayerCost::whole
    std::vector<std::shared_ptr<const QuantizedTensor>> run(std::size_t index, float* hidden, std::uint64_t& done, std::uint64_t total, const RunControl& control);
    /// Moves @p hidden behind a finished layer.
    void pass(std::size_t index, const WeightSource& weights, float* hidden, const RunControl& control);
    /// A tensor that is no matrix of a layer, by rounding or, with @p moments of its inputs, as its choice asks.
    std::shared_ptr<const QuantizedTensor> quantizeAlone(const Linear& linear, std::unique_ptr<InputMoments> moments, const RunControl& control);

private:
    struct Half
    {
        LayerStep inputs;
        LayerStep inner;
        LayerStep adds;
    };
    using Moments = std::vector<std::unique_ptr<InputMoments>>;
    using Tensors = std::map<std::size_t, TensorInWork>;

    void runHalf(const Half& half, float* hidden, const RunControl& control);
    /// AWQ and SmoothQuant (layer_scaling.cpp): inputs of both steps are gathered first, factors found and folded, then everything is quantized.
    void scaleHalf(const Half& half, Method method, float* hidden, const StepResults& results, const RunControl& control);
    /// The method that scales channels in this half; nothing = none does.
    [[nodiscard]] std::optional<Method> scalingMethod(const Half& half) const;
    [[nodiscard]] ScaledMatrix scaledMatrix(const Linear& linear, const InputMoments& moments, const RunControl& control);
    Moments momentsOf(LayerStep step, std::span<const InputGroup> groups, bool wantsLargest, float* hidden, const StepResults& results, const RunControl& control);
    void quantizeStep(LayerStep step, float* hidden, const StepResults& results, bool& isKept, const RunControl& control);
    void quantizeGroup(const InputGroup& group, std::unique_ptr<InputMoments> moments, Tensors& tensors, const RunControl& control);
    [[nodiscard]] std::optional<Choice> choiceOf(const Linear& linear) const;
    [[nodiscard]] bool isCalibrated(const InputGroup& group) const;
    FloatBuffer weightsOf(const Linear& linear, const RunControl& control);
    void report(LayerStep step, const RunControl& control);

    const ForwardPass& m_pass;
    const LayerRequest& m_request;
    const Network& m_network;
    LayerWeights m_weights;
    std::filesystem::path m_folder;
    RunControl m_silent;
    std::size_t m_index = 0;
    std::uint64_t m_done = 0;
    std::uint64_t m_total = 0;
};

} // namespace quantlathe
