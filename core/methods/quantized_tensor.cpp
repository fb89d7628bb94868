// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/methods/quantized_tensor.h"

#include "core/base/error.h"
#include "core/codecs/codec.h"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>
#include <type_traits>
#include <utility>

namespace quantlathe {

namespace {

class QuantizedRows final : public WeightRows
{
public:
    QuantizedRows(std::shared_ptr<const QuantizedTensor> tensor, std::uint64_t rowLength)
        : m_tensor(std::move(tensor)), m_rowLength(m_tensor->turnedInputs > 0 ? m_tensor->turnedInputs : rowLength)
    {
    }

    bool isTurned() const override { return m_tensor->turnedInputs > 0; }

    void decodeRows(std::uint64_t first, std::uint64_t count, float* weights) const override
    {
        if (const auto* encoded = std::get_if<EncodedTensor>(&m_tensor->values)) {
            const std::uint64_t stride = rowBytes(encoded->type, m_rowLength).value();
            codecFor(encoded->type).decode(encoded->bytes.data() + first * stride, weights, static_cast<std::size_t>(count * m_rowLength));
        } else if (const auto* plain = std::get_if<PlainTensor>(&m_tensor->values)) {
            std::copy_n(plain->values.data() + first * m_rowLength, count * m_rowLength, weights);
        } else if (const auto* groups = std::get_if<GroupQuantized>(&m_tensor->values)) {
            groups->decodeRows(first, count, weights);
        } else {
            std::get<FloatQuantized>(m_tensor->values).decodeRows(first, count, weights);
        }
    }

private:
    std::shared_ptr<const QuantizedTensor> m_tensor;
    std::uint64_t m_rowLength;
};

class Writer
{
public:
    template <typename Number>
        requires std::is_arithmetic_v<Number> || std::is_enum_v<Number>
    void put(Number number)
    {
        const auto* const bytes = reinterpret_cast<const std::byte*>(&number);
        m_bytes.insert(m_bytes.end(), bytes, bytes + sizeof number);
    }
    template <typename Number> void put(const std::vector<Number>& numbers)
    {
        put(static_cast<std::uint64_t>(numbers.size()));
        const auto* const bytes = reinterpret_cast<const std::byte*>(numbers.data());
        m_bytes.insert(m_bytes.end(), bytes, bytes + numbers.size() * sizeof(Number));
    }
    void put(const std::string& text) { put(std::vector<char>(text.begin(), text.end())); }
    std::vector<std::byte> take() { return std::move(m_bytes); }

private:
    std::vector<std::byte> m_bytes;
};

class Reader
{
public:
    explicit Reader(std::span<const std::byte> bytes) : m_bytes(bytes) {}

    template <typename Number>
        requires std::is_arithmetic_v<Number> || std::is_enum_v<Number>
    void get(Number& number)
    {
        std::memcpy(&number, take(sizeof number).data(), sizeof number);
    }
    void get(bool& flag)
    {
        std::uint8_t byte = 0;
        get(byte);
        flag = byte != 0;
    }
    template <typename Number> void get(std::vector<Number>& numbers)
    {
        std::uint64_t count = 0;
        get(count);
        if (count > m_bytes.size() / sizeof(Number))
            fail();
        numbers.resize(count);
        const auto bytes = take(count * sizeof(Number));
        if (count > 0)
            std::memcpy(numbers.data(), bytes.data(), bytes.size());
    }
    void get(std::string& text)
    {
        std::vector<char> characters;
        get(characters);
        text.assign(characters.begin(), characters.end());
    }
    /// An enum that goes from 0 to @p last.
    template <typename Enum> void getEnum(Enum& value, Enum last)
    {
        std::uint8_t number = 0;
        get(number);
        if (number > static_cast<std::uint8_t>(last))
            fail();
        value = static_cast<Enum>(number);
    }
    void end() const
    {
        if (!m_bytes.empty())
            fail();
    }
    [[noreturn]] static void fail() { throw Error(ErrorKind::BadFormat, "a quantized tensor in the journal is damaged"); }

private:
    std::span<const std::byte> take(std::size_t count)
    {
        if (count > m_bytes.size())
            fail();
        const auto taken = m_bytes.first(count);
        m_bytes = m_bytes.subspan(count);
        return taken;
    }

