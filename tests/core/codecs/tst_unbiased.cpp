// SPDX-License-Identifier: GPL-3.0-or-later
// Objective::Unbiased: decoded weights, projected onto the originals, are as large as they are, super-block by super-block; for all other
// types it is the squared error.
#include "codec_cases.h"
#include "core/codecs/unbiased.h"
#include "support/test_support.h"

using namespace quantlathe;

namespace {

const std::vector<TensorType> fewBits{TensorType::Q2_K,   TensorType::Q3_K,  TensorType::IQ1_S,   TensorType::IQ1_M, TensorType::IQ2_XXS,
                                      TensorType::IQ2_XS, TensorType::IQ2_S, TensorType::IQ3_XXS, TensorType::IQ3_S};

/// What the factors of the errors are under Unbiased: importance v^(3/4) or v^(1/2), times sqrt(m + x^2) where few bits want it.
double factor(TensorType type, const std::vector<float>& x, const std::vector<float>& importance, std::size_t index)
{
    using enum TensorType;
    if (importance.empty())
        return 1;
    double mean = 0;
    for (std::size_t at = index / 256 * 256; at < index / 256 * 256 + 256; ++at)
        mean += double(x[at]) * x[at] / 256;
    const bool isSized = type == Q2_K || type == IQ2_XXS || type == IQ2_XS || type == IQ3_XXS;
    const double v = importance[index % importance.size()];
    return (type == Q3_K ? v : std::pow(v, type == IQ2_XXS || type == IQ2_XS ? 0.5 : 0.75)) * (isSized ? std::sqrt(mean + double(x[index]) * x[index]) : 1.0);
}

/// sum w x q / sum w x^2 of a super-block.
double projection(TensorType type, const std::vector<float>& x, const std::vector<float>& q, const std::vector<float>& importance, std::size_t first)
{
    double xq = 0;
    double xx = 0;
    for (std::size_t index = first; index < first + 256; ++index) {
        const double w = factor(type, x, importance, index);
        xq += w * x[index] * q[index];
        xx += w * x[index] * x[index];
    }
    return xq / xx;
}

} // namespace

class TestUnbiased : public QObject
{
    Q_OBJECT
private slots:
    void everySuperBlockKeepsItsSize()
    {
        constexpr std::size_t columns = 1024;
        test::Normal normal(77);
        const auto weights = normal.values(4 * columns, 0.03);
        auto importance = normal.values(columns);
        for (float& value : importance)
            value = std::exp(value);
        for (const TensorType type : fewBits) {
            for (const Effort effort : {Effort::Standard, Effort::Best}) {
                if (effort == Effort::Best && type != TensorType::IQ3_S && type != TensorType::Q2_K && type != TensorType::IQ1_M)
                    continue;
                for (const bool weighted : {false, true}) {
                    const auto judge = weighted ? importance : std::vector<float>{};
                    const float* v = weighted ? importance.data() : nullptr;
                    const auto least = test::decodeAll(type, test::encodeRows(type, weights, columns, v, {Objective::SquaredError, effort}));
                    const auto ours = test::decodeAll(type, test::encodeRows(type, weights, columns, v, {Objective::Unbiased, effort}));
                    double shrunk = 0;
                    for (std::size_t first = 0; first < weights.size(); first += 256) {
                        shrunk += projection(type, weights, least, judge, first);
                        const double kept = projection(type, weights, ours, judge, first);
                        // Halves are rounded; points are known to 2^-14.
                        QVERIFY2(std::fabs(kept - 1) < 2e-3, qPrintable(QString("%1, %2: %3").arg(name(type).data()).arg(first).arg(kept)));
                    }
                    // That which is mended is there.
                    QVERIFY2(shrunk / (weights.size() / 256) < 0.99, name(type).data());
                    QVERIFY(test::squaredError(weights, ours, judge) > 0.999 * test::squaredError(weights, least, judge) || weighted);
                }
            }
        }
    }

    void otherTypesMinimiseTheSquaredError()
    {
        test::Normal normal(78);
        const auto weights = normal.values(2048, 0.03);
        for (const TensorType type : test::encodedTypes()) {
            if (std::find(fewBits.begin(), fewBits.end(), type) != fewBits.end()) {
                QVERIFY2(codecFor(type).defaultObjective == Objective::Unbiased, name(type).data());
                continue;
            }
            QVERIFY2(codecFor(type).defaultObjective != Objective::Unbiased, name(type).data());
            QVERIFY2(test::encodeRows(type, weights, 1024, nullptr, {Objective::Unbiased}) ==
                         test::encodeRows(type, weights, 1024, nullptr, {Objective::SquaredError}),
                     name(type).data());
        }
    }

    /// Extreme weights stay finite, zeros stay zeros, and importance that is nothing changes nothing for the worse.
    void hardRows()
    {
        test::Normal normal(79);
        for (const TensorType type : fewBits) {
            for (const float size : {0.0f, 1e-38f, 1e-12f, 1e4f, 3e30f, 3.3e38f}) {
                auto weights = normal.values(1024);
                for (float& weight : weights)
                    weight = std::clamp(weight, -1.0f, 1.0f) * size;
                for (const float v : {-1.0f, 0.0f, 1e-38f, 1.0f, 3e38f}) {
                    const std::vector<float> importance(1024, v);
                    const auto decoded = test::decodeAll(
                        type, test::encodeRows(type, weights, 1024, v < 0 ? nullptr : importance.data(), {Objective::Unbiased}));
                    for (const float weight : decoded)
                        QVERIFY2(std::isfinite(weight) && (size > 0 || weight == 0), name(type).data());
                }
            }
        }
    }

    void gains()
    {
        QCOMPARE(codecs::unbiasedGain(1.0, 0.8), 1.25);
        QCOMPARE(codecs::unbiasedGain(1.0, 0.1), 2.0);  // mostly noise
        QCOMPARE(codecs::unbiasedGain(1.0, 1.5), 1.0);
        QCOMPARE(codecs::unbiasedGain(0.0, 0.0), 1.0);
        QCOMPARE(codecs::unbiasedGain(1.0, -1.0), 1.0);
        QCOMPARE(codecs::unbiasedGain(std::numeric_limits<double>::quiet_NaN(), 1.0), 1.0);
    }
};

QTEST_APPLESS_MAIN(TestUnbiased)
#include "tst_unbiased.moc"
