// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/jobs/metadata_job.h"

#include "core/base/atomic_file.h"
#include "core/base/checked.h"
#include "core/base/text.h"
#include "core/formats/gguf/gguf_writer.h"
#include "core/formats/gguf/header_edit.h"
#include "core/jobs/file_copy.h"
#include "core/jobs/read_back.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fmt/format.h>
#include <optional>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace quantlathe {

namespace {

/// A part of a file that is taken over from a model file.
struct Copy
{
    std::uint64_t source = 0;
    std::uint64_t target = 0;
    std::uint64_t size = 0;
};

/// One file to write: a header, then stretches of the source.
struct Output
{
    std::filesystem::path path;
    std::shared_ptr<const MappedFile> source;
    std::vector<std::byte> header; ///< empty for parts that are copied whole
    std::vector<Copy> copies;      ///< by rising target; what lies between reads as zeros
    std::uint64_t sizeBytes = 0;
};

std::filesystem::path canonicalPath(const std::filesystem::path& path)
{
    std::error_code failure;
    auto real = std::filesystem::canonical(path, failure);
    return failure ? path : real;
}

std::filesystem::path folderOf(const std::filesystem::path& path)
{
    const auto folder = path.parent_path();
    return folder.empty() ? std::filesystem::path(".") : folder;
}

/// "name-00001-of-00003.gguf" without its ending; nothing for other names.
std::string withoutPart(std::string name, std::uint64_t part, std::uint64_t count)
{
    for (const std::string& ending : {fmt::format("-{:05}-of-{:05}.gguf", part + 1, count), std::string(".gguf")}) {
        if (name.ends_with(ending))
            return name.substr(0, name.size() - ending.size());
    }
    return name;
}

class MetadataSave
{
public:
    explicit MetadataSave(const MetadataSaveRequest& request)
        : m_request(request)
    {
        const Model& model = *request.model;
        if (model.format() != ModelFormat::Gguf) {
            throw Error(ErrorKind::Unsupported, fmt::format("is a {}, which has no GGUF metadata of its own", name(model.format())),
                        {model.path(), std::nullopt, {}}, "Edits go into the GGUF that an export writes");
        }
        model.throwIfSourceChanged();
        checkEdits(model.metadata(), request.edits);
        for (const auto& path : model.files())
            m_sources.push_back(MappedFile::open(path));
        m_header = gguf::parseHeader(m_sources.front()->bytes(), m_sources.front()->path(), m_sources.front());
        m_metadata = request.edits.applied(m_header.metadata);
        layOut();
        check();
    }

    [[nodiscard]] MetadataSaveOutlook outlook() const
    {
        MetadataSaveOutlook result;
        result.isHeaderOnly = m_inPlace.has_value();
        result.headerBytes = m_inPlace ? m_inPlace->size() : m_outputs.front().header.size();
        result.writtenBytes = m_inPlace ? m_inPlace->size() : totalBytes();
        if (m_inPlace)
            result.files = {m_sources.front()->path()};
        for (const Output& output : m_outputs)
            result.files.push_back(output.path);
        return result;
    }

    MetadataSaveResult run(const RunControl& control)
    {
        const auto begin = std::chrono::steady_clock::now();
        const MetadataSaveOutlook plan = outlook();
        control.throwIfCancelled();
        if (m_inPlace)
            gguf::replaceHeader(m_sources.front()->path(), *m_inPlace);
        else
            writeFiles(control);
        const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
        return {plan.isHeaderOnly, plan.writtenBytes, seconds.count(), plan.files};
    }

private:
    [[nodiscard]] bool isInPlace() const { return m_request.target.empty(); }

    [[nodiscard]] std::uint64_t totalBytes() const
    {
        std::uint64_t total = 0;
        for (const Output& output : m_outputs)
            total += output.sizeBytes;
        return total;
    }

