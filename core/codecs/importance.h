// SPDX-License-Identifier: GPL-3.0-or-later
// Importance of a row in which no block is left without any.
#pragma once

#include <cstddef>
#include <vector>

namespace quantlathe::codecs {

/// A block whose importance is all zero (channels that the calibration data never reached) would have no best
/// scale: its weights count as equally important. Nothing is copied unless there is such a block.
class WholeImportance
{
public:
    /// @param importance non-negative and finite (see TamedRow), or null
    WholeImportance(const float* importance, std::size_t count, std::size_t blockWeights);
    [[nodiscard]] const float* values() const { return m_values; }

private:
    const float* m_values;
    std::vector<float> m_filled;
};

} // namespace quantlathe::codecs
