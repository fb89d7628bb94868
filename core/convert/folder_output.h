// SPDX-License-Identifier: GPL-3.0-or-later
// A Hugging Face folder as GGUF contents.
#pragma once

#include "core/convert/gguf_output.h"

#include <filesystem>

namespace quantlathe {

/// Tensors and metadata for @p model, whose config.json lies in @p folder. Types of tensors with a source are left to the caller
/// (OutputTensor::type and isCopy are not set).
/// @throws as makeGgufOutput()
GgufOutput describeFolder(const std::shared_ptr<const Model>& model, const std::filesystem::path& folder);

} // namespace quantlathe
