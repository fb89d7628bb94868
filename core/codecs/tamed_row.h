// SPDX-License-Identifier: GPL-3.0-or-later
// What encoders are handed, in a range that their sums can hold.
#pragma once

#include <cstddef>
#include <vector>

namespace quantlathe::codecs {

/// Weights and importance in a range in which the sums of the searches neither overflow nor vanish. Nothing
/// is copied for ordinary rows. Magnitudes are limited to 2^30, beyond what any block format can hold;
/// importance is multiplied by a power of two, which changes no decision; negative or non-finite importance
/// counts as 0.
class TamedRow
{
public:
    /// What a look through the row tells.
    struct Facts
    {
        float largestMagnitude = 0;
        float largestImportance = 0; ///< of those that are finite and not negative
        bool isImportanceUsable = true; ///< all of it is finite and not negative
    };

    TamedRow(const float* weights, const float* importance, std::size_t count);
    TamedRow(const float* weights, const float* importance, std::size_t count, const Facts& facts);
    [[nodiscard]] const float* weights() const { return m_weights; }
    /// Null where none was given, or none of it is positive.
    [[nodiscard]] const float* importance() const { return m_importance; }

private:
    const float* m_weights;
    const float* m_importance;
    std::vector<float> m_limitedWeights;
    std::vector<float> m_scaledImportance;
};

} // namespace quantlathe::codecs
