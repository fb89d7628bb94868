// SPDX-License-Identifier: GPL-3.0-or-later
// Every instruction set this processor has, against the plain loops, bit for bit.
#include "core/analysis/binning.h"
#include "core/analysis/kernels.h"
#include "core/analysis/kernels_reference.h"
#include "test_tensors.h"

#include <hwy/targets.h>

#include <bit>
#include <limits>
#include <numeric>

using namespace quantlathe;
using namespace quantlathe::test;

namespace {

constexpr std::size_t lengths[] = {1, 2, 3, 5, 7, 8, 9, 15, 16, 17, 31, 33, 64, 100, 1023, 4095, 4096};

/// Weights of several kinds: normal, large mean, denormal, huge, equal, signed zeros.
std::vector<std::vector<float>> cases(std::size_t count)
{
    std::vector<std::vector<float>> all{normalWeights(count, 0, 0.02, 1), normalWeights(count, 1e6, 1, 2),
                                        normalWeights(count, 0, 1e-42, 3), normalWeights(count, 0, 1e37, 4),
                                        std::vector<float>(count, 0.1f), std::vector<float>(count, 0.0f)};
    for (std::size_t index = 0; index < count; index += 2)
        all.back()[index] = -0.0f;
    return all;
}

bool sameBits(double a, double b) { return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b); }

class TestKernels : public QObject
{
    Q_OBJECT

private slots:
    void allTargets_data()
    {
        QTest::addColumn<qint64>("target");
        for (const std::int64_t target : hwy::SupportedAndGeneratedTargets())
            QTest::newRow(hwy::TargetName(target)) << static_cast<qint64>(target);
    }

    void allTargets()
    {
        QFETCH(const qint64, target);
        hwy::SetSupportedTargetsForTest(target);
        hwy::GetChosenTarget().Update(hwy::SupportedTargets());
        for (const std::size_t count : lengths)
            for (const auto& weights : cases(count))
                compare(weights);
        hwy::SetSupportedTargetsForTest(0);
        hwy::GetChosenTarget().DeInit();
    }

    void nonFiniteIsSeenAnywhere_data() { allTargets_data(); }
    void nonFiniteIsSeenAnywhere()
    {
        QFETCH(const qint64, target);
        hwy::SetSupportedTargetsForTest(target);
        hwy::GetChosenTarget().Update(hwy::SupportedTargets());
        constexpr float infinity = std::numeric_limits<float>::infinity();
        for (const float odd : {std::numeric_limits<float>::quiet_NaN(), infinity, -infinity}) {
            for (const std::size_t count : {1u, 7u, 40u, 67u}) {
                std::vector<float> weights(count, 1.0f);
                for (std::size_t at = 0; at < count; ++at) {
                    weights[at] = odd;
                    QVERIFY(!kernels::isFinite(weights.data(), count));
                    QVERIFY(!kernels::scanBlock(weights.data(), count).isFinite);
                    weights[at] = std::numeric_limits<float>::max();
                    QVERIFY(kernels::isFinite(weights.data(), count));
                    weights[at] = 1.0f;
                }
            }
        }
        // Rebuilt weights may overflow: they stay inside the tables.
        std::vector<float> wild{infinity, -infinity, std::numeric_limits<float>::quiet_NaN(), 3e38f, -3e38f};
        wild.resize(37, 0.5f);
        const auto binning = binningFor(0, 1, 10);
        std::vector<std::uint32_t> tables(kernels::countTables * 10);
        kernels::countBins(wild.data(), wild.size(), binning, tables.data());
        std::vector<std::uint64_t> counts(10);
        for (std::size_t index = 0; index < tables.size(); ++index)
            counts[index % 10] += tables[index];
        QCOMPARE(counts[0], std::uint64_t(3)); // -inf, NaN, -3e38
        QCOMPARE(counts[9], std::uint64_t(2));
        QCOMPARE(counts[5], std::uint64_t(32));
        hwy::SetSupportedTargetsForTest(0);
        hwy::GetChosenTarget().DeInit();
    }

    void anEdgeBelongsToTheUpperBin()
    {
        // Widths whose reciprocal is no exact double: 49, 1/3 of ten, and so on.
        for (const double width : {1.0, 3.0, 10.0, 49.0, 0.7, 1e-3, 12345.0}) {
            for (const std::size_t bins : {3u, 49u, 512u, 1000u}) {
                const auto binning = binningFor(0, width * static_cast<double>(bins), bins);
                for (std::size_t bin = 0; bin < bins; ++bin) {
                    const double edge = width * static_cast<double>(bin);
                    QCOMPARE(kernels::binOf(edge, binning), static_cast<std::uint32_t>(bin));
                    if (bin > 0)
                        QCOMPARE(kernels::binOf(edge - width * 1e-9, binning), static_cast<std::uint32_t>(bin - 1));
                }
                QCOMPARE(kernels::binOf(binning.low + width * static_cast<double>(bins), binning), static_cast<std::uint32_t>(bins - 1));
                QCOMPARE(kernels::binOf(-1e30, binning), 0u);
            }
        }
    }

