// SPDX-License-Identifier: GPL-3.0-or-later
// Reading GGUF: what comes out of good files, and one crafted file for every refusal.
#include "core/formats/gguf/gguf_header.h"
#include "core/formats/open.h"
#include "support/byte_builder.h"
#include "support/test_support.h"

#include <limits>

using namespace quantlathe;
using namespace quantlathe::test;

namespace {

constexpr std::uint32_t f32 = 0;
constexpr std::uint32_t q4_0 = 2;

/// A small but complete model: two tensors, keys of several types.
GgufBuilder smallModel()
{
    GgufBuilder gguf;
    gguf.string("general.architecture", "llama").string("general.name", "tiny").u32("llama.block_count", 1);
    gguf.u32("llama.embedding_length", 64).u32("llama.attention.head_count", 4);
    gguf.f32("llama.attention.layer_norm_rms_epsilon", 1e-5F)
        .strings("tokenizer.ggml.tokens", {"a", "", "ccc"});
    gguf.i32s("tokenizer.ggml.token_type", {1, 3, -1}).boolean("tokenizer.ggml.add_bos_token", true);
    gguf.tensor("token_embd.weight", {64, 3}, f32, 64 * 3 * 4);
    gguf.tensor("blk.0.attn_q.weight", {64, 64}, q4_0, 64 * 64 / 32 * 18);
    return gguf;
}

/// Keeps a copy of the bytes alive for the arrays of the header.
gguf::Header parse(const std::vector<std::byte>& bytes)
{
    const auto owner = std::make_shared<const std::vector<std::byte>>(bytes);
    return gguf::parseHeader(*owner, "test.gguf", owner);
}
gguf::Header parse(const GgufBuilder& builder)
{
    return parse(builder.file());
}

ByteBuilder arrayHead(std::uint32_t elementType, std::uint64_t count)
{
    return ByteBuilder().number(elementType).number(count);
}

} // namespace

class TestGgufReader : public QObject
{
    Q_OBJECT
private slots:
    void readsKeysAndTensors()
    {
        const auto bytes = smallModel().file();
        const gguf::Header header = parse(bytes);
        QCOMPARE(header.version, 3);
        QCOMPARE(header.tensors.size(), 2u);
        QCOMPARE(header.tensors[0].shape, Shape({3, 64}));
        QCOMPARE(header.tensors[1].type, TensorType::Q4_0);
        QCOMPARE(header.tensors[1].offset, 768u);
        QCOMPARE(header.dataOffset % 32, 0u);
        QCOMPARE(header.metadata.entries().size(), 9u);
        QCOMPARE(*header.metadata.string("general.name"), std::string("tiny"));
        const MetadataArray* tokens = header.metadata.array("tokenizer.ggml.tokens");
        QVERIFY(tokens);
        QCOMPARE(std::get<std::string>(tokens->at(2)), std::string("ccc"));
        QCOMPARE(std::get<std::int64_t>(header.metadata.array("tokenizer.ggml.token_type")->at(2)),
                 std::int64_t{-1});
    }

    void opensAFile()
    {
        ScratchFolder folder;
        writeBytes(folder / "anything.bin", smallModel().file()); // the name does not matter
        const auto model = openModel(folder / "anything.bin");
        QCOMPARE(model->format(), ModelFormat::Gguf);
        QCOMPARE(model->tensors().size(), 2u);
        QCOMPARE(model->weightCount(), 64u * 3 + 64 * 64);
        QCOMPARE(model->fileBytes(), std::filesystem::file_size(folder / "anything.bin"));
        const std::size_t query = *model->indexOf("blk.0.attn_q.weight");
        QVERIFY(model->place(query).role == TensorRole::AttentionQuery);
        QCOMPARE(model->place(query).layer, std::optional(0));
        QCOMPARE(model->architecture().parameters.vocabularySize, 3u);
        QVERIFY(model->architecture().parameters.isEmbeddingTied);
        std::vector<float> row(64);
        model->tensors()[0].decodeRows(2, 1, row.data());
        QVERIFY(model->tensors()[0].bytes().size() == 768);
    }

    void version2IsRead()
    {
        GgufBuilder gguf = smallModel();
        gguf.version = 2;
        QCOMPARE(parse(gguf).version, 2);
    }

