// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/gguf/header_edit.h"

#include "core/base/atomic_file.h"
#include "core/base/checked.h"
#include "core/base/error.h"
#include "core/base/hash64.h"
#include "core/base/mapped_file.h"
#include "core/formats/gguf/gguf_writer.h"
#include "core/model/metadata_edits.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace quantlathe::gguf {

namespace {

constexpr std::array<char, 8> backupMagic = {'Q', 'L', 'H', 'D', 'R', '1', 0, 0};
constexpr std::size_t backupFrame = backupMagic.size() + 3 * sizeof(std::uint64_t);

/// The model file, open for writing and locked against other editors.
class LockedFile
{
public:
    explicit LockedFile(std::filesystem::path path)
        : m_path(std::move(path))
        , m_descriptor(::open(m_path.c_str(), O_RDWR | O_CLOEXEC))
    {
        if (m_descriptor < 0)
            throw systemError(errno, "write to", m_path);
        if (flock(m_descriptor, LOCK_EX | LOCK_NB) == 0)
            return;
        const int failure = errno;
        close(m_descriptor);
        if (failure == EWOULDBLOCK)
            throw Error(ErrorKind::InvalidArgument, "another program is editing the file just now", {m_path, std::nullopt, {}}, "Try again when it is done");
        throw systemError(failure, "lock", m_path);
    }
    ~LockedFile() { close(m_descriptor); }
    LockedFile(const LockedFile&) = delete;
    LockedFile& operator=(const LockedFile&) = delete;

    [[nodiscard]] std::uint64_t sizeBytes() const
    {
        struct stat status = {};
        if (fstat(m_descriptor, &status) != 0)
            throw systemError(errno, "read", m_path);
        return static_cast<std::uint64_t>(status.st_size);
    }
    [[nodiscard]] std::vector<std::byte> read(std::uint64_t size) const
    {
        std::vector<std::byte> bytes(static_cast<std::size_t>(size));
        std::size_t done = 0;
        while (done < bytes.size()) {
            const ssize_t count = pread(m_descriptor, bytes.data() + done, bytes.size() - done, static_cast<off_t>(done));
            if (count < 0 && errno == EINTR)
                continue;
            if (count < 0)
                throw systemError(errno, "read", m_path);
            if (count == 0)
                throw Error(ErrorKind::SourceChanged, "the file is shorter than its header", {m_path, done, {}});
            done += static_cast<std::size_t>(count);
        }
        return bytes;
    }
    void write(std::span<const std::byte> bytes, std::uint64_t offset)
    {
        while (!bytes.empty()) {
            const ssize_t count = pwrite(m_descriptor, bytes.data(), bytes.size(), static_cast<off_t>(offset));
            if (count < 0 && errno == EINTR)
                continue;
            if (count < 0)
                throw systemError(errno, "write to", m_path);
            bytes = bytes.subspan(static_cast<std::size_t>(count));
            offset += static_cast<std::uint64_t>(count);
        }
    }
    void sync()
    {
        if (fsync(m_descriptor) != 0)
            throw systemError(errno, "flush to disk", m_path);
    }

private:
    std::filesystem::path m_path;
    int m_descriptor;
};

void append(std::vector<std::byte>& bytes, std::uint64_t number)
{
    const auto raw = std::as_bytes(std::span(&number, 1));
    bytes.insert(bytes.end(), raw.begin(), raw.end());
}

std::uint64_t numberAt(std::span<const std::byte> bytes, std::size_t at)
{
    std::uint64_t number = 0;
    std::memcpy(&number, bytes.data() + at, sizeof number);
    return number;
}

struct Backup
{
    std::uint64_t fileBytes = 0;
    std::uint64_t newHash = 0;
    std::vector<std::byte> oldHeader;

    [[nodiscard]] std::vector<std::byte> encoded() const
    {
        std::vector<std::byte> bytes;
        const auto magic = std::as_bytes(std::span(backupMagic));
        bytes.assign(magic.begin(), magic.end());
        append(bytes, fileBytes);
        append(bytes, oldHeader.size());
        append(bytes, newHash);
        bytes.insert(bytes.end(), oldHeader.begin(), oldHeader.end());
        append(bytes, hash64(bytes));
        return bytes;
    }
};

/// Nothing when it is damaged, which a crash cannot do: it appears only complete.
std::optional<Backup> readBackup(const std::filesystem::path& path)
{
    const auto file = MappedFile::open(path);
    const auto bytes = file->bytes();
    if (bytes.size() < backupFrame + sizeof(std::uint64_t) || std::memcmp(bytes.data(), backupMagic.data(), backupMagic.size()) != 0)
        return std::nullopt;
    const std::uint64_t headerBytes = numberAt(bytes, backupMagic.size() + 8);
    if (headerBytes != bytes.size() - backupFrame - sizeof(std::uint64_t))
        return std::nullopt;
    const auto body = bytes.first(bytes.size() - sizeof(std::uint64_t));
    if (hash64(body) != numberAt(bytes, body.size()))
        return std::nullopt;
    const auto header = body.subspan(backupFrame);
    return Backup{numberAt(bytes, backupMagic.size()), numberAt(bytes, backupMagic.size() + 16), {header.begin(), header.end()}};
}

void removeBackup(const std::filesystem::path& backup)
{
    if (unlink(backup.c_str()) != 0 && errno != ENOENT)
        throw systemError(errno, "remove", backup);
    const auto folder = backup.parent_path().empty() ? std::filesystem::path(".") : backup.parent_path();
    if (const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); descriptor >= 0) {
        fsync(descriptor);
        close(descriptor);
    }
}

