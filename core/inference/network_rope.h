// SPDX-License-Identifier: GPL-3.0-or-later
// The rotary embedding that a model's metadata, config and tensors describe.
#pragma once

#include "core/inference/network_facts.h"

namespace quantlathe {

/// The rope of layers with full attention. @throws Error(Unsupported) naming a kind of scaling that is not known; Error(BadFormat)
Rope readRope(const NetworkFacts& facts);
/// That of layers with a sliding window, where it is another one (Gemma 3, OLMo 3); nothing where it is the same.
std::optional<Rope> readSlidingRope(const NetworkFacts& facts);

} // namespace quantlathe
