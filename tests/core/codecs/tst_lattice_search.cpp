// SPDX-License-Identifier: GPL-3.0-or-later
// The exhaustive search for lattice points against a plain one that looks at all points and all signs, on
// every target.
#include "codec_cases.h"
#include "core/codecs/lattice_search.h"
#include "simd_targets.h"
#include "support/test_support.h"

#include <cmath>
#include <cstring>
#include <memory>

using namespace quantlathe;
using namespace quantlathe::codecs;
using test::onEveryTarget;

namespace {

struct Case
{
    const char* name;
    simd::LatticeSearch* search;
    const SearchGrid& (*grid)();
    std::span<const std::uint16_t> points;
    std::span<const std::int8_t> levels;
    std::size_t components;
    std::size_t width;
    bool isShifted;
    bool hasSevenSigns;
    float scale; ///< that suits weights of deviation 1
};

const Case cases[] = {
    {"IQ1_S", simd::searchShifted, searchIQ1, pointsIQ1, levelsIQ1, 8, 32, true, false, 1.2f},
    {"IQ1_M", simd::searchShifted, searchIQ1, pointsIQ1, levelsIQ1, 8, 16, true, false, 1.2f},
    {"IQ2_XXS", simd::searchSevenSigns2, searchIQ2_XXS, pointsIQ2_XXS, levelsIQ2, 8, 32, false, true, 0.05f},
    {"IQ2_XS", simd::searchSevenSigns2, searchIQ2_XS, pointsIQ2_XS, levelsIQ2, 8, 16, false, true, 0.05f},
    {"IQ2_S", simd::searchEightSigns2, searchIQ2_S, pointsIQ2_S, levelsIQ2, 8, 16, false, false, 0.05f},
    {"IQ3_XXS", simd::searchSevenSigns3, searchIQ3_XXS, pointsIQ3_XXS, levelsIQ3_XXS, 4, 32, false, true,
     0.045f},
    {"IQ3_S", simd::searchEightSigns3, searchIQ3_S, pointsIQ3_S, levelsIQ3_S, 4, 32, false, false, 0.17f},
};

/// Magnitudes where the format has signs. Every lane has its own kind of weights, factors and scale.
std::unique_ptr<LatticeBatch> makeBatch(const Case& c, std::uint64_t seed, LatticeRow& scales)
{
    const auto draws = test::Normal(seed).values(latticeLanes * (2 * longestLattice + 16));
    auto next = draws.begin();
    const auto normal = [&next] { return *next++; };
    auto batch = std::make_unique<LatticeBatch>();
    batch->width = c.width;
    for (std::size_t lane = 0; lane < latticeLanes; ++lane) {
        scales[lane] = c.scale * std::exp(0.3f * normal());
        for (std::size_t index = 0; index < c.width; ++index) {
            const float x = normal();
            batch->x[index][lane] = c.isShifted ? x : std::fabs(x);
            batch->w[index][lane] = lane % 3 == 0 ? 1 : lane % 3 == 1 ? std::exp(normal()) : x * x + 1e-5f;
        }
        for (LatticeRow& odd : batch->odd)
            odd[lane] = c.hasSevenSigns && normal() > 0 ? 1.0f : 0.0f;
        for (LatticeRow& shift : batch->shift)
            shift[lane] = normal() > 0 ? 0.125f : -0.125f;
    }
    return batch;
}

/// For every point sum w (x - s q)^2; with @p wrong the least with one wrong sign.
double leastError(const Case& c, const LatticeBatch& batch, double scale, std::size_t lane, std::size_t point,
                  bool wrong, const std::vector<std::int8_t>& bytes)
{
    double least = INFINITY;
    for (std::size_t number = 0; number < c.points.size(); ++number) {
        double error = 0;
        double penalty = INFINITY;
        for (std::size_t index = 0; index < c.components; ++index) {
            const double x = batch.x[point * c.components + index][lane];
            const double w = batch.w[point * c.components + index][lane];
            double q = bytes[number * c.components + index];
            if (c.isShifted)
                q += batch.shift[point][lane];
            error += w * (x - scale * q) * (x - scale * q);
            penalty = std::min(penalty, 4 * w * x * scale * q);
        }
        least = std::min(least, error + (wrong ? penalty : 0));
    }
    return least;
}

/// The least error of @p point, or of two points that share their signs.
double plainSearch(const Case& c, const LatticeBatch& batch, double scale, std::size_t lane,
                   std::size_t point, const std::vector<std::int8_t>& bytes)
{
    const auto least = [&](std::size_t at, bool wrong) {
        return leastError(c, batch, scale, lane, at, wrong, bytes);
    };
    if (!c.hasSevenSigns)
        return least(point, false);
    if (c.components == 8)
        return least(point, batch.odd[point][lane] > 0);
    if (!(batch.odd[point / 2][lane] > 0))
        return least(point, false) + least(point + 1, false);
    return std::min(least(point, true) + least(point + 1, false),
                    least(point, false) + least(point + 1, true));
}

struct Sums
{
    double error = 0;
    double xq = 0;
    double qq = 0;
    bool isPoint = true;
    int wrongSigns = 0;
};

/// What a choice says, added up in double.
Sums sumsOf(const Case& c, const LatticeBatch& batch, double scale, std::size_t lane, std::size_t point,
            LatticeChoice choice)
{
    const unsigned bits = c.components == 8 ? 2 : 3;
    const std::size_t half = c.components / 2;
    const auto codes = static_cast<unsigned>(choice);
    const unsigned components = (codes & 255) | (codes >> secondHalfAt & 255) << (bits * half);
    Sums sums;
    sums.isPoint = c.points[c.grid().numberOf[components]] == components;
    for (std::size_t index = 0; index < c.components; ++index) {
        double q = c.levels[components >> (bits * index) & ((1u << bits) - 1)];
        if (c.isShifted)
            q += batch.shift[point][lane];
        if (codes >> wrongSignAt == index) {
            q = -q;
            ++sums.wrongSigns;
        }
        const double x = batch.x[point * c.components + index][lane];
        const double w = batch.w[point * c.components + index][lane];
        sums.error += w * (x - scale * q) * (x - scale * q);
        sums.xq += w * x * q;
        sums.qq += w * q * q;
    }
    return sums;
}

bool isClose(double a, double b, double tolerance)
{
    return std::fabs(a - b) <= tolerance * (std::fabs(a) + std::fabs(b)) + 1e-12;
}

} // namespace

