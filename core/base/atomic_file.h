// SPDX-License-Identifier: GPL-3.0-or-later
// A file that appears only complete: it is written under a temporary name in the target's folder and renamed at the end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>

namespace quantlathe {

/// Move-only; one thread at a time. Destroyed without commit() it removes its temporary file, unless keep() was called.
class AtomicFile
{
public:
    enum class Mode {
        Fresh, ///< start empty
        Resume ///< keep what an interrupted run left under the temporary name
    };

    /// Opens the temporary file of @p target. @throws Error(AccessDenied, NotFound, DiskFull, Io)
    explicit AtomicFile(std::filesystem::path target, Mode mode = Mode::Fresh);
    ~AtomicFile();
    AtomicFile(AtomicFile&& other) noexcept;
    AtomicFile& operator=(AtomicFile&&) = delete;

    /// The temporary name that belongs to @p target (".NAME.quantlathe-part" in the same folder).
    static std::filesystem::path temporaryPathFor(const std::filesystem::path& target);

    /// Reserves space up front, so that a full disk shows before the work. Ignored where the file system cannot.
    /// @throws Error(DiskFull)
    void reserve(std::uint64_t sizeBytes);
    /// Appends. @throws Error(DiskFull, Io)
    void write(std::span<const std::byte> bytes);
    /// Writes at @p offset, growing the file as needed; does not move the append position.
    void writeAt(std::uint64_t offset, std::span<const std::byte> bytes);
    /// Reads exactly bytes.size() bytes back. @throws Error(Io)
    void readAt(std::uint64_t offset, std::span<std::byte> bytes) const;
    /// Cuts the file to @p sizeBytes and appends from there.
    void truncate(std::uint64_t sizeBytes);
    [[nodiscard]] std::uint64_t sizeBytes() const;
    /// Hands everything written so far to the disk. @throws Error(Io, DiskFull)
    void sync();
    /// sync(), rename over the target, sync the folder. The object is done afterwards.
    void commit();
    /// The temporary file stays on disk when the object goes away: a later run may resume.
    void keep() { m_keep = true; }

    [[nodiscard]] const std::filesystem::path& target() const { return m_target; }
    [[nodiscard]] const std::filesystem::path& temporaryPath() const { return m_temporary; }

private:
    std::filesystem::path m_target;
    std::filesystem::path m_temporary;
    int m_descriptor = -1;
    std::uint64_t m_position = 0;
    bool m_keep = false;
    bool m_isDone = false;
};

/// Small whole files (recipes, settings): written by AtomicFile. @throws as AtomicFile
void writeFileAtomically(const std::filesystem::path& target, std::span<const std::byte> bytes);

} // namespace quantlathe
