// SPDX-License-Identifier: GPL-3.0-or-later
// Encoding k-quants with scales and minima (Q2_K, Q4_K, Q5_K; layouts: kquants_blocks.h), sixteen sub-blocks at a time.
//
// Weights w of the squared error that is minimised: with importance v, v. Without, for `squared-error`, 1; for
// `magnitude`, as llama.cpp, |x| for Q2_K and r + |x| for Q4_K and Q5_K (r: root mean square of the sub-block).
//
// 1. Each sub-block alone: scale and offset by least squares over candidates (lane_search-inl.h).
// 2. Each super-block: d and dmin for the integer scales and minima, then rounds of: codes for what is really stored
//    (d rounded to half) -> integer scales and minima for these codes -> d and dmin by least squares over the whole
//    super-block. The round with the smallest error wins. A sub-block none of whose channels has importance is encoded
//    as if they all had the same, but has no say here.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/codecs/affine_encode.cpp"
#include <hwy/foreach_target.h> // must come before highway.h

#include <hwy/highway.h>

#include "core/codecs/kquants_blocks.h"
#include "core/codecs/lane_search-inl.h"
#include "core/codecs/search_encode.h"
#include "core/codecs/simd_dispatch.h"
#include "core/codecs/super_block-inl.h"

#include <algorithm>
#include <cmath>
#include <limits>

HWY_BEFORE_NAMESPACE();
namespace quantlathe::codecs {
namespace HWY_NAMESPACE {

struct FormatQ2_K
{
    using Block = BlockQ2_K;
    static constexpr std::size_t width = 16;
    static constexpr int top = 3;
    static constexpr int gridTop = 15;
    static constexpr auto stretches = stretchesOf<8>({-0.4f, -0.1f, 0.2f, 0.5f, 0.8f, 0.0f, 1.1f, 1.4f});
    static constexpr auto importanceStretches =
        stretchesOf<12>({-0.4f, -0.1f, 0.2f, 0.5f, 0.8f, 0.0f, 1.1f, 1.4f, 0.35f, 0.25f, 1.9f, 1.0f});

