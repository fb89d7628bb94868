// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/quantized/gptq_storage.h"

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/formats/quantized/module_pieces.h"
#include "core/formats/quantized/packed_bits.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>

namespace quantlathe::quantized {

namespace {

/// Rows decoded together: their codes fill four cache lines of every packed row.
constexpr std::uint64_t tileRows = 64;
constexpr std::uint64_t block = 32; ///< inputs unpacked together

/// Scales and zero points of some neighbouring outputs, group by group.
struct TileScales
{
    TileScales(std::uint64_t groups, std::uint64_t rows) : m_rows(rows), m_scales(groups * rows), m_zeros(groups * rows) {}
    std::span<float> scalesOf(std::uint64_t group) { return std::span(m_scales).subspan(group * m_rows, m_rows); }
    float& zero(std::uint64_t group, std::uint64_t row) { return m_zeros[group * m_rows + row]; }
    [[nodiscard]] float scale(std::uint64_t group, std::uint64_t row) const { return m_scales[group * m_rows + row]; }
    [[nodiscard]] float zero(std::uint64_t group, std::uint64_t row) const { return m_zeros[group * m_rows + row]; }

private:
    std::uint64_t m_rows;
    std::vector<float> m_scales;
    std::vector<float> m_zeros;
};

class GptqStorage final : public AssembledStorage
{
public:
    GptqStorage(GptqParts parts, std::vector<StoredPiece> pieces, std::string scheme)
        : AssembledStorage(std::move(pieces), std::move(scheme)), m_parts(std::move(parts))
    {
    }

    void decodeRows(std::uint64_t first, std::uint64_t count, float* weights) const override
    {
        const std::vector<std::uint32_t> groups = groupsOfInputs();
        for (std::uint64_t row = 0; row < count; row += tileRows)
            decodeTile(first + row, std::min(tileRows, count - row), groups, weights + row * m_parts.inputs);
    }

private:
    [[nodiscard]] std::vector<std::uint32_t> groupsOfInputs() const
    {
        if (m_parts.groupOfInput)
            return readGroups(*m_parts.groupOfInput, m_parts.groups);
        std::vector<std::uint32_t> groups(m_parts.inputs);
        for (std::uint64_t input = 0; input < m_parts.inputs; ++input)
            groups[input] = static_cast<std::uint32_t>(input / m_parts.groupSize);
        return groups;
    }

    [[nodiscard]] TileScales scalesOf(std::uint64_t first, std::uint64_t rows) const
    {
        TileScales result(m_parts.groups, rows);
        const std::uint32_t largest = (1u << m_parts.bits) - 1;
        const std::uint64_t wordsPerGroup = m_parts.outputs * m_parts.bits / 32;
        for (std::uint64_t group = 0; group < m_parts.groups; ++group) {
            readNumbers(m_parts.scales, group * m_parts.outputs + first, result.scalesOf(group));
            const auto wordOf = [&](std::uint64_t word) { return wordAt(m_parts.zeros.bytes().data(), group * wordsPerGroup + word); };
            for (std::uint64_t row = 0; row < rows; ++row) {
                const std::uint32_t stored = codeAt(first + row, m_parts.bits, wordOf);
                result.zero(group, row) = static_cast<float>(m_parts.isZeroMinusOne ? (stored + 1) & largest : stored);
            }
        }
        return result;
    }

    void decodeTile(std::uint64_t first, std::uint64_t rows, const std::vector<std::uint32_t>& groups, float* weights) const
    {
        const TileScales scales = scalesOf(first, rows);
        const std::byte* words = m_parts.codes.bytes().data();
        std::array<std::uint32_t, 8> packed{};
        std::array<std::uint8_t, block> codes{};
        for (std::uint64_t input = 0; input < m_parts.inputs; input += block) {
            const bool isOneGroup = std::all_of(&groups[input], &groups[input] + block,
                                                [&](std::uint32_t group) { return group == groups[input]; });
            for (std::uint64_t row = 0; row < rows; ++row) {
                for (unsigned word = 0; word < m_parts.bits; ++word)
                    packed[word] = wordAt(words, (input / block * m_parts.bits + word) * m_parts.outputs + first + row);
                unpack32(m_parts.bits, packed.data(), codes.data());
                float* out = weights + row * m_parts.inputs + input;
                if (isOneGroup) {
                    const float scale = scales.scale(groups[input], row);
                    const float zero = scales.zero(groups[input], row);
                    for (std::uint64_t index = 0; index < block; ++index)
                        out[index] = scale * (static_cast<float>(codes[index]) - zero);
                } else {
                    for (std::uint64_t index = 0; index < block; ++index) {
                        const std::uint32_t group = groups[input + index];
                        out[index] = scales.scale(group, row) * (static_cast<float>(codes[index]) - scales.zero(group, row));
                    }
                }
            }
        }
    }

