// SPDX-License-Identifier: GPL-3.0-or-later
// The memory a model needs to run: a pure function, called on every edit (well under a millisecond). Formulas and their
// ground truth: memory/README.md.
#pragma once

#include "core/base/run_control.h"
#include "core/memory/compute_network.h"
#include "core/memory/compute_schedule.h"
#include "core/memory/devices.h"
#include "core/memory/runtime_settings.h"
#include "core/plan/plan.h"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace quantlathe {

/// What is kept per token and sequence, in bytes.
struct CacheBytes
{
    std::uint64_t fullAttention = 0;
    std::uint64_t slidingWindow = 0;
    std::uint64_t recurrentState = 0; ///< Mamba and linear attention: per sequence, whatever the context
    bool isComplete = true;           ///< false when the file does not say enough: notes tell what is missing
    std::vector<std::string> notes;
    [[nodiscard]] std::uint64_t total() const;
};

/// Which tensors take most of a compute buffer when it is fullest.
using compute::Phase;
/// Stable id: "inputs", "projections", "scores", "dequantization", "feed-forward", "experts", "state", "logits", "staging".
std::string_view name(Phase phase);
/// For people: "logits", "feed-forward part", "weights copied from host memory" ...
std::string_view label(Phase phase);

enum class Verdict {
    Unknown,    ///< no device's memory is known, or something could not be counted
    Fits,
    LittleRoom, ///< fits, with less than 1 GiB left on a device
    Tight,      ///< whether it fits depends on what the driver takes
    DoesNotFit
};
/// Stable ids: "unknown", "fits", "little-room", "tight", "does-not-fit".
std::string_view name(Verdict verdict);

/// What one device holds, in bytes.
struct DeviceMemory
{
    std::string name;
    std::uint64_t capacityBytes = 0;   ///< usable; 0 = unknown
    std::size_t layers = 0;            ///< of the model's layers
    bool hasOutput = false;            ///< the output matrix
    std::uint64_t weightBytes = 0;
    std::uint64_t activeWeightBytes = 0; ///< of them read for every token: of the experts the chosen share
    CacheBytes cache;
    std::uint64_t computeBytes = 0;
    Phase computePhase = Phase::Inputs;
    std::uint64_t overheadLowBytes = 0; ///< CUDA context, libraries, pools: a band
    std::uint64_t overheadHighBytes = 0;
    Verdict verdict = Verdict::Unknown;

    [[nodiscard]] std::uint64_t overheadBytes() const { return overheadLowBytes + (overheadHighBytes - overheadLowBytes) / 2; }
    /// Weights, cache and compute buffer.
    [[nodiscard]] std::uint64_t allocatedBytes() const;
    [[nodiscard]] std::uint64_t totalLowBytes() const;
    [[nodiscard]] std::uint64_t totalBytes() const; ///< with the middle of the overhead
    [[nodiscard]] std::uint64_t totalHighBytes() const;
};

/// What main memory holds, in bytes.
struct HostMemory
{
    std::uint64_t weightBytes = 0;
    std::uint64_t activeWeightBytes = 0; ///< read for every token
    CacheBytes cache;
    std::uint64_t computeBytes = 0; ///< inputs and what is computed on the processor
    std::uint64_t outputBytes = 0;  ///< where logits are handed over
    [[nodiscard]] std::uint64_t totalBytes() const;
};

/// Tokens per second, as a band: an estimate from bandwidths, nothing measured.
struct SpeedBand
{
    double low = 0; ///< 0: a bandwidth is unknown
    double high = 0;
};

/// All in bytes.
struct MemoryEstimate
{
    using Verdict = quantlathe::Verdict;

    /// Size of the file the export would write: exact for GGUF sources (one file) and where the header's size was given;
    /// otherwise tensors and their table alone, with a note.
    std::uint64_t fileBytes = 0;
    bool isFileExact = false;

    std::vector<DeviceMemory> devices; ///< one of unknown size when none was given
    HostMemory host;

