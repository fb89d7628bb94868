// SPDX-License-Identifier: GPL-3.0-or-later
// One export from the first byte to the rename.
#pragma once

#include "core/jobs/chunk_encoder.h"
#include "core/jobs/journal.h"
#include "core/jobs/part_file.h"
#include "core/jobs/quantize_job.h"
#include "core/jobs/read_back.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace quantlathe {

/// What must be the same for an interrupted export to be continued.
JournalIdentity journalIdentity(const QuantizeRequest& request, const ExportLayout& layout, const ChunkList& chunks);

/// Removes the temporary files that @p contents names beside @p target.
void removeTemporaries(const std::filesystem::path& target, const JournalContents& contents);

class ExportRun
{
public:
    /// Lays out and checks. @throws as checkRequest()
    ExportRun(const QuantizeRequest& request, const RunControl& control);
    QuantizeResult run();

private:
    using Clock = std::chrono::steady_clock;

    /// A chunk on its way through the pipeline.
    struct Slot
    {
        std::uint64_t index = 0;
        Chunk chunk;
        JournalRecord record;
        std::exception_ptr failure;
        ChunkBuffers buffers;
    };

    [[nodiscard]] std::size_t slotCount(unsigned threads) const;
    void takeOver();
    void writeChunks();
    Slot* nextSlot();
    void compute(Slot& slot);
    void finishSlot(Slot& slot);
    void writeSlot(Slot& slot);
    void accept(const Chunk& chunk, const JournalRecord& record);
    void prefetch(std::uint64_t index) const;
    void release(const Chunk& chunk) const;
    void saveProgress();
    void renameAll();
    void clean() noexcept;
    [[nodiscard]] bool isWorthKeeping(const std::exception_ptr& failure) const;
    QuantizeResult result() const;

    const QuantizeRequest& m_request;
    RunControl m_control;
    Clock::time_point m_begin = Clock::now();
    ExportLayout m_layout;
    std::optional<CalibratedTensors> m_calibrated;
    ChunkList m_chunks;
    JournalIdentity m_identity;
    std::unique_ptr<Journal> m_journal;

    std::uint64_t m_written = 0;          ///< chunks, taken over or written by this run
    std::vector<ChunkFigures> m_figures;  ///< per output tensor
    std::uint64_t m_doneBytes = 0;
    std::uint64_t m_resumedBytes = 0;
    bool m_isRenaming = false;

    // The pipeline. Source and writing stage run one at a time each; the free list is shared by both.
    std::vector<std::unique_ptr<Slot>> m_slots;
    std::mutex m_freeMutex;
    std::vector<Slot*> m_free;
    std::uint64_t m_nextChunk = 0;                                ///< source stage
    std::atomic<std::uint64_t> m_failedChunk{~std::uint64_t{0}};  ///< chunks behind it need not be finished
    std::exception_ptr m_failure;                                 ///< writing stage: the first in order
    std::optional<PartFile> m_part;                               ///< writing stage
    std::optional<TrailingVerifier> m_verifier;                   ///< fed by the writing stage
    std::size_t m_partIndex = 0;
    std::uint64_t m_unsyncedBytes = 0;
    Clock::time_point m_lastSync;
    Clock::time_point m_lastFlush;
};

} // namespace quantlathe
