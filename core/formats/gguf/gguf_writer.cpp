// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/gguf/gguf_writer.h"

#include "core/base/checked.h"
#include "core/base/error.h"
#include "core/base/text.h"
#include "core/formats/gguf/gguf_header.h"

#include <bit>
#include <cstring>
#include <fmt/format.h>
#include <unordered_set>
#include <utility>

namespace quantlathe::gguf {

namespace {

constexpr std::size_t longestTensorName = 63; // ggml keeps 64 bytes, one for the terminating zero
constexpr std::size_t mostDimensions = 4;

[[noreturn]] void refuse(std::string message, std::string_view tensor = {})
{
    throw Error(ErrorKind::InvalidArgument, std::move(message), {{}, std::nullopt, printable(tensor)});
}

class Encoder
{
public:
    template <typename Number> void number(Number value)
    {
        raw({reinterpret_cast<const std::byte*>(&value), sizeof value});
    }

    void raw(std::span<const std::byte> bytes)
    {
        if (bytes.empty())
            return;
        const std::size_t end = m_bytes.size();
        m_bytes.resize(end + bytes.size());
        std::memcpy(m_bytes.data() + end, bytes.data(), bytes.size());
    }

    void string(std::string_view text)
    {
        number(std::uint64_t{text.size()});
        raw(std::as_bytes(std::span(text)));
    }

    void value(const MetadataValue& value)
    {
        number(static_cast<std::uint32_t>(value.type));
        if (const auto* array = std::get_if<MetadataArray>(&value.value)) {
            number(static_cast<std::uint32_t>(array->elementType()));
            number(array->size());
            raw(array->encoded());
            return;
        }
        scalar(value.type, std::get<MetadataScalar>(value.value));
    }

    void padTo(std::uint64_t alignment)
    {
        m_bytes.resize(static_cast<std::size_t>(*checkedAlign(m_bytes.size(), alignment)));
    }

    std::vector<std::byte> take() { return std::move(m_bytes); }

private:
    /// Integers live as u64 or i64 whatever their stored width; the low bytes are the stored value.
    void scalar(MetadataType type, const MetadataScalar& scalar)
    {
        if (const auto* text = std::get_if<std::string>(&scalar)) {
            string(*text);
        } else if (const auto* flag = std::get_if<bool>(&scalar)) {
            number(static_cast<std::uint8_t>(*flag));
        } else if (const auto* real = std::get_if<double>(&scalar)) {
            if (type == MetadataType::F32)
                number(static_cast<float>(*real));
            else
                number(*real);
        } else {
            const auto* whole = std::get_if<std::uint64_t>(&scalar);
            const std::uint64_t bits =
                whole ? *whole : static_cast<std::uint64_t>(std::get<std::int64_t>(scalar));
            raw({reinterpret_cast<const std::byte*>(&bits), scalarBytes(type)});
        }
    }

    std::vector<std::byte> m_bytes;
};

void checkAlignment(const Metadata& metadata, std::uint64_t alignment)
{
    if (!std::has_single_bit(alignment) || alignment > (std::uint64_t{1} << 31))
        refuse(fmt::format("an alignment of {} is no power of two below 2^32", alignment));
    const std::uint64_t stated = metadata.unsignedInteger("general.alignment").value_or(defaultAlignment);
    if (stated != alignment)
        refuse(fmt::format("general.alignment says {}, but the data are aligned to {}", stated, alignment));
}

void encodeKeys(Encoder& encoder, const Metadata& metadata)
{
    std::unordered_set<std::string_view> seen;
    for (const Metadata::Entry& entry : metadata.entries()) {
        if (entry.key.empty())
            refuse("a metadata key is empty");
        if (!seen.insert(entry.key).second)
            refuse(fmt::format("the metadata key '{}' appears twice", printable(entry.key)));
        encoder.string(entry.key);
        encoder.value(entry.value);
    }
}

void encodeStart(Encoder& encoder, int version, std::size_t tensors, std::size_t keys)
{
    encoder.raw(std::as_bytes(std::span(std::string_view("GGUF"))));
    encoder.number(static_cast<std::uint32_t>(version));
    encoder.number(std::uint64_t{tensors});
    encoder.number(std::uint64_t{keys});
}

void encodeEntry(Encoder& encoder, std::string_view name, const Shape& shape, TensorType type, std::uint64_t offset)
{
    const auto& dimensions = shape.dimensions();
    encoder.string(name);
    encoder.number(static_cast<std::uint32_t>(dimensions.size()));
    for (auto dimension = dimensions.rbegin(); dimension != dimensions.rend(); ++dimension)
        encoder.number(*dimension);
    encoder.number(static_cast<std::uint32_t>(info(type).ggmlId));
    encoder.number(offset);
}

/// @return bytes of the tensor without padding
std::uint64_t encodeTensor(Encoder& encoder, const TensorToWrite& tensor, std::uint64_t offset)
{
    if (tensor.name.empty())
        refuse("a tensor has no name");
    if (tensor.name.size() > longestTensorName) {
        refuse(fmt::format("the name has {} bytes; llama.cpp reads at most {}", tensor.name.size(),
                           longestTensorName),
               tensor.name);
    }
    const auto& dimensions = tensor.shape.dimensions();
    if (dimensions.size() > mostDimensions)
        refuse(fmt::format("GGUF holds at most {} dimensions, not {}", mostDimensions, dimensions.size()),
               tensor.name);
    if (info(tensor.type).ggmlId < 0)
        refuse(fmt::format("GGUF has no type {}", info(tensor.type).name), tensor.name);
    const auto size = tensorBytes(tensor.type, tensor.shape);
    if (!size) {
        refuse(fmt::format("rows of {} weights cannot be stored as {}", tensor.shape.rowLength(),
                           info(tensor.type).name),
               tensor.name);
    }
    encodeEntry(encoder, tensor.name, tensor.shape, tensor.type, offset);
    return *size;
}

} // namespace

EncodedHeader encodeHeader(const Metadata& metadata, std::span<const TensorToWrite> tensors,
                           std::uint64_t alignment)
{
    checkAlignment(metadata, alignment);
    Encoder encoder;
    encodeStart(encoder, newestVersion, tensors.size(), metadata.entries().size());
    encodeKeys(encoder, metadata);
    EncodedHeader result;
    result.dataOffsets.reserve(tensors.size());
    std::unordered_set<std::string_view> names;
    for (const TensorToWrite& tensor : tensors) {
        if (!names.insert(tensor.name).second)
            refuse("the name appears twice", tensor.name);
        result.dataOffsets.push_back(result.dataBytes);
        const std::uint64_t size = encodeTensor(encoder, tensor, result.dataBytes);
        const auto padded = checkedAlign(size, alignment);
        const auto end = padded ? checkedAdd(result.dataBytes, *padded) : std::nullopt;
        if (!end)
            refuse("the file would be larger than 2^64 bytes", tensor.name);
        result.dataBytes = *end;
    }
    encoder.padTo(alignment);
    result.bytes = encoder.take();
    return result;
}

std::vector<std::byte> encodeHeaderOf(const Header& header, const Metadata& metadata)
{
    Encoder encoder;
    encodeStart(encoder, header.version, header.tensors.size(), metadata.entries().size());
    encodeKeys(encoder, metadata);
    for (const TensorEntry& tensor : header.tensors)
        encodeEntry(encoder, tensor.name, tensor.shape, tensor.type, tensor.offset);
    return encoder.take();
}

} // namespace quantlathe::gguf
