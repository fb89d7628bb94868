// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/jobs/folder_place.h"

#include "core/base/atomic_file.h"
#include "core/base/error.h"
#include "core/base/text.h"
#include "core/jobs/file_copy.h"

#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include <utility>

namespace quantlathe {

namespace {

namespace fs = std::filesystem;

fs::path withoutSlash(fs::path path)
{
    return path.has_filename() ? path : path.parent_path();
}

fs::path folderOf(const fs::path& path)
{
    const auto folder = path.parent_path();
    return folder.empty() ? fs::path(".") : folder;
}

void syncFolder(const fs::path& folder)
{
    // Some file systems cannot sync folders; the files in it are on the disk anyway.
    const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor >= 0) {
        fsync(descriptor);
        close(descriptor);
    }
}

} // namespace

void checkFolderTarget(const fs::path& target)
{
    const std::string name = target.filename().string();
    if (name.empty() || name == "." || name == "..")
        throw Error(ErrorKind::InvalidArgument, "is no name for a new folder", {target, std::nullopt, {}});
    std::error_code problem;
    const auto status = fs::symlink_status(target, problem);
    if (!fs::exists(status))
        return;
    if (!fs::is_directory(status))
        throw Error(ErrorKind::InvalidArgument, "is there already and no folder", {target, std::nullopt, {}}, "Choose another name");
    if (!fs::is_empty(target, problem) || problem)
        throw Error(ErrorKind::InvalidArgument, "is there already and not empty", {target, std::nullopt, {}}, "Choose another name");
}

FolderPlace::FolderPlace(fs::path target)
    : m_target(withoutSlash(std::move(target))), m_temporary(AtomicFile::temporaryPathFor(m_target))
{
    checkFolderTarget(m_target);
    if (mkdir(m_temporary.c_str(), 0777) != 0 && errno != EEXIST)
        throw systemError(errno, "write into the folder", folderOf(m_target));
    m_descriptor = ::open(m_temporary.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (m_descriptor < 0)
        throw systemError(errno, "open the folder", m_temporary);
    if (flock(m_descriptor, LOCK_EX | LOCK_NB) != 0) {
        close(std::exchange(m_descriptor, -1));
        throw Error(ErrorKind::InvalidArgument, "is being written by another export", {m_target, std::nullopt, {}});
    }
    std::error_code problem;
    for (fs::directory_iterator entry(m_temporary, problem), end; !problem && entry != end; entry.increment(problem))
        fs::remove_all(entry->path(), problem);
}

FolderPlace::~FolderPlace()
{
    if (m_descriptor < 0)
        return;
    std::error_code ignored;
    if (!m_isDone)
        fs::remove_all(m_temporary, ignored);
    close(m_descriptor);
}

void FolderPlace::requireSpace(std::uint64_t bytes) const
{
    struct statvfs disk = {};
    if (statvfs(m_temporary.c_str(), &disk) != 0 || disk.f_blocks == 0)
        return; // some file systems do not tell
    const std::uint64_t available = std::uint64_t{disk.f_bavail} * disk.f_frsize;
    if (bytes > available) {
        throw Error(ErrorKind::DiskFull,
                    fmt::format("the export needs {} ({} bytes), but only {} are free", formatBytes(bytes), bytes, formatBytes(available)),
                    {folderOf(m_target), std::nullopt, {}}, "Free some space or choose another folder");
    }
}

void FolderPlace::writeFile(std::string_view name, std::string_view text) const
{
    writeFileAtomically(m_temporary / name, std::as_bytes(std::span(text)));
}

void FolderPlace::copyFile(const fs::path& source) const
{
    std::error_code problem;
    const std::uint64_t size = fs::file_size(source, problem);
    if (problem)
        throw systemError(problem.value(), "read", source);
    const fs::path copy = m_temporary / source.filename();
    writeFileAtomically(copy, {});
    copyStretch(source, 0, copy, 0, size, [](std::uint64_t) {});
    const int descriptor = ::open(copy.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0 || fdatasync(descriptor) != 0) {
        const int failure = errno;
        if (descriptor >= 0)
            close(descriptor);
        throw systemError(failure, "flush to disk", copy);
    }
    close(descriptor);
}

void FolderPlace::commit()
{
    syncFolder(m_temporary);
    if (rename(m_temporary.c_str(), m_target.c_str()) != 0)
        throw systemError(errno, "rename the finished folder", m_target);
    m_isDone = true;
    syncFolder(folderOf(m_target));
}

} // namespace quantlathe
