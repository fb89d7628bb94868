// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/inference/rope.h"

#include <QTest>

#include <cmath>

using namespace quantlathe;

class TestRope : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void frequencies();
    void llama3KeepsShortAndDividesLong();
    void yarnRamps();
    void longSequencesUseLongFrequencies();
};

void TestRope::frequencies()
{
    const auto found = ropeFrequencies(10000, 4);
    QCOMPARE(found.size(), std::size_t{2});
    QCOMPARE(found[0], 1.0);
    QVERIFY(std::fabs(found[1] - 0.01) < 1e-15);
    const RopeTable table = makeRopeTable({.dimensions = 4, .frequencies = found, .longFrequencies = {}, .magnitude = 2}, 3);
    QCOMPARE(table.pairs, std::uint64_t{2});
    QCOMPARE(table.cosines[0], 2.0f);
    QVERIFY(std::fabs(table.sines[2 * 2] - 2 * std::sin(2.0)) < 1e-6);
}

void TestRope::llama3KeepsShortAndDividesLong()
{
    // Wavelengths 2 pi, 2 pi x 100, 2 pi x 10^4 against contexts of 8192 / 4 and 8192 / 1.
    std::vector<double> found = {1.0, 0.01, 1e-4, 0.0015};
    scaleLlama3(found, 8, 1, 4, 8192);
    QCOMPARE(found[0], 1.0);
    QCOMPARE(found[1], 0.01);
    QVERIFY(std::fabs(found[2] - 1e-4 / 8) < 1e-12);
    QVERIFY(found[3] < 0.0015 && found[3] > 0.0015 / 8);
}

void TestRope::yarnRamps()
{
    std::vector<double> found = ropeFrequencies(10000, 64);
    const std::vector<double> plain = found;
    scaleYarn(found, 10000, 64, 4, 32, 1, 2048, true);
    QCOMPARE(found.front(), plain.front());
    QVERIFY(std::fabs(found.back() - plain.back() / 4) < 1e-12);
    for (std::size_t pair = 1; pair < found.size(); ++pair)
        QVERIFY(found[pair] / plain[pair] <= found[pair - 1] / plain[pair - 1] + 1e-12);
}

void TestRope::longSequencesUseLongFrequencies()
{
    const Rope rope{.dimensions = 2, .frequencies = {1.0}, .longFrequencies = {0.5}, .originalContext = 4, .magnitude = 1, .longMagnitude = 3};
    QVERIFY(std::fabs(makeRopeTable(rope, 4).sines[1] - std::sin(1.0)) < 1e-6);
    QVERIFY(std::fabs(makeRopeTable(rope, 5).sines[1] - 3 * std::sin(0.5)) < 1e-6);
}

QTEST_APPLESS_MAIN(TestRope)
#include "tst_rope.moc"