    std::uint64_t weightBytes = 0;     ///< of all devices
    std::uint64_t hostWeightBytes = 0;
    CacheBytes cache;                  ///< of devices and host together
    std::uint64_t kvCacheBytes = 0;    ///< cache.total()
    std::uint64_t computeBytes = 0;    ///< of all devices
    std::uint64_t overheadBytes = 0;   ///< of all devices, middle of the band
    std::uint64_t deviceBytes = 0;     ///< usable memory of all devices; 0 = none known
    std::uint64_t totalBytes = 0;      ///< of all devices, overhead included

    Verdict verdict = Verdict::Unknown; ///< of the worst device
    std::string explanation;        ///< one sentence for people
    std::vector<std::string> notes; ///< what could not be counted and why, what the runner would not do
    double nominalBits = 0;         ///< of the type most weights have, without its scales: 4 for Q4_K; 0 = no block type
    std::uint64_t bareBytes = 0;    ///< all weights in that many bits: what people expect the file to take
    std::vector<unsigned> largerBits; ///< nominal bits of the matrices that are written in more: 6 for the Q6_K ones of Q4_K_M; ascending
    SpeedBand decodeSpeed;          ///< generating, with the context a quarter full
};

/// So many devices of a kind.
struct Fleet
{
    unsigned count = 1;
    Device device;
};

/// The same questions the other way round, and a look at 16 bits. Takes some dozens of estimates: for a background thread.
struct MemoryAnswers
{
    std::optional<std::uint64_t> largestContext;
    std::optional<unsigned> mostGpuLayers;         ///< the output counts as one
    std::optional<unsigned> fewestCpuExpertLayers;
    std::uint64_t sixteenBitFileBytes = 0;
    std::optional<Fleet> before;                   ///< the fewest common cards that hold the model in 16 bits, then the smallest
    std::optional<Fleet> after;                    ///< ... as planned
};

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

    /// Without devices: one of unknown size. Never throws: what does not make sense becomes a note.
    [[nodiscard]] MemoryEstimate estimate(const Plan& plan, const RuntimeSettings& settings,
                                          std::span<const Device> devices) const;
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

    // --- inverse answers; each asks estimate() a few times ---
    /// The most tokens of context (a multiple of 256, at most the model's own maximum) with which @p plan fits even if the
    /// driver takes the upper end; nothing when not even 256 do, or no device's size is known.
    [[nodiscard]] std::optional<std::uint64_t> largestContext(const Plan& plan, const RuntimeSettings& settings,
                                                              std::span<const Device> devices) const;
    /// The most layers on the devices (--gpu-layers; the output counts as one) with which it fits; nothing when not even 0 do.
    [[nodiscard]] std::optional<unsigned> mostGpuLayers(const Plan& plan, const RuntimeSettings& settings,
                                                        std::span<const Device> devices) const;
    /// The fewest layers whose experts must stay in host memory (--n-cpu-moe), all layers offloaded; nothing for models without
    /// experts or when even all of them do not help.
    [[nodiscard]] std::optional<unsigned> fewestCpuExpertLayers(const Plan& plan, const RuntimeSettings& settings,
                                                                std::span<const Device> devices) const;
    /// How many devices like @p device it takes; nothing when more than 16 or its size is unknown.
    [[nodiscard]] std::optional<unsigned> devicesNeeded(const Plan& plan, const RuntimeSettings& settings,
                                                        const Device& device) const;

    /// All of them; stops early when @p control is cancelled.
    [[nodiscard]] MemoryAnswers answers(const Plan& plan, const RuntimeSettings& settings, std::span<const Device> devices,
                                        const RunControl& control = {}) const;

    [[nodiscard]] std::uint64_t layerCount() const { return m_network.layers.size(); }
    [[nodiscard]] bool hasExperts() const { return m_hasExperts; }
    /// All weights in @p bits bits each, without scales: what people expect of "4 bits".
    [[nodiscard]] std::uint64_t bareBytes(double bits) const;
    /// The tensors in 16 bits, as an F16 file has them (norms in 32).
    [[nodiscard]] std::uint64_t sixteenBitBytes() const { return m_sixteenBitBytes; }

