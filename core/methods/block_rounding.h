// SPDX-License-Identifier: GPL-3.0-or-later
// Rounding onto the blocks of a GGUF format, for GPTQ's loop: the format's own encoder finds the scales of a block, the loop then chooses code after
// code, each knowing what the codes before it did to the outputs. Scales that do not make weights smaller (Objective::Unbiased) matter here, too: at
// two bits they take a third of the divergence away. The files are ordinary ones of that format.
#pragma once

#include "core/codecs/block_grid.h"
#include "core/codecs/codec.h"
#include "core/methods/error_feedback.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace quantlathe {

struct BlockRoundingSettings
{
    Effort effort = Effort::Standard; ///< of the search for scales
    /// Scales come from the original weights before any is rounded, so that channels can come in any order; otherwise each block's from its values as
    /// earlier errors leave them.
    bool isStatic = false;
    std::vector<float> importance; ///< [inputs] or empty: what an error in a channel costs, for the scales
};

class BlockRounding final : public MatrixRounding
{
public:
    /// True for formats in which every weight has a code of its own, whose rows of @p inputs weights fill whole blocks.
    static bool canRound(TensorType type, std::uint64_t inputs);

    /// @p type must be one that canRound().
    BlockRounding(TensorType type, std::uint64_t outputs, std::uint64_t inputs, BlockRoundingSettings settings);

    [[nodiscard]] std::uint64_t groupLength() const override;
    [[nodiscard]] std::unique_ptr<StripRounding> strip(std::uint64_t first, std::uint64_t rows, const float* original) override;
    /// Encoded rows, one after the other, [outputs x row bytes].
    [[nodiscard]] std::vector<std::byte> take() { return std::move(m_blocks); }

private:
    friend class BlockStrip;

    const BlockGrid& m_grid;
    const Codec& m_codec;
    std::uint64_t m_inputs;
    std::uint64_t m_blockBytes;
    BlockRoundingSettings m_settings;
    std::vector<std::byte> m_blocks;
};

} // namespace quantlathe
