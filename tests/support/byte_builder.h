// SPDX-License-Identifier: GPL-3.0-or-later
// Writes GGUF and safetensors files byte by byte for tests, wrong ones included: nothing is checked, every
// count and length can be overridden. Deliberately not the product's writer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace quantlathe::test {

class ByteBuilder
{
public:
    template <typename Number> ByteBuilder& number(Number value)
    {
        const auto* bytes = reinterpret_cast<const std::byte*>(&value);
        m_bytes.insert(m_bytes.end(), bytes, bytes + sizeof value);
        return *this;
    }
    ByteBuilder& text(std::string_view text)
    {
        const auto* bytes = reinterpret_cast<const std::byte*>(text.data());
        m_bytes.insert(m_bytes.end(), bytes, bytes + text.size());
        return *this;
    }
    /// GGUF string: length and bytes.
    ByteBuilder& string(std::string_view value) { return number(std::uint64_t{value.size()}).text(value); }
    ByteBuilder& zeros(std::size_t count)
    {
        m_bytes.resize(m_bytes.size() + count);
        return *this;
    }
    ByteBuilder& append(const std::vector<std::byte>& bytes)
    {
        m_bytes.insert(m_bytes.end(), bytes.begin(), bytes.end());
        return *this;
    }
    [[nodiscard]] const std::vector<std::byte>& bytes() const { return m_bytes; }
    [[nodiscard]] std::size_t size() const { return m_bytes.size(); }

private:
    std::vector<std::byte> m_bytes;
};

/// A GGUF file from parts. Value types by number: 4 u32, 8 string, 9 array ... (core/model/metadata.h).
class GgufBuilder
{
public:
    std::uint32_t version = 3;
    std::string magic = "GGUF";
    std::uint64_t alignment = 32;     ///< of the data; the key is written by the caller
    std::int64_t claimedTensors = -1; ///< -1 = as many as there are
    std::int64_t claimedKeys = -1;
    std::size_t dataBytes = SIZE_MAX; ///< SIZE_MAX = what the tensors need

    /// @p value: type number and encoded value
    GgufBuilder& key(std::string_view name, std::uint32_t type, const ByteBuilder& value)
    {
        m_keys.string(name).number(type).append(value.bytes());
        ++m_keyCount;
        return *this;
    }
    GgufBuilder& u32(std::string_view name, std::uint32_t value)
    {
        return key(name, 4, ByteBuilder().number(value));
    }
    GgufBuilder& u16(std::string_view name, std::uint16_t value)
    {
        return key(name, 2, ByteBuilder().number(value));
    }
    GgufBuilder& i32(std::string_view name, std::int32_t value)
    {
        return key(name, 5, ByteBuilder().number(value));
    }
    GgufBuilder& f32(std::string_view name, float value) { return key(name, 6, ByteBuilder().number(value)); }
    GgufBuilder& boolean(std::string_view name, bool value)
    {
        return key(name, 7, ByteBuilder().number(static_cast<std::uint8_t>(value)));
    }
    GgufBuilder& string(std::string_view name, std::string_view value)
    {
        return key(name, 8, ByteBuilder().string(value));
    }
    GgufBuilder& strings(std::string_view name, const std::vector<std::string>& values)
    {
        ByteBuilder bytes;
        bytes.number(std::uint32_t{8}).number(std::uint64_t{values.size()});
        for (const std::string& value : values)
            bytes.string(value);
        return key(name, 9, bytes);
    }
    GgufBuilder& i32s(std::string_view name, const std::vector<std::int32_t>& values)
    {
        ByteBuilder bytes;
        bytes.number(std::uint32_t{5}).number(std::uint64_t{values.size()});
        for (const std::int32_t value : values)
            bytes.number(value);
        return key(name, 9, bytes);
    }

    /// @p ne as in the file: contiguous dimension first. The offset follows the tensors before, aligned.
    GgufBuilder& tensor(std::string_view name, const std::vector<std::uint64_t>& ne, std::uint32_t type,
                        std::size_t bytes)
    {
        const std::uint64_t offset = m_dataEnd;
        m_dataEnd = (offset + bytes + alignment - 1) / alignment * alignment;
        return tensorAt(name, ne, type, offset);
    }
    GgufBuilder& tensorAt(std::string_view name, const std::vector<std::uint64_t>& ne, std::uint32_t type,
                          std::uint64_t offset)
    {
        m_tensors.string(name).number(static_cast<std::uint32_t>(ne.size()));
        for (const std::uint64_t dimension : ne)
            m_tensors.number(dimension);
        m_tensors.number(type).number(offset);
        ++m_tensorCount;
        return *this;
    }
    /// Bytes straight into the tensor table, counted as one tensor.
    GgufBuilder& rawTensor(const ByteBuilder& bytes)
    {
        m_tensors.append(bytes.bytes());
        ++m_tensorCount;
        return *this;
    }

    [[nodiscard]] std::vector<std::byte> header() const
    {
        ByteBuilder file;
        file.text(magic).number(version);
        file.number(claimedTensors == -1 ? m_tensorCount : static_cast<std::uint64_t>(claimedTensors));
        file.number(claimedKeys == -1 ? m_keyCount : static_cast<std::uint64_t>(claimedKeys));
        file.append(m_keys.bytes()).append(m_tensors.bytes());
        return file.bytes();
    }
    /// Header, padding, data (counting up, so that no two bytes beside each other are equal).
    [[nodiscard]] std::vector<std::byte> file() const
    {
        std::vector<std::byte> bytes = header();
        const std::size_t data = dataBytes == SIZE_MAX ? static_cast<std::size_t>(m_dataEnd) : dataBytes;
        if (m_tensorCount > 0)
            bytes.resize((bytes.size() + alignment - 1) / alignment * alignment);
        for (std::size_t index = 0; index < data; ++index)
            bytes.push_back(static_cast<std::byte>(index * 7 & 0xFF));
        return bytes;
    }

private:
    ByteBuilder m_keys;
    ByteBuilder m_tensors;
    std::uint64_t m_keyCount = 0;
    std::uint64_t m_tensorCount = 0;
    std::uint64_t m_dataEnd = 0;
};

/// safetensors: header length, JSON, data.
inline std::vector<std::byte> safetensorsBytes(std::string_view json, std::size_t dataBytes)
{
    ByteBuilder file;
    file.string(json);
    for (std::size_t index = 0; index < dataBytes; ++index)
        file.number(static_cast<std::uint8_t>(index * 7 & 0xFF));
    return file.bytes();
}

} // namespace quantlathe::test