    void layOut()
    {
        if (isInPlace()) {
            m_inPlace = gguf::headerInPlace(m_header, m_metadata);
            if (!m_inPlace)
                m_outputs.push_back(firstOutput(canonicalPath(m_sources.front()->path())));
            return;
        }
        const std::uint64_t parts = m_sources.size();
        for (std::uint64_t part = 0; part < parts; ++part) {
            const auto path = parts == 1 ? m_request.target
                                         : folderOf(m_request.target)
                    / fmt::format("{}-{:05}-of-{:05}.gguf", withoutPart(m_request.target.filename().string(), 0, parts), part + 1, parts);
            if (part == 0) {
                m_outputs.push_back(firstOutput(path));
            } else {
                const std::uint64_t size = m_sources[part]->identity().sizeBytes;
                m_outputs.push_back({path, m_sources[part], {}, {{0, 0, size}}, size});
            }
        }
    }

    /// The first part with the new header; its tensors follow each other, as llama.cpp demands, whatever gaps there were.
    [[nodiscard]] Output firstOutput(const std::filesystem::path& path) const
    {
        std::vector<gguf::TensorToWrite> tensors;
        for (const gguf::TensorEntry& entry : m_header.tensors)
            tensors.push_back({entry.name, entry.shape, entry.type});
        MetadataEdits room;
        room.remove(paddingKey);
        Metadata keys = room.applied(m_metadata);
        if (m_request.reserveBytes > 0)
            keys.append(std::string(paddingKey), MetadataValue::ofString(std::string(static_cast<std::size_t>(m_request.reserveBytes), ' ')));
        gguf::EncodedHeader encoded = gguf::encodeHeader(keys, tensors, m_header.alignment);
        Output output{path, m_sources.front(), std::move(encoded.bytes), {}, 0};
        for (std::size_t index = 0; index < tensors.size(); ++index) {
            const gguf::TensorEntry& entry = m_header.tensors[index];
            const Copy copy{m_header.dataOffset + entry.offset, output.header.size() + encoded.dataOffsets[index], entry.sizeBytes};
            if (copy.size == 0)
                continue;
            Copy* last = output.copies.empty() ? nullptr : &output.copies.back();
            // Neighbours stay neighbours; padding between them is only taken along where it has the same length.
            if (last && copy.source >= last->source + last->size && copy.source - last->source == copy.target - last->target
                && copy.source - (last->source + last->size) < m_header.alignment)
                last->size = copy.source + copy.size - last->source;
            else
                output.copies.push_back(copy);
        }
        output.sizeBytes = output.header.size() + encoded.dataBytes;
        return output;
    }

    // --- before anything is written ---

    void check() const
    {
        for (const Output& output : m_outputs) {
            checkTarget(output.path);
            const auto folder = folderOf(output.path);
            struct stat status = {};
            if (stat(folder.c_str(), &status) != 0)
                throw systemError(errno, "find the folder", folder);
            if (access(folder.c_str(), W_OK | X_OK) != 0)
                throw systemError(errno, "write into the folder", folder);
        }
        if (m_inPlace && access(m_sources.front()->path().c_str(), W_OK) != 0)
            throw systemError(errno, "write to", m_sources.front()->path());
        struct statvfs disk = {};
        if (m_outputs.empty() || statvfs(folderOf(m_outputs.front().path).c_str(), &disk) != 0 || disk.f_blocks == 0)
            return;
        const std::uint64_t available = std::uint64_t{disk.f_bavail} * disk.f_frsize;
        if (totalBytes() > available) {
            throw Error(ErrorKind::DiskFull, fmt::format("a copy needs {}, but only {} are free", formatBytes(totalBytes()), formatBytes(available)),
                        {folderOf(m_outputs.front().path), std::nullopt, {}}, "Free some space or choose another folder");
        }
    }

    void checkTarget(const std::filesystem::path& path) const
    {
        struct stat status = {};
        if (path.filename().empty() || (stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode)))
            throw Error(ErrorKind::InvalidArgument, "is no file name to write to", {path, std::nullopt, {}});
        if (isInPlace() || stat(path.c_str(), &status) != 0)
            return;
        for (const auto& source : m_sources) {
            if (FileIdentity::of(path).isSameFile(source->identity())) {
                throw Error(ErrorKind::InvalidArgument, "is the model that is being read", {path, std::nullopt, {}},
                            "Choose another name, or ask for the model itself to be changed");
            }
        }
    }

