// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/jobs/folder_job.h"

#include "core/base/atomic_file.h"
#include "core/base/error.h"
#include "core/base/hash64.h"
#include "core/base/text.h"
#include "core/codecs/codec.h"
#include "core/convert/rounded_source.h"
#include "core/formats/open.h"
#include "core/jobs/folder_place.h"
#include "core/jobs/folder_readme.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <fmt/format.h>
#include <functional>
#include <map>
#include <optional>
#include <unistd.h>

namespace quantlathe {

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t weightsPerChunk = 1u << 18;
/// For README, configuration and what file systems add.
constexpr std::uint64_t spareBytes = 1u << 20;

std::uint64_t rowsPerChunk(const Shape& shape)
{
    return std::max<std::uint64_t>(64, weightsPerChunk / std::max<std::uint64_t>(shape.rowLength(), 1) / 64 * 64);
}

/// Calls @p work(first row, rows) for consecutive pieces.
template <typename Work> void forChunks(const Shape& shape, const RunControl& control, Work work)
{
    const std::uint64_t step = rowsPerChunk(shape);
    for (std::uint64_t row = 0; row < shape.rowCount(); row += step) {
        control.throwIfCancelled();
        work(row, std::min(step, shape.rowCount() - row));
    }
}

std::uint64_t hashOf(const std::vector<float>& weights, std::uint64_t seed)
{
    return hash64(std::as_bytes(std::span(weights)), seed);
}

void refuseSource(const FolderRequest& request)
{
    std::error_code ignored;
    if (fs::equivalent(request.target, request.model->path(), ignored)) {
        throw Error(ErrorKind::InvalidArgument, "is the model that is being read: it would be overwritten",
                    {request.target, std::nullopt, {}}, "Choose another name");
    }
}

class FolderRun
{
public:
    FolderRun(const FolderRequest& request, const RunControl& control)
        : m_request(request), m_control(control), m_source(request.source ? request.source : std::make_shared<RoundedSource>()),
          m_output(makeFolderOutput(folderContents(request.model), request.plan, request.options)), m_hashes(m_output.entries.size()),
          m_errors(m_output.entries.size())
    {
    }

    FolderResult run()
    {
        const auto begin = std::chrono::steady_clock::now();
        refuseSource(m_request);
        FolderPlace place(m_request.target);
        place.requireSpace(m_output.shards.totalBytes + copyBytes() + spareBytes);
        for (std::size_t shard = 0; shard < m_output.shards.shards.size(); ++shard)
            writeShard(place.path(), shard);
        for (const fs::path& copy : m_output.contents.copies)
            place.copyFile(copy);
        for (const auto& [name, text] : m_output.texts)
            place.writeFile(name, text);
        m_request.model->throwIfSourceChanged();
        FolderResult result = readBack(place.path());
        result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
        place.writeFile("README.md", folderReadme(m_output, result, m_request.target.filename().string(), m_source->description()));
        for (const auto& entry : fs::directory_iterator(place.path())) {
            result.files.push_back(entry.path().filename().string());
            result.totalBytes += entry.file_size();
        }
        std::sort(result.files.begin(), result.files.end());
        place.commit();
        m_control.report("done", 2 * m_output.shards.totalBytes, 2 * m_output.shards.totalBytes);
        result.folder = m_request.target;
        return result;
    }

private:
    [[nodiscard]] const FolderTensor& tensorOf(const FolderEntry& entry) const { return m_output.contents.tensors[entry.tensor]; }

    [[nodiscard]] std::uint64_t copyBytes() const
    {
        std::uint64_t sum = 0;
        std::error_code ignored;
        for (const fs::path& copy : m_output.contents.copies) {
            const auto size = fs::file_size(copy, ignored);
            sum += ignored ? 0 : size;
        }
        return sum;
    }

    void writeShard(const fs::path& folder, std::size_t number)
    {
        const safetensors::NewShard& shard = m_output.shards.shards[number];
        AtomicFile file(folder / shard.fileName);
        file.reserve(shard.sizeBytes);
        file.writeAt(0, shard.header);
        m_writtenBytes += shard.header.size();
        for (std::size_t index = 0; index < m_output.entries.size(); ++index) {
            const FolderEntry& entry = m_output.entries[index];
            if (m_output.pieces[entry.firstPiece].shard != number)
                continue;
            m_control.throwIfCancelled();
            m_control.report(tensorOf(entry).weights.name(), m_writtenBytes, 2 * m_output.shards.totalBytes);
            if (entry.layout)
                writeMatrix(file, index);
            else
                writePlain(file, index);
        }
        if (file.sizeBytes() < shard.sizeBytes) // empty tensors at the end
            file.truncate(shard.sizeBytes);
        file.commit();
    }