class TestLatticeSearch : public QObject
{
    Q_OBJECT

    static void addCases()
    {
        QTest::addColumn<int>("number");
        for (std::size_t number = 0; number < std::size(cases); ++number)
            QTest::newRow(cases[number].name) << static_cast<int>(number);
    }

private slots:
    void findsTheNearestPoint_data() { addCases(); }

    void findsTheNearestPoint()
    {
        QFETCH(int, number);
        const Case& c = cases[number];
        const auto bytes = expandPoints(c.points, c.levels, c.components);
        const std::size_t points = c.width / c.components;
        const std::size_t together = c.hasSevenSigns && c.components == 4 ? 2 : 1;
        for (std::uint64_t seed = 1; seed <= 6; ++seed) {
            LatticeRow scales;
            const auto batch = makeBatch(c, seed, scales);
            std::array<LatticeRow, 8> errors;
            std::array<LatticeRow, 8> roughErrors;
            const auto assignment = std::make_unique<LatticeAssignment>();
            c.search(c.grid(), *batch, scales, errors.data(), nullptr);
            c.search(c.grid(), *batch, scales, roughErrors.data(), assignment.get());
            for (std::size_t lane = 0; lane < latticeLanes; ++lane) {
                for (std::size_t point = 0; point < points; point += together) {
                    const double least = plainSearch(c, *batch, scales[lane], lane, point, bytes);
                    double error = 0;
                    double chosen = 0;
                    int wrongSigns = 0;
                    for (std::size_t at = point; at < point + together; ++at) {
                        error += errors[at][lane];
                        const LatticeChoice choice = assignment->choices[at][lane];
                        const Sums sums = sumsOf(c, *batch, scales[lane], lane, at, choice);
                        QVERIFY(sums.isPoint);
                        QVERIFY(isClose(sums.xq, assignment->xq[at][lane], 1e-5));
                        QVERIFY(isClose(sums.qq, assignment->qq[at][lane], 1e-5));
                        QVERIFY(isClose(sums.error, roughErrors[at][lane], 0x1p-13));
                        chosen += sums.error;
                        wrongSigns += sums.wrongSigns;
                    }
                    QVERIFY2(isClose(error, least, 1e-5),
                             qPrintable(QString("%1, least %2").arg(error).arg(least)));
                    QVERIFY2(chosen <= least * (1 + 0x1p-13),
                             qPrintable(QString("%1, least %2").arg(chosen).arg(least)));
                    const bool isOdd = c.hasSevenSigns && batch->odd[point * c.components / 8][lane] > 0;
                    QCOMPARE(wrongSigns, isOdd ? 1 : 0);
                }
            }
        }
    }

    void sameOnEveryTarget_data() { addCases(); }

