// SPDX-License-Identifier: GPL-3.0-or-later
// Compiled once per SIMD target by Highway. A batch is sixteen blocks, one lane each (simd_parts-inl.h); it
// stays in the first-level cache while it is read three times: range, trials, codes. Residuals e = x / d -
// code are summed in units of the scale, which keeps small errors exact beside large weights.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/codecs/legacy_encode.cpp"
#include <hwy/foreach_target.h> // must come before highway.h

#include <hwy/highway.h>

#include "core/codecs/batch_steps-inl.h"
#include "core/codecs/legacy_blocks.h"
#include "core/codecs/legacy_encode.h"
#include "core/codecs/legacy_trials-inl.h"
#include "core/codecs/simd_dispatch.h"

#include <cstring>

HWY_BEFORE_NAMESPACE();
namespace quantlathe::codecs {
namespace HWY_NAMESPACE {
namespace direct {

/// What is stored of sixteen blocks: word k of block b at [16 * k + b].
struct EncodedBatch
{
    alignas(64) std::uint32_t scales[batchLanes];
    alignas(64) std::uint32_t minima[batchLanes];
    alignas(64) std::uint32_t fifthBits[batchLanes];
    alignas(64) std::uint32_t codes[8 * batchLanes];
};

/// Codes [0, 2^bits) of a block as words: nibbles (weight j low, j + 16 high) and, of five-bit codes, the
/// fifth bits.
/// @p codeOf(weights) gives codes with noFraction added.
template <bool HasFifthBits, class CodeOf>
HWY_INLINE void packNibbles(const float* HWY_RESTRICT column, std::size_t lane, CodeOf&& codeOf,
                            EncodedBatch& encoded)
{
    constexpr std::size_t half = legacyBlock / 2;
    const auto bitsOf = [&](std::size_t index) HWY_ATTR {
        return hn::BitCast(words, codeOf(hn::Load(floats, column + batchLanes * index)));
    };
    // What noFraction contributes to a word is the same everywhere and subtracted in the end.
    constexpr std::uint32_t bias = noFractionBits * 0x11111111u;
    const WordVector nibble = hn::Set(words, 15);
    const WordVector fifth = hn::Set(words, 16);
    WordVector fifths = hn::Zero(words);
    for (std::size_t word = 4; word-- > 0;) {
        WordVector packed = hn::Zero(words);
        for (std::size_t byte = 4; byte-- > 0;) {
            const std::size_t index = 4 * word + byte;
            WordVector low = bitsOf(index);
            WordVector high = bitsOf(index + half);
            if constexpr (HasFifthBits) {
                // Bit 4 of weight j to bit j, bit 4 of weight j + 16 to bit j + 16.
                const auto bits =
                    hn::Or(hn::ShiftRight<4>(hn::And(low, fifth)), hn::ShiftLeft<12>(hn::And(high, fifth)));
                fifths = hn::Add(hn::Add(fifths, fifths), bits);
                low = hn::And(low, nibble);
                high = hn::And(high, nibble);
            }
            packed = hn::Add(hn::ShiftLeft<8>(packed), hn::Add(low, hn::ShiftLeft<4>(high)));
        }
        if constexpr (!HasFifthBits)
            packed = hn::Sub(packed, hn::Set(words, bias));
        hn::Store(packed, words, encoded.codes + batchLanes * word + lane);
    }
    if constexpr (HasFifthBits)
        hn::Store(fifths, words, encoded.fifthBits + lane);
}

// Each format below is four steps over a batch, see batch_steps-inl.h.

/// Q4_0 and Q5_0: w = (code - half) d.
template <class BlockType, int Half> struct SignedFormat
{
    using Block = BlockType;
    using Encoded = EncodedBatch;
    static constexpr std::size_t width = legacyBlock;
    static constexpr std::size_t lanesPerBlock = 1;
    enum Row { Scale, OtherScale, Inverse, OtherInverse, Sums, OtherSums = Sums + 3, Rows = OtherSums + 3 };
    using State = Table<Rows>;

    static HWY_INLINE void prepare(const Columns& at, std::size_t lane, State& state)
    {
        const FloatVector extreme = extremeOf(at.x, tamedExtent(at.x));
        const FloatVector holding = holdingScale(hn::Mul(extreme, constant(-1.0f / Half)), coarseBelow);
        const FloatVector wanted = hn::Mul(extreme, constant(Half == 8 ? -1 / 8.7f : 1 / 15.0f));
        const FloatVector other = otherScale(wanted, holding, coarseBelow, -1);
        state.put(Scale, lane, holding);
        state.put(OtherScale, lane, other);
        state.put(Inverse, lane, inverseOf(holding));
        state.put(OtherInverse, lane, inverseOf(other));
    }

    /// Scales that hold the block's range need no clipping at its ends; those at the limits of halves may
    /// not.
    template <bool Clips> static HWY_INLINE void sumTrials(const Columns& at, std::size_t lane, State& state)
    {
        constexpr bool cutsOff = Clips || Half == 8;
        const FloatVector low = constant(-Half);
        const FloatVector high = constant(Half - 1);
        const FloatVector zero = constant(0.0f);
        const FloatVector inverse = state.get(Inverse, lane);
        const FloatVector otherInverse = state.get(OtherInverse, lane);
        SignedSums first{zero, zero, zero};
        SignedSums second{zero, zero, zero};
        for (std::size_t index = 0; index < legacyBlock; ++index) {
            const FloatVector x = hn::Load(floats, at.x + batchLanes * index);
            first.add(rounded<Clips, true>(hn::Mul(x, inverse), low, high));
            second.add(rounded<cutsOff, cutsOff>(hn::Mul(x, otherInverse), low, high));
        }
        first.store(state, Sums, lane);
        second.store(state, OtherSums, lane);
    }

    static HWY_INLINE void sum(const Columns& at, std::size_t lane, State& state)
    {
        if (HWY_LIKELY(hn::AllFalse(floats, mayClip(state.get(Scale, lane), coarseBelow))))
            sumTrials<false>(at, lane, state);
        else
            sumTrials<true>(at, lane, state);
    }

    static HWY_INLINE void choose(std::size_t lane, State& state, EncodedBatch& encoded)
    {
        const Trial first = SignedSums::load(state, Sums, lane).trial(state.get(Scale, lane));
        const Trial second = SignedSums::load(state, OtherSums, lane).trial(state.get(OtherScale, lane));
        const FloatVector d = better(first, second).d;
        hn::Store(floatsToHalves(floats, d), words, encoded.scales + lane);
        state.put(Inverse, lane, inverseOf(d));
    }

    static HWY_INLINE void pack(const Columns& at, std::size_t lane, const State& state,
                                EncodedBatch& encoded)
    {
        const FloatVector low = constant(-Half);
        const FloatVector high = constant(Half - 1);
        const FloatVector inverse = state.get(Inverse, lane);
        const FloatVector offset = constant(noFraction + Half);
        const auto codeOf = [&](FloatVector x) HWY_ATTR {
            return hn::Add(hn::Max(hn::Min(hn::Mul(x, inverse), high), low), offset);
        };
        packNibbles<(Half > 8)>(at.x, lane, codeOf, encoded);
    }
};

/// Q4_1 and Q5_1: w = code d + m.
template <class BlockType, int Top> struct AffineFormat
{
    using Block = BlockType;
    using Encoded = EncodedBatch;
    static constexpr std::size_t width = legacyBlock;
    static constexpr std::size_t lanesPerBlock = 1;
    enum Row {
        Scale,
        Minimum,
        Inverse,
        OtherScale,
        OtherMinimum,
        OtherInverse,
        MayClip,
        Sums,
        OtherSums = Sums + 5,
        Rows = OtherSums + 5
    };
    using State = Table<Rows>;

    static HWY_INLINE void prepare(const Columns& at, std::size_t lane, State& state)
    {
        const Extent extent = tamedExtent(at.x);
        const FloatVector range = hn::Sub(extent.high, extent.low);
        const FloatVector m = asStored(extent.low);
        // Where scales are coarse so is the minimum: the range is counted from what is stored of it.
        const FloatVector fromRange = hn::Mul(range, constant(1.0f / Top));
        const FloatVector aboveStored = hn::Max(hn::Sub(extent.high, m), constant(0.0f));
        const FloatVector fromStored = hn::Mul(aboveStored, constant(1.0f / Top));
        const FloatVector d = holdingScale(
            hn::IfThenElse(isCoarse(fromRange, coarseBelow), fromStored, fromRange), coarseBelow);
        const FloatVector otherD = otherScale(hn::Mul(range, constant(0.94f / Top)), d, coarseBelow, -1);
        const FloatVector raised = asStored(hn::Add(extent.low, hn::Mul(range, constant(0.03f))));
        state.put(Scale, lane, d);
        state.put(Minimum, lane, m);
        state.put(Inverse, lane, inverseOf(d));
        state.put(OtherScale, lane, otherD);
        state.put(OtherMinimum, lane, hn::IfThenElse(isCoarse(d, coarseBelow), m, raised));
        state.put(OtherInverse, lane, inverseOf(otherD));
        // A large minimum is rounded by more than half a code.
        const auto isShifted = hn::Gt(hn::Abs(hn::Sub(extent.low, m)), hn::Mul(d, constant(0.4f)));
        state.put(MayClip, lane,
                  hn::IfThenElseZero(hn::Or(isShifted, mayClip(d, coarseBelow)), constant(1.0f)));
    }

    template <bool Clips> static HWY_INLINE void sumTrials(const Columns& at, std::size_t lane, State& state)
    {
        const FloatVector zero = constant(0.0f);
        const FloatVector top = constant(Top);
        const FloatVector m = state.get(Minimum, lane);
        const FloatVector inverse = state.get(Inverse, lane);
        const FloatVector otherM = state.get(OtherMinimum, lane);
        const FloatVector otherInverse = state.get(OtherInverse, lane);
        AffineSums first{zero, zero, zero, zero, zero};
        AffineSums second{zero, zero, zero, zero, zero};
        for (std::size_t index = 0; index < legacyBlock; ++index) {
            const FloatVector x = hn::Load(floats, at.x + batchLanes * index);
            first.add(rounded<Clips, Clips>(hn::Mul(hn::Sub(x, m), inverse), zero, top));
            second.add(rounded<true, true>(hn::Mul(hn::Sub(x, otherM), otherInverse), zero, top));
        }
        first.store(state, Sums, lane);
        second.store(state, OtherSums, lane);
    }

    static HWY_INLINE void sum(const Columns& at, std::size_t lane, State& state)
    {
        if (HWY_LIKELY(hn::AllFalse(floats, hn::Gt(state.get(MayClip, lane), constant(0.0f)))))
            sumTrials<false>(at, lane, state);
        else
            sumTrials<true>(at, lane, state);
    }

    static HWY_INLINE void choose(std::size_t lane, State& state, EncodedBatch& encoded)
    {
        const AffineTrial first =
            AffineSums::load(state, Sums, lane).trial(state.get(Scale, lane), state.get(Minimum, lane));
        const AffineTrial second = AffineSums::load(state, OtherSums, lane)
                                       .trial(state.get(OtherScale, lane), state.get(OtherMinimum, lane));
        const AffineTrial best = better(first, second);
        hn::Store(floatsToHalves(floats, best.d), words, encoded.scales + lane);
        hn::Store(floatsToHalves(floats, best.m), words, encoded.minima + lane);
        state.put(Minimum, lane, best.m);
        state.put(Inverse, lane, inverseOf(best.d));
    }

    static HWY_INLINE void pack(const Columns& at, std::size_t lane, const State& state,
                                EncodedBatch& encoded)
    {
        const FloatVector zero = constant(0.0f);
        const FloatVector top = constant(Top);
        const FloatVector m = state.get(Minimum, lane);
        const FloatVector inverse = state.get(Inverse, lane);
        const FloatVector offset = constant(noFraction);
        const auto codeOf = [&](FloatVector x) HWY_ATTR {
            return hn::Add(hn::Max(hn::Min(hn::Mul(hn::Sub(x, m), inverse), top), zero), offset);
        };
        packNibbles<(Top > 15)>(at.x, lane, codeOf, encoded);
    }
};

/// Q8_0: w = code d, codes from -127 to 127.
struct ByteFormat
{
    using Block = BlockQ8_0;
    using Encoded = EncodedBatch;
    static constexpr std::size_t width = legacyBlock;
    static constexpr std::size_t lanesPerBlock = 1;
    static constexpr std::size_t trials = 4;
    enum Row { Scale, Inverse = Scale + trials, Rests = Inverse + trials, Rows = Rests + trials };
    using State = Table<Rows>;

