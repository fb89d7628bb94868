// SPDX-License-Identifier: GPL-3.0-or-later
// The kernels of kernels.h as plain loops: what they mean. Tests compare every SIMD target with them, bit for bit.
#pragma once

#include "core/analysis/kernels.h"

namespace quantlathe::kernels::reference {

BlockScan scanBlock(const float* weights, std::size_t count);
CentralSums centralSums(const float* weights, std::size_t count, double mean);
std::uint64_t countBins(const float* weights, std::size_t count, const Binning& binning, std::uint32_t* tables);
DifferenceSums differenceSums(const float* first, const float* second, std::size_t count);
WeightedSums weightedSums(const float* first, const float* second, const float* importance, std::size_t count);
bool isFinite(const float* weights, std::size_t count);

} // namespace quantlathe::kernels::reference
