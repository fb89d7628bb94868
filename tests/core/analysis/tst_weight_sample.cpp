// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/distribution.h"
#include "core/analysis/weight_sample.h"
#include "test_tensors.h"

#include <limits>

using namespace quantlathe;
using namespace quantlathe::test;

class TestWeightSample : public QObject
{
    Q_OBJECT

    TensorFiles m_files;

private slots:
    void smallTensorsAreMeasuredWhole()
    {
        const auto weights = normalWeights(40 * 96, 0.01, 0.3, 1);
        const Tensor tensor = m_files.add("a", {40, 96}, TensorType::F32, weights);
        const WeightSample sample(tensor, 1 << 16);
        QVERIFY(sample.isWhole());
        const MeasuredPair pair = sample.errorAs(TensorType::Q4_0, {});
        const QuantizationError whole = measureError(tensor, TensorType::Q4_0, {}, {});
        QCOMPARE(pair.error.quality, PairError::Quality::Exact);
        QCOMPARE(pair.error.standardError, 0.0);
        QVERIFY(std::abs(pair.error.squaredError / whole.total.squaredError - 1) < 1e-12);
        QVERIFY(std::abs(pair.error.relativeRms() / whole.total.relativeRms() - 1) < 1e-12);
        QCOMPARE(pair.sums.maximumError, whole.total.maximumError);
        const Tensor* const one[] = {&tensor};
        const Distribution distribution = measureDistribution(one, {}, {});
        const WeightFigures figures = sample.figures();
        QCOMPARE(figures.quality, PairError::Quality::Exact);
        QVERIFY(std::abs(figures.excessKurtosis - distribution.excessKurtosis) < 1e-9);
        QCOMPARE(figures.outlierShare, distribution.outlierShare);
        QCOMPARE(figures.minimum, distribution.minimum);
        QCOMPARE(figures.maximum, distribution.maximum);
    }

    /// 95 % intervals hold the truth about 95 times in 100, for bell curves and heavy tails alike.
    void intervalsHoldTheTruth_data()
    {
        QTest::addColumn<bool>("isHeavy");
        QTest::addColumn<int>("stored");
        QTest::newRow("normal F32") << false << int(TensorType::F32);
        QTest::newRow("heavy tails BF16") << true << int(TensorType::BF16);
        QTest::newRow("heavy tails Q8_0") << true << int(TensorType::Q8_0);
    }
    void intervalsHoldTheTruth()
    {
        QFETCH(bool, isHeavy);
        QFETCH(int, stored);
        int inside = 0;
        int totalInside = 0;
        constexpr int rounds = 60;
        for (int round = 0; round < rounds; ++round) {
            auto weights = normalWeights(512 * 256, 0, 0.05, 100 + round);
            Random random(round);
            for (std::size_t row = 0; row < 512; ++row) {
                // Rows of different size, and now and then a large weight.
                const float scale = static_cast<float>(std::exp(0.4 * (random.uniform() - 0.5)));
                for (std::size_t column = 0; column < 256; ++column) {
                    float& weight = weights[row * 256 + column];
                    weight *= scale;
                    if (isHeavy && random.uniform() < 0.004)
                        weight *= 4;
                }
            }
            const Tensor tensor = m_files.add("a", {512, 256}, static_cast<TensorType>(stored), weights);
            const MeasuredPair pair = WeightSample(tensor, 32 * 256).errorAs(TensorType::Q4_K, {});
            QCOMPARE(pair.error.quality, PairError::Quality::Sampled);
            QCOMPARE(pair.sums.weights, std::uint64_t(32 * 256));
            const ErrorSums truth = measureError(tensor, TensorType::Q4_K, {}, {}).total;
            const auto interval = pair.error.relativeRmsInterval();
            QVERIFY(interval[0] < pair.error.relativeRms() && pair.error.relativeRms() < interval[1]);
            inside += interval[0] <= truth.relativeRms() && truth.relativeRms() <= interval[1];
            totalInside += std::abs(pair.error.squaredError - truth.squaredError) <= 1.96 * pair.error.standardError;
            // An interval that holds everything tells nothing.
            QVERIFY(interval[1] - interval[0] < 0.25 * pair.error.relativeRms());
        }
        QVERIFY2(inside >= rounds * 88 / 100, qPrintable(QString::number(inside)));
        QVERIFY2(totalInside >= rounds * 88 / 100, qPrintable(QString::number(totalInside)));
    }

