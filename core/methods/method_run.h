// SPDX-License-Identifier: GPL-3.0-or-later
// A plan with methods, from the text they look at to the finished layers: what the command line and the window both run.
#pragma once

#include "core/methods/quantize_layers.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

namespace quantlathe {

/// Which text the methods look at, and how much of it.
struct CalibrationText
{
    std::filesystem::path file;         ///< UTF-8; empty = the neutral text that is built in
    std::uint64_t contextLength = 512;  ///< tokens in a window
    std::uint64_t maximumWindows = 128; ///< 0 = the whole text
    bool operator==(const CalibrationText&) const = default;
};

struct MethodSettings
{
    CalibrationText text;
    LayerSettings layers;
    /// GPTQ: channels in their own order, scales of a group as earlier errors leave it. Always so for GGUF's blocks, which do better that way.
    bool isInOrder = false;
};

struct MethodOutcome
{
    QuantizedLayers layers;
    std::string text; ///< "calibrated on 128 windows of 512 tokens"; empty where no method looked at any
};

/// True when @p plan wants a method other than rounding for some tensor.
bool needsCalibration(const Plan& plan);

/// Quantizes what @p plan gives a scheme or a method.
/// @param journal where finished layers are kept; empty = in a temporary file  @param resume go on from it
/// @param onLayer on the calling thread, may be empty
/// @throws as readText(), loadTokenizer(), tokensOfText(), TextWindows and quantizeLayers()
MethodOutcome runMethods(const std::shared_ptr<const Network>& network, const Plan& plan, const MethodSettings& settings, const std::filesystem::path& journal, bool resume,
                         const std::function<void(const LayerReport&)>& onLayer, const RunControl& control);

/// The largest error in a layer, relative: of the outputs where it was measured, otherwise of the weights.
double largestError(const LayerReport& report);

} // namespace quantlathe
