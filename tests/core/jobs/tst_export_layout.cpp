// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/jobs/chunks.h"
#include "core/jobs/export_layout.h"
#include "core/base/hash64.h"
#include "core/plan/presets.h"
#include "made_model.h"

using namespace quantlathe;
using namespace quantlathe::test;

namespace {

std::uint64_t hashOf(std::string_view text)
{
    return hash64(std::as_bytes(std::span(text)));
}

} // namespace

class TestExportLayout : public QObject
{
    Q_OBJECT
private slots:
    void hashIsXxh64()
    {
        QCOMPARE(hashOf(""), 0xEF46DB3751D8E999ull);
        QCOMPARE(hashOf("a"), 0xD24EC4F1A98C6E5Bull);
        QCOMPARE(hashOf("abc"), 0x44BC2CF5AD770999ull);
        QCOMPARE(hashOf("Nobody inspects the spammish repetition"), 0xFBCEA83C8A378BF1ull);
    }

    void anUnchangedFileKeepsItsSize()
    {
        const auto model = openModel(fixture("gguf/tiny-llama.gguf"));
        const Plan plan;
        const auto layout = layoutExport(makeGgufOutput(model, plan), "out.gguf", 0);
        QCOMPARE(layout.files.size(), std::size_t{1});
        const ExportFile& file = layout.files.front();
        QCOMPARE(file.tensors.size(), model->tensors().size());
        QCOMPARE(layout.totalBytes, file.sizeBytes);
        for (std::size_t index = 0; index < file.tensors.size(); ++index) {
            QVERIFY(layout.output.tensors[index].isCopy);
            QCOMPARE(file.offsets[index] % 32, 0u);
        }
    }

    void chunksCoverTheFilesWithoutOverlap()
    {
        ScratchFolder folder;
        writeMadeGguf(folder / "in.gguf", madeLlama(3));
        const auto model = openModel(folder / "in.gguf");
        const Plan plan = planFromType(*model, TensorType::Q4_K);
        for (const std::uint64_t split : {0u, 600'000u}) {
            const auto layout = layoutExport(makeGgufOutput(model, plan), folder / "out.gguf", split);
            const ChunkList chunks(layout);
            std::size_t file = 0;
            std::uint64_t end = 0;
            std::uint64_t sum = 0;
            for (std::uint64_t index = 0; index < chunks.size(); ++index) {
                const Chunk chunk = chunks.at(index);
                if (chunk.file != file) {
                    QVERIFY(layout.files[file].sizeBytes - end < 32);
                    QCOMPARE(chunk.file, file + 1);
                    file = chunk.file;
                    end = 0;
                }
                QVERIFY2(chunk.fileOffset >= end && chunk.fileOffset - end < 32, "gaps are padding only");
                QVERIFY(chunk.sizeBytes > 0 && chunk.sizeBytes <= chunks.largestBytes());
                end = chunk.fileOffset + chunk.sizeBytes;
                sum += chunk.sizeBytes;
            }
            QCOMPARE(file + 1, layout.files.size());
            QVERIFY(layout.files[file].sizeBytes - end < 32);
            QVERIFY(sum <= layout.totalBytes);
        }
    }

    void partsStayBelowTheLimit()
    {
        ScratchFolder folder;
        writeMadeGguf(folder / "in.gguf", madeLlama(4), [](Metadata& metadata) {
            metadata.append("tokenizer.ggml.tokens",
                            MetadataValue::ofArray(MetadataArray::fromStrings(std::vector<std::string>(2000, "token"))));
        });
        const auto model = openModel(folder / "in.gguf");
        const Plan plan = planFromType(*model, TensorType::Q8_0);
        constexpr std::uint64_t limit = 800'000;
        const auto layout = layoutExport(makeGgufOutput(model, plan), folder / "out.gguf", limit);
        QVERIFY(layout.files.size() > 3);
        std::size_t tensors = 0;
        for (std::size_t number = 0; number < layout.files.size(); ++number) {
            const ExportFile& file = layout.files[number];
            QVERIFY(file.sizeBytes <= limit);
            tensors += file.tensors.size();
            QCOMPARE(QString::fromStdString(file.path.filename().string()),
                     QString("out-%1-of-%2.gguf")
                         .arg(number + 1, 5, 10, QChar('0'))
                         .arg(layout.files.size(), 5, 10, QChar('0')));
        }
        QCOMPARE(tensors, model->tensors().size());
    }

    void theNameOfAPartGivesItsPrefix()
    {
        const auto model = openModel(fixture("gguf/tiny-llama-00002-of-00003.gguf"));
        const auto layout = layoutExport(makeGgufOutput(model, {}), "x-00002-of-00003.gguf", 1u << 30);
        QCOMPARE(layout.files.size(), std::size_t{1});
        QCOMPARE(layout.files.front().path, std::filesystem::path("x-00001-of-00001.gguf"));
    }

    void aLimitBelowOneTensorIsRefused()
    {
        const auto model = openModel(fixture("gguf/tiny-llama.gguf"));
        VERIFY_ERROR(layoutExport(makeGgufOutput(model, {}), "out.gguf", 1000), ErrorKind::InvalidArgument,
                     "more than the 1000 B asked for");
    }
};

QTEST_GUILESS_MAIN(TestExportLayout)
#include "tst_export_layout.moc"