    void refusesOtherVersions()
    {
        GgufBuilder gguf = smallModel();
        gguf.version = 1;
        VERIFY_ERROR(parse(gguf), ErrorKind::Unsupported, "GGUF file of version 1");
        gguf.version = 4;
        VERIFY_ERROR(parse(gguf), ErrorKind::Unsupported, "version 4; versions 2 and 3 are known");
        gguf.version = 0;
        VERIFY_ERROR(parse(gguf), ErrorKind::BadFormat, "version 0 does not exist");
        gguf.version = 0x03000000;
        VERIFY_ERROR(parse(gguf), ErrorKind::Unsupported, "big-endian");
        gguf.version = 3;
        gguf.magic = "FUGG";
        VERIFY_ERROR(parse(gguf), ErrorKind::Unsupported, "big-endian");
        gguf.magic = "GGML";
        VERIFY_ERROR(parse(gguf), ErrorKind::BadFormat, "does not start with 'GGUF'");
    }

    void refusesAbsurdCounts()
    {
        for (const std::int64_t count : {std::int64_t{-2}, std::int64_t{1} << 62, std::int64_t{3} << 40}) {
            GgufBuilder gguf = smallModel();
            gguf.claimedTensors = count;
            VERIFY_ERROR(parse(gguf), ErrorKind::BadFormat, "tensors, but the");
            gguf.claimedTensors = -1;
            gguf.claimedKeys = count;
            VERIFY_ERROR(parse(gguf), ErrorKind::BadFormat, "keys, but the");
        }
        GgufBuilder gguf; // a sparse file gives room for any count at no cost: the fixed limits hold
        gguf.claimedTensors = 1'000'001;
        auto bytes = gguf.header();
        bytes.resize(std::size_t{64} << 20);
        VERIFY_ERROR(parse(bytes), ErrorKind::BadFormat, "claims 1000001 tensors; at most 1000000");
        gguf.claimedTensors = -1;
        gguf.claimedKeys = 100'001;
        bytes = gguf.header();
        bytes.resize(std::size_t{64} << 20);
        VERIFY_ERROR(parse(bytes), ErrorKind::BadFormat, "claims 100001 keys; at most 100000");
    }

    void refusesBadNames()
    {
        VERIFY_ERROR(parse(smallModel().u32("", 1)), ErrorKind::BadFormat, "key 10 of 10 is empty");
        VERIFY_ERROR(parse(smallModel().u32(std::string(70000, 'k'), 1)), ErrorKind::BadFormat,
                     "has 70000 bytes; at most 65535");
        VERIFY_ERROR(parse(smallModel().u32("bad\xff"
                                            "key",
                                            1)),
                     ErrorKind::BadFormat, "is not UTF-8: 'bad\\xFFkey'");
        VERIFY_ERROR(parse(smallModel().u32("general.name", 1)), ErrorKind::BadFormat,
                     "'general.name' appears twice");
        VERIFY_ERROR(parse(smallModel().tensor("", {32}, f32, 128)), ErrorKind::BadFormat,
                     "the name of tensor 3 of 3 is empty");
        VERIFY_ERROR(parse(smallModel().tensor("\xc0\xaf", {32}, f32, 128)), ErrorKind::BadFormat,
                     "is not UTF-8");
        VERIFY_ERROR(parse(smallModel().tensor("token_embd.weight", {32}, f32, 128)), ErrorKind::BadFormat,
                     "'token_embd.weight' appears twice");
        ByteBuilder endless; // a length near 2^64
        endless.number(std::numeric_limits<std::uint64_t>::max() - 3).text("name");
        VERIFY_ERROR(parse(smallModel().rawTensor(endless.zeros(64))), ErrorKind::BadFormat,
                     "the file ends inside the name of tensor 3 of 3: 18446744073709551612 bytes wanted");
    }

    void badUtf8InValuesIsKept()
    {
        const gguf::Header header =
            parse(smallModel().string("odd", "a\xff\xfe z").strings("odds", {"\xc3\x28", "b"}));
        QCOMPARE(*header.metadata.string("odd"), std::string("a\xff\xfe z"));
        QCOMPARE(QString::fromStdString(header.metadata.find("odd")->toText()), QString("a\\xFF\\xFE z"));
        QCOMPARE(std::get<std::string>(header.metadata.array("odds")->at(0)), std::string("\xc3\x28"));
        QVERIFY(header.metadata.find("odds")->toText().find("\\xC3(") != std::string::npos);
    }

