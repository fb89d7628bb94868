// SPDX-License-Identifier: GPL-3.0-or-later
// The wire format of Protocol Buffers, as much of it as reading a SentencePiece model takes.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace quantlathe {

/// Walks the fields of one message. Lengths are checked against what is there; unknown fields are the caller's to skip.
class ProtobufReader
{
public:
    enum class WireType : std::uint8_t { Number = 0, Fixed64 = 1, Bytes = 2, Fixed32 = 5 };
    struct Field
    {
        std::uint32_t number = 0;
        WireType type = WireType::Number;
        std::uint64_t value = 0;  ///< of numbers; the bits of fixed ones
        std::string_view bytes;   ///< of strings, bytes and messages

        [[nodiscard]] float real() const; ///< of Fixed32
    };

    explicit ProtobufReader(std::string_view message) : m_message(message) {}
    /// The next field; nothing at the end. @throws Error(BadFormat) for bytes that are no field
    std::optional<Field> next();

private:
    std::uint64_t number();
    std::string_view take(std::uint64_t size);

    std::string_view m_message;
    std::size_t m_at = 0;
};

} // namespace quantlathe
