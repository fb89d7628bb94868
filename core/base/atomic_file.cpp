// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/atomic_file.h"

#include "core/base/error.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace quantlathe {

namespace {

std::filesystem::path folderOf(const std::filesystem::path& path)
{
    const auto folder = path.parent_path();
    return folder.empty() ? std::filesystem::path(".") : folder;
}

} // namespace

std::filesystem::path AtomicFile::temporaryPathFor(const std::filesystem::path& target)
{
    return folderOf(target) / ("." + target.filename().string() + ".quantlathe-part");
}

AtomicFile::AtomicFile(std::filesystem::path target, Mode mode)
    : m_target(std::move(target))
    , m_temporary(temporaryPathFor(m_target))
{
    const int flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | (mode == Mode::Fresh ? O_TRUNC : 0);
    m_descriptor = ::open(m_temporary.c_str(), flags, 0666);
    if (m_descriptor < 0)
        throw systemError(errno, "write into the folder", folderOf(m_target));
    m_position = sizeBytes();
}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : m_target(std::move(other.m_target))
    , m_temporary(std::move(other.m_temporary))
    , m_descriptor(std::exchange(other.m_descriptor, -1))
    , m_position(other.m_position)
    , m_keep(other.m_keep)
    , m_isDone(std::exchange(other.m_isDone, true))
{
}

AtomicFile::~AtomicFile()
{
    if (m_descriptor >= 0)
        close(m_descriptor);
    if (!m_isDone && !m_keep)
        unlink(m_temporary.c_str());
}

void AtomicFile::reserve(std::uint64_t sizeBytes)
{
    if (sizeBytes == 0)
        return;
    if (fallocate(m_descriptor, FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(sizeBytes)) != 0
        && (errno == ENOSPC || errno == EDQUOT || errno == EFBIG)) {
        throw systemError(errno, "reserve space", m_target);
    }
}

void AtomicFile::write(std::span<const std::byte> bytes)
{
    writeAt(m_position, bytes);
    m_position += bytes.size();
}

void AtomicFile::writeAt(std::uint64_t offset, std::span<const std::byte> bytes)
{
    while (!bytes.empty()) {
        const ssize_t written = pwrite(m_descriptor, bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (written < 0) {
            if (errno == EINTR)
                continue;
            throw systemError(errno, "write", m_target);
        }
        offset += static_cast<std::uint64_t>(written);
        bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
}

void AtomicFile::readAt(std::uint64_t offset, std::span<std::byte> bytes) const
{
    while (!bytes.empty()) {
        const ssize_t count = pread(m_descriptor, bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (count < 0) {
            if (errno == EINTR)
                continue;
            throw systemError(errno, "read back", m_temporary);
        }
        if (count == 0)
            throw Error(ErrorKind::Io, "the file is shorter than what was written to it", {m_temporary, offset, {}});
        offset += static_cast<std::uint64_t>(count);
        bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
}

void AtomicFile::truncate(std::uint64_t sizeBytes)
{
    if (ftruncate(m_descriptor, static_cast<off_t>(sizeBytes)) != 0)
        throw systemError(errno, "truncate", m_temporary);
    m_position = sizeBytes;
}

std::uint64_t AtomicFile::sizeBytes() const
{
    struct stat status = {};
    if (fstat(m_descriptor, &status) != 0)
        throw systemError(errno, "read", m_temporary);
    return static_cast<std::uint64_t>(status.st_size);
}

void AtomicFile::sync()
{
    if (fdatasync(m_descriptor) != 0)
        throw systemError(errno, "flush to disk", m_target);
}

void AtomicFile::commit()
{
    sync();
    if (rename(m_temporary.c_str(), m_target.c_str()) != 0)
        throw systemError(errno, "rename the finished file", m_target);
    m_isDone = true;
    close(std::exchange(m_descriptor, -1));
    // The rename itself reaches the disk with the folder. Some file systems cannot sync folders; the file is whole anyway.
    const int folder = ::open(folderOf(m_target).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder >= 0) {
        fsync(folder);
        close(folder);
    }
}

void writeFileAtomically(const std::filesystem::path& target, std::span<const std::byte> bytes)
{
    AtomicFile file(target);
    file.write(bytes);
    file.commit();
}

} // namespace quantlathe
