// SPDX-License-Identifier: GPL-3.0-or-later
// Reading safetensors: what comes out of good files, and one crafted file for every refusal.
#include "core/formats/open.h"
#include "core/formats/safetensors/safetensors_header.h"
#include "support/byte_builder.h"
#include "support/test_support.h"

#include <algorithm>

using namespace quantlathe;
using namespace quantlathe::test;

namespace {

/// JSON with ' for ", so that it can be read here.
std::string quoted(std::string text)
{
    std::replace(text.begin(), text.end(), '\'', '"');
    return text;
}

safetensors::Header parse(const std::vector<std::byte>& bytes)
{
    return safetensors::parseHeader(bytes, "test.safetensors");
}
safetensors::Header parse(std::string_view json, std::size_t dataBytes)
{
    return parse(safetensorsBytes(json, dataBytes));
}

const std::string good =
    quoted("{'__metadata__':{'format':'pt'},'b':{'dtype':'BF16','shape':[4],'data_offsets':[16,24]},'a':{'"
           "shape':[2,2],'data_offsets':[0,16],'dtype':'F32'}}  ");

/// A file with one tensor whose entry is @p entry.
std::string one(std::string_view entry)
{
    return "{\"t\":" + std::string(entry) + "}";
}

} // namespace

class TestSafetensorsReader : public QObject
{
    Q_OBJECT
private slots:
    void readsTensorsInFileOrder()
    {
        const safetensors::Header header = parse(good, 24);
        QCOMPARE(header.tensors.size(), 2u);
        QCOMPARE(header.tensors[0].name, std::string("a"));
        QCOMPARE(header.tensors[0].shape, Shape({2, 2}));
        QCOMPARE(header.tensors[0].offset, 8 + good.size());
        QCOMPARE(header.tensors[1].type, TensorType::BF16);
        QCOMPARE(*header.metadata.string("format"), std::string("pt"));
    }

    void opensAFile()
    {
        ScratchFolder folder;
        writeBytes(folder / "weights", safetensorsBytes(good, 24));
        const auto model = openModel(folder / "weights");
        QCOMPARE(model->format(), ModelFormat::Safetensors);
        QCOMPARE(model->tensors()[1].bytes().size(), 8u);
        QCOMPARE(model->tensors()[1].bytes()[0], static_cast<std::byte>(16 * 7));
        QCOMPARE(*model->metadata().string("__metadata__.format"), std::string("pt"));
        QVERIFY(!model->architecture().isKnown);
        QCOMPARE(model->architecture().displayName, std::string("weights"));
    }

    void scalarsAndEmptyTensors()
    {
        const safetensors::Header header =
            parse(quoted("{'s':{'dtype':'U8','shape':[],'data_offsets':[0,1]},'e':{'dtype':'F32','shape':[0,"
                         "3],'data_offsets':[1,1]},'z':{'dtype':'I8','shape':[1],'data_offsets':[1,2]}}"),
                  2);
        QCOMPARE(header.tensors.size(), 3u);
        QCOMPARE(header.tensors[1].name, std::string("e"));
        QCOMPARE(header.tensors[1].sizeBytes, 0u);
        QCOMPARE(parse("{}", 0).tensors.size(), 0u);
        QCOMPARE(parse(quoted("{'__metadata__':null}"), 0).tensors.size(), 0u); // mlx writes it so
    }

    void everyDtypeIsSized()
    {
        for (const TensorTypeInfo& row : allTensorTypes()) {
            if (row.safetensorsName.empty())
                continue;
            const std::string json =
                one("{\"dtype\":\"" + std::string(row.safetensorsName) +
                    "\",\"shape\":[3],\"data_offsets\":[0," + std::to_string(3 * row.bytesPerBlock) + "]}");
            QCOMPARE(parse(json, 3 * row.bytesPerBlock).tensors[0].type, row.type);
        }
    }

    void unknownFieldsAreSkipped()
    {
        const safetensors::Header header =
            parse(one(quoted("{'dtype':'U8','extra':{'a':[1,{'b':null}],'c':true},'more':[[-1.5]],'shape':[1]"
                             ",'data_offsets':[0,1],'x':7}")),
                  1);
        QCOMPARE(header.tensors[0].shape, Shape({1}));
    }

