// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/inference/verdict.h"

#include <array>
#include <cmath>
#include <fmt/format.h>

namespace quantlathe {

namespace {

/// Upper ends of the levels.
constexpr std::array<double, 3> perplexityLimits{DamageVerdict::line, 0.05, 0.3};
constexpr std::array<double, 3> divergenceLimits{0.01, 0.06, 0.5};
constexpr std::uint64_t fewTokens = 1000;
constexpr double wideInterval = 0.02;

int levelOf(double value, const std::array<double, 3>& limits)
{
    int level = 0;
    for (const double limit : limits)
        level += value <= limit ? 0 : 1; // NaN: the worst
    return level;
}

AgainstLine placeOf(const UncertainValue& change)
{
    if (change.value <= DamageVerdict::line)
        return change.high() <= DamageVerdict::line ? AgainstLine::Within : AgainstLine::ProbablyWithin;
    return change.low() > DamageVerdict::line ? AgainstLine::Over : AgainstLine::ProbablyOver;
}

std::string percentText(double share)
{
    const double percent = 100 * share;
    return std::abs(percent) < 9.95 ? fmt::format("{:+.1f} %", percent) : fmt::format("{:+.0f} %", percent);
}

std::string flipsText(double perHundred)
{
    if (perHundred <= 0)
        return "no most likely token changes";
    if (perHundred < 0.95)
        return fmt::format("{:.1g} of 100 most likely tokens change", perHundred);
    const double whole = std::round(perHundred);
    return fmt::format("{:.0f} of 100 most likely tokens change{}", whole, whole == 1 ? "s" : "");
}

} // namespace

std::string_view name(DamageLevel level)
{
    switch (level) {
    case DamageLevel::Good: return "good";
    case DamageLevel::Noticeable: return "noticeable";
    case DamageLevel::Strong: return "strong";
    case DamageLevel::Broken: break;
    }
    return "broken";
}

std::string_view name(AgainstLine place)
{
    switch (place) {
    case AgainstLine::Within: return "within";
    case AgainstLine::ProbablyWithin: return "probably-within";
    case AgainstLine::ProbablyOver: return "probably-over";
    case AgainstLine::Over: break;
    }
    return "over";
}

std::optional<DamageVerdict> verdictOf(const EvaluationResult& result)
{
    if (!result.divergence)
        return std::nullopt;
    const Divergence& divergence = *result.divergence;
    DamageVerdict verdict;
    const double ratio = std::exp(divergence.logRatio.value);
    verdict.perplexityChange = {std::expm1(divergence.logRatio.value), ratio * divergence.logRatio.standardError};
    verdict.flipsPerHundred = {100 * (1 - divergence.sameTop.value), 100 * divergence.sameTop.standardError};
    verdict.meanDivergence = divergence.mean.value;
    verdict.againstLine = placeOf(verdict.perplexityChange);
    verdict.level = static_cast<DamageLevel>(
        std::max(levelOf(verdict.perplexityChange.value, perplexityLimits), levelOf(verdict.meanDivergence, divergenceLimits)));
    verdict.isRough = result.tokens < fewTokens || !(verdict.perplexityChange.high() - verdict.perplexityChange.low() <= wideInterval);
    return verdict;
}

std::string sentenceOf(const DamageVerdict& verdict)
{
    std::string line;
    switch (verdict.againstLine) {
    case AgainstLine::Within: line = "within"; break;
    case AgainstLine::ProbablyWithin: line = "probably within"; break;
    case AgainstLine::ProbablyOver: line = "probably over"; break;
    case AgainstLine::Over: line = "over"; break;
    }
    return fmt::format("perplexity {} (95 % interval {} to {}), {} the 1 % line; {}{}", percentText(verdict.perplexityChange.value),
                       percentText(verdict.perplexityChange.low()), percentText(verdict.perplexityChange.high()), line,
                       flipsText(verdict.flipsPerHundred.value), verdict.isRough ? "; a longer text would tell more" : "");
}

} // namespace quantlathe
