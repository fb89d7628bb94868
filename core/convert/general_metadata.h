// SPDX-License-Identifier: GPL-3.0-or-later
// What a GGUF says about a model in general: names, size, licence, origin.
#pragma once

#include "core/convert/gguf_output.h"

#include <filesystem>

namespace quantlathe {

/// Appends general.* (but architecture and type) from the folder's name, README.md's front matter, generation_config.json and
/// @p output.tensors. The vocabulary must be there already: llama.cpp looks for Phi-3's tokens in every model that is called so, and
/// ends where they are missing; such a name is spelled otherwise.
void appendGeneralMetadata(const std::filesystem::path& folder, GgufOutput& output);

} // namespace quantlathe