    static HWY_INLINE void prepare(const Columns& at, std::size_t lane, State& state)
    {
        const FloatVector magnitude = magnitudeOf(tamedExtent(at.x));
        const FloatVector holding =
            holdingScale(hn::Mul(magnitude, constant(1 / 127.0f)), coarseBelowForBytes);
        const FloatVector scale1 =
            otherScale(hn::Mul(magnitude, constant(1 / 126.0f)), holding, coarseBelowForBytes, 1);
        const FloatVector scale2 =
            otherScale(hn::Mul(magnitude, constant(1 / 125.0f)), holding, coarseBelowForBytes, 2);
        const FloatVector scale3 =
            otherScale(hn::Mul(magnitude, constant(1 / 124.0f)), holding, coarseBelowForBytes, -1);
        state.put(Scale, lane, holding);
        state.put(Scale + 1, lane, scale1);
        state.put(Scale + 2, lane, scale2);
        state.put(Scale + 3, lane, scale3);
        state.put(Inverse, lane, inverseOf(holding));
        state.put(Inverse + 1, lane, inverseOf(scale1));
        state.put(Inverse + 2, lane, inverseOf(scale2));
        state.put(Inverse + 3, lane, inverseOf(scale3));
    }

    /// Adds e^2 to @p sum. Weights leave the codes' range only where scales are coarse.
    template <bool Clips>
    static HWY_INLINE FloatVector withRest(FloatVector sum, FloatVector x, FloatVector inverse)
    {
        const FloatVector scaled = hn::Mul(x, inverse);
        FloatVector code = nearestWhole(scaled);
        if constexpr (Clips)
            code = hn::Min(hn::Max(code, constant(-127.0f)), constant(127.0f));
        const FloatVector rest = hn::Sub(scaled, code);
        return hn::Add(sum, hn::Mul(rest, rest));
    }

