// SPDX-License-Identifier: GPL-3.0-or-later
// The points of the lattice formats, against their published hashes.
#include "core/codecs/lattice_grids.h"
#include "support/test_support.h"

#include <QCryptographicHash>

#include <algorithm>

using namespace quantlathe::codecs;

class TestLatticeGrids : public QObject
{
    Q_OBJECT
private slots:
    // Hashes of the tables of python3-gguf, one signed byte per component.
    void points_data()
    {
        QTest::addColumn<const std::int8_t*>("points");
        QTest::addColumn<int>("size");
        QTest::addColumn<QByteArray>("hash");
        QTest::newRow("IQ2_XXS") << expandedIQ2_XXS() << 256 * 8 << QByteArray("05826b5d3e472a3a");
        QTest::newRow("IQ2_XS") << expandedIQ2_XS() << 512 * 8 << QByteArray("06e47aaca60b4dc1");
        QTest::newRow("IQ2_S") << expandedIQ2_S() << 1024 * 8 << QByteArray("e1aa1473412b0552");
        QTest::newRow("IQ3_XXS") << expandedIQ3_XXS() << 256 * 4 << QByteArray("46e35f5a997efdee");
        QTest::newRow("IQ3_S") << expandedIQ3_S() << 512 * 4 << QByteArray("bd1af4945a1717c6");
        QTest::newRow("IQ1") << expandedIQ1() << 2048 * 8 << QByteArray("07540ffc1aeaf6ad");
    }

    void points()
    {
        QFETCH(const std::int8_t*, points);
        QFETCH(int, size);
        QFETCH(QByteArray, hash);
        const QByteArray bytes(reinterpret_cast<const char*>(points), size);
        QCOMPARE(QCryptographicHash::hash(bytes, QCryptographicHash::Sha256).toHex().left(16), hash);
    }

    void ascending()
    {
        QVERIFY(std::is_sorted(pointsIQ1.begin(), pointsIQ1.end()));
        QVERIFY(std::is_sorted(pointsIQ2_S.begin(), pointsIQ2_S.end()));
        QVERIFY(std::is_sorted(pointsIQ3_S.begin(), pointsIQ3_S.end()));
    }
};

QTEST_APPLESS_MAIN(TestLatticeGrids)
#include "tst_lattice_grids.moc"
