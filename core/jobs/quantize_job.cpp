// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/jobs/quantize_job.h"

#include "core/base/atomic_file.h"
#include "core/codecs/codec.h"
#include "core/jobs/export_run.h"
#include "core/base/hash64.h"

#include <string_view>

namespace quantlathe {

namespace {

/// Collects what identifies a request and hashes it.
class Fingerprint
{
public:
    void add(std::uint64_t number)
    {
        for (int shift = 0; shift < 64; shift += 8)
            m_bytes.push_back(static_cast<std::byte>(number >> shift));
    }
    void add(std::string_view text)
    {
        add(std::uint64_t{text.size()});
        const auto bytes = std::as_bytes(std::span(text));
        m_bytes.insert(m_bytes.end(), bytes.begin(), bytes.end());
    }
    [[nodiscard]] std::uint64_t hash() const { return hash64(m_bytes); }

private:
    std::vector<std::byte> m_bytes;
};

/// Not the device number: it may change when a disk is attached again.
void addSources(Fingerprint& fingerprint, const Model& model)
{
    for (const auto& file : model.mappings()) {
        fingerprint.add(file->identity().inode);
        fingerprint.add(file->identity().sizeBytes);
        fingerprint.add(static_cast<std::uint64_t>(file->identity().modifiedNanoseconds));
    }
}

} // namespace

JournalIdentity journalIdentity(const QuantizeRequest& request, const ExportLayout& layout, const ChunkList& chunks)
{
    JournalIdentity identity;
    Fingerprint fingerprint;
    fingerprint.add(QUANTLATHE_VERSION); // another version may encode differently
    addSources(fingerprint, *request.model);
    fingerprint.add(static_cast<std::uint64_t>(request.nonFinite));
    fingerprint.add(request.importance ? std::string_view(request.importance->importance()->hash()) : std::string_view());
    fingerprint.add(request.calibrated ? std::string_view(request.calibrated->identity()) : std::string_view());
    for (const ExportFile& file : layout.files) {
        identity.fileNames.push_back(file.path.filename().string());
        fingerprint.add(identity.fileNames.back());
        fingerprint.add(hash64(file.header));
        for (const std::size_t index : file.tensors) {
            const OutputTensor& tensor = layout.output.tensors[index];
            for (const std::size_t source : tensor.sources) {
                fingerprint.add(std::uint64_t{source});
                fingerprint.add(request.model->tensors()[source].storage().fileOffset());
            }
            fingerprint.add(static_cast<std::uint64_t>(tensor.type));
            fingerprint.add(std::uint64_t{tensor.isCopy});
            const RowMap& rows = tensor.rows;
            for (const std::uint64_t number : {rows.first, rows.block, rows.stride, rows.step, std::uint64_t{rows.isRotated}, std::uint64_t{tensor.isShifted}})
                fingerprint.add(number);
            if (!tensor.isCopy) {
                const EncodeOptions options = codecFor(tensor.type).options(request.plan.encoding);
                fingerprint.add(static_cast<std::uint64_t>(options.objective));
                fingerprint.add(static_cast<std::uint64_t>(options.effort));
            }
        }
    }
    identity.requestHash = fingerprint.hash();
    identity.hasErrors = request.measureError;
    identity.chunkCount = chunks.size();
    return identity;
}

void removeTemporaries(const std::filesystem::path& target, const JournalContents& contents)
{
    std::error_code ignored;
    for (const std::string& name : contents.identity.fileNames) {
        // Names come from a file: never leave the target's folder.
        if (name.empty() || name.find('/') != std::string::npos)
            continue;
        std::filesystem::remove(AtomicFile::temporaryPathFor(target.parent_path() / name), ignored);
    }
}

QuantizeResult runQuantize(const QuantizeRequest& request, const RunControl& control)
{
    return ExportRun(request, control).run();
}

bool canResume(const QuantizeRequest& request)
{
    const auto journal = Journal::peek(request.target);
    if (!journal || journal->records.empty())
        return false;
    try {
        const auto layout
            = layoutExport(makeGgufOutput(request.model, request.plan, request.edits, request.importance.get()), request.target, request.splitBytes);
        const auto wanted = journalIdentity(request, layout, ChunkList(layout));
        return wanted.requestHash == journal->identity.requestHash && wanted.chunkCount == journal->identity.chunkCount
            && (journal->identity.hasErrors || !request.measureError);
    } catch (const Error&) {
        return false;
    }
}

void discardPartial(const std::filesystem::path& target)
{
    std::error_code ignored;
    const auto temporary = AtomicFile::temporaryPathFor(target);
    if (std::filesystem::exists(Journal::pathFor(target), ignored)) {
        Journal journal(target); // refuses while an export runs
        if (const auto contents = journal.contents())
            removeTemporaries(target, *contents);
        journal.remove();
    }
    std::filesystem::remove(temporary, ignored);
}

} // namespace quantlathe
