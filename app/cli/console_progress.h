// SPDX-License-Identifier: GPL-3.0-or-later
// Progress on standard error: one line that is redrawn on a terminal, now and then a line elsewhere.
#pragma once

#include "core/base/run_control.h"

#include <chrono>
#include <mutex>
#include <string>
#include <string_view>

namespace quantlathe::cli {

/// Thread-safe. The destructor clears the line on a terminal.
class ConsoleProgress : public Progress
{
public:
    enum class Unit { Bytes, Weights, Items };
    ConsoleProgress(bool isQuiet, Unit unit);
    ~ConsoleProgress() override;
    void report(std::string_view stage, std::uint64_t done, std::uint64_t total) override;

private:
    using Clock = std::chrono::steady_clock;
    [[nodiscard]] std::string line(std::string_view stage, std::uint64_t done, std::uint64_t total, double seconds) const;
    void clear();

    const bool m_isQuiet;
    const bool m_isTerminal;
    const Unit m_unit;
    std::mutex m_mutex;
    Clock::time_point m_begin = Clock::now();
    Clock::time_point m_last = m_begin;
    std::uint64_t m_firstDone = 0; ///< what was there already (a resumed export) does not count for the rate
    std::uint64_t m_lastDone = 0;
    bool m_hasStarted = false;
    bool m_isLineOpen = false;
};

} // namespace quantlathe::cli
