// SPDX-License-Identifier: GPL-3.0-or-later
// What an export has written so far, on disk beside the target, so that it can be continued after a kill or power cut. It
// also locks the target against a second export at the same time.
#pragma once

#include "core/analysis/quantization_error.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace quantlathe {

/// What must be equal for a run to be continued.
struct JournalIdentity
{
    std::uint64_t requestHash = 0; ///< of the sources' identity, the layout and this program's version
    bool hasErrors = false;        ///< records carry ErrorSums
    std::uint64_t chunkCount = 0;
    std::vector<std::string> fileNames; ///< output files, without folder

    bool operator==(const JournalIdentity&) const = default;
};

struct JournalRecord
{
    std::uint64_t hash = 0; ///< hash64 of the chunk's bytes
    ErrorSums error;
    ReplacedWeights replaced;
};

struct JournalContents
{
    JournalIdentity identity;
    std::vector<JournalRecord> records; ///< of chunks 0, 1, 2 ... without a gap
    bool isRenaming = false;            ///< everything was written and verified, renaming had begun
};

/// Append-only file ".NAME.quantlathe-journal" beside the target NAME: a header and fixed-size records, each with a checksum
/// of its own, so that a torn end is recognised and cut off. Holds an exclusive lock while open. One thread at a time.
class Journal
{
public:
    static std::filesystem::path pathFor(const std::filesystem::path& target);
    /// What a journal left on disk says; nothing when there is none or its header is damaged. Never throws for content.
    static std::optional<JournalContents> peek(const std::filesystem::path& target);

    /// Opens and locks. @throws Error(InvalidArgument) when another export to @p target runs; AccessDenied, NotFound ...
    explicit Journal(const std::filesystem::path& target);
    ~Journal();
    Journal(const Journal&) = delete;
    Journal& operator=(const Journal&) = delete;

    /// What an earlier run left; read under the lock.
    [[nodiscard]] std::optional<JournalContents> contents() const;
    /// Starts over: @p identity and the first @p records.
    void begin(const JournalIdentity& identity, const std::vector<JournalRecord>& records);
    /// Remembers the next chunk; flush() hands all that were added to the operating system.
    void add(const JournalRecord& record);
    [[nodiscard]] std::size_t pending() const { return m_pending.size() / recordBytes; }
    void flush();
    /// flush() and wait for the disk.
    void sync();
    void markRenaming();
    /// Removes the file. The object is done afterwards.
    void remove();

    static constexpr std::size_t recordBytes = 104;

private:
    void append(std::uint64_t index, const JournalRecord& record);

    std::filesystem::path m_path;
    int m_descriptor = -1;
    std::uint64_t m_requestHash = 0;
    std::uint64_t m_next = 0;
    std::uint64_t m_position = 0;
    std::vector<std::byte> m_pending;
};

} // namespace quantlathe
