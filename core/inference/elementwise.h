// SPDX-License-Identifier: GPL-3.0-or-later
// The parts of a forward pass that are no matrix products, and the reductions over logits: SIMD through Highway's dynamic dispatch, on
// the calling thread. elementwise_reference.h holds the plain loops they are compared with. Inputs and outputs may be the same array.
// Every instruction set gives the same bits: nothing is fused, and sums run in a fixed number of lanes (norms and logits in doubles, the
// softmax in floats). Measured relative errors: silu 3e-7, gelu by erf 5e-7, tanh 3e-7; gelu by tanh and softmax add the rounding of the
// exponent, 6e-8 of its size. NaN in gives NaN out; the activations of -infinity are NaN, as x times a share of 0 is, those of
// other large arguments their limits.
#pragma once

#include <cstddef>
#include <cstdint>

namespace quantlathe::elementwise {

/// y = x / sqrt(mean(x^2) + epsilon) * weight (null: ones).
void rmsNorm(const float* x, std::size_t count, const float* weight, float epsilon, float* y);
/// y = (x - mean) / sqrt(variance + epsilon) * weight + bias (null: none).
void layerNorm(const float* x, std::size_t count, const float* weight, const float* bias, float epsilon, float* y);

/// Rotates the pairs (x[2i], x[2i+1]), i < pairs, by the angle whose cosine and sine are given.
void rotateInterleaved(float* x, std::size_t pairs, const float* cosines, const float* sines);
/// The pairs (x[i], x[i + pairs]).
void rotateHalves(float* x, std::size_t pairs, const float* cosines, const float* sines);

/// y = silu(gate) * up; up null: without it. Likewise the others. Results under 1e-36 may be 0.
void siluTimes(const float* gate, const float* up, std::size_t count, float* y);
void geluTanhTimes(const float* gate, const float* up, std::size_t count, float* y);
void geluErfTimes(const float* gate, const float* up, std::size_t count, float* y);
/// @p up not null. gpt-oss: min(g, limit) sigmoid(alpha min(g, limit)) (clamp(u, -limit, limit) + 1).
void clampedSwiglu(const float* gate, const float* up, std::size_t count, float alpha, float limit, float* y);

/// x = cap tanh(x / cap).
void softcap(float* x, std::size_t count, float cap);
/// scores = softmax(scores * scale), through a softcap after the scale when @p cap > 0. @param sink a further logit that takes
/// probability but has no place in the result; null = none. count 0 does nothing.
void softmax(float* scores, std::size_t count, float scale, float cap, const float* sink);

/// y += x; y += factor * x.
void add(const float* x, std::size_t count, float* y);
void addScaled(const float* x, float factor, std::size_t count, float* y);
void scale(float* x, std::size_t count, float factor);
/// True when no value is NaN or infinite; true for none.
bool isFinite(const float* x, std::size_t count);

/// sums[c] += sum over rows of x[r][c]^2: columns [0, columns), @p stride floats from row to row. Rows are added in order.
void addSquares(const float* x, std::size_t rows, std::size_t columns, std::size_t stride, double* sums);

struct LogitSummary
{
    double logSumExp = 0;
    std::size_t largest = 0; ///< index of the largest logit, the first of equals
};
/// @param count at least 1. A NaN or positive infinity among the logits makes logSumExp NaN or infinite.
LogitSummary summarize(const float* logits, std::size_t count);
/// sum over tokens of p (log p - log q), p and q given as logits with their logSumExp. At least 0.
double klDivergence(const float* p, double logSumExpP, const float* q, double logSumExpQ, std::size_t count);

} // namespace quantlathe::elementwise
