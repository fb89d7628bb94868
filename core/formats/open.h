// SPDX-License-Identifier: GPL-3.0-or-later
// The one way to open a model of any format.
#pragma once

#include "core/model/model.h"

#include <filesystem>
#include <memory>

namespace quantlathe {

/// Opens a GGUF file (any part of a split one), a safetensors file, a model.safetensors.index.json, or a Hugging Face
/// folder. Recognised by content, not by name. Reads headers only.
/// @throws Error(NotFound, AccessDenied, BadFormat, Unsupported): what, file, offset or tensor
std::shared_ptr<const Model> openModel(const std::filesystem::path& path);

} // namespace quantlathe
