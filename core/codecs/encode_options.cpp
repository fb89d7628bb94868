// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/codecs/encode_options.h"

namespace quantlathe {

std::string_view name(Objective objective)
{
    return objective == Objective::Magnitude ? "magnitude" : "squared-error";
}

std::string_view name(Effort effort)
{
    return effort == Effort::Standard ? "standard" : "best";
}

std::optional<Objective> objectiveFromName(std::string_view text)
{
    for (const Objective objective : {Objective::Magnitude, Objective::SquaredError}) {
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
