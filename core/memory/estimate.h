// SPDX-License-Identifier: GPL-3.0-or-later
// The memory a model needs to run: a pure function, called on every edit (microseconds). Formulas and their ground truth:
// memory/README.md.
#pragma once

#include "core/memory/devices.h"
#include "core/plan/plan.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace quantlathe {

struct RuntimeSettings
{
    std::uint64_t contextLength = 8192; ///< tokens asked for; padded as llama.cpp does; 0 = the model's own maximum
    TensorType keyCacheType = TensorType::F16;
    TensorType valueCacheType = TensorType::F16;
    unsigned sequences = 1;             ///< parallel sequences (llama-server: slots)
    bool isCacheUnified = true;
    bool isSlidingWindowFull = false;   ///< --swa-full
    bool isFlashAttention = true;       ///< without it values are stored transposed, each layer as wide as the widest
    unsigned microBatch = 512;
};

/// What llama.cpp keeps per token and sequence, in bytes.
struct CacheBytes
{
    std::uint64_t fullAttention = 0;
    std::uint64_t slidingWindow = 0;
    std::uint64_t recurrentState = 0; ///< Mamba and linear attention: per sequence, whatever the context
    bool isComplete = true;           ///< false when the file does not say enough: notes tell what is missing
    std::vector<std::string> notes;
    [[nodiscard]] std::uint64_t total() const;
};

/// All in bytes.
struct MemoryEstimate
{
    /// Size of the file the export would write: exact for GGUF sources (one file) and where the header's size was given;
    /// otherwise tensors and their table alone, with a note.
    std::uint64_t fileBytes = 0;
    bool isFileExact = false;
    std::uint64_t weightBytes = 0;  ///< weights on the device, all layers offloaded, the engine's padding included
    std::uint64_t hostWeightBytes = 0; ///< weights that stay in host memory (token embedding)
    std::uint64_t kvCacheBytes = 0; ///< recurrent state included
    CacheBytes cache;               ///< its parts
    std::uint64_t deviceBytes = 0;  ///< usable memory of the device; 0 = no device chosen
    std::uint64_t totalBytes = 0;   ///< weightBytes + kvCacheBytes
    /// Compute buffers and driver overhead are not in yet: what is left must hold them.
    enum class Verdict { Unknown, Fits, Tight, DoesNotFit } verdict = Verdict::Unknown;
    std::string explanation;        ///< one sentence for people
    std::vector<std::string> notes; ///< what could not be counted and why
};
/// Stable ids: "unknown", "fits", "tight", "does-not-fit".
std::string_view name(MemoryEstimate::Verdict verdict);

/// What one tensor adds to a file and to memory with all layers offloaded.
struct TensorCost
{
    std::uint64_t fileBytes = 0;   ///< rounded up to the file's alignment
    std::uint64_t deviceBytes = 0; ///< as the CUDA backend allocates it; 0 for input tables, unless the output is tied to them
    std::uint64_t hostBytes = 0;   ///< input tables
};

/// What the estimate needs of a model; made once, asked on every edit. Independent of the model afterwards, thread-safe.
class MemoryModel
{
public:
    /// @param headerBytes everything before the tensor data of the file to be written, padded (ExportFile::header); it does
    /// not depend on the chosen types. Without it GGUF sources get their own, others none.
    explicit MemoryModel(const Model& model, std::optional<std::uint64_t> headerBytes = std::nullopt);

    [[nodiscard]] MemoryEstimate estimate(const Plan& plan, const RuntimeSettings& settings, const Device* device) const;

    /// Cost of the model's tensor @p tensorIndex when it is written as @p written (the type after fallbacks, see
    /// writtenType). Of experts that become one tensor of the file each has a share; the shares of parts with the same type add
    /// up to exactly what the stacked tensor takes. All fields are 2^64 - 1 where rows do not fit @p written.
    [[nodiscard]] TensorCost tensorCost(std::size_t tensorIndex, TensorType written) const;
    /// Everything in front of the tensor data of the file.
    [[nodiscard]] std::uint64_t headerBytes() const { return m_headerBytes; }
    /// Bytes of @p devices that are left for weights (TensorCost::deviceBytes) with all layers offloaded, after the KV cache, the
    /// compute buffers and the upper end of the driver's overhead: what fits in it has the verdict "fits" or "little-room".
    /// 0 when the rest alone is too much. Several devices are added up; layers are whole, so that estimate() has the last word.
    [[nodiscard]] std::uint64_t weightBudget(const RuntimeSettings& settings, std::span<const Device> devices) const;

private:
    /// A tensor of the source.
    struct Part
    {
        std::string name;
        TensorFacts facts;
        std::uint64_t rowCount = 0;
        std::size_t output = 0; ///< index into m_outputs
    };
    /// A tensor of the file: usually one part, or the experts of a layer.
    struct Output
    {
        std::size_t firstPart = 0;
        std::size_t partCount = 0;
        bool isOnDevice = true;
        bool isOnHost = false;
    };

    std::vector<Part> m_parts;           ///< part by part, outputs one after the other
    std::vector<Output> m_outputs;
    std::vector<std::size_t> m_partOfTensor; ///< by the model's tensor index
    std::vector<std::size_t> m_byName;   ///< parts by name
    Architecture m_architecture;
    std::uint64_t m_headerBytes = 0;
    std::uint64_t m_alignment = 32;
    bool m_isHeaderExact = false;
};

/// One-off: MemoryModel(model).estimate(plan, settings, device).
MemoryEstimate estimateMemory(const Model& model, const Plan& plan, const RuntimeSettings& settings,
                              const Device* device);

/// Cache of the whole model, as the CUDA backend allocates it with all layers offloaded. @throws Error(InvalidArgument) for a cache type llama.cpp
/// does not offer, or does not take for this model
CacheBytes cacheBytes(const Architecture& architecture, const RuntimeSettings& settings);
/// cacheBytes().total()
std::uint64_t kvCacheBytes(const Architecture& architecture, const RuntimeSettings& settings);
/// The cache types llama.cpp offers.
std::vector<TensorType> cacheTypes();

} // namespace quantlathe
