// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/methods/layer_weights.h"

#include <utility>

namespace quantlathe {

namespace {

class JournalWeights final : public WeightSource
{
public:
    JournalWeights(std::shared_ptr<const LayerJournal> journal, std::shared_ptr<const WeightSource> base) : m_journal(std::move(journal)), m_base(std::move(base)) {}

    const Model& model() const override { return m_base->model(); }
    bool isAsStored(std::size_t tensor) const override { return !m_journal->holds(tensor) && m_base->isAsStored(tensor); }
    TensorType type(std::size_t tensor) const override
    {
        if (!m_journal->holds(tensor))
            return m_base->type(tensor);
        const auto loaded = m_journal->load(tensor);
        const auto* encoded = std::get_if<EncodedTensor>(&loaded->values);
        return encoded ? encoded->type : m_base->type(tensor);
    }
    std::shared_ptr<const WeightRows> rows(std::size_t tensor, unsigned threads, const RunControl& control) const override
    {
        return m_journal->holds(tensor) ? rowsOf(m_journal->load(tensor), model().tensors()[tensor].shape().rowLength()) : m_base->rows(tensor, threads, control);
    }

private:
    std::shared_ptr<const LayerJournal> m_journal;
    std::shared_ptr<const WeightSource> m_base;
};

} // namespace

TensorType LayerWeights::type(std::size_t tensor) const
{
    const auto found = m_tensors.find(tensor);
    const auto* encoded = found == m_tensors.end() ? nullptr : std::get_if<EncodedTensor>(&found->second->values);
    return encoded ? encoded->type : m_base->type(tensor);
}

std::shared_ptr<const WeightRows> LayerWeights::rows(std::size_t tensor, unsigned threads, const RunControl& control) const
{
    const auto found = m_tensors.find(tensor);
    return found == m_tensors.end() ? m_base->rows(tensor, threads, control) : rowsOf(found->second, model().tensors()[tensor].shape().rowLength());
}

std::shared_ptr<const WeightSource> journalWeights(std::shared_ptr<const LayerJournal> journal, std::shared_ptr<const WeightSource> base)
{
    return std::make_shared<JournalWeights>(std::move(journal), std::move(base));
}

} // namespace quantlathe