    void refusesBadLengths()
    {
        VERIFY_ERROR(parse(std::vector<std::byte>(5)), ErrorKind::BadFormat,
                     "ends inside the header length: 5 bytes");
        VERIFY_ERROR(parse(ByteBuilder().number(std::uint64_t{100'000'001}).text("{").zeros(50).bytes()),
                     ErrorKind::BadFormat, "claims a header of 100000001 bytes; at most 100000000");
        VERIFY_ERROR(parse(ByteBuilder().number(~std::uint64_t{0}).text("{}").bytes()), ErrorKind::BadFormat,
                     "claims a header of 18446744073709551615 bytes");
        VERIFY_ERROR(parse(ByteBuilder().number(std::uint64_t{1000}).text("{}").bytes()),
                     ErrorKind::BadFormat, "claims a header of 1000 bytes, but only 2 follow");
        VERIFY_ERROR(parse(ByteBuilder().number(std::uint64_t{0}).text("{}").bytes()), ErrorKind::BadFormat,
                     "does not start with '{'");
        VERIFY_ERROR(parse(" {}", 0), ErrorKind::BadFormat, "does not start with '{'");
    }

    void refusesBadJson()
    {
        VERIFY_ERROR(parse("{\"a\":", 0), ErrorKind::BadFormat, "is not valid JSON");
        VERIFY_ERROR(parse("{} x", 0), ErrorKind::BadFormat, "is not valid JSON");
        VERIFY_ERROR(parse("{\"a\xff\":1}", 0), ErrorKind::BadFormat, "is not valid JSON");
        const auto error = errorOf([] { parse("{\"a\" 1}", 0); });
        QCOMPARE(error->place().offset, std::optional<std::uint64_t>(8 + 5)); // the byte of the 1
        VERIFY_ERROR(parse(one("{\"x\":" + std::string(100000, '[') + "}"), 0), ErrorKind::BadFormat,
                     "nested deeper than 64 levels");
        VERIFY_ERROR(
            parse(quoted("{'a':{'dtype':'U8','shape':[],'data_offsets':[0,1]},'a':{'dtype':'U8'}}"), 1),
            ErrorKind::BadFormat, "the JSON key 'a' appears twice");
        VERIFY_ERROR(parse(one(quoted("{'dtype':'U8','dtype':'I8','shape':[],'data_offsets':[0,1]}")), 1),
                     ErrorKind::BadFormat, "'dtype' appears twice");
    }

    void refusesBadEntries_data()
    {
        QTest::addColumn<QString>("entry");
        QTest::addColumn<QString>("expected");
        const auto row = [](const char* name, const std::string& entry, const char* expected) {
            QTest::newRow(name) << QString::fromStdString(entry) << QString(expected);
        };
        row("number", "5", "must be an object with dtype, shape and data_offsets, not a number");
        row("string", "\"x\"", "not a string");
        row("null", "null", "not null");
        row("bool", "true", "not true or false");
        row("list", "[]", "its entry must be an object");
        row("no dtype", quoted("{'shape':[1],'data_offsets':[0,1]}"), "tensor 't': has no dtype");
        row("no shape", quoted("{'dtype':'U8','data_offsets':[0,1]}"), "has no shape");
        row("no offsets", quoted("{'dtype':'U8','shape':[1]}"), "has no data_offsets");
        row("dtype number", quoted("{'dtype':1}"), "'dtype' must not be a number");
        row("shape number", quoted("{'shape':1}"), "'shape' must not be a number");
        row("shape null", quoted("{'shape':null}"), "'shape' must not be null");
        row("shape string", quoted("{'shape':['1']}"), "'shape' must not be a string");
        row("shape negative", quoted("{'shape':[-1]}"), "'shape' must hold whole numbers from 0 on, not -1");
        row("shape fraction", quoted("{'shape':[1.5]}"), "whole numbers from 0 on, not 1.5");
        row("shape beyond 64 bits", quoted("{'shape':[18446744073709551616]}"), "whole numbers from 0 on");
        row("shape nested", quoted("{'shape':[[1]]}"), "'shape' holds a list or an object where it must not");
        row("shape object", quoted("{'shape':{'a':1}}"), "'shape' holds a list or an object");
        row("many dimensions",
            quoted("{'shape':[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]}"),
            "'shape' has more than 32 values");
        row("three offsets", quoted("{'dtype':'U8','shape':[1],'data_offsets':[0,1,2]}"),
            "must be two numbers, not 3");
        row("backwards", quoted("{'dtype':'U8','shape':[1],'data_offsets':[1,0]}"), "run backwards: 1 to 0");
        row("beyond the end", quoted("{'dtype':'U8','shape':[9],'data_offsets':[0,9]}"),
            "end at byte 9 of the data, which have 8: the file is truncated");
        row("near 2^64",
            quoted("{'dtype':'U8','shape':[1],'data_offsets':[18446744073709551614,18446744073709551615]}"),
            "end at byte 18446744073709551615");
        row("size", quoted("{'dtype':'F32','shape':[2,2],'data_offsets':[0,8]}"),
            "2 x 2 weights of type F32 take 16 bytes, but data_offsets span 8");
        row("overflow", quoted("{'dtype':'F32','shape':[4294967296,4294967296],'data_offsets':[0,8]}"),
            "more than 2^63 weights");
        row("overflow with zero",
            quoted("{'dtype':'F32','shape':[0,4294967296,4294967296],'data_offsets':[0,0]}"),
            "more than 2^63 weights");
        row("byte overflow", quoted("{'dtype':'F64','shape':[4611686018427387904],'data_offsets':[0,8]}"),
            "more than 2^64 bytes");
    }

