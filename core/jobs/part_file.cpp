// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/jobs/part_file.h"

#include "core/base/error.h"

#include <cerrno>
#include <fcntl.h>
#include <memory>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace quantlathe {

namespace {

constexpr std::uint64_t writeOutBytes = 8u << 20;

/// A descriptor that closes itself.
class ReadDescriptor
{
public:
    explicit ReadDescriptor(const std::filesystem::path& path)
        : m_descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK))
    {
        // Read from the disk itself where possible: the cache holds what was meant to be written.
        if (m_descriptor >= 0)
            posix_fadvise(m_descriptor, 0, 0, POSIX_FADV_DONTNEED);
    }
    ~ReadDescriptor()
    {
        if (m_descriptor >= 0)
            close(m_descriptor);
    }
    ReadDescriptor(const ReadDescriptor&) = delete;
    ReadDescriptor& operator=(const ReadDescriptor&) = delete;

    [[nodiscard]] bool isOpen() const { return m_descriptor >= 0; }

    [[nodiscard]] bool hasRegularSize(std::uint64_t atLeast) const
    {
        struct stat status = {};
        return fstat(m_descriptor, &status) == 0 && S_ISREG(status.st_mode)
            && static_cast<std::uint64_t>(status.st_size) >= atLeast;
    }

    /// False at the end of the file. @throws Error(Io)
    bool readAt(std::uint64_t offset, std::span<std::byte> bytes, const std::filesystem::path& path) const
    {
        while (!bytes.empty()) {
            const ssize_t count = pread(m_descriptor, bytes.data(), bytes.size(), static_cast<off_t>(offset));
            if (count < 0) {
                if (errno == EINTR)
                    continue;
                throw systemError(errno, "read back", path);
            }
            if (count == 0)
                return false;
            offset += static_cast<std::uint64_t>(count);
            bytes = bytes.subspan(static_cast<std::size_t>(count));
        }
        return true;
    }

private:
    int m_descriptor;
};

} // namespace

PartFile::PartFile(const ExportFile& file, std::uint64_t keptBytes)
    : m_file(file.path, keptBytes > 0 ? AtomicFile::Mode::Resume : AtomicFile::Mode::Fresh)
    , m_sizeBytes(file.sizeBytes)
    , m_started(keptBytes)
    , m_position(keptBytes)
{
    m_file.keep();
    m_file.truncate(keptBytes);
    m_file.reserve(m_sizeBytes);
    m_descriptor = ::open(m_file.temporaryPath().c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
}

PartFile::~PartFile()
{
    if (m_descriptor >= 0)
        close(m_descriptor);
}

void PartFile::writeAt(std::uint64_t offset, std::span<const std::byte> bytes)
{
    m_file.writeAt(offset, bytes);
    m_position = offset + bytes.size();
    if (m_descriptor >= 0 && m_position - m_started >= writeOutBytes) {
        sync_file_range(m_descriptor, static_cast<off_t>(m_started), static_cast<off_t>(m_position - m_started),
                        SYNC_FILE_RANGE_WRITE);
        m_started = m_position;
    }
}

void PartFile::sync()
{
    m_file.sync();
    if (m_descriptor >= 0)
        posix_fadvise(m_descriptor, 0, static_cast<off_t>(m_position), POSIX_FADV_DONTNEED);
}

void PartFile::finish()
{
    m_file.truncate(m_sizeBytes);
    sync();
}

std::uint64_t readBack(const ExportLayout& layout, const ChunkList& chunks, std::uint64_t from, std::uint64_t to,
                       bool includeTargets, const RunControl& control,
                       const std::function<bool(std::uint64_t, const Chunk&, std::span<const std::byte>)>& check)
{
    std::unique_ptr<ReadDescriptor> descriptor;
    std::size_t openFile = 0;
    std::filesystem::path path;
    std::vector<std::byte> buffer;
    for (std::uint64_t index = from; index < to; ++index) {
        control.throwIfCancelled();
        const Chunk chunk = chunks.at(index);
        const ExportFile& file = layout.files[chunk.file];
        if (!descriptor || openFile != chunk.file) {
            openFile = chunk.file;
            path = AtomicFile::temporaryPathFor(file.path);
            descriptor = std::make_unique<ReadDescriptor>(path);
            if (!descriptor->isOpen() && includeTargets) {
                path = file.path;
                descriptor = std::make_unique<ReadDescriptor>(path);
            }
        }
        const bool isThere = descriptor->isOpen() && descriptor->hasRegularSize(chunk.fileOffset + chunk.sizeBytes);
        if (!isThere)
            return index;
        buffer.resize(chunk.sizeBytes);
        if (!descriptor->readAt(chunk.fileOffset, buffer, path) || !check(index, chunk, buffer))
            return index;
    }
    return to;
}

std::uint64_t allocatedTemporaryBytes(const ExportFile& file)
{
    struct stat status = {};
    if (lstat(AtomicFile::temporaryPathFor(file.path).c_str(), &status) != 0 || !S_ISREG(status.st_mode))
        return 0;
    return static_cast<std::uint64_t>(status.st_blocks) * 512;
}

} // namespace quantlathe