    std::span<const std::byte> m_bytes;
};

/// Codes that share a byte; 3 bits do not fit evenly.
unsigned codesPerByte(unsigned bits)
{
    return bits == 2 ? 4 : bits == 4 ? 2 : 1;
}

std::vector<std::uint8_t> packed(const std::vector<std::uint8_t>& codes, unsigned bits)
{
    const unsigned together = codesPerByte(bits);
    std::vector<std::uint8_t> bytes((codes.size() + together - 1) / together);
    for (std::size_t index = 0; index < codes.size(); ++index)
        bytes[index / together] = static_cast<std::uint8_t>(bytes[index / together] | codes[index] << (index % together * bits));
    return bytes;
}

std::vector<std::uint8_t> unpacked(const std::vector<std::uint8_t>& bytes, std::uint64_t count, unsigned bits)
{
    const unsigned together = codesPerByte(bits);
    if (bytes.size() != count / together + (count % together != 0 ? 1 : 0))
        Reader::fail();
    std::vector<std::uint8_t> codes(count);
    const unsigned mask = together == 1 ? 255 : (1u << bits) - 1;
    for (std::size_t index = 0; index < count; ++index)
        codes[index] = static_cast<std::uint8_t>(bytes[index / together] >> (index % together * bits) & mask);
    return codes;
}

void put(Writer& writer, const GroupQuantized& matrix)
{
    writer.put(matrix.scheme.bits);
    writer.put(matrix.scheme.groupSize);
    writer.put(static_cast<std::uint8_t>(matrix.scheme.isSymmetric));
    writer.put(matrix.scheme.scaleType);
    writer.put(static_cast<std::uint8_t>(matrix.scheme.isPerTensor));
    writer.put(matrix.outputs);
    writer.put(matrix.inputs);
    writer.put(static_cast<std::uint64_t>(matrix.codes.size()));
    writer.put(packed(matrix.codes, matrix.scheme.bits));
    writer.put(matrix.scales);
    writer.put(matrix.zeros);
    writer.put(matrix.groupOfInput);
}

void get(Reader& reader, GroupQuantized& matrix)
{
    reader.get(matrix.scheme.bits);
    reader.get(matrix.scheme.groupSize);
    reader.get(matrix.scheme.isSymmetric);
    reader.getEnum(matrix.scheme.scaleType, TensorType::NVFP4);
    reader.get(matrix.scheme.isPerTensor);
    reader.get(matrix.outputs);
    reader.get(matrix.inputs);
    std::uint64_t codes = 0;
    reader.get(codes);
    std::vector<std::uint8_t> bytes;
    reader.get(bytes);
    matrix.codes = unpacked(bytes, codes, matrix.scheme.bits);
    reader.get(matrix.scales);
    reader.get(matrix.zeros);
    reader.get(matrix.groupOfInput);
    matrix.check();
}

void put(Writer& writer, const FloatQuantized& matrix)
{
    writer.put(matrix.scheme.code);
    writer.put(matrix.scheme.blockRows);
    writer.put(matrix.scheme.blockInputs);
    writer.put(matrix.scheme.scaleType);
    writer.put(matrix.outputs);
    writer.put(matrix.inputs);
    writer.put(matrix.codes);
    writer.put(matrix.scales);
}

void get(Reader& reader, FloatQuantized& matrix)
{
    reader.getEnum(matrix.scheme.code, FloatCode::Nf4);
    reader.get(matrix.scheme.blockRows);
    reader.get(matrix.scheme.blockInputs);
    reader.getEnum(matrix.scheme.scaleType, TensorType::NVFP4);
    reader.get(matrix.outputs);
    reader.get(matrix.inputs);
    reader.get(matrix.codes);
    reader.get(matrix.scales);
    matrix.check();
}

void put(Writer& writer, const EncodedTensor& tensor)
{
    writer.put(tensor.type);
    writer.put(tensor.bytes);
}

void get(Reader& reader, EncodedTensor& tensor)
{
    reader.getEnum(tensor.type, TensorType::NVFP4);
    reader.get(tensor.bytes);
}

void put(Writer& writer, const PlainTensor& tensor)
{
    writer.put(tensor.values);
}

void get(Reader& reader, PlainTensor& tensor)
{
    reader.get(tensor.values);
}

} // namespace

std::shared_ptr<const WeightRows> rowsOf(std::shared_ptr<const QuantizedTensor> tensor, std::uint64_t rowLength)
{
    return std::make_shared<QuantizedRows>(std::move(tensor), rowLength);
}

std::vector<std::byte> toBytes(const QuantizedTensor& tensor)
{
    Writer writer;
    writer.put(static_cast<std::uint64_t>(tensor.tensor));
    writer.put(tensor.turnedInputs);
    writer.put(static_cast<std::uint64_t>(tensor.reports.size()));
    for (const MatrixReport& report : tensor.reports) {
        writer.put(report.tensor);
        writer.put(report.part);
        writer.put(static_cast<std::uint8_t>(report.asked));
        writer.put(static_cast<std::uint8_t>(report.used));
        writer.put(report.tokens);
        writer.put(report.relativeLoss);
        writer.put(report.relativeError);
        writer.put(report.damping);
        writer.put(report.note);
    }
    writer.put(static_cast<std::uint8_t>(tensor.values.index()));
    std::visit([&](const auto& values) { put(writer, values); }, tensor.values);
    return writer.take();
}

QuantizedTensor quantizedTensorFromBytes(std::span<const std::byte> bytes)
{
    Reader reader(bytes);
    QuantizedTensor tensor;
    std::uint64_t number = 0;
    reader.get(number);
    tensor.tensor = number;
    reader.get(tensor.turnedInputs);
    reader.get(number);
    if (number > bytes.size())
        Reader::fail();
    tensor.reports.resize(number);
    for (MatrixReport& report : tensor.reports) {
        reader.get(report.tensor);
        reader.get(report.part);
        reader.getEnum(report.asked, Method::SmoothQuant);
        reader.getEnum(report.used, Method::SmoothQuant);
        reader.get(report.tokens);
        reader.get(report.relativeLoss);
        reader.get(report.relativeError);
        reader.get(report.damping);
        reader.get(report.note);
    }
    std::uint8_t kind = 0;
    reader.get(kind);
    switch (kind) {
    case 0:
        get(reader, tensor.values.emplace<GroupQuantized>());
        break;
    case 1:
        get(reader, tensor.values.emplace<FloatQuantized>());
        break;
    case 2:
        get(reader, tensor.values.emplace<EncodedTensor>());
        break;
    case 3:
        get(reader, tensor.values.emplace<PlainTensor>());
        break;
    default:
        Reader::fail();
    }
    reader.end();
    return tensor;
}

} // namespace quantlathe
