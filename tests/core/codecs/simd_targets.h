// SPDX-License-Identifier: GPL-3.0-or-later
// Runs a check on every SIMD target of this machine.
#pragma once

#include <hwy/targets.h>

#include <cstdint>
#include <vector>

namespace quantlathe::test {

/// Calls @p check once per target, with only that one allowed.
template <typename Check> void onEveryTarget(Check&& check)
{
    const std::vector<std::int64_t> targets = [] {
        std::vector<std::int64_t> list;
        // What this machine can do and the library was compiled for.
        for (std::int64_t rest = hwy::SupportedTargets() & HWY_TARGETS; rest != 0; rest &= rest - 1)
            list.push_back(rest & -rest);
        return list;
    }();
    for (const std::int64_t target : targets) {
        hwy::SetSupportedTargetsForTest(target);
        hwy::GetChosenTarget().Update(hwy::SupportedTargets());
        check(hwy::TargetName(target));
    }
    hwy::SetSupportedTargetsForTest(0);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

} // namespace quantlathe::test
