// SPDX-License-Identifier: GPL-3.0-or-later
// Compiled once per SIMD target by Highway. One lane is one weight, and each weight is computed by the same
// operations as in the scalar decoders: integer code to float, one product, at most one sum, never fused.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/codecs/simd_decode.cpp"
#include <hwy/foreach_target.h> // must come before highway.h

#include <hwy/highway.h>

#include "core/codecs/kquants_blocks.h"
#include "core/codecs/legacy_blocks.h"
#include "core/codecs/simd_decode.h"
#include "core/codecs/simd_dispatch.h"
#include "core/codecs/simd_parts-inl.h"

#include <cstring>

HWY_BEFORE_NAMESPACE();
namespace quantlathe::codecs {
namespace HWY_NAMESPACE {

HWY_INLINE FloatVector broadcast(StoredHalf half)
{
    return halvesToFloats(floats, hn::Set(words, half.bits()));
}

/// As many unsigned bytes as there are lanes.
HWY_INLINE IntVector loadBytes(const std::uint8_t* bytes)
{
    return hn::PromoteTo(ints, hn::LoadU(hn::Rebind<std::uint8_t, Ints>(), bytes));
}

HWY_INLINE IntVector lowNibbles(IntVector bytes)
{
    return hn::And(bytes, hn::Set(ints, 15));
}

HWY_INLINE IntVector highNibbles(IntVector bytes)
{
    return hn::ShiftRight<4>(bytes);
}

HWY_INLINE void storeScaled(IntVector codes, FloatVector scale, float* weights)
{
    hn::StoreU(hn::Mul(hn::ConvertTo(floats, codes), scale), floats, weights);
}

HWY_INLINE void storeScaledLess(IntVector codes, FloatVector scale, FloatVector minimum, float* weights)
{
    hn::StoreU(hn::Sub(hn::Mul(hn::ConvertTo(floats, codes), scale), minimum), floats, weights);
}

HWY_INLINE void storeScaledPlus(IntVector codes, FloatVector scale, FloatVector minimum, float* weights)
{
    hn::StoreU(hn::Add(hn::Mul(hn::ConvertTo(floats, codes), scale), minimum), floats, weights);
}

/// Sixteen-bit numbers to floats by @p convert(tag, lanes with the number in the low bits).
template <typename Convert>
HWY_INLINE void decodeSixteenBits(const std::byte* bytes, float* weights, std::size_t count,
                                  Convert&& convert)
{
    const auto run = [&](auto d, std::size_t first, std::size_t end) HWY_ATTR {
        const hn::Rebind<std::uint16_t, decltype(d)> narrow;
        const hn::RebindToUnsigned<decltype(d)> wide;
        const std::size_t lanes = hn::Lanes(d);
        for (; first + lanes <= end; first += lanes) {
            alignas(64) std::uint16_t numbers[16];
            std::memcpy(numbers, bytes + 2 * first, 2 * lanes); // the bytes may lie at an odd address
            hn::StoreU(convert(d, hn::PromoteTo(wide, hn::LoadU(narrow, numbers))), d, weights + first);
        }
        return first;
    };
    run(hn::CappedTag<float, 1>(), run(floats, 0, count), count);
}

void decodeF16(const std::byte* bytes, float* weights, std::size_t count)
{
    decodeSixteenBits(bytes, weights, count,
                      [](auto d, auto halves) HWY_ATTR { return halvesToFloats(d, halves); });
}

void decodeBF16(const std::byte* bytes, float* weights, std::size_t count)
{
    decodeSixteenBits(bytes, weights, count,
                      [](auto d, auto upper) HWY_ATTR { return hn::BitCast(d, hn::ShiftLeft<16>(upper)); });
}

void decodeQ8_0(const std::byte* bytes, float* weights, std::size_t count)
{
    const auto* block = asBlocks<BlockQ8_0>(bytes);
    const hn::Rebind<std::int8_t, Ints> signedBytes;
    for (std::size_t first = 0; first < count; first += legacyBlock, ++block) {
        const FloatVector d = broadcast(block->d);
        for (std::size_t index = 0; index < legacyBlock; index += hn::Lanes(floats)) {
            const auto codes = hn::LoadU(signedBytes, block->codes.data() + index);
            storeScaled(hn::PromoteTo(ints, codes), d, weights + first + index);
        }
    }
}

/// The fifth bits of as many weights as there are lanes, from bit @p index on, as 0 or 16.
HWY_INLINE IntVector fifthBits(const FifthBits& bits, std::size_t index)
{
    alignas(64) static constexpr std::uint32_t bitOfLane[16] = {
        1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768};
    std::uint32_t word;
    std::memcpy(&word, bits.data(), sizeof word);
    const auto isSet = hn::TestBit(hn::Set(words, word >> index), hn::Load(words, bitOfLane));
    return hn::BitCast(ints, hn::IfThenElseZero(isSet, hn::Set(words, 16)));
}

template <typename Block, bool HasFifthBits, bool HasMinimum>
HWY_INLINE void decodeNibbleBlocks(const std::byte* bytes, float* weights, std::size_t count)
{
    constexpr std::size_t half = legacyBlock / 2;
    const IntVector zero = hn::Set(ints, HasFifthBits ? 16 : 8);
    const auto* block = asBlocks<Block>(bytes);
    for (std::size_t first = 0; first < count; first += legacyBlock, ++block) {
        const FloatVector d = broadcast(block->d);
        FloatVector m = d;
        if constexpr (HasMinimum)
            m = broadcast(block->m);
        for (std::size_t index = 0; index < half; index += hn::Lanes(floats)) {
            const IntVector packed = loadBytes(block->nibbles.data() + index);
            IntVector low = lowNibbles(packed);
            IntVector high = highNibbles(packed);
            if constexpr (HasFifthBits) {
                low = hn::Or(low, fifthBits(block->fifthBits, index));
                high = hn::Or(high, fifthBits(block->fifthBits, index + half));
            }
            float* target = weights + first + index;
            if constexpr (HasMinimum) {
                storeScaledPlus(low, d, m, target);
                storeScaledPlus(high, d, m, target + half);
            } else {
                storeScaled(hn::Sub(low, zero), d, target);
                storeScaled(hn::Sub(high, zero), d, target + half);
            }
        }
    }
}

void decodeQ4_0(const std::byte* bytes, float* weights, std::size_t count)
{
    decodeNibbleBlocks<BlockQ4_0, false, false>(bytes, weights, count);
}

void decodeQ4_1(const std::byte* bytes, float* weights, std::size_t count)
{
    decodeNibbleBlocks<BlockQ4_1, false, true>(bytes, weights, count);
}

void decodeQ5_0(const std::byte* bytes, float* weights, std::size_t count)
{
    decodeNibbleBlocks<BlockQ5_0, true, false>(bytes, weights, count);
}

void decodeQ5_1(const std::byte* bytes, float* weights, std::size_t count)
{
    decodeNibbleBlocks<BlockQ5_1, true, true>(bytes, weights, count);
}

void decodeQ2_K(const std::byte* bytes, float* weights, std::size_t count)
{
    const auto* block = asBlocks<BlockQ2_K>(bytes);
    for (std::size_t first = 0; first < count; first += superBlock, ++block) {
        const float d = halfToFloat(block->d.bits());
        const float dmin = halfToFloat(block->dmin.bits());
        for (std::size_t byte = 0; byte < block->codes.size(); byte += hn::Lanes(floats)) {
            const IntVector packed = loadBytes(block->codes.data() + byte);
            const std::size_t base = byte / 32 * 128 + byte % 32;
            for (std::size_t part = 0; part < 4; ++part) {
                const std::size_t weight = base + 32 * part;
                const std::uint8_t scales = block->scales[weight / 16];
                const auto codes =
                    hn::And(hn::ShiftRightSame(packed, static_cast<int>(2 * part)), hn::Set(ints, 3));
                storeScaledLess(codes, hn::Set(floats, d * static_cast<float>(scales & 15)),
                                hn::Set(floats, dmin * static_cast<float>(scales >> 4)),
                                weights + first + weight);
            }
        }
    }
}

void decodeQ3_K(const std::byte* bytes, float* weights, std::size_t count)
{
    const auto* block = asBlocks<BlockQ3_K>(bytes);
    for (std::size_t first = 0; first < count; first += superBlock, ++block) {
        const float d = halfToFloat(block->d.bits());
        float scales[16];
        for (std::size_t sub = 0; sub < 16; ++sub)
            scales[sub] = d * static_cast<float>(scaleOfQ3_K(block->scales, sub));
        for (std::size_t byte = 0; byte < block->codes.size(); byte += hn::Lanes(floats)) {
            const IntVector packed = loadBytes(block->codes.data() + byte);
            const IntVector highBits = loadBytes(block->highBits.data() + byte % 32);
            const std::size_t base = byte / 32 * 128 + byte % 32;
            for (std::size_t part = 0; part < 4; ++part) {
                const std::size_t weight = base + 32 * part;
                const auto low =
                    hn::And(hn::ShiftRightSame(packed, static_cast<int>(2 * part)), hn::Set(ints, 3));
                const auto high =
                    hn::And(hn::ShiftRightSame(highBits, static_cast<int>(weight / 32)), hn::Set(ints, 1));
                const auto codes = hn::Sub(hn::Add(low, hn::ShiftLeft<2>(high)), hn::Set(ints, 4));
                storeScaled(codes, hn::Set(floats, scales[weight / 16]), weights + first + weight);
            }
        }
    }
}

template <typename Block, bool HasHighBits>
HWY_INLINE void decodeSixBitScales(const std::byte* bytes, float* weights, std::size_t count)
{
    const auto* block = asBlocks<Block>(bytes);
    for (std::size_t first = 0; first < count; first += superBlock, ++block) {
        const float d = halfToFloat(block->d.bits());
        const float dmin = halfToFloat(block->dmin.bits());
        for (std::size_t sub = 0; sub < 8; sub += 2) {
            const ScaleAndMinimum lower = scaleAndMinimum(block->scales, sub);
            const ScaleAndMinimum upper = scaleAndMinimum(block->scales, sub + 1);
            const FloatVector lowerScale = hn::Set(floats, d * static_cast<float>(lower.scale));
            const FloatVector lowerMinimum = hn::Set(floats, dmin * static_cast<float>(lower.minimum));
            const FloatVector upperScale = hn::Set(floats, d * static_cast<float>(upper.scale));
            const FloatVector upperMinimum = hn::Set(floats, dmin * static_cast<float>(upper.minimum));
            for (std::size_t rest = 0; rest < 32; rest += hn::Lanes(floats)) {
                const IntVector packed = loadBytes(block->codes.data() + 16 * sub + rest);
                IntVector low = lowNibbles(packed);
                IntVector high = highNibbles(packed);
                if constexpr (HasHighBits) {
                    const auto bits =
                        hn::ShiftRightSame(loadBytes(block->highBits.data() + rest), static_cast<int>(sub));
                    low = hn::Or(low, hn::ShiftLeft<4>(hn::And(bits, hn::Set(ints, 1))));
                    high = hn::Or(high, hn::ShiftLeft<3>(hn::And(bits, hn::Set(ints, 2))));
                }
                float* target = weights + first + 32 * sub + rest;
                storeScaledLess(low, lowerScale, lowerMinimum, target);
                storeScaledLess(high, upperScale, upperMinimum, target + 32);
            }
        }
    }
}

void decodeQ4_K(const std::byte* bytes, float* weights, std::size_t count)
{
    decodeSixBitScales<BlockQ4_K, false>(bytes, weights, count);
}

void decodeQ5_K(const std::byte* bytes, float* weights, std::size_t count)
{
    decodeSixBitScales<BlockQ5_K, true>(bytes, weights, count);
}

void decodeQ6_K(const std::byte* bytes, float* weights, std::size_t count)
{
    const auto* block = asBlocks<BlockQ6_K>(bytes);
    for (std::size_t first = 0; first < count; first += superBlock, ++block) {
        const float d = halfToFloat(block->d.bits());
        float scales[16];
        for (std::size_t sub = 0; sub < 16; ++sub)
            scales[sub] = d * static_cast<float>(block->scales[sub]);
        for (std::size_t byte = 0; byte < block->highBits.size(); byte += hn::Lanes(floats)) {
            const std::size_t half = byte / 32;
            const std::size_t rest = byte % 32;
            const IntVector front = loadBytes(block->lowBits.data() + 64 * half + rest);
            const IntVector back = loadBytes(block->lowBits.data() + 64 * half + 32 + rest);
            const IntVector upper = loadBytes(block->highBits.data() + byte);
            const auto store = [&](std::size_t part, IntVector low, IntVector shiftedUpper) HWY_ATTR {
                const std::size_t weight = 128 * half + 32 * part + rest;
                const auto codes = hn::Or(low, hn::And(shiftedUpper, hn::Set(ints, 0x30)));
                storeScaled(hn::Sub(codes, hn::Set(ints, 32)), hn::Set(floats, scales[weight / 16]),
                            weights + first + weight);
            };
            store(0, lowNibbles(front), hn::ShiftLeft<4>(upper));
            store(1, lowNibbles(back), hn::ShiftLeft<2>(upper));
            store(2, highNibbles(front), upper);
            store(3, highNibbles(back), hn::ShiftRight<2>(upper));
        }
    }
}

} // namespace HWY_NAMESPACE
} // namespace quantlathe::codecs
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace quantlathe::codecs {

QUANTLATHE_DISPATCH_DECODE(decodeF16)
QUANTLATHE_DISPATCH_DECODE(decodeBF16)
QUANTLATHE_DISPATCH_DECODE(decodeQ4_0)
QUANTLATHE_DISPATCH_DECODE(decodeQ4_1)
QUANTLATHE_DISPATCH_DECODE(decodeQ5_0)
QUANTLATHE_DISPATCH_DECODE(decodeQ5_1)
QUANTLATHE_DISPATCH_DECODE(decodeQ8_0)
QUANTLATHE_DISPATCH_DECODE(decodeQ2_K)
QUANTLATHE_DISPATCH_DECODE(decodeQ3_K)
QUANTLATHE_DISPATCH_DECODE(decodeQ4_K)
QUANTLATHE_DISPATCH_DECODE(decodeQ5_K)
QUANTLATHE_DISPATCH_DECODE(decodeQ6_K)

} // namespace quantlathe::codecs
#endif
