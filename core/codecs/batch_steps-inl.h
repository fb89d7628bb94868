// SPDX-License-Identifier: GPL-3.0-or-later
// Walks a row batch by batch (simd_parts-inl.h) through the four steps of an encoder that makes one pass over
// memory: prepare finds the scales to try, sum tries them, choose takes the best, pack writes the codes.
// Compiled once per target: include inside a file that is itself compiled by Highway's foreach_target.

#if defined(QUANTLATHE_BATCH_STEPS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef QUANTLATHE_BATCH_STEPS_INL_H_
#undef QUANTLATHE_BATCH_STEPS_INL_H_
#else
#define QUANTLATHE_BATCH_STEPS_INL_H_
#endif

#include <hwy/cache_control.h>

#include "core/codecs/block_parts.h"
#include "core/codecs/simd_parts-inl.h"

HWY_BEFORE_NAMESPACE();
namespace quantlathe::codecs {
namespace HWY_NAMESPACE {
namespace direct {

inline constexpr std::size_t cacheLine = 64;

/// Weight i of as many sub-blocks as a vector has lanes is at x[16 * i].
struct Columns
{
    float* x;
    const float* v; ///< importance, or null
};

/// Each step is run for several batches before the next one, because within a batch the steps are long chains
/// of dependent operations.
///
/// Format has: Block; width, the weights of a sub-block; lanesPerBlock, its sub-blocks per block; State and
/// Encoded, of which each batch has its own; prepare(columns, lane, state), sum(columns, lane, state),
/// choose(lane, state, encoded), pack(columns, lane, state, encoded) for as many lanes as a vector has, from
/// @p lane on. A function storeBlock(encoded, lane, block) stands beside it.
template <class Format>
HWY_INLINE void encodeInSteps(const float* HWY_RESTRICT weights, const float* HWY_RESTRICT importance,
                              std::size_t count, std::byte* HWY_RESTRICT bytes)
{
    constexpr std::size_t width = Format::width;
    constexpr std::size_t perBlock = Format::lanesPerBlock;
    constexpr std::size_t batchesAtATime = width == 32 ? 2 : 4;
    auto* blocks = asBlocks<typename Format::Block>(bytes);
    const std::size_t subBlocks = count / width;
    alignas(64) float x[batchesAtATime][batchLanes * width];
    alignas(64) float v[batchesAtATime][batchLanes * width];
    typename Format::State states[batchesAtATime];
    typename Format::Encoded encoded[batchesAtATime];
    for (std::size_t first = 0; first < subBlocks; first += batchesAtATime * batchLanes) {
        const std::size_t present = HWY_MIN(subBlocks - first, batchesAtATime * batchLanes);
        const std::size_t batches = (present + batchLanes - 1) / batchLanes;
        // The weights of the next round travel while this one is computed. Beyond the row most often lies the
        // next row; wherever it is, a prefetch never faults.
        constexpr std::size_t lines = batchesAtATime * batchLanes * width * sizeof(float) / cacheLine;
        constexpr std::size_t linesPerCall = lines / (4 * batchesAtATime);
        auto next = reinterpret_cast<std::uintptr_t>(weights + width * first) + lines * cacheLine;
        const auto prefetch = [&]() HWY_ATTR {
            for (std::size_t line = 0; line < linesPerCall; ++line, next += cacheLine)
                hwy::Prefetch(reinterpret_cast<const float*>(next));
        };
        const auto forEachPart = [&](auto&& step) HWY_ATTR {
            for (std::size_t batch = 0; batch < batches; ++batch) {
                prefetch();
                for (std::size_t lane = 0; lane < batchLanes; lane += hn::Lanes(floats))
                    step(batch, lane, Columns{x[batch] + lane, importance ? v[batch] + lane : nullptr});
            }
        };
        for (std::size_t batch = 0; batch < batches; ++batch) {
            const std::size_t start = batchLanes * batch;
            const std::size_t here = HWY_MIN(present - start, batchLanes);
            loadBatch(weights + width * (first + start), width, here, perBlock, nullptr, x[batch]);
            if (importance)
                loadBatch(importance + width * (first + start), width, here, perBlock, nullptr, v[batch]);
        }
        forEachPart([&](std::size_t batch, std::size_t lane, const Columns& at)
                        HWY_ATTR { Format::prepare(at, lane, states[batch]); });
        forEachPart([&](std::size_t batch, std::size_t lane, const Columns& at)
                        HWY_ATTR { Format::sum(at, lane, states[batch]); });
        forEachPart([&](std::size_t batch, std::size_t lane, const Columns&)
                        HWY_ATTR { Format::choose(lane, states[batch], encoded[batch]); });
        forEachPart([&](std::size_t batch, std::size_t lane, const Columns& at)
                        HWY_ATTR { Format::pack(at, lane, states[batch], encoded[batch]); });
        for (std::size_t lane = 0; lane < present; lane += perBlock)
            storeBlock(encoded[lane / batchLanes], lane % batchLanes, blocks[(first + lane) / perBlock]);
    }
}

} // namespace direct
} // namespace HWY_NAMESPACE
} // namespace quantlathe::codecs
HWY_AFTER_NAMESPACE();
#endif
