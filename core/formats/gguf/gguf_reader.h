// SPDX-License-Identifier: GPL-3.0-or-later
// Opens GGUF models: one file, or all parts of a split one from any of them.
#pragma once

#include "core/model/model.h"

#include <filesystem>
#include <memory>

namespace quantlathe::gguf {

/// @throws Error as openModel(); a missing part of a split model is NotFound and named
std::shared_ptr<const Model> openGguf(const std::filesystem::path& path);

} // namespace quantlathe::gguf
