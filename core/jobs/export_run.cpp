// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/jobs/export_run.h"

#include "core/base/parallel.h"
#include "core/base/text.h"
#include "core/base/hash64.h"
#include "core/plan/importance_report.h"

#include <algorithm>
#include <fmt/format.h>
#include <tbb/global_control.h>
#include <tbb/parallel_pipeline.h>
#include <tbb/task_arena.h>

namespace quantlathe {

namespace {

/// After so many bytes or seconds the data and the journal are brought to the disk: what a power cut can cost.
constexpr std::uint64_t syncBytes = 256ull << 20;
constexpr std::chrono::seconds syncInterval{5};
/// Between two of these a kill (with the system running on) costs work.
constexpr std::chrono::milliseconds flushInterval{200};
/// Chunks in flight per thread: enough that nobody waits for the one who writes.
constexpr std::size_t slotsPerThread = 3;
/// How far ahead the input is asked for.
constexpr std::uint64_t prefetchChunks = 8;
/// Pages straddling two chunks are let go with the second one.
constexpr std::uint64_t pageSlack = 64 * 1024;

ErrorKind kindOf(const std::exception_ptr& failure)
{
    try {
        std::rethrow_exception(failure);
    } catch (const Error& error) {
        return error.kind();
    } catch (...) {
        return ErrorKind::Io;
    }
}

} // namespace

ExportRun::ExportRun(const QuantizeRequest& request, const RunControl& control)
    : m_request(request)
    , m_control(control)
    , m_layout(layoutExport(makeGgufOutput(request.model, request.plan, request.edits, request.importance.get()), request.target, request.splitBytes))
    , m_chunks((checkRequest(request, m_layout), m_layout))
    , m_identity(journalIdentity(request, m_layout, m_chunks))
    , m_figures(m_layout.output.tensors.size())
{
    if (request.calibrated)
        m_calibrated.emplace(request.calibrated);
}

QuantizeResult ExportRun::run()
{
    const unsigned threads = m_request.threads > 0 ? m_request.threads : defaultThreadCount();
    const std::size_t slots = slotCount(threads);
    m_control.throwIfCancelled();
    m_journal = std::make_unique<Journal>(m_request.target);
    try {
        takeOver();
        if (!m_isRenaming) {
            for (std::size_t index = 0; index < slots; ++index) {
                m_slots.push_back(std::make_unique<Slot>());
                m_slots.back()->buffers.reserveFor(m_chunks, m_request.importance != nullptr);
                m_free.push_back(m_slots.back().get());
            }
            // More threads than processors only on request, and TBB wants to be told.
            std::optional<tbb::global_control> more;
            if (threads > defaultThreadCount())
                more.emplace(tbb::global_control::max_allowed_parallelism, threads);
            tbb::task_arena arena(static_cast<int>(std::min(threads, 1024u)));
            arena.execute([&] { writeChunks(); });
            m_slots.clear();
            if (m_verifier)
                m_verifier->wait(m_control);
            m_verifier.reset();
            m_request.model->throwIfSourceChanged();
            m_control.throwIfCancelled();
        }
        renameAll();
    } catch (...) {
        m_verifier.reset();
        m_part.reset();
        if (!isWorthKeeping(std::current_exception()))
            clean();
        throw;
    }
    m_journal->remove();
    m_control.report("done", m_layout.totalBytes, m_layout.totalBytes);
    return result();
}

std::size_t ExportRun::slotCount(unsigned threads) const
{
    std::uint64_t fixed = m_chunks.size() * sizeof(std::uint64_t) + std::max(readBackBytes, m_chunks.largestBytes());
    for (const ExportFile& file : m_layout.files)
        fixed += file.header.size();
    const std::uint64_t each = ChunkBuffers::sizeFor(m_chunks, m_request.importance != nullptr);
    if (m_request.maximumMemoryBytes < fixed + each) {
        throw Error(ErrorKind::InvalidArgument,
                    fmt::format("the export needs at least {} of memory, but may use only {}", formatBytes(fixed + each),
                                formatBytes(m_request.maximumMemoryBytes)),
                    {}, "Allow more memory");
    }
    const std::uint64_t fitting = (m_request.maximumMemoryBytes - fixed) / each;
    return static_cast<std::size_t>(std::min<std::uint64_t>(fitting, std::uint64_t{threads} * slotsPerThread));
}

void ExportRun::takeOver()
{
    auto earlier = m_journal->contents();
    const bool isSame = earlier && earlier->identity.requestHash == m_identity.requestHash
        && earlier->identity.chunkCount == m_identity.chunkCount
        && earlier->identity.fileNames == m_identity.fileNames
        && (earlier->identity.hasErrors || !m_request.measureError);
    if (!m_request.resume || !isSame) {
        if (earlier)
            removeTemporaries(m_request.target, *earlier);
        m_journal->begin(m_identity, {});
        m_journal->sync();
        return;
    }
    m_identity.hasErrors = earlier->identity.hasErrors;
    const auto check = [&](std::uint64_t index, const Chunk& chunk, std::span<const std::byte> bytes) {
        if (hash64(bytes) != earlier->records[index].hash)
            return false;
        accept(chunk, earlier->records[index]);
        m_control.report("checking what is there", m_doneBytes, m_layout.totalBytes);
        return true;
    };
    const std::uint64_t valid
        = readBack(m_layout, m_chunks, 0, earlier->records.size(), earlier->isRenaming, m_control, check);
    m_resumedBytes = m_doneBytes;
    m_isRenaming = earlier->isRenaming && valid == m_chunks.size();
    if (m_isRenaming)
        return;
    earlier->records.resize(valid);
    m_journal->begin(m_identity, earlier->records);
    m_journal->sync();
}

void ExportRun::writeChunks()
{
    m_nextChunk = m_written;
    if (m_nextChunk == m_chunks.size())
        return;
    const Chunk first = m_chunks.at(m_nextChunk);
    std::uint64_t keptBytes = 0;
    if (m_nextChunk > 0) {
        const Chunk last = m_chunks.at(m_nextChunk - 1);
        if (last.file == first.file)
            keptBytes = last.fileOffset + last.sizeBytes;
    }
    m_partIndex = first.file;
    m_part.emplace(m_layout.files[first.file], keptBytes);
    m_verifier.emplace(m_layout, m_chunks, m_nextChunk, m_doneBytes);
    m_lastSync = m_lastFlush = Clock::now();
    for (std::uint64_t ahead = 0; ahead < prefetchChunks; ++ahead)
        prefetch(m_nextChunk + ahead);

    // No exception passes through the pipeline: each travels with its chunk, so that the first in file order is the one
    // that is reported, whatever the threads did.
    tbb::parallel_pipeline(
        m_slots.size(),
        tbb::make_filter<void, Slot*>(tbb::filter_mode::serial_in_order,
                                      [this](tbb::flow_control& flow) -> Slot* {
                                          Slot* slot = nextSlot();
                                          if (!slot)
                                              flow.stop();
                                          return slot;
                                      })
            & tbb::make_filter<Slot*, Slot*>(tbb::filter_mode::parallel,
                                             [this](Slot* slot) {
                                                 compute(*slot);
                                                 return slot;
                                             })
            & tbb::make_filter<Slot*, void>(tbb::filter_mode::serial_in_order,
                                            [this](Slot* slot) { finishSlot(*slot); }));

    if (!m_failure && m_control.isCancelled() && m_written < m_chunks.size())
        m_failure = std::make_exception_ptr(Error(ErrorKind::Cancelled, "cancelled"));
    if (m_failure) {
        if (const ErrorKind kind = kindOf(m_failure); kind != ErrorKind::Cancelled)
            m_request.model->throwIfSourceChanged(); // a damaged input explains whatever went wrong
        m_journal->flush();
        std::rethrow_exception(m_failure);
    }
    m_verifier->allWritten();
    m_part->finish();
    m_part.reset();
    m_journal->sync();
}

ExportRun::Slot* ExportRun::nextSlot()
{
    if (m_nextChunk == m_chunks.size() || m_control.isCancelled() || m_failedChunk.load() != ~std::uint64_t{0})
        return nullptr;
    Slot* slot = nullptr;
    {
        const std::lock_guard lock(m_freeMutex);
        slot = m_free.back();
        m_free.pop_back();
    }
    slot->index = m_nextChunk++;
    slot->chunk = m_chunks.at(slot->index);
    slot->failure = nullptr;
    prefetch(slot->index + prefetchChunks);
    return slot;
}

void ExportRun::compute(Slot& slot)
{
    try {
        const auto shouldStop = [&] { return m_control.isCancelled() || m_failedChunk.load() < slot.index; };
        const ChunkOptions options{m_request.measureError, m_request.plan.encoding, m_request.nonFinite,
                                   m_request.importance.get(), m_calibrated ? &*m_calibrated : nullptr};
        const ChunkFigures figures = encodeChunk(m_layout, slot.chunk, options, shouldStop, slot.buffers);
        slot.record.error = figures.error;
        slot.record.replaced = figures.replaced;
        slot.record.hash = hash64(std::span<const std::byte>(slot.buffers.bytes).first(slot.chunk.sizeBytes));
    } catch (...) {
        slot.failure = std::current_exception();
        std::uint64_t known = m_failedChunk.load();
        while (slot.index < known && !m_failedChunk.compare_exchange_weak(known, slot.index)) {
        }
    }
}

void ExportRun::finishSlot(Slot& slot)
{
    if (!m_failure) {
        try {
            if (slot.failure)
                std::rethrow_exception(slot.failure);
            writeSlot(slot);
        } catch (...) {
            m_failure = std::current_exception();
            m_failedChunk.store(0);
        }
    }
    const std::lock_guard lock(m_freeMutex);
    m_free.push_back(&slot);
}

void ExportRun::writeSlot(Slot& slot)
{
    const Chunk& chunk = slot.chunk;
    if (chunk.file != m_partIndex) {
        m_part->finish();
        m_part.reset();
        m_partIndex = chunk.file;
        m_part.emplace(m_layout.files[chunk.file], 0);
    }
    m_part->writeAt(chunk.fileOffset, std::span<const std::byte>(slot.buffers.bytes).first(chunk.sizeBytes));
    m_verifier->written(chunk.sizeBytes, slot.record.hash);
    m_journal->add(slot.record);
    accept(chunk, slot.record);
    m_unsyncedBytes += chunk.sizeBytes;
    release(chunk);
    if (chunk.isLastOfTensor)
        m_layout.output.tensors[chunk.tensor].weights.throwIfSourceChanged();
    saveProgress();
    m_control.report(chunk.kind == Chunk::Kind::Header ? "header" : m_layout.output.tensors[chunk.tensor].name(),
                     m_doneBytes, m_layout.totalBytes);
}

void ExportRun::accept(const Chunk& chunk, const JournalRecord& record)
{
    ++m_written;
    if (chunk.kind != Chunk::Kind::Header) {
        m_figures[chunk.tensor].error.add(record.error);
        m_figures[chunk.tensor].replaced.add(record.replaced);
    }
    m_doneBytes += chunk.sizeBytes;
}

void ExportRun::prefetch(std::uint64_t index) const
{
    if (index >= m_chunks.size())
        return;
    const Chunk chunk = m_chunks.at(index);
    if (chunk.kind == Chunk::Kind::Header)
        return;
    const OutputTensor& target = m_layout.output.tensors[chunk.tensor];
    const Tensor& source = target.weights;
    if (source.bytes().empty())
        return;
    const std::uint64_t unitBytes = chunk.kind == Chunk::Kind::Copy ? 1 : source.bytes().size() / target.shape().rowCount();
    source.storage().file()->willNeed(source.storage().fileOffset() + chunk.first * unitBytes, chunk.count * unitBytes);
}

void ExportRun::release(const Chunk& chunk) const
{
    if (chunk.kind == Chunk::Kind::Header)
        return;
    const OutputTensor& target = m_layout.output.tensors[chunk.tensor];
    const auto drop = [](const Tensor& tensor, std::uint64_t begin, std::uint64_t end) {
        const std::uint64_t base = tensor.storage().fileOffset();
        const std::uint64_t from = base + begin > pageSlack ? base + begin - pageSlack : 0;
        tensor.storage().file()->dontNeed(from, base + end - from);
    };
    const auto bytes = target.weights.bytes();
    if (!bytes.empty()) {
        const std::uint64_t unitBytes = chunk.kind == Chunk::Kind::Copy ? 1 : bytes.size() / target.shape().rowCount();
        drop(target.weights, chunk.first * unitBytes, (chunk.first + chunk.count) * unitBytes);
    } else if (chunk.isLastOfTensor) { // its rows come from all over its sources
        for (const std::size_t index : target.sources) {
            const Tensor& source = m_layout.output.source->tensors()[index];
            if (!source.bytes().empty())
                drop(source, 0, source.bytes().size());
        }
    }
}

void ExportRun::saveProgress()
{
    const auto now = Clock::now();
    if (m_unsyncedBytes >= syncBytes || now - m_lastSync >= syncInterval) {
        m_part->sync();
        m_journal->sync();
        m_unsyncedBytes = 0;
        m_lastSync = m_lastFlush = Clock::now();
    } else if (now - m_lastFlush >= flushInterval) {
        // Not on disk yet, but a killed process loses nothing; after a power cut the checksums tell what arrived.
        m_journal->flush();
        m_lastFlush = now;
    }
}

void ExportRun::renameAll()
{
    if (!m_isRenaming) {
        m_journal->markRenaming();
        m_isRenaming = true;
    }
    // The first part last: it is the one that is opened, and must not point at parts that are not there.
    for (auto file = m_layout.files.rbegin(); file != m_layout.files.rend(); ++file) {
        std::error_code ignored;
        if (!std::filesystem::exists(AtomicFile::temporaryPathFor(file->path), ignored))
            continue; // renamed by the run that was interrupted here
        AtomicFile part(file->path, AtomicFile::Mode::Resume);
        part.keep();
        if (part.sizeBytes() != file->sizeBytes)
            part.truncate(file->sizeBytes);
        part.commit();
    }
}

void ExportRun::clean() noexcept
{
    try {
        removeTemporaries(m_request.target, {m_identity, {}, false});
    } catch (...) { // only hints about leftovers are lost
    }
    m_journal->remove();
}

bool ExportRun::isWorthKeeping(const std::exception_ptr& failure) const
{
    // Once renaming has begun only going on leads to a consistent set of parts.
    if (m_isRenaming)
        return true;
    if (!m_request.keepPartial || m_written == 0)
        return false;
    switch (kindOf(failure)) {
    case ErrorKind::Cancelled:
    case ErrorKind::DiskFull:
    case ErrorKind::Io:
    case ErrorKind::AccessDenied:
        return true;
    default: // the same input fails again, or is not the same any more
        return false;
    }
}

QuantizeResult ExportRun::result() const
{
    QuantizeResult result;
    for (const ExportFile& file : m_layout.files)
        result.files.push_back(file.path);
    result.totalBytes = m_layout.totalBytes;
    result.notes = m_layout.output.notes;
    result.resumedBytes = m_resumedBytes;
    result.encoding = m_request.plan.encoding;
    result.seconds = std::chrono::duration<double>(Clock::now() - m_begin).count();
    for (std::size_t index = 0; index < m_figures.size(); ++index) {
        const OutputTensor& tensor = m_layout.output.tensors[index];
        const bool isWeighted = !tensor.isCopy && tensor.outputOrigin(0)
            && std::any_of(tensor.sources.begin(), tensor.sources.end(),
                           [&](std::size_t source) { return isWeightedBy(m_request.importance.get(), source, tensor.type); });
        const bool isCalibrated = !tensor.isCopy && m_request.calibrated
            && std::any_of(tensor.sources.begin(), tensor.sources.end(), [&](std::size_t source) { return m_request.calibrated->holds(source); });
        result.tensors.push_back({tensor.name(), tensor.weights.type(), tensor.type, tensor.sizeBytes(), tensor.isCopy, isWeighted && !isCalibrated, isCalibrated,
                                  m_figures[index].error, m_figures[index].replaced});
        result.error.add(m_figures[index].error);
        result.replaced.add(m_figures[index].replaced);
    }
    return result;
}

} // namespace quantlathe
