// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/inference/tokenizer/protobuf_reader.h"

#include "core/base/error.h"

#include <bit>
#include <cstring>

namespace quantlathe {

namespace {

[[noreturn]] void fail()
{
    throw Error(ErrorKind::BadFormat, "is no SentencePiece model (its fields do not fit into it)");
}

} // namespace

float ProtobufReader::Field::real() const
{
    return std::bit_cast<float>(static_cast<std::uint32_t>(value));
}

std::uint64_t ProtobufReader::number()
{
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        if (m_at == m_message.size())
            fail();
        const auto byte = static_cast<unsigned char>(m_message[m_at++]);
        value |= std::uint64_t{byte & 0x7FU} << shift;
        if (byte < 0x80)
            return value;
    }
    fail();
}

std::string_view ProtobufReader::take(std::uint64_t size)
{
    if (size > m_message.size() - m_at)
        fail();
    const std::string_view bytes = m_message.substr(m_at, size);
    m_at += size;
    return bytes;
}

std::optional<ProtobufReader::Field> ProtobufReader::next()
{
    if (m_at == m_message.size())
        return std::nullopt;
    const std::uint64_t tag = number();
    Field field;
    field.number = static_cast<std::uint32_t>(tag >> 3);
    if (tag >> 32 != 0 || field.number == 0)
        fail();
    field.type = static_cast<WireType>(tag & 7);
    switch (field.type) {
    case WireType::Number:
        field.value = number();
        break;
    case WireType::Fixed64:
        std::memcpy(&field.value, take(sizeof field.value).data(), sizeof field.value);
        break;
    case WireType::Bytes:
        field.bytes = take(number());
        break;
    case WireType::Fixed32: {
        std::uint32_t bits = 0;
        std::memcpy(&bits, take(sizeof bits).data(), sizeof bits);
        field.value = bits;
        break;
    }
    default: // groups, which nothing writes any more
        fail();
    }
    return field;
}

} // namespace quantlathe
