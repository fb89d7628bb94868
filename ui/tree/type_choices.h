// SPDX-License-Identifier: GPL-3.0-or-later
// The types a person can choose, in combo boxes and menus.
#pragma once

#include "core/types/tensor_type.h"

#include <QString>

#include <functional>
#include <optional>
#include <vector>

class QMenu;

namespace quantlathe::ui {

/// Every type this version can write to a GGUF, most bits first.
const std::vector<TensorType>& writableTypes();

/// "4.50 bits per weight"
QString bitsDescription(TensorType type);
/// The same for a type that is on offer, with what speaks against it.
QString choiceDescription(TensorType type);

/// Adds one action per writable type to @p menu, grouped by family, and calls @p choose with it.
void addTypeActions(QMenu& menu, const std::function<void(TensorType)>& choose);

/// Types travel through QVariants as numbers; -1 stands for "as stored".
int toNumber(std::optional<TensorType> type);
std::optional<TensorType> typeFromNumber(int number);

} // namespace quantlathe::ui
