// SPDX-License-Identifier: GPL-3.0-or-later
// The temporary files of an export: written one after the other, kept until all are complete and verified, renamed.
#pragma once

#include "core/base/atomic_file.h"
#include "core/jobs/export_layout.h"

#include <cstdint>
#include <span>

namespace quantlathe {

/// Writes one temporary file in order of rising offsets. What is skipped reads as zeros. The file stays on disk when the
/// object goes away: whoever runs the export decides about it. One thread at a time.
class PartFile
{
public:
    /// Opens the temporary file of @p file, keeping its first @p keptBytes, and reserves its full size.
    /// @throws Error(DiskFull, AccessDenied, NotFound, Io)
    PartFile(const ExportFile& file, std::uint64_t keptBytes);
    ~PartFile();
    PartFile(const PartFile&) = delete;
    PartFile& operator=(const PartFile&) = delete;

    /// Starts moving what was written to the disk from time to time, so that a later sync() is short.
    void writeAt(std::uint64_t offset, std::span<const std::byte> bytes);
    /// Waits for the disk, and lets go of the cached pages: a long export must not push everything else out of memory.
    void sync();
    /// Brings the file to its full size (the padding behind the last tensor) and syncs.
    void finish();

private:
    AtomicFile m_file;
    std::uint64_t m_sizeBytes;
    int m_descriptor = -1; ///< a second one for the system's cache hints; -1 where it could not be opened
    std::uint64_t m_started = 0; ///< up to here writing to the disk was started
    std::uint64_t m_position = 0;
};

/// Bytes on disk of the temporary file an earlier run left for @p file; 0 without one.
std::uint64_t allocatedTemporaryBytes(const ExportFile& file);

} // namespace quantlathe
