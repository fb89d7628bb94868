// SPDX-License-Identifier: GPL-3.0-or-later
// Compiled once per SIMD target by Highway. A lane is a sub-block; every lane runs through the same
// operations in the same order on every target. Points are handled in pairs, so that two chains of minima are
// in flight.
//
// Where the choice is wanted, the low eight bits of a cost (2^-15 of it) name the combination or the group it
// belongs to: costs are not negative, so the order of floats is that of their bits, and the minimum carries
// its own name.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/codecs/lattice_search.cpp"
#include <hwy/foreach_target.h> // must come before highway.h

#include <hwy/highway.h>

#include "core/codecs/lattice_search.h"
#include "core/codecs/simd_parts-inl.h"

HWY_BEFORE_NAMESPACE();
namespace quantlathe::codecs {
namespace HWY_NAMESPACE {

static_assert(latticeLanes == batchLanes);
static_assert(SearchGrid::entryBytes == 2 * batchLanes * sizeof(float));

enum class Signs { Free, SevenOfEight, SevenOfTwoFours };

/// Levels are first + step * number, the last one more by @p extra.
template <int Levels, int First, int Step, int Extra, Signs SignRule, bool IsShifted> struct Format
{
    static constexpr int levels = Levels;
    static constexpr std::size_t components = Levels == 3 ? 8 : 4;
    /// A half consists of two parts: pairs of components, or single ones where there are eight levels.
    static constexpr int partEntries = Levels == 3 ? 9 : 8;
    static constexpr int partBits = Levels == 3 ? 4 : 3;
    static constexpr int levelBits = Levels == 3 ? 2 : 3;
    static constexpr std::size_t entries = partEntries * partEntries;
    static constexpr Signs signs = SignRule;
    static constexpr bool isShifted = IsShifted;

    static constexpr float level(int number)
    {
        return static_cast<float>(First + Step * number + (number == Levels - 1 ? Extra : 0));
    }

    static HWY_INLINE FloatVector levelOf(IntVector number)
    {
        const auto plain =
            hn::Add(hn::Mul(hn::ConvertTo(floats, number), hn::Set(floats, Step)), hn::Set(floats, First));
        if constexpr (Extra == 0)
            return plain;
        const auto isLast = hn::RebindMask(floats, hn::Eq(number, hn::Set(ints, Levels - 1)));
        return hn::Add(plain, hn::IfThenElseZero(isLast, hn::Set(floats, Extra)));
    }

    static constexpr int partCode(int part) { return Levels == 3 ? part / 3 | part % 3 << 2 : part; }
};

constexpr std::size_t pair = 2; ///< points in flight
constexpr int tagMask = 255;

/// Room for both tables of two points; entry e of point u at [(2e + u) * 16], whatever the number of lanes.
struct Tables
{
    alignas(64) float low[81 * pair * batchLanes];
    alignas(64) float high[81 * pair * batchLanes];
    /// The same with one wrong sign in this half.
    alignas(64) float lowWrong[81 * pair * batchLanes];
    alignas(64) float highWrong[81 * pair * batchLanes];
    /// The minima of the groups, for the second half's name.
    alignas(64) float minima[81 * pair * batchLanes];
    alignas(64) float minimaWrong[81 * pair * batchLanes];
};

HWY_INLINE FloatVector tagged(FloatVector cost, int tag)
{
    return hn::BitCast(floats,
                       hn::OrAnd(hn::Set(ints, tag), hn::BitCast(ints, cost), hn::Set(ints, ~tagMask)));
}

HWY_INLINE IntVector tagOf(FloatVector cost)
{
    return hn::And(hn::BitCast(ints, cost), hn::Set(ints, tagMask));
}

/// Costs of one component at each level, one after the other.
template <int Levels>
HWY_INLINE void componentCosts(const float* x, const float* w, const float* HWY_RESTRICT scaledLevels,
                               float* HWY_RESTRICT costs)
{
    const std::size_t lanes = hn::Lanes(floats);
    const auto value = hn::Load(floats, x);
    const auto weight = hn::Load(floats, w);
    HWY_UNROLL(8)
    for (std::size_t level = 0; level < Levels; ++level) {
        const auto difference = hn::Sub(value, hn::Load(floats, scaledLevels + level * lanes));
        hn::Store(hn::Mul(weight, hn::Mul(difference, difference)), floats, costs + level * lanes);
    }
}

/// What a wrong sign adds to them, times @p factor / 4, and @p forbidden.
template <int Levels>
HWY_INLINE void componentPenalties(const float* x, const float* w, const float* HWY_RESTRICT scaledLevels,
                                   FloatVector factor, FloatVector forbidden, float* HWY_RESTRICT costs)
{
    const std::size_t lanes = hn::Lanes(floats);
    const auto product = hn::Mul(hn::Mul(hn::Load(floats, x), hn::Load(floats, w)), factor);
    HWY_UNROLL(8)
    for (std::size_t level = 0; level < Levels; ++level)
        hn::Store(hn::Add(hn::Mul(product, hn::Load(floats, scaledLevels + level * lanes)), forbidden),
                  floats, costs + level * lanes);
}

/// The costs of a part (see Format), @p combine being the sum or, for penalties, the minimum.
template <class F, typename Component, typename Combine>
HWY_INLINE void partCosts(Component&& component, Combine&& combine, float* HWY_RESTRICT part)
{
    const std::size_t lanes = hn::Lanes(floats);
    if constexpr (F::levels == 8) {
        component(0, part);
    } else {
        alignas(64) float first[3 * batchLanes];
        alignas(64) float second[3 * batchLanes];
        component(0, first);
        component(1, second);
        HWY_UNROLL(3)
        for (std::size_t a = 0; a < 3; ++a) {
            const auto left = hn::Load(floats, first + a * lanes);
            HWY_UNROLL(3)
            for (std::size_t b = 0; b < 3; ++b)
                hn::Store(combine(left, hn::Load(floats, second + b * lanes)), floats,
                          part + (3 * a + b) * lanes);
        }
    }
}

/// One half of one point: @p x and @p w at its first component (16 floats apart), @p table at the point.
template <class F, bool WithTags, bool WithWrong>
HWY_INLINE void halfTable(const LatticeRow* x, const LatticeRow* w, std::size_t lane,
                          const float* scaledLevels, FloatVector factor, FloatVector forbidden,
                          float* HWY_RESTRICT table, float* HWY_RESTRICT wrong)
{
    const std::size_t lanes = hn::Lanes(floats);
    constexpr std::size_t partWidth = F::components / 4;
    alignas(64) float costs[2][9 * batchLanes];
    alignas(64) float penalties[2][9 * batchLanes];
    for (std::size_t part = 0; part < 2; ++part) {
        const std::size_t base = part * partWidth;
        partCosts<F>(
            [&](std::size_t index, float* out) HWY_ATTR {
                componentCosts<F::levels>(&x[base + index].values[lane], &w[base + index].values[lane],
                                          scaledLevels, out);
            },
            [](FloatVector a, FloatVector b) HWY_ATTR { return hn::Add(a, b); }, costs[part]);
        if constexpr (WithWrong) {
            partCosts<F>(
                [&](std::size_t index, float* out) HWY_ATTR {
                    componentPenalties<F::levels>(&x[base + index].values[lane],
                                                  &w[base + index].values[lane], scaledLevels, factor,
                                                  forbidden, out);
                },
                [](FloatVector a, FloatVector b) HWY_ATTR { return hn::Min(a, b); }, penalties[part]);
        }
    }
    HWY_UNROLL(9)
    for (int a = 0; a < F::partEntries; ++a) {
        const auto left = hn::Load(floats, costs[0] + static_cast<std::size_t>(a) * lanes);
        HWY_UNROLL(9)
        for (int b = 0; b < F::partEntries; ++b) {
            auto cost = hn::Add(left, hn::Load(floats, costs[1] + static_cast<std::size_t>(b) * lanes));
            const std::size_t at = static_cast<std::size_t>(a * F::partEntries + b) * pair * batchLanes;
            const int code = F::partCode(a) | F::partCode(b) << F::partBits;
            if constexpr (WithWrong) {
                const auto penalty =
                    hn::Min(hn::Load(floats, penalties[0] + static_cast<std::size_t>(a) * lanes),
                            hn::Load(floats, penalties[1] + static_cast<std::size_t>(b) * lanes));
                const auto costly = hn::Add(cost, penalty);
                hn::Store(WithTags ? tagged(costly, code) : costly, floats, wrong + at);
            }
            hn::Store(WithTags ? tagged(cost, code) : cost, floats, table + at);
        }
    }
}

/// The entry @p bytes behind the start of a table.
HWY_INLINE const float* entryAt(const float* table, std::size_t bytes)
{
    return reinterpret_cast<const float*>(reinterpret_cast<const char*>(table) + bytes);
}

/// The minima over the second halves of a group, of two points, in two chains each. @return behind the
/// group's members
HWY_INLINE const std::uint16_t* groupMinima(const std::uint16_t* HWY_RESTRICT member, std::size_t size,
                                            const float* HWY_RESTRICT table, FloatVector& first,
                                            FloatVector& second)
{
    const float* entry = entryAt(table, member[0]);
    auto firstA = hn::Load(floats, entry);
    auto secondA = hn::Load(floats, entry + batchLanes);
    entry = entryAt(table, member[1]);
    auto firstB = hn::Load(floats, entry);
    auto secondB = hn::Load(floats, entry + batchLanes);
    const std::uint16_t* const end = member + size;
    const auto minimum = [&](std::size_t a, std::size_t b) HWY_ATTR {
        const float* left = entryAt(table, a);
        const float* right = entryAt(table, b);
        firstA = hn::Min(firstA, hn::Load(floats, left));
        secondA = hn::Min(secondA, hn::Load(floats, left + batchLanes));
        firstB = hn::Min(firstB, hn::Load(floats, right));
        secondB = hn::Min(secondB, hn::Load(floats, right + batchLanes));
    };
    minimum(member[2], member[3]);
    for (member += SearchGrid::stride; member != end; member += SearchGrid::stride) {
        minimum(member[0], member[1]);
        minimum(member[2], member[3]);
    }
    first = hn::Min(firstA, firstB);
    second = hn::Min(secondA, secondB);
    return member;
}

/// The best sums of two points. Without wrong signs: @p best. With: @p best where every sign is right (for
/// SevenOfTwoFours) and @p bestWrong where one is wrong (for SevenOfEight: or none, as the lane demands).
template <class F, bool WithTags>
HWY_INLINE void searchGroups(const SearchGrid& grid, Tables& tables, FloatVector* best,
                             FloatVector* bestWrong)
{
    constexpr bool withRight = F::signs != Signs::SevenOfEight;
    constexpr bool withWrong = F::signs != Signs::Free;
    const auto large = hn::Set(floats, 0x1p120f);
    FloatVector right0 = large;
    FloatVector right1 = large;
    FloatVector wrong0 = large;
    FloatVector wrong1 = large;
    const std::uint16_t* member = grid.members.data();
    for (std::size_t group = 0; group < grid.groups; ++group) {
        FloatVector minimum0;
        FloatVector minimum1;
        const std::size_t size = grid.groupSize[group];
        const std::uint16_t* next = groupMinima(member, size, tables.high, minimum0, minimum1);
        const float* low = entryAt(tables.low, grid.groupAt[group]);
        const int tag = static_cast<int>(group) * 2;
        const auto name = [](FloatVector cost, int number)
                              HWY_ATTR { return WithTags ? tagged(cost, number) : cost; };
        const auto low0 = hn::Load(floats, low);
        const auto low1 = hn::Load(floats, low + batchLanes);
        if constexpr (withRight) {
            right0 = hn::Min(right0, name(hn::Add(low0, minimum0), tag));
            right1 = hn::Min(right1, name(hn::Add(low1, minimum1), tag));
        }
        if constexpr (withWrong) {
            FloatVector minimumWrong0;
            FloatVector minimumWrong1;
            groupMinima(member, size, tables.highWrong, minimumWrong0, minimumWrong1);
            const float* lowWrong = entryAt(tables.lowWrong, grid.groupAt[group]);
            const auto lowWrong0 = hn::Load(floats, lowWrong);
            const auto lowWrong1 = hn::Load(floats, lowWrong + batchLanes);
            wrong0 = hn::Min(wrong0, name(hn::Add(lowWrong0, minimum0), tag));
            wrong1 = hn::Min(wrong1, name(hn::Add(lowWrong1, minimum1), tag));
            wrong0 = hn::Min(wrong0, name(hn::Add(low0, minimumWrong0), tag + 1));
            wrong1 = hn::Min(wrong1, name(hn::Add(low1, minimumWrong1), tag + 1));
            if constexpr (WithTags) {
                hn::Store(minimumWrong0, floats, tables.minimaWrong + group * pair * batchLanes);
                hn::Store(minimumWrong1, floats, tables.minimaWrong + (group * pair + 1) * batchLanes);
            }
        }
        if constexpr (WithTags) {
            hn::Store(minimum0, floats, tables.minima + group * pair * batchLanes);
            hn::Store(minimum1, floats, tables.minima + (group * pair + 1) * batchLanes);
        }
        member = next;
    }
    best[0] = right0;
    best[1] = right1;
    bestWrong[0] = wrong0;
    bestWrong[1] = wrong1;
}

/// The sums of the point chosen, number @p number of its sub-block, and the choice. @p isWrong: where one of
/// its signs is wrong.
template <class F>
HWY_INLINE void describe(const SearchGrid& grid, const Tables& tables, std::size_t point, FloatVector cost,
                         hn::Mask<Floats> isWrong, FloatVector shift, const LatticeRow* x,
                         const LatticeRow* w, std::size_t lane, LatticeAssignment& assignment,
                         std::size_t number)
{
    const auto tag = tagOf(cost);
    const auto group = hn::ShiftRight<1>(tag);
    const auto isSecond = hn::RebindMask(floats, hn::TestBit(tag, hn::Set(ints, 1)));
    const auto place = hn::Add(hn::Mul(group, hn::Set(ints, static_cast<std::int32_t>(pair * batchLanes))),
                               hn::Iota(ints, static_cast<std::int32_t>(point * batchLanes)));
    auto minimum = hn::GatherIndex(floats, tables.minima, place);
    if constexpr (F::signs != Signs::Free)
        minimum = hn::IfThenElse(isSecond, hn::GatherIndex(floats, tables.minimaWrong, place), minimum);
    const auto first = hn::GatherIndex(ints, grid.groupCode.data(), group);
    const auto second = tagOf(minimum);
    constexpr std::size_t half = F::components / 2;
    auto xq = hn::Zero(floats);
    auto qq = hn::Zero(floats);
    auto cheapest = hn::Set(floats, 0x1p120f);
    auto wrongSign = hn::Set(ints, static_cast<std::int32_t>(F::components));
    for (std::size_t index = 0; index < F::components; ++index) {
        const auto code = index < half ? first : second;
        const auto levelNumber =
            hn::And(hn::ShiftRightSame(code, static_cast<int>(index % half) * F::levelBits),
                    hn::Set(ints, (1 << F::levelBits) - 1));
        auto level = F::levelOf(levelNumber);
        if constexpr (F::isShifted)
            level = hn::Add(level, shift);
        const auto weighted = hn::Mul(hn::Load(floats, &w[index].values[lane]), level);
        const auto product = hn::Mul(weighted, hn::Load(floats, &x[index].values[lane]));
        xq = hn::Add(xq, product);
        qq = hn::Add(qq, hn::Mul(weighted, level));
        if constexpr (F::signs != Signs::Free) {
            auto isCheaper = hn::And(isWrong, hn::Lt(product, cheapest));
            isCheaper = index < half ? hn::AndNot(isSecond, isCheaper) : hn::And(isSecond, isCheaper);
            cheapest = hn::IfThenElse(isCheaper, product, cheapest);
            wrongSign = hn::IfThenElse(hn::RebindMask(ints, isCheaper),
                                       hn::Set(ints, static_cast<std::int32_t>(index)), wrongSign);
        }
    }
    if constexpr (F::signs != Signs::Free)
        xq = hn::Sub(xq, hn::IfThenElseZero(isWrong, hn::Add(cheapest, cheapest)));
    hn::Store(xq, floats, assignment.xq[number].values.data() + lane);
    hn::Store(qq, floats, assignment.qq[number].values.data() + lane);
    const auto codes = hn::Or(first, hn::ShiftLeft<secondHalfAt>(second));
    hn::StoreU(hn::Or(codes, hn::ShiftLeft<wrongSignAt>(wrongSign)), ints,
               assignment.choices[number].data() + lane);
}

/// Points @p point and the next one of the sub-blocks from @p lane on.
template <class F, bool WithChoice>
HWY_INLINE void searchPair(const SearchGrid& grid, const LatticeBatch& batch, const LatticeRow& scales,
                           std::size_t point, std::size_t lane, Tables& tables, LatticeRow* errors,
                           LatticeAssignment* assignment)
{
    constexpr bool withWrong = F::signs != Signs::Free;
    constexpr std::size_t half = F::components / 2;
    const std::size_t lanes = hn::Lanes(floats);
    const auto scale = hn::Load(floats, scales.values.data() + lane);
    alignas(64) float scaledLevels[F::levels * batchLanes];
    for (std::size_t u = 0; u < pair; ++u) {
        const std::size_t start = (point + u) * F::components;
        const auto four = hn::Set(floats, 4);
        auto lowFactor = four;
        auto forbidden = hn::Zero(floats);
        if constexpr (F::signs == Signs::SevenOfEight) {
            // Lanes with the right parity take no penalty in the first half, and none can in the second.
            const auto odd = hn::Load(floats, batch.odd[point + u].values.data() + lane);
            lowFactor = hn::Mul(odd, four);
            forbidden = hn::Mul(hn::Sub(hn::Set(floats, 1), odd), hn::Set(floats, 0x1p100f));
        }
        if (F::isShifted || u == 0) {
            for (int number = 0; number < F::levels; ++number) {
                auto level = hn::Set(floats, F::level(number));
                if constexpr (F::isShifted)
                    level = hn::Add(level, hn::Load(floats, batch.shift[point + u].values.data() + lane));
                hn::Store(hn::Mul(scale, level), floats,
                          scaledLevels + static_cast<std::size_t>(number) * lanes);
            }
        }
        halfTable<F, false, withWrong>(&batch.x[start], &batch.w[start], lane, scaledLevels, lowFactor,
                                       hn::Zero(floats), tables.low + u * batchLanes,
                                       tables.lowWrong + u * batchLanes);
        halfTable<F, WithChoice, withWrong>(&batch.x[start + half], &batch.w[start + half], lane,
                                            scaledLevels, four, forbidden, tables.high + u * batchLanes,
                                            tables.highWrong + u * batchLanes);
    }
    FloatVector best[2];
    FloatVector bestWrong[2];
    searchGroups<F, WithChoice>(grid, tables, best, bestWrong);
    auto chosen0 = best[0];
    auto chosen1 = best[1];
    auto isWrong0 = hn::Gt(hn::Zero(floats), hn::Zero(floats));
    auto isWrong1 = isWrong0;
    if constexpr (F::signs == Signs::SevenOfEight) {
        chosen0 = bestWrong[0];
        chosen1 = bestWrong[1];
        isWrong0 = hn::Gt(hn::Load(floats, batch.odd[point].values.data() + lane), hn::Zero(floats));
        isWrong1 = hn::Gt(hn::Load(floats, batch.odd[point + 1].values.data() + lane), hn::Zero(floats));
    } else if constexpr (F::signs == Signs::SevenOfTwoFours) {
        const auto isOdd =
            hn::Gt(hn::Load(floats, batch.odd[point / 2].values.data() + lane), hn::Zero(floats));
        const auto firstWrong = hn::Add(bestWrong[0], best[1]);
        const auto secondWrong = hn::Add(best[0], bestWrong[1]);
        const auto isFirst = hn::Le(firstWrong, secondWrong);
        isWrong0 = hn::And(isOdd, isFirst);
        isWrong1 = hn::AndNot(isFirst, isOdd);
        chosen0 = hn::IfThenElse(isWrong0, bestWrong[0], best[0]);
        chosen1 = hn::IfThenElse(isWrong1, bestWrong[1], best[1]);
    }
    hn::Store(chosen0, floats, errors[point].values.data() + lane);
    hn::Store(chosen1, floats, errors[point + 1].values.data() + lane);
    if constexpr (WithChoice) {
        const auto describeOne = [&](std::size_t u, FloatVector cost, hn::Mask<Floats> isWrong) HWY_ATTR {
            auto shift = hn::Zero(floats);
            if constexpr (F::isShifted)
                shift = hn::Load(floats, batch.shift[point + u].values.data() + lane);
            const std::size_t start = (point + u) * F::components;
            describe<F>(grid, tables, u, cost, isWrong, shift, &batch.x[start], &batch.w[start], lane,
                        *assignment, point + u);
        };
        describeOne(0, chosen0, isWrong0);
        describeOne(1, chosen1, isWrong1);
    }
}

template <class F>
HWY_INLINE void search(const SearchGrid& grid, const LatticeBatch& batch, const LatticeRow& scales,
                       LatticeRow* errors, LatticeAssignment* assignment)
{
    Tables tables;
    for (std::size_t point = 0; point < batch.width / F::components; point += pair) {
        for (std::size_t lane = 0; lane < latticeLanes; lane += hn::Lanes(floats)) {
            if (assignment)
                searchPair<F, true>(grid, batch, scales, point, lane, tables, errors, assignment);
            else
                searchPair<F, false>(grid, batch, scales, point, lane, tables, errors, nullptr);
        }
    }
}

using FormatIQ2_S = Format<3, 8, 17, 1, Signs::Free, false>;
using FormatIQ2_XS = Format<3, 8, 17, 1, Signs::SevenOfEight, false>;
using FormatIQ3_S = Format<8, 1, 2, 0, Signs::Free, false>;
using FormatIQ3_XXS = Format<8, 4, 8, 2, Signs::SevenOfTwoFours, false>;
using FormatIQ1 = Format<3, -1, 1, 0, Signs::Free, true>;

void searchEightSigns2(const SearchGrid& grid, const LatticeBatch& batch, const LatticeRow& scales,
                       LatticeRow* errors, LatticeAssignment* assignment)
{
    search<FormatIQ2_S>(grid, batch, scales, errors, assignment);
}

void searchSevenSigns2(const SearchGrid& grid, const LatticeBatch& batch, const LatticeRow& scales,
                       LatticeRow* errors, LatticeAssignment* assignment)
{
    search<FormatIQ2_XS>(grid, batch, scales, errors, assignment);
}

void searchEightSigns3(const SearchGrid& grid, const LatticeBatch& batch, const LatticeRow& scales,
                       LatticeRow* errors, LatticeAssignment* assignment)
{
    search<FormatIQ3_S>(grid, batch, scales, errors, assignment);
}

void searchSevenSigns3(const SearchGrid& grid, const LatticeBatch& batch, const LatticeRow& scales,
                       LatticeRow* errors, LatticeAssignment* assignment)
{
    search<FormatIQ3_XXS>(grid, batch, scales, errors, assignment);
}

void searchShifted(const SearchGrid& grid, const LatticeBatch& batch, const LatticeRow& scales,
                   LatticeRow* errors, LatticeAssignment* assignment)
{
    search<FormatIQ1>(grid, batch, scales, errors, assignment);
}

/// sum w (x - s v)^2 of eight components at their nearest levels -1, 0, 1, each plus @p shift.
HWY_INLINE FloatVector boundOfPoint(const LatticeBatch& batch, std::size_t point, std::size_t lane,
                                    FloatVector scale, FloatVector shift)
{
    const auto middle = hn::Mul(scale, shift);
    const auto one = hn::Set(floats, 1);
    const auto low = hn::Mul(scale, hn::Sub(shift, one));
    const auto high = hn::Mul(scale, hn::Add(shift, one));
    auto sum = hn::Zero(floats);
    for (std::size_t index = 8 * point; index < 8 * point + 8; ++index) {
        const auto x = hn::Load(floats, batch.x[index].values.data() + lane);
        const auto nearest = hn::Min(hn::Abs(hn::Sub(x, middle)),
                                     hn::Min(hn::Abs(hn::Sub(x, low)), hn::Abs(hn::Sub(x, high))));
        const auto w = hn::Load(floats, batch.w[index].values.data() + lane);
        sum = hn::Add(sum, hn::Mul(w, hn::Mul(nearest, nearest)));
    }
    return sum;
}

void boundShifted(const LatticeBatch& batch, const LatticeRow& scales, bool byPoint, LatticeRow& errors,
                  LatticeRow* shifts)
{
    const auto up = hn::Set(floats, 0.125f);
    const auto down = hn::Set(floats, -0.125f);
    const std::size_t points = batch.width / 8;
    for (std::size_t lane = 0; lane < latticeLanes; lane += hn::Lanes(floats)) {
        const auto scale = hn::Load(floats, scales.values.data() + lane);
        auto sumUp = hn::Zero(floats);
        auto sumDown = hn::Zero(floats);
        for (std::size_t point = 0; point < points; ++point) {
            auto errorUp = boundOfPoint(batch, point, lane, scale, up);
            auto errorDown = boundOfPoint(batch, point, lane, scale, down);
            if (byPoint) {
                if (shifts)
                    hn::Store(hn::IfThenElse(hn::Lt(errorDown, errorUp), down, up), floats,
                              shifts[point].values.data() + lane);
                errorUp = errorDown = hn::Min(errorUp, errorDown);
            }
            sumUp = hn::Add(sumUp, errorUp);
            sumDown = hn::Add(sumDown, errorDown);
        }
        hn::Store(hn::Min(sumUp, sumDown), floats, errors.values.data() + lane);
        if (shifts && !byPoint) {
            const auto better = hn::IfThenElse(hn::Lt(sumDown, sumUp), down, up);
            for (std::size_t point = 0; point < points; ++point)
                hn::Store(better, floats, shifts[point].values.data() + lane);
        }
    }
}

void missesOfShared(const LatticeRow& scales, const LatticeRow& cost, float lastCode, std::size_t steps,
                    const LatticeRow* d, LatticeRow* errors)
{
    const auto zero = hn::Zero(floats);
    const auto one = hn::Set(floats, 1);
    const auto half = hn::Set(floats, 0.5f);
    for (std::size_t lane = 0; lane < latticeLanes; lane += hn::Lanes(floats)) {
        const auto scale = hn::Load(floats, scales.values.data() + lane);
        const auto hasScale = hn::Gt(scale, zero);
        const auto factor = hn::IfThenElseZero(hasScale, hn::Load(floats, cost.values.data() + lane));
        const auto inverse = hn::Div(one, hn::IfThenElse(hasScale, scale, one));
        for (std::size_t step = 0; step < steps; ++step) {
            const auto shared = hn::Load(floats, d[step].values.data() + lane);
            auto code = hn::Sub(hn::Mul(half, hn::Div(scale, shared)), half);
            code = nearestWhole(hn::Min(hn::Max(code, zero), hn::Set(floats, lastCode)));
            const auto multiple = hn::Mul(shared, hn::Add(hn::Add(code, code), one));
            const auto miss = hn::Sub(one, hn::Mul(multiple, inverse));
            hn::Store(hn::Mul(factor, hn::Mul(miss, miss)), floats, errors[step].values.data() + lane);
        }
    }
}

} // namespace HWY_NAMESPACE
} // namespace quantlathe::codecs
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace quantlathe::codecs {

#define QUANTLATHE_DISPATCH(name)                                                                            \
    HWY_EXPORT(name);                                                                                        \
    void simd::name(const SearchGrid& grid, const LatticeBatch& batch, const LatticeRow& scales,             \
                    LatticeRow* errors, LatticeAssignment* assignment)                                       \
    {                                                                                                        \
        HWY_DYNAMIC_DISPATCH(name)(grid, batch, scales, errors, assignment);                                 \
    }

QUANTLATHE_DISPATCH(searchEightSigns2)
QUANTLATHE_DISPATCH(searchSevenSigns2)
QUANTLATHE_DISPATCH(searchEightSigns3)
QUANTLATHE_DISPATCH(searchSevenSigns3)
QUANTLATHE_DISPATCH(searchShifted)

#undef QUANTLATHE_DISPATCH

HWY_EXPORT(boundShifted);
void simd::boundShifted(const LatticeBatch& batch, const LatticeRow& scales, bool byPoint, LatticeRow& errors,
                        LatticeRow* shifts)
{
    HWY_DYNAMIC_DISPATCH(boundShifted)(batch, scales, byPoint, errors, shifts);
}

HWY_EXPORT(missesOfShared);
void simd::missesOfShared(const LatticeRow& scales, const LatticeRow& cost, float lastCode, std::size_t steps,
                          const LatticeRow* d, LatticeRow* errors)
{
    HWY_DYNAMIC_DISPATCH(missesOfShared)(scales, cost, lastCode, steps, d, errors);
}

} // namespace quantlathe::codecs
#endif
