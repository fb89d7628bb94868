// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/parallel.h"

#include <algorithm>
#include <tbb/info.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

namespace quantlathe {

unsigned defaultThreadCount()
{
    return static_cast<unsigned>(std::max(1, tbb::info::default_concurrency()));
}

void parallelFor(std::size_t count, std::size_t chunk, unsigned threads, const RunControl& control,
                 const std::function<void(std::size_t, std::size_t)>& body)
{
    if (count == 0)
        return;
    chunk = std::max<std::size_t>(chunk, 1);
    const std::size_t chunks = (count - 1) / chunk + 1;
    // More threads than processors gain nothing, and oneTBB warns about them on stderr.
    threads = threads == 0 ? defaultThreadCount() : std::min(threads, defaultThreadCount());

    const auto runChunk = [&](std::size_t index) {
        control.throwIfCancelled();
        const std::size_t begin = index * chunk;
        body(begin, std::min(count, begin + chunk));
    };

    if (threads == 1 || chunks == 1) {
        for (std::size_t index = 0; index < chunks; ++index)
            runChunk(index);
        return;
    }
    tbb::task_arena arena(static_cast<int>(threads));
    arena.execute([&] {
        tbb::parallel_for(std::size_t{0}, chunks, runChunk, tbb::simple_partitioner());
    });
}

} // namespace quantlathe
