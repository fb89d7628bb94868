// SPDX-License-Identifier: GPL-3.0-or-later
// Rows of tensors with any number of dimensions.
#pragma once

#include "core/types/shape.h"

#include <QString>

#include <cstdint>
#include <optional>

namespace quantlathe::ui {

/// Row @p row of @p shape as people count it: "17" for a matrix, "[3, 17]" for a stack of matrices (expert 3, row 17).
QString rowLabel(const Shape& shape, std::uint64_t row);
/// The row that @p text names: "17" or "3, 17" or "[3, 17]"; nothing when it is no row of @p shape. A single number counts
/// rows over the whole stack.
std::optional<std::uint64_t> rowFromText(const Shape& shape, const QString& text);

} // namespace quantlathe::ui
