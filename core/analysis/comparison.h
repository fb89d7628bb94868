// SPDX-License-Identifier: GPL-3.0-or-later
// Two models, tensor by tensor.
#pragma once

#include "core/analysis/quantization_error.h"
#include "core/model/model.h"

#include <optional>
#include <string>
#include <vector>

namespace quantlathe {

struct TensorComparison
{
    enum class Result { Identical, Different, ShapeDiffers, OnlyInFirst, OnlyInSecond, NotDecodable };

    std::string name;   ///< as in the first model (second, when only there)
    Result result = Result::Identical;
    std::optional<TensorType> firstType;
    std::optional<TensorType> secondType;
    ErrorSums error;    ///< for Different
};

/// Stable id for JSON ("identical", "different", ...).
std::string_view name(TensorComparison::Result result);

/// Tensors are matched by name, then by canonical name (GGUF against Hugging Face; llama's rope permutation of q and k is
/// taken into account where both architectures are known to differ in it). Identical = same type and bytes, or equal
/// values. In the order of the first model, then what only the second has.
std::vector<TensorComparison> compareModels(const Model& first, const Model& second, unsigned threads,
                                            const RunControl& control);

} // namespace quantlathe
