// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/types/small_floats.h"
#include "support/test_support.h"

#include <cmath>

using namespace quantlathe;

class TestSmallFloats : public QObject
{
    Q_OBJECT
private slots:
    void everyHalfSurvives()
    {
        for (unsigned bits = 0; bits < 65536; ++bits) {
            const float value = halfToFloat(static_cast<std::uint16_t>(bits));
            const std::uint16_t back = floatToHalf(value);
            if (std::isnan(value))
                QVERIFY((back & 0x7C00) == 0x7C00 && (back & 0x3FF) != 0);
            else
                QCOMPARE(unsigned{back}, bits);
        }
    }

    // The nearest half by definition: search the neighbours of the result for a closer one, ties must be even.
    void roundingIsNearestEven()
    {
        std::uint32_t state = 1;
        for (int sample = 0; sample < 400000; ++sample) {
            state = state * 1664525u + 1013904223u;
            // Exponents around the half range, denormals included.
            const std::uint32_t exponent = 127 - 27 + (state >> 8) % 43;
            const float value = std::bit_cast<float>((exponent << 23) | ((state * 2654435761u) >> 9));
            const std::uint16_t bits = floatToHalf(value);
            if (bits == 0x7C00) {
                QVERIFY(value >= 65520.0f);
                continue;
            }
            const double distance = std::abs(double(halfToFloat(bits)) - value);
            for (const int step : {-1, 1}) {
                const int neighbour = bits + step;
                if (neighbour < 0)
                    continue;
                const double other = neighbour == 0x7C00 ? 65536.0 : double(halfToFloat(static_cast<std::uint16_t>(neighbour)));
                const double otherDistance = std::abs(other - value);
                QVERIFY(otherDistance > distance || (otherDistance == distance && bits % 2 == 0));
            }
        }
        QCOMPARE(floatToHalf(65519.0f), std::uint16_t(0x7BFF));
        QCOMPARE(floatToHalf(65520.0f), std::uint16_t(0x7C00));
        QCOMPARE(floatToHalf(-0.0f), std::uint16_t(0x8000));
        QCOMPARE(floatToHalf(0x1p-25f), std::uint16_t(0));     // tie to even
        QCOMPARE(floatToHalf(0x1.8p-24f), std::uint16_t(2));   // tie to even, upwards
    }

    void bfloat16()
    {
        QCOMPARE(floatToBfloat16(1.0f), std::uint16_t(0x3F80));
        QCOMPARE(floatToBfloat16(std::bit_cast<float>(0x3F808000u)), std::uint16_t(0x3F80)); // tie to even
        QCOMPARE(floatToBfloat16(std::bit_cast<float>(0x3F818000u)), std::uint16_t(0x3F82));
        QCOMPARE(floatToBfloat16(std::bit_cast<float>(0x7F7FFFFFu)), std::uint16_t(0x7F80));
        QVERIFY(std::isnan(bfloat16ToFloat(floatToBfloat16(std::bit_cast<float>(0x7F800001u)))));
    }

    void eightBitFloats()
    {
        QCOMPARE(e4m3ToFloat(0x7E), 448.0f);
        QVERIFY(std::isnan(e4m3ToFloat(0x7F)));
        QCOMPARE(e4m3ToFloat(0x01), 0x1p-9f);
        QCOMPARE(e4m3ToFloat(0x38), 1.0f);
        QCOMPARE(e4m3ToFloat(0xB8), -1.0f);
        QCOMPARE(e5m2ToFloat(0x7B), 57344.0f);
        QCOMPARE(e8m0ToFloat(127), 1.0f);
        QCOMPARE(e8m0ToFloat(0), 0x1p-127f);
        QVERIFY(std::isnan(e8m0ToFloat(255)));
    }
};

QTEST_APPLESS_MAIN(TestSmallFloats)
#include "tst_small_floats.moc"
