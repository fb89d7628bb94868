// SPDX-License-Identifier: GPL-3.0-or-later
// llama.cpp's importance files: real ones, round trips, and a crafted file for every refusal.
#include "core/calibration/imatrix_file.h"
#include "support/byte_builder.h"
#include "support/test_support.h"

#include <cmath>
#include <limits>

using namespace quantlathe;
using namespace quantlathe::test;

namespace {

constexpr std::uint32_t f32 = 0;
constexpr std::uint32_t f16 = 1;

Importance made(std::uint32_t chunkSize = 64)
{
    Importance::Contents contents;
    contents.datasets = {"first.txt", "second.txt"};
    contents.chunkCount = 3;
    contents.chunkSize = chunkSize;
    contents.entries = {{"blk.0.attn_q.weight", 3, {1.5f, 0, 192.25f}, {192}},
                        {"blk.0.ffn_up_exps.weight", 2, {4, 8, 0, 0, 0.1f, 5e-8f}, {100, 0, 77}},
                        {"blk.1.ffn_down.weight", 2, {std::numeric_limits<float>::quiet_NaN(), -1}, {192}}};
    return Importance(std::move(contents));
}

/// One dense tensor in the older format.
ByteBuilder datEntry(std::string_view name, std::int32_t calls, const std::vector<float>& values)
{
    ByteBuilder bytes;
    bytes.number(static_cast<std::int32_t>(name.size())).text(name).number(calls).number(static_cast<std::int32_t>(values.size()));
    for (const float value : values)
        bytes.number(value);
    return bytes;
}

ByteBuilder dat(std::int32_t entries, const ByteBuilder& content)
{
    return ByteBuilder().number(entries).append(content.bytes());
}

} // namespace

class TestImatrix : public QObject
{
    Q_OBJECT

    ScratchFolder m_folder;

    std::filesystem::path written(const std::string& name, const std::vector<std::byte>& bytes)
    {
        writeBytes(m_folder / name, bytes);
        return m_folder / name;
    }

private slots:
    void ggufComesBackExactly()
    {
        const Importance before = made();
        writeImportance(before, m_folder / "a.gguf", ImportanceFormat::Gguf);
        const auto after = readImportance(m_folder / "a.gguf");
        QCOMPARE(after->hash(), before.hash()); // NaN included: bit for bit
        QCOMPARE(after->entries().size(), before.entries().size());
        for (std::size_t index = 0; index < 3; ++index) {
            QCOMPARE(after->entries()[index].name, before.entries()[index].name);
            QCOMPARE(after->entries()[index].rowLength, before.entries()[index].rowLength);
            QCOMPARE(after->entries()[index].counts, before.entries()[index].counts);
        }
        QCOMPARE(after->datasets().size(), 2u);
        QCOMPARE(after->datasets()[1], std::string("second.txt"));
        QCOMPARE(after->chunkCount(), 3u);
        QCOMPARE(after->chunkSize(), 64u);
        QCOMPARE(after->file(), m_folder / "a.gguf");
        writeImportance(*after, m_folder / "b.gguf", ImportanceFormat::Gguf);
        QCOMPARE(readBytes(m_folder / "b.gguf"), readBytes(m_folder / "a.gguf"));
    }

    void datHoldsMeans()
    {
        writeImportance(made(), m_folder / "a.dat", ImportanceFormat::Dat);
        const auto after = readImportance(m_folder / "a.dat");
        QCOMPARE(after->chunkCount(), 3u);
        QCOMPARE(after->chunkSize(), 0u); // the format does not tell
        QCOMPARE(after->datasets().size(), 1u);
        QCOMPARE(after->datasets()[0], std::string("second.txt"));
        const auto& dense = after->entries()[0];
        QCOMPARE(dense.counts, std::vector<float>{3}); // 192 activations in chunks of 64
        QCOMPARE(dense.sumOfSquares[0] / 3, 1.5f / 192);
        QCOMPARE(dense.sumOfSquares[2] / 3, 192.25f / 192);
        const auto& stack = after->entries()[1];
        QCOMPARE(stack.rowLength, 6u);
        QCOMPARE(stack.counts, std::vector<float>{2}); // ceil(100 / 64)
        QCOMPARE(stack.sumOfSquares[1] / 2, 0.08f);
        QCOMPARE(stack.sumOfSquares[2] / 2, 1.0f); // never reached
        QVERIFY(std::abs(stack.sumOfSquares[4] / 2 - 0.1f / 77) < 1e-10f);
        // Once in this form it comes back exactly, through GGUF, too.
        writeImportance(*after, m_folder / "b.dat", ImportanceFormat::Dat);
        QCOMPARE(readBytes(m_folder / "b.dat"), readBytes(m_folder / "a.dat"));
        writeImportance(*after, m_folder / "c.gguf", ImportanceFormat::Gguf);
        QCOMPARE(readImportance(m_folder / "c.gguf")->hash(), after->hash());
    }

