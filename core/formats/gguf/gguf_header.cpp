// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/gguf/gguf_header.h"

#include "core/base/checked.h"
#include "core/base/text.h"
#include "core/formats/gguf/gguf_cursor.h"

#include <algorithm>
#include <bit>
#include <fmt/format.h>
#include <numeric>
#include <unordered_set>
#include <utility>

namespace quantlathe::gguf {

namespace {

static_assert(std::endian::native == std::endian::little, "values are read as they stand in the file");

// Far above any real file (the largest models have some 100,000 tensors before their experts are stacked);
// they bound what a header can make us allocate.
constexpr std::uint64_t mostTensors = 1'000'000;
constexpr std::uint64_t mostKeys = 100'000;
constexpr std::uint64_t longestName = 65535; // the format's limit for keys
constexpr std::uint32_t mostDimensions = 4;

// Shortest possible entries, to judge counts before anything is allocated.
constexpr std::uint64_t leastKeyBytes = 8 + 1 + 4 + 1;
constexpr std::uint64_t leastTensorBytes = 8 + 1 + 4 + 4 + 8;

class HeaderReader
{
public:
    HeaderReader(std::span<const std::byte> file, const std::filesystem::path& path,
                 std::shared_ptr<const void> owner)
        : m_file(file), m_path(path), m_owner(std::move(owner)), m_cursor(file, path)
    {
    }

    Header read()
    {
        readVersion();
        const auto tensorCount = readCount("tensors", mostTensors, leastTensorBytes);
        const auto keyCount = readCount("keys", mostKeys, leastKeyBytes);
        for (std::uint64_t index = 0; index < keyCount; ++index)
            readKey(index, keyCount);
        readAlignment();
        m_header.tensors.reserve(static_cast<std::size_t>(tensorCount));
        m_tensorPositions.reserve(static_cast<std::size_t>(tensorCount));
        for (std::uint64_t index = 0; index < tensorCount; ++index)
            readTensor(index, tensorCount);
        // A file without tensors may end right after its keys.
        m_header.dataOffset = *checkedAlign(m_cursor.position(), m_header.alignment);
        checkRanges();
        return std::move(m_header);
    }

private:
    void readVersion()
    {
        const auto magic = m_cursor.take(4, "the magic number");
        if (std::memcmp(magic.data(), "GGUF", 4) != 0 && std::memcmp(magic.data(), "FUGG", 4) != 0)
            m_cursor.fail(0, "is not a GGUF file: it does not start with 'GGUF'");
        const std::uint64_t at = m_cursor.position();
        const auto version = m_cursor.read<std::uint32_t>("the version");
        if (magic[0] == std::byte{'F'} || (version != 0 && (version & 0xFFFF) == 0)) {
            throw Error(ErrorKind::Unsupported, "is a big-endian GGUF file", {m_path, at, {}},
                        "Convert it with gguf-py's gguf_convert_endian.py (gguf-convert-endian FILE little)");
        }
        if (version == 0)
            m_cursor.fail(at, "GGUF version 0 does not exist");
        if (version == 1) {
            throw Error(ErrorKind::Unsupported,
                        "is a GGUF file of version 1 (August 2023), whose layout differs", {m_path, at, {}},
                        "Convert the original model again with a current converter");
        }
        if (version > newestVersion) {
            throw Error(ErrorKind::Unsupported,
                        fmt::format("is a GGUF file of version {}; versions 2 and 3 are known", version),
                        {m_path, at, {}});
        }
        m_header.version = static_cast<int>(version);
    }

    /// @param leastBytes size of the smallest possible entry: more entries than fit into the rest of the file
    /// are refused
    std::uint64_t readCount(std::string_view what, std::uint64_t most, std::uint64_t leastBytes)
    {
        const std::uint64_t at = m_cursor.position();
        const auto count = m_cursor.read<std::uint64_t>(fmt::format("the number of {}", what));
        if (count > m_cursor.remaining() / leastBytes) {
            m_cursor.fail(at, fmt::format("claims {} {}, but the {} bytes that follow cannot hold that many",
                                          count, what, m_cursor.remaining()));
        }
        if (count > most)
            m_cursor.fail(at, fmt::format("claims {} {}; at most {} are accepted", count, what, most));
        return count;
    }

