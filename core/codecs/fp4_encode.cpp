// SPDX-License-Identifier: GPL-3.0-or-later
// Compiled once per SIMD target by Highway. One lane is one scale with its 32 or 16 weights
// (simd_parts-inl.h).
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/codecs/fp4_encode.cpp"
#include <hwy/foreach_target.h> // must come before highway.h

#include <hwy/highway.h>

#include "core/codecs/batch_steps-inl.h"
#include "core/codecs/fp4_blocks.h"
#include "core/codecs/fp4_encode.h"
#include "core/codecs/stored_scales-inl.h"

#include <cmath>
#include <cstring>

HWY_BEFORE_NAMESPACE();
namespace quantlathe::codecs {
namespace HWY_NAMESPACE {
namespace direct {

/// The E2M1 number nearest to each of @p y, |y| up to 6: whole multiples of a half of the power of two below
/// |y|, or of 0.5 below 1. Zero is never negative.
HWY_INLINE FloatVector nearestE2M1(FloatVector y)
{
    const auto exponent = hn::And(hn::BitCast(words, y), hn::Set(words, 0x7F800000u));
    const FloatVector power = hn::Max(hn::BitCast(floats, exponent), constant(1.0f));
    // The last bit of 1.5 * 2^22 is 0.5: adding and subtracting it leaves no finer ones.
    const FloatVector noFiner = hn::Mul(power, constant(6291456.0f));
    return hn::Sub(hn::Add(y, noFiner), noFiner);
}

HWY_INLINE FloatVector clippedE2M1(FloatVector y)
{
    const FloatVector largest = constant(6.0f);
    return nearestE2M1(hn::Max(hn::Min(y, largest), hn::Neg(largest)));
}

/// Adds v (y - q)^2 to @p sum; weights beyond the last number only where @p Clips.
template <bool Clips, bool Weighted>
HWY_INLINE FloatVector withError(FloatVector sum, FloatVector x, FloatVector v, FloatVector inverse)
{
    const FloatVector y = hn::Mul(x, inverse);
    const FloatVector rest = hn::Sub(y, Clips ? clippedE2M1(y) : nearestE2M1(y));
    const FloatVector square = hn::Mul(rest, rest);
    return hn::Add(sum, Weighted ? hn::Mul(v, square) : square);
}

template <bool Weighted> HWY_INLINE FloatVector importanceAt(const Columns& at, std::size_t index)
{
    if constexpr (Weighted)
        return hn::Load(floats, at.v + batchLanes * index);
    else
        return constant(1.0f);
}

HWY_INLINE FloatVector largestMagnitudeOf(const Columns& at, std::size_t width)
{
    FloatVector largest = constant(0.0f);
    for (std::size_t index = 0; index < width; ++index)
        largest = hn::Max(largest, hn::Abs(hn::Load(floats, at.x + batchLanes * index)));
    return largest;
}

/// Words of four-bit codes: byte j holds weight j low and weight j + Width / 2 high.
template <std::size_t Width>
HWY_INLINE void packCodes(const Columns& at, std::size_t lane, FloatVector inverse,
                          std::uint32_t* HWY_RESTRICT codes)
{
    constexpr std::size_t half = Width / 2;
    const auto codeOf = [&](std::size_t index) HWY_ATTR {
        const FloatVector x = hn::Load(floats, at.x + batchLanes * index);
        const FloatVector number = clippedE2M1(hn::Mul(x, inverse));
        const FloatVector magnitude = hn::Abs(number);
        // 0 and 0.5 become 0.5 and 0.75, larger ones stay: then exponent and first fraction bit count up from
        // 252.
        const FloatVector counted =
            hn::Max(magnitude, hn::Add(hn::Mul(magnitude, constant(0.5f)), constant(0.5f)));
        const auto sign = hn::ShiftLeft<3>(hn::ShiftRight<31>(hn::BitCast(words, number)));
        return hn::Add(hn::ShiftRight<22>(hn::BitCast(words, counted)), sign);
    };
    constexpr std::uint32_t bias = 252u * 0x11111111u;
    for (std::size_t word = 0; word < half / 4; ++word) {
        WordVector packed = hn::Zero(words);
        for (std::size_t byte = 4; byte-- > 0;) {
            const WordVector low = codeOf(4 * word + byte);
            const WordVector high = codeOf(4 * word + byte + half);
            packed = hn::Add(hn::ShiftLeft<8>(packed), hn::Add(low, hn::ShiftLeft<4>(high)));
        }
        hn::Store(hn::Sub(packed, hn::Set(words, bias)), words, codes + batchLanes * word + lane);
    }
}

/// Scales of sixteen lanes and four words of codes for each.
struct EncodedFp4
{
    alignas(64) std::uint32_t scales[batchLanes];
    alignas(64) std::uint32_t codes[4 * batchLanes];
};

/// sum v (y - q)^2 of each lane, in units of the scale's square.
template <bool Weighted>
HWY_INLINE FloatVector clippedError(const Columns& at, std::size_t width, FloatVector inverse)
{
    FloatVector error = constant(0.0f);
    for (std::size_t index = 0; index < width; ++index) {
        const FloatVector x = hn::Load(floats, at.x + batchLanes * index);
        error = withError<true, Weighted>(error, x, importanceAt<Weighted>(at, index), inverse);
    }
    return error;
}

/// A scale byte and its error.
struct Fp4Trial
{
    WordVector scale;
    FloatVector error;
};

HWY_INLINE Fp4Trial better(const Fp4Trial& a, const Fp4Trial& b)
{
    const auto isBetter = hn::Lt(b.error, a.error);
    return {hn::IfThenElse(hn::RebindMask(words, isBetter), b.scale, a.scale),
            hn::IfThenElse(isBetter, b.error, a.error)};
}

template <bool Weighted, Effort effort> struct FormatMXFP4
{
    using Block = BlockMXFP4;
    using Encoded = EncodedFp4;
    static constexpr std::size_t width = BlockMXFP4::weights;
    static constexpr std::size_t lanesPerBlock = 1;
    enum Row { Exponent, Inverse, Rows };
    using State = Table<Rows>;
    /// With the next one the last number would be infinite.
    static constexpr std::uint32_t largestExponent = 252;

    /// 2^(127 - exponent), exact for all exponents that are used.
    static HWY_INLINE FloatVector inverseOf(WordVector exponent)
    {
        return hn::BitCast(floats, hn::ShiftLeft<23>(hn::Sub(hn::Set(words, 254), exponent)));
    }

    static HWY_INLINE void prepare(const Columns& at, std::size_t lane, State& state)
    {
        const auto bits = hn::BitCast(words, largestMagnitudeOf(at, width));
        const auto biased = hn::Max(hn::ShiftRight<23>(bits), hn::Set(words, 2));
        const auto exponent = hn::Min(hn::Sub(biased, hn::Set(words, 2)), hn::Set(words, largestExponent));
        state.put(Exponent, lane, hn::BitCast(floats, exponent));
        state.put(Inverse, lane, inverseOf(exponent));
    }

    /// The trial of @p step more than @p exponent with its @p error, by which a step is a factor of four.
    /// Never better than others beyond the limits of exponents.
    static HWY_INLINE Fp4Trial stepped(WordVector exponent, int step, FloatVector error)
    {
        const auto signedExponent = hn::Add(hn::BitCast(ints, exponent), hn::Set(ints, step));
        const auto highest = hn::Set(ints, static_cast<std::int32_t>(largestExponent));
        const auto limited = hn::Min(hn::Max(signedExponent, hn::Zero(ints)), highest);
        const auto isAllowed = hn::RebindMask(floats, hn::Eq(limited, signedExponent));
        const FloatVector infinity = hn::BitCast(floats, hn::Set(words, 0x7F800000u));
        const FloatVector scaled = hn::Mul(error, constant(std::ldexp(1.0f, 2 * step)));
        return {hn::BitCast(words, limited), hn::IfThenElse(isAllowed, scaled, infinity)};
    }

    static HWY_INLINE WordVector chosenOfFew(const Columns& at, WordVector exponent)
    {
        const FloatVector inverse = inverseOf(exponent);
        const FloatVector half = hn::Mul(inverse, constant(0.5f));
        const FloatVector twice = hn::Add(inverse, inverse);
        FloatVector same = constant(0.0f);
        FloatVector above = same;
        FloatVector below = same;
        for (std::size_t index = 0; index < width; ++index) {
            const FloatVector x = hn::Load(floats, at.x + batchLanes * index);
            const FloatVector v = importanceAt<Weighted>(at, index);
            same = withError<true, Weighted>(same, x, v, inverse);
            above = withError<false, Weighted>(above, x, v, half);
            if constexpr (Weighted)
                below = withError<true, Weighted>(below, x, v, twice);
        }
        Fp4Trial best = better({exponent, same}, stepped(exponent, 1, above));
        if constexpr (Weighted)
            best = better(best, stepped(exponent, -1, below));
        return best.scale;
    }

    static HWY_INLINE WordVector chosenOfAll(const Columns& at, WordVector exponent)
    {
        Fp4Trial best{exponent, clippedError<Weighted>(at, width, inverseOf(exponent))};
        for (int step = 2; step >= -12; --step) {
            const WordVector other = stepped(exponent, step, best.error).scale;
            best = better(best, stepped(exponent, step, clippedError<Weighted>(at, width, inverseOf(other))));
        }
        return best.scale;
    }

    static HWY_INLINE void sum(const Columns& at, std::size_t lane, State& state)
    {
        const WordVector exponent = hn::BitCast(words, state.get(Exponent, lane));
        const WordVector chosen =
            effort == Effort::Best ? chosenOfAll(at, exponent) : chosenOfFew(at, exponent);
        state.put(Exponent, lane, hn::BitCast(floats, chosen));
        state.put(Inverse, lane, inverseOf(chosen));
    }

    static HWY_INLINE void choose(std::size_t lane, const State& state, EncodedFp4& encoded)
    {
        hn::Store(hn::BitCast(words, state.get(Exponent, lane)), words, encoded.scales + lane);
    }

    static HWY_INLINE void pack(const Columns& at, std::size_t lane, const State& state, EncodedFp4& encoded)
    {
        packCodes<width>(at, lane, state.get(Inverse, lane), encoded.codes);
    }
};

/// The unsigned E4M3 number nearest to each of @p values as its byte, from 1 to 0x7E; the upper one of two
/// (as llama.cpp: the lower one is then tried as well).
HWY_INLINE WordVector nearestE4M3(FloatVector values)
{
    const FloatVector limited = hn::Min(hn::Max(values, constant(0x1p-9f)), constant(448.0f));
    const auto rounded = hn::ShiftRight<20>(hn::Add(hn::BitCast(words, limited), hn::Set(words, 0x80000u)));
    const auto normal = hn::Sub(rounded, hn::Set(words, 120u << 3));
    const FloatVector raised = hn::Add(hn::Mul(limited, constant(0x1p9f)), constant(0.5f));
    const auto isNormal = hn::RebindMask(words, hn::Ge(limited, constant(0x1p-6f)));
    return hn::IfThenElse(isNormal, normal, hn::BitCast(words, hn::ConvertTo(ints, raised)));
}

HWY_INLINE FloatVector numberE4M3(WordVector bytes)
{
    const FloatVector normal =
        hn::BitCast(floats, hn::ShiftLeft<20>(hn::Add(bytes, hn::Set(words, 120u << 3))));
    const FloatVector denormal = hn::Mul(hn::ConvertTo(floats, hn::BitCast(ints, bytes)), constant(0x1p-9f));
    return hn::IfThenElse(hn::RebindMask(floats, hn::Gt(bytes, hn::Set(words, 7))), normal, denormal);
}

template <bool Weighted, Effort effort> struct FormatNVFP4
{
    using Block = BlockNVFP4;
    using Encoded = EncodedFp4;
    static constexpr std::size_t width = BlockNVFP4::subWeights;
    static constexpr std::size_t lanesPerBlock = 4;
    static constexpr std::size_t trials = Weighted ? 8 : 4;
    static constexpr std::uint32_t largestScale = 0x7E;
    enum Row { Largest, Scale, Inverse = Scale + trials, Rows = Inverse + trials };
    using State = Table<Rows>;

    /// @p scale moved by @p steps within the bytes that mean scales.
    static HWY_INLINE WordVector moved(WordVector scale, int steps)
    {
        const auto sum = hn::Add(hn::BitCast(ints, scale), hn::Set(ints, steps));
        const auto largest = hn::Set(ints, static_cast<std::int32_t>(largestScale));
        return hn::BitCast(words, hn::Min(hn::Max(sum, hn::Set(ints, 1)), largest));
    }

    static HWY_INLINE void putTrial(State& state, std::size_t trial, std::size_t lane, WordVector scale)
    {
        state.put(Scale + trial, lane, hn::BitCast(floats, scale));
        state.put(Inverse + trial, lane, hn::Div(constant(1.0f), numberE4M3(scale)));
    }

    static HWY_INLINE void prepare(const Columns& at, std::size_t lane, State& state)
    {
        const FloatVector largest = largestMagnitudeOf(at, width);
        const WordVector sixth = nearestE4M3(hn::Mul(largest, constant(1 / 6.0f)));
        const WordVector quarter = nearestE4M3(hn::Mul(largest, constant(0.25f)));
        state.put(Largest, lane, largest);
        putTrial(state, 0, lane, sixth);
        putTrial(state, 1, lane, moved(sixth, -1));
        putTrial(state, 2, lane, quarter);
        putTrial(state, 3, lane, moved(quarter, 1));
        if constexpr (Weighted) {
            // The largest weight may matter little, or much.
            putTrial(state, 4, lane, moved(sixth, 1));
            putTrial(state, 5, lane, moved(sixth, -2));
            putTrial(state, 6, lane, moved(quarter, 2));
            putTrial(state, 7, lane, moved(quarter, -1));
        }
    }

    static HWY_INLINE Fp4Trial trialOf(const State& state, std::size_t trial, std::size_t lane,
                                       FloatVector error)
    {
        const WordVector scale = hn::BitCast(words, state.get(Scale + trial, lane));
        const FloatVector d = numberE4M3(scale);
        return {scale, hn::Mul(hn::Mul(d, d), error)};
    }

    /// The best of four trials from @p first on; weights beyond the last number only where a trial clips.
    template <bool LaterClip>
    static HWY_INLINE Fp4Trial bestOfFour(const Columns& at, std::size_t lane, const State& state,
                                          std::size_t first)
    {
        const FloatVector inverse0 = state.get(Inverse + first, lane);
        const FloatVector inverse1 = state.get(Inverse + first + 1, lane);
        const FloatVector inverse2 = state.get(Inverse + first + 2, lane);
        const FloatVector inverse3 = state.get(Inverse + first + 3, lane);
        FloatVector error0 = constant(0.0f);
        FloatVector error1 = error0;
        FloatVector error2 = error0;
        FloatVector error3 = error0;
        for (std::size_t index = 0; index < width; ++index) {
            const FloatVector x = hn::Load(floats, at.x + batchLanes * index);
            const FloatVector v = importanceAt<Weighted>(at, index);
            error0 = withError<true, Weighted>(error0, x, v, inverse0);
            error1 = withError<true, Weighted>(error1, x, v, inverse1);
            error2 = withError<LaterClip, Weighted>(error2, x, v, inverse2);
            error3 = withError<LaterClip, Weighted>(error3, x, v, inverse3);
        }
        return better(
            better(trialOf(state, first, lane, error0), trialOf(state, first + 1, lane, error1)),
            better(trialOf(state, first + 2, lane, error2), trialOf(state, first + 3, lane, error3)));
    }

    /// A quarter of the largest weight holds it unless that is beyond all scales (@p Clips).
    template <bool Clips>
    static HWY_INLINE Fp4Trial chosenOfFew(const Columns& at, std::size_t lane, const State& state)
    {
        Fp4Trial best = bestOfFour<Clips>(at, lane, state, 0);
        if constexpr (Weighted)
            best = better(best, bestOfFour<true>(at, lane, state, 4));
        return best;
    }

    static HWY_INLINE Fp4Trial chosenOfAll(const Columns& at, std::size_t lane, const State& state)
    {
        Fp4Trial best = chosenOfFew<true>(at, lane, state);
        for (std::uint32_t byte = 1; byte <= largestScale; ++byte) {
            const WordVector scale = hn::Set(words, byte);
            const FloatVector d = numberE4M3(scale);
            const FloatVector error = clippedError<Weighted>(at, width, hn::Div(constant(1.0f), d));
            best = better(best, {scale, hn::Mul(hn::Mul(d, d), error)});
        }
        return best;
    }

    static HWY_INLINE void sum(const Columns& at, std::size_t lane, State& state)
    {
        const FloatVector largest = state.get(Largest, lane);
        const auto isBeyond = hn::Gt(largest, constant(4 * 448.0f));
        Fp4Trial best;
        if constexpr (effort == Effort::Best)
            best = chosenOfAll(at, lane, state);
        else if (HWY_LIKELY(hn::AllFalse(floats, isBeyond)))
            best = chosenOfFew<false>(at, lane, state);
        else
            best = chosenOfFew<true>(at, lane, state);
        // Zeros need no scale.
        const auto isZero = hn::RebindMask(words, hn::Eq(largest, constant(0.0f)));
        const WordVector chosen = hn::IfThenZeroElse(isZero, best.scale);
        state.put(Scale, lane, hn::BitCast(floats, chosen));
        state.put(Inverse, lane, hn::Div(constant(1.0f), numberE4M3(best.scale)));
    }

    static HWY_INLINE void choose(std::size_t lane, const State& state, EncodedFp4& encoded)
    {
        hn::Store(hn::BitCast(words, state.get(Scale, lane)), words, encoded.scales + lane);
    }

    static HWY_INLINE void pack(const Columns& at, std::size_t lane, const State& state, EncodedFp4& encoded)
    {
        packCodes<width>(at, lane, state.get(Inverse, lane), encoded.codes);
    }
};

HWY_INLINE void storeBlock(const EncodedFp4& encoded, std::size_t lane, BlockMXFP4& block)
{
    block.exponent = static_cast<std::uint8_t>(encoded.scales[lane]);
    for (std::size_t word = 0; word < 4; ++word)
        std::memcpy(block.codes.data() + 4 * word, encoded.codes + batchLanes * word + lane, 4);
}

HWY_INLINE void storeBlock(const EncodedFp4& encoded, std::size_t lane, BlockNVFP4& block)
{
    for (std::size_t sub = 0; sub < block.scales.size(); ++sub) {
        block.scales[sub] = static_cast<std::uint8_t>(encoded.scales[lane + sub]);
        for (std::size_t word = 0; word < 2; ++word)
            std::memcpy(block.codes[sub].data() + 4 * word, encoded.codes + batchLanes * word + lane + sub,
                        4);
    }
}

template <template <bool, Effort> class Format>
HWY_INLINE void encodeFp4(const float* weights, const float* importance, std::size_t count, Effort effort,
                          std::byte* blocks)
{
    if (effort == Effort::Best) {
        if (importance)
            encodeInSteps<Format<true, Effort::Best>>(weights, importance, count, blocks);
        else
            encodeInSteps<Format<false, Effort::Best>>(weights, nullptr, count, blocks);
    } else if (importance) {
        encodeInSteps<Format<true, Effort::Standard>>(weights, importance, count, blocks);
    } else {
        encodeInSteps<Format<false, Effort::Standard>>(weights, nullptr, count, blocks);
    }
}

} // namespace direct

void encodeMXFP4(const float* weights, const float* importance, std::size_t count, Effort effort,
                 std::byte* blocks)
{
    direct::encodeFp4<direct::FormatMXFP4>(weights, importance, count, effort, blocks);
}

void encodeNVFP4(const float* weights, const float* importance, std::size_t count, Effort effort,
                 std::byte* blocks)
{
    direct::encodeFp4<direct::FormatNVFP4>(weights, importance, count, effort, blocks);
}

} // namespace HWY_NAMESPACE
} // namespace quantlathe::codecs
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace quantlathe::codecs {

#define QUANTLATHE_DISPATCH(name)                                                                            \
    HWY_EXPORT(name);                                                                                        \
    void simd::name(const float* weights, const float* importance, std::size_t count, Effort effort,         \
                    std::byte* blocks)                                                                       \
    {                                                                                                        \
        HWY_DYNAMIC_DISPATCH(name)(weights, importance, count, effort, blocks);                              \
    }

QUANTLATHE_DISPATCH(encodeMXFP4)
QUANTLATHE_DISPATCH(encodeNVFP4)

#undef QUANTLATHE_DISPATCH

} // namespace quantlathe::codecs
#endif
