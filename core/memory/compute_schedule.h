// SPDX-License-Identifier: GPL-3.0-or-later
// Which device computes which step of a graph, what must be copied between them, and how large each one's buffer becomes: the
// rules of ggml's scheduler and graph allocator (ggml-backend.cpp, ggml-alloc.c; llama.cpp 0.7.0).
#pragma once

#include "core/memory/compute_graph.h"

namespace quantlathe::compute {

struct Machine
{
    int deviceCount = 0;        ///< devices are 0 ... deviceCount - 1, the host is deviceCount
    unsigned copies = 1;        ///< 4 when batches flow through several devices at once
    bool isOffloadingOperations = true; ///< weights in host memory are copied to the first device for large batches
};

struct Buffer
{
    std::uint64_t bytes = 0;
    Phase phase = Phase::Inputs; ///< what took most of it when it was fullest
};

/// One buffer per device, and the host's last. The graph's sources are replaced by the copies.
std::vector<Buffer> allocate(Graph& graph, const Machine& machine);

} // namespace quantlathe::compute
