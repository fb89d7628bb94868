// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/codecs/lattice_encode.h"

#include "core/codecs/lattice_blocks.h"
#include "core/codecs/lattice_pack.h"
#include "core/codecs/lattice_solver.h"
#include "core/codecs/tamed_row.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <optional>

namespace quantlathe::codecs {

namespace {

constexpr std::size_t superBlock = 256;

/// Weights below this part of the mean of their sub-block count as this much: channels that seem not to
/// matter must still be given codes in a sensible way.
constexpr float smallestShare = 1e-5f;

/// Super-blocks without larger weights are stored as zeros: no half could be their scale.
constexpr float negligible = 0x1p-40f;

/// Beyond this TamedRow limits weights.
constexpr float largestWeight = 0x1p30f;

/// 2^exponent, |exponent| < 127.
float powerOfTwo(int exponent)
{
    return std::bit_cast<float>(static_cast<std::uint32_t>(127 + exponent) << 23);
}

/// The largest magnitude. Sixteen maxima side by side, for the vectoriser.
float largestOf(const float* values, std::size_t count)
{
    std::array<float, 16> most{};
    for (std::size_t index = 0; index < count; index += most.size()) {
        for (std::size_t lane = 0; lane < most.size(); ++lane) {
            const float magnitude = std::fabs(values[index + lane]);
            most[lane] = magnitude > most[lane] ? magnitude : most[lane];
        }
    }
    return *std::max_element(most.begin(), most.end());
}

/// Whether all of @p importance is usable and some of it not small. Counts instead of leaving early, for the
/// vectoriser.
bool isOrdinary(const float* importance, std::size_t count)
{
    int unusable = 0;
    int large = 0;
    for (std::size_t index = 0; index < count; ++index) {
        unusable += !(importance[index] >= 0 && importance[index] <= 0x1p20f);
        large += importance[index] >= 0x1p-40f;
    }
    return unusable == 0 && large > 0;
}

/// Weights of a super-block and their factors of importance, if any, before anything is done to them.
struct Source
{
    const float* x;
    const float* importance;
    Objective objective;
    float factor; ///< brings the largest weight close to 1
};

/// Of the weights of a super-block, times the factor.
float meanSquare(const Source& source)
{
    std::array<float, 16> squares{};
    for (std::size_t index = 0; index < superBlock; index += squares.size()) {
        for (std::size_t lane = 0; lane < squares.size(); ++lane) {
            const float x = source.x[index + lane] * source.factor;
            squares[lane] += x * x;
        }
    }
    float sum = 0;
    for (const float square : squares)
        sum += square;
    return sum * (1.0f / superBlock);
}

/// Puts the weights of a super-block and the factors of their errors into the lanes from @p first on.
void fillLanes(const LatticeRules& rules, const Source& source, std::size_t first, LatticeProblem& problem)
{
    const std::size_t subs = rules.subBlocks();
    LatticeBatch& batch = problem.batch;
    float importanceFactor = 0;
    if (source.importance) {
        // Importance so small that no power of two helps is next to none.
        const float most = largestOf(source.importance, superBlock);
        if (most > 0x1p-100f)
            importanceFactor = powerOfTwo(-std::ilogb(most));
    }
    for (std::size_t sub = 0; sub < subs; ++sub) {
        const float* x = source.x + sub * rules.width;
        for (std::size_t index = 0; index < rules.width; ++index)
            batch.x[index][first + sub] = x[index] * source.factor;
    }
    if (source.importance) {
        const bool isTempered = source.objective == Objective::Unbiased;
        const bool isSized = rules.sizesImportance && isTempered;
        const float mean = isSized ? meanSquare(source) : 0;
        for (std::size_t sub = 0; sub < subs; ++sub) {
            const float* importance = source.importance + sub * rules.width;
            for (std::size_t index = 0; index < rules.width; ++index) {
                const float x = batch.x[index][first + sub];
                const float v = importance[index] * importanceFactor;
                const float root = std::sqrt(v);
                const float tempered = !isTempered ? v : rules.rootsImportance ? root : root * std::sqrt(root);
                batch.w[index][first + sub] = isSized ? tempered * std::sqrt(mean + x * x) : tempered;
            }
        }
        return;
    }
    const bool isMagnitude = source.objective == Objective::Magnitude;
    const float base = !isMagnitude ? 1.0f : rules.flattensMagnitude ? 0.5f * meanSquare(source) : 0.0f;
    for (std::size_t index = 0; index < rules.width; ++index) {
        for (std::size_t lane = first; lane < first + subs; ++lane) {
            const float x = batch.x[index][lane];
            batch.w[index][lane] = isMagnitude ? base + x * x : base;
        }
    }
}

/// Sums over the lanes, after which small factors are raised and lanes without any have the factor 1.
void sumUp(const LatticeRules& rules, LatticeProblem& problem)
{
    LatticeBatch& batch = problem.batch;
    LatticeRow sum;
    for (std::size_t index = 0; index < rules.width; ++index) {
        for (std::size_t lane = 0; lane < latticeLanes; ++lane)
            sum[lane] += batch.w[index][lane];
    }
    LatticeRow least;
    for (std::size_t lane = 0; lane < latticeLanes; ++lane) {
        const bool hasInfluence = sum[lane] > 1e-30f;
        problem.influence[lane] = hasInfluence ? 1.0f : 0.0f;
        least[lane] = hasInfluence ? smallestShare * sum[lane] / static_cast<float>(rules.width) : 1;
    }
    problem.energy = problem.weightSum = problem.magnitude = problem.largest = {};
    for (std::size_t index = 0; index < rules.width; ++index) {
        for (std::size_t lane = 0; lane < latticeLanes; ++lane) {
            const float w = batch.w[index][lane] > least[lane] ? batch.w[index][lane] : least[lane];
            const float x = batch.x[index][lane];
            const float magnitude = std::fabs(x);
            batch.w[index][lane] = w;
            batch.x[index][lane] = rules.hasSigns ? magnitude : x;
            problem.energy[lane] += w * (x * x);
            problem.weightSum[lane] += w;
            problem.magnitude[lane] += w * magnitude;
            problem.largest[lane] = magnitude > problem.largest[lane] ? magnitude : problem.largest[lane];
        }
    }
    for (std::size_t first = 0; first < latticeLanes; first += rules.subBlocks()) {
        bool any = false;
        for (std::size_t lane = first; lane < first + rules.subBlocks(); ++lane)
            any = any || problem.influence[lane] * problem.energy[lane] > 0;
        for (std::size_t lane = first; lane < first + rules.subBlocks() && !any; ++lane)
            problem.influence[lane] = 1;
    }
}

/// Per eight weights the bits of the negative ones; into the lanes where one sign will be wrong.
void takeSigns(const LatticeRules& rules, const float* x, std::size_t first, LatticeProblem& problem,
               std::uint8_t* signs)
{
    for (std::size_t group = 0; group < superBlock / 8; ++group) {
        unsigned minus = 0;
        for (unsigned index = 0; index < 8; ++index)
            minus |= std::bit_cast<std::uint32_t>(x[8 * group + index]) >> 31 << index;
        signs[group] = static_cast<std::uint8_t>(minus);
        if (rules.hasSevenSigns)
            problem.batch.odd[group % (rules.width / 8)][first + group * 8 / rules.width] =
                static_cast<float>(std::popcount(minus) & 1);
    }
}

/// Fills the second half of the lanes with the first one's weights. Its results are thrown away.
void copyLanes(LatticeProblem& problem)
{
    const auto copy = [](LatticeRow& row) {
        std::copy_n(row.values.begin(), latticeLanes / 2, row.values.begin() + latticeLanes / 2);
    };
    for (std::size_t index = 0; index < problem.batch.width; ++index) {
        copy(problem.batch.x[index]);
        copy(problem.batch.w[index]);
    }
    for (LatticeRow& row : problem.batch.odd)
        copy(row);
    problem.halfPerD[1] = problem.halfPerD[0];
}

LatticeContent contentOf(const LatticeRules& rules, const LatticeProblem& problem, std::size_t super,
                         const std::uint8_t* signs)
{
    LatticeContent content;
    const SearchGrid& grid = rules.grid();
    const std::size_t halfBits = rules.components == 8 ? 8 : 6;
    const std::size_t first = super * rules.subBlocks();
    content.d = floatToHalf(problem.d[super] * problem.halfPerD[super]);
    std::copy_n(signs, 32, content.signs.begin());
    for (std::size_t sub = 0; sub < rules.subBlocks(); ++sub) {
        content.codes[sub] = static_cast<int>(problem.codes[first + sub]);
        for (std::size_t point = 0; point < rules.points(); ++point) {
            const auto choice =
                static_cast<std::uint32_t>(problem.points.assignment.choices[point][first + sub]);
            const std::uint32_t components = (choice & 255) | (choice >> secondHalfAt & 255) << halfBits;
            const std::size_t number = sub * rules.points() + point;
            content.points[number] = grid.numberOf[components];
            const std::size_t wrong = choice >> wrongSignAt;
            const std::size_t group = number * rules.components / 8;
            if (rules.hasSigns && wrong < rules.components)
                content.signs[group] ^=
                    static_cast<std::uint8_t>(1u << (wrong + number * rules.components % 8));
            if (!rules.hasSigns)
                content.negativeShifts[group] = problem.batch.shift[point][first + sub] < 0;
        }
    }
    return content;
}

void encode(const LatticeRules& rules, PackLattice* pack, std::size_t blockBytes, const float* weights,
            const float* importance, std::size_t count, const EncodeOptions& options, std::byte* blocks)
{
    // Weights and importance are scaled per super-block anyway; only extreme ones need more.
    std::optional<TamedRow> tamed;
    if (!(largestOf(weights, count) <= largestWeight) || (importance && !isOrdinary(importance, count))) {
        tamed.emplace(weights, importance, count);
        weights = tamed->weights();
        importance = tamed->importance();
    }
    LatticeProblem problem;
    problem.batch.width = rules.width;
    std::array<std::array<std::uint8_t, 32>, 2> signs{};
    std::array<std::byte*, 2> targets{};
    std::size_t waiting = 0;
    const auto solve = [&] {
        if (waiting == 0)
            return;
        if (waiting < rules.supers())
            copyLanes(problem);
        sumUp(rules, problem);
        LatticeSolver(rules, problem).solve(options);
        for (std::size_t super = 0; super < waiting; ++super)
            pack(contentOf(rules, problem, super, signs[super].data()), targets[super]);
        waiting = 0;
    };
    for (std::size_t first = 0; first < count; first += superBlock, blocks += blockBytes) {
        const float* x = weights + first;
        const float largest = largestOf(x, superBlock);
        if (!(largest > negligible)) {
            std::memset(blocks, 0, blockBytes);
            continue;
        }
        const int exponent = std::ilogb(largest);
        const std::size_t lane = waiting * rules.subBlocks();
        fillLanes(rules,
                  {x, importance ? importance + first : nullptr, options.objective, powerOfTwo(-exponent)},
                  lane, problem);
        if (rules.hasSigns)
            takeSigns(rules, x, lane, problem, signs[waiting].data());
        problem.halfPerD[waiting] = powerOfTwo(exponent) / rules.unit;
        targets[waiting] = blocks;
        if (++waiting == rules.supers())
            solve();
    }
    solve();
}

constexpr LatticeRules rulesIQ2_XXS = {
    32, 8, 16, 0.125f, true, true, false, true, true, true, 0.0235f, searchIQ2_XXS, simd::searchSevenSigns2};
constexpr LatticeRules rulesIQ2_XS = {
    16, 8, 16, 0.125f, true, true, false, true, true, true, 0.0252f, searchIQ2_XS, simd::searchSevenSigns2};
constexpr LatticeRules rulesIQ2_S = {
    16, 8, 16, 0.125f, true, false, false, true, false, false, 0.0252f, searchIQ2_S, simd::searchEightSigns2};
constexpr LatticeRules rulesIQ3_XXS = {
    32, 4, 16, 0.25f, true, true, false, false, true, false, 0.0196f, searchIQ3_XXS, simd::searchSevenSigns3};
constexpr LatticeRules rulesIQ3_S = {
    32, 4, 16, 1, true, false, false, false, false, false, 0.081f, searchIQ3_S, simd::searchEightSigns3};
constexpr LatticeRules rulesIQ1_S = {
    32, 8, 8, 1, false, false, false, false, false, false, 0.95f, searchIQ1, simd::searchShifted};
constexpr LatticeRules rulesIQ1_M = {
    16, 8, 8, 1, false, false, true, false, false, false, 0.95f, searchIQ1, simd::searchShifted};

} // namespace

#define QUANTLATHE_ENCODER(name, blockBytes)                                                                 \
    void encode##name(const float* weights, const float* importance, std::size_t count,                      \
                      const EncodeOptions& options, std::byte* blocks)                                       \
    {                                                                                                        \
        encode(rules##name, pack##name, blockBytes, weights, importance, count, options, blocks);            \
    }

QUANTLATHE_ENCODER(IQ1_S, sizeof(BlockIQ1_S))
QUANTLATHE_ENCODER(IQ1_M, sizeof(BlockIQ1_M))
QUANTLATHE_ENCODER(IQ2_XXS, sizeof(BlockIQ2_XXS))
QUANTLATHE_ENCODER(IQ2_XS, sizeof(BlockIQ2_XS))
QUANTLATHE_ENCODER(IQ2_S, sizeof(BlockIQ2_S))
QUANTLATHE_ENCODER(IQ3_XXS, sizeof(BlockIQ3_XXS))
QUANTLATHE_ENCODER(IQ3_S, sizeof(BlockIQ3_S))

#undef QUANTLATHE_ENCODER

} // namespace quantlathe::codecs
