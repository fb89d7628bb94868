// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/methods/error_feedback.h"
#include "core/methods/integer_rounding.h"
#include "core/methods/triangles.h"
#include "support/methods_reference.h"
#include "support/test_support.h"

#include <nlohmann/json.hpp>

#include <cmath>
#include <fstream>
#include <limits>

using namespace quantlathe;
using namespace quantlathe::test;

namespace {

Hessian hessianOf(const std::vector<float>& x, std::uint64_t inputs, unsigned threads = 1)
{
    Hessian hessian(inputs);
    // In pieces, as the forward pass gives them.
    const std::uint64_t tokens = x.size() / inputs;
    for (std::uint64_t first = 0; first < tokens; first += 100)
        hessian.add(x.data() + first * inputs, std::min<std::uint64_t>(100, tokens - first), inputs, threads, {});
    return hessian;
}

Matrix differenceOf(const std::vector<float>& weights, const GroupQuantized& quantized)
{
    std::vector<float> decoded(weights.size());
    quantized.decodeRows(0, quantized.outputs, decoded.data());
    Matrix difference(weights.size());
    for (std::size_t index = 0; index < weights.size(); ++index)
        difference[index] = double{weights[index]} - decoded[index];
    return difference;
}

std::size_t differingCodes(const GroupQuantized& a, const GroupQuantized& b)
{
    std::size_t count = 0;
    for (std::size_t index = 0; index < a.codes.size(); ++index)
        count += a.codes[index] != b.codes[index] ? 1 : 0;
    return count;
}

struct Quantized
{
    GroupQuantized matrix;
    RoundingLoss loss;
};

Quantized quantize(const std::vector<float>& weights, std::uint64_t outputs, std::uint64_t inputs, const std::vector<float>& x, const GroupScheme& scheme,
                   const ReferenceGptq& settings, unsigned threads = 1)
{
    const InverseFactor factor = InverseFactor::of(hessianOf(x, inputs, threads), settings.damping, settings.isOrdered, threads, {});
    IntegerRounding rounding(scheme, outputs, inputs, {false, settings.isStatic, {}});
    Quantized result;
    result.loss = roundWithFeedback(weights.data(), outputs, factor, rounding, threads, {});
    result.matrix = rounding.take();
    return result;
}

} // namespace

class TestErrorFeedback : public QObject
{
    Q_OBJECT

private slots:
    void hessianIsTheMean()
    {
        const std::uint64_t inputs = 600; // more than one tile
        const auto x = correlatedInputs(250, inputs, 1);
        const Hessian hessian = hessianOf(x, inputs);
        const Matrix expected = referenceHessian(x, inputs);
        QCOMPARE(hessian.tokens(), std::uint64_t(250));
        for (std::uint64_t row = 0; row < inputs; ++row) {
            for (std::uint64_t column = row; column < inputs; ++column) {
                const double scale = std::sqrt(expected[row * inputs + row] * expected[column * inputs + column]);
                QVERIFY(std::abs(hessian.upper()[row * inputs + column] - expected[row * inputs + column]) < 1e-5 * scale);
            }
        }
        QVERIFY(hessianOf(x, inputs, 2).upper() == hessian.upper());
    }

