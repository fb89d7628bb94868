// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/methods/input_moments.h"

#include <algorithm>
#include <cmath>

namespace quantlathe {

std::vector<InputGroup> inputGroups(const NetworkLayer& layer, LayerStep step)
{
    std::vector<InputGroup> groups;
    const auto addFeedForward = [&](const DenseFeedForward& part) {
        InputGroup& group = groups.emplace_back();
        if (step == LayerStep::Inner) {
            group.matrices.push_back(&part.down);
            return;
        }
        if (part.gate)
            group.matrices.push_back(&*part.gate);
        group.matrices.push_back(&part.up);
    };
    if (step == LayerStep::AttentionInputs) {
        groups.push_back({{&layer.attention.query, &layer.attention.key, &layer.attention.value}});
    } else if (step == LayerStep::Attended) {
        groups.push_back({{&layer.attention.output}});
    } else if (step == LayerStep::FeedForwardInputs || step == LayerStep::Inner) {
        if (layer.dense)
            addFeedForward(*layer.dense);
        if (layer.experts) {
            for (const DenseFeedForward& expert : layer.experts->experts)
                addFeedForward(expert);
            if (layer.experts->shared)
                addFeedForward(*layer.experts->shared);
        }
    }
    return groups;
}

MomentObserver::MomentObserver(std::span<const InputGroup> groups, bool wantsLargest, unsigned threads, const RunControl& control)
    : m_wantsLargest(wantsLargest), m_threads(threads), m_control(control)
{
    for (const InputGroup& group : groups) {
        m_moments.push_back(std::make_unique<InputMoments>(group.inputs()));
        m_byMatrix[group.matrices.front()] = m_moments.back().get();
    }
}

void MomentObserver::onInputs(std::span<const Linear* const> matrices, const float* inputs, std::uint64_t rows, std::uint64_t columns, std::uint64_t stride)
{
    const auto found = m_byMatrix.find(matrices.front());
    if (found == m_byMatrix.end())
        return;
    found->second->hessian.add(inputs, rows, stride, m_threads, m_control);
    if (!m_wantsLargest)
        return;
    std::vector<float>& largest = found->second->largest;
    for (std::uint64_t row = 0; row < rows; ++row) {
        const float* const values = inputs + row * stride;
        for (std::uint64_t column = 0; column < columns; ++column)
            largest[column] = std::max(largest[column], std::abs(values[column]));
    }
}

std::vector<std::unique_ptr<InputMoments>> MomentObserver::take()
{
    return std::move(m_moments);
}

} // namespace quantlathe
