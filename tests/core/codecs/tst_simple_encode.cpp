// SPDX-License-Identifier: GPL-3.0-or-later
// The encoders that run at memory speed: the same bytes on every SIMD target, errors not above libggml's, and
// what has been encoded once stays as it is.
#include "codec_cases.h"
#include "core/codecs/codec.h"
#include "core/types/small_floats.h"
#include "simd_targets.h"
#include "support/test_support.h"

#include <bit>
#include <cstring>
#include <limits>
#include <map>

using namespace quantlathe;
using test::decodeAll;
using test::encodeRows;
using test::onEveryTarget;

namespace {

using enum TensorType;
constexpr TensorType simpleTypes[] = {Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q1_0, Q2_0, TQ1_0, TQ2_0, MXFP4, NVFP4};

void addTypes()
{
    QTest::addColumn<int>("type");
    for (const TensorType type : simpleTypes)
        QTest::newRow(name(type).data()) << static_cast<int>(type);
}

TensorType fetchedType()
{
    QFETCH(int, type);
    return static_cast<TensorType>(type);
}

/// Rows of every kind that an encoder treats in its own way, @p columns each.
std::map<std::string, std::vector<float>> hardRows(std::size_t columns)
{
    test::Normal normal(71);
    std::map<std::string, std::vector<float>> rows;
    for (const double deviation :
         {1.0, 0.02, 3e-5, 3e-6, 3e-7, 3e-8, 1e-12, 1e-30, 1e-41, 3e4, 1e6, 1e12, 1e30, 1e37})
        rows["normal, " + std::to_string(std::log10(deviation))] = normal.values(columns, deviation);
    rows["zeros"].assign(columns, 0.0f);
    rows["negative zeros"].assign(columns, -0.0f);
    rows["constant"].assign(columns, -0.37f);
    rows["offset"] = normal.values(columns, 0.01);
    for (float& value : rows["offset"])
        value += 5;
    rows["far offset"] = normal.values(columns, 1e-4);
    for (float& value : rows["far offset"])
        value += 40;
    rows["outlier"] = normal.values(columns, 0.02);
    for (std::size_t index = 7; index < columns; index += 50)
        rows["outlier"][index] = -60;
    rows["alternating"].resize(columns);
    for (std::size_t index = 0; index < columns; ++index)
        rows["alternating"][index] = index % 3 ? 0.7f : -0.7f;
    rows["ternary"].resize(columns);
    for (std::size_t index = 0; index < columns; ++index)
        rows["ternary"][index] = 0.0137f * static_cast<float>(static_cast<int>(index * index % 3) - 1);
    return rows;
}

std::vector<float> lognormal(std::size_t columns)
{
    test::Normal normal(5);
    std::vector<float> values(columns);
    for (float& value : values)
        value = static_cast<float>(std::exp(normal()));
    return values;
}

} // namespace

class TestSimpleEncode : public QObject
{
    Q_OBJECT
private slots:
    void sameBytesOnEveryTarget_data() { addTypes(); }

    // Any number of blocks, odd addresses; nothing is written behind the last block.
    void sameBytesOnEveryTarget()
    {
        const TensorType type = fetchedType();
        const TensorTypeInfo& facts = info(type);
        const std::size_t most = 2048;
        const auto rows = hardRows(most);
        const auto importance = lognormal(most);
        for (const auto& [rowName, row] : rows) {
            std::vector<std::size_t> counts = {most};
            if (rowName == "outlier") {
                for (std::size_t count = facts.weightsPerBlock; count < most; count += facts.weightsPerBlock)
                    counts.push_back(count);
            }
            std::vector<float> shifted(most + 1);
            std::copy(row.begin(), row.end(), shifted.begin() + 1);
            for (const std::size_t count : counts) {
                for (const bool weighted : {false, true}) {
                    const std::size_t bytes = *rowBytes(type, count);
                    std::vector<std::byte> first;
                    onEveryTarget([&](const char* target) {
                        std::vector<std::byte> blocks(bytes + 2, std::byte{0xA5});
                        codecFor(type).encodeRow(shifted.data() + 1, weighted ? importance.data() : nullptr,
                                                 count, codecFor(type).defaults(), blocks.data() + 1);
                        QVERIFY(blocks.front() == std::byte{0xA5} && blocks.back() == std::byte{0xA5});
                        if (first.empty())
                            first = blocks;
                        const auto different =
                            std::mismatch(first.begin(), first.end(), blocks.begin()).first;
                        QVERIFY2(different == first.end(),
                                 qPrintable(QString("%1, %2 weights of '%3', byte %4 of %5-byte blocks")
                                                .arg(target)
                                                .arg(count)
                                                .arg(rowName.c_str())
                                                .arg(different - first.begin() - 1)
                                                .arg(facts.bytesPerBlock)));
                    });
                }
            }
        }
    }

