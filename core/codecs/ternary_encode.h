// SPDX-License-Identifier: GPL-3.0-or-later
// Encoding two- and three-valued formats, up to sixteen blocks at a time, for every SIMD target of this
// machine; the same bytes on all. First a scale per block is chosen, then codes are counted with it.
//
// What is minimised: sum v (x - w)^2, v the importance or 1. Scales, as half-precision numbers:
//   Q1_0          the mean magnitude: the optimum
//   TQ1_0, TQ2_0  The weights above a threshold t get +-d; the best d is their mean magnitude, the best t is
//   d / 2.
//                 Thresholds tried: 0.75 and 1.2 mean magnitudes, a quarter and half (as llama.cpp) of the
//                 largest one; then half the best scale.
//   Q2_0          Of the four values only one lies on one side of zero with two on the other, so the sign of
//   d matters.
//                 Tried: +-1.3 mean magnitudes, half the extreme weight, the largest magnitude (as
//                 llama.cpp); each followed by the least-squares scale, the best one twice.
// Effort best searches all thresholds (ternary_search.h).
#pragma once

#include "core/codecs/tamed_row.h"
#include "core/codecs/ternary_blocks.h"

#include <cstddef>

namespace quantlathe::codecs::simd {

/// What TamedRow wants to know, fast. @p count: a multiple of 16.
TamedRow::Facts factsOfRow(const float* weights, const float* importance, std::size_t count);

/// The scale of each of @p blocks (at most 16) blocks. @p importance null or with a positive sum in every
/// block; weights within +-2^30.
using ChooseScales = void(const float* weights, const float* importance, std::size_t blocks, float* scales);

ChooseScales chooseScalesQ1_0, chooseScalesQ2_0, chooseScalesTernary;

/// The blocks with these scales (each one that a half can hold) and the nearest codes.
template <typename Block>
using StoreBlocks = void(const float* weights, const float* scales, std::size_t blocks, Block* stored);

StoreBlocks<BlockQ1_0> storeQ1_0;
StoreBlocks<BlockQ2_0> storeQ2_0;
StoreBlocks<BlockTQ1_0> storeTQ1_0;
StoreBlocks<BlockTQ2_0> storeTQ2_0;

} // namespace quantlathe::codecs::simd
