// SPDX-License-Identifier: GPL-3.0-or-later
// Saving edited metadata: as a new file, into the file itself, and what is left when the process ends half-way.
#include "core/formats/gguf/gguf_reader.h"
#include "core/formats/gguf/header_edit.h"
#include "core/jobs/metadata_job.h"
#include "core/jobs/quantize_job.h"
#include "core/plan/presets.h"
#include "made_model.h"
#include "support/byte_builder.h"

#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <fcntl.h>
#include <unistd.h>

#include <set>

using namespace quantlathe;
using namespace quantlathe::test;

namespace {

using V = MetadataValue;

std::set<std::string> filesIn(const std::filesystem::path& folder)
{
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder))
        names.insert(entry.path().filename().string());
    return names;
}

/// Names, shapes, types and bytes of all tensors are those of @p other.
bool hasSameTensors(const Model& model, const Model& other)
{
    if (model.tensors().size() != other.tensors().size())
        return false;
    for (std::size_t index = 0; index < model.tensors().size(); ++index) {
        const Tensor& a = model.tensors()[index];
        const Tensor& b = other.tensors()[index];
        if (a.name() != b.name() || a.shape() != b.shape() || a.type() != b.type() || !std::ranges::equal(a.bytes(), b.bytes()))
            return false;
    }
    return true;
}

MetadataEdits rename(const std::string& name)
{
    MetadataEdits edits;
    edits.set("general.name", V::ofString(name));
    return edits;
}

std::string nameOf(const std::filesystem::path& file) { return openModel(file)->metadata().string("general.name").value_or("-"); }

} // namespace

class TestMetadataJob : public QObject
{
    Q_OBJECT

    std::unique_ptr<ScratchFolder> m_folder;
    std::filesystem::path m_file;

private Q_SLOTS:
    void init()
    {
        m_folder = std::make_unique<ScratchFolder>();
        m_file = *m_folder / "in.gguf";
        writeMadeGguf(m_file, madeLlama(2), [](Metadata& metadata) {
            metadata.append("general.name", V::ofString(std::string(200, 'n')));
            metadata.append("tokenizer.ggml.tokens", V::ofArray(MetadataArray::fromStrings({"a", "b", "c"})));
        });
    }

    void aNewFile()
    {
        const auto before = readBytes(m_file);
        chmod(m_file.c_str(), 0640);
        const auto model = openModel(m_file);
        MetadataSaveRequest request{model, rename("short"), *m_folder / "out.gguf", 0};
        request.edits.set("tokenizer.chat_template", V::ofString(std::string(100000, 't')));
        request.edits.remove("tokenizer.ggml.tokens");
        const auto outlook = metadataOutlook(request);
        QVERIFY(!outlook.isHeaderOnly);
        QCOMPARE(filesIn(m_folder->path()).size(), 1u);
        std::uint64_t last = 0;
        std::uint64_t whole = 0;
        Watcher watcher([&](std::string_view, std::uint64_t done, std::uint64_t total) {
            QVERIFY(done >= last);
            last = done;
            whole = total;
        });
        const auto result = saveMetadata(request, {{}, &watcher});
        QCOMPARE(result.files, std::vector{*m_folder / "out.gguf"});
        QCOMPARE(result.writtenBytes, outlook.writtenBytes);
        QCOMPARE(result.writtenBytes, std::filesystem::file_size(*m_folder / "out.gguf"));
        QVERIFY(last > whole * 9 / 10);
        QVERIFY(readBytes(m_file) == before);
        const auto written = openModel(*m_folder / "out.gguf");
        QVERIFY(hasSameTensors(*written, *model));
        QCOMPARE(QString::fromStdString(*written->metadata().string("general.name")), QStringLiteral("short"));
        QCOMPARE(written->metadata().string("tokenizer.chat_template")->size(), 100000u);
        QVERIFY(!written->metadata().find("tokenizer.ggml.tokens"));
        struct stat status = {};
        QCOMPARE(stat((*m_folder / "out.gguf").c_str(), &status), 0);
        QCOMPARE(status.st_mode & 07777u, 0640u);
        QCOMPARE(filesIn(m_folder->path()), (std::set<std::string>{"in.gguf", "out.gguf"}));
    }

