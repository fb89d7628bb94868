// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/jobs/calibrated_tensors.h"

#include <variant>

namespace quantlathe {

bool CalibratedTensors::holds(std::size_t index, TensorType type) const
{
    const auto tensor = encoded(index);
    return tensor && std::get<EncodedTensor>(tensor->values).type == type;
}

std::shared_ptr<const QuantizedTensor> CalibratedTensors::encoded(std::size_t index) const
{
    if (!m_journal->holds(index))
        return nullptr;
    const std::lock_guard lock(m_mutex);
    if (!m_last || m_last->tensor != index)
        m_last = m_journal->load(index);
    return std::holds_alternative<EncodedTensor>(m_last->values) ? m_last : nullptr;
}

} // namespace quantlathe
