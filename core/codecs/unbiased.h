// SPDX-License-Identifier: GPL-3.0-or-later
// Objective::Unbiased: the scale with which the decoded weights of a block, projected onto the originals, are as large as they are. With q
// the decoded weights and w the factors of their errors the least error lies at sum w x q = sum w q^2, where q has lost the share of x's
// energy that the error has; sum w x q = sum w x^2 gives it back.
#pragma once

#include "core/codecs/encode_options.h"
#include "core/codecs/sized_importance.h"

#include <array>
#include <cstddef>
#include <vector>

namespace quantlathe::codecs {

/// The factor for the scales of a block: 1 and more; at most 2 (a fit so poor that noise is most of it), 1 where the sums say nothing.
/// @param energy sum w x^2 @param projection sum w x q
inline double unbiasedGain(double energy, double projection)
{
    const double gain = projection > 0 ? energy / projection : 1;
    return gain > 1 ? gain < 2 ? gain : 2 : 1;
}

/// sum w x^2 and sum w x q over 256 weights. @param w null = all 1. Eight sums side by side, added in a fixed order.
inline double unbiasedGain(const float* x, const float* w, const float* q)
{
    std::array<double, 8> energy{};
    std::array<double, 8> projection{};
    for (std::size_t index = 0; index < 256; index += 8) {
        for (std::size_t lane = 0; lane < 8; ++lane) {
            const double weighted = (w ? static_cast<double>(w[index + lane]) : 1.0) * static_cast<double>(x[index + lane]);
            energy[lane] += weighted * static_cast<double>(x[index + lane]);
            projection[lane] += weighted * static_cast<double>(q[index + lane]);
        }
    }
    for (const std::size_t half : {4, 2, 1}) {
        for (std::size_t lane = 0; lane < half; ++lane) {
            energy[lane] += energy[lane + half];
            projection[lane] += projection[lane + half];
        }
    }
    return unbiasedGain(energy[0], projection[0]);
}

/// The encoder @p Encode of super-blocks with their own scale, and what the objectives add to it: under Unbiased the scales made larger, and,
/// if @p IsSized, importance with the weights' own size.
/// @param scales (block, gain) multiplies what the super-block's weights share
template <typename Block, auto& Encode, auto& Decode, bool IsSized, auto Scale>
void encodeUnbiased(const float* weights, const float* importance, std::size_t count, const EncodeOptions& options, std::byte* blocks)
{
    std::vector<float> sized;
    if (IsSized && importance && options.objective != Objective::SquaredError) {
        sized = sizedImportance(weights, importance, count, options.objective == Objective::Unbiased);
        importance = sized.data();
    }
    Encode(weights, importance, count, options, blocks);
    if (options.objective != Objective::Unbiased)
        return;
    std::array<float, 256> decoded;
    for (std::size_t first = 0; first < count; first += decoded.size(), blocks += sizeof(Block)) {
        Decode(blocks, decoded.data(), decoded.size());
        const double gain = unbiasedGain(weights + first, importance ? importance + first : nullptr, decoded.data());
        Scale(*reinterpret_cast<Block*>(blocks), static_cast<float>(gain));
    }
}

} // namespace quantlathe::codecs
