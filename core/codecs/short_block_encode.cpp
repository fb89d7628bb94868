// SPDX-License-Identifier: GPL-3.0-or-later
// Encoding blocks of 32 weights with a half scale (Q4_0, Q5_0, Q8_0, IQ4_NL) or a half scale and a half minimum (Q4_1,
// Q5_1) by search, sixteen blocks at a time. Layouts: legacy_blocks.h, iq4_grid.h.
//
// Weights w of the squared error that is minimised: with importance v, v. Without: 1, but for IQ4_NL and `magnitude`, as
// llama.cpp, x^2.
//
// Each block: scale (and minimum) by least squares over candidates (lane_search-inl.h, scaled_search-inl.h), rounded to
// half; codes for what is stored; refitted, as long as the error falls. The thorough search also tries the halves around.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/codecs/short_block_encode.cpp"
#include <hwy/foreach_target.h> // must come before highway.h

#include <hwy/highway.h>

#include "core/codecs/legacy_blocks.h"
#include "core/codecs/scaled_search-inl.h"
#include "core/codecs/search_encode.h"
#include "core/codecs/simd_dispatch.h"
#include "core/codecs/super_block-inl.h"

#include <limits>

HWY_BEFORE_NAMESPACE();
namespace quantlathe::codecs {
namespace HWY_NAMESPACE {

/// Byte j of 16 holds code j in its low and code j + 16 in its high nibble.
HWY_INLINE void packNibbles(const std::uint8_t* codes, std::array<std::uint8_t, 16>& nibbles)
{
    for (std::size_t byte = 0; byte < 16; ++byte)
        nibbles[byte] = static_cast<std::uint8_t>((codes[byte] & 15) | codes[byte + 16] << 4);
}

template <typename Bits> HWY_INLINE void packFifthBits(const std::uint8_t* codes, Bits& bits)
{
    std::uint32_t word = 0;
    for (std::size_t index = 0; index < legacyBlock; ++index)
        word |= static_cast<std::uint32_t>(codes[index] >> 4 & 1) << index;
    std::memcpy(&bits, &word, sizeof word);
}

template <typename ShortBlock, typename BlockLevels, bool magnitudeIsSquare = false> struct ScaledFormat
{
    using Block = ShortBlock;
    using Levels = BlockLevels;
    /// `magnitude` weighs by x^2, not by 1.
    static constexpr bool weighsBySquare = magnitudeIsSquare;
    static constexpr std::array<float, 4> all = {0.0f, 0.5f, -0.4f, 1.0f};
    /// Of more codes more candidates.
    static constexpr auto stretches = [] {
        std::array<float, Levels::highEnd == 127 ? 4 : 2> some{};
        std::copy_n(all.begin(), some.size(), some.begin());
        return some;
    }();

    static void pack(const std::uint8_t* codes, Block& block)
    {
        if constexpr (requires { block.nibbles; }) {
            packNibbles(codes, block.nibbles);
            if constexpr (requires { block.fifthBits; })
                packFifthBits(codes, block.fifthBits);
        } else if constexpr (sizeof(block.codes) == 16) {
            packNibbles(codes, block.codes);
        } else {
            for (std::size_t index = 0; index < legacyBlock; ++index)
                block.codes[index] = static_cast<std::int8_t>(codes[index] ^ 0x80);
        }
    }
};

template <typename Format> class ScaledBlocks
{
public:
    using Block = typename Format::Block;
    using Levels = typename Format::Levels;
    static constexpr std::size_t width = legacyBlock;
    static constexpr std::size_t weightsPerBlock = legacyBlock;

    void run(const BatchSource& source, const EncodeOptions& options, Block* blocks)
    {
        const bool isBest = options.effort == Effort::Best;
        const bool bySquare = Format::weighsBySquare && options.objective == Objective::Magnitude;
        m_values.load(source, 1);
        m_values.weigh(
            source.importance != nullptr, [](std::size_t) HWY_ATTR { return hn::Zero(floats); },
            [&](FloatVector x, FloatVector) HWY_ATTR { return bySquare ? hn::Mul(x, x) : hn::Set(floats, 1.0f); });
        for (std::size_t lane = 0; lane < searchLanes; lane += hn::Lanes(floats)) {
            hn::Store(hn::Set(floats, std::numeric_limits<float>::infinity()), floats, m_error.data() + lane);
            settle(lane, fitScaledLanes<Levels>(view(lane), Format::stretches, 1).scale, isBest ? 4 : 1);
            if (isBest)
                searchThoroughly(lane);
        }
        for (std::size_t block = 0; block < source.subBlocks; ++block)
            store(source, block, blocks[block]);
    }

private:
    LaneView view(std::size_t lane) const { return {m_values.x + lane, m_values.w + lane, m_values.wx + lane, width}; }

    /// Keeps @p scale, a half, if it is better than what was found so far. @return what fits its codes best
    FloatVector tryScale(std::size_t lane, FloatVector scale)
    {
        const ScaledMeasure measured = measureScaled<Levels>(view(lane), scale);
        const auto least = hn::Load(floats, m_error.data() + lane);
        const auto better = hn::Lt(measured.error, least);
        hn::Store(hn::IfThenElse(better, scale, hn::Load(floats, m_d.data() + lane)), floats, m_d.data() + lane);
        hn::Store(hn::IfThenElse(better, measured.error, least), floats, m_error.data() + lane);
        return hn::Mul(measured.sums.xv, inverseOrZero(measured.sums.vv));
    }

    void settle(std::size_t lane, FloatVector scale, int rounds)
    {
        auto wanted = tryScale(lane, m_values.roomyHalf(lane, scale));
        for (int round = 0; round < rounds; ++round)
            wanted = tryScale(lane, m_values.nearestHalf(lane, wanted));
    }

    /// Many more candidates, and the halves around the best.
    void searchThoroughly(std::size_t lane)
    {
        const auto extreme = extremeOf(view(lane));
        for (const float stretch : manyScaledStretches<Levels>()) {
            for (const float end : {Levels::lowEnd - stretch * Levels::spacing, Levels::highEnd + stretch * Levels::spacing})
                settle(lane, hn::Mul(extreme, hn::Set(floats, 1 / end)), 3);
        }
        const auto middle = hn::Load(floats, m_d.data() + lane);
        for (int step = -4; step <= 4; ++step)
            tryScale(lane, m_values.nearestHalf(lane, hn::Mul(middle, hn::Set(floats, 1.0f + 0x1p-11f * static_cast<float>(step)))));
    }

    void store(const BatchSource& source, std::size_t index, Block& block) const
    {
        block.d.store(m_d[index] * m_values.unit[index]);
        alignas(64) std::uint8_t codes[width];
        const auto slope = inverseOrZero(hn::Set(floats, m_d[index]));
        m_values.storeCodes(source, index, codes,
                            [&](FloatVector x) HWY_ATTR { return Levels::codeOf(hn::Mul(x, slope)); });
        Format::pack(codes, block);
    }

    BatchValues<width> m_values;
    alignas(64) Lanes m_d;
    alignas(64) Lanes m_error;
};

template <typename ShortBlock, int top> class AffineBlocks
{
public:
    using Block = ShortBlock;
    static constexpr std::size_t width = legacyBlock;
    static constexpr std::size_t weightsPerBlock = legacyBlock;
    static constexpr auto stretches = stretchesOf<8>({-0.8f, -0.5f, -0.2f, 0.1f, 0.4f, 0.0f, 0.7f, 1.0f});

    void run(const BatchSource& source, const EncodeOptions& options, Block* blocks)
    {
        const bool isBest = options.effort == Effort::Best;
        m_values.load(source, 1);
        m_values.weigh(
            source.importance != nullptr, [](std::size_t) HWY_ATTR { return hn::Zero(floats); },
            [](FloatVector, FloatVector) HWY_ATTR { return hn::Set(floats, 1.0f); });
        for (std::size_t lane = 0; lane < searchLanes; lane += hn::Lanes(floats)) {
            const LaneTotals totals = totalsOf<Offsets::Any>(view(lane));
            const AffineLanes fit = isBest
                ? fitAffineLanes<top, Offsets::Any>(view(lane), totals, manyStretches<top>(), 8)
                : fitAffineLanes<top, Offsets::Any>(view(lane), totals, stretches, 1);
            settle(lane, totals, fit, isBest);
        }
        for (std::size_t block = 0; block < source.subBlocks; ++block)
            store(source, block, blocks[block]);
    }

private:
    LaneView view(std::size_t lane) const { return {m_values.x + lane, m_values.w + lane, m_values.wx + lane, width}; }

    void settle(std::size_t lane, const LaneTotals& totals, const AffineLanes& fit, bool isBest)
    {
        auto bestScale = hn::Zero(floats);
        auto bestOffset = hn::Zero(floats);
        auto bestError = hn::Set(floats, std::numeric_limits<float>::infinity());
        const auto tryPair = [&](FloatVector scale, FloatVector offset) HWY_ATTR {
            const AffineMeasure measured = measureAffine<top>(view(lane), scale, offset);
            const auto better = hn::Lt(measured.error, bestError);
            bestScale = hn::IfThenElse(better, scale, bestScale);
            bestOffset = hn::IfThenElse(better, offset, bestOffset);
            bestError = hn::IfThenElse(better, measured.error, bestError);
            return measured.sums;
        };
        // The minimum is rounded first, then the scale is fitted to what was left of it.
        AffineSums sums = tryPair(m_values.roomyHalf(lane, fit.scale), m_values.nearestHalf(lane, fit.offset));
        const auto refit = [&](FloatVector offset) HWY_ATTR {
            const auto wanted = hn::Mul(hn::Add(sums.xl, hn::Mul(offset, sums.l)), inverseOrZero(sums.ll));
            return m_values.nearestHalf(lane, wanted);
        };
        for (int round = 0; round < (isBest ? 6 : 1); ++round) {
            const AffineLanes again = affineLeastSquares<Offsets::Any>(totals, sums);
            const auto isUsable = hn::Gt(again.gain, hn::Zero(floats));
            const auto offset = hn::IfThenElse(isUsable, m_values.nearestHalf(lane, again.offset), bestOffset);
            sums = tryPair(refit(offset), offset);
        }
        if (isBest) {
            // The same grid, counted from a lower code, may have a minimum that a half holds exactly.
            const auto grid = bestScale;
            const AffineSums codes = measureAffine<top>(view(lane), bestScale, bestOffset).sums;
            const auto end = affineLeastSquares<Offsets::Any>(totals, codes).offset;
            for (int shift = 1; shift <= top / 4; ++shift)
                tryPair(grid, m_values.nearestHalf(lane, hn::Add(end, hn::Mul(grid, hn::Set(floats, static_cast<float>(shift))))));
            const auto middleScale = bestScale;
            const auto middleOffset = bestOffset;
            for (int down = -2; down <= 2; ++down) {
                const auto offset = m_values.nearestHalf(
                    lane, hn::Mul(middleOffset, hn::Set(floats, 1.0f + 0x1p-11f * static_cast<float>(down))));
                for (int step = -3; step <= 3; ++step)
                    tryPair(m_values.nearestHalf(
                                lane, hn::Mul(middleScale, hn::Set(floats, 1.0f + 0x1p-11f * static_cast<float>(step)))),
                            offset);
            }
        }
        hn::Store(bestScale, floats, m_d.data() + lane);
        hn::Store(bestOffset, floats, m_offset.data() + lane);
    }

    void store(const BatchSource& source, std::size_t index, Block& block) const
    {
        block.d.store(m_d[index] * m_values.unit[index]);
        block.m.store(-m_offset[index] * m_values.unit[index]);
        alignas(64) std::uint8_t codes[width];
        const auto slope = inverseOrZero(hn::Set(floats, m_d[index]));
        const auto bias = hn::Mul(hn::Set(floats, m_offset[index]), slope);
        m_values.storeCodes(source, index, codes,
                            [&](FloatVector x) HWY_ATTR { return affineCode<top>(x, slope, bias); });
        packNibbles(codes, block.nibbles);
        if constexpr (top > 15)
            packFifthBits(codes, block.fifthBits);
    }

    BatchValues<width> m_values;
    alignas(64) Lanes m_d;
    alignas(64) Lanes m_offset;
};

using BlocksQ4_0 = ScaledBlocks<ScaledFormat<BlockQ4_0, WholeLevels<8>>>;
using BlocksQ5_0 = ScaledBlocks<ScaledFormat<BlockQ5_0, WholeLevels<16>>>;
using BlocksQ8_0 = ScaledBlocks<ScaledFormat<BlockQ8_0, WholeLevels<128>>>;
using BlocksIQ4_NL = ScaledBlocks<ScaledFormat<BlockIQ4_NL, Iq4Levels, true>>;
using BlocksQ4_1 = AffineBlocks<BlockQ4_1, 15>;
using BlocksQ5_1 = AffineBlocks<BlockQ5_1, 31>;

QUANTLATHE_BATCH_ENCODER(encodeIQ4_NL, BlocksIQ4_NL)
QUANTLATHE_BATCH_ENCODER(searchQ4_0, BlocksQ4_0)
QUANTLATHE_BATCH_ENCODER(searchQ4_1, BlocksQ4_1)
QUANTLATHE_BATCH_ENCODER(searchQ5_0, BlocksQ5_0)
QUANTLATHE_BATCH_ENCODER(searchQ5_1, BlocksQ5_1)
QUANTLATHE_BATCH_ENCODER(searchQ8_0, BlocksQ8_0)

} // namespace HWY_NAMESPACE
} // namespace quantlathe::codecs
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace quantlathe::codecs {

QUANTLATHE_DISPATCH_ENCODE_ROW(encodeIQ4_NL)
QUANTLATHE_DISPATCH_ENCODE_ROW(searchQ4_0)
QUANTLATHE_DISPATCH_ENCODE_ROW(searchQ4_1)
QUANTLATHE_DISPATCH_ENCODE_ROW(searchQ5_0)
QUANTLATHE_DISPATCH_ENCODE_ROW(searchQ5_1)
QUANTLATHE_DISPATCH_ENCODE_ROW(searchQ8_0)

} // namespace quantlathe::codecs
#endif
