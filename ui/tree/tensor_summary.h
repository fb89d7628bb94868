// SPDX-License-Identifier: GPL-3.0-or-later
// The figures of several tensors together: a layer's row, the selection.
#pragma once

#include "ui/document.h"

#include <QString>

#include <cstdint>

namespace quantlathe::ui {

struct TensorSummary
{
    std::uint64_t tensors = 0;
    std::uint64_t weights = 0;
    std::uint64_t bytesBefore = 0;
    std::uint64_t bytesAfter = 0;
    std::size_t changed = 0;    ///< written in another type than stored
    std::size_t fallbacks = 0;  ///< written in another type than asked for
    QString storedTypes;        ///< "F16, F32", most weights first
    QString chosenTypes;
    // Over the tensors that change; samples count as much as the tensor they stand for.
    enum class ErrorState { Pending, Unchanged, Sampled, Exact, Failed } errorState = ErrorState::Unchanged;
    ErrorSums error;

    [[nodiscard]] double bitsPerWeight() const { return weights == 0 ? 0 : 8.0 * double(bytesAfter) / double(weights); }
};

/// @param document has a model; error previews that are not known yet are asked for
TensorSummary summarise(Document& document, const TensorIndices& tensors);

} // namespace quantlathe::ui
