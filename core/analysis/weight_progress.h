// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/run_control.h"

#include <cstdint>
#include <mutex>
#include <string_view>

namespace quantlathe {

/// Progress of passes over many weights from many threads; total in weights. Reports one at a time, so that what is done
/// never falls: a sink takes that for a new stage and starts its clock afresh. Call it per range, not per row.
class WeightProgress
{
public:
    WeightProgress(const RunControl& control, std::uint64_t total, unsigned passes)
        : m_control(control)
        , m_total(total)
        , m_passes(passes)
    {
    }
    /// @p weights went through @p passes of the passes. Thread-safe.
    void add(std::string_view stage, std::uint64_t weights, unsigned passes)
    {
        const std::lock_guard lock(m_mutex);
        m_done += weights * passes;
        m_control.report(stage, m_done / m_passes, m_total);
    }

private:
    const RunControl& m_control;
    std::uint64_t m_total;
    unsigned m_passes;
    std::mutex m_mutex;
    std::uint64_t m_done = 0;
};

} // namespace quantlathe
