// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/jobs/read_back.h"

#include "core/base/atomic_file.h"
#include "core/base/error.h"
#include "core/base/hash64.h"

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <fcntl.h>
#include <new>
#include <sys/stat.h>
#include <unistd.h>

namespace quantlathe {

namespace {

/// Enough for every disk: offsets, sizes and memory of direct reads are multiples of it.
constexpr std::uint64_t directAlignment = 4096;
constexpr std::chrono::milliseconds reportInterval{50};

} // namespace

// --- one file ---

void DirectReader::Free::operator()(std::byte* memory) const
{
    std::free(memory);
}

DirectReader::DirectReader(const std::filesystem::path& path) : m_path(path)
{
    constexpr int flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
    m_descriptor = ::open(path.c_str(), flags | O_DIRECT);
    m_isDirect = m_descriptor >= 0;
    if (!m_isDirect)
        m_descriptor = ::open(path.c_str(), flags);
    struct stat status = {};
    if (m_descriptor >= 0 && (fstat(m_descriptor, &status) != 0 || !S_ISREG(status.st_mode))) {
        close(m_descriptor);
        m_descriptor = -1;
    }
}

DirectReader::~DirectReader()
{
    if (m_descriptor >= 0)
        close(m_descriptor);
}

void DirectReader::leaveDirectMode()
{
    m_isDirect = false;
    fcntl(m_descriptor, F_SETFL, fcntl(m_descriptor, F_GETFL) & ~O_DIRECT);
}

std::optional<std::span<const std::byte>> DirectReader::read(std::uint64_t offset, std::uint64_t size)
{
    const std::uint64_t begin = offset / directAlignment * directAlignment;
    const std::uint64_t needed = offset + size - begin;
    const std::uint64_t whole = (needed + directAlignment - 1) / directAlignment * directAlignment;
    if (whole > m_capacity) {
        m_buffer.reset(static_cast<std::byte*>(std::aligned_alloc(directAlignment, whole)));
        if (!m_buffer)
            throw std::bad_alloc();
        m_capacity = whole;
    }
    if (!m_isDirect) // the cache holds what was meant to be written
        posix_fadvise(m_descriptor, static_cast<off_t>(begin), static_cast<off_t>(whole), POSIX_FADV_DONTNEED);
    std::uint64_t done = 0;
    while (done < needed) {
        const ssize_t count = pread(m_descriptor, m_buffer.get() + done, whole - done, static_cast<off_t>(begin + done));
        if (count < 0) {
            if (errno == EINTR)
                continue;
            if (errno == EINVAL && m_isDirect) {
                leaveDirectMode(); // the file system opens directly, but does not read so
                continue;
            }
            throw systemError(errno, "read back", m_path);
        }
        if (count == 0)
            return std::nullopt;
        done += static_cast<std::uint64_t>(count);
        if (m_isDirect && done % directAlignment != 0 && done < needed)
            return std::nullopt; // a direct read is short at the end of the file only
    }
    // A long export must not push everything else out of memory.
    posix_fadvise(m_descriptor, static_cast<off_t>(begin), static_cast<off_t>(whole), POSIX_FADV_DONTNEED);
    return std::span<const std::byte>(m_buffer.get() + (offset - begin), size);
}

// --- chunks ---

std::uint64_t readBack(const ExportLayout& layout, const ChunkList& chunks, std::uint64_t from, std::uint64_t to,
                       bool includeTargets, const RunControl& control,
                       const std::function<bool(std::uint64_t, const Chunk&, std::span<const std::byte>)>& check)
{
    std::unique_ptr<DirectReader> reader;
    std::size_t openFile = 0;
    for (std::uint64_t index = from; index < to; ++index) {
        control.throwIfCancelled();
        const Chunk chunk = chunks.at(index);
        if (!reader || openFile != chunk.file) {
            openFile = chunk.file;
            const std::filesystem::path& target = layout.files[chunk.file].path;
            reader = std::make_unique<DirectReader>(AtomicFile::temporaryPathFor(target));
            if (!reader->isOpen() && includeTargets)
                reader = std::make_unique<DirectReader>(target);
        }
        const auto bytes = reader->isOpen() ? reader->read(chunk.fileOffset, chunk.sizeBytes) : std::nullopt;
        if (!bytes || !check(index, chunk, *bytes))
            return index;
    }
    return to;
}

TrailingVerifier::TrailingVerifier(const ExportLayout& layout, const ChunkList& chunks, std::uint64_t first,
                                   std::uint64_t firstBytes)
    : m_layout(layout)
    , m_chunks(chunks)
    , m_verified(first)
    , m_verifiedBytes(firstBytes)
    , m_writtenBytes(firstBytes)
    , m_thread([this] { run(); })
{
}

TrailingVerifier::~TrailingVerifier()
{
    {
        const std::lock_guard lock(m_mutex);
        m_isStopped = true;
    }
    m_changed.notify_all();
    m_thread.join();
}

void TrailingVerifier::written(std::uint64_t sizeBytes, std::uint64_t hash)
{
    const std::lock_guard lock(m_mutex);
    if (m_failure)
        std::rethrow_exception(m_failure);
    m_hashes.push_back(hash);
    m_writtenBytes += sizeBytes;
    if (m_writtenBytes - m_verifiedBytes >= lagBytes + readBackBytes)
        m_changed.notify_all();
}

void TrailingVerifier::allWritten()
{
    {
        const std::lock_guard lock(m_mutex);
        m_isAllWritten = true;
    }
    m_changed.notify_all();
}

void TrailingVerifier::wait(const RunControl& control)
{
    std::unique_lock lock(m_mutex);
    for (;;) {
        const std::uint64_t done = m_verifiedBytes;
        if (m_failure)
            std::rethrow_exception(m_failure);
        const bool isDone = m_hashes.empty();
        lock.unlock();
        control.report("verifying", done, m_layout.totalBytes);
        if (isDone)
            return;
        control.throwIfCancelled();
        lock.lock();
        m_changed.wait_for(lock, reportInterval, [this] { return m_hashes.empty() || m_failure; });
    }
}

std::uint64_t TrailingVerifier::groupEnd() const
{
    std::uint64_t end = m_verified;
    std::uint64_t begin = 0;
    std::uint64_t bytes = 0;
    std::size_t file = 0;
    for (; end < m_verified + m_hashes.size(); ++end) {
        const Chunk chunk = m_chunks.at(end);
        if (end == m_verified) {
            file = chunk.file;
            begin = chunk.fileOffset;
        }
        bytes += chunk.sizeBytes;
        const bool isLate = m_isAllWritten || m_writtenBytes - m_verifiedBytes >= bytes + lagBytes;
        const bool fits = end == m_verified || chunk.fileOffset + chunk.sizeBytes - begin <= readBackBytes;
        if (chunk.file != file || !isLate || !fits)
            break;
    }
    return end;
}

void TrailingVerifier::run()
{
    std::unique_lock lock(m_mutex);
    for (;;) {
        std::uint64_t end = m_verified;
        m_changed.wait(lock, [&] {
            end = groupEnd();
            return m_isStopped || end > m_verified || (m_isAllWritten && m_hashes.empty());
        });
        if (m_isStopped || end == m_verified)
            return;
        const std::uint64_t first = m_verified;
        lock.unlock();
        std::exception_ptr failure;
        try {
            verify(first, end);
        } catch (...) {
            failure = std::current_exception();
        }
        lock.lock();
        if (failure) {
            m_failure = failure;
            m_changed.notify_all();
            return;
        }
        for (; m_verified < end; ++m_verified) {
            m_verifiedBytes += m_chunks.at(m_verified).sizeBytes;
            m_hashes.pop_front();
        }
        m_changed.notify_all();
    }
}

void TrailingVerifier::verify(std::uint64_t first, std::uint64_t end)
{
    const Chunk firstChunk = m_chunks.at(first);
    const Chunk lastChunk = m_chunks.at(end - 1);
    const std::filesystem::path path = AtomicFile::temporaryPathFor(m_layout.files[firstChunk.file].path);
    if (!m_reader || m_file != firstChunk.file) {
        m_file = firstChunk.file;
        m_reader = std::make_unique<DirectReader>(path);
    }
    const std::uint64_t size = lastChunk.fileOffset + lastChunk.sizeBytes - firstChunk.fileOffset;
    const auto bytes = m_reader->isOpen() ? m_reader->read(firstChunk.fileOffset, size) : std::nullopt;
    for (std::uint64_t index = first; index < end; ++index) {
        const Chunk chunk = m_chunks.at(index);
        std::uint64_t expected = 0;
        {
            const std::lock_guard lock(m_mutex); // the writer appends to the hashes
            expected = m_hashes[index - first];
        }
        if (bytes && hash64(bytes->subspan(chunk.fileOffset - firstChunk.fileOffset, chunk.sizeBytes)) == expected)
            continue;
        throw Error(ErrorKind::Io, "what the disk gives back is not what was written to it",
                    {m_layout.files[chunk.file].path, chunk.fileOffset, {}}, "Check the disk, or choose another folder");
    }
}

} // namespace quantlathe