    void noWorseThanGgml_data() { addTypes(); }

    // Block by block, and clearly better on the whole.
    void noWorseThanGgml()
    {
        const TensorType type = fetchedType();
        const TensorTypeInfo& facts = info(type);
        for (const std::string folder : {"quant", "quant_errors"}) {
            const auto weights = test::readFloats(test::fixture(folder + "/input.f32"));
            const std::size_t columns = folder == "quant" ? 512 : 1024;
            const auto path = test::fixture(folder + "/" + std::string(name(type)) +
                                            (folder == "quant" ? ".noimat" : ".blocks"));
            if (!std::filesystem::exists(path))
                continue; // the older folder has k-quants and the like only
            const auto theirs = decodeAll(type, test::readBytes(path));
            const auto ours = decodeAll(type, encodeRows(type, weights, columns, nullptr));
            QCOMPARE(theirs.size(), weights.size());
            double ourSum = 0;
            double theirSum = 0;
            for (std::size_t first = 0; first < weights.size(); first += facts.weightsPerBlock) {
                double ourError = 0;
                double theirError = 0;
                double energy = 0;
                for (std::size_t index = first; index < first + facts.weightsPerBlock; ++index) {
                    ourError += std::pow(double(weights[index]) - ours[index], 2);
                    theirError += std::pow(double(weights[index]) - theirs[index], 2);
                    energy += std::pow(double(weights[index]), 2);
                }
                QVERIFY2(ourError <= theirError * (1 + 1e-5) + energy * 1e-12,
                         qPrintable(QString("%1, row %2, weight %3: %4, libggml %5")
                                        .arg(folder.c_str())
                                        .arg(first / columns)
                                        .arg(first % columns)
                                        .arg(ourError)
                                        .arg(theirError)));
                ourSum += energy > 0 ? ourError / energy : 0;
                theirSum += energy > 0 ? theirError / energy : 0;
            }
            qInfo("%s: mean relative error of blocks %.6f, libggml %.6f", folder.c_str(), ourSum, theirSum);
        }
    }

