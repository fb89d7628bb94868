// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/jobs/part_file.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace quantlathe {

namespace {

constexpr std::uint64_t writeOutBytes = 8u << 20;

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

std::uint64_t allocatedTemporaryBytes(const ExportFile& file)
{
    struct stat status = {};
    if (lstat(AtomicFile::temporaryPathFor(file.path).c_str(), &status) != 0 || !S_ISREG(status.st_mode))
        return 0;
    return static_cast<std::uint64_t>(status.st_blocks) * 512;
}

} // namespace quantlathe
