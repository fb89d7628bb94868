// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/safetensors/safetensors_header.h"

#include "core/base/checked.h"
#include "core/base/error.h"
#include "core/base/text.h"
#include "core/formats/json/strict_json.h"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>
#include <optional>
#include <utility>

namespace quantlathe::safetensors {

namespace {

constexpr std::uint64_t lengthBytes = 8;
constexpr std::size_t mostDimensions = 32;
// Far above any real file; they bound what a header of 100 MB can make us allocate.
constexpr std::size_t mostTensors = 1'000'000;
constexpr std::size_t mostMetadata = 100'000;

/// One entry of the header as it is written there; offsets count from the data.
struct RawTensor
{
    std::string name;
    std::optional<std::string> dtype;
    std::optional<std::vector<std::uint64_t>> shape;
    std::optional<std::vector<std::uint64_t>> offsets;
};

class HeaderHandler final : public json::Handler
{
public:
    explicit HeaderHandler(const std::filesystem::path& path) : m_path(path) {}

    void startObject() override
    {
        ++m_depth;
        if (m_depth == 2 && !m_isMetadata)
            beginTensor();
        else if (m_depth > 2)
            refuseNested();
    }
    void endObject() override
    {
        if (m_depth == 2)
            m_isMetadata = false;
        --m_depth;
    }
    void key(std::string& key) override
    {
        if (m_depth == 1) {
            m_isMetadata = key == "__metadata__";
            m_name = std::move(key);
        } else if (m_depth == 2) {
            m_field = std::move(key);
        }
    }
    void startArray() override
    {
        ++m_depth;
        if (m_depth == 3 && !m_isMetadata) {
            if (std::vector<std::uint64_t>* numbers = numbersOfField())
                numbers->clear();
            return;
        }
        refuseNested();
    }
    void endArray() override { --m_depth; }

    void null() override
    {
        if (m_depth == 1 && m_isMetadata)
            return; // mlx writes it so
        refuseValue("null");
    }
    void boolean(bool) override { refuseValue("true or false"); }
    void integer(std::int64_t value) override { refuseNumber(fmt::format("{}", value)); }
    void real(double value) override { refuseNumber(fmt::format("{}", value)); }
    void unsignedInteger(std::uint64_t value) override
    {
        std::vector<std::uint64_t>* numbers = m_depth == 3 ? numbersOfField() : nullptr;
        if (!numbers) {
            refuseNumber(fmt::format("{}", value));
            return;
        }
        if (numbers->size() == mostDimensions)
            fail(fmt::format("'{}' has more than {} values", m_field, mostDimensions));
        numbers->push_back(value);
    }
    void string(std::string& value) override
    {
        if (m_isMetadata && m_depth == 2) {
            if (m_metadata.entries().size() == mostMetadata)
                fail(fmt::format("has more than {} values", mostMetadata));
            m_metadata.append(std::move(m_field), MetadataValue::ofString(std::move(value)));
            m_field.clear();
        } else if (m_depth == 2 && m_field == "dtype") {
            m_tensors.back().dtype = std::move(value);
        } else {
            refuseValue("a string");
        }
    }

    Metadata takeMetadata() { return std::move(m_metadata); }
    std::vector<RawTensor> takeTensors() { return std::move(m_tensors); }

private:
    [[noreturn]] void fail(std::string message) const
    {
        throw Error(ErrorKind::BadFormat, std::move(message), {m_path, std::nullopt, printable(m_name)});
    }

    void beginTensor()
    {
        if (m_name.empty())
            fail("a tensor has an empty name");
        if (m_tensors.size() == mostTensors)
            fail(fmt::format("has more than {} tensors", mostTensors));
        m_tensors.push_back({m_name, {}, {}, {}});
    }

    [[nodiscard]] bool isKnownField() const
    {
        return m_field == "dtype" || m_field == "shape" || m_field == "data_offsets";
    }

    /// The list that is being read; null for fields that are none of ours.
    std::vector<std::uint64_t>* numbersOfField()
    {
        auto& tensor = m_tensors.back();
        auto* list = m_field == "shape"          ? &tensor.shape
                     : m_field == "data_offsets" ? &tensor.offsets
                                                 : nullptr;
        if (!list)
            return nullptr;
        if (!*list)
            list->emplace();
        return &**list;
    }

    /// Anything below the levels the format has. Fields that are none of ours may hold what they like.
    void refuseNested() const
    {
        if (m_isMetadata)
            fail(fmt::format("'{}' must be a string", printable(m_field)));
        if (m_depth <= 1)
            fail("the header must be a JSON object");
        if (m_depth == 2)
            fail("its entry must be an object with dtype, shape and data_offsets");
        if (isKnownField())
            fail(fmt::format("'{}' holds a list or an object where it must not", m_field));
    }

    void refuseNumber(const std::string& number) const
    {
        if (m_depth == 3 && !m_isMetadata && isKnownField())
            fail(fmt::format("'{}' must hold whole numbers from 0 on, not {}", m_field, number));
        refuseValue("a number");
    }

    void refuseValue(std::string_view kind) const
    {
        if (m_isMetadata)
            fail(fmt::format("'{}' must be a string, not {}", printable(m_field), kind));
        if (m_depth == 1)
            fail(fmt::format("its entry must be an object with dtype, shape and data_offsets, not {}", kind));
        if (isKnownField())
            fail(fmt::format("'{}' must not be {}", m_field, kind));
    }

