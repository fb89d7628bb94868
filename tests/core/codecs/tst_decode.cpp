// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/codecs/codec.h"
#include "core/types/small_floats.h"
#include "support/test_support.h"

#include <cmath>
#include <cstring>
#include <set>

using namespace quantlathe;

namespace {

std::vector<std::byte> bytesOf(std::initializer_list<int> values)
{
    std::vector<std::byte> bytes;
    for (const int value : values)
        bytes.push_back(static_cast<std::byte>(value));
    return bytes;
}

std::vector<float> decode(TensorType type, const std::vector<std::byte>& blocks)
{
    const TensorTypeInfo& facts = info(type);
    std::vector<float> weights(blocks.size() / facts.bytesPerBlock * facts.weightsPerBlock);
    codecFor(type).decode(blocks.data(), weights.data(), weights.size());
    return weights;
}

/// A block of @p type with zeros but for the bytes given as {position, value}.
std::vector<std::byte> blockWith(TensorType type, std::initializer_list<std::pair<std::size_t, int>> values)
{
    std::vector<std::byte> block(info(type).bytesPerBlock);
    for (const auto& [position, value] : values)
        block[position] = static_cast<std::byte>(value);
    return block;
}

constexpr int oneHigh = 0x3C; // upper byte of the half 1.0; the lower one is 0

} // namespace

class TestDecode : public QObject
{
    Q_OBJECT
private slots:
    void everyTypeHasItsCodec()
    {
        const std::set<std::string_view> encoded = {
            "F64",    "I8",     "I16",     "I32",   "I64",   "F32",   "F16",   "BF16",  "Q4_0",
            "Q4_1",   "Q5_0",   "Q5_1",    "Q8_0",  "Q2_K",  "Q3_K",  "Q4_K",  "Q5_K",  "Q6_K",
            "IQ4_NL", "IQ4_XS", "Q1_0",    "Q2_0",  "TQ1_0", "TQ2_0", "IQ1_S", "IQ1_M", "IQ2_XXS",
            "IQ2_XS", "IQ2_S",  "IQ3_XXS", "IQ3_S", "MXFP4", "NVFP4"};
        for (const TensorTypeInfo& facts : allTensorTypes()) {
            const Codec& codec = codecFor(facts.type);
            QCOMPARE(codec.type, facts.type);
            // Codes without their scales mean nothing.
            QVERIFY2(codec.canDecode() == (facts.family != TypeFamily::Scaled), facts.name.data());
            QVERIFY2(codec.canEncode() == encoded.contains(facts.name), facts.name.data());
        }
    }

    void asGgmlDecodes_data()
    {
        QTest::addColumn<int>("type");
        // ggml itself has no decoder for these.
        const std::set<std::string_view> without = {"F32", "F64", "Q8_1"};
        for (const TensorTypeInfo& facts : allTensorTypes()) {
            if (facts.ggmlId >= 0 && facts.family != TypeFamily::Integer &&
                codecFor(facts.type).canDecode() && !without.contains(facts.name))
                QTest::newRow(facts.name.data()) << static_cast<int>(facts.type);
        }
    }

    void asGgmlDecodes()
    {
        QFETCH(int, type);
        const auto tensorType = static_cast<TensorType>(type);
        const std::string stem = "dequant/" + std::string(name(tensorType));
        const std::vector<float> expected = test::readFloats(test::fixture(stem + ".f32"));
        const std::vector<float> weights =
            decode(tensorType, test::readBytes(test::fixture(stem + ".blocks")));
        QCOMPARE(weights.size(), expected.size());
        for (std::size_t index = 0; index < weights.size(); ++index) {
            QVERIFY2(std::memcmp(&weights[index], &expected[index], sizeof(float)) == 0,
                     qPrintable(QString("weight %1: %2, ggml %3")
                                    .arg(index)
                                    .arg(double(weights[index]), 0, 'g', 9)
                                    .arg(double(expected[index]), 0, 'g', 9)));
        }
    }

