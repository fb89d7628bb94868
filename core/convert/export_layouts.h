// SPDX-License-Identifier: GPL-3.0-or-later
// From what a plan asks for to the layout that holds it, and the configuration that says so.
#pragma once

#include "core/convert/export_folder.h"

namespace quantlathe {

/// @throws Error(Unsupported) when @p target has no layout for @p choice
PackLayout layoutFor(Target target, const Choice& choice, const FolderOptions& options);

/// The object "quantization_config" for the entries of @p output. One scheme gets the plain form; several get GPTQ's 'dynamic' or
/// groups of compressed-tensors with the layers' names.
nlohmann::ordered_json quantizationConfig(const FolderOutput& output, const FolderOptions& options);

} // namespace quantlathe
