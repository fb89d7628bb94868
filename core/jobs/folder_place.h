// SPDX-License-Identifier: GPL-3.0-or-later
// A folder that appears only complete: it is filled under a temporary name beside the target and renamed at the end.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>

namespace quantlathe {

/// @throws Error(InvalidArgument) when @p target is no name for a new folder, a file, or a folder with something in it
void checkFolderTarget(const std::filesystem::path& target);

/// One thread at a time. Destroyed without commit() it removes the temporary folder and what is in it.
class FolderPlace
{
public:
    /// Makes the temporary folder; what an interrupted run left there is removed.
    /// @throws Error(InvalidArgument) when the target is a file, a folder with something in it, or being written by another run;
    /// Error(AccessDenied, NotFound, Io)
    explicit FolderPlace(std::filesystem::path target);
    ~FolderPlace();
    FolderPlace(const FolderPlace&) = delete;
    FolderPlace& operator=(const FolderPlace&) = delete;

    [[nodiscard]] const std::filesystem::path& path() const { return m_temporary; }
    /// @throws Error(DiskFull) when fewer than @p bytes are free
    void requireSpace(std::uint64_t bytes) const;
    /// A small file, on the disk when the call returns.
    void writeFile(std::string_view name, std::string_view text) const;
    /// A copy of @p source under its own name. @throws Error of reading and writing
    void copyFile(const std::filesystem::path& source) const;
    /// Puts the folder on the disk and gives it its name. @throws Error(Io, AccessDenied)
    void commit();

private:
    std::filesystem::path m_target;
    std::filesystem::path m_temporary;
    int m_descriptor = -1; ///< locked as long as it is open
    bool m_isDone = false;
};

} // namespace quantlathe
