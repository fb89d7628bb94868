// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/metadata.h"

#include <cassert>
#include <cstring>
#include <utility>

namespace quantlathe {

namespace {

constexpr std::uint64_t stringsPerIndexEntry = 256;

template <typename Number> Number load(const std::byte* from)
{
    Number value;
    std::memcpy(&value, from, sizeof value);
    return value;
}

using Buffer = std::vector<std::byte>;

template <typename Number> void store(Buffer& buffer, Number value)
{
    const auto position = buffer.size();
    buffer.resize(position + sizeof value);
    std::memcpy(buffer.data() + position, &value, sizeof value);
}

MetadataArray owning(MetadataType type, std::uint64_t size, Buffer buffer)
{
    const auto owner = std::make_shared<const Buffer>(std::move(buffer));
    return {type, size, *owner, owner};
}

template <typename Stored, typename Value>
MetadataArray fromNumbers(MetadataType type, const std::vector<Value>& values)
{
    Buffer buffer;
    buffer.reserve(values.size() * sizeof(Stored));
    for (const Value value : values)
        store(buffer, static_cast<Stored>(value));
    return owning(type, values.size(), std::move(buffer));
}

} // namespace

MetadataArray::MetadataArray(MetadataType elementType, std::uint64_t size, std::span<const std::byte> encoded,
                             std::shared_ptr<const void> owner)
    : m_elementType(elementType), m_size(size), m_encoded(encoded), m_owner(std::move(owner))
{
    assert(elementType != MetadataType::Array);
    if (elementType != MetadataType::String) {
        assert(encoded.size() == size * scalarBytes(elementType));
        return;
    }
    m_stringIndex.reserve(static_cast<std::size_t>(size / stringsPerIndexEntry + 1));
    std::uint64_t position = 0;
    for (std::uint64_t index = 0; index < size; ++index) {
        if (index % stringsPerIndexEntry == 0)
            m_stringIndex.push_back(position);
        position += sizeof(std::uint64_t) + stringAt(position).size();
    }
    assert(position == encoded.size());
}

MetadataArray MetadataArray::fromStrings(const std::vector<std::string>& values)
{
    Buffer buffer;
    for (const std::string& value : values) {
        store(buffer, std::uint64_t{value.size()});
        const auto* bytes = reinterpret_cast<const std::byte*>(value.data());
        buffer.insert(buffer.end(), bytes, bytes + value.size());
    }
    return owning(MetadataType::String, values.size(), std::move(buffer));
}

MetadataArray MetadataArray::fromFloats(const std::vector<float>& values)
{
    return fromNumbers<float>(MetadataType::F32, values);
}

MetadataArray MetadataArray::fromInts(const std::vector<std::int32_t>& values)
{
    return fromNumbers<std::int32_t>(MetadataType::I32, values);
}

MetadataArray MetadataArray::fromUnsigned(const std::vector<std::uint64_t>& values)
{
    return fromNumbers<std::uint64_t>(MetadataType::U64, values);
}

MetadataArray MetadataArray::fromSigned(const std::vector<std::int64_t>& values)
{
    return fromNumbers<std::int64_t>(MetadataType::I64, values);
}

MetadataArray MetadataArray::fromDoubles(const std::vector<double>& values)
{
    return fromNumbers<double>(MetadataType::F64, values);
}

MetadataArray MetadataArray::fromBools(const std::vector<bool>& values)
{
    return fromNumbers<std::uint8_t>(MetadataType::Bool, values);
}

std::string_view MetadataArray::stringAt(std::uint64_t position) const
{
    // The bytes were validated when the file was opened, but the file may have been overwritten since: a
    // length that now points outside reads as empty instead of as memory that is not ours.
    if (m_encoded.size() < sizeof(std::uint64_t) || position > m_encoded.size() - sizeof(std::uint64_t))
        return {};
    const auto length = load<std::uint64_t>(m_encoded.data() + position);
    const std::uint64_t begin = position + sizeof(std::uint64_t);
    if (length > m_encoded.size() - begin)
        return {};
    return {reinterpret_cast<const char*>(m_encoded.data() + begin), static_cast<std::size_t>(length)};
}

MetadataScalar MetadataArray::at(std::uint64_t index) const
{
    assert(index < m_size);
    if (m_elementType == MetadataType::String) {
        std::uint64_t position = m_stringIndex[static_cast<std::size_t>(index / stringsPerIndexEntry)];
        for (std::uint64_t skipped = 0; skipped < index % stringsPerIndexEntry; ++skipped)
            position += sizeof(std::uint64_t) + stringAt(position).size();
        return std::string(stringAt(position));
    }
    const std::byte* element = m_encoded.data() + index * scalarBytes(m_elementType);
    switch (m_elementType) {
    case MetadataType::U8:
        return std::uint64_t{load<std::uint8_t>(element)};
    case MetadataType::I8:
        return std::int64_t{load<std::int8_t>(element)};
    case MetadataType::U16:
        return std::uint64_t{load<std::uint16_t>(element)};
    case MetadataType::I16:
        return std::int64_t{load<std::int16_t>(element)};
    case MetadataType::U32:
        return std::uint64_t{load<std::uint32_t>(element)};
    case MetadataType::I32:
        return std::int64_t{load<std::int32_t>(element)};
    case MetadataType::F32:
        return double{load<float>(element)};
    case MetadataType::Bool:
        return load<std::uint8_t>(element) != 0;
    case MetadataType::U64:
        return load<std::uint64_t>(element);
    case MetadataType::I64:
        return load<std::int64_t>(element);
    case MetadataType::F64:
        return load<double>(element);
    case MetadataType::String:
    case MetadataType::Array:
        break;
    }
    return std::uint64_t{0};
}

} // namespace quantlathe
