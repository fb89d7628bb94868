// SPDX-License-Identifier: GPL-3.0-or-later
// Memory estimates as JSON and as a table.
#pragma once

#include "app/cli/invocation.h"
#include "core/memory/estimate.h"

#include <string>

namespace quantlathe::cli {

Json deviceJson(const DeviceMemory& device);
/// What an estimate says of devices, host and settings, with the keys that the command `estimate` has for them.
Json memoryJson(const MemoryEstimate& estimate, const RuntimeSettings& settings);
/// A row for each device and one for main memory.
std::string memoryTable(const MemoryEstimate& estimate);

} // namespace quantlathe::cli
