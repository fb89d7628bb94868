// SPDX-License-Identifier: GPL-3.0-or-later
// GPTQ onto the blocks of GGUF's formats: smaller losses than the formats' own encoders, the loss that is told is that of the bytes, the same bytes for
// every thread count.
#include "core/codecs/codec.h"
#include "core/methods/block_rounding.h"
#include "support/methods_reference.h"
#include "support/test_support.h"

#include <cmath>

using namespace quantlathe;
using namespace quantlathe::test;

namespace {

constexpr std::uint64_t inputs = 512;
constexpr std::uint64_t outputs = 70;

std::vector<float> decodedRows(TensorType type, const std::vector<std::byte>& rows)
{
    std::vector<float> weights(outputs * inputs);
    const std::uint64_t stride = rowBytes(type, inputs).value();
    for (std::uint64_t row = 0; row < outputs; ++row)
        codecFor(type).decode(rows.data() + row * stride, weights.data() + row * inputs, inputs);
    return weights;
}

double lossOf(const Hessian& hessian, const std::vector<float>& weights, const std::vector<float>& decoded)
{
    std::vector<float> differences(weights.size());
    for (std::size_t index = 0; index < weights.size(); ++index)
        differences[index] = weights[index] - decoded[index];
    return hessian.loss(differences.data(), outputs, 1, {}) / hessian.loss(weights.data(), outputs, 1, {});
}

} // namespace

class TestBlockRounding : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase()
    {
        m_x = correlatedInputs(2000, inputs, 3);
        m_weights = correlatedInputs(outputs, inputs, 4);
        for (float& weight : m_weights)
            weight *= 0.02f;
    }

    void beatsTheEncoders_data()
    {
        QTest::addColumn<int>("type");
        QTest::addColumn<double>("share");
        using enum TensorType;
        for (const TensorType type : {Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q2_K, Q3_K, Q4_K, Q5_K, Q6_K, IQ4_NL, IQ4_XS})
            QTest::newRow(name(type).data()) << static_cast<int>(type) << 0.75;
    }

    void beatsTheEncoders()
    {
        QFETCH(int, type);
        QFETCH(double, share);
        const auto tensorType = static_cast<TensorType>(type);
        QVERIFY(BlockRounding::canRound(tensorType, inputs));
        Hessian hessian(inputs);
        hessian.add(m_x.data(), m_x.size() / inputs, inputs, 1, {});
        const std::vector<float> importance = hessian.diagonal();
        const std::uint64_t stride = rowBytes(tensorType, inputs).value();
        std::vector<std::byte> encoded(outputs * stride);
        for (std::uint64_t row = 0; row < outputs; ++row) {
            codecFor(tensorType).encodeRow(m_weights.data() + row * inputs, importance.data(), inputs, {Objective::SquaredError, Effort::Standard},
                                           encoded.data() + row * stride);
        }
        const double plain = lossOf(hessian, m_weights, decodedRows(tensorType, encoded));
        for (const bool isStatic : {false, true}) {
            std::vector<std::byte> first;
            for (const unsigned threads : {1u, 3u}) {
                Hessian copy(inputs);
                copy.add(m_x.data(), m_x.size() / inputs, inputs, 1, {});
                const InverseFactor factor = InverseFactor::of(std::move(copy), 0.01, isStatic, threads, {});
                std::vector<float> cost(inputs);
                for (std::uint64_t step = 0; step < inputs; ++step)
                    cost[factor.order()[step]] = 1 / (factor.diagonal()[step] * factor.diagonal()[step]);
                BlockRounding rounding(tensorType, outputs, inputs, {Effort::Standard, isStatic, cost});
                const RoundingLoss loss = roundWithFeedback(m_weights.data(), outputs, factor, rounding, threads, {});
                const std::vector<std::byte> rows = rounding.take();
                QCOMPARE(rows.size(), std::size_t(outputs * stride));
                const double real = lossOf(hessian, m_weights, decodedRows(tensorType, rows));
                // The bytes decode to the values that the loop reckoned with.
                QVERIFY2(std::fabs(real - loss.relative()) < 0.02 * real + 1e-9, qPrintable(QString("%1 %2").arg(real).arg(loss.relative())));
                QVERIFY2(real < share * plain, qPrintable(QString("%1 against %2").arg(real).arg(plain)));
                if (first.empty())
                    first = rows;
                QVERIFY(rows == first);
            }
        }
    }

    void whatCannotBeRounded()
    {
        QVERIFY(!BlockRounding::canRound(TensorType::Q4_K, 128)); // half a block
        QVERIFY(!BlockRounding::canRound(TensorType::Q4_0, 0));
        QVERIFY(!BlockRounding::canRound(TensorType::IQ2_XS, 512)); // codes of several weights at once
        QVERIFY(!BlockRounding::canRound(TensorType::F16, 512));
    }

    void rowsOfZerosAndDeadChannels()
    {
        std::vector<float> x = m_x;
        for (std::size_t token = 0; token < x.size() / inputs; ++token)
            std::fill_n(x.begin() + static_cast<std::ptrdiff_t>(token * inputs + 100), 300, 0.0f);
        std::vector<float> weights = m_weights;
        std::fill_n(weights.begin(), inputs, 0.0f);
        for (const TensorType type : {TensorType::Q4_K, TensorType::Q2_K, TensorType::Q4_0, TensorType::IQ4_XS}) {
            Hessian hessian(inputs);
            hessian.add(x.data(), x.size() / inputs, inputs, 1, {});
            const InverseFactor factor = InverseFactor::of(std::move(hessian), 0.01, false, 1, {});
            QCOMPARE(factor.deadChannels(), std::uint64_t(300));
            BlockRounding rounding(type, outputs, inputs, {});
            roundWithFeedback(weights.data(), outputs, factor, rounding, 1, {});
            const auto decoded = decodedRows(type, rounding.take());
            for (std::size_t index = 0; index < decoded.size(); ++index)
                QVERIFY2(index < inputs ? decoded[index] == 0 : std::isfinite(decoded[index]), name(type).data());
        }
    }

private:
    std::vector<float> m_x;
    std::vector<float> m_weights;
};

QTEST_APPLESS_MAIN(TestBlockRounding)
#include "tst_block_rounding.moc"