    void trianglesOfEverySize_data()
    {
        QTest::addColumn<int>("size");
        for (const int size : {1, 2, 17, 127, 128, 129, 300, 513})
            QTest::addRow("%d", size) << size;
    }
    void trianglesOfEverySize()
    {
        QFETCH(int, size);
        const auto n = static_cast<std::uint64_t>(size);
        Matrix h = referenceHessian(correlatedInputs(n + 50, n, 2), n);
        std::vector<float> matrix(n * n, -7.0f);
        for (std::uint64_t row = 0; row < n; ++row) {
            h[row * n + row] *= 1.1;
            for (std::uint64_t column = row; column < n; ++column)
                matrix[row * n + column] = static_cast<float>(h[row * n + column]);
        }
        QVERIFY(triangles::factor(matrix.data(), n, 0, 2, {}));
        for (std::uint64_t row = 0; row < n; ++row) {
            for (std::uint64_t column = row; column < n; ++column) {
                double sum = 0;
                for (std::uint64_t k = column; k < n; ++k)
                    sum += double{matrix[row * n + k]} * matrix[column * n + k];
                const double scale = std::sqrt(h[row * n + row] * h[column * n + column]);
                QVERIFY2(std::abs(sum - h[row * n + column]) < 1e-5 * scale, qPrintable(QString("%1, %2").arg(row).arg(column)));
            }
        }
        std::vector<float> inverse = matrix;
        triangles::invert(inverse.data(), n, 2, {});
        for (std::uint64_t row = 0; row < n; ++row) {
            for (std::uint64_t column = 0; column < row; ++column)
                QCOMPARE(inverse[row * n + column], -7.0f);
            for (std::uint64_t column = row; column < n; ++column) {
                double sum = 0;
                double size2 = 1e-30;
                for (std::uint64_t k = row; k <= column; ++k) {
                    sum += double{matrix[row * n + k]} * inverse[k * n + column];
                    size2 += std::abs(double{matrix[row * n + k]} * inverse[k * n + column]);
                }
                QVERIFY2(std::abs(sum - (row == column ? 1 : 0)) < 1e-4 * std::max(1.0, size2), qPrintable(QString("%1, %2").arg(row).arg(column)));
            }
        }
    }

    void notPositiveIsTold()
    {
        std::vector<float> matrix{1, 2, 0, 1}; // eigenvalues 3 and -1
        QVERIFY(!triangles::factor(matrix.data(), 2, 0, 1, {}));
        std::vector<float> tiny{1, 0, 0, 1e-3f};
        QVERIFY(!triangles::factor(tiny.data(), 2, 1e-2, 1, {}));
    }

    void inverseFactorAgreesWithReference()
    {
        const std::uint64_t inputs = 200;
        const auto x = correlatedInputs(400, inputs, 3);
        Matrix h = referenceHessian(x, inputs);
        for (const bool isOrdered : {false, true}) {
            const InverseFactor factor = InverseFactor::of(hessianOf(x, inputs), 0.01, isOrdered, 2, {});
            QCOMPARE(factor.deadChannels(), std::uint64_t(0));
            QCOMPARE(factor.damping(), 0.01);
            Matrix permuted(inputs * inputs);
            for (std::uint64_t a = 0; a < inputs; ++a) {
                for (std::uint64_t b = 0; b < inputs; ++b)
                    permuted[a * inputs + b] = h[factor.order()[a] * inputs + factor.order()[b]];
                permuted[a * inputs + a] += factor.lambda();
                QVERIFY(!isOrdered || a == 0 || h[factor.order()[a] * (inputs + 1)] <= h[factor.order()[a - 1] * (inputs + 1)]);
            }
            const Matrix u = referenceInverseFactor(permuted, inputs);
            for (std::uint64_t row = 0; row < inputs; ++row) {
                QVERIFY(std::abs(factor.diagonal()[row] / u[row * inputs + row] - 1) < 1e-4);
                for (std::uint64_t column = row + 1; column < inputs; ++column) {
                    const double scale = std::sqrt(u[row * inputs + row] * u[column * inputs + column]);
                    QVERIFY(std::abs(factor.matrix()[row * inputs + column] - u[row * inputs + column]) < 1e-3 * scale);
                }
            }
            // Below the diagonal and on it: the Hessian itself.
            QVERIFY(std::abs(factor.matrix()[5 * inputs + 3] - permuted[5 * inputs + 3]) < 1e-5);
            const auto weights = normalWeights(3 * inputs, 4);
            const double energy = referenceLoss(Matrix(weights.begin(), weights.end()), h, inputs);
            QVERIFY(std::abs(factor.energy(weights.data(), 3, 1, {}) / energy - 1) < 1e-5);
        }
    }

