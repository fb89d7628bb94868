// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/console_progress.h"

#include "core/base/text.h"

#include <algorithm>
#include <cstdio>
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace quantlathe::cli {

namespace {

constexpr auto redrawInterval = std::chrono::milliseconds(100);
constexpr auto lineInterval = std::chrono::seconds(10);
/// No rate before so much time has passed: it would be noise.
constexpr double rateSeconds = 0.5;

std::size_t terminalWidth()
{
    winsize size = {};
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20)
        return size.ws_col;
    return 80;
}

std::string timeText(double seconds)
{
    const auto whole = static_cast<std::uint64_t>(seconds + 0.5);
    if (whole >= 3600)
        return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
    return fmt::format("{}:{:02}", whole / 60, whole % 60);
}

} // namespace

ConsoleProgress::ConsoleProgress(bool isQuiet, Unit unit)
    : m_isQuiet(isQuiet)
    , m_isTerminal(isatty(STDERR_FILENO) == 1)
    , m_unit(unit)
{
}

ConsoleProgress::~ConsoleProgress()
{
    clear();
}

void ConsoleProgress::clear()
{
    if (m_isLineOpen)
        std::fputs("\r\033[K", stderr);
    m_isLineOpen = false;
}

std::string ConsoleProgress::line(std::string_view stage, std::uint64_t done, std::uint64_t total, double seconds) const
{
    std::string text;
    if (total > 0)
        text += fmt::format("{:3.0f} %  ", 100.0 * static_cast<double>(done) / static_cast<double>(total));
    const double moved = static_cast<double>(done - std::min(done, m_firstDone));
    if (seconds >= rateSeconds && moved > 0) {
        const double rate = moved / seconds;
        if (m_unit == Unit::Bytes)
            text += fmt::format("{}/s  ", formatBytes(static_cast<std::uint64_t>(rate)));
        else if (m_unit == Unit::Weights)
            text += fmt::format("{:.1f} M weights/s  ", rate / 1e6);
        if (total >= done)
            text += fmt::format("{} left  ", timeText(static_cast<double>(total - done) / rate));
    }
    return text + printable(stage, 60);
}

void ConsoleProgress::report(std::string_view stage, std::uint64_t done, std::uint64_t total)
{
    if (m_isQuiet)
        return;
    const std::lock_guard lock(m_mutex);
    const auto now = Clock::now();
    if (!m_hasStarted || done < m_lastDone) { // a new stage counts from the start again
        m_hasStarted = true;
        m_begin = now;
        m_firstDone = done;
    }
    m_lastDone = done;
    if (now - m_last < (m_isTerminal ? std::chrono::steady_clock::duration(redrawInterval) : lineInterval))
        return;
    m_last = now;
    std::string text = line(stage, done, total, std::chrono::duration<double>(now - m_begin).count());
    if (m_isTerminal) {
        text = printable(text, terminalWidth() - 4); // three dots when cut
        std::fprintf(stderr, "\r%s\033[K", text.c_str());
        m_isLineOpen = true;
    } else {
        std::fprintf(stderr, "%s\n", text.c_str());
    }
    std::fflush(stderr);
}

} // namespace quantlathe::cli
