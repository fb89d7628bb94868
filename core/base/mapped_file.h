// SPDX-License-Identifier: GPL-3.0-or-later
// A file mapped read-only into memory. Pages are read when touched, so opening is instant at any size.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>

namespace quantlathe {

/// What identifies a file's content without reading it: device, inode, size and modification time.
struct FileIdentity
{
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::uint64_t sizeBytes = 0;
    std::int64_t modifiedNanoseconds = 0; ///< since the epoch

    bool operator==(const FileIdentity&) const = default;
    /// True when both name the same file on disk, whatever its content.
    [[nodiscard]] bool isSameFile(const FileIdentity& other) const
    {
        return device == other.device && inode == other.inode;
    }
    /// @throws Error(NotFound, AccessDenied, Io)
    static FileIdentity of(const std::filesystem::path& path);
};

/// Immutable after open(); safe to read from many threads.
///
/// When the file shrinks while it is mapped, touching the lost pages would raise SIGBUS. A handler puts a page of zeros
/// there instead and marks the mapping: readers call throwIfChanged() after they used the bytes, and before they show or
/// write anything made from them.
class MappedFile
{
public:
    /// Maps @p path. An empty file gives empty bytes().
    /// @throws Error(NotFound, AccessDenied, Io); a folder or device gives Unsupported
    static std::shared_ptr<const MappedFile> open(const std::filesystem::path& path);

    ~MappedFile();
    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;

    [[nodiscard]] std::span<const std::byte> bytes() const { return {m_data, m_size}; }
    [[nodiscard]] const std::filesystem::path& path() const { return m_path; }
    [[nodiscard]] const FileIdentity& identity() const { return m_identity; }

    /// @throws Error(SourceChanged) when the file shrank under the mapping, or its size or modification time on disk
    /// differ from what they were at open() (or the open file was truncated). One fstat: cheap, but not for inner loops.
    void throwIfChanged() const;

    /// Tells the system that [offset, offset + size) will be read soon / is not needed any more, so that a pass over a
    /// huge file does not fill memory. Only hints.
    void willNeed(std::uint64_t offset, std::uint64_t size) const;
    void dontNeed(std::uint64_t offset, std::uint64_t size) const;

private:
    MappedFile() = default;

    std::filesystem::path m_path;
    FileIdentity m_identity;
    const std::byte* m_data = nullptr;
    std::size_t m_size = 0;
    int m_descriptor = -1;
    int m_guardSlot = -1;
};

} // namespace quantlathe
