// SPDX-License-Identifier: GPL-3.0-or-later
// Encoding super-blocks with scales and no minima (Q3_K, Q6_K: kquants_blocks.h; IQ4_XS: iq4_grid.h), sixteen sub-blocks
// at a time, in the steps of affine_encode.cpp.
//
// Weights w of the squared error that is minimised: with importance v, v. Without, for `squared-error`, 1; for
// `magnitude`, as llama.cpp, x^2.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/codecs/scaled_encode.cpp"
#include <hwy/foreach_target.h> // must come before highway.h

#include <hwy/highway.h>

#include "core/codecs/kquants_blocks.h"
#include "core/codecs/scaled_search-inl.h"
#include "core/codecs/search_encode.h"
#include "core/codecs/simd_dispatch.h"
#include "core/codecs/super_block-inl.h"

#include <limits>

HWY_BEFORE_NAMESPACE();
namespace quantlathe::codecs {
namespace HWY_NAMESPACE {

struct FormatQ3_K
{
    using Block = BlockQ3_K;
    using Levels = WholeLevels<4>;
    static constexpr std::size_t width = 16;
    static constexpr int gridHalf = 32;
    static constexpr std::array<float, 2> stretches = {0.0f, 0.6f};
    static constexpr auto importanceStretches = stretches;
    static constexpr auto evenStretches = stretches;
    static constexpr int fitRounds = 0;
    static constexpr int gridRounds = 1;

    static void pack(const std::uint8_t* codes, const float* scales, Block& block)
    {
        block.scales = {};
        for (std::size_t sub = 0; sub < 16; ++sub)
            storeScaleOfQ3_K(block.scales, sub, static_cast<int>(scales[sub]));
        packTwoBits(codes, block.codes);
        for (std::size_t rest = 0; rest < 32; ++rest) {
            unsigned bits = 0;
            for (std::size_t part = 0; part < 8; ++part)
                bits |= static_cast<unsigned>(codes[32 * part + rest] >> 2) << part;
            block.highBits[rest] = static_cast<std::uint8_t>(bits);
        }
    }
};

struct FormatQ6_K
{
    using Block = BlockQ6_K;
    using Levels = WholeLevels<32>;
    static constexpr std::size_t width = 16;
    static constexpr int gridHalf = 128;
    static constexpr std::array<float, 6> stretches = {0.0f, 0.3f, -0.3f, 0.6f, -0.6f, 0.9f};
    static constexpr std::array<float, 4> importanceStretches = {0.0f, 0.3f, -0.3f, 0.6f};
    /// Where all weights count the same fewer candidates do.
    static constexpr std::array<float, 2> evenStretches = {0.0f, 0.5f};
    static constexpr int fitRounds = 0;
    static constexpr int gridRounds = 2;

    static void pack(const std::uint8_t* codes, const float* scales, Block& block)
    {
        for (std::size_t sub = 0; sub < 16; ++sub)
            block.scales[sub] = static_cast<std::int8_t>(scales[sub]);
        std::uint8_t upper[superBlock];
        for (std::size_t index = 0; index < superBlock; ++index)
            upper[index] = codes[index] >> 4;
        packTwoBits(upper, block.highBits);
        for (std::size_t half = 0; half < 2; ++half) {
            for (std::size_t rest = 0; rest < 64; ++rest)
                block.lowBits[64 * half + rest] = static_cast<std::uint8_t>((codes[128 * half + rest] & 15)
                                                                            | codes[128 * half + 64 + rest] << 4);
        }
    }
};

struct FormatIQ4_XS
{
    using Block = BlockIQ4_XS;
    using Levels = Iq4Levels;
    static constexpr std::size_t width = 32;
    static constexpr int gridHalf = 32;
    static constexpr std::array<float, 4> stretches = {0.0f, 0.5f, -0.5f, 1.0f};
    static constexpr auto importanceStretches = stretches;
    static constexpr auto evenStretches = stretches;
    static constexpr int fitRounds = 1;
    static constexpr int gridRounds = 1;

