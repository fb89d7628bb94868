// SPDX-License-Identifier: GPL-3.0-or-later
// LoRA adapters (folders of the PEFT library) merged into a model's weights while they are read.
#pragma once

#include "core/model/model.h"

#include <filesystem>
#include <memory>
#include <string_view>
#include <vector>

namespace quantlathe {

struct Adapter
{
    std::filesystem::path folder; ///< with adapter_config.json and adapter_model.safetensors
    double scale = 1;             ///< on top of the adapter's own
};

/// "FOLDER", or "FOLDER:0.5" with a scale. @throws Error(InvalidArgument) for an empty folder or a scale that is no finite number
Adapter parseAdapter(std::string_view text);

/// @p model, a Hugging Face folder, with all @p adapters: each tensor W they train is W + sum of scale * alpha / r * B A, computed row by
/// row in float32 when it is decoded; tensors they replace (modules_to_save, biases) are the adapter's. Names, shapes and places stay.
/// What was merged stands in the metadata as quantlathe.adapter.N.name and .scale.
/// Source: LoRA (arXiv 2106.09685), rank-stabilised (2312.03732): alpha / sqrt(r); PEFT's file format.
/// @throws Error(Unsupported) for a model that is no Hugging Face folder, other kinds of adapters and DoRA; Error(BadFormat) naming
/// the tensor that fits nothing in the model; Error(NotFound) without the files
std::shared_ptr<const Model> withAdapters(std::shared_ptr<const Model> model, const std::vector<Adapter>& adapters);

} // namespace quantlathe
