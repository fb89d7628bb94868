// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/atomic_file.h"
#include "core/base/mapped_file.h"
#include "support/test_support.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace quantlathe;
using namespace quantlathe::test;

namespace {

std::vector<std::byte> text(std::string_view value)
{
    std::vector<std::byte> bytes(value.size());
    std::transform(value.begin(), value.end(), bytes.begin(), [](char c) { return static_cast<std::byte>(c); });
    return bytes;
}

} // namespace

class TestFiles : public QObject
{
    Q_OBJECT
private slots:
    void mapsAFile()
    {
        const ScratchFolder folder;
        writeBytes(folder / "a", text("hello"));
        const auto file = MappedFile::open(folder / "a");
        QCOMPARE(file->bytes().size(), std::size_t(5));
        QCOMPARE(file->bytes()[4], std::byte('o'));
        file->throwIfChanged();
        writeBytes(folder / "empty", {});
        QVERIFY(MappedFile::open(folder / "empty")->bytes().empty());
    }

    void refusesWhatIsNoFile()
    {
        const ScratchFolder folder;
        VERIFY_ERROR(MappedFile::open(folder / "missing"), ErrorKind::NotFound, "missing");
        VERIFY_ERROR(MappedFile::open(folder.path()), ErrorKind::Unsupported, "is a folder");
        QCOMPARE(mkfifo((folder / "pipe").c_str(), 0600), 0);
        VERIFY_ERROR(MappedFile::open(folder / "pipe"), ErrorKind::Unsupported, "not a regular file");
    }

    void shrinkingFileIsAnErrorNotACrash()
    {
        const ScratchFolder folder;
        writeBytes(folder / "a", std::vector<std::byte>(1 << 20, std::byte{7}));
        const auto file = MappedFile::open(folder / "a");
        QCOMPARE(truncate((folder / "a").c_str(), 4096), 0);
        QCOMPARE(file->bytes()[1 << 19], std::byte{0}); // would be SIGBUS
        QCOMPARE(file->bytes()[0], std::byte{7});
        VERIFY_ERROR(file->throwIfChanged(), ErrorKind::SourceChanged, "changed by another program");
    }

    void changedFileIsNoticed()
    {
        const ScratchFolder folder;
        writeBytes(folder / "a", text("hello"));
        const auto file = MappedFile::open(folder / "a");
        const timespec times[2] = {{1, 0}, {1, 0}};
        QCOMPARE(utimensat(AT_FDCWD, (folder / "a").c_str(), times, 0), 0);
        VERIFY_ERROR(file->throwIfChanged(), ErrorKind::SourceChanged, "changed");
    }

    void atomicFileAppearsOnlyComplete()
    {
        const ScratchFolder folder;
        const auto target = folder / "out";
        writeBytes(target, text("old"));
        {
            AtomicFile file(target);
            file.write(text("new content"));
            QCOMPARE(readBytes(target), text("old"));
        }
        QCOMPARE(readBytes(target), text("old"));
        QVERIFY(!std::filesystem::exists(AtomicFile::temporaryPathFor(target)));
        AtomicFile file(target);
        file.write(text("new ****ent"));
        file.writeAt(4, text("cont"));
        file.commit();
        QCOMPARE(readBytes(target), text("new content"));
        QVERIFY(!std::filesystem::exists(AtomicFile::temporaryPathFor(target)));
    }

    void atomicFileResumes()
    {
        const ScratchFolder folder;
        const auto target = folder / "out";
        {
            AtomicFile file(target);
            file.write(text("first half,rubbish"));
            file.keep();
        }
        AtomicFile file(target, AtomicFile::Mode::Resume);
        QCOMPARE(file.sizeBytes(), std::uint64_t(18));
        file.truncate(11);
        file.write(text("second half"));
        file.commit();
        QCOMPARE(readBytes(target), text("first half,second half"));
    }

    void atomicFileErrors()
    {
        const ScratchFolder folder;
        VERIFY_ERROR(AtomicFile(folder / "missing/out"), ErrorKind::NotFound, "missing");
        if (geteuid() != 0) {
            QCOMPARE(chmod(folder.path().c_str(), 0500), 0);
            VERIFY_ERROR(AtomicFile(folder / "out"), ErrorKind::AccessDenied, "cannot write");
            chmod(folder.path().c_str(), 0700);
        }
        AtomicFile file(folder / "out");
        std::vector<std::byte> bytes(4);
        VERIFY_ERROR(file.readAt(0, bytes), ErrorKind::Io, "shorter");
        VERIFY_ERROR(file.reserve(1ull << 62), ErrorKind::DiskFull, "reserve");
    }

    void fullDisk()
    {
        if (access("/dev/full", W_OK) != 0)
            QSKIP("no /dev/full on this system");
        const ScratchFolder folder;
        AtomicFile file(folder / "out");
        // The temporary file becomes the always-full device: every write must report DiskFull.
        const int full = open("/dev/full", O_WRONLY);
        QVERIFY(full >= 0);
        std::filesystem::path link = "/proc/self/fd";
        for (const auto& entry : std::filesystem::directory_iterator(link)) {
            std::error_code ignored;
            if (std::filesystem::read_symlink(entry.path(), ignored) == file.temporaryPath())
                QVERIFY(dup2(full, std::stoi(entry.path().filename().string())) >= 0);
        }
        close(full);
        VERIFY_ERROR(file.write(text("x")), ErrorKind::DiskFull, "cannot write");
    }
};

QTEST_APPLESS_MAIN(TestFiles)
#include "tst_files.moc"