    template <bool Clips> static HWY_INLINE void sumRests(const Columns& at, std::size_t lane, State& state)
    {
        const FloatVector zero = constant(0.0f);
        FloatVector rests0 = zero;
        FloatVector rests1 = zero;
        FloatVector rests2 = zero;
        FloatVector rests3 = zero;
        const FloatVector inverse0 = state.get(Inverse, lane);
        const FloatVector inverse1 = state.get(Inverse + 1, lane);
        const FloatVector inverse2 = state.get(Inverse + 2, lane);
        const FloatVector inverse3 = state.get(Inverse + 3, lane);
        for (std::size_t index = 0; index < legacyBlock; ++index) {
            const FloatVector x = hn::Load(floats, at.x + batchLanes * index);
            rests0 = withRest<Clips>(rests0, x, inverse0);
            rests1 = withRest<Clips>(rests1, x, inverse1);
            rests2 = withRest<Clips>(rests2, x, inverse2);
            rests3 = withRest<Clips>(rests3, x, inverse3);
        }
        state.put(Rests, lane, rests0);
        state.put(Rests + 1, lane, rests1);
        state.put(Rests + 2, lane, rests2);
        state.put(Rests + 3, lane, rests3);
    }

    static HWY_INLINE void sum(const Columns& at, std::size_t lane, State& state)
    {
        if (HWY_LIKELY(hn::AllFalse(floats, mayClip(state.get(Scale, lane), coarseBelowForBytes))))
            sumRests<false>(at, lane, state);
        else
            sumRests<true>(at, lane, state);
    }

