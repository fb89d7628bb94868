// SPDX-License-Identifier: GPL-3.0-or-later
// What is selected, in words, and what will become of it.
#pragma once

#include "ui/document.h"

#include <QString>

namespace quantlathe::ui {

/// "blk.3.attn_q.weight (4096 x 4096)", "Layer 3 (9 tensors)", "12 tensors"; empty without a selection.
QString selectionText(const Document& document);
/// The types @p tensors are written in, most weights first: "Q4_K", "Q4_K, Q6_K and F32". Needs a model.
QString writtenTypesText(const Document& document, const TensorIndices& tensors);

/// "standard effort", "best effort, plain squared error".
QString encodingText(const Encoding& encoding);

} // namespace quantlathe::ui
