// SPDX-License-Identifier: GPL-3.0-or-later
// How fast tokens come, from what must be read for each.
#pragma once

#include "core/memory/estimate.h"

namespace quantlathe {

/// Time per token = sum over devices and host of (active weights + cache read) / (bandwidth x efficiency); efficiency 0.6 to
/// 0.85 on devices, 0.5 to 0.7 on the host. The context counts as a quarter full; windowed layers read their window at most.
SpeedBand decodeSpeed(const MemoryEstimate& estimate, const Hyperparameters& parameters, const RuntimeSettings& settings,
                      std::span<const Device> devices);

} // namespace quantlathe
