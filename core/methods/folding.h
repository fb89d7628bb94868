// SPDX-License-Identifier: GPL-3.0-or-later
// Factors of channels, folded into what makes the channels and into what takes them, so that the network computes the same.
#pragma once

#include "core/inference/network.h"
#include "core/methods/layer_weights.h"

#include <map>
#include <memory>
#include <span>

namespace quantlathe {

/// Changes plain weights over a source; call commit() to see them there.
class Folding
{
public:
    Folding(LayerWeights& weights, unsigned threads, const RunControl& control) : m_weights(weights), m_threads(threads), m_control(control) {}

    /// A norm's outputs are divided: its weight and bias. The stored weight is less by the norm's offset, and stays so.
    void divide(const Norm& norm, std::span<const float> scales);
    /// A matrix' outputs are divided: its rows and bias.
    void divideOutputs(const Linear& linear, std::span<const float> scales);
    /// A matrix' inputs come divided: its columns are multiplied.
    void multiplyInputs(const Linear& linear, std::span<const float> scales);
    void commit();

private:
    PlainTensor& plain(std::size_t tensor);
    template <typename Change> void changeWeights(const Linear& linear, const Change& change);

    LayerWeights& m_weights;
    unsigned m_threads;
    const RunControl& m_control;
    std::map<std::size_t, std::shared_ptr<QuantizedTensor>> m_changed;
};

/// True where dividing the outputs of @p producer divides the inputs of what follows: values before the attention's output matrix, without shared heads.
bool isValueFoldable(const Attention& attention);
/// Likewise up before down: where the activation is of gate alone.
bool isUpFoldable(const DenseFeedForward& part);

} // namespace quantlathe
