// SPDX-License-Identifier: GPL-3.0-or-later
// Writing what was found for a super-block into its block.
#pragma once

#include "core/codecs/block_parts.h"
#include "core/codecs/lattice_search.h"

#include <array>
#include <cstddef>
#include <cstdint>

namespace quantlathe::codecs {

/// Everything a block stores, format-independent.
struct LatticeContent
{
    std::uint16_t d = 0;                    ///< half
    std::array<int, 16> codes{};            ///< of the scales
    std::array<std::uint16_t, 64> points{}; ///< numbers
    std::array<std::uint8_t, 32>
        signs{}; ///< per eight weights, bit set: minus; of an even number if seven are stored
    std::array<bool, 32> negativeShifts{}; ///< per eight weights
};

using PackLattice = void(const LatticeContent& content, std::byte* block);

PackLattice packIQ1_S, packIQ1_M, packIQ2_XXS, packIQ2_XS, packIQ2_S, packIQ3_XXS, packIQ3_S;

} // namespace quantlathe::codecs