    static void pack(const std::uint8_t* codes, const float* scales, Block& block)
    {
        block.upperScales = {};
        block.lowerScales = {};
        for (std::size_t sub = 0; sub < 8; ++sub) {
            const int code = static_cast<int>(scales[sub]) + 32;
            block.lowerScales[sub / 2] |= static_cast<std::uint8_t>((code & 15) << (sub % 2 * 4));
            block.upperScales[sub / 4] |= static_cast<std::uint8_t>(code >> 4 << (sub % 4 * 2));
            for (std::size_t byte = 0; byte < 16; ++byte)
                block.codes[16 * sub + byte] =
                    static_cast<std::uint8_t>(codes[32 * sub + byte] | codes[32 * sub + 16 + byte] << 4);
        }
    }
};

/// Integer scales of a batch and what they stand for.
struct ScaledGrid
{
    alignas(64) Lanes d;
    alignas(64) Lanes scales;
};

template <typename Format> class ScaledBatch
{
public:
    using Block = typename Format::Block;
    using Levels = typename Format::Levels;
    static constexpr std::size_t width = Format::width;
    static constexpr std::size_t weightsPerBlock = superBlock;
    static constexpr std::size_t subBlocks = superBlock / width;

    void run(const BatchSource& source, const EncodeOptions& options, Block* blocks)
    {
        m_values.load(source, subBlocks);
        m_values.weigh(
            source.importance != nullptr, [](std::size_t) HWY_ATTR { return hn::Zero(floats); },
            [&](FloatVector x, FloatVector) HWY_ATTR {
                return options.objective == Objective::Magnitude ? hn::Mul(x, x) : hn::Set(floats, 1.0f);
            });
        const bool isBest = options.effort == Effort::Best;
        fitSubBlocks(isBest, source.importance != nullptr, options.objective);
        m_bestError.fill(std::numeric_limits<float>::infinity());
        const int rounds = isBest ? 4 : source.importance ? 1 : Format::gridRounds;
        for (int start = 0; start < (isBest ? Format::gridHalf + 16 : 1); ++start) {
            // The extreme scale at the low end; in the thorough search also below it and at the high end, and beyond the
            // ends, which serves the other sub-blocks: the extreme one then uses more of its codes.
            const int below = start < Format::gridHalf ? start / 2 : -(start - Format::gridHalf + 1) * Format::gridHalf / 16;
            startGrid(start % 2 == 0 ? below - Format::gridHalf : Format::gridHalf - 1 - below);
            for (int round = 0; round <= rounds; ++round) {
                measure();
                keepBest();
                if (round < rounds)
                    improve();
            }
        }
        if (isBest)
            polish();
        for (std::size_t super = 0; super < source.subBlocks / subBlocks; ++super)
            store(source, super, blocks[super]);
    }

private:
    LaneView view(std::size_t lane) const { return {m_values.x + lane, m_values.w + lane, m_values.wx + lane, width}; }

    void fitSubBlocks(bool isBest, bool hasImportance, Objective objective)
    {
        for (std::size_t lane = 0; lane < searchLanes; lane += hn::Lanes(floats)) {
            const auto fit = [&](const auto& stretches, int rounds) HWY_ATTR {
                return fitScaledLanes<Levels>(view(lane), stretches, rounds).scale;
            };
            const FloatVector scale = isBest                        ? fit(manyScaledStretches<Levels>(), 8)
                                      : hasImportance               ? fit(Format::importanceStretches, Format::fitRounds)
                                      : objective == Objective::Magnitude ? fit(Format::stretches, Format::fitRounds)
                                                                    : fit(Format::evenStretches, Format::fitRounds);
            hn::Store(scale, floats, m_scales.data() + lane);
        }
    }

    /// d that brings the extreme scale to @p extremeCode.
    void startGrid(int extremeCode)
    {
        alignas(64) Lanes extremes;
        extremeOfGroups<subBlocks>(m_scales, m_values.matters, extremes);
        for (std::size_t lane = 0; lane < searchLanes; lane += hn::Lanes(floats)) {
            const auto extreme = hn::Load(floats, extremes.data() + lane);
            const auto d = m_values.roomyHalf(lane, hn::Mul(extreme, hn::Set(floats, 1.0f / static_cast<float>(extremeCode))));
            hn::Store(d, floats, m_grid.d.data() + lane);
            const auto wanted = hn::Mul(hn::Load(floats, m_scales.data() + lane), inverseOrZero(d));
            hn::Store(gridCode(wanted), floats, m_grid.scales.data() + lane);
        }
    }

    static HWY_INLINE FloatVector gridCode(FloatVector wanted) { return WholeLevels<Format::gridHalf>::nearest(wanted); }

    void measure()
    {
        for (std::size_t lane = 0; lane < searchLanes; lane += hn::Lanes(floats)) {
            const auto scale =
                hn::Mul(hn::Load(floats, m_grid.d.data() + lane), hn::Load(floats, m_grid.scales.data() + lane));
            const ScaledMeasure measured = measureScaled<Levels>(view(lane), scale);
            hn::Store(measured.sums.vv, floats, m_sumVV.data() + lane);
            hn::Store(measured.sums.xv, floats, m_sumXV.data() + lane);
            const auto error = hn::Mul(measured.error, hn::Load(floats, m_values.matters.data() + lane));
            hn::Store(error, floats, m_error.data() + lane);
        }
    }

    void keepBest()
    {
        alignas(64) Lanes errors;
        sumOverGroups<subBlocks>(m_error, errors);
        for (std::size_t lane = 0; lane < searchLanes; lane += hn::Lanes(floats)) {
            const auto better =
                hn::Lt(hn::Load(floats, errors.data() + lane), hn::Load(floats, m_bestError.data() + lane));
            keepWhere(better, errors, m_bestError, lane);
            keepWhere(better, m_grid.d, m_best.d, lane);
            keepWhere(better, m_grid.scales, m_best.scales, lane);
        }
    }

    /// From the best found on: the integer scales around, with new codes for each, then d again.
    void polish()
    {
        for (int round = 0; round < 3; ++round) {
            m_grid = m_best;
            for (std::size_t lane = 0; lane < searchLanes; lane += hn::Lanes(floats))
                tryNeighbours(lane);
            measure();
            keepBest();
            improve();
            measure();
            keepBest();
        }
    }

    void tryNeighbours(std::size_t lane)
    {
        const auto d = hn::Load(floats, m_grid.d.data() + lane);
        const auto middle = hn::Load(floats, m_grid.scales.data() + lane);
        auto best = middle;
        auto bestError = hn::Set(floats, std::numeric_limits<float>::infinity());
        const int reach = Format::gridHalf / 4;
        for (int step = -reach; step <= reach; ++step) {
            for (const auto& start : {middle, hn::Neg(middle)}) {
                const auto code = gridCode(hn::Add(start, hn::Set(floats, static_cast<float>(step))));
                const auto error = measureScaled<Levels>(view(lane), hn::Mul(d, code)).error;
                const auto better = hn::Lt(error, bestError);
                best = hn::IfThenElse(better, code, best);
                bestError = hn::IfThenElse(better, error, bestError);
            }
        }
        hn::Store(best, floats, m_grid.scales.data() + lane);
    }

    /// For the codes just measured: the nearest integer scales, then d by least squares over the super-block.
    void improve()
    {
        alignas(64) Lanes squares;
        alignas(64) Lanes products;
        for (std::size_t lane = 0; lane < searchLanes; lane += hn::Lanes(floats)) {
            const auto inverse = inverseOrZero(hn::Load(floats, m_grid.d.data() + lane));
            const auto vv = hn::Load(floats, m_sumVV.data() + lane);
            const auto xv = hn::Load(floats, m_sumXV.data() + lane);
            const auto wanted = hn::Mul(hn::Mul(xv, inverseOrZero(vv)), inverse);
            const auto code = hn::IfThenElse(hn::Gt(vv, hn::Zero(floats)), gridCode(wanted),
                                             hn::Load(floats, m_grid.scales.data() + lane));
            hn::Store(code, floats, m_grid.scales.data() + lane);
            const auto weighted = hn::Mul(code, hn::Load(floats, m_values.matters.data() + lane));
            hn::Store(hn::Mul(hn::Mul(weighted, code), vv), floats, squares.data() + lane);
            hn::Store(hn::Mul(weighted, xv), floats, products.data() + lane);
        }
        sumOverGroups<subBlocks>(squares, squares);
        sumOverGroups<subBlocks>(products, products);
        for (std::size_t lane = 0; lane < searchLanes; lane += hn::Lanes(floats)) {
            const auto total = hn::Load(floats, squares.data() + lane);
            const auto wanted = hn::Mul(hn::Load(floats, products.data() + lane), inverseOrZero(total));
            const auto d = hn::IfThenElse(hn::Gt(total, hn::Zero(floats)), m_values.nearestHalf(lane, wanted),
                                          hn::Load(floats, m_grid.d.data() + lane));
            hn::Store(d, floats, m_grid.d.data() + lane);
        }
    }

    void store(const BatchSource& source, std::size_t super, Block& block) const
    {
        const std::size_t first = super * subBlocks;
        block.d.store(m_best.d[first] * m_values.unit[first]);
        alignas(64) std::uint8_t codes[superBlock];
        for (std::size_t sub = 0; sub < subBlocks; ++sub) {
            const std::size_t lane = first + sub;
            const auto slope = inverseOrZero(hn::Set(floats, m_best.d[lane] * m_best.scales[lane]));
            m_values.storeCodes(source, lane, codes + sub * width,
                                [&](FloatVector x) HWY_ATTR { return Levels::codeOf(hn::Mul(x, slope)); });
        }
        Format::pack(codes, m_best.scales.data() + first, block);
    }

    BatchValues<width> m_values;
    alignas(64) Lanes m_scales;
    alignas(64) Lanes m_sumVV;
    alignas(64) Lanes m_sumXV;
    alignas(64) Lanes m_error;
    ScaledGrid m_grid;
    ScaledGrid m_best;
    alignas(64) Lanes m_bestError;
};

QUANTLATHE_BATCH_ENCODER(encodeQ3_K, ScaledBatch<FormatQ3_K>)
QUANTLATHE_BATCH_ENCODER(encodeQ6_K, ScaledBatch<FormatQ6_K>)
QUANTLATHE_BATCH_ENCODER(encodeIQ4_XS, ScaledBatch<FormatIQ4_XS>)

} // namespace HWY_NAMESPACE
} // namespace quantlathe::codecs
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace quantlathe::codecs {

QUANTLATHE_DISPATCH_ENCODE_ROW(encodeQ3_K)
QUANTLATHE_DISPATCH_ENCODE_ROW(encodeQ6_K)
QUANTLATHE_DISPATCH_ENCODE_ROW(encodeIQ4_XS)

} // namespace quantlathe::codecs
#endif
