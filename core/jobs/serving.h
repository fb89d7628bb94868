// SPDX-License-Identifier: GPL-3.0-or-later
// How what was written is run: the command line and the memory it takes there.
#pragma once

#include "core/convert/load_rules.h"
#include "core/memory/estimate.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace quantlathe {

/// What a person wants to know the memory for.
struct ServingWish
{
    Engine engine = Engine::LlamaCpp;
    RuntimeSettings settings;      ///< of runnerOf(engine)
    std::vector<Device> devices;   ///< none: one of unknown size
};

struct Serving
{
    Engine engine = Engine::LlamaCpp;
    std::string command;                   ///< empty where the engine does not take it
    std::optional<MemoryEstimate> memory;  ///< nothing where the engine converts it first
    RuntimeSettings settings;              ///< context: what the estimate and the command are for
    std::vector<Device> devices;
};

/// TGI is counted as vLLM, with its own tokens per step: both serve from pages that fill what the weights leave.
Runner runnerOf(Engine engine);
/// @p engine's defaults with @p context tokens, but no more than @p model was made for; 0 = 8192 of them.
RuntimeSettings servingSettings(Engine engine, const Model& model, std::uint64_t context = 0);

/// @param plan by which @p model was written to @p path: a folder, or the (first) GGUF file
Serving servingOf(const Model& model, const Plan& plan, const std::filesystem::path& path, const ServingWish& wish);

} // namespace quantlathe
