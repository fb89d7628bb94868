// SPDX-License-Identifier: GPL-3.0-or-later
// Decoders of the formats with few values (ternary_blocks.h, fp4_blocks.h), compiled once per SIMD target by
// Highway; as simd_decode.cpp.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/codecs/simd_decode_few.cpp"
#include <hwy/foreach_target.h> // must come before highway.h

#include <hwy/highway.h>

#include "core/codecs/fp4_blocks.h"
#include "core/codecs/simd_decode.h"
#include "core/codecs/simd_dispatch.h"
#include "core/codecs/simd_parts-inl.h"
#include "core/codecs/ternary_blocks.h"

#include <cstring>

HWY_BEFORE_NAMESPACE();
namespace quantlathe::codecs {
namespace HWY_NAMESPACE {
namespace few {

/// As many unsigned bytes as there are lanes.
template <class D> HWY_INLINE hn::Vec<hn::RebindToSigned<D>> loadBytes(D, const std::uint8_t* bytes)
{
    const hn::RebindToSigned<D> integers;
    return hn::PromoteTo(integers, hn::LoadU(hn::Rebind<std::uint8_t, D>(), bytes));
}

template <class D>
HWY_INLINE void storeScaled(D d, hn::Vec<hn::RebindToSigned<D>> codes, hn::Vec<D> scale, float* weights)
{
    hn::StoreU(hn::Mul(hn::ConvertTo(d, codes), scale), d, weights);
}

/// Doubled E2M1 numbers of four-bit codes.
template <class D>
HWY_INLINE hn::Vec<hn::RebindToSigned<D>> doubledNumbers(D, hn::Vec<hn::RebindToSigned<D>> codes)
{
    const hn::RebindToSigned<D> integers;
    const auto zero = hn::Zero(integers);
    const auto magnitude = hn::And(codes, hn::Set(integers, 7));
    // 0 1 2 3 4 and then 6 8 12: one more for each code beyond 4, and two more for the last.
    const auto beyondFour = hn::Max(hn::Sub(magnitude, hn::Set(integers, 4)), zero);
    const auto beyondSix = hn::Max(hn::Sub(magnitude, hn::Set(integers, 6)), zero);
    const auto number = hn::Add(hn::Add(magnitude, beyondFour), hn::Add(beyondSix, beyondSix));
    const auto sign = hn::ShiftRight<31>(hn::ShiftLeft<28>(codes));
    return hn::Sub(hn::Xor(number, sign), sign);
}

/// @p size bytes: weight j in the low nibble of byte j, weight j + size in its high nibble.
template <class D>
HWY_INLINE void decodeNibbles(D d, const std::uint8_t* bytes, std::size_t size, float scale, float* weights)
{
    const auto scales = hn::Set(d, scale);
    const hn::RebindToSigned<D> integers;
    for (std::size_t index = 0; index < size; index += hn::Lanes(d)) {
        const auto packed = loadBytes(d, bytes + index);
        storeScaled(d, doubledNumbers(d, hn::And(packed, hn::Set(integers, 15))), scales, weights + index);
        storeScaled(d, doubledNumbers(d, hn::ShiftRight<4>(packed)), scales, weights + size + index);
    }
}

/// Base-3 digits of @p size bytes: digit n of byte m goes to weights[m + size * n].
template <class D>
HWY_INLINE void decodeDigits(D d, const std::uint8_t* bytes, std::size_t size, std::size_t digits,
                             float scale, float* weights)
{
    const auto scales = hn::Set(d, scale);
    const hn::RebindToSigned<D> integers;
    for (std::size_t index = 0; index < size; index += hn::Lanes(d)) {
        auto fraction = loadBytes(d, bytes + index);
        for (std::size_t place = 0; place < digits; ++place) {
            const auto tripled = hn::Add(hn::Add(fraction, fraction), fraction);
            const auto digit = hn::Sub(hn::ShiftRight<8>(tripled), hn::Set(integers, 1));
            storeScaled(d, digit, scales, weights + size * place + index);
            fraction = hn::And(tripled, hn::Set(integers, 255));
        }
    }
}

} // namespace few

void decodeQ1_0(const std::byte* bytes, float* weights, std::size_t count)
{
    alignas(64) static constexpr std::uint32_t bitOfLane[16] = {
        1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768};
    const auto* block = asBlocks<BlockQ1_0>(bytes);
    for (std::size_t first = 0; first < count; first += BlockQ1_0::weights, ++block) {
        const auto d = hn::Set(floats, halfToFloat(block->d.bits()));
        for (std::size_t index = 0; index < BlockQ1_0::weights; index += hn::Lanes(floats)) {
            std::uint16_t bits;
            std::memcpy(&bits, block->bits.data() + index / 16 * 2, sizeof bits);
            const auto lanes = hn::Set(words, static_cast<std::uint32_t>(bits) >> index % 16);
            const auto isSet = hn::RebindMask(floats, hn::TestBit(lanes, hn::Load(words, bitOfLane)));
            hn::StoreU(hn::IfThenElse(isSet, d, hn::Neg(d)), floats, weights + first + index);
        }
    }
}

void decodeQ2_0(const std::byte* bytes, float* weights, std::size_t count)
{
    alignas(64) static constexpr std::uint32_t shiftOfLane[16] = {0,  2,  4,  6,  8,  10, 12, 14,
                                                                  16, 18, 20, 22, 24, 26, 28, 30};
    const auto* block = asBlocks<BlockQ2_0>(bytes);
    for (std::size_t first = 0; first < count; first += BlockQ2_0::weights, ++block) {
        const auto d = hn::Set(floats, halfToFloat(block->d.bits()));
        for (std::size_t index = 0; index < BlockQ2_0::weights; index += hn::Lanes(floats)) {
            std::uint32_t word;
            std::memcpy(&word, block->codes.data() + index / 16 * 4, sizeof word);
            const auto shifted =
                hn::Shr(hn::Set(words, word >> 2 * (index % 16)), hn::Load(words, shiftOfLane));
            const auto codes = hn::BitCast(ints, hn::And(shifted, hn::Set(words, 3)));
            few::storeScaled(floats, hn::Sub(codes, hn::Set(ints, 1)), d, weights + first + index);
        }
    }
}

void decodeTQ2_0(const std::byte* bytes, float* weights, std::size_t count)
{
    const auto* block = asBlocks<BlockTQ2_0>(bytes);
    const auto three = hn::Set(ints, 3);
    const auto one = hn::Set(ints, 1);
    for (std::size_t first = 0; first < count; first += BlockTQ2_0::weights, ++block) {
        const auto d = hn::Set(floats, halfToFloat(block->d.bits()));
        for (std::size_t byte = 0; byte < block->codes.size(); byte += hn::Lanes(floats)) {
            const auto packed = few::loadBytes(floats, block->codes.data() + byte);
            float* target = weights + first + byte / 32 * 128 + byte % 32;
            few::storeScaled(floats, hn::Sub(hn::And(packed, three), one), d, target);
            few::storeScaled(floats, hn::Sub(hn::And(hn::ShiftRight<2>(packed), three), one), d, target + 32);
            few::storeScaled(floats, hn::Sub(hn::And(hn::ShiftRight<4>(packed), three), one), d, target + 64);
            few::storeScaled(floats, hn::Sub(hn::ShiftRight<6>(packed), one), d, target + 96);
        }
    }
}

void decodeTQ1_0(const std::byte* bytes, float* weights, std::size_t count)
{
    const auto* block = asBlocks<BlockTQ1_0>(bytes);
    const hn::CappedTag<float, 4> four;
    for (std::size_t first = 0; first < count; first += BlockTQ1_0::weights, ++block) {
        const float d = halfToFloat(block->d.bits());
        few::decodeDigits(floats, block->fives.data(), 32, 5, d, weights + first);
        few::decodeDigits(floats, block->fives.data() + 32, 16, 5, d, weights + first + 160);
        few::decodeDigits(four, block->fours.data(), 4, 4, d, weights + first + 240);
    }
}

void decodeMXFP4(const std::byte* bytes, float* weights, std::size_t count)
{
    const auto* block = asBlocks<BlockMXFP4>(bytes);
    for (std::size_t first = 0; first < count; first += BlockMXFP4::weights, ++block) {
        few::decodeNibbles(floats, block->codes.data(), block->codes.size(),
                           halvedPowerOfTwo(block->exponent), weights + first);
    }
}

void decodeNVFP4(const std::byte* bytes, float* weights, std::size_t count)
{
    const auto* block = asBlocks<BlockNVFP4>(bytes);
    const hn::CappedTag<float, 8> eight;
    for (std::size_t first = 0; first < count; first += BlockNVFP4::weights, ++block) {
        for (std::size_t sub = 0; sub < block->scales.size(); ++sub) {
            few::decodeNibbles(eight, block->codes[sub].data(), block->codes[sub].size(),
                               halvedUnsignedE4M3(block->scales[sub]),
                               weights + first + BlockNVFP4::subWeights * sub);
        }
    }
}

} // namespace HWY_NAMESPACE
} // namespace quantlathe::codecs
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace quantlathe::codecs {

QUANTLATHE_DISPATCH_DECODE(decodeQ1_0)
QUANTLATHE_DISPATCH_DECODE(decodeQ2_0)
QUANTLATHE_DISPATCH_DECODE(decodeTQ1_0)
QUANTLATHE_DISPATCH_DECODE(decodeTQ2_0)
QUANTLATHE_DISPATCH_DECODE(decodeMXFP4)
QUANTLATHE_DISPATCH_DECODE(decodeNVFP4)

} // namespace quantlathe::codecs
#endif