    /// A key or tensor name: not empty, not endless, UTF-8, and not seen before.
    std::string_view readName(std::string_view what, std::unordered_set<std::string_view>& seen)
    {
        const std::uint64_t at = m_cursor.position();
        const std::string_view text = m_cursor.string(what);
        if (text.empty())
            m_cursor.fail(at, fmt::format("{} is empty", what));
        if (text.size() > longestName)
            m_cursor.fail(
                at, fmt::format("{} has {} bytes; at most {} are allowed", what, text.size(), longestName));
        if (!isValidUtf8(text))
            m_cursor.fail(at, fmt::format("{} is not UTF-8: '{}'", what, printable(text)));
        if (!seen.insert(text).second)
            m_cursor.fail(at, fmt::format("{} '{}' appears twice", what, printable(text)));
        return text;
    }

    void readKey(std::uint64_t index, std::uint64_t count)
    {
        const std::string_view key = readName(fmt::format("key {} of {}", index + 1, count), m_keys);
        const std::uint64_t at = m_cursor.position();
        const auto type = m_cursor.read<std::uint32_t>(fmt::format("the type of key '{}'", printable(key)));
        if (type > static_cast<std::uint32_t>(MetadataType::F64))
            m_cursor.fail(
                at, fmt::format("key '{}' has value type {}, which does not exist", printable(key), type));
        m_header.metadata.append(std::string(key), readValue(key, static_cast<MetadataType>(type)));
    }

    MetadataValue readValue(std::string_view key, MetadataType type)
    {
        const std::string what = fmt::format("the value of key '{}'", printable(key));
        const auto scalar = [type](auto value) { return MetadataValue{type, MetadataScalar(value)}; };
        switch (type) {
        case MetadataType::U8:
            return scalar(std::uint64_t{m_cursor.read<std::uint8_t>(what)});
        case MetadataType::I8:
            return scalar(std::int64_t{m_cursor.read<std::int8_t>(what)});
        case MetadataType::U16:
            return scalar(std::uint64_t{m_cursor.read<std::uint16_t>(what)});
        case MetadataType::I16:
            return scalar(std::int64_t{m_cursor.read<std::int16_t>(what)});
        case MetadataType::U32:
            return scalar(std::uint64_t{m_cursor.read<std::uint32_t>(what)});
        case MetadataType::I32:
            return scalar(std::int64_t{m_cursor.read<std::int32_t>(what)});
        case MetadataType::F32:
            return scalar(double{m_cursor.read<float>(what)});
        case MetadataType::Bool:
            return scalar(m_cursor.read<std::uint8_t>(what) != 0);
        case MetadataType::U64:
            return scalar(m_cursor.read<std::uint64_t>(what));
        case MetadataType::I64:
            return scalar(m_cursor.read<std::int64_t>(what));
        case MetadataType::F64:
            return scalar(m_cursor.read<double>(what));
        case MetadataType::String:
            return {type, MetadataScalar(std::string(m_cursor.string(what)))};
        case MetadataType::Array:
            break;
        }
        return MetadataValue::ofArray(readArray(key, what));
    }