    // Values worked out by hand from the format descriptions.
    void byHand()
    {
        const auto q4_0 =
            decode(TensorType::Q4_0, blockWith(TensorType::Q4_0, {{1, oneHigh}, {2, 0xF0}, {17, 0x9A}}));
        QCOMPARE(q4_0[0], -8.0f);
        QCOMPARE(q4_0[16], 7.0f);
        QCOMPARE(q4_0[15], 2.0f);
        QCOMPARE(q4_0[31], 1.0f);

        // fifth bit of weight 17 is bit 1 of byte 2 of the fifth bits
        const auto q5_1 = decode(TensorType::Q5_1,
                                 blockWith(TensorType::Q5_1, {{1, oneHigh}, {3, 0xBC}, {6, 2}, {9, 0x30}}));
        QCOMPARE(q5_1[17], 18.0f);
        QCOMPARE(q5_1[1], -1.0f);

        // sub-block 5 of Q4_K: low nibbles in byte 9 of the scales, upper bits in bytes 1 and 5
        const auto q4K = decode(TensorType::Q4_K, blockWith(TensorType::Q4_K, {{1, oneHigh},
                                                                               {3, oneHigh},
                                                                               {4 + 9, 0x21},
                                                                               {4 + 1, 0x40},
                                                                               {4 + 5, 0x80},
                                                                               {16 + 64 + 3, 0x70}}));
        QCOMPARE(q4K[5 * 32 + 3], 17.0f * 7 - 34.0f);
        QCOMPARE(q4K[5 * 32 + 4], -34.0f);

        // weight 200 of Q6_K: half 1, low bits in the high nibble of byte 64 + 8, bits 4-5 of byte 32 + 8 of
        // the upper ones
        const auto q6K =
            decode(TensorType::Q6_K,
                   blockWith(TensorType::Q6_K,
                             {{209, oneHigh}, {192 + 12, 0xFE}, {64 + 8, 0x50}, {128 + 32 + 8, 0x30}}));
        QCOMPARE(q6K[200], -2.0f * (0x35 - 32));

        // 0.21000 in base 3 = 2/3 + 1/9 = 7/9; times 256 rounded up is 200
        const auto ternary =
            decode(TensorType::TQ1_0, blockWith(TensorType::TQ1_0, {{53, oneHigh}, {2, 200}}));
        QCOMPARE(ternary[2], 1.0f);
        QCOMPARE(ternary[34], 0.0f);
        QCOMPARE(ternary[66], -1.0f);

        const auto mxfp4 = decode(TensorType::MXFP4, blockWith(TensorType::MXFP4, {{0, 128}, {1, 0xE7}}));
        QCOMPARE(mxfp4[0], 12.0f);
        QCOMPARE(mxfp4[16], -8.0f);
    }

    void plainNumbers()
    {
        QCOMPARE(decode(TensorType::I16, bytesOf({0xFE, 0xFF, 1, 1})), (std::vector<float>{-2, 257}));
        QCOMPARE(decode(TensorType::U16, bytesOf({0xFE, 0xFF})), std::vector<float>{65534});
        QCOMPARE(decode(TensorType::I64, bytesOf({0, 0, 0, 0, 0, 0, 0, 0x80})), std::vector<float>{-0x1p63f});
        QCOMPARE(decode(TensorType::U64, bytesOf({255, 255, 255, 255, 255, 255, 255, 255})),
                 std::vector<float>{0x1p64f});
        QCOMPARE(decode(TensorType::BOOL, bytesOf({0, 1, 2})), (std::vector<float>{0, 1, 1}));
        QCOMPARE(decode(TensorType::F64, bytesOf({0, 0, 0, 0, 0, 0, 0xE0, 0x3F})), std::vector<float>{0.5f});
        QCOMPARE(decode(TensorType::F8_E4M3, bytesOf({0x7E, 0x81})), (std::vector<float>{448, -0x1p-9f}));
        QCOMPARE(decode(TensorType::F8_E5M2, bytesOf({0x7C, 0x3C}))[0], INFINITY);
        QVERIFY(std::isnan(decode(TensorType::F8_E8M0, bytesOf({255}))[0]));
        QCOMPARE(decode(TensorType::BF16, bytesOf({0x80, 0x3F})), std::vector<float>{1});
    }

    void nothingForNothing()
    {
        for (const TensorTypeInfo& facts : allTensorTypes()) {
            const Codec& codec = codecFor(facts.type);
            if (codec.canDecode())
                codec.decode(nullptr, nullptr, 0);
            if (codec.canEncode())
                codec.encodeRow(nullptr, nullptr, 0, {}, nullptr);
        }
    }
};

QTEST_APPLESS_MAIN(TestDecode)
#include "tst_decode.moc"
