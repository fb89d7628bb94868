// SPDX-License-Identifier: GPL-3.0-or-later
// Four-bit floats (layouts: fp4_blocks.h; encoding: fp4_encode.h).
#include "core/codecs/block_parts.h"
#include "core/codecs/families.h"
#include "core/codecs/fp4_blocks.h"
#include "core/codecs/fp4_encode.h"
#include "core/codecs/importance.h"
#include "core/codecs/scalar.h"
#include "core/codecs/simd_decode.h"
#include "core/codecs/ternary_encode.h"

namespace quantlathe::codecs {

namespace {

template <std::size_t Bytes>
void decodeNibbles(const std::array<std::uint8_t, Bytes>& codes, float scale, float* weights)
{
    for (std::size_t index = 0; index < Bytes; ++index) {
        weights[index] = doubledE2M1[codes[index] & 15] * scale;
        weights[index + Bytes] = doubledE2M1[codes[index] >> 4] * scale;
    }
}

using simd::EncodeFp4;

/// Importance is made usable; weights are taken as they are, for the scales reach as far as floats.
template <EncodeFp4& Encode, std::size_t Width>
void encodeBlocks(const float* weights, const float* importance, std::size_t count,
                  const EncodeOptions& options, std::byte* bytes)
{
    TamedRow::Facts facts; // their magnitude is not looked for
    if (importance)
        facts = simd::factsOfRow(weights, importance, count);
    facts.largestMagnitude = 0;
    const TamedRow row(weights, importance, count, facts);
    const WholeImportance whole(row.importance(), count, Width);
    Encode(weights, whole.values(), count, options.effort, bytes);
}

} // namespace

namespace scalar {

void decodeMXFP4(const std::byte* bytes, float* weights, std::size_t count)
{
    const auto* block = asBlocks<BlockMXFP4>(bytes);
    for (std::size_t first = 0; first < count; first += 32, ++block)
        decodeNibbles(block->codes, halvedPowerOfTwo(block->exponent), weights + first);
}

void decodeNVFP4(const std::byte* bytes, float* weights, std::size_t count)
{
    const auto* block = asBlocks<BlockNVFP4>(bytes);
    for (std::size_t first = 0; first < count; first += 64, ++block) {
        for (std::size_t sub = 0; sub < 4; ++sub)
            decodeNibbles(block->codes[sub], halvedUnsignedE4M3(block->scales[sub]),
                          weights + first + 16 * sub);
    }
}

} // namespace scalar

std::span<const Codec> fp4Codecs()
{
    static constexpr Codec codecs[] = {
        {TensorType::MXFP4, simd::decodeMXFP4, encodeBlocks<simd::encodeMXFP4, BlockMXFP4::weights>},
        {TensorType::NVFP4, simd::decodeNVFP4, encodeBlocks<simd::encodeNVFP4, BlockNVFP4::subWeights>},
    };
    return codecs;
}

} // namespace quantlathe::codecs