    MetadataArray readArray(std::string_view key, const std::string& what)
    {
        const std::uint64_t at = m_cursor.position();
        const auto rawType = m_cursor.read<std::uint32_t>(what);
        if (rawType == static_cast<std::uint32_t>(MetadataType::Array)) {
            throw Error(ErrorKind::Unsupported,
                        fmt::format("key '{}' holds an array of arrays, which no known reader accepts",
                                    printable(key)),
                        {m_path, at, {}});
        }
        if (rawType > static_cast<std::uint32_t>(MetadataType::F64)) {
            m_cursor.fail(at, fmt::format("key '{}' is an array of value type {}, which does not exist",
                                          printable(key), rawType));
        }
        const auto type = static_cast<MetadataType>(rawType);
        const std::uint64_t countAt = m_cursor.position();
        const auto count = m_cursor.read<std::uint64_t>(what);
        const std::uint64_t least = type == MetadataType::String ? sizeof(std::uint64_t) : scalarBytes(type);
        if (count > m_cursor.remaining() / least) {
            m_cursor.fail(
                countAt,
                fmt::format("key '{}' claims an array of {} values, but the {} bytes that follow cannot "
                            "hold that many",
                            printable(key), count, m_cursor.remaining()));
        }
        const std::uint64_t begin = m_cursor.position();
        if (type == MetadataType::String) {
            for (std::uint64_t index = 0; index < count; ++index)
                m_cursor.string(what);
        } else {
            m_cursor.take(count * least, what); // no overflow: checked against the bytes that are there
        }
        const auto encoded = m_file.subspan(static_cast<std::size_t>(begin),
                                            static_cast<std::size_t>(m_cursor.position() - begin));
        return {type, count, encoded, m_owner};
    }

    void readAlignment()
    {
        const MetadataValue* value = m_header.metadata.find("general.alignment");
        if (!value)
            return;
        const auto alignment = m_header.metadata.unsignedInteger("general.alignment");
        if (!alignment || !std::has_single_bit(*alignment) || *alignment > (std::uint64_t{1} << 31)) {
            throw Error(ErrorKind::BadFormat,
                        fmt::format("general.alignment is {}; it must be a power of two below 2^32",
                                    value->toText(40)),
                        {m_path, std::nullopt, {}});
        }
        m_header.alignment = *alignment;
    }

    void readTensor(std::uint64_t index, std::uint64_t count)
    {
        const std::uint64_t entryAt = m_cursor.position();
        const std::string_view name =
            readName(fmt::format("the name of tensor {} of {}", index + 1, count), m_names);
        const std::string tensor = printable(name);
        const std::string what = fmt::format("the entry of tensor '{}'", tensor);
        std::uint64_t at = m_cursor.position();
        const auto rank = m_cursor.read<std::uint32_t>(what);
        if (rank > mostDimensions)
            m_cursor.fail(at, fmt::format("has {} dimensions; at most {} are allowed", rank, mostDimensions),
                          tensor);
        at = m_cursor.position();
        std::vector<std::uint64_t> dimensions(rank);
        for (std::uint64_t& dimension : dimensions) {
            dimension = m_cursor.read<std::uint64_t>(what);
            if (dimension == 0 || dimension >> 63) {
                m_cursor.fail(m_cursor.position() - sizeof dimension,
                              fmt::format("a dimension is {}", static_cast<std::int64_t>(dimension)), tensor);
            }
        }
        std::reverse(dimensions.begin(), dimensions.end()); // files list the contiguous dimension first
        auto shape = Shape::make(std::move(dimensions));
        if (!shape)
            m_cursor.fail(at, "its dimensions multiply to more than 2^63 weights", tensor);
        TensorEntry entry{std::string(name), std::move(*shape), TensorType::F32, 0, 0};
        entry.type = readType(what, tensor);
        if (!fitsRow(entry.type, entry.shape.rowLength())) {
            m_cursor.fail(
                at,
                fmt::format("rows of {} weights are no multiple of the {} weights in a block of type {}",
                            entry.shape.rowLength(), info(entry.type).weightsPerBlock, info(entry.type).name),
                tensor);
        }
        const auto size = tensorBytes(entry.type, entry.shape);
        if (!size)
            m_cursor.fail(at, "its weights would take more than 2^64 bytes", tensor);
        entry.sizeBytes = *size;
        at = m_cursor.position();
        entry.offset = m_cursor.read<std::uint64_t>(what);
        if (entry.offset % m_header.alignment != 0) {
            m_cursor.fail(at,
                          fmt::format("its data offset {} is no multiple of the alignment {}", entry.offset,
                                      m_header.alignment),
                          tensor);
        }
        m_header.tensors.push_back(std::move(entry));
        m_tensorPositions.push_back(entryAt);
    }

