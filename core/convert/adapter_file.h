// SPDX-License-Identifier: GPL-3.0-or-later
// What a PEFT folder holds: pairs of low-rank matrices and whole tensors, by the tensors of the model they belong to.
#pragma once

#include "core/convert/adapters.h"

#include <map>
#include <optional>
#include <string>

namespace quantlathe {

/// W [outputs x inputs] += scale * up down.
struct LowRankPair
{
    std::optional<Tensor> down; ///< [rank x inputs]
    std::optional<Tensor> up;   ///< [outputs x rank]
    bool isEmbedding = false;   ///< W is [inputs x outputs]
    double scale = 1;           ///< alpha / rank, or alpha / sqrt(rank)
};

struct AdapterFile
{
    std::shared_ptr<const Model> tensors; ///< adapter_model.safetensors
    std::map<std::string, LowRankPair> pairs;  ///< by module ("model.layers.0.self_attn.q_proj"); both matrices are there
    std::map<std::string, Tensor> replaced;    ///< by tensor ("lm_head.weight")
    bool isFanInFanOut = false;                ///< matrices of the model are [inputs x outputs]
};

/// @throws as withAdapters()
AdapterFile readAdapter(const std::filesystem::path& folder);

/// PEFT's patterns of modules: the whole name or its end behind a dot, where '.' stands for any character, "\." for a dot, and '^' and '$' for the
/// ends. Nothing for expressions that use more than that.
std::optional<bool> matchesModule(std::string_view pattern, std::string_view module);

} // namespace quantlathe