    void refusesBadEntries()
    {
        QFETCH(QString, entry);
        QFETCH(QString, expected);
        VERIFY_ERROR(parse(one(entry.toStdString()), 8), ErrorKind::BadFormat, expected.toStdString());
    }

    void refusesUnknownDtypes()
    {
        VERIFY_ERROR(parse(one(quoted("{'dtype':'F4','shape':[2],'data_offsets':[0,1]}")), 1),
                     ErrorKind::Unsupported, "its dtype 'F4' is not one that this version knows");
    }

    void refusesHolesAndOverlaps()
    {
        const std::string hole = quoted("{'a':{'dtype':'U8','shape':[2],'data_offsets':[0,2]},'b':{'dtype':'"
                                        "U8','shape':[2],'data_offsets':[3,5]}}");
        VERIFY_ERROR(parse(hole, 5), ErrorKind::BadFormat,
                     "tensor 'b': 1 bytes before its data belong to no tensor");
        const std::string overlap = quoted("{'a':{'dtype':'U8','shape':[2],'data_offsets':[0,2]},'b':{'dtype'"
                                           ":'U8','shape':[2],'data_offsets':[1,3]}}");
        VERIFY_ERROR(parse(overlap, 3), ErrorKind::BadFormat,
                     "tensor 'b': its data overlap those of tensor 'a'");
        VERIFY_ERROR(parse(good, 27), ErrorKind::BadFormat, "the last 3 bytes belong to no tensor");
        VERIFY_ERROR(parse(one(quoted("{'dtype':'U8','shape':[1],'data_offsets':[1,2]}")), 2),
                     ErrorKind::BadFormat, "1 bytes before its data");
    }

    void refusesBadMetadata()
    {
        VERIFY_ERROR(parse(quoted("{'__metadata__':5}"), 0), ErrorKind::BadFormat,
                     "must be a string, not a number");
        VERIFY_ERROR(parse(quoted("{'__metadata__':{'a':1}}"), 0), ErrorKind::BadFormat,
                     "'a' must be a string, not a number");
        VERIFY_ERROR(parse(quoted("{'__metadata__':{'a':['b']}}"), 0), ErrorKind::BadFormat,
                     "'a' must be a string");
        VERIFY_ERROR(parse(quoted("{'__metadata__':{'a':{}}}"), 0), ErrorKind::BadFormat,
                     "'a' must be a string");
        VERIFY_ERROR(parse(quoted("{'':{'dtype':'U8','shape':[1],'data_offsets':[0,1]}}"), 1),
                     ErrorKind::BadFormat, "empty name");
        std::string many = quoted("{'__metadata__':{");
        for (int index = 0; index <= 100'000; ++index)
            many += (index ? ",\"" : "\"") + std::to_string(index) + "\":\"\"";
        VERIFY_ERROR(parse(many + "}}", 0), ErrorKind::BadFormat, "has more than 100000 values");
    }

    void refusesTooManyTensors()
    {
        std::string many = "{";
        for (int index = 0; index <= 1'000'000; ++index)
            many += (index ? ",\"" : "\"") + std::to_string(index) +
                    quoted("':{'dtype':'U8','shape':[0],'data_offsets':[0,0]}");
        VERIFY_ERROR(parse(many + "}", 0), ErrorKind::BadFormat, "has more than 1000000 tensors");
    }

    void truncatedAtEveryByte()
    {
        const auto whole = safetensorsBytes(good, 24);
        for (std::size_t size = 0; size < whole.size(); ++size) {
            const std::vector<std::byte> cut(whole.begin(),
                                             whole.begin() + static_cast<std::ptrdiff_t>(size));
            const auto error = errorOf([&] { parse(cut); });
            QVERIFY2(error && error->kind() == ErrorKind::BadFormat, qPrintable(QString::number(size)));
        }
    }

    void everyByteChanged()
    {
        auto bytes = safetensorsBytes(good, 24);
        for (std::size_t at = 0; at < 8 + good.size(); ++at) {
            const std::byte original = bytes[at];
            for (const unsigned pattern : {0x01U, 0x80U, 0xFFU}) {
                bytes[at] = original ^ static_cast<std::byte>(pattern);
                (void)errorOf([&] { parse(bytes); });
            }
            bytes[at] = original;
        }
        QVERIFY(!errorOf([&] { parse(bytes); }));
    }
};

QTEST_APPLESS_MAIN(TestSafetensorsReader)
#include "tst_safetensors_reader.moc"
