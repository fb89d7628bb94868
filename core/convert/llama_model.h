// SPDX-License-Identifier: GPL-3.0-or-later
// A Hugging Face folder of a Llama-architecture model as GGUF contents.
#pragma once

#include "core/convert/gguf_output.h"

#include <filesystem>

namespace quantlathe {

/// Names, shapes and order of the tensors, and metadata, for @p model, whose config.json lies in @p folder. Types are left
/// to the caller (OutputTensor::type and isCopy are not set).
/// @throws Error(Unsupported) naming the architecture or the feature that cannot be converted yet; Error(BadFormat) when
/// tensors are missing or contradict config.json, or for an inconsistent tokenizer
GgufOutput describeLlamaModel(const std::shared_ptr<const Model>& model, const std::filesystem::path& folder);

} // namespace quantlathe