    void outlierLimitsAreExact()
    {
        kernels::Binning binning;
        setOutlierLimits(binning, -0.1, 0.1); // 0.1 is no float: 0.1f is above, the float below is inside
        QVERIFY(0.1f > binning.upperLimit && -0.1f < binning.lowerLimit);
        QVERIFY(!(std::nextafter(0.1f, 0.0f) > binning.upperLimit));
        QVERIFY(!(std::nextafter(-0.1f, 0.0f) < binning.lowerLimit));
        setOutlierLimits(binning, -1, 1); // the limit itself is inside
        QVERIFY(!(1.0f > binning.upperLimit) && std::nextafter(1.0f, 2.0f) > binning.upperLimit);
        setOutlierLimits(binning, -1e300, 1e300);
        QVERIFY(!(std::numeric_limits<float>::max() > binning.upperLimit));
    }

private:
    static void compare(const std::vector<float>& weights)
    {
        namespace reference = kernels::reference;
        const std::size_t count = weights.size();
        const auto scan = kernels::scanBlock(weights.data(), count);
        const auto scanExpected = reference::scanBlock(weights.data(), count);
        QVERIFY(scan.isFinite && scanExpected.isFinite);
        QCOMPARE(scan.minimum, scanExpected.minimum);
        QCOMPARE(scan.maximum, scanExpected.maximum);
        QCOMPARE(scan.zeroCount, scanExpected.zeroCount);
        QVERIFY(sameBits(scan.sum, scanExpected.sum));

        const double mean = scan.sum / static_cast<double>(count);
        const auto central = kernels::centralSums(weights.data(), count, mean);
        const auto centralExpected = reference::centralSums(weights.data(), count, mean);
        QVERIFY(sameBits(central.second, centralExpected.second));
        QVERIFY(sameBits(central.third, centralExpected.third));
        QVERIFY(sameBits(central.fourth, centralExpected.fourth));

        std::vector<float> other = weights;
        Random random(count);
        for (float& weight : other)
            weight += weight * static_cast<float>(random.uniform() - 0.5) * 0.01f;
        const auto sums = kernels::differenceSums(weights.data(), other.data(), count);
        const auto sumsExpected = reference::differenceSums(weights.data(), other.data(), count);
        QVERIFY(sameBits(sums.squaredFirst, sumsExpected.squaredFirst));
        QVERIFY(sameBits(sums.squaredSecond, sumsExpected.squaredSecond));
        QVERIFY(sameBits(sums.product, sumsExpected.product));
        QVERIFY(sameBits(sums.squaredDifference, sumsExpected.squaredDifference));
        QVERIFY(sameBits(sums.maximumDifference, sumsExpected.maximumDifference));
        std::vector<float> importance(count);
        for (float& factor : importance)
            factor = static_cast<float>(random.uniform() * random.uniform());
        const auto weighted = kernels::weightedSums(weights.data(), other.data(), importance.data(), count);
        const auto weightedExpected = reference::weightedSums(weights.data(), other.data(), importance.data(), count);
        QVERIFY(sameBits(weighted.squaredFirst, weightedExpected.squaredFirst));
        QVERIFY(sameBits(weighted.squaredDifference, weightedExpected.squaredDifference));

        auto binning = binningFor(scan.minimum, scan.maximum, 51);
        setOutlierLimits(binning, scan.minimum * 0.5, scan.maximum * 0.9);
        std::vector<std::uint32_t> tables(kernels::countTables * 51);
        std::vector<std::uint32_t> expected(51);
        QCOMPARE(kernels::countBins(weights.data(), count, binning, tables.data()),
                 reference::countBins(weights.data(), count, binning, expected.data()));
        for (std::size_t bin = 0; bin < 51; ++bin)
            QCOMPARE(tables[bin] + tables[51 + bin] + tables[102 + bin] + tables[153 + bin], expected[bin]);
        QCOMPARE(std::accumulate(expected.begin(), expected.end(), std::size_t{0}), count);
    }
};

} // namespace

QTEST_APPLESS_MAIN(TestKernels)
#include "tst_kernels.moc"
