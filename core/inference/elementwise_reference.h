// SPDX-License-Identifier: GPL-3.0-or-later
// The functions of elementwise.h as plain loops in doubles: what they mean. Tests compare every SIMD target with them.
#pragma once

#include "core/inference/elementwise.h"

namespace quantlathe::elementwise::reference {

void rmsNorm(const float* x, std::size_t count, const float* weight, float epsilon, float* y);
void layerNorm(const float* x, std::size_t count, const float* weight, const float* bias, float epsilon, float* y);
void rotateInterleaved(float* x, std::size_t pairs, const float* cosines, const float* sines);
void rotateHalves(float* x, std::size_t pairs, const float* cosines, const float* sines);
void siluTimes(const float* gate, const float* up, std::size_t count, float* y);
void geluTanhTimes(const float* gate, const float* up, std::size_t count, float* y);
void geluErfTimes(const float* gate, const float* up, std::size_t count, float* y);
void clampedSwiglu(const float* gate, const float* up, std::size_t count, float alpha, float limit, float* y);
void softcap(float* x, std::size_t count, float cap);
void softmax(float* scores, std::size_t count, float scale, float cap, const float* sink);
void addSquares(const float* x, std::size_t rows, std::size_t columns, std::size_t stride, double* sums);
LogitSummary summarize(const float* logits, std::size_t count);
double klDivergence(const float* p, double logSumExpP, const float* q, double logSumExpQ, std::size_t count);

} // namespace quantlathe::elementwise::reference