    void everyTypeOnRowsOfEveryLength_data()
    {
        QTest::addColumn<quint64>("rowLength");
        for (const quint64 length : {32, 96, 256, 544, 896, 1536, 40000})
            QTest::addRow("%llu", length) << length;
    }
    void everyTypeOnRowsOfEveryLength()
    {
        QFETCH(quint64, rowLength);
        const quint64 rows = 400000 / rowLength + 1;
        const Tensor tensor = m_files.add("a", {rows, rowLength}, TensorType::F32, normalWeights(rows * rowLength, 0, 1, rowLength));
        const WeightSample sample(tensor, 1 << 14);
        QVERIFY(!sample.isWhole());
        QVERIFY(sample.weightCount() <= (1 << 14) && sample.weightCount() > (1 << 13));
        int types = 0;
        for (const TensorTypeInfo& type : allTensorTypes()) {
            const Codec& codec = codecFor(type.type);
            if (!codec.canEncode() || !codec.canDecode() || type.family == TypeFamily::Integer)
                continue;
            if (!fitsRow(type.type, rowLength)) {
                VERIFY_ERROR(sample.errorAs(type.type, {}), ErrorKind::Unsupported, "cannot be written");
                continue;
            }
            const PairError error = sample.errorAs(type.type, {}).error;
            QVERIFY2(std::isfinite(error.relativeRms()) && error.relativeRms() < 1.2, std::string(type.name).c_str());
            ++types;
        }
        QVERIFY(types >= 10);
    }

    void theSameEveryTime()
    {
        const Tensor tensor = m_files.add("a", {600, 256}, TensorType::F32, normalWeights(600 * 256, 0, 1, 5));
        const WeightSample first(tensor, 1 << 14);
        const WeightSample second(tensor, 1 << 14);
        QCOMPARE(first.hash(), second.hash());
        QVERIFY(isEqual(first.errorAs(TensorType::Q4_K, {}).sums, second.errorAs(TensorType::Q4_K, {}).sums));
        const Tensor other = m_files.add("b", {600, 256}, TensorType::F32, normalWeights(600 * 256, 0, 1, 6));
        QVERIFY(WeightSample(other, 1 << 14).hash() != first.hash());
    }

    void weightsThatAreNoNumbers()
    {
        auto weights = normalWeights(40 * 96, 0, 1, 1);
        weights[96 * 3 + 7] = std::numeric_limits<float>::quiet_NaN();
        weights[96 * 5] = std::numeric_limits<float>::infinity();
        const Tensor tensor = m_files.add("a", {40, 96}, TensorType::F32, weights);
        const WeightSample sample(tensor, 1 << 16);
        VERIFY_ERROR(sample.errorAs(TensorType::Q4_0, {}), ErrorKind::BadFormat, "row 3, column 7 holds NaN");
        QVERIFY(std::isfinite(sample.figures().standardDeviation) && sample.figures().standardDeviation > 0.5);
    }

    void emptyAndConstant()
    {
        const Tensor empty = m_files.add("a", {0, 96}, TensorType::F32, std::vector<float>{});
        QVERIFY(WeightSample(empty, 100).isWhole());
        QCOMPARE(WeightSample(empty, 100).errorAs(TensorType::Q4_0, {}).error.relativeRms(), 0.0);
        const Tensor zeros = m_files.add("b", {400, 256}, TensorType::F32, std::vector<float>(400 * 256));
        const MeasuredPair pair = WeightSample(zeros, 1 << 14).errorAs(TensorType::Q4_K, {});
        QCOMPARE(pair.error.relativeRms(), 0.0);
        QCOMPARE(pair.error.relativeStandardError, 0.0);
        QVERIFY(std::isinf(pair.error.signalToNoiseDb()));
    }
};

QTEST_GUILESS_MAIN(TestWeightSample)
#include "tst_weight_sample.moc"
