// SPDX-License-Identifier: GPL-3.0-or-later
// Keys and values of a model file, in file order. The value types are GGUF's; other formats are mapped onto them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace quantlathe {

/// Numbers are those of the GGUF format.
enum class MetadataType : std::uint8_t { U8 = 0, I8, U16, I16, U32, I32, F32, Bool, String, Array, U64, I64, F64 };

/// "u32", "string", "array"; stable, used in JSON output.
std::string_view name(MetadataType type);

/// Bytes of one value in a file; 0 for strings and arrays.
std::size_t scalarBytes(MetadataType type);

/// A scalar or string.
using MetadataScalar = std::variant<std::uint64_t, std::int64_t, double, bool, std::string>;

/// An array of scalars or strings in GGUF's encoding (little-endian, strings as u64 length + bytes). Usually a view into
/// the mapped file, so a vocabulary of 256,000 tokens costs nothing until it is shown.
class MetadataArray
{
public:
    /// @param encoded the elements, already validated by the reader; @param owner keeps the bytes alive
    MetadataArray(MetadataType elementType, std::uint64_t size, std::span<const std::byte> encoded,
                  std::shared_ptr<const void> owner);
    static MetadataArray fromStrings(const std::vector<std::string>& values);
    static MetadataArray fromFloats(const std::vector<float>& values);
    static MetadataArray fromInts(const std::vector<std::int32_t>& values);
    static MetadataArray fromUnsigned(const std::vector<std::uint64_t>& values);
    static MetadataArray fromSigned(const std::vector<std::int64_t>& values);
    static MetadataArray fromDoubles(const std::vector<double>& values);
    static MetadataArray fromBools(const std::vector<bool>& values);

    [[nodiscard]] MetadataType elementType() const { return m_elementType; }
    [[nodiscard]] std::uint64_t size() const { return m_size; }
    /// Element @p index (< size()). Strings are found through a sparse index: any element in microseconds.
    [[nodiscard]] MetadataScalar at(std::uint64_t index) const;
    [[nodiscard]] std::span<const std::byte> encoded() const { return m_encoded; }
    /// Reads element after element, for whole vocabularies: strings as views into the encoded bytes.
    /// @p visit(std::uint64_t index, std::string_view text); element type String only.
    template <typename Visit>
    void forEachString(Visit&& visit) const
    {
        std::uint64_t position = 0;
        for (std::uint64_t index = 0; index < m_size; ++index) {
            const std::string_view text = stringAt(position);
            visit(index, text);
            position += sizeof(std::uint64_t) + text.size();
        }
    }

private:
    [[nodiscard]] std::string_view stringAt(std::uint64_t position) const;

    MetadataType m_elementType;
    std::uint64_t m_size;
    std::span<const std::byte> m_encoded;
    std::shared_ptr<const void> m_owner;
    std::vector<std::uint64_t> m_stringIndex; ///< byte position of every 256th string
};

struct MetadataValue
{
    MetadataType type = MetadataType::U32;
    std::variant<MetadataScalar, MetadataArray> value;

    static MetadataValue ofU16(std::uint16_t v);
    static MetadataValue ofU32(std::uint32_t v);
    static MetadataValue ofI32(std::int32_t v);
    static MetadataValue ofU64(std::uint64_t v);
    static MetadataValue ofI64(std::int64_t v);
    static MetadataValue ofF32(float v);
    static MetadataValue ofF64(double v);
    static MetadataValue ofBool(bool v);
    static MetadataValue ofString(std::string v);
    static MetadataValue ofArray(MetadataArray v);

    [[nodiscard]] bool isArray() const { return type == MetadataType::Array; }
    /// One line for people; long arrays and strings shortened to about @p limit characters ("[1, 2, 3, ... 32000 values]").
    [[nodiscard]] std::string toText(std::size_t limit = 200) const;
};

/// Text of a scalar: shortest form that reads back equal; bytes of a string that are not printable UTF-8 as \xNN.
std::string toText(const MetadataScalar& scalar);
/// A scalar as number; nothing when it is of another kind or does not fit.
std::optional<std::uint64_t> toUnsigned(const MetadataScalar& scalar);
std::optional<double> toReal(const MetadataScalar& scalar);

class Metadata
{
public:
    struct Entry
    {
        std::string key;
        MetadataValue value;
    };

    [[nodiscard]] const std::vector<Entry>& entries() const { return m_entries; }
    /// Null when there is no such key.
    [[nodiscard]] const MetadataValue* find(std::string_view key) const;

    /// Typed look-ups; nothing when the key is missing or of another kind. Integers convert between widths and signs when
    /// the value fits.
    [[nodiscard]] std::optional<std::uint64_t> unsignedInteger(std::string_view key) const;
    [[nodiscard]] std::optional<double> real(std::string_view key) const; ///< integers too
    [[nodiscard]] std::optional<bool> boolean(std::string_view key) const;
    [[nodiscard]] std::optional<std::string> string(std::string_view key) const;
    /// Null when the key is missing or no array.
    [[nodiscard]] const MetadataArray* array(std::string_view key) const;

    void append(std::string key, MetadataValue value);
    /// Replaces the value of @p key where it stands, or appends.
    void set(std::string_view key, MetadataValue value);

private:
    std::vector<Entry> m_entries;
};

} // namespace quantlathe
