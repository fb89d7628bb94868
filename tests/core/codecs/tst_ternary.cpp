// SPDX-License-Identifier: GPL-3.0-or-later
// Two- and three-valued formats: blocks that exist are kept, and effort best finds what trying every scale
// finds.
#include "codec_cases.h"
#include "core/codecs/codec.h"
#include "core/types/small_floats.h"
#include "support/test_support.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <random>

using namespace quantlathe;
using test::decodeAll;

namespace {

using enum TensorType;
constexpr TensorType types[] = {Q1_0, Q2_0, TQ1_0, TQ2_0};

void addTypes()
{
    QTest::addColumn<int>("type");
    for (const TensorType type : types)
        QTest::newRow(name(type).data()) << static_cast<int>(type);
}

TensorType fetchedType()
{
    QFETCH(int, type);
    return static_cast<TensorType>(type);
}

std::vector<float> encodedWith(TensorType type, const std::vector<float>& weights, const float* importance,
                               Effort effort)
{
    std::vector<std::byte> blocks(*rowBytes(type, weights.size()));
    codecFor(type).encodeRow(weights.data(), importance, weights.size(), {Objective::SquaredError, effort},
                             blocks.data());
    return decodeAll(type, blocks);
}

/// The smallest error over all halves (one half of them for the symmetric formats), each with the nearest of
/// the values.
double smallestError(TensorType type, const float* x, const float* v, std::size_t count)
{
    const std::vector<double> values = type == Q1_0   ? std::vector<double>{-1, 1}
                                       : type == Q2_0 ? std::vector<double>{-1, 0, 1, 2}
                                                      : std::vector<double>{-1, 0, 1};
    double best = std::numeric_limits<double>::max();
    // Sizes of scales that can matter for normal weights.
    for (std::uint16_t bits = floatToHalf(0.02f); bits < floatToHalf(8.0f); ++bits) {
        for (const double d : {double(halfToFloat(bits)), -double(halfToFloat(bits))}) {
            if (d < 0 && type != Q2_0)
                continue;
            double sum = 0;
            for (std::size_t index = 0; index < count && sum < best; ++index) {
                double nearest = std::numeric_limits<double>::max();
                for (const double value : values)
                    nearest = std::min(nearest, std::fabs(x[index] - value * d));
                sum += (v ? v[index] : 1.0) * nearest * nearest;
            }
            best = std::min(best, sum);
        }
    }
    return best;
}

std::vector<float> lognormal(std::size_t count)
{
    test::Normal normal(99);
    std::vector<float> values(count);
    for (float& value : values)
        value = static_cast<float>(std::exp(normal()));
    return values;
}

} // namespace

class TestTernary : public QObject
{
    Q_OBJECT
private slots:
    void keepsEveryBlock_data() { addTypes(); }

    // Any codes with any finite scale, negative and denormal ones included.
    void keepsEveryBlock()
    {
        const TensorType type = fetchedType();
        const TensorTypeInfo& facts = info(type);
        std::mt19937 random(29);
        for (int round = 0; round < 3000; ++round) {
            std::vector<std::byte> block(facts.bytesPerBlock);
            for (std::byte& byte : block)
                byte = static_cast<std::byte>(random());
            if (round % 5 == 0) { // few weights that are not 0, or all alike
                for (std::byte& byte : block)
                    byte = random() % 8 ? std::byte{0x55}
                                        : std::byte{static_cast<unsigned char>(round % 3 ? 0x59 : 0xAA)};
            }
            auto half = static_cast<std::uint16_t>(random());
            if (round % 7 == 0)
                half &= 0x83FF; // denormal
            if ((half & 0x7C00) == 0x7C00)
                half &= 0xBFFF; // neither infinite nor NaN
            const bool scaleIsFirst = type == Q1_0 || type == Q2_0;
            std::memcpy(scaleIsFirst ? block.data() : block.data() + block.size() - 2, &half, sizeof half);
            auto weights = decodeAll(type, block);
            // Three-valued formats have a fourth code that stands for 2 d, which no encoder writes.
            if (type == TQ2_0) {
                const float d = std::fabs(halfToFloat(half));
                for (float& weight : weights)
                    weight = std::clamp(weight, -d, d);
            }
            for (const Effort effort : {Effort::Standard, Effort::Best}) {
                const auto again = encodedWith(type, weights, nullptr, effort);
                QVERIFY2(again == weights,
                         qPrintable(QString("round %1, d %2").arg(round).arg(halfToFloat(half))));
            }
        }
    }

    void bestIsTheSmallestError_data() { addTypes(); }

    void bestIsTheSmallestError()
    {
        const TensorType type = fetchedType();
        const std::size_t block = info(type).weightsPerBlock;
        const std::size_t count = block * (block == 256 ? 2 : 6);
        test::Normal normal(3);
        auto weights = normal.values(count);
        weights[5] *= 4;
        const auto importance = lognormal(count);
        for (const float* v : {static_cast<const float*>(nullptr), importance.data()}) {
            const auto best = encodedWith(type, weights, v, Effort::Best);
            for (std::size_t first = 0; first < count; first += block) {
                double error = 0;
                for (std::size_t index = first; index < first + block; ++index)
                    error += (v ? v[index] : 1.0) * std::pow(double(weights[index]) - best[index], 2);
                const double smallest = smallestError(type, &weights[first], v ? v + first : nullptr, block);
                QVERIFY2(error <= smallest * (1 + 1e-6),
                         qPrintable(QString("%1, smallest %2").arg(error).arg(smallest)));
            }
        }
    }

    void standardIsClose_data() { addTypes(); }

    void standardIsClose()
    {
        const TensorType type = fetchedType();
        test::Normal normal(4);
        constexpr std::size_t count = 256 * 256;
        const auto importance = lognormal(count);
        for (const bool isHeavy : {false, true}) {
            auto weights = normal.values(count, 0.02);
            if (isHeavy) {
                for (float& weight :
                     weights) // Student-t with about 5 degrees of freedom, some columns larger
                    weight *= static_cast<float>(1 / std::sqrt(0.2 + 0.8 * std::fabs(normal())));
                for (std::size_t index = 17; index < count; index += 210)
                    weights[index] *= 8;
            }
            for (const float* v : {static_cast<const float*>(nullptr), importance.data()}) {
                const std::vector<float> judge = v ? importance : std::vector<float>{};
                const double standard =
                    test::squaredError(weights, encodedWith(type, weights, v, Effort::Standard), judge);
                const double best =
                    test::squaredError(weights, encodedWith(type, weights, v, Effort::Best), judge);
                qInfo("%s%s: standard %.4f times best", isHeavy ? "heavy" : "gauss", v ? ", weighted" : "",
                      std::sqrt(standard / best));
                QVERIFY(standard >= best * (1 - 1e-6));
                QVERIFY(standard <= best * 1.03);
                if (v && type != Q1_0) {
                    const double unaware = test::squaredError(
                        weights, encodedWith(type, weights, nullptr, Effort::Standard), judge);
                    QVERIFY(standard < unaware);
                }
            }
        }
    }
};

QTEST_APPLESS_MAIN(TestTernary)
#include "tst_ternary.moc"