    void refusesBadValues()
    {
        VERIFY_ERROR(parse(smallModel().key("k", 13, ByteBuilder().zeros(32))), ErrorKind::BadFormat,
                     "key 'k' has value type 13, which does not exist");
        VERIFY_ERROR(parse(smallModel().key("k", 9, arrayHead(13, 1).zeros(32))), ErrorKind::BadFormat,
                     "key 'k' is an array of value type 13");
        VERIFY_ERROR(parse(smallModel().key("k", 9, arrayHead(9, 1).append(arrayHead(4, 0).bytes()))),
                     ErrorKind::Unsupported, "array of arrays");
        for (const std::uint32_t type : {0U, 4U, 8U, 12U}) {
            for (const std::uint64_t count : {std::uint64_t{1} << 61, ~std::uint64_t{0}}) {
                VERIFY_ERROR(parse(smallModel().key("k", 9, arrayHead(type, count).zeros(64))),
                             ErrorKind::BadFormat, "cannot hold that many");
            }
        }
        ByteBuilder badString = arrayHead(8, 2).string("good").number(~std::uint64_t{0} - 7).zeros(64);
        VERIFY_ERROR(parse(smallModel().key("k", 9, badString)), ErrorKind::BadFormat,
                     "the file ends inside the value of key 'k'");
        VERIFY_ERROR(
            parse(smallModel().key("k", 8, ByteBuilder().number(std::uint64_t{1} << 40).text("short"))),
            ErrorKind::BadFormat, "the file ends inside the value of key 'k'");
    }

    void refusesBadAlignment()
    {
        VERIFY_ERROR(parse(smallModel().u32("general.alignment", 0)), ErrorKind::BadFormat,
                     "general.alignment is 0");
        VERIFY_ERROR(parse(smallModel().u32("general.alignment", 48)), ErrorKind::BadFormat, "power of two");
        VERIFY_ERROR(parse(smallModel().string("general.alignment", "32")), ErrorKind::BadFormat,
                     "general.alignment is 32;");
        VERIFY_ERROR(
            parse(smallModel().key("general.alignment", 10, ByteBuilder().number(std::uint64_t{1} << 63))),
            ErrorKind::BadFormat, "general.alignment is 9223372036854775808");
        GgufBuilder gguf;
        gguf.alignment = 256;
        gguf.u32("general.alignment", 256).tensor("a", {4}, f32, 16).tensor("b", {4}, f32, 16);
        const gguf::Header header = parse(gguf);
        QCOMPARE(header.alignment, 256u);
        QCOMPARE(header.dataOffset % 256, 0u);
        QCOMPARE(header.tensors[1].offset, 256u);
    }

    void refusesBadShapes()
    {
        VERIFY_ERROR(parse(smallModel().tensor("t", {1, 1, 1, 1, 1}, f32, 4)), ErrorKind::BadFormat,
                     "tensor 't': has 5 dimensions; at most 4");
        VERIFY_ERROR(parse(smallModel().tensor("t", {0, 4}, f32, 4)), ErrorKind::BadFormat,
                     "a dimension is 0");
        VERIFY_ERROR(parse(smallModel().tensor("t", {~std::uint64_t{0}}, f32, 4)), ErrorKind::BadFormat,
                     "a dimension is -1");
        VERIFY_ERROR(
            parse(smallModel().tensor("t", {std::uint64_t{1} << 32, std::uint64_t{1} << 32}, f32, 4)),
            ErrorKind::BadFormat, "more than 2^63 weights");
        VERIFY_ERROR(parse(smallModel().tensor("t", {std::uint64_t{1} << 62}, f32, 4)), ErrorKind::BadFormat,
                     "more than 2^64 bytes");
        VERIFY_ERROR(parse(smallModel().tensor("t", {48, 2}, q4_0, 54)), ErrorKind::BadFormat,
                     "rows of 48 weights are no multiple of the 32 weights in a block of type Q4_0");
        const gguf::Header scalar = parse(smallModel().tensor("t", {}, f32, 4)); // no dimensions: one weight
        QCOMPARE(scalar.tensors.back().shape.weightCount(), 1u);
    }