    void gapsAreClosed()
    {
        GgufBuilder file;
        file.string("general.architecture", "llama").tensorAt("a", {8}, 0, 0).tensorAt("b", {8}, 0, 64).tensorAt("c", {5}, 0, 96).tensorAt("d", {8}, 0, 128);
        file.dataBytes = 160;
        writeBytes(m_file, file.file());
        const auto model = openModel(m_file);
        saveMetadata({model, rename("x"), *m_folder / "out.gguf", 0}, {});
        const auto written = openModel(*m_folder / "out.gguf");
        QVERIFY(hasSameTensors(*written, *model));
        QCOMPARE(written->tensors()[1].storage().fileOffset() - written->tensors()[0].storage().fileOffset(), 32u);
    }

    void refusals()
    {
        const auto model = openModel(m_file);
        VERIFY_ERROR(saveMetadata({model, rename("x"), m_file, 0}, {}), ErrorKind::InvalidArgument, "is the model that is being read");
        std::filesystem::create_symlink(m_file, *m_folder / "link.gguf");
        VERIFY_ERROR(saveMetadata({model, rename("x"), *m_folder / "link.gguf", 0}, {}), ErrorKind::InvalidArgument, "is the model");
        VERIFY_ERROR(saveMetadata({model, rename("x"), m_folder->path(), 0}, {}), ErrorKind::InvalidArgument, "no file name");
        VERIFY_ERROR(saveMetadata({model, rename("x"), *m_folder / "no" / "out.gguf", 0}, {}), ErrorKind::NotFound, "");
        MetadataEdits wrong;
        wrong.set("general.alignment", V::ofU32(64));
        VERIFY_ERROR(saveMetadata({model, wrong, {}, 0}, {}), ErrorKind::InvalidArgument, "cannot be edited");
        std::stop_source stop;
        Watcher watcher([&](std::string_view, std::uint64_t, std::uint64_t) { stop.request_stop(); });
        VERIFY_ERROR(saveMetadata({model, rename("x"), *m_folder / "out.gguf", 0}, {stop.get_token(), &watcher}), ErrorKind::Cancelled, "");
        QCOMPARE(filesIn(m_folder->path()), (std::set<std::string>{"in.gguf", "link.gguf"}));
        writeBytes(*m_folder / "a.safetensors", safetensorsBytes(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", 8));
        const auto folder = openModel(*m_folder / "a.safetensors");
        VERIFY_ERROR(saveMetadata({folder, rename("x"), *m_folder / "out.gguf", 0}, {}), ErrorKind::Unsupported, "no GGUF metadata");
    }

    void inPlaceWhereItFits()
    {
        const auto size = std::filesystem::file_size(m_file);
        FileIdentity identity = FileIdentity::of(m_file);
        const auto tensors = openModel(m_file);
        std::vector<std::vector<std::byte>> bytes;
        for (const Tensor& tensor : tensors->tensors())
            bytes.emplace_back(tensor.bytes().begin(), tensor.bytes().end());
        // Shorter by every amount around the alignment, then longer again into the room that came about.
        for (const int length : {200, 199, 185, 170, 168, 167, 120, 3, 150, 200, 168}) {
            const auto model = openModel(m_file);
            const MetadataSaveRequest request{model, rename(std::string(static_cast<std::size_t>(length), 'm')), {}, 0};
            const bool fits = metadataOutlook(request).isHeaderOnly;
            if (!fits)
                continue;
            QVERIFY(saveMetadata(request, {}).isHeaderOnly);
            const auto after = openModel(m_file);
            QCOMPARE(after->metadata().string("general.name")->size(), static_cast<std::size_t>(length));
            QCOMPARE(after->metadata().array("tokenizer.ggml.tokens")->size(), 3u);
            QCOMPARE(std::filesystem::file_size(m_file), size);
            QVERIFY(FileIdentity::of(m_file).isSameFile(identity));
            for (std::size_t index = 0; index < bytes.size(); ++index)
                QVERIFY(std::ranges::equal(after->tensors()[index].bytes(), bytes[index]));
        }
        // 32 bytes and more of room are always filled, whatever the length.
        for (int length = 168; length > 100; --length) {
            const auto model = openModel(m_file);
            QVERIFY(metadataOutlook({model, rename(std::string(static_cast<std::size_t>(length), 'm')), {}, 0}).isHeaderOnly);
        }
        QCOMPARE(filesIn(m_folder->path()), std::set<std::string>{"in.gguf"});
    }

    void inPlaceWhereItDoesNotFit()
    {
        const auto model = openModel(m_file);
        std::filesystem::create_symlink(m_file, *m_folder / "link.gguf"); // the link stays a link
        const auto linked = openModel(*m_folder / "link.gguf");
        const MetadataSaveRequest request{linked, rename(std::string(5000, 'm')), {}, 10000};
        QVERIFY(!metadataOutlook(request).isHeaderOnly);
        QVERIFY(!saveMetadata(request, {}).isHeaderOnly);
        QVERIFY(std::filesystem::is_symlink(*m_folder / "link.gguf"));
        QCOMPARE(nameOf(m_file).size(), 5000u);
        QVERIFY(hasSameTensors(*openModel(m_file), *model));
        // The reserve makes the next one instant, and an export leaves it behind.
        const auto reopened = openModel(m_file);
        QVERIFY(reopened->metadata().find(paddingKey));
        QVERIFY(saveMetadata({reopened, rename(std::string(9000, 'm')), {}, 0}, {}).isHeaderOnly);
        QCOMPARE(nameOf(m_file).size(), 9000u);
        QVERIFY(!makeGgufOutput(openModel(m_file), {}).metadata.find(paddingKey));
        saveMetadata({openModel(m_file), rename("x"), *m_folder / "out.gguf", 0}, {});
        QVERIFY(!openModel(*m_folder / "out.gguf")->metadata().find(paddingKey));
        QCOMPARE(filesIn(m_folder->path()), (std::set<std::string>{"in.gguf", "link.gguf", "out.gguf"}));
    }

    void splitModels()
    {
        QuantizeRequest split;
        split.model = openModel(m_file);
        split.target = *m_folder / "part.gguf";
        split.splitBytes = 2'000'000;
        const auto parts = runQuantize(split, {}).files;
        QVERIFY(parts.size() >= 3);
        const auto model = openModel(parts.front());
        MetadataSaveRequest request{openModel(parts[1]), rename("parts"), *m_folder / "new.gguf", 0};
        const auto result = saveMetadata(request, {});
        QCOMPARE(result.files.size(), parts.size());
        const auto written = openModel(result.files.back());
        QCOMPARE(QString::fromStdString(*written->metadata().string("general.name")), QStringLiteral("parts"));
        QVERIFY(hasSameTensors(*written, *model));
        QVERIFY(readBytes(parts[1]) == readBytes(result.files[1]));
        // In place only the first part changes.
        const auto second = readBytes(parts[1]);
        saveMetadata({model, rename(std::string(100, 'p')), {}, 0}, {});
        QCOMPARE(nameOf(parts[1]).size(), 100u);
        QVERIFY(readBytes(parts[1]) == second);
        QCOMPARE(openModel(parts.front())->files().size(), parts.size());
    }

    // --- the process ends half-way ---

    void killedBetweenTheSteps_data()
    {
        QTest::addColumn<int>("step");
        for (int step = 0; step < gguf::replaceHeaderSteps; ++step)
            QTest::addRow("step %d", step) << step;
    }

    void killedBetweenTheSteps()
    {
        QFETCH(int, step);
        const auto original = readBytes(m_file);
        std::vector<std::byte> wanted;
        {
            const auto file = MappedFile::open(m_file);
            const auto header = gguf::parseHeader(file->bytes(), m_file, file);
            wanted = *gguf::headerInPlace(header, rename("killed").applied(header.metadata));
        }
        const pid_t child = fork();
        if (child == 0) {
            gguf::replaceHeader(m_file, wanted, [step](int number) {
                if (number == step)
                    _exit(7); // no destructors, no buffers
            });
            _exit(0);
        }
        int status = 0;
        QCOMPARE(waitpid(child, &status, 0), child);
        QCOMPARE(WEXITSTATUS(status), 7);
        // Whoever opens the file next finds the old header or the new one, and every tensor.
        const auto model = openModel(m_file);
        const std::string name = *model->metadata().string("general.name");
        const bool isNew = step >= 3;
        QCOMPARE(QString::fromStdString(name), isNew ? QStringLiteral("killed") : QString(200, QLatin1Char('n')));
        QCOMPARE(model->tensors().size(), 10u);
        QCOMPARE(filesIn(m_folder->path()), std::set<std::string>{"in.gguf"});
        auto now = readBytes(m_file);
        QCOMPARE(now.size(), original.size());
        if (!isNew)
            QVERIFY(now == original);
        std::copy_n(original.begin(), wanted.size(), now.begin());
        QVERIFY(now == original); // nothing behind the header was touched
    }

    void aTornHeaderIsPutBack()
    {
        const auto original = readBytes(m_file);
        std::vector<std::byte> wanted;
        {
            const auto file = MappedFile::open(m_file);
            const auto header = gguf::parseHeader(file->bytes(), m_file, file);
            wanted = *gguf::headerInPlace(header, rename("torn").applied(header.metadata));
        }
        for (const std::size_t reached : {std::size_t{1}, std::size_t{17}, std::size_t{90}, wanted.size() - 1}) {
            const pid_t child = fork();
            if (child == 0) {
                gguf::replaceHeader(m_file, wanted, [](int number) {
                    if (number == 1)
                        _exit(0);
                });
                _exit(1);
            }
            int status = 0;
            waitpid(child, &status, 0);
            auto torn = original; // the disk got a part of the new header, from behind
            std::copy(wanted.end() - static_cast<std::ptrdiff_t>(reached), wanted.end(), torn.begin() + static_cast<std::ptrdiff_t>(wanted.size() - reached));
            std::copy_n(wanted.begin(), reached / 2, torn.begin());
            writeBytes(m_file, torn);
            QVERIFY(std::filesystem::exists(gguf::headerBackupPath(m_file)));
            const auto recovered = gguf::recoverHeader(m_file);
            QVERIFY(recovered == gguf::HeaderRecovery::PutBack || recovered == gguf::HeaderRecovery::WasComplete);
            if (recovered == gguf::HeaderRecovery::PutBack)
                QVERIFY(readBytes(m_file) == original);
            writeBytes(m_file, original);
            QVERIFY(gguf::recoverHeader(m_file) == gguf::HeaderRecovery::NothingToDo);
        }
    }

    void aBackupOfAnotherFileIsRefused()
    {
        const auto backup = gguf::headerBackupPath(m_file);
        writeBytes(backup, std::vector<std::byte>(100));
        VERIFY_ERROR(openModel(m_file), ErrorKind::BadFormat, "is no backup of the header");
        std::filesystem::remove(backup);
        const pid_t child = fork();
        if (child == 0) {
            gguf::replaceHeader(m_file, readBytes(m_file), [](int number) {
                if (number == 1)
                    _exit(0);
            });
        }
        int status = 0;
        waitpid(child, &status, 0);
        auto longer = readBytes(m_file); // replaced by another model since
        longer.resize(longer.size() + 64);
        writeBytes(m_file, longer);
        VERIFY_ERROR(openModel(m_file), ErrorKind::BadFormat, "is no backup of the header");
        QVERIFY(readBytes(m_file) == longer);
    }

    void twoEditorsAtOnce()
    {
        const int descriptor = ::open(m_file.c_str(), O_RDWR);
        QCOMPARE(flock(descriptor, LOCK_EX | LOCK_NB), 0);
        VERIFY_ERROR(saveMetadata({openModel(m_file), rename("x"), {}, 0}, {}), ErrorKind::InvalidArgument, "another program is editing");
        close(descriptor);
        QVERIFY(saveMetadata({openModel(m_file), rename("x"), {}, 0}, {}).isHeaderOnly);
    }

    void exportsTakeEditsAlong()
    {
        QuantizeRequest request;
        request.model = openModel(m_file);
        request.plan = planFromType(*request.model, TensorType::Q8_0);
        request.edits = rename("exported");
        request.edits.set("llama.context_length", V::ofU32(77));
        request.edits.remove("not.there");
        request.target = *m_folder / "out.gguf";
        runQuantize(request, {});
        const auto written = openModel(request.target);
        QCOMPARE(QString::fromStdString(*written->metadata().string("general.name")), QStringLiteral("exported"));
        QCOMPARE(written->metadata().unsignedInteger("llama.context_length"), std::optional<std::uint64_t>(77));
        QCOMPARE(written->metadata().unsignedInteger("general.file_type"), std::optional<std::uint64_t>(7));
        request.edits.set("llama.context_length", V::ofString("long"));
        VERIFY_ERROR(runQuantize(request, {}), ErrorKind::InvalidArgument, "must be u32");
    }
};

QTEST_GUILESS_MAIN(TestMetadataJob)
#include "tst_metadata_job.moc"
