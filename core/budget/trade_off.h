// SPDX-License-Identifier: GPL-3.0-or-later
// Size against damage: the solver's curve, llama.cpp's presets and the current plan on the same axes.
#pragma once

#include "core/base/run_control.h"
#include "core/budget/fit.h"

#include <optional>
#include <string_view>
#include <vector>

namespace quantlathe {

struct TradeOffOptions
{
    double fewestBits = 2; ///< per weight of tensor data
    double mostBits = 8;
    std::size_t points = 64;
};

struct PresetPoint
{
    std::string_view id;
    FitResult result;
    bool isAllowed = true; ///< it obeys the constraints: the curve is nowhere above it
};

struct TradeOff
{
    std::vector<FitResult> curve;     ///< sizes strictly rising, damage never
    std::vector<PresetPoint> presets; ///< by size; those that can be written and whose errors are known
    std::optional<FitResult> current; ///< nothing while one of its errors is unknown
};

/// @p problem measures file bytes. The curve starts at the smallest file where that has more than fewestBits, ends where more bytes save
/// nothing, and passes through the sizes of all presets in between. @throws Error(Cancelled)
TradeOff tradeOff(const FitProblem& problem, const Plan& current, const TradeOffOptions& options = {}, const RunControl& control = {});

/// Where @p plan is ahead of or behind the curve: damage of the best plan of at most its size over its own, 1 = as good.
/// Nothing for plans smaller than the curve's first point, or larger than its last.
std::optional<double> damageAgainstCurve(const TradeOff& tradeOff, const FitResult& plan);

} // namespace quantlathe