    GptqParts m_parts;
};

/// Bit of the word where the output 8c + offset lies.
constexpr std::array<unsigned, 8> awqShift = {0, 16, 4, 20, 8, 24, 12, 28};

class AwqStorage final : public AssembledStorage
{
public:
    AwqStorage(AwqParts parts, std::vector<StoredPiece> pieces, std::string scheme)
        : AssembledStorage(std::move(pieces), std::move(scheme)), m_parts(std::move(parts))
    {
    }

    void decodeRows(std::uint64_t first, std::uint64_t count, float* weights) const override
    {
        for (std::uint64_t row = 0; row < count; row += tileRows)
            decodeTile(first + row, std::min(tileRows, count - row), weights + row * m_parts.inputs);
    }

private:
    void decodeTile(std::uint64_t first, std::uint64_t rows, float* weights) const
    {
        const std::uint64_t wordsPerRow = m_parts.outputs / 8;
        const std::byte* codes = m_parts.codes.bytes().data();
        const std::byte* zeros = m_parts.zeros.bytes().data();
        std::vector<float> scales(rows);
        for (std::uint64_t begin = 0; begin < m_parts.inputs; begin += m_parts.groupSize) {
            const std::uint64_t group = begin / m_parts.groupSize;
            readNumbers(m_parts.scales, group * m_parts.outputs + first, scales);
            const std::uint64_t groupEnd = begin + m_parts.groupSize;
            // Short runs of inputs keep the packed words of a tile in the cache while its rows are written one by one.
            for (std::uint64_t input = begin; input < groupEnd; input += block) {
                const std::uint64_t end = std::min(input + block, groupEnd);
                for (std::uint64_t row = 0; row < rows; ++row) {
                    const std::uint64_t word = (first + row) / 8;
                    const unsigned shift = awqShift[(first + row) % 8];
                    const float scale = scales[row];
                    const auto zero = static_cast<float>(wordAt(zeros, group * wordsPerRow + word) >> shift & 15);
                    float* out = weights + row * m_parts.inputs;
                    for (std::uint64_t at = input; at < end; ++at)
                        out[at] = scale * (static_cast<float>(wordAt(codes, at * wordsPerRow + word) >> shift & 15) - zero);
                }
            }
        }
    }

    AwqParts m_parts;
};

} // namespace

std::vector<std::uint32_t> readGroups(const Tensor& groupOfInput, std::uint64_t groups)
{
    std::vector<std::uint32_t> result(groupOfInput.shape().weightCount());
    for (std::size_t input = 0; input < result.size(); ++input) {
        result[input] = wordAt(groupOfInput.bytes().data(), input);
        if (result[input] >= groups) {
            throw Error(ErrorKind::BadFormat,
                        fmt::format("puts input {} into group {}, but there are {} groups", input,
                                    static_cast<std::int32_t>(result[input]), groups),
                        {groupOfInput.storage().file()->path(), groupOfInput.storage().fileOffset() + 4 * input,
                         printable(groupOfInput.name())});
        }
    }
    return result;
}

std::shared_ptr<const TensorStorage> gptqStorage(GptqParts parts, std::vector<StoredPiece> pieces, std::string scheme)
{
    return std::make_shared<const GptqStorage>(std::move(parts), std::move(pieces), std::move(scheme));
}

std::shared_ptr<const TensorStorage> awqStorage(AwqParts parts, std::vector<StoredPiece> pieces, std::string scheme)
{
    return std::make_shared<const AwqStorage>(std::move(parts), std::move(pieces), std::move(scheme));
}

} // namespace quantlathe::quantized
