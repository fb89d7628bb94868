// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/quantized/scaled_storage.h"

#include "core/codecs/codec.h"
#include "core/formats/quantized/gptq_storage.h"
#include "core/formats/quantized/module_pieces.h"
#include "core/formats/quantized/packed_bits.h"
#include "core/types/small_floats.h"

#include <algorithm>
#include <array>

namespace quantlathe::quantized {

namespace {

constexpr std::array<float, 16> fp4Values = {0,     0.5f,  1,  1.5f,  2,  3,  4,  6,
                                             -0.0f, -0.5f, -1, -1.5f, -2, -3, -4, -6};

class ScaledStorage final : public AssembledStorage
{
public:
    ScaledStorage(ScaledParts parts, std::vector<StoredPiece> pieces, std::string scheme)
        : AssembledStorage(std::move(pieces), std::move(scheme)), m_parts(std::move(parts))
    {
    }

    void decodeRows(std::uint64_t first, std::uint64_t count, float* weights) const override
    {
        std::vector<std::uint32_t> columns;
        if (m_parts.groupOfInput)
            columns = readGroups(*m_parts.groupOfInput, m_parts.scales.columns);
        std::vector<float> scales(m_parts.scales.columns);
        std::vector<float> zeros(m_parts.zeros || m_parts.kind == CodeKind::Packed ? scales.size() : 0);
        for (std::uint64_t row = first; row < first + count; ++row, weights += m_parts.inputs) {
            readCodes(row, weights);
            readScales(row, scales);
            readZeros(row, zeros);
            if (columns.empty())
                scaleRuns(scales, zeros, weights);
            else
                scaleEach(scales, zeros, columns, weights);
        }
    }

private:
    void readCodes(std::uint64_t row, float* values) const
    {
        const std::byte* bytes = m_parts.codes.bytes().data();
        const std::uint64_t inputs = m_parts.inputs;
        switch (m_parts.kind) {
        case CodeKind::Packed:
            return readPacked(bytes + 4 * row * ceilDivide(inputs * m_parts.bits, 32), values);
        case CodeKind::SignedByte:
            return codecFor(TensorType::I8).decode(bytes + row * inputs, values, inputs);
        case CodeKind::Float8:
            return codecFor(TensorType::F8_E4M3).decode(bytes + row * inputs, values, inputs);
        case CodeKind::Float4:
            bytes += row * (inputs / 2);
            for (std::uint64_t input = 0; input < inputs; input += 2) {
                const auto pair = std::to_integer<unsigned>(bytes[input / 2]);
                values[input] = fp4Values[pair & 15];
                values[input + 1] = fp4Values[pair >> 4];
            }
            return;
        }
    }

    void readPacked(const std::byte* words, float* values) const
    {
        std::array<std::uint32_t, 8> packed{};
        std::array<std::uint8_t, 32> codes{};
        const std::uint64_t wordCount = ceilDivide(m_parts.inputs * m_parts.bits, 32);
        for (std::uint64_t input = 0; input < m_parts.inputs; input += 32) {
            const std::uint64_t begin = input / 32 * m_parts.bits;
            for (std::uint64_t word = 0; word < m_parts.bits; ++word)
                packed[word] = begin + word < wordCount ? wordAt(words, begin + word) : 0;
            unpack32(m_parts.bits, packed.data(), codes.data());
            const std::uint64_t count = std::min<std::uint64_t>(32, m_parts.inputs - input);
            for (std::uint64_t index = 0; index < count; ++index)
                values[input + index] = codes[index];
        }
    }

    void readScales(std::uint64_t row, std::vector<float>& scales) const
    {
        const ScaleGrid& grid = m_parts.scales;
        const std::uint64_t first = row / grid.rowsPerScale * grid.columns;
        if (grid.numbers.type() == TensorType::U8) {
            for (std::uint64_t column = 0; column < grid.columns; ++column)
                scales[column] = e8m0ToFloat(std::to_integer<std::uint8_t>(grid.numbers.bytes()[first + column]));
        } else {
            readNumbers(grid.numbers, first, scales);
        }
        if (m_parts.divisor != 1) {
            for (float& scale : scales)
                scale /= m_parts.divisor;
        }
        if (m_parts.globalScale) {
            float global = 1;
            readNumbers(*m_parts.globalScale, 0, {&global, 1});
            for (float& scale : scales)
                scale /= global;
        }
    }

    /// Symmetric codes have their zero in the middle.
    void readZeros(std::uint64_t row, std::vector<float>& zeros) const
    {
        if (!m_parts.zeros) {
            std::fill(zeros.begin(), zeros.end(), static_cast<float>(1u << (m_parts.bits - 1)));
            return;
        }
        for (std::uint64_t column = 0; column < zeros.size(); ++column) {
            zeros[column] = static_cast<float>(codeAt(row, m_parts.bits, [&](std::uint64_t word) {
                return wordAt(m_parts.zeros->bytes().data(), word * zeros.size() + column);
            }));
        }
    }

    void scaleRuns(const std::vector<float>& scales, const std::vector<float>& zeros, float* values) const
    {
        const std::uint64_t length = m_parts.scales.inputsPerScale;
        for (std::uint64_t column = 0; column < scales.size(); ++column) {
            const std::uint64_t end = std::min((column + 1) * length, m_parts.inputs);
            const float scale = scales[column];
            const float zero = zeros.empty() ? 0.0f : zeros[column];
            for (std::uint64_t input = column * length; input < end; ++input)
                values[input] = scale * (values[input] - zero);
        }
    }

    void scaleEach(const std::vector<float>& scales, const std::vector<float>& zeros, const std::vector<std::uint32_t>& columns,
                   float* values) const
    {
        for (std::uint64_t input = 0; input < m_parts.inputs; ++input) {
            const std::uint32_t column = columns[input];
            values[input] = scales[column] * (values[input] - (zeros.empty() ? 0.0f : zeros[column]));
        }
    }

    ScaledParts m_parts;
};

} // namespace

std::shared_ptr<const TensorStorage> scaledStorage(ScaledParts parts, std::vector<StoredPiece> pieces, std::string scheme)
{
    return std::make_shared<const ScaledStorage>(std::move(parts), std::move(pieces), std::move(scheme));
}

} // namespace quantlathe::quantized
