// SPDX-License-Identifier: GPL-3.0-or-later
// Tensors that a method has already encoded, for the export's chunks to copy rows from.
#pragma once

#include "core/methods/layer_journal.h"

#include <cstddef>
#include <memory>
#include <mutex>
#include <span>

namespace quantlathe {

/// Thread-safe; keeps the tensor it was last asked for, since chunks of one tensor follow each other.
class CalibratedTensors
{
public:
    explicit CalibratedTensors(std::shared_ptr<const LayerJournal> journal) : m_journal(std::move(journal)) {}

    /// True where the journal holds rows of @p type for the source model's tensor @p index. @throws Error(BadFormat, Io)
    [[nodiscard]] bool holds(std::size_t index, TensorType type) const;
    /// Tensor @p index, encoded; null where the journal holds none, or other values. @throws as holds()
    [[nodiscard]] std::shared_ptr<const QuantizedTensor> encoded(std::size_t index) const;

private:
    std::shared_ptr<const LayerJournal> m_journal;
    mutable std::mutex m_mutex;
    mutable std::shared_ptr<const QuantizedTensor> m_last;
};

} // namespace quantlathe
