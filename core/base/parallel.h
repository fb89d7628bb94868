// SPDX-License-Identifier: GPL-3.0-or-later
// Parallel loops on oneTBB. Work is cut into chunks by the caller's chunk size alone, so whatever is computed per chunk
// and combined in chunk order is the same for every thread count.
#pragma once

#include "core/base/run_control.h"

#include <cstddef>
#include <functional>

namespace quantlathe {

/// Number of threads used for 0 ("automatic"): the machine's processors available to this process.
unsigned defaultThreadCount();

/// Calls @p body(begin, end) for consecutive chunks of [0, count), each @p chunk long (the last may be shorter), on up to
/// @p threads threads (0 = automatic, 1 = the calling thread alone; never more than defaultThreadCount()). Returns when all are done.
/// @throws Error(Cancelled) when control is stopped, or the first exception of a body; no chunk starts after that.
void parallelFor(std::size_t count, std::size_t chunk, unsigned threads, const RunControl& control,
                 const std::function<void(std::size_t begin, std::size_t end)>& body);

} // namespace quantlathe