    static HWY_INLINE void choose(std::size_t lane, State& state, EncodedBatch& encoded)
    {
        const auto trial = [&](std::size_t row) HWY_ATTR {
            const FloatVector d = state.get(Scale + row, lane);
            return Trial{d, hn::Mul(hn::Mul(d, d), state.get(Rests + row, lane))};
        };
        Trial third = trial(2);
        const auto coarse = isCoarse(state.get(Scale, lane), coarseBelowForBytes);
        if (HWY_UNLIKELY(!hn::AllFalse(floats, coarse))) {
            // Two steps away only where that is (all but) exact: then the block has been encoded before, one
            // step away and with less than 127 as its largest code.
            third.error = hn::IfThenElse(coarse, hn::Mul(third.error, constant(1e4f)), third.error);
        }
        const FloatVector d = better(better(trial(0), trial(1)), better(third, trial(3))).d;
        hn::Store(floatsToHalves(floats, d), words, encoded.scales + lane);
        state.put(Inverse, lane, inverseOf(d));
    }

    static HWY_INLINE void pack(const Columns& at, std::size_t lane, const State& state,
                                EncodedBatch& encoded)
    {
        const FloatVector inverse = state.get(Inverse, lane);
        const FloatVector top = constant(127.0f);
        // 128 is added to make every byte positive, and taken off again by the sign bits.
        const FloatVector offset = constant(noFraction + 128);
        constexpr std::uint32_t bias = noFractionBits * 0x01010101u;
        const WordVector signs = hn::Set(words, 0x80808080u);
        for (std::size_t word = 0; word < 8; ++word) {
            WordVector packed = hn::Zero(words);
            for (std::size_t byte = 4; byte-- > 0;) {
                const FloatVector x = hn::Load(floats, at.x + batchLanes * (4 * word + byte));
                const FloatVector scaled = hn::Max(hn::Min(hn::Mul(x, inverse), top), hn::Neg(top));
                packed = hn::Add(hn::ShiftLeft<8>(packed), hn::BitCast(words, hn::Add(scaled, offset)));
            }
            packed = hn::Xor(hn::Sub(packed, hn::Set(words, bias)), signs);
            hn::Store(packed, words, encoded.codes + batchLanes * word + lane);
        }
    }
};

HWY_INLINE StoredHalf storedHalf(std::uint32_t bits)
{
    return {static_cast<std::uint8_t>(bits), static_cast<std::uint8_t>(bits >> 8)};
}

template <class Block> HWY_INLINE void storeBlock(const EncodedBatch& encoded, std::size_t lane, Block& block)
{
    block.d = storedHalf(encoded.scales[lane]);
    if constexpr (requires { block.m; })
        block.m = storedHalf(encoded.minima[lane]);
    if constexpr (requires { block.fifthBits; })
        std::memcpy(block.fifthBits.data(), encoded.fifthBits + lane, 4);
    auto& codes = [&]() -> auto&
    {
        if constexpr (requires { block.nibbles; })
            return block.nibbles;
        else
            return block.codes;
    }
    ();
    for (std::size_t word = 0; word < codes.size() / 4; ++word)
        std::memcpy(codes.data() + 4 * word, encoded.codes + batchLanes * word + lane, 4);
}

} // namespace direct

void encodeQ4_0(const float* weights, std::size_t count, std::byte* blocks)
{
    direct::encodeInSteps<direct::SignedFormat<BlockQ4_0, 8>>(weights, nullptr, count, blocks);
}

void encodeQ5_0(const float* weights, std::size_t count, std::byte* blocks)
{
    direct::encodeInSteps<direct::SignedFormat<BlockQ5_0, 16>>(weights, nullptr, count, blocks);
}

void encodeQ4_1(const float* weights, std::size_t count, std::byte* blocks)
{
    direct::encodeInSteps<direct::AffineFormat<BlockQ4_1, 15>>(weights, nullptr, count, blocks);
}

void encodeQ5_1(const float* weights, std::size_t count, std::byte* blocks)
{
    direct::encodeInSteps<direct::AffineFormat<BlockQ5_1, 31>>(weights, nullptr, count, blocks);
}

void encodeQ8_0(const float* weights, std::size_t count, std::byte* blocks)
{
    direct::encodeInSteps<direct::ByteFormat>(weights, nullptr, count, blocks);
}

} // namespace HWY_NAMESPACE
} // namespace quantlathe::codecs
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace quantlathe::codecs {

QUANTLATHE_DISPATCH_DIRECT(encodeQ4_0)
QUANTLATHE_DISPATCH_DIRECT(encodeQ4_1)
QUANTLATHE_DISPATCH_DIRECT(encodeQ5_0)
QUANTLATHE_DISPATCH_DIRECT(encodeQ5_1)
QUANTLATHE_DISPATCH_DIRECT(encodeQ8_0)

} // namespace quantlathe::codecs
#endif