    // Every 16-bit number, its neighbours among floats and all ties between two of them, against the scalar
    // conversions.
    void sixteenBitFloats()
    {
        std::vector<float> halves;
        std::vector<float> brains;
        for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
            const float half = halfToFloat(static_cast<std::uint16_t>(bits));
            const float nextHalf = halfToFloat(static_cast<std::uint16_t>(bits + 1));
            const float brain = bfloat16ToFloat(static_cast<std::uint16_t>(bits));
            const float tie = std::bit_cast<float>(bits << 16 | 0x8000);
            for (const float value : {half, std::nextafter(half, 1e30f), std::nextafter(half, -1e30f),
                                      (half + nextHalf) / 2, std::nextafter((half + nextHalf) / 2, 1e30f)}) {
                if (std::isfinite(value))
                    halves.push_back(value);
            }
            for (const float value : {brain, std::nextafter(brain, 1e38f), tie, std::nextafter(tie, 0.0f)}) {
                if (std::isfinite(value))
                    brains.push_back(value);
            }
        }
        halves.insert(halves.end(),
                      {65519.0f, 65520.0f, -65536.0f, 1e30f, -3.4e38f, 1e-41f, 3e-8f, -2.9e-8f});
        brains.insert(brains.end(),
                      {std::numeric_limits<float>::max(), -std::numeric_limits<float>::max(), 1e-44f});
        for (const bool isHalf : {true, false}) {
            const std::vector<float>& values = isHalf ? halves : brains;
            onEveryTarget([&](const char* target) {
                const auto blocks = encodeRows(isHalf ? F16 : BF16, values, values.size(), nullptr);
                for (std::size_t index = 0; index < values.size(); ++index) {
                    std::uint16_t bits;
                    std::memcpy(&bits, &blocks[2 * index], 2);
                    const std::uint16_t infinite = isHalf ? 0x7C00 : 0x7F80;
                    std::uint16_t expected =
                        isHalf ? floatToHalf(values[index]) : floatToBfloat16(values[index]);
                    if ((expected & 0x7FFF) == infinite)
                        --expected; // the largest finite number
                    if (bits != expected)
                        QFAIL(
                            qPrintable(QString("%1: %2, %3 bits").arg(target).arg(values[index]).arg(bits)));
                }
            });
        }
    }

    void oddCountsOfSixteenBitFloats()
    {
        test::Normal normal(6);
        const auto weights = normal.values(70);
        for (const TensorType type : {F16, BF16}) {
            onEveryTarget([&](const char* target) {
                for (std::size_t count = 0; count < weights.size(); ++count) {
                    std::vector<std::byte> bytes(2 * count + 2, std::byte{0xA5});
                    codecFor(type).encodeRow(weights.data(), nullptr, count, {}, bytes.data() + 1);
                    QVERIFY2(bytes.front() == std::byte{0xA5} && bytes.back() == std::byte{0xA5}, target);
                    for (std::size_t index = 0; index < count; ++index) {
                        std::uint16_t bits;
                        std::memcpy(&bits, &bytes[2 * index + 1], 2);
                        QCOMPARE(bits,
                                 type == F16 ? floatToHalf(weights[index]) : floatToBfloat16(weights[index]));
                    }
                }
            });
        }
    }

    void integersAreNearestAndLimited()
    {
        const std::vector<float> weights = {0.4f,          -0.6f,         0.5f,     1.5f,   127.4f,
                                            127.6f,        -128.6f,       40000.0f, -3e9f,  3e9f,
                                            2147483520.0f, 2147483648.0f, 1e19f,    -1e19f, 3e38f};
        const auto encoded = [&](TensorType type) {
            return decodeAll(type, encodeRows(type, weights, weights.size(), nullptr));
        };
        QCOMPARE(encoded(I8),
                 (std::vector<float>{0, -1, 0, 2, 127, 127, -128, 127, -128, 127, 127, 127, 127, -128, 127}));
        QCOMPARE(encoded(I16), (std::vector<float>{0, -1, 0, 2, 127, 128, -129, 32767, -32768, 32767, 32767,
                                                   32767, 32767, -32768, 32767}));
        const auto words = encodeRows(I32, weights, weights.size(), nullptr);
        const auto longs = encodeRows(I64, weights, weights.size(), nullptr);
        const auto wordAt = [&](std::size_t index) {
            std::int32_t value;
            std::memcpy(&value, &words[4 * index], 4);
            return value;
        };
        const auto longAt = [&](std::size_t index) {
            std::int64_t value;
            std::memcpy(&value, &longs[8 * index], 8);
            return value;
        };
        QCOMPARE(wordAt(8), std::numeric_limits<std::int32_t>::min());
        QCOMPARE(wordAt(9), std::numeric_limits<std::int32_t>::max());
        QCOMPARE(wordAt(10), 2147483520);
        QCOMPARE(wordAt(11), std::numeric_limits<std::int32_t>::max());
        QCOMPARE(longAt(9), std::int64_t{3000000000});
        QCOMPARE(longAt(12), std::numeric_limits<std::int64_t>::max());
        QCOMPARE(longAt(13), std::numeric_limits<std::int64_t>::min());
        QCOMPARE(encoded(F64), weights);
    }

    void encodedOnceStays_data() { addTypes(); }

    void encodedOnceStays()
    {
        const TensorType type = fetchedType();
        for (const auto& [rowName, row] : hardRows(1024 * 16)) {
            const auto once = decodeAll(type, encodeRows(type, row, 1024, nullptr));
            const auto twice = decodeAll(type, encodeRows(type, once, 1024, nullptr));
            const auto different = std::mismatch(once.begin(), once.end(), twice.begin());
            // Not promised where a half (of NVFP4: a UE4M3 number) is coarse or too small: denormal scales, a
            // minimum far larger than the range or beyond 65504. There it moves by no more than the first
            // encoding did.
            const std::vector<float> nothing(row.size());
            const double meanSquare = test::squaredError(row, nothing) / static_cast<double>(row.size());
            const bool isCoarse = type == NVFP4 ? !rowName.starts_with("normal") || meanSquare < 1e-2
                                                : rowName.ends_with("offset") || meanSquare < 1e-9;
            if (isCoarse || meanSquare > 1e8) {
                QVERIFY2(test::squaredError(twice, once) <= test::squaredError(row, once), rowName.c_str());
                continue;
            }
            QVERIFY2(different.first == once.end(), qPrintable(QString("%1, weight %2: %3, then %4")
                                                                   .arg(rowName.c_str())
                                                                   .arg(different.first - once.begin())
                                                                   .arg(*different.first)
                                                                   .arg(*different.second)));
        }
    }
};

QTEST_APPLESS_MAIN(TestSimpleEncode)
#include "tst_simple_encode.moc"