/// Whose header is rewritten: a link's target, beside which the backup lies, too.
std::filesystem::path realPath(const std::filesystem::path& file)
{
    std::error_code failure;
    auto real = std::filesystem::canonical(file, failure);
    return failure ? file : real;
}

} // namespace

std::optional<std::vector<std::byte>> headerInPlace(const Header& header, const Metadata& metadata)
{
    MetadataEdits edits;
    edits.remove(paddingKey);
    Metadata keys = edits.applied(metadata);
    std::vector<std::byte> bytes = encodeHeaderOf(header, keys);
    if (bytes.size() > header.dataOffset)
        return std::nullopt;
    const auto end = checkedAlign(bytes.size(), header.alignment);
    if (end != header.dataOffset) {
        // Readers look for the data at the next multiple of the alignment: fill the header up to it.
        constexpr std::uint64_t entryBytes = 8 + paddingKey.size() + 4 + 8;
        const std::uint64_t room = header.dataOffset - bytes.size();
        if (room < entryBytes)
            return std::nullopt;
        keys.append(std::string(paddingKey), MetadataValue::ofString(std::string(static_cast<std::size_t>(room - entryBytes), ' ')));
        bytes = encodeHeaderOf(header, keys);
    }
    bytes.resize(static_cast<std::size_t>(header.dataOffset));
    return bytes;
}

std::filesystem::path headerBackupPath(const std::filesystem::path& file)
{
    const auto real = realPath(file);
    return real.parent_path() / ("." + real.filename().string() + ".quantlathe-header");
}

void replaceHeader(const std::filesystem::path& file, std::span<const std::byte> newHeader, const std::function<void(int)>& step)
{
    const auto at = [&](int number) {
        if (step)
            step(number);
    };
    LockedFile model(file);
    const auto backupFile = headerBackupPath(file);
    const Backup backup{model.sizeBytes(), hash64(newHeader), model.read(newHeader.size())};
    at(0);
    writeFileAtomically(backupFile, backup.encoded()); // on disk, and in the folder, before anything is touched
    at(1);
    try {
        const auto half = newHeader.size() / 2;
        model.write(newHeader.first(half), 0);
        at(2);
        model.write(newHeader.subspan(half), half);
        at(3);
        model.sync();
        if (!std::ranges::equal(model.read(newHeader.size()), newHeader))
            throw Error(ErrorKind::Io, "the disk gives back something else than what was written", {file, std::nullopt, {}});
    } catch (const Error&) {
        model.write(backup.oldHeader, 0);
        model.sync();
        removeBackup(backupFile);
        throw;
    }
    at(4);
    removeBackup(backupFile);
}

HeaderRecovery recoverHeader(const std::filesystem::path& file)
{
    const auto backupFile = headerBackupPath(file);
    if (access(backupFile.c_str(), F_OK) != 0)
        return HeaderRecovery::NothingToDo;
    LockedFile model(file); // refuses while the edit goes on
    if (access(backupFile.c_str(), F_OK) != 0)
        return HeaderRecovery::NothingToDo; // it ended meanwhile
    const auto backup = readBackup(backupFile);
    if (!backup || backup->fileBytes != model.sizeBytes() || backup->oldHeader.size() > backup->fileBytes) {
        throw Error(ErrorKind::BadFormat, "is no backup of the header of the file beside it", {backupFile, std::nullopt, {}},
                    "Remove it if the model was replaced since");
    }
    const auto now = model.read(backup->oldHeader.size());
    if (hash64(now) == backup->newHash) {
        model.sync();
        removeBackup(backupFile);
        return HeaderRecovery::WasComplete;
    }
    if (now != backup->oldHeader) {
        model.write(backup->oldHeader, 0);
        model.sync();
    }
    removeBackup(backupFile);
    return HeaderRecovery::PutBack;
}

} // namespace quantlathe::gguf
