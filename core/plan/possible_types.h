// SPDX-License-Identifier: GPL-3.0-or-later
// What a tensor can be written as.
#pragma once

#include "core/plan/plan.h"

#include <vector>

namespace quantlathe {

/// The types that @p model's tensor @p index ends up in when any of the target types is asked for (fallbacks applied), as
/// far as this version can write and read them; in the order of the registry, without repetition. The stored type is
/// among them when asking for it, or being refused another, leads to it.
std::vector<TensorType> possibleTypes(const Model& model, std::size_t index);
/// For all tensors, in the model's order.
std::vector<std::vector<TensorType>> possibleTypes(const Model& model);

} // namespace quantlathe
