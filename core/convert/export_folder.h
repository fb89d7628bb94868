// SPDX-License-Identifier: GPL-3.0-or-later
// A folder for vLLM, TGI or transformers, described to the byte before it is written: pieces, shards, config.json.
#pragma once

#include "core/convert/export_contents.h"
#include "core/convert/export_pack.h"
#include "core/convert/load_rules.h"
#include "core/formats/safetensors/safetensors_writer.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace quantlathe {

/// A tensor of the folder and the stored tensors it becomes.
struct FolderEntry
{
    std::size_t tensor = 0;            ///< in contents.tensors
    std::optional<PackLayout> layout;  ///< nothing: plain numbers of `type`
    Choice choice;                     ///< where there is a layout
    TensorType type = TensorType::BF16;
    std::size_t firstPiece = 0;        ///< in FolderOutput::pieces
    std::size_t pieceCount = 1;
};

struct FolderOutput
{
    FolderContents contents;
    Target target = Target::Safetensors;
    std::vector<FolderEntry> entries;
    std::vector<safetensors::NewTensor> pieces;
    safetensors::ShardLayout shards;
    std::map<std::string, std::string> texts; ///< config.json, index, side files: all small files but the copies and README.md
    std::vector<LoadFinding> findings;
    std::vector<std::size_t> fused;           ///< by entry, as fusedGroups()
};

/// @param plan of a folder's target, by the source's tensor names
/// @throws Error(Unsupported) with the first finding that makes it impossible; as folderContents()
FolderOutput makeFolderOutput(FolderContents contents, const Plan& plan, const FolderOptions& options);

/// Every linear layer in @p choice, everything else as it is.
Plan uniformFolderPlan(const FolderContents& contents, Target target, const Choice& choice);

} // namespace quantlathe
