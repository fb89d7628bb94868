// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/codecs/encode_options.h"

namespace quantlathe {

std::string_view name(Objective objective)
{
    switch (objective) {
    case Objective::Magnitude: return "magnitude";
    case Objective::SquaredError: return "squared-error";
    case Objective::Unbiased: break;
    }
    return "unbiased";
}

std::string_view name(Effort effort)
{
    return effort == Effort::Standard ? "standard" : "best";
}

std::optional<Objective> objectiveFromName(std::string_view text)
{
    for (const Objective objective : {Objective::Magnitude, Objective::SquaredError, Objective::Unbiased}) {
        if (name(objective) == text)
            return objective;
    }
    return std::nullopt;
}

std::optional<Effort> effortFromName(std::string_view text)
{
    for (const Effort effort : {Effort::Standard, Effort::Best}) {
        if (name(effort) == text)
            return effort;
    }
    return std::nullopt;
}

} // namespace quantlathe
