// SPDX-License-Identifier: GPL-3.0-or-later
// Every SIMD decoder on every target of this machine against its scalar reference, bit by bit.
#include "core/codecs/scalar.h"
#include "core/codecs/simd_decode.h"
#include "core/types/tensor_type.h"
#include "simd_targets.h"
#include "support/test_support.h"

#include <cmath>
#include <cstring>
#include <numeric>
#include <random>
#include <set>

using namespace quantlathe;
namespace scalar = quantlathe::codecs::scalar;
namespace simd = quantlathe::codecs::simd;
using test::onEveryTarget;

namespace {

struct Pair
{
    TensorType type;
    scalar::Decode* reference;
    simd::Decode* decoder;
};

const Pair pairs[] = {
    {TensorType::F16, scalar::decodeF16, simd::decodeF16},
    {TensorType::BF16, scalar::decodeBF16, simd::decodeBF16},
    {TensorType::Q4_0, scalar::decodeQ4_0, simd::decodeQ4_0},
    {TensorType::Q4_1, scalar::decodeQ4_1, simd::decodeQ4_1},
    {TensorType::Q5_0, scalar::decodeQ5_0, simd::decodeQ5_0},
    {TensorType::Q5_1, scalar::decodeQ5_1, simd::decodeQ5_1},
    {TensorType::Q8_0, scalar::decodeQ8_0, simd::decodeQ8_0},
    {TensorType::Q2_K, scalar::decodeQ2_K, simd::decodeQ2_K},
    {TensorType::Q3_K, scalar::decodeQ3_K, simd::decodeQ3_K},
    {TensorType::Q4_K, scalar::decodeQ4_K, simd::decodeQ4_K},
    {TensorType::Q5_K, scalar::decodeQ5_K, simd::decodeQ5_K},
    {TensorType::Q6_K, scalar::decodeQ6_K, simd::decodeQ6_K},
    {TensorType::Q1_0, scalar::decodeQ1_0, simd::decodeQ1_0},
    {TensorType::Q2_0, scalar::decodeQ2_0, simd::decodeQ2_0},
    {TensorType::TQ1_0, scalar::decodeTQ1_0, simd::decodeTQ1_0},
    {TensorType::TQ2_0, scalar::decodeTQ2_0, simd::decodeTQ2_0},
    {TensorType::MXFP4, scalar::decodeMXFP4, simd::decodeMXFP4},
    {TensorType::NVFP4, scalar::decodeNVFP4, simd::decodeNVFP4},
};

/// Equal bits; any NaN equals any other, for which operand's payload survives a sum is the processor's
/// choice.
std::ptrdiff_t firstDifference(const std::vector<float>& a, const std::vector<float>& b)
{
    for (std::size_t index = 0; index < a.size(); ++index) {
        if (std::memcmp(&a[index], &b[index], sizeof(float)) != 0 &&
            !(std::isnan(a[index]) && std::isnan(b[index])))
            return static_cast<std::ptrdiff_t>(index);
    }
    return -1;
}

} // namespace

class TestSimdDecode : public QObject
{
    Q_OBJECT
private slots:
    void everySixteenBitNumber()
    {
        std::vector<std::uint16_t> numbers(65536);
        std::iota(numbers.begin(), numbers.end(), std::uint16_t{0});
        const auto* bytes = reinterpret_cast<const std::byte*>(numbers.data());
        std::vector<float> expected(numbers.size());
        std::vector<float> weights(numbers.size());
        for (const Pair& pair : {pairs[0], pairs[1]}) {
            pair.reference(bytes, expected.data(), expected.size());
            onEveryTarget([&](const char* target) {
                std::fill(weights.begin(), weights.end(), 7.0f);
                pair.decoder(bytes, weights.data(), weights.size());
                // Here the payload of NaNs counts as well.
                QVERIFY2(std::memcmp(weights.data(), expected.data(), weights.size() * sizeof(float)) == 0,
                         target);
            });
        }
    }

    // Any count, any address; nothing is written behind the last weight.
    void oddCountsAndAddresses()
    {
        std::mt19937 random(3);
        std::vector<std::byte> bytes(2 * 70 + 1);
        for (std::byte& byte : bytes)
            byte = static_cast<std::byte>(random());
        for (const Pair& pair : {pairs[0], pairs[1]}) {
            onEveryTarget([&](const char* target) {
                for (std::size_t count = 0; count < 70; ++count) {
                    std::vector<float> expected(count + 1, 3.5f);
                    std::vector<float> weights = expected;
                    pair.reference(bytes.data() + 1, expected.data(), count);
                    pair.decoder(bytes.data() + 1, weights.data(), count);
                    QVERIFY2(firstDifference(weights, expected) < 0, target);
                }
            });
        }
    }

    void randomBlocks_data()
    {
        QTest::addColumn<int>("row");
        for (int row = 2; row < static_cast<int>(std::size(pairs)); ++row)
            QTest::newRow(name(pairs[row].type).data()) << row;
    }

    void randomBlocks()
    {
        QFETCH(int, row);
        const Pair& pair = pairs[row];
        const TensorTypeInfo& facts = info(pair.type);
        constexpr std::size_t blocks = 400;
        std::mt19937 random(17);
        std::vector<std::byte> bytes(blocks * facts.bytesPerBlock + 1);
        for (std::byte& byte : bytes)
            byte = static_cast<std::byte>(random());
        const std::size_t count = blocks * facts.weightsPerBlock;
        std::vector<float> expected(count + 1, 3.5f);
        pair.reference(bytes.data() + 1, expected.data(), count);
        onEveryTarget([&](const char* target) {
            std::vector<float> weights(count + 1, 3.5f);
            pair.decoder(bytes.data() + 1, weights.data(), count);
            const std::ptrdiff_t different = firstDifference(weights, expected);
            QVERIFY2(different < 0, qPrintable(QString("%1, weight %2").arg(target).arg(different)));
        });
    }

    // The tests above would prove nothing if they ran one target only by mistake.
    void targetsAreSwitched()
    {
        std::set<std::size_t> tableEntries;
        QStringList names;
        onEveryTarget([&](const char* target) {
            tableEntries.insert(hwy::GetChosenTarget().GetIndex());
            names << target;
        });
        qInfo("%s", qPrintable(names.join(' ')));
        QCOMPARE(tableEntries.size(), static_cast<std::size_t>(names.size()));
    }
};

QTEST_APPLESS_MAIN(TestSimdDecode)
#include "tst_simd_decode.moc"
