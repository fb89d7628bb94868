// SPDX-License-Identifier: GPL-3.0-or-later
// Four-bit floats: blocks that exist are kept, effort best finds what trying every scale finds, scale bytes
// are valid.
#include "codec_cases.h"
#include "core/codecs/codec.h"
#include "core/codecs/fp4_blocks.h"
#include "support/test_support.h"

#include <algorithm>
#include <limits>
#include <random>

using namespace quantlathe;
using test::decodeAll;

namespace {

using enum TensorType;

void addTypes()
{
    QTest::addColumn<int>("type");
    for (const TensorType type : {MXFP4, NVFP4})
        QTest::newRow(name(type).data()) << static_cast<int>(type);
}

TensorType fetchedType()
{
    QFETCH(int, type);
    return static_cast<TensorType>(type);
}

std::vector<std::byte> encodedWith(TensorType type, const std::vector<float>& weights,
                                   const float* importance, Effort effort)
{
    std::vector<std::byte> blocks(*rowBytes(type, weights.size()));
    codecFor(type).encodeRow(weights.data(), importance, weights.size(), {Objective::SquaredError, effort},
                             blocks.data());
    return blocks;
}

std::vector<float> lognormal(std::size_t count)
{
    test::Normal normal(99);
    std::vector<float> values(count);
    for (float& value : values)
        value = static_cast<float>(std::exp(normal()));
    return values;
}

/// The smallest error over all scale bytes.
double smallestError(TensorType type, const float* x, const float* v, std::size_t count)
{
    double best = std::numeric_limits<double>::max();
    for (unsigned byte = 0; byte < (type == MXFP4 ? 253 : 127); ++byte) {
        const auto scale = static_cast<std::uint8_t>(byte);
        const double halved =
            type == MXFP4 ? codecs::halvedPowerOfTwo(scale) : codecs::halvedUnsignedE4M3(scale);
        double sum = 0;
        for (std::size_t index = 0; index < count && sum < best; ++index) {
            double nearest = std::numeric_limits<double>::max();
            for (const float number : codecs::doubledE2M1)
                nearest = std::min(nearest, std::fabs(x[index] - number * halved));
            sum += (v ? v[index] : 1.0) * nearest * nearest;
        }
        best = std::min(best, sum);
    }
    return best;
}

} // namespace

class TestFp4 : public QObject
{
    Q_OBJECT
private slots:
    void keepsEveryBlock_data() { addTypes(); }

    // Any codes with any scale that is read as a number. MXFP4 keeps them in a hurry, too; among the coarse
    // small scales of NVFP4 that takes a search.
    void keepsEveryBlock()
    {
        const TensorType type = fetchedType();
        std::mt19937 random(31);
        for (int round = 0; round < 3000; ++round) {
            std::vector<std::byte> block(info(type).bytesPerBlock);
            const unsigned mask = round % 4 == 0 ? 0x99 : round % 4 == 1 ? 0xBB : 0xFF; // small codes only
            for (std::byte& byte : block)
                byte = static_cast<std::byte>(random() & mask);
            for (std::size_t sub = 0; sub < (type == MXFP4 ? 1 : 4); ++sub)
                block[sub] = static_cast<std::byte>(random() % (type == MXFP4 ? 253 : 127));
            const auto weights = decodeAll(type, block);
            for (const Effort effort : {Effort::Standard, Effort::Best}) {
                if (type == NVFP4 && effort == Effort::Standard)
                    continue;
                const auto again = decodeAll(type, encodedWith(type, weights, nullptr, effort));
                QVERIFY2(again == weights, qPrintable(QString("round %1").arg(round)));
            }
        }
    }

    void bestIsTheSmallestError_data() { addTypes(); }

    void bestIsTheSmallestError()
    {
        const TensorType type = fetchedType();
        const std::size_t sub = type == MXFP4 ? 32 : 16;
        constexpr std::size_t count = 1024;
        const auto importance = lognormal(count);
        for (const double deviation : {2e-4, 0.02, 1.0, 700.0}) {
            test::Normal normal(3);
            auto weights = normal.values(count, deviation);
            weights[5] *= 8;
            for (const float* v : {static_cast<const float*>(nullptr), importance.data()}) {
                const auto best = decodeAll(type, encodedWith(type, weights, v, Effort::Best));
                for (std::size_t first = 0; first < count; first += sub) {
                    double error = 0;
                    for (std::size_t index = first; index < first + sub; ++index)
                        error += (v ? v[index] : 1.0) * std::pow(double(weights[index]) - best[index], 2);
                    const double smallest =
                        smallestError(type, &weights[first], v ? v + first : nullptr, sub);
                    QVERIFY2(error <= smallest * (1 + 1e-5),
                             qPrintable(QString("%1, smallest %2").arg(error).arg(smallest)));
                }
            }
        }
    }

    void standardIsClose_data() { addTypes(); }

    void standardIsClose()
    {
        const TensorType type = fetchedType();
        constexpr std::size_t count = 65536;
        const auto importance = lognormal(count);
        for (const double deviation : {0.02, 1.0}) {
            test::Normal normal(4);
            const auto weights = normal.values(count, deviation);
            for (const float* v : {static_cast<const float*>(nullptr), importance.data()}) {
                const std::vector<float> judge = v ? importance : std::vector<float>{};
                const auto errorOf = [&](const float* importanceUsed, Effort effort) {
                    return test::squaredError(
                        weights, decodeAll(type, encodedWith(type, weights, importanceUsed, effort)), judge);
                };
                const double standard = errorOf(v, Effort::Standard);
                const double best = errorOf(v, Effort::Best);
                qInfo("deviation %g%s: standard %.4f times best", deviation, v ? ", weighted" : "",
                      std::sqrt(standard / best));
                QVERIFY(standard >= best * (1 - 1e-6));
                QVERIFY(standard <= best * 1.05);
                if (v)
                    QVERIFY(standard < errorOf(nullptr, Effort::Standard));
            }
        }
    }

    // 0x7F is read as 0, 255 and the exponents below it as infinite weights.
    void scaleBytesAreNumbers()
    {
        for (const double deviation : {0.0, 1e-41, 1e-9, 1e-3, 30.0, 500.0, 3000.0, 1e9, 1e37}) {
            test::Normal normal(8);
            auto weights = normal.values(4096, deviation);
            weights[9] = deviation > 1e36 ? std::numeric_limits<float>::max() : weights[9];
            for (const Effort effort : {Effort::Standard, Effort::Best}) {
                const auto nv = encodedWith(NVFP4, weights, nullptr, effort);
                for (std::size_t byte = 0; byte < nv.size(); byte += byte % 36 == 3 ? 33 : 1)
                    QVERIFY(static_cast<unsigned>(nv[byte]) < 0x7F);
                const auto mx = encodedWith(MXFP4, weights, nullptr, effort);
                for (std::size_t byte = 0; byte < mx.size(); byte += 17)
                    QVERIFY(static_cast<unsigned>(mx[byte]) <= 252);
                for (const float weight : decodeAll(MXFP4, mx))
                    QVERIFY(std::isfinite(weight));
            }
        }
    }
};

QTEST_APPLESS_MAIN(TestFp4)
#include "tst_fp4.moc"