    /// NVFP4's global scale is one for all matrices that engines put together.
    float tensorMaximum(std::size_t index)
    {
        const FolderEntry& entry = m_output.entries[index];
        if (entry.layout != PackLayout::Nvfp4)
            return 0;
        const std::size_t group = m_output.fused[entry.tensor];
        const auto found = m_maxima.find(group);
        if (found != m_maxima.end())
            return found->second;
        float largest = 0;
        for (std::size_t other = 0; other < m_output.entries.size(); ++other) {
            if (m_output.fused[m_output.entries[other].tensor] == group)
                largest = std::max(largest, largestMagnitude(tensorOf(m_output.entries[other]).weights, m_request.threads, m_control));
        }
        return m_maxima[group] = largest;
    }

    void writeMatrix(AtomicFile& file, std::size_t index)
    {
        const FolderEntry& entry = m_output.entries[index];
        const FolderTensor& tensor = tensorOf(entry);
        const MatrixRequest request{tensor, entry.choice, tensorMaximum(index), m_request.threads};
        const QuantizedMatrix matrix = m_source->quantize(request, m_control);
        const auto pieces = pack(*entry.layout, matrix);
        for (std::size_t piece = 0; piece < pieces.size(); ++piece) {
            const safetensors::NewTensor& target = m_output.pieces[entry.firstPiece + piece];
            if (pieces[piece].size() != target.sizeBytes)
                throw Error(ErrorKind::Io, fmt::format("its piece '{}' came out with {} instead of {} bytes", target.name, pieces[piece].size(), target.sizeBytes),
                            {m_request.model->path(), std::nullopt, printable(tensor.weights.name())});
            file.writeAt(target.offset, pieces[piece]);
            m_writtenBytes += target.sizeBytes;
        }
        std::vector<float> original;
        std::vector<float> rebuilt;
        forChunks(tensor.weights.shape(), m_control, [&](std::uint64_t first, std::uint64_t count) {
            original.resize(count * tensor.weights.shape().rowLength());
            rebuilt.resize(original.size());
            tensor.weights.decodeRows(first, count, original.data());
            decodeRows(matrix, first, count, rebuilt.data());
            if (!m_source->relativeError(tensor.source))
                m_errors[index].add(sumsOf(original.data(), rebuilt.data(), original.size()));
            m_hashes[index] = hashOf(rebuilt, m_hashes[index]);
        });
    }

    void writePlain(AtomicFile& file, std::size_t index)
    {
        const FolderEntry& entry = m_output.entries[index];
        const safetensors::NewTensor& target = m_output.pieces[entry.firstPiece];
        const Tensor weights = m_source->replacement(tensorOf(entry)).value_or(tensorOf(entry).weights);
        const Codec& codec = codecFor(entry.type);
        const bool isCopy = weights.type() == entry.type && !weights.bytes().empty();
        const std::uint64_t rowBytes = weights.shape().rowLength() * info(entry.type).bytesPerBlock;
        std::vector<float> values;
        std::vector<std::byte> bytes;
        forChunks(weights.shape(), m_control, [&](std::uint64_t first, std::uint64_t count) {
            values.resize(count * weights.shape().rowLength());
            std::span<const std::byte> encoded;
            if (isCopy) {
                encoded = weights.bytes().subspan(first * rowBytes, count * rowBytes);
            } else {
                weights.decodeRows(first, count, values.data());
                bytes.resize(count * rowBytes);
                codec.encodeRow(values.data(), nullptr, values.size(), codec.defaults(), bytes.data());
                encoded = bytes;
            }
            file.writeAt(target.offset + first * rowBytes, encoded);
            m_writtenBytes += encoded.size();
            std::vector<float> rebuilt(values.size());
            codec.decode(encoded.data(), rebuilt.data(), rebuilt.size());
            if (!isCopy)
                refuseOverflow(weights, entry.type, first, values, rebuilt);
            m_hashes[index] = hashOf(rebuilt, m_hashes[index]);
        });
    }

