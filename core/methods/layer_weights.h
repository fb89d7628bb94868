// SPDX-License-Identifier: GPL-3.0-or-later
// A model's weights with some tensors as a method left them.
#pragma once

#include "core/inference/weight_source.h"
#include "core/methods/layer_journal.h"

#include <map>
#include <memory>

namespace quantlathe {

/// Changed tensors over a base. Not thread-safe while it is changed.
class LayerWeights final : public WeightSource
{
public:
    explicit LayerWeights(std::shared_ptr<const WeightSource> base) : m_base(std::move(base)) {}

    void set(std::shared_ptr<const QuantizedTensor> tensor) { m_tensors[tensor->tensor] = std::move(tensor); }
    void clear() { m_tensors.clear(); }
    /// All that was set, by tensor.
    [[nodiscard]] const std::map<std::size_t, std::shared_ptr<const QuantizedTensor>>& tensors() const { return m_tensors; }

    [[nodiscard]] const Model& model() const override { return m_base->model(); }
    [[nodiscard]] bool isAsStored(std::size_t tensor) const override { return !m_tensors.contains(tensor) && m_base->isAsStored(tensor); }
    [[nodiscard]] TensorType type(std::size_t tensor) const override;
    [[nodiscard]] std::shared_ptr<const WeightRows> rows(std::size_t tensor, unsigned threads, const RunControl& control) const override;

private:
    std::shared_ptr<const WeightSource> m_base;
    std::map<std::size_t, std::shared_ptr<const QuantizedTensor>> m_tensors;
};

/// The tensors of @p journal over @p base, read as they are needed. Thread-safe.
std::shared_ptr<const WeightSource> journalWeights(std::shared_ptr<const LayerJournal> journal, std::shared_ptr<const WeightSource> base);

} // namespace quantlathe
