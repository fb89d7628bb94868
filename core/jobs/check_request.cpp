// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/atomic_file.h"
#include "core/base/text.h"
#include "core/codecs/codec.h"
#include "core/jobs/journal.h"
#include "core/jobs/part_file.h"
#include "core/jobs/calibrated_tensors.h"
#include "core/jobs/quantize_job.h"

#include <cerrno>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace quantlathe {

namespace {

std::filesystem::path folderOf(const std::filesystem::path& target)
{
    const auto folder = target.parent_path();
    return folder.empty() ? std::filesystem::path(".") : folder;
}

std::optional<FileIdentity> identityOf(const std::filesystem::path& path)
{
    try {
        return FileIdentity::of(path);
    } catch (const Error&) {
        return std::nullopt;
    }
}

/// The files of the source: its tensors, and for a Hugging Face model everything else that lies in its folder.
std::vector<FileIdentity> sourceFiles(const Model& model)
{
    std::vector<FileIdentity> result;
    const auto add = [&](const std::filesystem::path& path) {
        if (const auto identity = identityOf(path))
            result.push_back(*identity);
    };
    for (const auto& file : model.files())
        add(file);
    if (model.format() == ModelFormat::Gguf)
        return result;
    std::error_code error;
    const auto folder = std::filesystem::is_directory(model.path(), error) ? model.path() : model.path().parent_path();
    for (const auto& entry : std::filesystem::directory_iterator(folder.empty() ? "." : folder, error)) {
        // Earlier exports beside the source may be replaced.
        if (entry.path().extension() != ".gguf" && entry.is_regular_file(error))
            add(entry.path());
    }
    return result;
}

void checkNotSource(const std::filesystem::path& path, const std::vector<FileIdentity>& sources)
{
    const auto identity = identityOf(path);
    if (!identity)
        return;
    for (const FileIdentity& source : sources) {
        if (identity->isSameFile(source)) {
            throw Error(ErrorKind::InvalidArgument, "is the model that is being read: it would be overwritten",
                        {path, std::nullopt, {}}, "Choose another name");
        }
    }
}

void checkTarget(const std::filesystem::path& target, const std::vector<FileIdentity>& sources)
{
    const std::string name = target.filename().string();
    if (name.empty() || name == "." || name == "..")
        throw Error(ErrorKind::InvalidArgument, "is no file name to write to", {target, std::nullopt, {}});
    checkNotSource(target, sources);
    checkNotSource(AtomicFile::temporaryPathFor(target), sources);
    struct stat status = {};
    if (stat(target.c_str(), &status) == 0 && !S_ISREG(status.st_mode)) {
        throw Error(ErrorKind::InvalidArgument,
                    S_ISDIR(status.st_mode) ? "is a folder; the name of a file is needed" : "is no regular file",
                    {target, std::nullopt, {}});
    }
}

void checkFolder(const std::filesystem::path& folder)
{
    struct stat status = {};
    if (stat(folder.c_str(), &status) != 0)
        throw systemError(errno, "find the folder", folder);
    if (!S_ISDIR(status.st_mode))
        throw Error(ErrorKind::NotFound, "is not a folder", {folder, std::nullopt, {}});
    if (access(folder.c_str(), W_OK | X_OK) != 0)
        throw systemError(errno, "write into the folder", folder);
}

void checkFreeSpace(const std::filesystem::path& folder, const ExportLayout& layout)
{
    struct statvfs disk = {};
    if (statvfs(folder.c_str(), &disk) != 0 || disk.f_blocks == 0)
        return; // some file systems do not tell
    const std::uint64_t available = std::uint64_t{disk.f_bavail} * disk.f_frsize;
    std::uint64_t reusable = 0; // temporary files of an earlier run are continued or replaced
    for (const ExportFile& file : layout.files)
        reusable += std::min(allocatedTemporaryBytes(file), file.sizeBytes);
    const std::uint64_t needed = layout.totalBytes - reusable;
    if (needed > available) {
        throw Error(ErrorKind::DiskFull,
                    fmt::format("the export needs {} ({} bytes), but only {} are free", formatBytes(needed), needed,
                                formatBytes(available)),
                    {folder, std::nullopt, {}}, "Free some space or choose another folder");
    }
}

void checkTypes(const ExportLayout& layout)
{
    const Model& model = *layout.output.source;
    for (const OutputTensor& tensor : layout.output.tensors) {
        if (tensor.isCopy)
            continue;
        const Tensor& source = tensor.sources.empty() ? tensor.weights : model.tensors()[tensor.sources.front()];
        const ErrorPlace place{model.path(), std::nullopt, source.name()};
        if (!codecFor(tensor.type).canEncode()) {
            throw Error(ErrorKind::Unsupported, fmt::format("{} cannot be written yet", name(tensor.type)), place,
                        "Choose another type");
        }
        if (!source.canDecode()) {
            throw Error(ErrorKind::Unsupported, fmt::format("stored as {}, which cannot be decoded yet", name(source.type())),
                        place, "Keep it as it is");
        }
    }
}

/// What is not simply rounded must have been worked on before, with the result that the layout wants.
void checkMethods(const QuantizeRequest& request, const ExportLayout& layout)
{
    if (!request.calibrated)
        return throwUnlessRounded(request.plan);
    const CalibratedTensors calibrated(request.calibrated);
    for (const OutputTensor& tensor : layout.output.tensors) {
        for (const std::size_t source : tensor.sources) {
            const std::string& sourceName = request.model->tensors()[source].name();
            const auto choice = request.plan.choice(sourceName);
            if (!choice || choice->method == Method::RoundToNearest)
                continue;
            if (!std::holds_alternative<std::monostate>(choice->scheme) || !(tensor.hasRowOrigins || tensor.turnedRows)
                || !calibrated.holds(source, tensor.type)) {
                throw Error(ErrorKind::InvalidArgument, fmt::format("the method {} has not made it {}", name(choice->method), name(tensor.type)),
                            {request.model->path(), std::nullopt, sourceName}, "Run the method for this plan first");
            }
        }
    }
}

} // namespace

void checkRequest(const QuantizeRequest& request, const ExportLayout& layout)
{
    if (request.importance && request.importance->model() != request.model)
        throw Error(ErrorKind::InvalidArgument, "the importance data were matched with another model", {request.model->path(), std::nullopt, {}});
    checkMethods(request, layout);
    checkTypes(layout);
    const auto sources = sourceFiles(*request.model);
    checkTarget(request.target, sources);
    const auto folder = folderOf(request.target);
    checkFolder(folder);
    for (const ExportFile& file : layout.files)
        checkTarget(file.path, sources);
    checkFreeSpace(folder, layout);
}

} // namespace quantlathe
