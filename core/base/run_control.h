// SPDX-License-Identifier: GPL-3.0-or-later
// How long work reports and is stopped: one Progress sink and one stop token, handed down by value.
#pragma once

#include "core/base/error.h"

#include <cstdint>
#include <stop_token>
#include <string_view>

namespace quantlathe {

/// Receives progress. Called from worker threads, possibly several at a time: implementations must be thread-safe and fast.
class Progress
{
public:
    virtual ~Progress() = default;
    /// @param stage what is being done, in plain words ("blk.3.ffn_up.weight"); valid during the call only
    /// @param done, total in bytes of input unless the caller's documentation says otherwise; total 0 = unknown
    virtual void report(std::string_view stage, std::uint64_t done, std::uint64_t total) = 0;
};

/// Cancellation and progress of one piece of work. Cheap to copy; default-constructed it is silent and never stops.
struct RunControl
{
    std::stop_token stop;
    Progress* progress = nullptr; ///< not owned; may be null

    [[nodiscard]] bool isCancelled() const { return stop.stop_requested(); }

    /// Throws Error(Cancelled) once a stop was requested. Call it at least every few milliseconds of work.
    void throwIfCancelled() const
    {
        if (isCancelled())
            throw Error(ErrorKind::Cancelled, "cancelled");
    }

    void report(std::string_view stage, std::uint64_t done, std::uint64_t total) const
    {
        if (progress)
            progress->report(stage, done, total);
    }
};

} // namespace quantlathe
