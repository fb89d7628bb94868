// SPDX-License-Identifier: GPL-3.0-or-later
// llama.cpp's older imatrix format. Layout (all numbers little-endian):
//   1. i32 number of tensors
//   2. per tensor: i32 length of the name, name, i32 calls, i32 number of values, f32 values: mean of x^2 per input channel
//      times calls, for stacked experts one after the other
//   3. optional: i32 number of chunks, i32 length, name of the data set
// The number of calls is that of evaluated chunks: ceil(largest count of activations / tokens per chunk).
#include "core/calibration/imatrix_formats.h"

#include "core/base/error.h"
#include "core/base/text.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fmt/format.h>
#include <limits>
#include <string_view>

namespace quantlathe::imatrix {

namespace {

constexpr std::uint32_t longestName = 1024; // GGUF's own limit is 63

std::string_view textOf(std::span<const std::byte> bytes)
{
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Walks the file; every step is checked against the end.
class Cursor
{
public:
    explicit Cursor(const MappedFile& file) : m_file(file) {}

    [[nodiscard]] std::uint64_t position() const { return m_position; }
    [[nodiscard]] std::uint64_t remaining() const { return m_file.bytes().size() - m_position; }

    std::span<const std::byte> take(std::uint64_t size, std::string_view what, const std::string& tensor = {})
    {
        if (size > remaining())
            fail(m_position, fmt::format("the file ends within {}: {} bytes of {} are there", what, remaining(), size), tensor);
        const auto bytes = m_file.bytes().subspan(m_position, size);
        m_position += size;
        return bytes;
    }
    /// A number that must be from @p least to @p most.
    std::uint32_t number(std::string_view what, std::int64_t least, std::int64_t most, const std::string& tensor = {})
    {
        const std::uint64_t at = m_position;
        std::int32_t value = 0;
        std::memcpy(&value, take(sizeof value, what, tensor).data(), sizeof value);
        if (value < least || value > most)
            fail(at, fmt::format("{} is {}", what, value), tensor);
        return static_cast<std::uint32_t>(value);
    }
    [[noreturn]] void fail(std::uint64_t at, std::string message, const std::string& tensor = {}) const
    {
        throw Error(ErrorKind::BadFormat, std::move(message), {m_file.path(), at, printable(tensor)});
    }

private:
    const MappedFile& m_file;
    std::uint64_t m_position = 0;
};

constexpr std::int64_t most = std::numeric_limits<std::int32_t>::max();

Importance::Entry readEntry(Cursor& cursor)
{
    Importance::Entry entry;
    const std::uint32_t length = cursor.number("the length of a tensor's name", 1, longestName);
    entry.name = textOf(cursor.take(length, "a tensor's name"));
    entry.counts = {static_cast<float>(cursor.number("the number of calls", 0, most, entry.name))};
    entry.rowLength = cursor.number("the number of values", 1, most, entry.name);
    const auto bytes = cursor.take(entry.rowLength * sizeof(float), "the values", entry.name);
    entry.sumOfSquares.resize(entry.rowLength);
    std::memcpy(entry.sumOfSquares.data(), bytes.data(), bytes.size());
    return entry;
}

void put(std::vector<std::byte>& bytes, std::span<const std::byte> more)
{
    bytes.insert(bytes.end(), more.begin(), more.end());
}

void put(std::vector<std::byte>& bytes, std::uint64_t number)
{
    const auto value = static_cast<std::int32_t>(std::min<std::uint64_t>(number, most));
    put(bytes, std::as_bytes(std::span(&value, 1)));
}

/// Chunks that @p count activations came from.
float callsFor(float count, std::uint32_t chunkSize)
{
    return chunkSize == 0 ? count : std::ceil(count / static_cast<float>(chunkSize));
}

} // namespace

bool looksLikeDat(std::span<const std::byte> file)
{
    if (file.size() < 12)
        return false;
    std::int32_t entries = 0;
    std::int32_t length = 0;
    std::memcpy(&entries, file.data(), sizeof entries);
    std::memcpy(&length, file.data() + sizeof entries, sizeof length);
    if (entries <= 0 || length <= 0 || static_cast<std::uint32_t>(length) > longestName || file.size() < 8 + static_cast<std::size_t>(length))
        return false;
    const std::string_view name = textOf(file.subspan(8, static_cast<std::size_t>(length)));
    return std::all_of(name.begin(), name.end(), [](unsigned char c) { return c >= 0x20 && c < 0x7f; });
}

Importance::Contents parseDat(const MappedFile& file)
{
    Cursor cursor(file);
    Importance::Contents contents;
    const std::uint32_t entries = cursor.number("the number of tensors", 1, most);
    // A tensor takes at least 17 bytes: a count that cannot be true must not reserve memory.
    contents.entries.reserve(std::min<std::uint64_t>(entries, cursor.remaining() / 17));
    for (std::uint32_t index = 0; index < entries; ++index)
        contents.entries.push_back(readEntry(cursor));
    if (cursor.remaining() == 0)
        return contents; // the oldest files end here
    contents.chunkCount = cursor.number("the number of chunks", 0, most);
    if (cursor.remaining() == 0)
        return contents;
    const std::uint32_t length = cursor.number("the length of the data set's name", 0, most);
    if (length > 0)
        contents.datasets.emplace_back(textOf(cursor.take(length, "the data set's name")));
    if (cursor.remaining() > 0)
        cursor.fail(cursor.position(), fmt::format("{} bytes stand behind the end of the importance data", cursor.remaining()));
    return contents;
}

std::vector<std::byte> encodeDat(const Importance& importance)
{
    std::vector<std::byte> bytes;
    put(bytes, std::uint64_t{importance.entries().size()});
    for (const Importance::Entry& entry : importance.entries()) {
        put(bytes, std::uint64_t{entry.name.size()});
        put(bytes, std::as_bytes(std::span(entry.name)));
        const float calls = std::max(1.0f, callsFor(*std::max_element(entry.counts.begin(), entry.counts.end()), importance.chunkSize()));
        put(bytes, static_cast<std::uint64_t>(calls));
        put(bytes, std::uint64_t{entry.sumOfSquares.size()});
        std::vector<float> values = entry.sumOfSquares;
        for (std::uint64_t index = 0; index < values.size(); ++index) {
            const float count = entry.counts[index / entry.rowLength];
            if (count == 0)
                values[index] = calls;
            else if (count != calls) // equal in what came from this format: nothing is rounded
                values[index] = values[index] / count * calls;
        }
        put(bytes, std::as_bytes(std::span(values)));
    }
    put(bytes, std::uint64_t{importance.chunkCount()});
    const std::string dataset = importance.datasets().empty() ? std::string() : importance.datasets().back();
    put(bytes, std::uint64_t{dataset.size()});
    put(bytes, std::as_bytes(std::span(dataset)));
    return bytes;
}

} // namespace quantlathe::imatrix
