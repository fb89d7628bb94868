// SPDX-License-Identifier: GPL-3.0-or-later
// The best scale of a block with few values, found by trying every set of codes that can be the best one.
#pragma once

#include <cstddef>

namespace quantlathe::codecs {

/// Minimises sum v (x - w)^2 (v = 1 where @p importance is null) over the halves d, for values -d, 0, d ...
float bestTernaryScale(const float* weights, const float* importance, std::size_t count);

/// ... and for -d, 0, d, 2 d; d may be negative.
float bestFourValueScale(const float* weights, const float* importance, std::size_t count);

} // namespace quantlathe::codecs