    void agreesWithReference_data()
    {
        QTest::addColumn<int>("bits");
        QTest::addColumn<int>("groupSize");
        QTest::addColumn<bool>("isSymmetric");
        QTest::addColumn<bool>("isOrdered");
        QTest::addColumn<bool>("isStatic");
        QTest::addColumn<int>("outputs");
        QTest::addColumn<int>("inputs");
        const auto row = [](const char* title, int bits, int group, bool isSymmetric, bool isOrdered, bool isStatic, int outputs, int inputs) {
            QTest::newRow(title) << bits << group << isSymmetric << isOrdered << isStatic << outputs << inputs;
        };
        row("4 bits, 128", 4, 128, true, true, true, 40, 256);
        row("4 bits, 128, asymmetric", 4, 128, false, true, true, 40, 256);
        row("3 bits, 64", 3, 64, true, false, true, 33, 192);
        row("2 bits, 32, in order, dynamic", 2, 32, false, false, false, 7, 288);
        row("4 bits, 128, dynamic", 4, 128, false, false, false, 65, 300);
        row("4 bits, groups of 24, dynamic", 4, 24, true, false, false, 12, 150);
        row("8 bits, rows", 8, 0, true, true, true, 20, 130);
        row("4 bits, rows, dynamic", 4, 0, false, false, false, 20, 150);
        row("one row, one input", 4, 128, true, true, true, 1, 1);
        row("short last group", 4, 128, false, true, true, 300, 200);
    }
    void agreesWithReference()
    {
        QFETCH(int, bits);
        QFETCH(int, groupSize);
        QFETCH(bool, isSymmetric);
        QFETCH(bool, isOrdered);
        QFETCH(bool, isStatic);
        QFETCH(int, outputs);
        QFETCH(int, inputs);
        const auto rows = static_cast<std::uint64_t>(outputs);
        const auto columns = static_cast<std::uint64_t>(inputs);
        const GroupScheme scheme{static_cast<unsigned>(bits), static_cast<std::uint64_t>(groupSize), isSymmetric, TensorType::F16, false};
        const auto x = correlatedInputs(2 * columns + 10, columns, 5);
        const auto weights = normalWeights(rows * columns, 6);
        const ReferenceGptq settings{0.01, isOrdered, isStatic};
        const Quantized result = quantize(weights, rows, columns, x, scheme, settings);
        result.matrix.check();
        const Matrix h = referenceHessian(x, columns);
        const GroupQuantized expected = referenceGptq(scheme, weights, rows, columns, h, settings);
        if (isStatic) {
            QVERIFY(result.matrix.scales == expected.scales);
            QVERIFY(result.matrix.zeros == expected.zeros);
        }
        // A value near the middle of two codes may go the other way in floats, and what follows in its row with it: few rows, and no worse.
        const double loss = referenceLoss(differenceOf(weights, result.matrix), h, columns);
        const double expectedLoss = referenceLoss(differenceOf(weights, expected), h, columns);
        QVERIFY2(differingCodes(result.matrix, expected) <= result.matrix.codes.size() / 20,
                 qPrintable(QString("%1 of %2 codes").arg(differingCodes(result.matrix, expected)).arg(result.matrix.codes.size())));
        QVERIFY2(std::abs(loss - expectedLoss) <= 0.02 * expectedLoss, qPrintable(QString("%1 %2").arg(loss).arg(expectedLoss)));
        // The loss that is told is the loss.
        QVERIFY2(std::abs(result.loss.loss - loss) <= 1e-3 * loss + 1e-12, qPrintable(QString("%1 %2").arg(result.loss.loss).arg(loss)));
        const double energy = referenceLoss(Matrix(weights.begin(), weights.end()), h, columns);
        QVERIFY(std::abs(result.loss.energy - energy) <= 1e-4 * energy);
        // Better than rounding alone, and the same for every number of threads.
        const GroupQuantized rounded = referenceRounding(scheme, weights, rows, columns);
        if (columns > 1 && bits > 2) // with two bits, groups that follow the errors grow with them
            QVERIFY2(loss < 0.9 * referenceLoss(differenceOf(weights, rounded), h, columns), qPrintable(QString::number(loss)));
        QVERIFY(quantize(weights, rows, columns, x, scheme, settings, 2).matrix == result.matrix);
    }

