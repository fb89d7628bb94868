// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/inference/evaluation_result.h"

#include <algorithm>
#include <cmath>

namespace quantlathe {

namespace {

/// Mean and its standard error, sqrt((mean of squares - square of mean) / (n - 1)), without the cancellation.
UncertainValue meanOf(std::span<const double> values)
{
    const auto count = static_cast<double>(values.size());
    double sum = 0;
    for (const double value : values)
        sum += value;
    const double mean = sum / count;
    double squares = 0;
    for (const double value : values)
        squares += (value - mean) * (value - mean);
    return {mean, values.size() > 1 ? std::sqrt(squares / count / (count - 1)) : 0.0};
}

UncertainValue exponentialOf(const UncertainValue& logarithm)
{
    const double value = std::exp(logarithm.value);
    return {value, value * logarithm.standardError};
}

UncertainValue rootOf(const UncertainValue& square)
{
    const double value = std::sqrt(square.value);
    return {value, value > 0 ? 0.5 / value * square.standardError : 0.0};
}

UncertainValue shareOf(std::uint64_t hits, std::uint64_t count)
{
    const double share = static_cast<double>(hits) / static_cast<double>(count);
    return {share, count > 1 ? std::sqrt(share * (1 - share) / static_cast<double>(count - 1)) : 0.0};
}

Spread spreadOf(std::vector<double> values)
{
    std::sort(values.begin(), values.end());
    Spread spread;
    for (std::size_t index = 0; index < Spread::fractions.size(); ++index) {
        const double place = Spread::fractions[index] * static_cast<double>(values.size() - 1);
        const auto below = std::min(static_cast<std::size_t>(place), values.size() - 1);
        const double rest = place - static_cast<double>(below);
        spread.values[index] = (1 - rest) * values[below] + rest * values[std::min(below + 1, values.size() - 1)];
    }
    return spread;
}

/// One member of all chunks after each other.
std::vector<double> joined(std::span<const ChunkScores> chunks, std::vector<double> ChunkScores::*member)
{
    std::vector<double> all;
    for (const ChunkScores& chunk : chunks)
        all.insert(all.end(), (chunk.*member).begin(), (chunk.*member).end());
    return all;
}

/// Means over the chunks, entry by entry.
std::vector<double> meansOf(std::span<const ChunkScores> chunks, std::vector<double> ChunkScores::*member)
{
    std::vector<double> means((chunks.front().*member).size());
    for (const ChunkScores& chunk : chunks) {
        for (std::size_t index = 0; index < means.size(); ++index)
            means[index] += (chunk.*member)[index] / static_cast<double>(chunks.size());
    }
    return means;
}

std::uint64_t sameTops(const ChunkScores& chunk)
{
    return static_cast<std::uint64_t>(std::count_if(chunk.isSameTop.begin(), chunk.isSameTop.end(), [](std::uint8_t same) { return same != 0; }));
}

Divergence divergenceOf(std::span<const ChunkScores> chunks, const std::vector<double>& nll)
{
    const std::vector<double> original = joined(chunks, &ChunkScores::originalNll);
    const std::vector<double> divergences = joined(chunks, &ChunkScores::divergence);
    std::vector<double> logRatios(nll.size());
    std::vector<double> changes(nll.size());
    std::vector<double> squares(nll.size());
    for (std::size_t token = 0; token < nll.size(); ++token) {
        logRatios[token] = nll[token] - original[token];
        changes[token] = std::exp(-nll[token]) - std::exp(-original[token]);
        squares[token] = changes[token] * changes[token];
    }
    std::uint64_t same = 0;
    for (const ChunkScores& chunk : chunks)
        same += sameTops(chunk);

    Divergence divergence;
    divergence.originalPerplexity = exponentialOf(meanOf(original));
    divergence.logRatio = meanOf(logRatios);
    divergence.mean = meanOf(divergences);
    divergence.spread = spreadOf(divergences);
    divergence.sameTop = shareOf(same, nll.size());
    divergence.probabilityChange = meanOf(changes);
    divergence.probabilityChangeRms = rootOf(meanOf(squares));
    divergence.probabilityChanges = spreadOf(changes);
    divergence.byPosition = meansOf(chunks, &ChunkScores::divergence);
    divergence.layerErrors = meansOf(chunks, &ChunkScores::layerErrors);
    for (double& error : divergence.layerErrors)
        error = std::sqrt(error);
    return divergence;
}

} // namespace

double Spread::at(double fraction) const
{
    const auto found = std::find(fractions.begin(), fractions.end(), fraction);
    return found == fractions.end() ? std::nan("") : values[static_cast<std::size_t>(found - fractions.begin())];
}

EvaluationResult summarizeChunks(std::span<const ChunkScores> chunks, std::uint64_t contextLength)
{
    EvaluationResult result;
    result.contextLength = contextLength;
    result.firstScored = contextLength / 2;
    if (chunks.empty())
        return result;
    const std::vector<double> nll = joined(chunks, &ChunkScores::nll);
    result.tokens = nll.size();
    result.nll = meanOf(nll);
    result.perplexity = exponentialOf(result.nll);
    const bool hasOriginal = !chunks.front().originalNll.empty();
    if (hasOriginal)
        result.divergence = divergenceOf(chunks, nll);
    for (const ChunkScores& chunk : chunks) {
        ChunkFigures figures;
        figures.nll = meanOf(chunk.nll).value;
        if (hasOriginal) {
            figures.originalNll = meanOf(chunk.originalNll).value;
            figures.divergence = meanOf(chunk.divergence).value;
            figures.sameTop = shareOf(sameTops(chunk), chunk.isSameTop.size()).value;
        }
        result.chunks.push_back(figures);
    }
    return result;
}

} // namespace quantlathe
