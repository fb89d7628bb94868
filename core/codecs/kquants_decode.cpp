// SPDX-License-Identifier: GPL-3.0-or-later
// Decoding the k-quants (layouts: kquants_blocks.h). The products are formed as ggml forms them: first d
// times the integer scale, then times the code; first dmin times the integer minimum, then the difference.
#include "core/codecs/families.h"
#include "core/codecs/kquants_blocks.h"
#include "core/codecs/search_encode.h"
#include "core/codecs/unbiased.h"
#include "core/codecs/scalar.h"
#include "core/codecs/simd_decode.h"

#include <cstring>

namespace quantlathe::codecs {

namespace {

/// Calls decodeBlock(block, weights) for each super-block of a row.
template <typename Block, typename DecodeBlock>
void forEachBlock(const std::byte* bytes, float* weights, std::size_t count, DecodeBlock&& decodeBlock)
{
    const auto* block = asBlocks<Block>(bytes);
    for (std::size_t first = 0; first < count; first += superBlock, ++block)
        decodeBlock(*block, weights + first);
}

void decodeQ8_K(const std::byte* blocks, float* weights, std::size_t count)
{
    forEachBlock<BlockQ8_K>(blocks, weights, count, [](const BlockQ8_K& block, float* w) {
        float d;
        std::memcpy(&d, block.d.data(), sizeof d);
        for (std::size_t index = 0; index < superBlock; ++index)
            w[index] = d * static_cast<float>(block.codes[index]);
    });
}

} // namespace

namespace scalar {

void decodeQ2_K(const std::byte* blocks, float* weights, std::size_t count)
{
    forEachBlock<BlockQ2_K>(blocks, weights, count, [](const BlockQ2_K& block, float* w) {
        const float d = block.d.value();
        const float dmin = block.dmin.value();
        for (std::size_t index = 0; index < superBlock; ++index) {
            const std::uint8_t packed = block.scales[index / 16];
            const float scale = d * static_cast<float>(packed & 15);
            const float minimum = dmin * static_cast<float>(packed >> 4);
            w[index] = scale * static_cast<float>(twoBits(block.codes, index)) - minimum;
        }
    });
}

void decodeQ3_K(const std::byte* blocks, float* weights, std::size_t count)
{
    forEachBlock<BlockQ3_K>(blocks, weights, count, [](const BlockQ3_K& block, float* w) {
        const float d = block.d.value();
        for (std::size_t index = 0; index < superBlock; ++index) {
            const float scale = d * static_cast<float>(scaleOfQ3_K(block.scales, index / 16));
            const int high = block.highBits[index % 32] >> (index / 32) & 1;
            w[index] = scale * static_cast<float>(twoBits(block.codes, index) + 4 * high - 4);
        }
    });
}

void decodeQ4_K(const std::byte* blocks, float* weights, std::size_t count)
{
    forEachBlock<BlockQ4_K>(blocks, weights, count, [](const BlockQ4_K& block, float* w) {
        const float d = block.d.value();
        const float dmin = block.dmin.value();
        for (std::size_t sub = 0; sub < 8; ++sub) {
            const ScaleAndMinimum packed = scaleAndMinimum(block.scales, sub);
            const float scale = d * static_cast<float>(packed.scale);
            const float minimum = dmin * static_cast<float>(packed.minimum);
            for (std::size_t rest = 0; rest < 32; ++rest) {
                const int code = block.codes[sub / 2 * 32 + rest] >> (sub % 2 * 4) & 15;
                w[32 * sub + rest] = scale * static_cast<float>(code) - minimum;
            }
        }
    });
}

void decodeQ5_K(const std::byte* blocks, float* weights, std::size_t count)
{
    forEachBlock<BlockQ5_K>(blocks, weights, count, [](const BlockQ5_K& block, float* w) {
        const float d = block.d.value();
        const float dmin = block.dmin.value();
        for (std::size_t sub = 0; sub < 8; ++sub) {
            const ScaleAndMinimum packed = scaleAndMinimum(block.scales, sub);
            const float scale = d * static_cast<float>(packed.scale);
            const float minimum = dmin * static_cast<float>(packed.minimum);
            for (std::size_t rest = 0; rest < 32; ++rest) {
                const int low = block.codes[sub / 2 * 32 + rest] >> (sub % 2 * 4) & 15;
                const int high = block.highBits[rest] >> sub & 1;
                w[32 * sub + rest] = scale * static_cast<float>(low + 16 * high) - minimum;
            }
        }
    });
}

void decodeQ6_K(const std::byte* blocks, float* weights, std::size_t count)
{
    forEachBlock<BlockQ6_K>(blocks, weights, count, [](const BlockQ6_K& block, float* w) {
        const float d = block.d.value();
        for (std::size_t index = 0; index < superBlock; ++index) {
            const float scale = d * static_cast<float>(block.scales[index / 16]);
            const std::size_t half = index / 128;
            const int low = block.lowBits[64 * half + index % 64] >> (index % 128 / 64 * 4) & 15;
            w[index] = scale * static_cast<float>((low | twoBits(block.highBits, index) << 4) - 32);
        }
    });
}

} // namespace scalar

std::span<const Codec> kQuantCodecs()
{
    using enum TensorType;
    using enum Objective;
    static constexpr auto scaleQ2_K = [](BlockQ2_K& block, float gain) {
        block.d.store(block.d.value() * gain);
        block.dmin.store(block.dmin.value() * gain);
    };
    static constexpr auto scaleQ3_K = [](BlockQ3_K& block, float gain) { block.d.store(block.d.value() * gain); };
    static constexpr Codec codecs[] = {
        {Q2_K, simd::decodeQ2_K, encodeUnbiased<BlockQ2_K, encodeQ2_K, simd::decodeQ2_K, true, scaleQ2_K>, Unbiased},
        {Q3_K, simd::decodeQ3_K, encodeUnbiased<BlockQ3_K, encodeQ3_K, simd::decodeQ3_K, false, scaleQ3_K>, Unbiased},
        {Q4_K, simd::decodeQ4_K, encodeQ4_K, SquaredError}, {Q5_K, simd::decodeQ5_K, encodeQ5_K, SquaredError},
        {Q6_K, simd::decodeQ6_K, encodeQ6_K, SquaredError}, {Q8_K, decodeQ8_K, nullptr},
    };
    return codecs;
}

} // namespace quantlathe::codecs