    void agreesWithNumpy()
    {
        std::ifstream file(fixture("methods/gptq.json"));
        const auto json = nlohmann::json::parse(file);
        const auto rows = json.at("rows").get<std::uint64_t>();
        const auto columns = json.at("columns").get<std::uint64_t>();
        const auto x = json.at("inputs").get<std::vector<float>>();
        const auto weights = json.at("weights").get<std::vector<float>>();
        QVERIFY(json.at("cases").size() >= 7);
        for (const auto& one : json.at("cases")) {
            const GroupScheme scheme{one.at("bits").get<unsigned>(), one.at("group").get<std::uint64_t>(), one.at("symmetric").get<bool>(), TensorType::F16, false};
            const Quantized result = quantize(weights, rows, columns, x, scheme,
                                              {json.at("damping").get<double>(), one.at("ordered").get<bool>(), one.at("static").get<bool>()});
            GroupQuantized expected = result.matrix;
            expected.codes = one.at("codes").get<std::vector<std::uint8_t>>();
            expected.scales = one.at("scales").get<std::vector<float>>();
            expected.zeros = one.at("zeros").get<std::vector<std::uint8_t>>();
            QVERIFY2(result.matrix.scales == expected.scales, one.dump().c_str());
            QVERIFY(result.matrix.zeros == expected.zeros);
            QCOMPARE(differingCodes(result.matrix, expected), std::size_t(0));
        }
    }

    void roundsAloneAsReference_data()
    {
        QTest::addColumn<int>("bits");
        QTest::addColumn<int>("groupSize");
        QTest::addColumn<bool>("isSymmetric");
        for (const int bits : {2, 3, 4, 8}) {
            for (const int group : {0, 32, 64, 128}) {
                for (const bool isSymmetric : {false, true})
                    QTest::addRow("INT%d g%d %s", bits, group, isSymmetric ? "symmetric" : "asymmetric") << bits << group << isSymmetric;
            }
        }
    }
    void roundsAloneAsReference()
    {
        QFETCH(int, bits);
        QFETCH(int, groupSize);
        QFETCH(bool, isSymmetric);
        const std::uint64_t outputs = 70;
        const std::uint64_t inputs = 200;
        const GroupScheme scheme{static_cast<unsigned>(bits), static_cast<std::uint64_t>(groupSize), isSymmetric, TensorType::F16, false};
        auto weights = normalWeights(outputs * inputs, 7);
        std::fill_n(weights.begin(), 130, 0.0f); // a group of zeros
        const GroupQuantized expected = referenceRounding(scheme, weights, outputs, inputs);
        for (const bool isStatic : {true, false}) {
            IntegerRounding rounding(scheme, outputs, inputs, {false, isStatic, {}});
            const RoundingLoss loss = roundAlone(weights.data(), outputs, inputs, rounding, 2, {});
            const GroupQuantized result = rounding.take();
            QVERIFY(result.scales == expected.scales);
            QVERIFY(result.zeros == expected.zeros);
            // Division in floats and in doubles may take a tie apart.
            QVERIFY(differingCodes(result, expected) <= 2);
            double squares = 0;
            for (const double difference : differenceOf(weights, result))
                squares += difference * difference;
            QVERIFY(std::abs(loss.squares / squares - 1) < 1e-5);
        }
    }

