// SPDX-License-Identifier: GPL-3.0-or-later
// What makes engines refuse or misread a quantized folder, checked before anything is written. Facts: the loaders of vLLM, TGI,
// transformers and llama.cpp's converter as of mid-2026.
#pragma once

#include "core/convert/export_contents.h"
#include "core/plan/plan.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace quantlathe {

enum class Engine { Vllm, Tgi, Transformers, LlamaCpp };
/// Stable id ("vllm") and name for people ("vLLM").
std::string_view name(Engine engine);
std::string_view label(Engine engine);
std::optional<Engine> engineFromName(std::string_view name);

struct FolderOptions
{
    std::uint64_t shardBytes = 5'000'000'000; ///< 0 = one file
    /// Engines round activations to 8 bits too (W8A8): compressed-tensors with 8-bit integers. FP8 always does.
    bool roundsActivations = false;
    /// GPTQ's v2 layout, which keeps zero points as they are; asymmetric codes always have it.
    bool isGptqV2 = false;
};

enum class LoadVerdict {
    Impossible, ///< the layout cannot hold it: nothing is written
    Refused,    ///< the engines named do not load it
    Misread,    ///< the engines named load it and compute something else
    Advice      ///< it works, with a condition or more slowly
};
std::string_view name(LoadVerdict verdict);

struct LoadFinding
{
    LoadVerdict verdict = LoadVerdict::Advice;
    std::vector<Engine> engines;      ///< empty: all
    std::string message;              ///< a sentence without full stop
    std::string advice;               ///< what to do about it, likewise; empty where nothing need be done
    std::vector<std::string> tensors; ///< concerned, in file order; empty: the whole folder
};

/// True when the finding is said of @p engine: of all, or of it among others.
bool concerns(const LoadFinding& finding, Engine engine);
/// True when what is written would not load in @p engine, or not as it is meant.
bool standsInTheWay(const LoadFinding& finding, Engine engine);

/// Everything that is known to matter for @p plan (its target is a folder's). Never throws for what a plan can hold.
std::vector<LoadFinding> checkLoadRules(const FolderContents& contents, const Plan& plan, const FolderOptions& options);

/// Tensors that engines put into one matrix (queries, keys and values; gate and up) have the same number; others their own.
/// By the position in contents.tensors.
std::vector<std::size_t> fusedGroups(const FolderContents& contents);

/// The choice that counts for a tensor of the folder; null when it stays as it is.
const Choice* quantizedChoice(const FolderContents& contents, const Plan& plan, std::size_t index);

/// How @p engine is started with what was written, for a shell; empty where it cannot be.
/// @param path the folder, or the (first) GGUF file  @param context tokens to ask for; 0 = the engine's default
std::string servingCommand(Engine engine, Target target, const std::string& path, std::uint64_t context = 0);

} // namespace quantlathe
