// SPDX-License-Identifier: GPL-3.0-or-later
// The memory a model needs to run: a pure function, called on every edit (microseconds). Formulas and their ground truth:
// memory/README.md.
#pragma once

#include "core/memory/devices.h"
#include "core/plan/plan.h"

#include <cstdint>
#include <string>
#include <vector>

namespace quantlathe {

struct RuntimeSettings
{
    std::uint64_t contextLength = 8192; ///< tokens asked for; padded as llama.cpp does
    TensorType keyCacheType = TensorType::F16;
    TensorType valueCacheType = TensorType::F16;
    unsigned slots = 1;                 ///< parallel sequences
    bool isCacheUnified = true;
    bool isSlidingWindowFull = false;   ///< --swa-full
    unsigned microBatch = 512;
};

/// All in bytes.
struct MemoryEstimate
{
    std::uint64_t fileBytes = 0;    ///< exact size of the file(s) the export would write
    std::uint64_t weightBytes = 0;  ///< weights on the device, all layers offloaded, the engine's padding included
    std::uint64_t hostWeightBytes = 0; ///< weights that stay in host memory (token embedding)
    std::uint64_t kvCacheBytes = 0;
    std::uint64_t deviceBytes = 0;  ///< usable memory of the device; 0 = no device chosen
    std::uint64_t totalBytes = 0;   ///< weightBytes + kvCacheBytes
    /// Compute buffers and driver overhead are not in yet: what is left must hold them.
    enum class Verdict { Unknown, Fits, Tight, DoesNotFit } verdict = Verdict::Unknown;
    std::string explanation;        ///< one sentence for people
    std::vector<std::string> notes; ///< what could not be counted and why
};
std::string_view name(MemoryEstimate::Verdict verdict);

/// Tensor types of a plan with what the estimate needs of each tensor; made once per model, updated per edit.
MemoryEstimate estimateMemory(const Model& model, const Plan& plan, const RuntimeSettings& settings,
                              const Device* device);

/// KV cache of the whole model. @throws Error(InvalidArgument) for a cache type llama.cpp does not offer
std::uint64_t kvCacheBytes(const Architecture& architecture, const RuntimeSettings& settings);
/// The cache types llama.cpp offers.
std::vector<TensorType> cacheTypes();

} // namespace quantlathe