    void refusesTypesThatDoNotExist()
    {
        VERIFY_ERROR(parse(smallModel().tensor("t", {32}, 43, 4)), ErrorKind::BadFormat,
                     "type number 43 does not exist");
        VERIFY_ERROR(parse(smallModel().tensor("t", {32}, 0xFFFFFFFF, 4)), ErrorKind::BadFormat,
                     "type number 4294967295 does not exist");
        for (const std::uint32_t retired : {4U, 5U, 31U, 33U, 36U, 38U})
            VERIFY_ERROR(parse(smallModel().tensor("t", {32}, retired, 4)), ErrorKind::Unsupported,
                         "was given up by ggml");
        VERIFY_ERROR(parse(smallModel().tensor("t", {32}, 137, 4)), ErrorKind::Unsupported, "ik_llama.cpp");
    }

    void everyGgmlTypeIsSized()
    {
        for (const TensorTypeInfo& row : allTensorTypes()) {
            if (row.ggmlId < 0)
                continue;
            const std::size_t bytes = std::size_t{512} / row.weightsPerBlock * row.bytesPerBlock * 2;
            const gguf::Header header =
                parse(GgufBuilder().tensor("t", {512, 2}, static_cast<std::uint32_t>(row.ggmlId), bytes));
            QCOMPARE(header.tensors[0].type, row.type);
            QCOMPARE(header.tensors[0].sizeBytes, bytes);
        }
    }

    void refusesBadOffsets()
    {
        VERIFY_ERROR(parse(smallModel().tensorAt("t", {8}, f32, 16)), ErrorKind::BadFormat,
                     "its data offset 16 is no multiple of the alignment 32");
        VERIFY_ERROR(parse(smallModel().tensorAt("t", {8}, f32, 32)), ErrorKind::BadFormat,
                     "tensor 't': its data overlap those of tensor 'token_embd.weight'");
        VERIFY_ERROR(parse(smallModel().tensorAt("t", {8}, f32, std::uint64_t{1} << 40)),
                     ErrorKind::BadFormat, "end beyond the file");
        VERIFY_ERROR(parse(smallModel().tensorAt("t", {8}, f32, ~std::uint64_t{31})), ErrorKind::BadFormat,
                     "end beyond the file");
        GgufBuilder cut = smallModel();
        cut.dataBytes = 2000; // the second tensor needs 768 + 2304
        VERIFY_ERROR(parse(cut), ErrorKind::BadFormat, "which has 2000 bytes of data: the file is truncated");
    }

    void gapsAndOtherOrdersAreRead()
    {
        GgufBuilder gguf;
        gguf.tensorAt("second", {8}, f32, 128).tensorAt("first", {8}, f32, 0);
        gguf.dataBytes = 160;
        QCOMPARE(parse(gguf).tensors.size(), 2u);
        gguf.dataBytes = 159;
        VERIFY_ERROR(parse(gguf), ErrorKind::BadFormat, "tensor 'second'");
    }

    void truncatedAtEveryByte()
    {
        const auto whole = smallModel().file();
        // The padding behind the last tensor is the only part that may be missing.
        const gguf::Header header = parse(whole);
        const std::size_t needed =
            header.dataOffset + header.tensors.back().offset + header.tensors.back().sizeBytes;
        for (std::size_t size = 0; size < needed; ++size) {
            // A copy of exactly this size, so that AddressSanitizer sees a byte too many.
            const std::vector<std::byte> cut(whole.begin(),
                                             whole.begin() + static_cast<std::ptrdiff_t>(size));
            const auto error = errorOf([&] { parse(cut); });
            QVERIFY2(error && error->kind() == ErrorKind::BadFormat, qPrintable(QString::number(size)));
            QVERIFY2(error->place().offset.has_value(), error->what());
        }
        QVERIFY(!errorOf([&] {
            parse({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(needed)});
        }));
    }

    void everyByteChanged()
    {
        // Any single wrong byte: an Error or another valid file, never anything else.
        auto bytes = smallModel().file();
        const std::size_t end = parse(bytes).dataOffset;
        for (std::size_t at = 0; at < end; ++at) {
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

QTEST_APPLESS_MAIN(TestGgufReader)
#include "tst_gguf_reader.moc"
