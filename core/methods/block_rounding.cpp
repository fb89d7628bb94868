// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/methods/block_rounding.h"

#include <algorithm>
#include <array>

namespace quantlathe {

/// Arrays are [inputs x rows], rows contiguous, as the loop works.
class BlockStrip final : public StripRounding
{
public:
    BlockStrip(BlockRounding& matrix, std::uint64_t first, std::uint64_t rows, const float* original)
        : m_matrix(matrix), m_grid(matrix.m_grid), m_first(first), m_rows(rows), m_scales(matrix.m_inputs * rows), m_offsets(matrix.m_inputs * rows),
          m_codes(matrix.m_inputs * rows)
    {
        // Between levels i and i + 1; the codecs' grids are nowhere denser than 1.
        for (std::size_t level = 0; level + 1 < m_grid.levels.size(); ++level) {
            m_midpoints.push_back((m_grid.levels[level] + m_grid.levels[level + 1]) / 2);
            m_isEven = m_isEven && m_grid.levels[level + 1] - m_grid.levels[level] == 1;
        }
        for (std::uint64_t input = 0; matrix.m_settings.isStatic && input < matrix.m_inputs; input += m_grid.weights)
            findScales(input, original + input * rows, rows);
    }

    void beginGroup(std::uint64_t first, std::uint64_t, const float* values, std::uint64_t stride) override { findScales(first, values, stride); }

    void roundColumn(std::uint64_t column, const float* values, float* quantized) override
    {
        const float* const scales = m_scales.data() + column * m_rows;
        const float* const offsets = m_offsets.data() + column * m_rows;
        std::uint8_t* const codes = m_codes.data() + column * m_rows;
        if (m_isEven) {
            const float lowest = m_grid.levels.front();
            const float highest = m_grid.levels.back();
            for (std::uint64_t row = 0; row < m_rows; ++row) {
                const float level = nearestLevel(values[row] - offsets[row], scales[row], lowest, highest);
                codes[row] = static_cast<std::uint8_t>(level - lowest);
                quantized[row] = scales[row] * level + offsets[row];
            }
            return;
        }
        for (std::uint64_t row = 0; row < m_rows; ++row) {
            const float position = scales[row] != 0 ? (values[row] - offsets[row]) / scales[row] : 0;
            const auto code = std::upper_bound(m_midpoints.begin(), m_midpoints.end(), position) - m_midpoints.begin();
            codes[row] = static_cast<std::uint8_t>(code);
            quantized[row] = scales[row] * m_grid.levels[static_cast<std::size_t>(code)] + offsets[row];
        }
    }

    void finish() override
    {
        std::array<std::uint8_t, longestBlock> codes;
        for (std::uint64_t input = 0; input < m_matrix.m_inputs; input += m_grid.weights) {
            for (std::uint64_t row = 0; row < m_rows; ++row) {
                for (std::uint64_t index = 0; index < m_grid.weights; ++index)
                    codes[index] = m_codes[(input + index) * m_rows + row];
                m_grid.writeCodes(codes.data(), block(row, input));
            }
        }
    }

private:
    static constexpr std::size_t longestBlock = 256;

    /// A scale of 0 takes the level 0, or the one next to it.
    static float nearestLevel(float value, float scale, float lowest, float highest)
    {
        const float position = scale != 0 ? value / scale : 0;
        const float inside = position > lowest ? position < highest ? position : highest : lowest;
        constexpr float noFraction = 12582912.0f;
        return (inside + noFraction) - noFraction;
    }

    [[nodiscard]] std::byte* block(std::uint64_t row, std::uint64_t input) const
    {
        const std::uint64_t perRow = m_matrix.m_inputs / m_grid.weights;
        return m_matrix.m_blocks.data() + ((m_first + row) * perRow + input / m_grid.weights) * m_matrix.m_blockBytes;
    }

    void findScales(std::uint64_t input, const float* values, std::uint64_t stride)
    {
        const std::uint64_t count = m_grid.weights;
        const BlockRoundingSettings& settings = m_matrix.m_settings;
        const float* const importance = settings.importance.empty() ? nullptr : settings.importance.data() + input;
        std::array<float, longestBlock> weights;
        std::array<float, longestBlock> scales;
        std::array<float, longestBlock> offsets;
        for (std::uint64_t row = 0; row < m_rows; ++row) {
            for (std::uint64_t index = 0; index < count; ++index)
                weights[index] = values[index * stride + row];
            std::byte* const bytes = block(row, input);
            m_matrix.m_codec.encodeRow(weights.data(), importance, count, {Objective::Unbiased, settings.effort}, bytes);
            m_grid.read(bytes, scales.data(), offsets.data());
            for (std::uint64_t index = 0; index < count; ++index) {
                m_scales[(input + index) * m_rows + row] = scales[index];
                m_offsets[(input + index) * m_rows + row] = offsets[index];
            }
        }
    }

    BlockRounding& m_matrix;
    const BlockGrid& m_grid;
    std::uint64_t m_first;
    std::uint64_t m_rows;
    std::vector<float> m_scales;
    std::vector<float> m_offsets;
    std::vector<std::uint8_t> m_codes;
    std::vector<float> m_midpoints;
    bool m_isEven = true; ///< levels are whole numbers one after the other
};

bool BlockRounding::canRound(TensorType type, std::uint64_t inputs)
{
    const BlockGrid* const grid = blockGridFor(type);
    return grid && inputs > 0 && inputs % grid->weights == 0;
}

BlockRounding::BlockRounding(TensorType type, std::uint64_t outputs, std::uint64_t inputs, BlockRoundingSettings settings)
    : m_grid(*blockGridFor(type)), m_codec(codecFor(type)), m_inputs(inputs), m_blockBytes(info(type).bytesPerBlock), m_settings(std::move(settings)),
      m_blocks(outputs * (inputs / m_grid.weights) * m_blockBytes)
{
}

std::uint64_t BlockRounding::groupLength() const
{
    return m_settings.isStatic ? 0 : m_grid.weights;
}

std::unique_ptr<StripRounding> BlockRounding::strip(std::uint64_t first, std::uint64_t rows, const float* original)
{
    return std::make_unique<BlockStrip>(*this, first, rows, original);
}

} // namespace quantlathe