    // --- writing ---

    void writeFiles(const RunControl& control)
    {
        std::vector<AtomicFile> files;
        for (const Output& output : m_outputs) {
            files.emplace_back(output.path);
            write(output, files.back(), control);
        }
        for (std::size_t index = 0; index < files.size(); ++index)
            verify(m_outputs[index], files[index], control);
        for (const auto& source : m_sources)
            source->throwIfChanged();
        control.throwIfCancelled();
        for (AtomicFile& file : files)
            file.commit();
    }

    void report(const RunControl& control, std::string_view stage, std::uint64_t bytes)
    {
        control.throwIfCancelled();
        m_doneBytes += bytes;
        control.report(stage, m_doneBytes, 2 * totalBytes());
    }

    void write(const Output& output, AtomicFile& file, const RunControl& control)
    {
        file.reserve(output.sizeBytes);
        struct stat status = {};
        if (stat(output.source->path().c_str(), &status) == 0)
            chmod(file.temporaryPath().c_str(), status.st_mode & 07777); // as the original
        file.writeAt(0, output.header);
        report(control, "writing", output.header.size());
        for (const Copy& copy : output.copies)
            copyStretch(output.source->path(), copy.source, file.temporaryPath(), copy.target, copy.size,
                        [&](std::uint64_t bytes) { report(control, "writing", bytes); });
        file.truncate(output.sizeBytes); // the padding behind the last tensor
        file.sync();
    }

    /// What is on disk now, against the header in memory and the source.
    void verify(const Output& output, const AtomicFile& file, const RunControl& control)
    {
        DirectReader reader(file.temporaryPath());
        const auto wrong = [&](std::uint64_t offset) {
            throw Error(ErrorKind::Io, "the disk gives back something else than what was written", {file.temporaryPath(), offset, {}});
        };
        if (!reader.isOpen())
            throw systemError(errno, "read back", file.temporaryPath());
        const auto compare = [&](std::uint64_t at, std::span<const std::byte> wanted) {
            constexpr std::uint64_t step = 1u << 20;
            for (std::uint64_t done = 0; done < wanted.size(); done += step) {
                const std::uint64_t size = std::min<std::uint64_t>(step, wanted.size() - done);
                const auto bytes = reader.read(at + done, size);
                if (!bytes || std::memcmp(bytes->data(), wanted.data() + done, size) != 0)
                    wrong(at + done);
                report(control, "verifying", size);
            }
        };
        compare(0, output.header);
        for (const Copy& copy : output.copies) {
            compare(copy.target, output.source->bytes().subspan(static_cast<std::size_t>(copy.source), static_cast<std::size_t>(copy.size)));
            output.source->dontNeed(copy.source, copy.size);
        }
        output.source->throwIfChanged(); // otherwise what was compared means nothing
        if (!output.header.empty()) {
            const auto mapped = MappedFile::open(file.temporaryPath());
            gguf::parseHeader(mapped->bytes(), mapped->path(), mapped);
        }
    }

    const MetadataSaveRequest& m_request;
    std::vector<std::shared_ptr<const MappedFile>> m_sources; ///< parts in order
    gguf::Header m_header;                                    ///< of the first part
    Metadata m_metadata;                                      ///< edited
    std::optional<std::vector<std::byte>> m_inPlace;          ///< the header, where it fits
    std::vector<Output> m_outputs;                            ///< otherwise
    std::uint64_t m_doneBytes = 0;
};

} // namespace

MetadataSaveOutlook metadataOutlook(const MetadataSaveRequest& request)
{
    return MetadataSave(request).outlook();
}

MetadataSaveResult saveMetadata(const MetadataSaveRequest& request, const RunControl& control)
{
    return MetadataSave(request).run(control);
}

} // namespace quantlathe
