// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/types/tensor_type.h"
#include "support/test_support.h"

#include <set>

using namespace quantlathe;

class TestTensorType : public QObject
{
    Q_OBJECT
private slots:
    void namesAndIdsAreUnique()
    {
        std::set<std::string_view> names;
        std::set<int> ids;
        for (const TensorTypeInfo& row : allTensorTypes()) {
            QVERIFY2(names.insert(row.name).second, row.name.data());
            if (row.ggmlId >= 0)
                QVERIFY2(ids.insert(row.ggmlId).second, row.name.data());
            QCOMPARE(tensorTypeFromName(row.name), std::optional(row.type));
        }
    }

    void lookUps()
    {
        QCOMPARE(tensorTypeFromName("q4_k"), std::optional(TensorType::Q4_K));
        QCOMPARE(tensorTypeFromName("Q4_K_M"), std::optional<TensorType>());
        QCOMPARE(tensorTypeFromGgmlId(39), std::optional(TensorType::MXFP4));
        QCOMPARE(tensorTypeFromGgmlId(4), std::optional<TensorType>());
        QCOMPARE(tensorTypeFromGgmlId(1000), std::optional<TensorType>());
        QVERIFY(isRetiredGgmlId(31));
        QVERIFY(!isRetiredGgmlId(30));
        QCOMPARE(tensorTypeFromSafetensors("BF16"), std::optional(TensorType::BF16));
        QCOMPARE(tensorTypeFromSafetensors(""), std::optional<TensorType>());
    }

    void sizes()
    {
        QCOMPARE(*rowBytes(TensorType::Q4_K, 4096), 4096 / 256 * 144u);
        QVERIFY(!rowBytes(TensorType::Q4_K, 100));
        QCOMPARE(*tensorBytes(TensorType::Q6_K, Shape({32000, 4096})), 32000ull * 16 * 210);
        QCOMPARE(info(TensorType::IQ2_XXS).bitsPerWeight(), 2.0625);
        const auto huge = Shape::make({1ull << 61});
        QVERIFY(huge);
        QVERIFY2(!tensorBytes(TensorType::F64, *huge), "2^64 bytes overflow");
    }

    void shapesRefuseOverflow()
    {
        QVERIFY(!Shape::make({1ull << 32, 1ull << 32}));
        QVERIFY2(!Shape::make({0, 1ull << 40, 1ull << 40}), "a zero must not hide an overflow");
        QVERIFY(!Shape::make({1ull << 63}));
        QCOMPARE(Shape::make({})->weightCount(), 1u);
        QCOMPARE(Shape({3, 0}).weightCount(), 0u);
        QCOMPARE(Shape({2, 3, 4}).rowCount(), 6u);
        QCOMPARE(QString::fromStdString(Shape({2, 3}).toString()), QString("2 x 3"));
    }
};

QTEST_APPLESS_MAIN(TestTensorType)
#include "tst_tensor_type.moc"
