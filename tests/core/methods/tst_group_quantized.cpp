// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/methods/group_quantized.h"
#include "support/test_support.h"

#include <cmath>
#include <limits>

using namespace quantlathe;
using namespace quantlathe::test;

namespace {

/// Two rows of five inputs in groups of two; the last group has one.
GroupQuantized small()
{
    GroupQuantized matrix;
    matrix.scheme = {3, 2, false, TensorType::F32, false};
    matrix.outputs = 2;
    matrix.inputs = 5;
    matrix.codes = {0, 1, 2, 3, 4, 7, 6, 5, 4, 3};
    matrix.scales = {1, 2, 0.5f, -1, 0.25f, 10};
    matrix.zeros = {0, 1, 4, 7, 0, 3};
    return matrix;
}

FloatQuantized smallFloats()
{
    FloatQuantized matrix;
    matrix.scheme = {FloatCode::E4M3, 2, 2, TensorType::F32};
    matrix.outputs = 3;
    matrix.inputs = 3;
    matrix.codes = {0x38, 0xb8, 0x7e, 0x00, 0x01, 0x38, 0x40, 0x38, 0x30};
    matrix.scales = {1, 2, 3, 0.5f};
    return matrix;
}

} // namespace

class TestGroupQuantized : public QObject
{
    Q_OBJECT

private slots:
    void decodesGroups()
    {
        const GroupQuantized matrix = small();
        matrix.check();
        QCOMPARE(matrix.groups(), std::uint64_t(3));
        std::vector<float> weights(10);
        matrix.decodeRows(0, 2, weights.data());
        QCOMPARE(weights, (std::vector<float>{0, 1, 2, 4, 0, 0, 1, 1.25f, 1, 0}));
        std::vector<float> second(5);
        matrix.decodeRows(1, 1, second.data());
        QVERIFY(std::equal(second.begin(), second.end(), weights.begin() + 5));
    }

    void decodesGivenGroups()
    {
        GroupQuantized matrix = small();
        matrix.groupOfInput = {2, 2, 0, 1, 0};
        matrix.check();
        std::vector<float> weights(10);
        matrix.decodeRows(0, 2, weights.data());
        QCOMPARE(weights, (std::vector<float>{-2, -1.5f, 2, 4, 4, 40, 30, 2, 1, 4}));
    }

    void wholeRows()
    {
        GroupQuantized matrix{{8, 0, true, TensorType::F16, false}, 1, 3, {128, 129, 0}, {0.5f}, {128}, {}};
        matrix.check();
        std::vector<float> weights(3);
        matrix.decodeRows(0, 1, weights.data());
        QCOMPARE(weights, (std::vector<float>{0, 0.5f, -64}));
    }

    void decodesFloats()
    {
        const FloatQuantized matrix = smallFloats();
        matrix.check();
        std::vector<float> weights(9);
        matrix.decodeRows(0, 3, weights.data());
        QCOMPARE(weights, (std::vector<float>{1, -1, 896, 0, 0.001953125f, 2, 6, 3, 0.25f}));
    }

    void nf4IsAscending()
    {
        for (int code = 1; code < 16; ++code)
            QVERIFY(nf4Values[code] > nf4Values[code - 1]);
        QCOMPARE(valueOf(FloatCode::Nf4, 7), 0.0f);
        QCOMPARE(valueOf(FloatCode::E5M2, 0x3c), 1.0f);
    }

    void roundsScales()
    {
        QCOMPARE(roundScale(1.0f / 3, TensorType::F32), 1.0f / 3);
        QCOMPARE(roundScale(1.0f / 3, TensorType::F16), 0.333251953125f);
        QCOMPARE(roundScale(1.0f / 3, TensorType::BF16), 0.333984375f);
    }

    void describes()
    {
        QCOMPARE(describe(GroupScheme{}), std::string("INT4, groups of 128, symmetric"));
        QCOMPARE(describe(GroupScheme{8, 0, false, TensorType::F16, false}), std::string("INT8, whole rows, asymmetric"));
        QCOMPARE(describe(GroupScheme{8, 0, true, TensorType::F16, true}), std::string("INT8, one scale, symmetric"));
        QCOMPARE(describe(FloatScheme{}), std::string("E4M3, whole rows"));
        QCOMPARE(describe(FloatScheme{FloatCode::E5M2, 0, 0, TensorType::F32}), std::string("E5M2, one scale"));
        QCOMPARE(describe(FloatScheme{FloatCode::E4M3, 128, 128, TensorType::F32}), std::string("E4M3, blocks of 128 x 128"));
        QCOMPARE(describe(FloatScheme{FloatCode::Nf4, 1, 64, TensorType::F32}), std::string("NF4, blocks of 1 x 64"));
    }

    void refuses()
    {
        const auto refused = [](void (*change)(GroupQuantized&)) {
            GroupQuantized matrix = small();
            change(matrix);
            const auto error = errorOf([&] { matrix.check(); });
            return error ? error->message() : std::string("nothing");
        };
        QCOMPARE(refused([](GroupQuantized& matrix) { matrix.scheme.bits = 5; }), std::string("integers of 5 bits are none of 2, 3, 4 and 8"));
        QCOMPARE(refused([](GroupQuantized& matrix) { matrix.codes.pop_back(); }), std::string("9 codes are not the 2 x 5 of the matrix"));
        QCOMPARE(refused([](GroupQuantized& matrix) { matrix.outputs = 1ull << 63; }),
                 std::string("10 codes are not the 9223372036854775808 x 5 of the matrix"));
        QCOMPARE(refused([](GroupQuantized& matrix) { matrix.scales.pop_back(); }), std::string("5 scales are not the 2 x 3 of the matrix"));
        QCOMPARE(refused([](GroupQuantized& matrix) { matrix.zeros.push_back(0); }), std::string("7 zeros are not the 2 x 3 of the matrix"));
        QCOMPARE(refused([](GroupQuantized& matrix) { matrix.scales[4] = std::numeric_limits<float>::infinity(); }), std::string("scale 4 is inf"));
        QCOMPARE(refused([](GroupQuantized& matrix) { matrix.codes[3] = 8; }), std::string("code 3 is 8, above 7"));
        QCOMPARE(refused([](GroupQuantized& matrix) { matrix.zeros[1] = 9; }), std::string("zero 1 is 9, above 7"));
        QCOMPARE(refused([](GroupQuantized& matrix) { matrix.groupOfInput = {0, 1}; }), std::string("groups are given for 2 of 5 inputs"));
        QCOMPARE(refused([](GroupQuantized& matrix) { matrix.groupOfInput = {0, 1, 2, 3, 0}; }), std::string("input 3 is in group 3 of 3"));
        FloatQuantized floats = smallFloats();
        floats.scales[0] = std::nanf("");
        VERIFY_ERROR(floats.check(), ErrorKind::BadFormat, "scale 0 is nan");
        floats = smallFloats();
        floats.scheme.scaleType = TensorType::I8;
        VERIFY_ERROR(floats.check(), ErrorKind::BadFormat, "scales cannot be I8");
        floats = smallFloats();
        floats.codes.clear();
        VERIFY_ERROR(floats.check(), ErrorKind::BadFormat, "0 codes are not the 3 x 3");
        floats = smallFloats();
        floats.scheme.code = FloatCode::Nf4;
        VERIFY_ERROR(floats.check(), ErrorKind::BadFormat, "code 0 is 56, above 15");
    }
};

QTEST_APPLESS_MAIN(TestGroupQuantized)
#include "tst_group_quantized.moc"