    static void pack(const std::uint8_t* codes, const float* scales, const float* minima, Block& block)
    {
        for (std::size_t sub = 0; sub < 16; ++sub)
            block.scales[sub] =
                static_cast<std::uint8_t>(static_cast<int>(scales[sub]) | static_cast<int>(minima[sub]) << 4);
        packTwoBits(codes, block.codes);
    }
};

template <typename KBlock, int largestCode> struct FormatSixBitScales
{
    using Block = KBlock;
    static constexpr std::size_t width = 32;
    static constexpr int top = largestCode;
    static constexpr int gridTop = 63;
    static constexpr auto stretches = stretchesOf<12>(
        {-0.9f, -0.75f, -0.6f, -0.45f, -0.3f, -0.1f, 0.0f, 0.15f, 0.3f, 0.45f, 0.7f, 0.9f});
    /// With importance the few weights that count are fitted closely: more candidates pay.
    static constexpr auto importanceStretches =
        stretchesOf<20>({-1.8f, -1.5f, -1.2f, -1.0f, -0.9f, -0.7f, -0.6f, -0.4f, -0.3f, -0.1f,
                         0.0f,  0.1f,  0.2f,  0.3f,  0.5f,  0.6f,  0.8f,  1.0f,  1.2f,  1.5f});

    static void pack(const std::uint8_t* codes, const float* scales, const float* minima, Block& block)
    {
        block.scales = {};
        for (std::size_t sub = 0; sub < 8; ++sub)
            storeScaleAndMinimum(block.scales, sub, {static_cast<int>(scales[sub]), static_cast<int>(minima[sub])});
        for (std::size_t pair = 0; pair < 4; ++pair) {
            for (std::size_t rest = 0; rest < 32; ++rest)
                block.codes[32 * pair + rest] = static_cast<std::uint8_t>((codes[64 * pair + rest] & 15)
                                                                          | codes[64 * pair + 32 + rest] << 4);
        }
        if constexpr (top > 15) {
            for (std::size_t rest = 0; rest < 32; ++rest) {
                unsigned bits = 0;
                for (std::size_t sub = 0; sub < 8; ++sub)
                    bits |= static_cast<unsigned>(codes[32 * sub + rest] >> 4) << sub;
                block.highBits[rest] = static_cast<std::uint8_t>(bits);
            }
        }
    }
};

using FormatQ4_K = FormatSixBitScales<BlockQ4_K, 15>;
using FormatQ5_K = FormatSixBitScales<BlockQ5_K, 31>;

/// Integer scales and minima of a batch and what they stand for.
struct AffineGrid
{
    alignas(64) std::array<float, searchLanes> d;
    alignas(64) std::array<float, searchLanes> dmin;
    alignas(64) std::array<float, searchLanes> scales;
    alignas(64) std::array<float, searchLanes> minima;
};

/// The nearest integer grid code in [0, gridTop]; positive values get at least @p least.
HWY_INLINE FloatVector gridCode(FloatVector value, FloatVector inverseStep, float least, int gridTop)
{
    const auto code = nearestWhole(hn::Min(hn::Mul(value, inverseStep), hn::Set(floats, static_cast<float>(gridTop))));
    return hn::IfThenElseZero(hn::Gt(value, hn::Zero(floats)), hn::Max(code, hn::Set(floats, least)));
}

template <typename Format> class AffineBatch
{
public:
    using Block = typename Format::Block;
    static constexpr std::size_t width = Format::width;
    static constexpr std::size_t weightsPerBlock = superBlock;
    static constexpr std::size_t subBlocks = superBlock / width;

    void run(const BatchSource& source, const EncodeOptions& options, Block* blocks)
    {
        m_values.load(source, subBlocks);
        weigh(source.importance != nullptr, options.objective);
        const bool isBest = options.effort == Effort::Best;
        fitSubBlocks(isBest, source.importance != nullptr);
        m_bestError.fill(std::numeric_limits<float>::infinity());
        if (isBest) {
            // From each of the most promising pairs of d and dmin.
            std::array<Lanes, dStarts> ds;
            std::array<Lanes, dminStarts> dmins;
            rankSteps(m_scales, ds);
            rankSteps(m_offsets, dmins);
            for (const Lanes& d : ds) {
                for (const Lanes& dmin : dmins) {
                    m_grid.d = d;
                    m_grid.dmin = dmin;
                    searchFromSteps(Format::gridTop == 15, 3);
                }
            }
            polish();
        } else {
            stepsAtTheEnd(m_scales, m_grid.d);
            stepsAtTheEnd(m_offsets, m_grid.dmin);
            searchFromSteps(false, source.importance ? 3 : 2);
        }
        for (std::size_t super = 0; super < source.subBlocks / subBlocks; ++super)
            store(source, super, blocks[super]);
    }

private:
    LaneView view(std::size_t lane) const { return {m_values.x + lane, m_values.w + lane, m_values.wx + lane, width}; }

    void weigh(bool hasImportance, Objective objective)
    {
        m_values.weigh(
            hasImportance,
            [&](std::size_t lane) HWY_ATTR {
                return width == 32 && objective == Objective::Magnitude ? m_values.rootMeanSquare(lane) : hn::Zero(floats);
            },
            [&](FloatVector x, FloatVector rms) HWY_ATTR {
                return objective == Objective::Magnitude ? hn::Add(rms, hn::Abs(x)) : hn::Set(floats, 1.0f);
            });
    }

    void fitSubBlocks(bool isBest, bool hasImportance)
    {
        for (std::size_t lane = 0; lane < searchLanes; lane += hn::Lanes(floats)) {
            const LaneTotals totals = totalsOf<Offsets::NotNegative>(view(lane));
            const AffineLanes fit = isBest
                ? fitAffineLanes<Format::top, Offsets::NotNegative>(view(lane), totals, manyStretches<Format::top>(), 8)
                : hasImportance ? fitAffineLanes<Format::top, Offsets::NotNegative>(view(lane), totals, Format::importanceStretches, 3)
                                : fitAffineLanes<Format::top, Offsets::NotNegative>(view(lane), totals, Format::stretches, 2);
            hn::Store(fit.scale, floats, m_scales.data() + lane);
            hn::Store(fit.offset, floats, m_offsets.data() + lane);
            hn::Store(totals.w, floats, m_totalW.data() + lane);
            hn::Store(totals.x, floats, m_totalX.data() + lane);
        }
    }

    static constexpr std::size_t dStarts = Format::gridTop == 15 ? 12 : 8;
    static constexpr std::size_t dminStarts = 5;

    /// The step that brings the largest of the values to the last code.
    void stepsAtTheEnd(const Lanes& values, Lanes& steps) const
    {
        alignas(64) Lanes largest;
        extremeOfGroups<subBlocks>(values, m_values.matters, largest);
        for (std::size_t lane = 0; lane < searchLanes; lane += hn::Lanes(floats)) {
            const auto step = hn::Mul(hn::Load(floats, largest.data() + lane), hn::Set(floats, 1.0f / Format::gridTop));
            hn::Store(m_values.roomyHalf(lane, step), floats, steps.data() + lane);
        }
    }

    /// Steps with the largest value at each code of the upper half (halving a step doubles all codes) and beyond the end,
    /// which serves the other sub-blocks: those on whose multiples the values of a super-block lie best, the best first.
    template <std::size_t count> void rankSteps(const Lanes& values, std::array<Lanes, count>& steps) const
    {
        constexpr int halves = (Format::gridTop + 1) / 2;
        constexpr int beyond = halves / 2;
        alignas(64) Lanes largest;
        alignas(64) Lanes residuals;
        alignas(64) std::array<Lanes, count> least;
        extremeOfGroups<subBlocks>(values, m_values.matters, largest);
        for (Lanes& lanes : least)
            lanes.fill(std::numeric_limits<float>::infinity());
        for (Lanes& lanes : steps)
            lanes.fill(0);
        for (int candidate = 0; candidate < halves + beyond; ++candidate) {
            const int below = candidate < halves ? candidate : (halves - 1 - candidate) * (Format::gridTop / beyond);
            const auto inverseCode = hn::Set(floats, 1.0f / static_cast<float>(Format::gridTop - below));
            alignas(64) Lanes tried;
            for (std::size_t lane = 0; lane < searchLanes; lane += hn::Lanes(floats)) {
                const auto step = m_values.roomyHalf(lane, hn::Mul(hn::Load(floats, largest.data() + lane), inverseCode));
                const auto value = hn::Load(floats, values.data() + lane);
                const auto code = gridCode(value, inverseOrZero(step), 0, Format::gridTop);
                const auto rest = hn::Sub(value, hn::Mul(step, code));
                const auto weight = hn::Mul(hn::Load(floats, m_totalW.data() + lane), hn::Load(floats, m_values.matters.data() + lane));
                hn::Store(step, floats, tried.data() + lane);
                hn::Store(hn::Mul(hn::Mul(weight, rest), rest), floats, residuals.data() + lane);
            }
            sumOverGroups<subBlocks>(residuals, residuals);
            for (std::size_t lane = 0; lane < searchLanes; lane += hn::Lanes(floats)) {
                auto step = hn::Load(floats, tried.data() + lane);
                auto residual = hn::Load(floats, residuals.data() + lane);
                for (std::size_t place = 0; place < count; ++place) {
                    const auto placedResidual = hn::Load(floats, least[place].data() + lane);
                    const auto placedStep = hn::LoadU(floats, steps[place].data() + lane);
                    const auto better = hn::Lt(residual, placedResidual);
                    hn::Store(hn::IfThenElse(better, residual, placedResidual), floats, least[place].data() + lane);
                    hn::StoreU(hn::IfThenElse(better, step, placedStep), floats, steps[place].data() + lane);
                    residual = hn::IfThenElse(better, placedResidual, residual);
                    step = hn::IfThenElse(better, placedStep, step);
                }
            }
        }
    }

    /// Integer scales and minima for the steps in m_grid, and rounds of improvement.
    void searchFromSteps(bool triesNeighbours, int rounds)
    {
        for (std::size_t lane = 0; lane < searchLanes; lane += hn::Lanes(floats)) {
            const auto inverseD = inverseOrZero(hn::Load(floats, m_grid.d.data() + lane));
            const auto inverseDmin = inverseOrZero(hn::Load(floats, m_grid.dmin.data() + lane));
            const auto scale = hn::Load(floats, m_scales.data() + lane);
            const auto offset = hn::Load(floats, m_offsets.data() + lane);
            hn::Store(gridCode(scale, inverseD, 1, Format::gridTop), floats, m_grid.scales.data() + lane);
            hn::Store(gridCode(offset, inverseDmin, 0, Format::gridTop), floats, m_grid.minima.data() + lane);
        }
        if (triesNeighbours)
            tryAllNeighbours();
        for (int round = 0; round <= rounds; ++round) {
            measure();
            keepBest();
            if (round < rounds)
                improve();
        }
    }

    void measure()
    {
        for (std::size_t lane = 0; lane < searchLanes; lane += hn::Lanes(floats)) {
            const auto scale =
                hn::Mul(hn::Load(floats, m_grid.d.data() + lane), hn::Load(floats, m_grid.scales.data() + lane));
            const auto offset =
                hn::Mul(hn::Load(floats, m_grid.dmin.data() + lane), hn::Load(floats, m_grid.minima.data() + lane));
            const AffineMeasure measured = measureAffine<Format::top>(view(lane), scale, offset);
            hn::Store(measured.sums.l, floats, m_sumL.data() + lane);
            hn::Store(measured.sums.ll, floats, m_sumLL.data() + lane);
            hn::Store(measured.sums.xl, floats, m_sumXL.data() + lane);
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
            keepWhere(better, m_grid.dmin, m_best.dmin, lane);
            keepWhere(better, m_grid.scales, m_best.scales, lane);
            keepWhere(better, m_grid.minima, m_best.minima, lane);
        }
    }

    /// From the best found on: every integer minimum with the integer scales around, new codes for each pair, then d and
    /// dmin again.
    void polish()
    {
        for (int round = 0; round < 3; ++round) {
            m_grid = m_best;
            tryAllNeighbours();
            measure();
            keepBest();
            refitSteps();
            measure();
            keepBest();
        }
    }

    void tryAllNeighbours()
    {
        for (std::size_t lane = 0; lane < searchLanes; lane += hn::Lanes(floats))
            tryNeighbours(lane);
    }

    void tryNeighbours(std::size_t lane)
    {
        const auto d = hn::Load(floats, m_grid.d.data() + lane);
        const auto dmin = hn::Load(floats, m_grid.dmin.data() + lane);
        const auto middle = hn::Load(floats, m_grid.scales.data() + lane);
        auto bestScale = middle;
        auto bestMinimum = hn::Load(floats, m_grid.minima.data() + lane);
        auto bestError =
            measureAffine<Format::top>(view(lane), hn::Mul(d, bestScale), hn::Mul(dmin, bestMinimum)).error;
        for (int step = -2; step <= 2; ++step) {
            const auto scale = hn::Min(hn::Max(hn::Add(middle, hn::Set(floats, static_cast<float>(step))), hn::Zero(floats)),
                                       hn::Set(floats, static_cast<float>(Format::gridTop)));
            for (int code = 0; code <= Format::gridTop; ++code) {
                const auto minimum = hn::Set(floats, static_cast<float>(code));
                const auto error =
                    measureAffine<Format::top>(view(lane), hn::Mul(d, scale), hn::Mul(dmin, minimum)).error;
                const auto better = hn::Lt(error, bestError);
                bestScale = hn::IfThenElse(better, scale, bestScale);
                bestMinimum = hn::IfThenElse(better, minimum, bestMinimum);
                bestError = hn::IfThenElse(better, error, bestError);
            }
        }
        hn::Store(bestScale, floats, m_grid.scales.data() + lane);
        hn::Store(bestMinimum, floats, m_grid.minima.data() + lane);
    }

    void improve()
    {
        chooseGridCodes();
        refitSteps();
    }

    /// For the codes just measured: the integer scale (the nearest of its least-squares value or a neighbour), each
    /// with its best integer minimum.
    void chooseGridCodes()
    {
        for (std::size_t lane = 0; lane < searchLanes; lane += hn::Lanes(floats)) {
            const auto zero = hn::Zero(floats);
            const auto d = hn::Load(floats, m_grid.d.data() + lane);
            const auto dmin = hn::Load(floats, m_grid.dmin.data() + lane);
            const auto inverseD = inverseOrZero(d);
            const auto inverseDmin = inverseOrZero(dmin);
            const auto totalW = hn::Load(floats, m_totalW.data() + lane);
            const auto totalX = hn::Load(floats, m_totalX.data() + lane);
            const AffineSums sums{hn::Load(floats, m_sumL.data() + lane), hn::Load(floats, m_sumLL.data() + lane),
                                  hn::Load(floats, m_sumXL.data() + lane)};
            const auto inverseW = inverseOrZero(totalW);
            const auto determinant = hn::Sub(hn::Mul(totalW, sums.ll), hn::Mul(sums.l, sums.l));
            const auto wanted = hn::Mul(hn::Sub(hn::Mul(totalW, sums.xl), hn::Mul(totalX, sums.l)), inverseOrZero(determinant));
            const auto oldScale = hn::Load(floats, m_grid.scales.data() + lane);
            const auto oldMinimum = hn::Load(floats, m_grid.minima.data() + lane);
            const auto errorOf = [&](FloatVector s, FloatVector o) HWY_ATTR {
                // what depends on s and o of sum w (x - s l + o)^2
                const auto l = hn::Mul(s, hn::Sub(hn::Mul(s, sums.ll), hn::Add(sums.xl, sums.xl)));
                const auto c = hn::Mul(o, hn::Add(hn::Mul(o, totalW), hn::Add(totalX, totalX)));
                const auto so = hn::Mul(hn::Mul(s, o), sums.l);
                return hn::Sub(hn::Add(l, c), hn::Add(so, so));
            };
            auto bestScale = oldScale;
            auto bestMinimum = oldMinimum;
            auto bestError = errorOf(hn::Mul(d, oldScale), hn::Mul(dmin, oldMinimum));
            const auto middle = gridCode(wanted, inverseD, 1, Format::gridTop);
            for (int step = -1; step <= 1; ++step) {
                const auto code = hn::Min(hn::Max(hn::Add(middle, hn::Set(floats, static_cast<float>(step))), zero),
                                          hn::Set(floats, static_cast<float>(Format::gridTop)));
                const auto s = hn::Mul(d, code);
                const auto wantedOffset = hn::Mul(hn::Sub(hn::Mul(s, sums.l), totalX), inverseW);
                const auto minimum = gridCode(wantedOffset, inverseDmin, 0, Format::gridTop);
                const auto error = errorOf(s, hn::Mul(dmin, minimum));
                const auto better = hn::Lt(error, bestError);
                bestScale = hn::IfThenElse(better, code, bestScale);
                bestMinimum = hn::IfThenElse(better, minimum, bestMinimum);
                bestError = hn::IfThenElse(better, error, bestError);
            }
            hn::Store(bestScale, floats, m_grid.scales.data() + lane);
            hn::Store(bestMinimum, floats, m_grid.minima.data() + lane);
        }
    }

    /// d and dmin by least squares for the codes just measured and the integer scales and minima.
    void refitSteps()
    {
        alignas(64) Lanes dd;
        alignas(64) Lanes mm;
        alignas(64) Lanes dm;
        alignas(64) Lanes xd;
        alignas(64) Lanes xm;
        for (std::size_t lane = 0; lane < searchLanes; lane += hn::Lanes(floats)) {
            const auto matters = hn::Load(floats, m_values.matters.data() + lane);
            const auto scale = hn::Load(floats, m_grid.scales.data() + lane);
            const auto minimum = hn::Load(floats, m_grid.minima.data() + lane);
            const auto weightedScale = hn::Mul(scale, matters);
            const auto weightedMinimum = hn::Mul(minimum, matters);
            hn::Store(hn::Mul(hn::Mul(weightedScale, scale), hn::Load(floats, m_sumLL.data() + lane)), floats, dd.data() + lane);
            hn::Store(hn::Mul(hn::Mul(weightedMinimum, minimum), hn::Load(floats, m_totalW.data() + lane)), floats,
                      mm.data() + lane);
            hn::Store(hn::Mul(hn::Mul(weightedScale, minimum), hn::Load(floats, m_sumL.data() + lane)), floats, dm.data() + lane);
            hn::Store(hn::Mul(weightedScale, hn::Load(floats, m_sumXL.data() + lane)), floats, xd.data() + lane);
            hn::Store(hn::Mul(weightedMinimum, hn::Load(floats, m_totalX.data() + lane)), floats, xm.data() + lane);
        }
        for (Lanes* sums : {&dd, &mm, &dm, &xd, &xm})
            sumOverGroups<subBlocks>(*sums, *sums);
        for (std::size_t lane = 0; lane < searchLanes; lane += hn::Lanes(floats)) {
            const auto zero = hn::Zero(floats);
            const auto a = hn::Load(floats, dd.data() + lane);
            const auto b = hn::Load(floats, mm.data() + lane);
            const auto c = hn::Load(floats, dm.data() + lane);
            const auto p = hn::Load(floats, xd.data() + lane);
            const auto q = hn::Load(floats, xm.data() + lane);
            const auto oldD = hn::Load(floats, m_grid.d.data() + lane);
            const auto oldDmin = hn::Load(floats, m_grid.dmin.data() + lane);
            const auto ab = hn::Mul(a, b);
            const auto determinant = hn::Sub(ab, hn::Mul(c, c));
            const auto isRegular = hn::Gt(determinant, hn::Mul(ab, hn::Set(floats, 1e-6f)));
            const auto inverse = inverseOrZero(determinant);
            const auto jointD = hn::Mul(hn::Sub(hn::Mul(p, b), hn::Mul(q, c)), inverse);
            const auto jointDmin = hn::Mul(hn::Sub(hn::Mul(c, p), hn::Mul(a, q)), inverse);
            const auto aloneD = hn::Mul(hn::Add(p, hn::Mul(oldDmin, c)), inverseOrZero(a));
            const auto d = hn::IfThenElse(isRegular, jointD, aloneD);
            const auto dmin = hn::IfThenElse(isRegular, jointDmin, oldDmin);
            const auto isUsable = hn::And(hn::Gt(d, zero), hn::Ge(dmin, zero));
            hn::Store(hn::IfThenElse(isUsable, m_values.nearestHalf(lane, d), oldD), floats, m_grid.d.data() + lane);
            hn::Store(hn::IfThenElse(isUsable, m_values.nearestHalf(lane, dmin), oldDmin), floats, m_grid.dmin.data() + lane);
        }
    }

    void store(const BatchSource& source, std::size_t super, Block& block) const
    {
        const std::size_t first = super * subBlocks;
        const float unit = m_values.unit[first];
        block.d.store(m_best.d[first] * unit);
        block.dmin.store(m_best.dmin[first] * unit);
        alignas(64) std::uint8_t codes[superBlock];
        for (std::size_t sub = 0; sub < subBlocks; ++sub) {
            const std::size_t lane = first + sub;
            const auto slope = inverseOrZero(hn::Set(floats, m_best.d[lane] * m_best.scales[lane]));
            const auto bias = hn::Mul(hn::Set(floats, m_best.dmin[lane] * m_best.minima[lane]), slope);
            m_values.storeCodes(source, lane, codes + sub * width,
                                [&](FloatVector x) HWY_ATTR { return affineCode<Format::top>(x, slope, bias); });
        }
        Format::pack(codes, m_best.scales.data() + first, m_best.minima.data() + first, block);
    }

    BatchValues<width> m_values;
    alignas(64) Lanes m_scales;
    alignas(64) Lanes m_offsets;
    alignas(64) Lanes m_totalW;
    alignas(64) Lanes m_totalX;
    alignas(64) Lanes m_sumL;
    alignas(64) Lanes m_sumLL;
    alignas(64) Lanes m_sumXL;
    alignas(64) Lanes m_error;
    AffineGrid m_grid;
    AffineGrid m_best;
    alignas(64) Lanes m_bestError;
};

QUANTLATHE_BATCH_ENCODER(encodeQ2_K, AffineBatch<FormatQ2_K>)
QUANTLATHE_BATCH_ENCODER(encodeQ4_K, AffineBatch<FormatQ4_K>)
QUANTLATHE_BATCH_ENCODER(encodeQ5_K, AffineBatch<FormatQ5_K>)

} // namespace HWY_NAMESPACE
} // namespace quantlathe::codecs
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace quantlathe::codecs {

QUANTLATHE_DISPATCH_ENCODE_ROW(encodeQ2_K)
QUANTLATHE_DISPATCH_ENCODE_ROW(encodeQ4_K)
QUANTLATHE_DISPATCH_ENCODE_ROW(encodeQ5_K)

} // namespace quantlathe::codecs
#endif
