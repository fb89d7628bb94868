// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/metadata.h"
#include "support/test_support.h"

#include <cstdlib>
#include <limits>

using namespace quantlathe;

class TestMetadata : public QObject
{
    Q_OBJECT
private slots:
    void scalarsAsText()
    {
        const auto text = [](const MetadataValue& value) { return QString::fromStdString(value.toText()); };
        QCOMPARE(text(MetadataValue::ofU64(~0ULL)), QString("18446744073709551615"));
        QCOMPARE(text(MetadataValue::ofI32(-5)), QString("-5"));
        QCOMPARE(text(MetadataValue::ofF32(0.1F)), QString("0.1"));
        QCOMPARE(text(MetadataValue::ofF32(1e-5F)), QString("1e-05"));
        QCOMPARE(text(MetadataValue::ofF32(500000.0F)), QString("500000.0"));
        QCOMPARE(text(MetadataValue::ofF64(0.1)), QString("0.1"));
        QCOMPARE(text(MetadataValue::ofF64(std::numeric_limits<double>::infinity())), QString("inf"));
        QCOMPARE(text(MetadataValue::ofBool(true)), QString("true"));
        QCOMPARE(text(MetadataValue::ofString("a\nb\xff")), QString("a\\x0Ab\\xFF"));
        QCOMPARE(QString::fromStdString(MetadataValue::ofString(std::string(500, 'x')).toText(10)),
                 QString("xxxxxxxxxx..."));
    }

    void realsReadBackEqual()
    {
        for (const double value : {0.1, 1.0 / 3.0, 1e300, -2.5e-310, 16777217.0})
            QCOMPARE(std::strtod(toText(MetadataScalar(value)).c_str(), nullptr), value);
        for (const float value : {0.1F, 1.0F / 3.0F, 3.0e38F, 1e-40F})
            QCOMPARE(std::strtof(MetadataValue::ofF32(value).toText().c_str(), nullptr), value);
    }

    void arraysAsText()
    {
        const auto numbers = MetadataValue::ofArray(MetadataArray::fromInts({1, -2, 3}));
        QCOMPARE(QString::fromStdString(numbers.toText()), QString("[1, -2, 3]"));
        const auto strings = MetadataValue::ofArray(MetadataArray::fromStrings({"a", "b\x01"}));
        QCOMPARE(QString::fromStdString(strings.toText()), QString("[\"a\", \"b\\x01\"]"));
        const auto many =
            MetadataValue::ofArray(MetadataArray::fromUnsigned(std::vector<std::uint64_t>(32000, 7)));
        const std::string text = many.toText(40);
        QVERIFY2(text.size() < 80 && text.ends_with("... 32000 values]"), text.c_str());
        QCOMPARE(
            QString::fromStdString(MetadataValue::ofArray(MetadataArray::fromBools({true, false})).toText()),
            QString("[true, false]"));
        QCOMPARE(QString::fromStdString(MetadataValue::ofArray(MetadataArray::fromStrings({})).toText()),
                 QString("[]"));
    }

    void anyStringOfALongArray()
    {
        std::vector<std::string> values;
        for (int index = 0; index < 1000; ++index)
            values.push_back(std::string(static_cast<std::size_t>(index % 7), 'a') + std::to_string(index));
        const auto array = MetadataArray::fromStrings(values);
        QCOMPARE(array.size(), 1000u);
        for (const std::size_t index : {0u, 1u, 255u, 256u, 257u, 511u, 512u, 999u})
            QCOMPARE(std::get<std::string>(array.at(index)), values[index]);
        std::uint64_t count = 0;
        array.forEachString([&](std::uint64_t index, std::string_view text) {
            QCOMPARE(index, count++);
            QCOMPARE(std::string(text), values[index]);
        });
        QCOMPARE(count, 1000u);
    }

    void viewsKeepTheirBytesAlive()
    {
        auto bytes = std::make_shared<std::vector<std::byte>>(8, std::byte{1});
        const std::weak_ptr<std::vector<std::byte>> watch = bytes;
        {
            const MetadataArray array(MetadataType::U16, 4, *bytes, bytes);
            bytes.reset();
            QVERIFY(!watch.expired());
            QCOMPARE(std::get<std::uint64_t>(array.at(3)), std::uint64_t{0x0101});
        }
        QVERIFY(watch.expired());
    }

    void lookUpsConvertWhereTheValueFits()
    {
        Metadata metadata;
        metadata.append("u", MetadataValue::ofU32(7));
        metadata.append("i", MetadataValue::ofI32(-7));
        metadata.append("p", MetadataValue::ofI32(7));
        metadata.append("f", MetadataValue::ofF32(0.5F));
        metadata.append("s", MetadataValue::ofString("7"));
        metadata.append("b", MetadataValue::ofBool(true));
        metadata.append("a", MetadataValue::ofArray(MetadataArray::fromFloats({1, 2})));
        QCOMPARE(metadata.unsignedInteger("u"), std::optional<std::uint64_t>(7));
        QCOMPARE(metadata.unsignedInteger("p"), std::optional<std::uint64_t>(7));
        for (const char* key : {"i", "f", "s", "b", "a", "missing"})
            QVERIFY2(!metadata.unsignedInteger(key), key);
        QCOMPARE(metadata.real("i"), std::optional(-7.0));
        QCOMPARE(metadata.real("f"), std::optional(0.5));
        QVERIFY(!metadata.real("s") && !metadata.real("b") && !metadata.real("a"));
        QCOMPARE(metadata.boolean("b"), std::optional(true));
        QVERIFY(!metadata.boolean("u"));
        QCOMPARE(metadata.string("s"), std::optional<std::string>("7"));
        QVERIFY(metadata.array("a") && !metadata.array("u") && !metadata.array("missing"));
    }

    void setReplacesWhereItStands()
    {
        Metadata metadata;
        metadata.append("a", MetadataValue::ofU32(1));
        metadata.append("b", MetadataValue::ofU32(2));
        metadata.set("a", MetadataValue::ofString("x"));
        metadata.set("c", MetadataValue::ofU32(3));
        QCOMPARE(metadata.entries().size(), 3u);
        QCOMPARE(metadata.entries()[0].key, std::string("a"));
        QCOMPARE(metadata.entries()[0].value.type, MetadataType::String);
        QCOMPARE(metadata.entries()[2].key, std::string("c"));
    }
};

QTEST_APPLESS_MAIN(TestMetadata)
#include "tst_metadata.moc"
