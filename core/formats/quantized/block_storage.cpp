// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/quantized/block_storage.h"

#include "core/formats/quantized/module_pieces.h"
#include "core/types/small_floats.h"

#include <algorithm>
#include <array>

namespace quantlathe::quantized {

namespace {

class TableStorage final : public AssembledStorage
{
public:
    TableStorage(TableParts parts, std::vector<StoredPiece> pieces, std::string scheme)
        : AssembledStorage(std::move(pieces), std::move(scheme)), m_parts(std::move(parts))
    {
    }

    void decodeRows(std::uint64_t first, std::uint64_t count, float* weights) const override
    {
        std::array<float, 16> table{};
        readNumbers(m_parts.table, 0, table);
        std::vector<float> nestedTable(m_parts.nestedTable ? 256 : 0);
        if (m_parts.nestedTable)
            readNumbers(*m_parts.nestedTable, 0, nestedTable);
        const std::byte* codes = m_parts.codes.bytes().data();
        std::uint64_t at = first * m_parts.inputs;
        const std::uint64_t end = at + count * m_parts.inputs;
        while (at < end) {
            const std::uint64_t block = at / m_parts.blockSize;
            const std::uint64_t blockEnd = std::min((block + 1) * m_parts.blockSize, end);
            const float scale = scaleOf(block, nestedTable);
            for (; at < blockEnd; ++at) {
                const auto pair = std::to_integer<unsigned>(codes[at / 2]);
                *weights++ = table[at % 2 == 0 ? pair >> 4 : pair & 15] * scale;
            }
        }
    }

private:
    [[nodiscard]] float scaleOf(std::uint64_t block, const std::vector<float>& nestedTable) const
    {
        float scale = 0;
        if (nestedTable.empty()) {
            readNumbers(m_parts.scales, block, {&scale, 1});
            return scale;
        }
        readNumbers(*m_parts.nestedScales, block / m_parts.nestedBlock, {&scale, 1});
        return nestedTable[std::to_integer<std::size_t>(m_parts.scales.bytes()[block])] * scale + m_parts.offset;
    }

    TableParts m_parts;
};

class TransposedFp4Storage final : public AssembledStorage
{
public:
    TransposedFp4Storage(TransposedFp4Parts parts, std::vector<StoredPiece> pieces, std::string scheme)
        : AssembledStorage(std::move(pieces), std::move(scheme)), m_parts(std::move(parts))
    {
    }

    /// Rows are (expert, input). Those of one block of inputs come out of the same bytes.
    void decodeRows(std::uint64_t first, std::uint64_t count, float* weights) const override
    {
        const std::uint64_t end = first + count;
        while (first < end) {
            const std::uint64_t input = first % m_parts.inputs;
            const std::uint64_t rows = std::min(32 - input % 32, end - first);
            decodeBlock(first / m_parts.inputs, input, rows, weights);
            first += rows;
            weights += rows * m_parts.outputs;
        }
    }

private:
    void decodeBlock(std::uint64_t expert, std::uint64_t input, std::uint64_t rows, float* weights) const
    {
        static constexpr std::array<float, 16> values = {0,     0.5f,  1,  1.5f,  2,  3,  4,  6,
                                                         -0.0f, -0.5f, -1, -1.5f, -2, -3, -4, -6};
        const std::uint64_t blocksPerOutput = m_parts.inputs / 32;
        for (std::uint64_t output = 0; output < m_parts.outputs; ++output) {
            const std::uint64_t block = (expert * m_parts.outputs + output) * blocksPerOutput + input / 32;
            const float scale = e8m0ToFloat(std::to_integer<std::uint8_t>(m_parts.scales.bytes()[block]));
            const std::byte* codes = m_parts.blocks.bytes().data() + 16 * block;
            for (std::uint64_t row = 0; row < rows; ++row) {
                const std::uint64_t inBlock = input % 32 + row;
                const auto pair = std::to_integer<unsigned>(codes[inBlock / 2]);
                weights[row * m_parts.outputs + output] = values[inBlock % 2 == 0 ? pair & 15 : pair >> 4] * scale;
            }
        }
    }

    TransposedFp4Parts m_parts;
};

} // namespace

std::shared_ptr<const TensorStorage> tableStorage(TableParts parts, std::vector<StoredPiece> pieces, std::string scheme)
{
    return std::make_shared<const TableStorage>(std::move(parts), std::move(pieces), std::move(scheme));
}

std::shared_ptr<const TensorStorage> transposedFp4Storage(TransposedFp4Parts parts, std::vector<StoredPiece> pieces,
                                                          std::string scheme)
{
    return std::make_shared<const TransposedFp4Storage>(std::move(parts), std::move(pieces), std::move(scheme));
}

} // namespace quantlathe::quantized