    void formatFollowsTheName()
    {
        QCOMPARE(importanceFormatFor("x/imatrix.dat"), ImportanceFormat::Dat);
        QCOMPARE(importanceFormatFor("x/imatrix.gguf"), ImportanceFormat::Gguf);
        QCOMPARE(importanceFormatFor("x/imatrix"), ImportanceFormat::Gguf);
    }

    void sharedFilesAreRead()
    {
        QUANTLATHE_NEED_SHARED_DATA(data);
        const auto found = readImportance(data / "models/found/imatrix/gguf-quantizor-imatrix.dat");
        QCOMPARE(found->entries().size(), 154u);
        QCOMPARE(found->entries()[0].name, std::string("blk.21.ffn_up.weight"));
        QCOMPARE(found->entries()[0].rowLength, 2048u);
        QCOMPARE(found->chunkCount(), 365u);
        QCOMPARE(found->datasets()[0], std::string("imatrix-training-full-3"));
        const auto prose = readImportance(data / "models/derived/prose-llama-6m/imatrix.gguf");
        QCOMPARE(prose->entries().size(), 42u);
        QCOMPARE(prose->chunkCount(), 40u);
        QCOMPARE(prose->chunkSize(), 256u);
        QVERIFY(isImportanceFile(data / "models/derived/prose-llama-6m/imatrix.gguf"));
        QVERIFY(isImportanceFile(data / "models/found/imatrix/gguf-quantizor-imatrix.dat"));
        QVERIFY(!isImportanceFile(data / "models/derived/prose-llama-6m/model-f16.gguf"));
        QVERIFY(!isImportanceFile(data / "models/derived/prose-llama-6m/eval.txt"));
        QVERIFY(!isImportanceFile(data / "models/derived/prose-llama-6m"));
    }

    void bothFormatsOfTheSameDataAgree()
    {
        QUANTLATHE_NEED_SHARED_DATA(data);
        const auto gguf = readImportance(data / "models/derived/shakespeare-qwen2-1m.imatrix.gguf");
        const auto older = readImportance(data / "models/derived/shakespeare-qwen2-1m.imatrix.dat");
        QCOMPARE(gguf->entries().size(), older->entries().size());
        double largest = 0;
        for (const Importance::Entry& entry : gguf->entries()) {
            const Importance::Entry* other = older->find(entry.name);
            QVERIFY2(other, entry.name.c_str());
            QCOMPARE(other->rowLength, entry.rowLength);
            for (std::size_t index = 0; index < entry.sumOfSquares.size(); ++index) {
                const double a = entry.sumOfSquares[index] / entry.counts[0];
                const double b = other->sumOfSquares[index] / other->counts[0];
                largest = std::max(largest, std::abs(a - b) / std::max(a, 1e-30));
            }
        }
        QVERIFY2(largest < 1e-6, QByteArray::number(largest).constData());
        // And what is written here says what llama.cpp wrote.
        writeImportance(*gguf, m_folder / "ours.dat", ImportanceFormat::Dat);
        const auto ours = readImportance(m_folder / "ours.dat");
        for (const Importance::Entry& entry : older->entries())
            QCOMPARE(ours->find(entry.name)->counts, entry.counts);
    }

