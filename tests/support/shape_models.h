// SPDX-License-Identifier: GPL-3.0-or-later
// Models that have names, shapes and hyperparameters but no weights: for everything that plans and estimates.
#pragma once

#include "core/model/model.h"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace quantlathe::test {

struct ShapeTensor
{
    std::string name;
    std::vector<std::uint64_t> dimensions; ///< outermost first
    TensorType type = TensorType::BF16;
    bool canDecode = true;
};

/// Tensors without bytes; @p folder takes one small file that the tensors claim to live in.
std::shared_ptr<const Model> makeShapeModel(const std::filesystem::path& folder, Architecture architecture,
                                            const std::vector<ShapeTensor>& tensors,
                                            ModelFormat format = ModelFormat::Gguf, Metadata metadata = {});

/// A decoder of the Llama kind.
struct LlamaShape
{
    std::string architecture = "llama";
    std::uint64_t layers, embedding, feedForward, heads, kvHeads, vocabulary;
    bool isTied = false;
    bool hasBias = false;
    std::uint64_t experts = 0; ///< 0 = dense
    bool isFused = false;      ///< attn_qkv instead of three, no gate (Falcon)
};
std::vector<ShapeTensor> tensorsOf(const LlamaShape& shape);
Architecture architectureOf(const LlamaShape& shape);

} // namespace quantlathe::test
