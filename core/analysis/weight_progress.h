// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/run_control.h"

#include <atomic>
#include <cstdint>
#include <string_view>

namespace quantlathe {

/// Progress of passes over many weights from many threads; total in weights.
class WeightProgress
{
public:
    WeightProgress(const RunControl& control, std::uint64_t total, unsigned passes)
        : m_control(control)
        , m_total(total)
        , m_passes(passes)
    {
    }
    /// @p weights went through @p passes of the passes.
    void add(std::string_view stage, std::uint64_t weights, unsigned passes)
    {
        const std::uint64_t done = m_done.fetch_add(weights * passes, std::memory_order_relaxed) + weights * passes;
        m_control.report(stage, done / m_passes, m_total);
    }

private:
    const RunControl& m_control;
    std::uint64_t m_total;
    unsigned m_passes;
    std::atomic<std::uint64_t> m_done = 0;
};

} // namespace quantlathe