    void refusesDat_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QString>("message");
        const auto row = [](const char* name, const ByteBuilder& file, const char* message) {
            QTest::newRow(name) << QByteArray(reinterpret_cast<const char*>(file.bytes().data()), static_cast<qsizetype>(file.size())) << message;
        };
        const ByteBuilder good = datEntry("a.weight", 2, {1, 2});
        row("empty", {}, "is empty");
        row("text", ByteBuilder().text("once upon a time there was"), "is no importance data");
        row("no entries", dat(0, good), "is no importance data");
        row("too short", ByteBuilder().number(1).number(1), "is no importance data");
        row("second entry missing", dat(2, good), "the file ends within the length of a tensor's name: 0 bytes of 4 are there");
        row("name cut", dat(2, datEntry("a.weight", 2, {1, 2}).number(50).text("b")), "the file ends within a tensor's name: 1 bytes of 50");
        row("name of no bytes", dat(2, datEntry("a.weight", 2, {1, 2}).number(0).zeros(12)), "the length of a tensor's name is 0");
        row("name too long", dat(2, datEntry("a.weight", 2, {1, 2}).number(5000).zeros(6000)), "the length of a tensor's name is 5000");
        row("negative calls", dat(1, datEntry("a.weight", -2, {1})), "the number of calls is -2");
        row("no values", dat(1, datEntry("a.weight", 2, {})), "the number of values is 0");
        row("values cut", dat(1, ByteBuilder().number(8).text("a.weight").number(1).number(1000).zeros(100)), "the file ends within the values: 100 bytes of 4000");
        row("huge", dat(1, ByteBuilder().number(8).text("a.weight").number(1).number(std::numeric_limits<std::int32_t>::max())), "the file ends within the values");
        row("huge count", dat(std::numeric_limits<std::int32_t>::max(), good), "the file ends within the length");
        row("twice", dat(2, datEntry("a.weight", 2, {1, 2}).append(good.bytes())), "name the tensor twice");
        row("negative chunks", dat(1, datEntry("a.weight", 2, {1, 2}).number(-1)), "the number of chunks is -1");
        row("negative data set", dat(1, datEntry("a.weight", 2, {1, 2}).number(1).number(-5)), "the length of the data set's name is -5");
        row("data set cut", dat(1, datEntry("a.weight", 2, {1, 2}).number(1).number(5).text("ab")), "the file ends within the data set's name");
        row("rest", dat(1, datEntry("a.weight", 2, {1, 2}).number(1).number(2).text("abcd")), "2 bytes stand behind the end");
    }
    void refusesDat()
    {
        QFETCH(QByteArray, bytes);
        QFETCH(QString, message);
        const auto* begin = reinterpret_cast<const std::byte*>(bytes.constData());
        const auto file = written("bad.dat", {begin, begin + bytes.size()});
        VERIFY_ERROR(readImportance(file), ErrorKind::BadFormat, message.toStdString());
    }

    void oldestDatEndsAfterTheTensors()
    {
        const auto plain = readImportance(written("oldest.dat", dat(1, datEntry("a.weight", 4, {8, 2})).bytes()));
        QCOMPARE(plain->entries()[0].counts, std::vector<float>{4});
        QCOMPARE(plain->chunkCount(), 0u);
        QVERIFY(plain->datasets().empty());
        const auto chunks = readImportance(written("older.dat", dat(1, datEntry("a.weight", 4, {8, 2}).number(7)).bytes()));
        QCOMPARE(chunks->chunkCount(), 7u);
    }

    void refusesGguf_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QString>("message");
        const auto row = [](const char* name, const GgufBuilder& file, const char* message) {
            const auto bytes = file.file();
            QTest::newRow(name) << QByteArray(reinterpret_cast<const char*>(bytes.data()), static_cast<qsizetype>(bytes.size())) << message;
        };
        const auto start = [] { return GgufBuilder().string("general.type", "imatrix"); };
        row("a model", GgufBuilder().string("general.architecture", "llama").tensor("a.in_sum2", {4, 1}, f32, 16), "is a GGUF file, but holds no importance data");
        row("another type", GgufBuilder().string("general.type", "adapter").u32("imatrix.chunk_count", 1).tensor("a.in_sum2", {4, 1}, f32, 16), "holds no importance data (general.type");
        row("nothing", start().tensor("a.weight", {4}, f32, 16), "no tensor ends in '.in_sum2'");
        row("no counts", start().tensor("a.weight.in_sum2", {4, 1}, f32, 16), "but no 'a.weight.counts'");
        row("no sums", start().tensor("a.weight.counts", {1, 1}, f32, 4), "but no 'a.weight.in_sum2'");
        row("sums F16", start().tensor("a.weight.in_sum2", {4, 1}, f16, 8).tensor("a.weight.counts", {1, 1}, f32, 4), "importance data are F32, not F16");
        row("counts F16", start().tensor("a.weight.in_sum2", {4, 1}, f32, 16).tensor("a.weight.counts", {1, 1}, f16, 2), "importance data are F32, not F16");
        row("other counts", start().tensor("a.weight.in_sum2", {4, 2}, f32, 32).tensor("a.weight.counts", {1, 3}, f32, 12), "sums of 2 x 4 and counts of 3 x 1 do not belong together");
        row("no name", start().tensor(".in_sum2", {4, 1}, f32, 16).tensor(".counts", {1, 1}, f32, 4), "has no name");
        row("count no number", start().tensor("a.weight.in_sum2", {4, 1}, f32, 16).tensor("a.weight.counts", {1, 9}, f32, 36), "do not belong together");
        GgufBuilder cut = start().tensor("a.weight.in_sum2", {4, 1}, f32, 16).tensor("a.weight.counts", {1, 1}, f32, 4);
        cut.dataBytes = 20;
        row("cut", cut, "");
    }
    void refusesGguf()
    {
        QFETCH(QByteArray, bytes);
        QFETCH(QString, message);
        const auto* begin = reinterpret_cast<const std::byte*>(bytes.constData());
        const auto file = written("bad.gguf", {begin, begin + bytes.size()});
        VERIFY_ERROR(readImportance(file), ErrorKind::BadFormat, message.toStdString());
    }

    void countsThatAreNoNumbersAreRefused()
    {
        writeImportance(made(), m_folder / "good.gguf", ImportanceFormat::Gguf);
        std::vector<std::byte> bytes = readBytes(m_folder / "good.gguf");
        const float count = 192;
        const float bad = -192;
        const auto* wanted = reinterpret_cast<const std::byte*>(&count);
        const auto at = std::search(bytes.begin(), bytes.end(), wanted, wanted + sizeof count);
        QVERIFY(at != bytes.end());
        std::copy_n(reinterpret_cast<const std::byte*>(&bad), sizeof bad, at);
        VERIFY_ERROR(readImportance(written("negative.gguf", bytes)), ErrorKind::BadFormat, "a count of activations is -192");
    }

    void unknownSuffixesAndKeysArePassedOver()
    {
        auto bytes = GgufBuilder().string("general.type", "imatrix").strings("imatrix.stats_schema", {"a", "b"})
                               .tensor("a.weight.in_sum", {4, 1}, f32, 16).tensor("a.weight.counts", {1, 1}, f32, 4)
                               .tensor("a.weight.in_sum2", {4, 1}, f32, 16).tensor("a.weight.stats", {12}, f32, 48).file();
        const float count = 5;
        std::memcpy(bytes.data() + bytes.size() - (3 * 32 + 64) + 32, &count, sizeof count);
        const auto importance = readImportance(written("newer.gguf", bytes));
        QCOMPARE(importance->entries().size(), 1u);
        QCOMPARE(importance->entries()[0].name, std::string("a.weight"));
        QCOMPARE(importance->entries()[0].counts, std::vector<float>{5});
    }

    void writingIsAtomicAndRefusesLongNames()
    {
        Importance::Contents contents;
        contents.entries = {{std::string(60, 'x'), 1, {1}, {1}}};
        const Importance importance(std::move(contents));
        const auto file = written("keep.gguf", ByteBuilder().text("before").bytes());
        VERIFY_ERROR(writeImportance(importance, file, ImportanceFormat::Gguf), ErrorKind::InvalidArgument, "the name has 68 bytes");
        QCOMPARE(readBytes(file).size(), 6u);
        writeImportance(importance, m_folder / "long.dat", ImportanceFormat::Dat);
        QCOMPARE(readImportance(m_folder / "long.dat")->entries()[0].name.size(), 60u);
        VERIFY_ERROR(writeImportance(importance, m_folder / "no folder" / "x.dat", ImportanceFormat::Dat), ErrorKind::NotFound, "no folder");
    }
};

QTEST_APPLESS_MAIN(TestImatrix)
#include "tst_imatrix.moc"
