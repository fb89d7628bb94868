// SPDX-License-Identifier: GPL-3.0-or-later
// What can be written for each engine, as a person chooses it: a format, and within it bits, groups, symmetry and method. Facts: as load_rules.h.
#pragma once

#include "core/convert/load_rules.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace quantlathe {

enum class ExportFormat {
    Gguf,
    W4A16, W8A16, W8A8, Fp8, Nvfp4, Mxfp4, ///< of compressed-tensors
    Gptq, Awq,
    Fp8Blocks, ///< DeepSeek's: one scale for 128 x 128 weights
    Plain      ///< 16 bits
};
/// Stable id ("w4a16", "fp8-blocks", "plain") and name for people ("compressed-tensors W4A16").
std::string_view name(ExportFormat format);
std::string_view label(ExportFormat format);
std::optional<ExportFormat> exportFormatFromName(std::string_view name);
Target targetOf(ExportFormat format);

/// What @p engine loads, the usual choice first.
std::span<const ExportFormat> formatsFor(Engine engine);
/// The first of vLLM, TGI, transformers that loads folders of @p target; llama.cpp for GGUF.
Engine engineFor(Target target);

/// What there is to choose in a format, as far as an engine loads it.
struct FormatFacts
{
    std::vector<unsigned> bits;         ///< empty: nothing to choose
    std::vector<std::uint64_t> groups;  ///< inputs that share a scale; 0 = the whole row; empty: nothing to choose
    bool canBeAsymmetric = false;
    bool isMixable = false;             ///< layers may have different bits
    std::vector<Method> methods;        ///< the one that leaves least error first, by what was measured (core/methods/README.md)
};
FormatFacts factsOf(ExportFormat format, Engine engine);

struct FormatSettings
{
    ExportFormat format = ExportFormat::W4A16;
    unsigned bits = 4;
    std::uint64_t groupSize = 128;
    bool isSymmetric = true;
    Method method = Method::RoundToNearest;
};

/// Sizes that fit: @p settings with bits and symmetry that @p facts allow, and the largest group up to 128 that divides the rows of all linear layers.
FormatSettings fittedTo(FormatSettings settings, const FormatFacts& facts, const FolderContents& contents);

/// True when @p plan, of GGUF's types, gives the matrices of @p model's layers different bits.
bool hasMixedBits(const Model& model, const Plan& plan);

/// Every linear layer of @p contents as @p settings say; the format is a folder's.
/// @param bits of GGUF's types: each layer then gets the fewest bits of @p facts that its type has, layers beyond 8 bits stay plain, and layers that
/// engines put together get the most that one of them has. Null: the same bits for all.
Plan folderPlan(const FolderContents& contents, const FormatSettings& settings, const FormatFacts& facts, const Plan* bits = nullptr);
FolderOptions folderOptions(const FormatSettings& settings);

} // namespace quantlathe
