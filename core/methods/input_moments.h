// SPDX-License-Identifier: GPL-3.0-or-later
// What goes into the matrices of a layer's step, gathered while text passes through: one Hessian for all matrices that share their inputs, one for
// each expert.
#pragma once

#include "core/inference/layer_steps.h"
#include "core/methods/hessian.h"

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <vector>

namespace quantlathe {

/// Matrices that share their inputs.
struct InputGroup
{
    std::vector<const Linear*> matrices; ///< of the network
    [[nodiscard]] std::uint64_t inputs() const { return matrices.front()->inputs; }
    [[nodiscard]] std::uint64_t hessianBytes() const { return inputs() * inputs() * sizeof(float); }
};

/// Of one of the steps that end with inputs: query, key and value; the attention's output; gate and up; down. Of a mixture of experts a group for each.
std::vector<InputGroup> inputGroups(const NetworkLayer& layer, LayerStep step);

struct InputMoments
{
    explicit InputMoments(std::uint64_t inputs) : hessian(inputs), largest(inputs) {}
    Hessian hessian;
    std::vector<float> largest; ///< of the absolute inputs, by channel
};

/// Gathers the moments of some groups; others pass by.
class MomentObserver final : public ActivationObserver
{
public:
    MomentObserver(std::span<const InputGroup> groups, bool wantsLargest, unsigned threads, const RunControl& control);
    void onInputs(std::span<const Linear* const> matrices, const float* inputs, std::uint64_t rows, std::uint64_t columns, std::uint64_t stride) override;
    /// In the order of the groups.
    [[nodiscard]] std::vector<std::unique_ptr<InputMoments>> take();

private:
    std::vector<std::unique_ptr<InputMoments>> m_moments;
    std::map<const Linear*, InputMoments*> m_byMatrix;
    bool m_wantsLargest;
    unsigned m_threads;
    const RunControl& m_control;
};

} // namespace quantlathe
