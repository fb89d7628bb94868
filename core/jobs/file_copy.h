// SPDX-License-Identifier: GPL-3.0-or-later
// A stretch of one file into another, by the system: on file systems that can, the blocks are shared and nothing is moved.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>

namespace quantlathe {

/// Copies @p size bytes from @p sourceOffset of @p source to @p targetOffset of @p target, which exists. Falls back to reading
/// and writing where the system cannot (other file system).
/// @param copied called with the bytes of each step (at most some 32 MiB); what it throws goes through
/// @throws Error(Io, DiskFull, AccessDenied, NotFound); SourceChanged when the source ends early
void copyStretch(const std::filesystem::path& source, std::uint64_t sourceOffset, const std::filesystem::path& target,
                 std::uint64_t targetOffset, std::uint64_t size, const std::function<void(std::uint64_t bytes)>& copied);

} // namespace quantlathe
