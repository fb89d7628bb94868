// SPDX-License-Identifier: GPL-3.0-or-later
// Scores of every token and the figures made of them. Standard errors as llama-perplexity gives them: tokens are taken as independent.
// Logarithms are natural, so NLL and KL divergence are in nats.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace quantlathe {

/// What was measured of one window. All vectors by scored position.
struct ChunkScores
{
    std::vector<double> nll;              ///< -ln of the right token's probability
    // Empty without an original:
    std::vector<double> originalNll;
    std::vector<double> divergence;       ///< KL(original || judged) over the vocabulary
    std::vector<std::uint8_t> isSameTop;  ///< the most likely token is the original's
    /// By layer, not by position: mean over the scored positions of |h - original|^2 / |original|^2, hidden states after the layer. Empty
    /// where the two networks differ in layers or width.
    std::vector<double> layerErrors;

    bool operator==(const ChunkScores&) const = default;
};

struct UncertainValue
{
    double value = 0;
    double standardError = 0;
    /// 95 % confidence interval.
    [[nodiscard]] double low() const { return value - 1.96 * standardError; }
    [[nodiscard]] double high() const { return value + 1.96 * standardError; }
};

/// Order statistics, interpolated between neighbours.
struct Spread
{
    static constexpr std::array<double, 13> fractions{0, 0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1};
    std::array<double, fractions.size()> values{};
    /// @param fraction one of fractions
    [[nodiscard]] double at(double fraction) const;
    [[nodiscard]] double median() const { return at(0.5); }
    [[nodiscard]] double minimum() const { return values.front(); }
    [[nodiscard]] double maximum() const { return values.back(); }
};

struct Divergence
{
    UncertainValue originalPerplexity;
    UncertainValue logRatio;      ///< ln(perplexity / original's), from the paired differences
    UncertainValue mean;          ///< of the KL divergence
    Spread spread;                ///< of the KL divergence
    UncertainValue sameTop;       ///< share of positions with the same most likely token, 0 to 1
    UncertainValue probabilityChange;    ///< mean of (probability of the right token - original's), -1 to 1
    UncertainValue probabilityChangeRms; ///< root of its mean square
    Spread probabilityChanges;
    std::vector<double> byPosition;  ///< mean KL divergence by position in the window, from EvaluationResult::firstScored on
    std::vector<double> layerErrors; ///< relative RMS difference of the hidden states after each layer; empty where not comparable
};

/// Means of one window, for plots.
struct ChunkFigures
{
    double nll = 0;
    double originalNll = 0;
    double divergence = 0;
    double sameTop = 0;
};

struct EvaluationResult
{
    std::uint64_t contextLength = 0;
    std::uint64_t firstScored = 0;   ///< position in the window of the first score
    std::uint64_t tokens = 0;        ///< scored
    std::uint64_t wantedChunks = 0;  ///< chunks.size() once finished
    std::uint64_t availableChunks = 0; ///< in the whole text
    std::uint64_t resumedChunks = 0; ///< taken from an earlier run
    std::string journalFailure;      ///< why finished chunks could not be kept; empty = they were
    UncertainValue nll;              ///< mean
    UncertainValue perplexity;       ///< its exponential
    std::optional<Divergence> divergence;
    std::vector<ChunkFigures> chunks;
};

/// Figures of the windows @p chunks, which have scores for the same positions; the order matters to the last bits only.
/// @param contextLength of the windows
EvaluationResult summarizeChunks(std::span<const ChunkScores> chunks, std::uint64_t contextLength);

} // namespace quantlathe
