// SPDX-License-Identifier: GPL-3.0-or-later
// Choosing scales: three weighted least-squares searches over candidate scales, and one refinement by
// coordinates. They follow the searches of the ggml project (ggml-quants.c) candidate by candidate and sum by
// sum, in the same order of float operations, so that the same weights get the same bytes.
//
// Notation: x the weights of a sub-block, w their importance in the error, l integer codes, s a scale, m a
// minimum.
#pragma once

#include <bit>
#include <cstdint>
#include <span>
#include <vector>

namespace quantlathe::codecs {

/// Sub-blocks whose largest magnitude is below this are stored as zeros.
inline constexpr float smallestMagnitude = 1e-15f;

/// The integer nearest to @p value, ties to even; |value| must be below 2^22. Adding 1.5 * 2^23 leaves no
/// room for a fraction in the float, so the addition rounds and the integer stands in the low bits.
inline int nearestInteger(float value)
{
    constexpr float noFraction = 12582912.0f;
    return std::bit_cast<std::int32_t>(value + noFraction) - std::bit_cast<std::int32_t>(noFraction);
}

/// @p value limited to [low, high]; NaN gives low.
inline float limit(float value, float low, float high)
{
    const float raised = value > low ? value : low;
    return raised < high ? raised : high;
}

/// The code in [low, high] nearest to @p value. Any float is allowed.
inline int nearestCode(float value, int low, int high)
{
    return nearestInteger(limit(value, static_cast<float>(low), static_cast<float>(high)));
}

/// x ~ s * l with l in [-levels, levels - 1]. Tries 19 scales that bring the largest weight close to -levels,
/// refits each by least squares and keeps the one with the largest explained part (sum w x l)^2 / sum w l^2.
/// @return s; negative when the largest weight is positive
float fitSigned(std::span<const float> x, std::span<const float> w, int levels, std::int8_t* codes);

/// As fitSigned for w = x^2, from one starting scale, then up to five rounds of moving single codes while
/// that increases the explained part.
float fitSignedByCoordinates(std::span<const float> x, int levels, std::int8_t* codes);

struct AffineFit
{
    float scale = 0;  ///< >= 0 but for degenerate weightings
    float offset = 0; ///< >= 0: what is subtracted, the negated minimum
};

/// Which candidates fitAffine tries: (levels + first + step * k) / range for k = 0 ... steps.
struct AffineSearch
{
    float first;
    float step;
    int steps;
    bool absoluteError = false; ///< judge candidates by sum w |e| instead of sum w e^2
};

/// x ~ s * l - offset with l in [0, levels], offset >= 0 (zero is always inside the range). Each candidate's
/// (s, offset) is refitted by least squares. A candidate that wins moves the minimum from which the codes of
/// the following ones are counted: the search adapts, and its result depends on the order of the candidates.
AffineFit fitAffine(std::span<const float> x, std::span<const float> w, int levels,
                    const AffineSearch& search, std::uint8_t* codes);

/// x ~ s * l for x >= 0 with l in [0, levels]: nine scales by weighted squared error, then up to five rounds
/// of moving single codes. For the scales of a super-block, w the summed importance of each sub-block.
float fitPositive(std::span<const float> x, std::span<const float> w, int levels, std::uint8_t* codes);

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

/// Fills @p w with importance * sqrt(variance + x^2) and returns their sum. Where the sum is 0 (channels that
/// the calibration data never reached) @p w becomes 1 everywhere, so that the sub-block is still encoded
/// sensibly, and 0 is returned: it has no say in what it shares with other sub-blocks.
float weighByImportance(std::span<const float> x, const float* importance, float variance, float* w);

} // namespace quantlathe::codecs
