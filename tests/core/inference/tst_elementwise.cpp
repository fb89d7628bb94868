// SPDX-License-Identifier: GPL-3.0-or-later
// Every instruction set this processor has, against plain loops in doubles; the targets give the same bits.
#include "core/inference/elementwise.h"
#include "core/inference/elementwise_reference.h"
#include "core/inference/rope.h"
#include "support/test_support.h"

#include <hwy/targets.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <random>

using namespace quantlathe;

namespace {

namespace reference = elementwise::reference;

constexpr std::size_t lengths[] = {1, 2, 3, 7, 8, 15, 16, 17, 31, 33, 64, 127, 1000, 1024, 2049};
constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float notANumber = std::numeric_limits<float>::quiet_NaN();

std::vector<float> normal(std::size_t count, double deviation, unsigned seed)
{
    std::mt19937_64 bits(seed);
    std::vector<float> values(count);
    for (float& value : values) {
        const double u = static_cast<double>((bits() >> 11) + 1) * 0x1p-53, v = static_cast<double>(bits() >> 11) * 0x1p-53;
        value = static_cast<float>(deviation * std::sqrt(-2 * std::log(u)) * std::cos(6.283185307179586 * v));
    }
    return values;
}

/// Arguments from end to end, dense where functions bend, with both signs.
std::vector<float> arguments(float largest)
{
    std::vector<float> values;
    for (double size = 1e-30; size <= double{largest}; size *= size < 1e-3 ? 1.7 : 1.0013) {
        values.push_back(static_cast<float>(size));
        values.push_back(static_cast<float>(-size));
    }
    values.push_back(0);
    return values;
}

/// Largest difference relative to the expected value; values under @p floor count as @p floor.
double relativeError(const std::vector<float>& values, const std::vector<float>& expected, double floor)
{
    double largest = 0;
    for (std::size_t index = 0; index < values.size(); ++index) {
        const double difference = std::abs(double{values[index]} - double{expected[index]});
        const double error = difference / std::max(std::abs(double{expected[index]}), floor);
        largest = error >= largest ? error : (error == error ? largest : 1e9);
    }
    return largest;
}

bool sameBits(const std::vector<float>& a, const std::vector<float>& b)
{
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

void onTarget(std::int64_t target, const std::function<void()>& work)
{
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
    work();
    hwy::SetSupportedTargetsForTest(0);
    hwy::GetChosenTarget().DeInit();
}

using Gated = void (*)(const float*, const float*, std::size_t, float*);

class TestElementwise : public QObject
{
    Q_OBJECT

private slots:
    void activations_data() { targets(); }
    void activations()
    {
        QFETCH(const qint64, target);
        onTarget(target, [&] {
            compareGated(elementwise::siluTimes, reference::siluTimes, 3e-7);
            compareGated(elementwise::geluErfTimes, reference::geluErfTimes, 5e-7);
            // The cubic argument carries its rounding into the exponential: 2.7e-7 times its size far out.
            compareGated(elementwise::geluTanhTimes, reference::geluTanhTimes, 2.5e-5);
        });
    }

    void gptOss_data() { targets(); }
    void gptOss()
    {
        QFETCH(const qint64, target);
        onTarget(target, [&] {
            const auto gate = arguments(50);
            const auto up = normal(gate.size(), 6, 4);
            std::vector<float> y(gate.size()), expected(gate.size());
            elementwise::clampedSwiglu(gate.data(), up.data(), gate.size(), 1.702f, 7, y.data());
            reference::clampedSwiglu(gate.data(), up.data(), gate.size(), 1.702f, 7, expected.data());
            QVERIFY(relativeError(y, expected, 1e-30) < 1e-5);
            for (const float odd : {0.0f, 1.0f}) {
                const float badGate = odd == 0 ? notANumber : 1.0f, badUp = odd == 0 ? 1.0f : notANumber;
                elementwise::clampedSwiglu(&badGate, &badUp, 1, 1.702f, 7, y.data());
                QVERIFY(std::isnan(y[0]));
            }
        });
    }

    void endsAreExact_data() { targets(); }
    void endsAreExact()
    {
        QFETCH(const qint64, target);
        onTarget(target, [&] {
            for (const Gated function : {elementwise::siluTimes, elementwise::geluTanhTimes, elementwise::geluErfTimes}) {
                const std::vector<float> x{infinity, 3e38f, -3e38f, -1e30f, 0.0f, notANumber, -infinity};
                std::vector<float> y(x.size());
                function(x.data(), nullptr, x.size(), y.data());
                QCOMPARE(y[0], infinity);
                QCOMPARE(y[1], 3e38f);
                QCOMPARE(y[2], 0.0f);
                QCOMPARE(y[3], 0.0f);
                QCOMPARE(y[4], 0.0f);
                QVERIFY(std::isnan(y[5]));
                QVERIFY(std::isnan(y[6])); // an infinity does not vanish without a trace
            }
            std::vector<float> x{infinity, -infinity, 1e30f, -1e30f, 400, -400, 0, -0.0f, notANumber};
            elementwise::softcap(x.data(), x.size(), 30);
            for (std::size_t index = 0; index < 6; ++index)
                QCOMPARE(x[index], index % 2 == 0 ? 30.0f : -30.0f);
            QVERIFY(x[6] == 0 && !std::signbit(x[6]) && std::signbit(x[7]) && std::isnan(x[8]));
        });
    }

    void softcaps_data() { targets(); }
    void softcaps()
    {
        QFETCH(const qint64, target);
        onTarget(target, [&] {
            auto x = arguments(40);
            auto expected = x;
            elementwise::softcap(x.data(), x.size(), 1);
            reference::softcap(expected.data(), expected.size(), 1);
            QVERIFY(relativeError(x, expected, 1e-30) < 3e-7);
        });
    }

    void norms_data() { targets(); }
    void norms()
    {
        QFETCH(const qint64, target);
        onTarget(target, [&] {
            for (const std::size_t count : lengths) {
                auto x = normal(count, 3, 5);
                for (float& value : x)
                    value += 100; // a mean that swallows digits where sums are in floats
                const auto weight = normal(count, 1, 6), bias = normal(count, 1, 7);
                std::vector<float> y(count), expected(count);
                for (const float* const w : {weight.data(), static_cast<const float*>(nullptr)}) {
                    elementwise::rmsNorm(x.data(), count, w, 1e-5f, y.data());
                    reference::rmsNorm(x.data(), count, w, 1e-5f, expected.data());
                    QVERIFY(relativeError(y, expected, 1e-30) < 4e-7);
                    for (const float* const b : {bias.data(), static_cast<const float*>(nullptr)}) {
                        elementwise::layerNorm(x.data(), count, w, b, 1e-5f, y.data());
                        reference::layerNorm(x.data(), count, w, b, 1e-5f, expected.data());
                        QVERIFY(relativeError(y, expected, 1) < 2e-5); // x - mean: digits of 100 are lost
                    }
                }
                auto inPlace = x;
                elementwise::rmsNorm(x.data(), count, weight.data(), 1e-5f, y.data());
                elementwise::rmsNorm(inPlace.data(), count, weight.data(), 1e-5f, inPlace.data());
                QVERIFY(sameBits(inPlace, y));
            }
        });
    }

    void rotations_data() { targets(); }
    void rotations()
    {
        QFETCH(const qint64, target);
        onTarget(target, [&] {
            for (const std::size_t pairs : lengths) {
                Rope rope;
                rope.frequencies = ropeFrequencies(10000, 2 * pairs);
                const RopeTable table = makeRopeTable(rope, 8);
                const float* const cosines = table.cosines.data() + 7 * pairs;
                const float* const sines = table.sines.data() + 7 * pairs;
                const auto x = normal(2 * pairs, 1, 8);
                for (const bool isInterleaved : {true, false}) {
                    auto y = x, expected = x;
                    (isInterleaved ? elementwise::rotateInterleaved : elementwise::rotateHalves)(y.data(), pairs, cosines, sines);
                    (isInterleaved ? reference::rotateInterleaved : reference::rotateHalves)(expected.data(), pairs, cosines, sines);
                    QVERIFY(relativeError(y, expected, 1) < 3e-7);
                }
            }
        });
    }

    void softmaxes_data() { targets(); }
    void softmaxes()
    {
        QFETCH(const qint64, target);
        onTarget(target, [&] {
            for (const std::size_t count : lengths) {
                for (const float sink : {-2.0f, 25.0f}) {
                    for (const float cap : {0.0f, 5.0f}) {
                        for (const float* const sinkOrNone : {&sink, static_cast<const float*>(nullptr)}) {
                            auto scores = normal(count, 30, 9);
                            auto expected = scores;
                            elementwise::softmax(scores.data(), count, 0.125f, cap, sinkOrNone);
                            reference::softmax(expected.data(), count, 0.125f, cap, sinkOrNone);
                            QVERIFY(relativeError(scores, expected, 1e-30) < 3e-6);
                        }
                    }
                }
            }
            // Far apart and large: no overflow, the largest takes all.
            std::vector<float> scores{-3e38f, 1e30f, 0.0f};
            elementwise::softmax(scores.data(), scores.size(), 1, 0, nullptr);
            QVERIFY(scores[0] == 0 && scores[1] == 1 && scores[2] == 0);
            scores = {1, notANumber, 2};
            elementwise::softmax(scores.data(), scores.size(), 1, 0, nullptr);
            QVERIFY(std::isnan(scores[0]) && std::isnan(scores[1]) && std::isnan(scores[2]));
            elementwise::softmax(nullptr, 0, 1, 0, nullptr);
        });
    }

    void sums_data() { targets(); }
    void sums()
    {
        QFETCH(const qint64, target);
        onTarget(target, [&] {
            for (const std::size_t count : lengths) {
                const auto x = normal(count, 1, 10), y = normal(count, 1, 11);
                auto sum = y, scaled = y, product = x;
                elementwise::add(x.data(), count, sum.data());
                elementwise::addScaled(x.data(), 0.3f, count, scaled.data());
                elementwise::scale(product.data(), count, 0.3f);
                for (std::size_t index = 0; index < count; ++index) {
                    QCOMPARE(sum[index], y[index] + x[index]);
                    QCOMPARE(product[index], x[index] * 0.3f);
                    QCOMPARE(scaled[index], y[index] + product[index]);
                }
                QVERIFY(elementwise::isFinite(x.data(), count));
                sum[count - 1] = infinity;
                QVERIFY(!elementwise::isFinite(sum.data(), count));

                const auto rows = normal(5 * (count + 3), 1, 12);
                std::vector<double> squares(count + 1, 0.25), expected = squares;
                elementwise::addSquares(rows.data(), 5, count, count + 3, squares.data());
                reference::addSquares(rows.data(), 5, count, count + 3, expected.data());
                QVERIFY(squares == expected);
            }
        });
    }

    void logits_data() { targets(); }
    void logits()
    {
        QFETCH(const qint64, target);
        onTarget(target, [&] {
            for (const std::size_t count : lengths) {
                const auto p = normal(count, 4, 13);
                auto q = normal(count, 0.05, 14);
                for (std::size_t index = 0; index < count; ++index)
                    q[index] += p[index];
                const auto sumP = elementwise::summarize(p.data(), count), sumQ = elementwise::summarize(q.data(), count);
                const auto expected = reference::summarize(p.data(), count);
                QCOMPARE(sumP.largest, expected.largest);
                QVERIFY(std::abs(sumP.logSumExp - expected.logSumExp) < 1e-7);
                const double divergence = elementwise::klDivergence(p.data(), sumP.logSumExp, q.data(), sumQ.logSumExp, count);
                const double exact = reference::klDivergence(p.data(), expected.logSumExp, q.data(),
                                                             reference::summarize(q.data(), count).logSumExp, count);
                QVERIFY(std::abs(divergence - exact) < 1e-7 + 1e-5 * exact);
                QVERIFY(elementwise::klDivergence(p.data(), sumP.logSumExp, p.data(), sumP.logSumExp, count) == 0);
            }
            std::vector<float> equal(3000, 1.0f);
            equal[1777] = equal[2050] = 2; // the first of equals
            QCOMPARE(elementwise::summarize(equal.data(), equal.size()).largest, std::size_t(1777));
            equal[5] = infinity;
            QVERIFY(!std::isfinite(elementwise::summarize(equal.data(), equal.size()).logSumExp));
            equal[5] = notANumber;
            QVERIFY(std::isnan(elementwise::summarize(equal.data(), equal.size()).logSumExp));
        });
    }

    void targetsAgreeToTheBit()
    {
        const auto results = [] {
            const auto x = normal(777, 5, 15), w = normal(777, 1, 16);
            std::vector<float> all, y(777);
            const auto keep = [&] { all.insert(all.end(), y.begin(), y.end()); };
            for (const Gated function : {elementwise::siluTimes, elementwise::geluTanhTimes, elementwise::geluErfTimes}) {
                function(x.data(), w.data(), x.size(), y.data());
                keep();
            }
            elementwise::layerNorm(x.data(), x.size(), w.data(), w.data(), 1e-6f, y.data());
            keep();
            y = x;
            elementwise::softmax(y.data(), y.size(), 0.3f, 4, &w[0]);
            keep();
            y = x;
            elementwise::softcap(y.data(), y.size(), 3);
            keep();
            const auto a = elementwise::summarize(x.data(), x.size()), b = elementwise::summarize(w.data(), w.size());
            for (const double value : {a.logSumExp, elementwise::klDivergence(x.data(), a.logSumExp, w.data(), b.logSumExp, x.size())}) {
                float halves[2];
                std::memcpy(halves, &value, sizeof value);
                all.insert(all.end(), halves, halves + 2);
            }
            return all;
        };
        const auto best = results();
        for (const std::int64_t target : hwy::SupportedAndGeneratedTargets())
            onTarget(target, [&] { QVERIFY2(sameBits(results(), best), hwy::TargetName(target)); });
    }

private:
    static void targets()
    {
        QTest::addColumn<qint64>("target");
        for (const std::int64_t target : hwy::SupportedAndGeneratedTargets())
            QTest::newRow(hwy::TargetName(target)) << static_cast<qint64>(target);
    }

    static void compareGated(Gated function, Gated expectedFunction, double tolerance)
    {
        const auto x = arguments(1e4f);
        std::vector<float> y(x.size()), expected(x.size());
        function(x.data(), nullptr, x.size(), y.data());
        expectedFunction(x.data(), nullptr, x.size(), expected.data());
        const double error = relativeError(y, expected, 1e-30);
        QVERIFY2(error < tolerance, qPrintable(QString::number(error)));
        for (const std::size_t count : lengths) {
            const auto gate = normal(count, 2, 1), up = normal(count, 1, 2);
            y.resize(count);
            expected.resize(count);
            function(gate.data(), up.data(), count, y.data());
            expectedFunction(gate.data(), up.data(), count, expected.data());
            QVERIFY(relativeError(y, expected, 1e-30) < tolerance);
        }
    }
};

} // namespace

QTEST_GUILESS_MAIN(TestElementwise)
#include "tst_elementwise.moc"