    /// The encoder takes the largest half float for what is beyond it.
    void refuseOverflow(const Tensor& weights, TensorType type, std::uint64_t first, const std::vector<float>& values, const std::vector<float>& rebuilt) const
    {
        constexpr float largestHalf = 65504;
        for (std::size_t at = 0; at < values.size(); ++at) {
            if (!std::isfinite(values[at]) || !std::isfinite(rebuilt[at]) || (type == TensorType::F16 && std::fabs(values[at]) > largestHalf)) {
                const std::uint64_t length = weights.shape().rowLength();
                throw Error(ErrorKind::BadFormat, fmt::format("weight {} of row {} is {}, which 16 bits do not hold", at % length, first + at / length, values[at]),
                            {m_request.model->path(), std::nullopt, printable(weights.name())}, "Choose a target that keeps bfloat16 (compressed-tensors)");
            }
        }
    }

    FolderResult readBack(const fs::path& folder)
    {
        FolderResult result;
        const auto written = openModel(folder);
        std::uint64_t verified = 0;
        for (std::size_t index = 0; index < m_output.entries.size(); ++index) {
            const Tensor& weights = tensorOf(m_output.entries[index]).weights;
            const auto found = written->indexOf(weights.name());
            if (!found)
                throw Error(ErrorKind::Io, "was written, but is not there when read back", {folder, std::nullopt, printable(weights.name())});
            const Tensor& back = written->tensors()[*found];
            m_control.report("verifying", m_output.shards.totalBytes + verified, 2 * m_output.shards.totalBytes);
            std::uint64_t hash = 0;
            if (back.shape() == weights.shape()) {
                std::vector<float> values;
                forChunks(back.shape(), m_control, [&](std::uint64_t first, std::uint64_t count) {
                    values.resize(count * back.shape().rowLength());
                    back.decodeRows(first, count, values.data());
                    hash = hashOf(values, hash);
                });
            }
            if (hash != m_hashes[index])
                throw Error(ErrorKind::Io, "differs from what was written when read back", {folder, std::nullopt, printable(weights.name())}, "Try another disk");
            verified += back.sizeBytes();
            result.tensors.push_back({weights.name(), weights.type(), std::string(back.scheme()), back.type(), back.sizeBytes(), m_errors[index]});
            if (m_output.entries[index].layout)
                result.tensors.back().relativeError = m_source->relativeError(tensorOf(m_output.entries[index]).source);
            result.error.add(m_errors[index]);
        }
        written->throwIfSourceChanged();
        result.findings = m_output.findings;
        result.notes = m_output.contents.notes;
        return result;
    }

    const FolderRequest& m_request;
    RunControl m_control;
    std::shared_ptr<QuantizedSource> m_source;
    FolderOutput m_output;
    std::vector<std::uint64_t> m_hashes; ///< of the weights as written, by entry
    std::vector<ErrorSums> m_errors;
    std::map<std::size_t, float> m_maxima;
    std::uint64_t m_writtenBytes = 0;
};

} // namespace

void checkFolderRequest(const FolderRequest& request, std::uint64_t bytes)
{
    refuseSource(request);
    checkFolderTarget(request.target);
    const fs::path folder = request.target.parent_path().empty() ? fs::path(".") : request.target.parent_path();
    std::error_code problem;
    if (!fs::is_directory(folder, problem))
        throw Error(ErrorKind::NotFound, "no such folder", {folder, std::nullopt, {}}, "Create it first");
    if (::access(folder.c_str(), W_OK | X_OK) != 0)
        throw Error(ErrorKind::AccessDenied, "cannot be written to", {folder, std::nullopt, {}}, "Choose another folder");
    if (const auto space = fs::space(folder, problem); !problem && space.available < bytes + spareBytes) {
        throw Error(ErrorKind::DiskFull, fmt::format("{} are needed and {} are free", formatBytes(bytes + spareBytes), formatBytes(space.available)), {folder, std::nullopt, {}},
                    "Free some space or choose another disk");
    }
}

FolderResult runFolderExport(const FolderRequest& request, const RunControl& control)
{
    return FolderRun(request, control).run();
}

} // namespace quantlathe
