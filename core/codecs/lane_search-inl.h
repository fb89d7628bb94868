// SPDX-License-Identifier: GPL-3.0-or-later
// Choosing scales for sixteen sub-blocks at once (a batch, see simd_parts-inl.h): weighted least squares over a few
// candidate scales, then rounds of assigning codes and refitting (Lloyd 1957). With the sums of a pass over the
// codes the error of any scale is known in closed form, so a candidate costs one pass.
//
// Notation: x weights, w their importance in the error, l codes (or the values they stand for), s scale, o offset:
// x ~ s * l - o.

#if defined(QUANTLATHE_LANE_SEARCH_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef QUANTLATHE_LANE_SEARCH_INL_H_
#undef QUANTLATHE_LANE_SEARCH_INL_H_
#else
#define QUANTLATHE_LANE_SEARCH_INL_H_
#endif

#include "core/codecs/simd_parts-inl.h"

#include <array>
#include <cstddef>

HWY_BEFORE_NAMESPACE();
namespace quantlathe::codecs {
namespace HWY_NAMESPACE {

/// Candidates in one pass: as many as the registers hold sums for.
inline constexpr std::size_t passCandidates = HWY_TARGET <= HWY_AVX3 ? 4 : 2;

/// One vector's share of a batch: element i of its sub-blocks at x[16 * i]. All pointers aligned to the vector.
struct LaneView
{
    const float* HWY_RESTRICT x;
    const float* HWY_RESTRICT w;  ///< >= 0
    const float* HWY_RESTRICT wx; ///< w * x
    std::size_t width;            ///< weights per sub-block
};

/// What holds for a sub-block whatever its codes.
struct LaneTotals
{
    FloatVector w;   ///< sum w
    FloatVector x;   ///< sum w x
    FloatVector xx;  ///< sum w x^2
    FloatVector low; ///< the smallest x, or 0 where offsets must not be negative and it is above
    FloatVector high;
    hn::Mask<Floats> isFlat; ///< all x are the same, but for rounding
};

/// Whether o >= 0 holds: always in the k-quants, whose minima are unsigned.
enum class Offsets { NotNegative, Any };

template <Offsets offsets> HWY_INLINE LaneTotals totalsOf(const LaneView& view)
{
    const auto zero = hn::Zero(floats);
    LaneTotals totals{zero, zero, zero, zero, hn::Load(floats, view.x), hn::Gt(zero, zero)};
    auto smallest = totals.high;
    for (std::size_t index = 0; index < searchLanes * view.width; index += searchLanes) {
        const auto x = hn::Load(floats, view.x + index);
        const auto wx = hn::Load(floats, view.wx + index);
        totals.w = hn::Add(totals.w, hn::Load(floats, view.w + index));
        totals.x = hn::Add(totals.x, wx);
        totals.xx = hn::Add(totals.xx, hn::Mul(wx, x));
        smallest = hn::Min(smallest, x);
        totals.high = hn::Max(totals.high, x);
    }
    const auto largest = hn::Max(hn::Abs(smallest), hn::Abs(totals.high));
    totals.isFlat = hn::Le(hn::Sub(totals.high, smallest), hn::Mul(largest, hn::Set(floats, 0x1p-18f)));
    totals.low = offsets == Offsets::NotNegative ? hn::Min(smallest, zero) : smallest;
    return totals;
}

/// 1 / value where that is finite, otherwise 0: codes then stand for nothing.
HWY_INLINE FloatVector inverseOrZero(FloatVector value)
{
    const auto inverse = hn::Div(hn::Set(floats, 1.0f), value);
    return hn::IfThenElseZero(hn::Lt(hn::Abs(inverse), hn::Set(floats, 0x1p126f)), inverse);
}

// ---- x ~ s * l - o, l in [0, top] -----------------------------------------------------------------------------

struct AffineSums
{
    FloatVector l;  ///< sum w l
    FloatVector ll; ///< sum w l^2
    FloatVector xl; ///< sum w x l
};

/// The codes are the whole numbers nearest to slope * x + bias, limited to [0, top].
template <int top> HWY_INLINE FloatVector affineCode(FloatVector x, FloatVector slope, FloatVector bias)
{
    const auto wanted = hn::Add(hn::Mul(x, slope), bias);
    return nearestWhole(hn::Min(hn::Max(wanted, hn::Zero(floats)), hn::Set(floats, static_cast<float>(top))));
}

template <int top, std::size_t Count>
HWY_INLINE void affinePass(const LaneView& view, const FloatVector (&slopes)[Count], const FloatVector (&biases)[Count],
                           AffineSums (&sums)[Count])
{
    const auto zero = hn::Zero(floats);
    for (auto& sum : sums)
        sum = {zero, zero, zero};
    for (std::size_t index = 0; index < searchLanes * view.width; index += searchLanes) {
        const auto x = hn::Load(floats, view.x + index);
        const auto w = hn::Load(floats, view.w + index);
        const auto wx = hn::Load(floats, view.wx + index);
        for (std::size_t candidate = 0; candidate < Count; ++candidate) {
            const auto l = affineCode<top>(x, slopes[candidate], biases[candidate]);
            const auto wl = hn::Mul(w, l);
            sums[candidate].l = hn::Add(sums[candidate].l, wl);
            sums[candidate].ll = hn::Add(sums[candidate].ll, hn::Mul(wl, l));
            sums[candidate].xl = hn::Add(sums[candidate].xl, hn::Mul(wx, l));
        }
    }
}

struct AffineLanes
{
    FloatVector scale;
    FloatVector offset;
    FloatVector gain; ///< sum w x^2 less the error
};

/// The least-squares scale and offset of the codes with these sums; gain 0 where there is none.
template <Offsets offsets>
HWY_INLINE AffineLanes affineLeastSquares(const LaneTotals& totals, const AffineSums& sums)
{
    const auto zero = hn::Zero(floats);
    const auto product = hn::Mul(totals.w, sums.ll);
    const auto determinant = hn::Sub(product, hn::Mul(sums.l, sums.l));
    const auto inverse = hn::Div(hn::Set(floats, 1.0f), determinant);
    auto scale = hn::Mul(hn::Sub(hn::Mul(totals.w, sums.xl), hn::Mul(totals.x, sums.l)), inverse);
    auto offset = hn::Mul(hn::Sub(hn::Mul(sums.l, sums.xl), hn::Mul(sums.ll, totals.x)), inverse);
    // Where all codes are the same (what is left of the determinant is rounding), and where zero would fall out of the
    // range, the scale alone is fitted.
    auto isAlone = hn::Not(hn::Gt(determinant, hn::Mul(product, hn::Set(floats, 1.5e-5f))));
    if constexpr (offsets == Offsets::NotNegative)
        isAlone = hn::Or(isAlone, hn::Lt(offset, zero));
    scale = hn::IfThenElse(isAlone, hn::Div(sums.xl, sums.ll), scale);
    offset = hn::IfThenElse(isAlone, zero, offset);
    const auto gain = hn::Sub(hn::Mul(scale, sums.xl), hn::Mul(offset, totals.x));
    return {scale, offset, hn::IfThenElseZero(hn::Gt(scale, zero), gain)};
}

HWY_INLINE void keepBetter(AffineLanes& best, const AffineLanes& tried)
{
    const auto better = hn::Gt(tried.gain, best.gain);
    best.scale = hn::IfThenElse(better, tried.scale, best.scale);
    best.offset = hn::IfThenElse(better, tried.offset, best.offset);
    best.gain = hn::IfThenElse(better, tried.gain, best.gain);
}

/// A candidate: the range of x takes top + steps steps, of which `below` lie below code 0. With steps > 0 weights at the
/// ends are cut off; with steps < 0 some codes stay unused.
struct Stretch
{
    float steps;
    float below;
};

/// Ordinary candidates: one end of the range exactly on the outermost code, the other cut off or inside.
template <std::size_t Count> constexpr std::array<Stretch, Count> stretchesOf(const std::array<float, Count>& steps)
{
    std::array<Stretch, Count> stretches{};
    for (std::size_t index = 0; index < stretches.size(); ++index)
        stretches[index] = {steps[index], index % 2 == 0 ? 0.0f : steps[index]};
    return stretches;
}

/// For the thorough search: finely stretched ones, ranges of 1 ... top steps (a sub-block need not use all codes), and
/// where weights lie far from zero, which must stay inside the range, fine steps of the scale alone.
template <int top> constexpr auto manyStretches()
{
    constexpr std::size_t fine = 48;
    constexpr std::size_t alone = 24;
    std::array<Stretch, (fine + alone + top + 3) / 4 * 4> stretches{};
    for (std::size_t index = 0; index < stretches.size(); ++index) {
        if (index < fine) {
            const float steps = -0.8f + 0.15f * static_cast<float>(index / 3);
            stretches[index] = {steps, 0.5f * steps * static_cast<float>(index % 3)};
        } else if (index < fine + alone) {
            stretches[index] = {-0.3f * static_cast<float>(index - fine + 3) * top / 31, 0.0f};
        } else {
            stretches[index] = {-static_cast<float>((index - fine - alone) % top), 0.0f};
        }
    }
    return stretches;
}

/// @param stretches a multiple of four
/// @param rounds of refitting the best of the even and of the odd candidates
template <int top, Offsets offsets, std::size_t Candidates>
HWY_INLINE AffineLanes fitAffineLanes(const LaneView& view, const LaneTotals& totals,
                                      const std::array<Stretch, Candidates>& stretches, int rounds)
{
    static_assert(Candidates % 4 == 0);
    const auto zero = hn::Zero(floats);
    const auto range = hn::Sub(totals.high, totals.low);
    const auto inverseRange = inverseOrZero(range);
    const AffineLanes unrefined{hn::Mul(range, hn::Set(floats, 1.0f / top)), hn::Neg(totals.low), zero};
    AffineLanes best[2] = {unrefined, unrefined};
    for (std::size_t first = 0; first < Candidates; first += passCandidates) {
        FloatVector slopes[passCandidates];
        FloatVector biases[passCandidates];
        AffineSums sums[passCandidates];
        for (std::size_t candidate = 0; candidate < passCandidates; ++candidate) {
            slopes[candidate] = hn::Mul(hn::Set(floats, top + stretches[first + candidate].steps), inverseRange);
            const auto below = hn::Set(floats, stretches[first + candidate].below);
            biases[candidate] = hn::Neg(hn::Add(hn::Mul(totals.low, slopes[candidate]), below));
        }
        affinePass<top>(view, slopes, biases, sums);
        for (std::size_t candidate = 0; candidate < passCandidates; ++candidate)
            keepBetter(best[candidate % 2], affineLeastSquares<offsets>(totals, sums[candidate]));
    }
    for (int round = 0; round < rounds; ++round) {
        FloatVector slopes[2];
        FloatVector biases[2];
        AffineSums sums[2];
        for (std::size_t start = 0; start < 2; ++start) {
            slopes[start] = inverseOrZero(best[start].scale);
            biases[start] = hn::Mul(best[start].offset, slopes[start]);
        }
        affinePass<top>(view, slopes, biases, sums);
        for (std::size_t start = 0; start < 2; ++start)
            keepBetter(best[start], affineLeastSquares<offsets>(totals, sums[start]));
    }
    keepBetter(best[0], best[1]);
    // Many scales fit a flat sub-block equally well: always the same one, so that equal ones can share a super-block.
    best[0].scale = hn::IfThenElse(totals.isFlat, unrefined.scale, best[0].scale);
    best[0].offset = hn::IfThenElse(totals.isFlat, unrefined.offset, best[0].offset);
    return best[0];
}

struct AffineMeasure
{
    AffineSums sums;
    FloatVector error; ///< sum w (x - (scale * l - offset))^2, summed up, not by the closed form
};

template <int top> HWY_INLINE AffineMeasure measureAffine(const LaneView& view, FloatVector scale, FloatVector offset)
{
    const auto zero = hn::Zero(floats);
    const auto slope = inverseOrZero(scale);
    const auto bias = hn::Mul(offset, slope);
    AffineMeasure measure{{zero, zero, zero}, zero};
    for (std::size_t index = 0; index < searchLanes * view.width; index += searchLanes) {
        const auto x = hn::Load(floats, view.x + index);
        const auto w = hn::Load(floats, view.w + index);
        const auto l = affineCode<top>(x, slope, bias);
        const auto wl = hn::Mul(w, l);
        measure.sums.l = hn::Add(measure.sums.l, wl);
        measure.sums.ll = hn::Add(measure.sums.ll, hn::Mul(wl, l));
        measure.sums.xl = hn::Add(measure.sums.xl, hn::Mul(wl, x));
        const auto difference = hn::Sub(hn::Add(x, offset), hn::Mul(scale, l));
        measure.error = hn::Add(measure.error, hn::Mul(hn::Mul(w, difference), difference));
    }
    return measure;
}

} // namespace HWY_NAMESPACE
} // namespace quantlathe::codecs
HWY_AFTER_NAMESPACE();
#endif
