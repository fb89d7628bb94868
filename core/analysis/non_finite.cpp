// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/non_finite.h"

#include <algorithm>
#include <cmath>

namespace quantlathe {

std::string_view name(NonFinite policy)
{
    return policy == NonFinite::Clamp ? "clamp" : "fail";
}

std::optional<NonFinite> nonFiniteFromName(std::string_view text)
{
    for (const NonFinite policy : {NonFinite::Fail, NonFinite::Clamp}) {
        if (text == name(policy))
            return policy;
    }
    return std::nullopt;
}

void ReplacedWeights::add(const ReplacedWeights& other)
{
    nan += other.nan;
    infinity += other.infinity;
}

ReplacedWeights replaceNonFinite(float* row, std::size_t count)
{
    float largest = 0;
    for (std::size_t index = 0; index < count; ++index) {
        if (std::isfinite(row[index]))
            largest = std::max(largest, std::abs(row[index]));
    }
    ReplacedWeights replaced;
    for (std::size_t index = 0; index < count; ++index) {
        if (std::isnan(row[index])) {
            row[index] = 0;
            ++replaced.nan;
        } else if (std::isinf(row[index])) {
            row[index] = std::copysign(largest, row[index]);
            ++replaced.infinity;
        }
    }
    return replaced;
}

} // namespace quantlathe