private:
    friend class LlamaMemory;
    friend class ServingMemory;

    /// A tensor of the source.
    struct Part
    {
        std::string name;
        TensorFacts facts;
        std::uint64_t rowCount = 0;
        std::size_t output = 0; ///< index into m_outputs
    };
    enum class Home : std::uint8_t { Input, Layer, Output, Rotation }; ///< Rotation: a copy on each place with layers
    /// A tensor of the file: usually one part, or the experts of a layer.
    struct Output
    {
        std::size_t firstPart = 0;
        std::size_t partCount = 0;
        bool isOnDevice = true;
        bool isOnHost = false;
        Home home = Home::Output;
        std::size_t layer = 0;
        bool isExpert = false;   ///< stays in host memory with --n-cpu-moe
    };
    struct OutputBytes
    {
        std::uint64_t plain = 0, file = 0, device = 0, host = 0;
    };

    struct PlannedBytes
    {
        std::vector<OutputBytes> outputs;
        TensorType mainType = TensorType::F16; ///< of most weights
        std::array<std::uint32_t, tensorTypeCount> tensorsOf{};  ///< how many are written in each type
        std::array<bool, tensorTypeCount> isMatrixType{};        ///< some tensor that can be quantized is written in it
    };

    [[nodiscard]] PlannedBytes outputBytes(const Plan& plan, std::optional<TensorType> instead = std::nullopt) const;
    [[nodiscard]] std::optional<Fleet> smallestFleet(const PlannedBytes& bytes, const RuntimeSettings& settings) const;
    [[nodiscard]] MemoryEstimate estimateFor(const PlannedBytes& bytes, const RuntimeSettings& settings,
                                             std::span<const Device> devices) const;
    void addToNetwork(const Model& model, std::size_t index, std::size_t output);

    std::vector<Part> m_parts;           ///< part by part, outputs one after the other
    std::vector<Output> m_outputs;
    std::vector<std::size_t> m_partOfTensor; ///< by the model's tensor index
    std::vector<std::size_t> m_byName;   ///< parts by name
    Architecture m_architecture;
    compute::Network m_network;
    std::uint64_t m_headerBytes = 0;
    std::uint64_t m_alignment = 32;
    std::uint64_t m_weightCount = 0;
    std::uint64_t m_sixteenBitBytes = 0;
    bool m_isHeaderExact = false;
    bool m_isTied = false;
    bool m_hasExperts = false;
};

/// One-off: MemoryModel(model).estimate(plan, settings, device).
MemoryEstimate estimateMemory(const Model& model, const Plan& plan, const RuntimeSettings& settings,
                              const Device* device);

/// Cache of one layer, as its device's backend allocates it. Zero for layers without one.
/// @param isOnHost without the padding of the CUDA backend
CacheBytes layerCacheBytes(const Architecture& architecture, const RuntimeSettings& settings, std::size_t layer, bool isOnHost);
/// Cache of the whole model, as the CUDA backend allocates it with all layers offloaded. @throws Error(InvalidArgument) for a cache type llama.cpp
/// does not offer, or does not take for this model
CacheBytes cacheBytes(const Architecture& architecture, const RuntimeSettings& settings);
/// cacheBytes().total()
std::uint64_t kvCacheBytes(const Architecture& architecture, const RuntimeSettings& settings);
/// The cache types llama.cpp offers.
std::vector<TensorType> cacheTypes();

/// Cells of the caches: per stream for layers that see the whole context, for windowed ones, and the number of streams.
struct CacheCells
{
    std::uint64_t perSequence;
    std::uint64_t slidingWindow;
    std::uint64_t streams;
};
CacheCells cacheCells(const Hyperparameters& parameters, const RuntimeSettings& settings);

} // namespace quantlathe
