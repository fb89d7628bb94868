// SPDX-License-Identifier: GPL-3.0-or-later
// llama.cpp's imatrix as GGUF: keys general.type "imatrix", imatrix.datasets (strings), imatrix.chunk_count and
// imatrix.chunk_size (u32; tokens per chunk); per weight two F32 tensors, NAME.in_sum2 [matrices x channels] (sum of x^2) and
// NAME.counts [matrices x 1] (activations). One matrix per expert, otherwise one. Other suffixes and keys are passed over.
#include "core/calibration/imatrix_formats.h"

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/formats/gguf/gguf_header.h"
#include "core/formats/gguf/gguf_writer.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fmt/format.h>
#include <map>
#include <string_view>

namespace quantlathe::imatrix {

namespace {

constexpr std::string_view sumSuffix = ".in_sum2";
constexpr std::string_view countSuffix = ".counts";
constexpr std::string_view typeKey = "general.type";
constexpr std::string_view typeValue = "imatrix";
constexpr std::string_view datasetsKey = "imatrix.datasets";
constexpr std::string_view chunkCountKey = "imatrix.chunk_count";
constexpr std::string_view chunkSizeKey = "imatrix.chunk_size";

struct Pair
{
    const gguf::TensorEntry* sums = nullptr;
    const gguf::TensorEntry* counts = nullptr;
    std::size_t position = 0; ///< in the file
};

[[noreturn]] void fail(const MappedFile& file, std::string message, std::string_view tensor = {})
{
    throw Error(ErrorKind::BadFormat, std::move(message), {file.path(), std::nullopt, printable(tensor)});
}

bool isImportance(const gguf::Header& header)
{
    if (const auto type = header.metadata.string(typeKey))
        return *type == typeValue;
    return header.metadata.find(chunkCountKey) != nullptr;
}

std::vector<float> floatsOf(const MappedFile& file, const gguf::Header& header, const gguf::TensorEntry& entry)
{
    if (entry.type != TensorType::F32)
        fail(file, fmt::format("importance data are F32, not {}", info(entry.type).name), entry.name);
    std::vector<float> values(entry.shape.weightCount());
    if (!values.empty())
        std::memcpy(values.data(), file.bytes().data() + header.dataOffset + entry.offset, values.size() * sizeof(float));
    return values;
}

Importance::Entry entryOf(const MappedFile& file, const gguf::Header& header, const std::string& name, const Pair& pair)
{
    if (!pair.sums)
        fail(file, fmt::format("'{}{}' is there, but no '{}{}'", printable(name), countSuffix, printable(name), sumSuffix));
    if (!pair.counts)
        fail(file, fmt::format("'{}{}' is there, but no '{}{}'", printable(name), sumSuffix, printable(name), countSuffix));
    Importance::Entry entry;
    entry.name = name;
    entry.rowLength = pair.sums->shape.rowLength();
    if (pair.counts->shape.weightCount() != pair.sums->shape.rowCount() || pair.sums->shape.weightCount() == 0) {
        fail(file, fmt::format("sums of {} and counts of {} do not belong together", pair.sums->shape.toString(),
                               pair.counts->shape.toString()),
             name);
    }
    entry.sumOfSquares = floatsOf(file, header, *pair.sums);
    entry.counts = floatsOf(file, header, *pair.counts);
    return entry;
}

std::uint32_t smallNumber(const Metadata& metadata, std::string_view key)
{
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(metadata.unsignedInteger(key).value_or(0), 0xffffffffu));
}

} // namespace

bool isImportanceGguf(const std::shared_ptr<const MappedFile>& file)
{
    return isImportance(gguf::parseHeader(file->bytes(), file->path(), file));
}

Importance::Contents parseGguf(const std::shared_ptr<const MappedFile>& file)
{
    const gguf::Header header = gguf::parseHeader(file->bytes(), file->path(), file);
    if (!isImportance(header)) {
        throw Error(ErrorKind::BadFormat, "is a GGUF file, but holds no importance data (general.type is not 'imatrix')",
                    {file->path(), std::nullopt, {}}, "Use a file made by llama-imatrix or by 'calibrate'");
    }
    std::map<std::string, Pair, std::less<>> pairs;
    for (std::size_t index = 0; index < header.tensors.size(); ++index) {
        const gguf::TensorEntry& tensor = header.tensors[index];
        const std::string_view name = tensor.name;
        const bool isSum = name.ends_with(sumSuffix);
        if (!isSum && !name.ends_with(countSuffix))
            continue;
        Pair& pair = pairs[std::string(name.substr(0, name.size() - (isSum ? sumSuffix : countSuffix).size()))];
        (isSum ? pair.sums : pair.counts) = &tensor;
        pair.position = index;
    }
    if (pairs.empty())
        fail(*file, "holds no importance data: no tensor ends in '.in_sum2'");
    Importance::Contents contents;
    if (const MetadataArray* datasets = header.metadata.array(datasetsKey); datasets && datasets->elementType() == MetadataType::String)
        datasets->forEachString([&](std::uint64_t, std::string_view text) { contents.datasets.emplace_back(text); });
    contents.chunkCount = smallNumber(header.metadata, chunkCountKey);
    contents.chunkSize = smallNumber(header.metadata, chunkSizeKey);
    std::vector<const std::pair<const std::string, Pair>*> inOrder;
    for (const auto& pair : pairs)
        inOrder.push_back(&pair);
    std::sort(inOrder.begin(), inOrder.end(), [](const auto* a, const auto* b) { return a->second.position < b->second.position; });
    for (const auto* pair : inOrder)
        contents.entries.push_back(entryOf(*file, header, pair->first, pair->second));
    return contents;
}

std::vector<std::byte> encodeGguf(const Importance& importance)
{
    Metadata metadata;
    metadata.append(std::string(typeKey), MetadataValue::ofString(std::string(typeValue)));
    metadata.append(std::string(datasetsKey),
                    MetadataValue::ofArray(MetadataArray::fromStrings({importance.datasets().begin(), importance.datasets().end()})));
    metadata.append(std::string(chunkCountKey), MetadataValue::ofU32(importance.chunkCount()));
    // Readers divide by it: counts of older files are in chunks, as if these had one token.
    metadata.append(std::string(chunkSizeKey), MetadataValue::ofU32(std::max(1u, importance.chunkSize())));
    std::vector<gguf::TensorToWrite> tensors;
    for (const Importance::Entry& entry : importance.entries()) {
        tensors.push_back({entry.name + std::string(sumSuffix), {entry.matrices(), entry.rowLength}, TensorType::F32});
        tensors.push_back({entry.name + std::string(countSuffix), {entry.matrices(), 1}, TensorType::F32});
    }
    gguf::EncodedHeader header = gguf::encodeHeader(metadata, tensors);
    std::vector<std::byte> bytes = std::move(header.bytes);
    const std::size_t begin = bytes.size();
    bytes.resize(begin + header.dataBytes);
    const auto put = [&](std::size_t tensor, const std::vector<float>& values) {
        std::memcpy(bytes.data() + begin + header.dataOffsets[tensor], values.data(), values.size() * sizeof(float));
    };
    for (std::size_t index = 0; index < importance.entries().size(); ++index) {
        put(2 * index, importance.entries()[index].sumOfSquares);
        put(2 * index + 1, importance.entries()[index].counts);
    }
    return bytes;
}

} // namespace quantlathe::imatrix