    TensorType readType(const std::string& what, const std::string& tensor)
    {
        const std::uint64_t at = m_cursor.position();
        const auto id = m_cursor.read<std::uint32_t>(what);
        if (const auto type = tensorTypeFromGgmlId(id))
            return *type;
        if (isRetiredGgmlId(id)) {
            throw Error(ErrorKind::Unsupported,
                        fmt::format("its type number {} was given up by ggml and is not read any more", id),
                        {m_path, at, tensor}, "Convert the original model again with a current converter");
        }
        constexpr std::uint32_t firstForkId = 97; // ik_llama.cpp numbers its own types from here
        constexpr std::uint32_t lastForkId = 400;
        if (id >= firstForkId && id <= lastForkId) {
            throw Error(ErrorKind::Unsupported,
                        fmt::format("its type number {} belongs to a fork of llama.cpp (ik_llama.cpp)", id),
                        {m_path, at, tensor}, "Quantize the original model again with a type of llama.cpp");
        }
        m_cursor.fail(at, fmt::format("its type number {} does not exist", id), tensor);
    }

    /// Every tensor inside the file, none over another. Gaps and any order are accepted, as older writers
    /// left them.
    void checkRanges() const
    {
        const auto& tensors = m_header.tensors;
        const std::uint64_t available =
            m_file.size() > m_header.dataOffset ? m_file.size() - m_header.dataOffset : 0;
        std::vector<std::size_t> order(tensors.size());
        std::iota(order.begin(), order.end(), std::size_t{0});
        for (const std::size_t index : order) {
            const TensorEntry& tensor = tensors[index];
            if (tensor.offset > available || tensor.sizeBytes > available - tensor.offset) {
                m_cursor.fail(
                    m_tensorPositions[index],
                    fmt::format(
                        "its data ({} bytes from byte {} of the data) end beyond the file, which has {} "
                        "bytes of data: the file is truncated or damaged",
                        tensor.sizeBytes, tensor.offset, available),
                    printable(tensor.name));
            }
        }
        std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
            return std::pair(tensors[a].offset, a) < std::pair(tensors[b].offset, b);
        });
        for (std::size_t next = 1; next < order.size(); ++next) {
            const TensorEntry& before = tensors[order[next - 1]];
            const TensorEntry& after = tensors[order[next]];
            if (before.offset + before.sizeBytes > after.offset) {
                m_cursor.fail(m_tensorPositions[order[next]],
                              fmt::format("its data overlap those of tensor '{}'", printable(before.name)),
                              printable(after.name));
            }
        }
    }

    std::span<const std::byte> m_file;
    const std::filesystem::path& m_path;
    std::shared_ptr<const void> m_owner;
    Cursor m_cursor;
    Header m_header;
    std::unordered_set<std::string_view> m_keys;  ///< views into the file
    std::unordered_set<std::string_view> m_names; ///< views into the file
    std::vector<std::uint64_t> m_tensorPositions; ///< where each entry stands, for messages
};

} // namespace

void Cursor::throwEnd(std::uint64_t size, std::string_view what) const
{
    if (m_isCut) {
        fail(m_position,
             fmt::format("the header is longer than {}, which no real model needs: {} claims {} bytes",
                         formatBytes(largestHeader), what, size));
    }
    fail(m_position,
         fmt::format("the file ends inside {}: {} bytes wanted, {} left", what, size, remaining()));
}

bool looksLikeGguf(std::span<const std::byte> file)
{
    return file.size() >= 4 &&
           (std::memcmp(file.data(), "GGUF", 4) == 0 || std::memcmp(file.data(), "FUGG", 4) == 0);
}

Header parseHeader(std::span<const std::byte> file, const std::filesystem::path& path,
                   std::shared_ptr<const void> owner)
{
    return HeaderReader(file, path, std::move(owner)).read();
}

} // namespace quantlathe::gguf
