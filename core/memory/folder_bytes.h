// SPDX-License-Identifier: GPL-3.0-or-later
// What a tensor takes in a folder for vLLM, TGI or transformers; they keep it so in memory, too.
#pragma once

#include "core/plan/plan.h"

#include <cstdint>

namespace quantlathe {

/// A matrix [rows x inputs] as a file of @p target holds it: codes, scales, zero points and what the layout adds; two bytes per weight without scheme,
/// integers as @p stored. 2^64 - 1 where it cannot be counted. @param choice null: not quantized
std::uint64_t folderTensorBytes(Target target, const Choice* choice, TensorType stored, std::uint64_t rows, std::uint64_t inputs);

} // namespace quantlathe