    const std::filesystem::path& m_path;
    Metadata m_metadata;
    std::vector<RawTensor> m_tensors;
    std::string m_name;  ///< key at the first level
    std::string m_field; ///< key at the second level
    bool m_isMetadata = false;
    int m_depth = 0;
};

/// An entry with its fields checked; offsets still count from the data.
TensorEntry checked(RawTensor raw, std::uint64_t dataBytes, const std::filesystem::path& path)
{
    const ErrorPlace place{path, std::nullopt, printable(raw.name)};
    const auto fail = [&](std::string message) -> Error {
        return {ErrorKind::BadFormat, std::move(message), place};
    };
    if (!raw.dtype)
        throw fail("has no dtype");
    if (!raw.shape)
        throw fail("has no shape");
    if (!raw.offsets)
        throw fail("has no data_offsets");
    if (raw.offsets->size() != 2)
        throw fail(fmt::format("data_offsets must be two numbers, not {}", raw.offsets->size()));
    const auto type = tensorTypeFromSafetensors(*raw.dtype);
    if (!type) {
        throw Error(
            ErrorKind::Unsupported,
            fmt::format("its dtype '{}' is not one that this version knows", printable(*raw.dtype, 40)),
            place);
    }
    auto shape = Shape::make(std::move(*raw.shape));
    if (!shape)
        throw fail("its shape multiplies to more than 2^63 weights");
    const auto size = tensorBytes(*type, *shape);
    if (!size)
        throw fail("its weights would take more than 2^64 bytes");
    const std::uint64_t begin = raw.offsets->front();
    const std::uint64_t end = raw.offsets->back();
    if (begin > end)
        throw fail(fmt::format("data_offsets run backwards: {} to {}", begin, end));
    if (end > dataBytes) {
        throw fail(fmt::format(
            "its data end at byte {} of the data, which have {}: the file is truncated or damaged", end,
            dataBytes));
    }
    if (end - begin != *size) {
        throw fail(fmt::format("{} weights of type {} take {} bytes, but data_offsets span {}",
                               shape->toString(), *raw.dtype, *size, end - begin));
    }
    return {std::move(raw.name), std::move(*shape), *type, begin, *size};
}

/// Sorts by place and demands that each tensor begins where the one before ends, up to the end of the file.
void checkTiling(std::vector<TensorEntry>& tensors, std::uint64_t dataBytes, std::uint64_t dataOffset,
                 const std::filesystem::path& path)
{
    std::stable_sort(tensors.begin(), tensors.end(), [](const TensorEntry& a, const TensorEntry& b) {
        return std::pair(a.offset, a.sizeBytes) < std::pair(b.offset, b.sizeBytes);
    });
    std::uint64_t end = 0;
    const TensorEntry* before = nullptr;
    for (const TensorEntry& tensor : tensors) {
        const ErrorPlace place{path, dataOffset + tensor.offset, printable(tensor.name)};
        if (tensor.offset < end) {
            throw Error(ErrorKind::BadFormat,
                        fmt::format("its data overlap those of tensor '{}'", printable(before->name)), place);
        }
        if (tensor.offset > end) {
            throw Error(ErrorKind::BadFormat,
                        fmt::format("{} bytes before its data belong to no tensor", tensor.offset - end),
                        place);
        }
        end = tensor.offset + tensor.sizeBytes;
        before = &tensor;
    }
    if (end != dataBytes) {
        throw Error(ErrorKind::BadFormat,
                    fmt::format("the last {} bytes belong to no tensor", dataBytes - end),
                    {path, dataOffset + end, {}});
    }
}

std::uint64_t headerLength(std::span<const std::byte> file)
{
    std::uint64_t length = 0;
    std::memcpy(&length, file.data(), sizeof length);
    return length;
}

} // namespace

bool looksLikeSafetensors(std::span<const std::byte> file)
{
    if (file.size() <= lengthBytes || file[lengthBytes] != std::byte{'{'} || file[0] == std::byte{0x80})
        return false;
    // The highest byte of a real length is 0, of a hostile one often 0xFF; in text it is neither.
    const auto highest = std::to_integer<unsigned>(file[lengthBytes - 1]);
    return highest == 0 || highest >= 0x7F;
}

Header parseHeader(std::span<const std::byte> file, const std::filesystem::path& path)
{
    const auto fail = [&](std::uint64_t offset, std::string message) -> Error {
        return {ErrorKind::BadFormat, std::move(message), {path, offset, {}}};
    };
    if (file.size() < lengthBytes)
        throw fail(0, fmt::format("the file ends inside the header length: {} bytes", file.size()));
    const std::uint64_t length = headerLength(file);
    if (length > longestHeader)
        throw fail(0,
                   fmt::format("claims a header of {} bytes; at most {} are allowed", length, longestHeader));
    if (length > file.size() - lengthBytes) {
        throw fail(0, fmt::format(
                          "claims a header of {} bytes, but only {} follow: the file is truncated or damaged",
                          length, file.size() - lengthBytes));
    }
    const auto text = file.subspan(lengthBytes, static_cast<std::size_t>(length));
    if (text.empty() || text.front() != std::byte{'{'})
        throw fail(lengthBytes, "the header does not start with '{'");
    HeaderHandler handler(path);
    json::parse({text, path, lengthBytes}, handler);
    const std::uint64_t dataOffset = lengthBytes + length;
    const std::uint64_t dataBytes = file.size() - dataOffset;
    Header header;
    header.metadata = handler.takeMetadata();
    std::vector<RawTensor> raw = handler.takeTensors();
    header.tensors.reserve(raw.size());
    for (RawTensor& tensor : raw)
        header.tensors.push_back(checked(std::move(tensor), dataBytes, path));
    checkTiling(header.tensors, dataBytes, dataOffset, path);
    for (TensorEntry& tensor : header.tensors)
        tensor.offset += dataOffset;
    return header;
}

} // namespace quantlathe::safetensors
