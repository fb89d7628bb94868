// SPDX-License-Identifier: GPL-3.0-or-later
// DeepSeek's matrix from latents to keys and values, which GGUF files keep in two parts.
#pragma once

#include "core/model/tensor.h"

#include <string>

namespace quantlathe {

/// [heads * (keys + values) x rank]: of each head first the rows that make keys, then those that make values.
/// @param keys [heads, rank, keys]: each head turned; @param values [heads, values, rank]; extents that agree
Tensor joinedHeads(std::string name, const Tensor& keys, const Tensor& values);

} // namespace quantlathe
