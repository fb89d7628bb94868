// SPDX-License-Identifier: GPL-3.0-or-later
// Quantized checkpoints of other engines: the stored tensors of each layer become the one tensor they stand for.
#pragma once

#include "core/model/model.h"

#include <filesystem>
#include <string>
#include <vector>

namespace quantlathe::quantized {

enum class Completeness {
    Whole, ///< all files of the model are there: a layer with a piece missing is an error
    Shard  ///< one file of possibly several: layers with pieces elsewhere stay as their pieces
};

/// Replaces the pieces of quantized layers in @p contents.tensors by one tensor per layer, where the first piece stood. What the
/// configuration in @p folder does not describe, or describes in a way that is not decoded, stays as it is stored.
/// @return notes for people on what stayed
/// @throws Error(BadFormat) naming the module: pieces missing, or contradicting the configuration or each other
std::vector<std::string> assembleQuantized(Model::Contents& contents, const std::filesystem::path& folder, Completeness completeness);

} // namespace quantlathe::quantized