    void knownByHand()
    {
        // Range -1.5 .. 6 in 16 steps of 0.5: zero 3; symmetric: 12 / 15 = 0.8.
        const std::vector<float> weights{-1.5f, 6, 0.3f, -0.2f};
        IntegerRounding asymmetric({4, 4, false, TensorType::F32, false}, 1, 4, {});
        roundAlone(weights.data(), 1, 4, asymmetric, 1, {});
        const GroupQuantized first = asymmetric.take();
        QCOMPARE(first.scales, std::vector<float>{0.5f});
        QCOMPARE(first.zeros, std::vector<std::uint8_t>{3});
        QCOMPARE(first.codes, (std::vector<std::uint8_t>{0, 15, 4, 3}));
        IntegerRounding symmetric({4, 4, true, TensorType::F32, false}, 1, 4, {});
        roundAlone(weights.data(), 1, 4, symmetric, 1, {});
        const GroupQuantized second = symmetric.take();
        QCOMPARE(second.scales, std::vector<float>{12.0f / 15});
        QCOMPARE(second.codes, (std::vector<std::uint8_t>{6, 15, 8, 8}));
    }

    void oneScaleForTheTensor()
    {
        const auto weights = normalWeights(50 * 60, 8);
        IntegerRounding rounding({8, 0, true, TensorType::F32, true}, 50, 60, {});
        rounding.findTensorGrid(weights.data());
        roundAlone(weights.data(), 50, 60, rounding, 1, {});
        const GroupQuantized result = rounding.take();
        result.check();
        float largest = 0;
        for (const float weight : weights)
            largest = std::max(largest, std::abs(weight));
        for (const float scale : result.scales)
            QCOMPARE(scale, 2 * largest / 255);
        for (const double difference : differenceOf(weights, result))
            QVERIFY(std::abs(difference) <= 1.01 * largest / 255 + 1e-9);
    }

    // Of the ranges that are tried, the best: no better one is found by trying them one by one.
    void clipSearchTakesTheBest()
    {
        const std::uint64_t inputs = 64;
        auto weights = normalWeights(3 * inputs, 9);
        weights[5] = 0.6f; // an outlier that is worth clipping
        std::vector<float> importance(inputs);
        for (std::uint64_t input = 0; input < inputs; ++input)
            importance[input] = 1 + static_cast<float>(input % 7);
        const GroupScheme scheme{3, 64, false, TensorType::F16, false};
        for (const bool isWeighted : {false, true}) {
            const GridSettings settings{true, true, isWeighted ? std::span<const float>(importance) : std::span<const float>()};
            IntegerRounding rounding(scheme, 3, inputs, settings);
            roundAlone(weights.data(), 3, inputs, rounding, 1, {});
            const GroupQuantized result = rounding.take();
            for (std::uint64_t row = 0; row < 3; ++row) {
                const auto errorOf = [&](float scale, float zero) {
                    double error = 0;
                    for (std::uint64_t input = 0; input < inputs; ++input) {
                        const float weight = weights[row * inputs + input];
                        const float code = std::clamp(std::nearbyint(weight / scale) + zero, 0.0f, 7.0f);
                        error += (isWeighted ? importance[input] : 1) * std::pow(double{scale} * (code - zero) - weight, 2);
                    }
                    return error;
                };
                double best = std::numeric_limits<double>::infinity();
                for (int step = 0; step < 80; ++step) {
                    std::vector<double> clipped;
                    for (std::uint64_t input = 0; input < inputs; ++input)
                        clipped.push_back(double{weights[row * inputs + input]} * (1 - 0.01 * step));
                    float scale = 0;
                    float zero = 0;
                    referenceGrid(scheme, clipped, scale, zero);
                    best = std::min(best, errorOf(scale, zero));
                }
                const double error = errorOf(result.scales[row], result.zeros[row]);
                QVERIFY(std::abs(error / best - 1) < 1e-3);
            }
            if (!isWeighted) {
                IntegerRounding whole(scheme, 3, inputs, {});
                roundAlone(weights.data(), 3, inputs, whole, 1, {});
                QVERIFY(result.scales[0] < 0.95f * whole.take().scales[0]); // the outlier is clipped
            }
        }
    }

