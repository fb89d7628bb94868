// SPDX-License-Identifier: GPL-3.0-or-later
// Rotary position embeddings: frequencies with all their scalings, and the tables of sines and cosines made of them.
// Sources: RoFormer (arXiv 2104.09864), YaRN (2309.00071), LongRoPE (2402.13753), Llama 3.1's frequency scaling.
#pragma once

#include <cstdint>
#include <vector>

namespace quantlathe {

struct Rope
{
    std::uint64_t dimensions = 0;  ///< of a head that are rotated, the first ones; even
    bool isInterleaved = false;    ///< pairs (2i, 2i + 1) instead of (i, i + dimensions / 2)
    std::vector<double> frequencies;     ///< radians per position, one per pair
    /// Used instead where a sequence is longer than originalContext (LongRoPE); empty = never.
    std::vector<double> longFrequencies;
    std::uint64_t originalContext = 0;
    double magnitude = 1;          ///< factor on sines and cosines
    double longMagnitude = 1;
};

/// cos and sin of positions 0 .. positions - 1, row-major [positions x dimensions / 2], for sequences of that length.
struct RopeTable
{
    std::uint64_t pairs = 0;
    std::vector<float> cosines;
    std::vector<float> sines;
};
RopeTable makeRopeTable(const Rope& rope, std::uint64_t positions);

/// base^(-2i / dimensions).
std::vector<double> ropeFrequencies(double base, std::uint64_t dimensions);

/// Llama 3.1: long wavelengths divided by @p factor, short ones kept, a smooth passage between.
void scaleLlama3(std::vector<double>& frequencies, double factor, double lowFactor, double highFactor, double originalContext);

/// YaRN: a ramp between frequencies as they are and divided by @p factor. @param isRounded the ends of the ramp are whole
/// dimensions (everyone but gpt-oss's configs)
void scaleYarn(std::vector<double>& frequencies, double base, std::uint64_t dimensions, double factor, double betaFast, double betaSlow,
               double originalContext, bool isRounded);

} // namespace quantlathe
