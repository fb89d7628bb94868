// SPDX-License-Identifier: GPL-3.0-or-later
// What measured figures mean for people: "perplexity +0.4 %, within the 1 % line; 3 of 100 most likely tokens change". Levels and numbers
// for ui/ to put into words, and an English sentence.
#pragma once

#include "core/inference/evaluation_result.h"

#include <optional>
#include <string>
#include <string_view>

namespace quantlathe {

/// The worse of what perplexity and KL divergence say.
enum class DamageLevel {
    Good,       ///< perplexity up by at most 1 %, mean KL divergence at most 0.01
    Noticeable, ///< 5 %, 0.06
    Strong,     ///< 30 %, 0.5
    Broken      ///< more, or no numbers
};
/// "good", "noticeable", "strong", "broken".
std::string_view name(DamageLevel level);

/// Where the perplexity's change lies, with its 95 % confidence interval, against the line of 1 %.
enum class AgainstLine { Within, ProbablyWithin, ProbablyOver, Over };
/// "within", "probably-within", "probably-over", "over".
std::string_view name(AgainstLine place);

struct DamageVerdict
{
    static constexpr double line = 0.01;

    DamageLevel level = DamageLevel::Good;
    AgainstLine againstLine = AgainstLine::Within;
    UncertainValue perplexityChange;  ///< perplexity / original's - 1
    UncertainValue flipsPerHundred;   ///< positions of 100 whose most likely token changes
    double meanDivergence = 0;
    bool isRough = false;             ///< fewer than 1,000 tokens, or an interval of the change wider than 2 %
};

/// Nothing when @p result has no original to compare with.
std::optional<DamageVerdict> verdictOf(const EvaluationResult& result);
/// One English sentence without a full stop.
std::string sentenceOf(const DamageVerdict& verdict);

} // namespace quantlathe