    void deadChannels()
    {
        const std::uint64_t inputs = 96;
        auto x = correlatedInputs(200, inputs, 10);
        for (std::uint64_t token = 0; token < 200; ++token)
            x[token * inputs + 7] = x[token * inputs + 50] = 0;
        const auto weights = normalWeights(10 * inputs, 11);
        const GroupScheme scheme{4, 32, true, TensorType::F16, false};
        const InverseFactor factor = InverseFactor::of(hessianOf(x, inputs), 0.01, true, 1, {});
        QCOMPARE(factor.deadChannels(), std::uint64_t(2));
        const GroupQuantized result = quantize(weights, 10, inputs, x, scheme, {}).matrix;
        const GroupQuantized rounded = referenceRounding(scheme, weights, 10, inputs);
        for (std::uint64_t row = 0; row < 10; ++row) {
            QCOMPARE(result.codes[row * inputs + 7], rounded.codes[row * inputs + 7]);
            QCOMPARE(result.codes[row * inputs + 50], rounded.codes[row * inputs + 50]);
        }
    }

    void fewTokensAndNoDamping()
    {
        // Rank 5 of 80, and no damping asked for: more is taken than asked, and the result is of use.
        const std::uint64_t inputs = 80;
        const auto x = correlatedInputs(5, inputs, 12);
        const auto weights = normalWeights(30 * inputs, 13);
        const InverseFactor factor = InverseFactor::of(hessianOf(x, inputs), 0, true, 1, {});
        QVERIFY(factor.damping() >= 0.01);
        const GroupScheme scheme{4, 16, true, TensorType::F16, false};
        const Quantized result = quantize(weights, 30, inputs, x, scheme, {0, true, true});
        const Matrix h = referenceHessian(x, inputs);
        QVERIFY(result.loss.loss < 0.5 * referenceLoss(differenceOf(weights, referenceRounding(scheme, weights, 30, inputs)), h, inputs));
        // No input at all.
        const InverseFactor none = InverseFactor::of(Hessian(inputs), 0.01, true, 1, {});
        QCOMPARE(none.deadChannels(), inputs);
        IntegerRounding rounding(scheme, 30, inputs, {});
        QCOMPARE(roundWithFeedback(weights.data(), 30, none, rounding, 1, {}).relative(), 0.0);
        QVERIFY(differingCodes(rounding.take(), referenceRounding(scheme, weights, 30, inputs)) <= 2);
    }

    void refuses()
    {
        auto x = correlatedInputs(20, 8, 14);
        x[3] = std::numeric_limits<float>::infinity();
        VERIFY_ERROR(InverseFactor::of(hessianOf(x, 8), 0.01, true, 1, {}), ErrorKind::BadFormat, "inputs of this matrix are not finite");
        VERIFY_ERROR(IntegerRounding({5, 32, true, TensorType::F16, false}, 1, 8, {}), ErrorKind::InvalidArgument, "5 bits");
        const InverseFactor ordered = InverseFactor::of(hessianOf(correlatedInputs(20, 8, 15), 8), 0.01, true, 1, {});
        IntegerRounding dynamic({4, 4, true, TensorType::F16, false}, 1, 8, {false, false, {}});
        const auto weights = normalWeights(8, 16);
        VERIFY_ERROR(roundWithFeedback(weights.data(), 1, ordered, dynamic, 1, {}), ErrorKind::InvalidArgument, "need the channels in their own order");
        std::stop_source stop;
        stop.request_stop();
        IntegerRounding rounding({4, 4, true, TensorType::F16, false}, 1, 8, {});
        VERIFY_ERROR(roundWithFeedback(weights.data(), 1, ordered, rounding, 1, {stop.get_token(), nullptr}), ErrorKind::Cancelled, "cancelled");
    }
};

QTEST_APPLESS_MAIN(TestErrorFeedback)
#include "tst_error_feedback.moc"