    void sameOnEveryTarget()
    {
        QFETCH(int, number);
        const Case& c = cases[number];
        const std::size_t points = c.width / c.components;
        LatticeRow scales;
        const auto batch = makeBatch(c, 99, scales);
        scales[3] = 0;
        struct Result
        {
            std::array<LatticeRow, 8> errors{};
            std::array<LatticeRow, 8> roughErrors{};
            LatticeAssignment assignment;
            LatticeRow bound;
            std::array<LatticeRow, 4> shifts{};
        };
        std::unique_ptr<Result> first;
        onEveryTarget([&](const char* target) {
            auto result = std::make_unique<Result>();
            c.search(c.grid(), *batch, scales, result->errors.data(), nullptr);
            c.search(c.grid(), *batch, scales, result->roughErrors.data(), &result->assignment);
            if (c.isShifted)
                simd::boundShifted(*batch, scales, c.width == 16, result->bound, result->shifts.data());
            if (!first)
                first = std::make_unique<Result>(*result);
            for (std::size_t point = 0; point < points; ++point) {
                QVERIFY2(result->errors[point].values == first->errors[point].values, target);
                QVERIFY2(result->roughErrors[point].values == first->roughErrors[point].values, target);
                QVERIFY2(result->assignment.xq[point].values == first->assignment.xq[point].values, target);
                QVERIFY2(result->assignment.qq[point].values == first->assignment.qq[point].values, target);
                QVERIFY2(result->assignment.choices[point] == first->assignment.choices[point], target);
            }
            QVERIFY2(result->bound.values == first->bound.values, target);
            for (std::size_t point = 0; point < result->shifts.size(); ++point)
                QVERIFY2(result->shifts[point].values == first->shifts[point].values, target);
        });
    }

    // What stands in for the search of IQ1: never above it, and equal where every component is at a level.
    void boundsAreBounds()
    {
        for (const Case& c : {cases[0], cases[1]}) {
            const bool byPoint = c.width == 16;
            LatticeRow scales;
            const auto batch = makeBatch(c, 5, scales);
            LatticeRow bound;
            simd::boundShifted(*batch, scales, byPoint, bound, nullptr);
            std::array<std::array<LatticeRow, 8>, 2> errors;
            for (const bool isDown : {false, true}) {
                for (LatticeRow& shift : batch->shift)
                    shift.values.fill(isDown ? -0.125f : 0.125f);
                c.search(c.grid(), *batch, scales, errors[isDown].data(), nullptr);
            }
            for (std::size_t lane = 0; lane < latticeLanes; ++lane) {
                float sums[2] = {0, 0};
                float best = 0;
                for (std::size_t point = 0; point < c.width / 8; ++point) {
                    sums[0] += errors[0][point][lane];
                    sums[1] += errors[1][point][lane];
                    best += std::min(errors[0][point][lane], errors[1][point][lane]);
                }
                const float exact = byPoint ? best : std::min(sums[0], sums[1]);
                QVERIFY(bound[lane] <= exact * 1.00001f);
                QVERIFY(bound[lane] > 0.3f * exact);
            }
        }
    }

    void sharedMisses()
    {
        LatticeRow scales;
        LatticeRow cost;
        std::array<LatticeRow, 2> d;
        for (std::size_t lane = 0; lane < latticeLanes; ++lane) {
            scales[lane] = 0.3f * static_cast<float>(lane);
            cost[lane] = 2;
            d[0][lane] = 0.1f;
            d[1][lane] = 0.5f;
        }
        std::array<LatticeRow, 2> first;
        onEveryTarget([&](const char* target) {
            std::array<LatticeRow, 2> errors;
            simd::missesOfShared(scales, cost, 15, 2, d.data(), errors.data());
            for (std::size_t step = 0; step < 2; ++step) {
                QCOMPARE(errors[step][0], 0.0f);
                for (std::size_t lane = 1; lane < latticeLanes; ++lane) {
                    float least = INFINITY;
                    for (int code = 0; code < 16; ++code) {
                        const float miss =
                            1 - d[step][lane] * static_cast<float>(2 * code + 1) / scales[lane];
                        least = std::min(least, 2 * miss * miss);
                    }
                    QVERIFY2(std::fabs(errors[step][lane] - least) < 1e-5f, target);
                }
                if (first[step].values == LatticeRow().values)
                    first[step] = errors[step];
                QVERIFY2(first[step].values == errors[step].values, target);
            }
        });
    }
};

QTEST_APPLESS_MAIN(TestLatticeSearch)
#include "tst_lattice_search.moc"
