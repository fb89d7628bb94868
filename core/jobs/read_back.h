// SPDX-License-Identifier: GPL-3.0-or-later
// Reading what an export wrote, from the disk and not from the memory it was written out of.
#pragma once

#include "core/base/run_control.h"
#include "core/jobs/chunks.h"

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <thread>

namespace quantlathe {

/// Memory that a reader needs beside its object.
inline constexpr std::uint64_t readBackBytes = 2u << 20;

/// Reads stretches of one file around the system's cache (O_DIRECT) where the file system allows it, otherwise after asking
/// the system to forget what it has cached. One thread at a time.
class DirectReader
{
public:
    /// See isOpen().
    explicit DirectReader(const std::filesystem::path& path);
    ~DirectReader();
    DirectReader(const DirectReader&) = delete;
    DirectReader& operator=(const DirectReader&) = delete;

    [[nodiscard]] bool isOpen() const { return m_descriptor >= 0; }
    /// The bytes [offset, offset + size), valid until the next call; nothing where the file ends before.
    /// @throws Error(Io)
    std::optional<std::span<const std::byte>> read(std::uint64_t offset, std::uint64_t size);

private:
    void leaveDirectMode();

    struct Free
    {
        void operator()(std::byte* memory) const;
    };
    std::filesystem::path m_path;
    int m_descriptor = -1;
    bool m_isDirect = false;
    std::unique_ptr<std::byte, Free> m_buffer; ///< aligned
    std::uint64_t m_capacity = 0;
};

/// Reads chunks of @p layout back, [from, to), from the temporary file or (once it was renamed) from the target itself when
/// @p includeTargets. Calls @p check(index, chunk, bytes) in order until it returns false or a file is missing or short.
/// @return the index behind the last chunk that check accepted
/// @throws Error(Cancelled), Error(Io) when the disk fails
std::uint64_t readBack(const ExportLayout& layout, const ChunkList& chunks, std::uint64_t from, std::uint64_t to,
                       bool includeTargets, const RunControl& control,
                       const std::function<bool(std::uint64_t, const Chunk&, std::span<const std::byte>)>& check);

/// Verifies chunks some way behind the one who writes them, on a thread of its own, so that little is left to do when the
/// last one is written. Until allWritten() it stays lagBytes behind: the disk gets its data in the order of writing, and
/// reading it back does not wait for it.
class TrailingVerifier
{
public:
    static constexpr std::uint64_t lagBytes = 32u << 20;

    /// Chunks before @p first count as verified, with @p firstBytes bytes. The arguments outlive the object.
    TrailingVerifier(const ExportLayout& layout, const ChunkList& chunks, std::uint64_t first, std::uint64_t firstBytes);
    /// Stops early.
    ~TrailingVerifier();

    /// The next chunk, of @p sizeBytes with hash64 @p hash, was handed to the system. @throws what was found so far, as wait()
    void written(std::uint64_t sizeBytes, std::uint64_t hash);
    /// No more will come.
    void allWritten();
    /// Waits until everything is verified; progress as "verifying", in bytes.
    /// @throws Error(Io) where the disk gives back something else, naming the place; Error(Cancelled)
    void wait(const RunControl& control);

private:
    void run();
    /// The chunks that may be verified now, as one stretch of one file; empty when there are none. Locked by the caller.
    [[nodiscard]] std::uint64_t groupEnd() const;
    void verify(std::uint64_t first, std::uint64_t end);

    const ExportLayout& m_layout;
    const ChunkList& m_chunks;
    std::unique_ptr<DirectReader> m_reader; ///< of m_file; used by the thread only
    std::size_t m_file = 0;

    std::mutex m_mutex; ///< guards what follows
    std::condition_variable m_changed;
    std::deque<std::uint64_t> m_hashes; ///< of chunks m_verified, m_verified + 1, ...
    std::uint64_t m_verified;           ///< chunks
    std::uint64_t m_verifiedBytes;
    std::uint64_t m_writtenBytes;
    bool m_isAllWritten = false;
    bool m_isStopped = false;
    std::exception_ptr m_failure;
    std::thread m_thread; ///< last member: everything is there when it starts
};

} // namespace quantlathe
