// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/budget/trade_off.h"

#include "core/plan/presets.h"

#include <algorithm>

namespace quantlathe {

namespace {

bool canBeWritten(const Model& model, const Plan& plan)
{
    for (std::size_t tensor = 0; tensor < model.tensors().size(); ++tensor) {
        if (!effectiveChoice(model, tensor, plan).canWrite)
            return false;
    }
    return true;
}

} // namespace

TradeOff tradeOff(const FitProblem& problem, const Plan& current, const TradeOffOptions& options, const RunControl& control)
{
    TradeOff result;
    const Model& model = problem.model();
    for (const Preset& preset : allPresets()) {
        control.throwIfCancelled();
        Plan plan = planFromPreset(model, preset, {problem.hasImportance(), false, {}});
        plan.encoding = current.encoding;
        auto figures = problem.evaluate(plan);
        if (figures && canBeWritten(model, plan))
            result.presets.push_back({preset.id, std::move(*figures), problem.isAllowed(plan)});
    }
    std::stable_sort(result.presets.begin(), result.presets.end(), [](const PresetPoint& a, const PresetPoint& b) {
        return a.result.fileBytes < b.result.fileBytes;
    });
    result.current = problem.evaluate(current);

    const std::uint64_t first = std::max(problem.smallestBytes(), problem.fileBytesFor(options.fewestBits));
    const std::uint64_t last = std::min(problem.largestUsefulBytes(), std::max(first, problem.fileBytesFor(options.mostBits)));
    std::vector<std::uint64_t> sizes{first};
    const std::size_t steps = std::max<std::size_t>(2, options.points) - 1;
    for (std::size_t step = 1; step <= steps && last > first; ++step)
        sizes.push_back(first + static_cast<std::uint64_t>(static_cast<double>(last - first) / static_cast<double>(steps) * static_cast<double>(step)));
    for (const PresetPoint& preset : result.presets) {
        if (preset.result.fileBytes > first && preset.result.fileBytes < last)
            sizes.push_back(preset.result.fileBytes);
    }
    std::sort(sizes.begin(), sizes.end());
    sizes.erase(std::unique(sizes.begin(), sizes.end()), sizes.end());
    control.throwIfCancelled();
    for (FitResult& point : problem.sweep(sizes, control)) {
        if (result.curve.empty() || point.fileBytes > result.curve.back().fileBytes)
            result.curve.push_back(std::move(point));
        else if (point.damage < result.curve.back().damage)
            result.curve.back() = std::move(point);
    }
    return result;
}

std::optional<double> damageAgainstCurve(const TradeOff& tradeOff, const FitResult& plan)
{
    const auto larger = std::upper_bound(tradeOff.curve.begin(), tradeOff.curve.end(), plan.fileBytes,
                                         [](std::uint64_t bytes, const FitResult& point) { return bytes < point.fileBytes; });
    if (larger == tradeOff.curve.begin())
        return std::nullopt;
    // Past the end the best plan is not known, unless there is nothing left to improve.
    if (larger == tradeOff.curve.end() && plan.fileBytes > tradeOff.curve.back().fileBytes && tradeOff.curve.back().damage > 0)
        return std::nullopt;
    const double best = std::prev(larger)->damage;
    return plan.damage > 0 ? best / plan.damage : best > 0 ? 0 : 1;
}

} // namespace quantlathe
