// SPDX-License-Identifier: GPL-3.0-or-later
// The same weights become the same bytes on every SIMD target, whatever the type, importance, objective and effort, the
// length of the row and its address.
#include "codec_cases.h"
#include "simd_targets.h"
#include "support/test_support.h"

using namespace quantlathe;

class TestEncodeTargets : public QObject
{
    Q_OBJECT
private slots:
    void sameBytes_data()
    {
        QTest::addColumn<int>("type");
        for (const TensorType type : test::encodedTypes())
            QTest::newRow(name(type).data()) << static_cast<int>(type);
    }

    void sameBytes()
    {
        QFETCH(int, type);
        const auto tensorType = static_cast<TensorType>(type);
        const std::size_t block = info(tensorType).weightsPerBlock;
        test::Normal normal(41);
        // Shorter than, exactly, and longer than what is worked on at a time.
        for (const std::size_t blocks : {1u, 3u, 4u, 19u}) {
            const std::size_t columns = block * blocks;
            auto weights = normal.values(columns + 1, 0.05);
            weights[columns / 2] *= 20;
            std::fill_n(weights.begin() + 1, std::min<std::size_t>(columns / 3, 40), 0.0f);
            auto importance = normal.values(columns, 1);
            for (float& value : importance)
                value *= value;
            std::vector<EncodeOptions> all = {{Objective::Magnitude, Effort::Standard},
                                              {Objective::SquaredError, Effort::Standard},
                                              {Objective::Unbiased, Effort::Standard}};
            if (columns <= 1024)
                all.push_back({Objective::Magnitude, Effort::Best});
            for (const EncodeOptions& options : all) {
                for (const bool weighted : {false, true}) {
                    std::vector<std::byte> first;
                    const float* v = weighted ? importance.data() : nullptr;
                    std::vector<std::byte> bytes(*rowBytes(tensorType, columns));
                    test::onEveryTarget([&](const char* target) {
                        codecFor(tensorType).encodeRow(weights.data() + 1, v, columns, options, bytes.data());
                        if (first.empty())
                            first = bytes;
                        QVERIFY2(bytes == first, qPrintable(QString("%1, %2 weights").arg(target).arg(columns)));
                    });
                }
            }
        }
    }
};

QTEST_APPLESS_MAIN(TestEncodeTargets)
#include "tst_encode_targets.moc"
