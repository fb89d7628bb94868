// SPDX-License-Identifier: GPL-3.0-or-later
// What llama.cpp allocates for attention and recurrent state: facts of its src/llama-context.cpp, llama-kv-cache*.cpp and
// llama-memory-recurrent.cpp (0.7.0), checked on its own dry runs.
#include "core/memory/estimate.h"

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/memory/saturating.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace quantlathe {

namespace {

constexpr std::uint64_t cellPadding = 256; ///< contexts are multiples of it

/// Encoders and diffusion models look at the whole text at once and keep nothing.
constexpr std::array<std::string_view, 16> cachelessArchitectures = {
    "bert", "modern-bert", "nomic-bert", "nomic-bert-moe", "neo-bert", "jina-bert-v2", "jina-bert-v3", "eurobert",
    "gemma-embedding", "t5encoder", "wavtokenizer-dec", "dream", "llada", "llada-moe", "rnd1", "clip"};

bool isOneOf(std::string_view name, std::span<const std::string_view> names)
{
    return std::find(names.begin(), names.end(), name) != names.end();
}

/// Bytes of @p rows rows of @p width weights, as the CUDA backend or the host allocates them.
std::uint64_t tensorBytes(TensorType type, std::uint64_t width, std::uint64_t rows, bool isOnHost)
{
    const TensorTypeInfo& facts = info(type);
    const std::uint64_t row = saturatingMultiply(width / facts.weightsPerBlock, facts.bytesPerBlock);
    if (isOnHost)
        return saturatingAlign(saturatingMultiply(row, rows), 32);
    return cudaBytes(saturatingMultiply(row, rows), facts.isQuantized(), width, facts.weightsPerBlock,
                     facts.bytesPerBlock);
}

bool isSliding(const Hyperparameters& parameters, std::size_t layer)
{
    return layer < parameters.slidingWindowLayers.size() && parameters.slidingWindowLayers[layer];
}

/// Weights per token of one layer's keys or values.
std::uint64_t widthOf(const Hyperparameters& parameters, std::size_t layer, bool isKey)
{
    const std::uint64_t full = isKey ? parameters.keyLength : parameters.valueLength;
    const std::uint64_t sliding = isKey ? parameters.keyLengthSlidingWindow : parameters.valueLengthSlidingWindow;
    const std::uint64_t length = isSliding(parameters, layer) && sliding > 0 ? sliding : full;
    return saturatingMultiply(parameters.headCountKv[layer], length);
}

/// Bytes of one layer's state for one sequence, always F32: the convolution's tail and the state itself.
std::uint64_t stateBytes(const Architecture& architecture, std::uint64_t sequences, bool isOnHost = false)
{
    const Hyperparameters& p = architecture.parameters;
    std::uint64_t tail = 0;
    std::uint64_t state = 0;
    if (architecture.name.starts_with("rwkv") || architecture.name == "arwkv7") {
        const bool hasOneShift = architecture.name == "rwkv6qwen2" || architecture.name == "arwkv7";
        tail = saturatingMultiply(hasOneShift ? 1 : 2, p.embeddingLength);
        state = saturatingMultiply(p.embeddingLength, p.stateSize);
    } else if (architecture.name.starts_with("lfm2")) {
        tail = saturatingMultiply(p.embeddingLength, p.stateConvolution > 0 ? p.stateConvolution - 1 : 0);
    } else {
        const std::uint64_t channels
            = saturatingAdd(p.stateInnerSize, saturatingMultiply(2, saturatingMultiply(p.stateGroups, p.stateSize)));
        tail = saturatingMultiply(channels, p.stateConvolution > 0 ? p.stateConvolution - 1 : 0);
        state = saturatingMultiply(p.stateInnerSize, p.stateSize);
    }
    const auto bytes = [sequences, isOnHost](std::uint64_t weights) {
        return saturatingAlign(saturatingMultiply(saturatingMultiply(weights, sequences), 4), isOnHost ? 32 : 128);
    };
    return saturatingAdd(bytes(tail), bytes(state));
}

/// Says what could not be counted, and what llama.cpp would not do.
void addNotes(CacheBytes& result, const Architecture& architecture, const RuntimeSettings& settings)
{
    const Hyperparameters& p = architecture.parameters;
    const auto notCounted = [&result](std::string note) {
        result.isComplete = false;
        result.notes.push_back(std::move(note));
    };
    const bool hasState = std::find(p.recurrentLayers.begin(), p.recurrentLayers.end(), true) != p.recurrentLayers.end();
    const bool hasHeads = std::any_of(p.headCountKv.begin(), p.headCountKv.end(), [](auto heads) { return heads > 0; });
    if (!hasHeads && !hasState)
        notCounted("the file does not say how many heads each layer has: the KV cache is not counted");
    else if (hasHeads && p.mlaKvLoraRank == 0 && (p.keyLength == 0 || p.valueLength == 0))
        notCounted("the file does not say how long keys and values are: the KV cache is not counted");
    if (hasState && (architecture.name == "kimi-linear" || stateBytes(architecture, 1) == 0))
        notCounted(fmt::format("the recurrent state of '{}' is not counted", printable(architecture.name, 60)));
    if (settings.contextLength == 0 && p.contextLength == 0)
        notCounted("neither a context length was given nor does the file name one");
    if (p.mlaKvLoraRank > 0 && settings.keyCacheType != settings.valueCacheType)
        result.notes.emplace_back(
            "latent attention has one cache: keys and values need the same type; the keys' type was counted");
    if (!settings.isFlashAttention && info(settings.valueCacheType).isQuantized() && p.mlaKvLoraRank == 0)
        result.notes.emplace_back("llama.cpp keeps values in block types with flash attention only");
    if (p.contextLength > 0 && settings.contextLength > p.contextLength)
        result.notes.push_back(fmt::format("{} tokens of context are more than the {} the model was made for",
                                           settings.contextLength, p.contextLength));
}

void checkType(TensorType type, std::uint64_t headLength, std::string_view what)
{
    const auto types = cacheTypes();
    if (std::find(types.begin(), types.end(), type) == types.end())
        throw Error(ErrorKind::InvalidArgument, fmt::format("llama.cpp keeps no {} as {}", what, name(type)), {},
                    "Cache types: F32, F16, BF16, Q8_0, Q5_1, Q5_0, Q4_1, Q4_0, IQ4_NL");
    if (!fitsRow(type, headLength))
        throw Error(ErrorKind::InvalidArgument,
                    fmt::format("llama.cpp keeps no {} as {} for heads of {} weights, which are no multiple of {}", what,
                                name(type), headLength, info(type).weightsPerBlock));
}

} // namespace

std::uint64_t CacheBytes::total() const
{
    return saturatingAdd(saturatingAdd(fullAttention, slidingWindow), recurrentState);
}

std::vector<TensorType> cacheTypes()
{
    using enum TensorType;
    return {F32, F16, BF16, Q8_0, Q5_1, Q5_0, Q4_1, Q4_0, IQ4_NL};
}

CacheBytes cacheBytes(const Architecture& architecture, const RuntimeSettings& settings)
{
    const Hyperparameters& p = architecture.parameters;
    const bool isLatent = p.mlaKvLoraRank > 0;
    // The cache of latent attention is one head: the compressed vector and the rotated part of the key.
    const std::uint64_t latentWidth = saturatingAdd(p.mlaKvLoraRank, p.mlaRopeDimension);
    checkType(settings.keyCacheType, isLatent ? latentWidth : p.keyLength, "keys");
    checkType(settings.valueCacheType, isLatent ? 0 : p.valueLength, "values");
    if (p.keyLengthSlidingWindow > 0)
        checkType(settings.keyCacheType, p.keyLengthSlidingWindow, "keys");
    if (p.valueLengthSlidingWindow > 0)
        checkType(settings.valueCacheType, p.valueLengthSlidingWindow, "values");

    CacheBytes result;
    if (isOneOf(architecture.name, cachelessArchitectures))
        return result;
    addNotes(result, architecture, settings);
    for (std::size_t layer = 0; layer < std::max(p.headCountKv.size(), p.recurrentLayers.size()); ++layer) {
        const CacheBytes one = layerCacheBytes(architecture, settings, layer, false);
        result.fullAttention = saturatingAdd(result.fullAttention, one.fullAttention);
        result.slidingWindow = saturatingAdd(result.slidingWindow, one.slidingWindow);
        result.recurrentState = saturatingAdd(result.recurrentState, one.recurrentState);
    }
    return result;
}

CacheCells cacheCells(const Hyperparameters& parameters, const RuntimeSettings& settings)
{
    const std::uint64_t sequences = std::max(1u, settings.sequences);
    const std::uint64_t asked = settings.contextLength > 0 ? settings.contextLength : parameters.contextLength;
    CacheCells cells{saturatingAlign(asked, cellPadding), 0, 1};
    if (!settings.isCacheUnified) {
        cells.streams = sequences;
        cells.perSequence = saturatingAlign(cells.perSequence / sequences, cellPadding);
    }
    const std::uint64_t windows
        = saturatingMultiply(parameters.slidingWindow, settings.isCacheUnified ? sequences : 1);
    cells.slidingWindow = settings.isSlidingWindowFull
        ? cells.perSequence
        : saturatingAlign(std::min(cells.perSequence, saturatingAdd(windows, settings.microBatch)), cellPadding);
    return cells;
}

CacheBytes layerCacheBytes(const Architecture& architecture, const RuntimeSettings& settings, std::size_t layer, bool isOnHost)
{
    const Hyperparameters& p = architecture.parameters;
    CacheBytes result;
    if (isOneOf(architecture.name, cachelessArchitectures))
        return result;
    if (layer < p.recurrentLayers.size() && p.recurrentLayers[layer])
        result.recurrentState = stateBytes(architecture, std::max(1u, settings.sequences), isOnHost);
    const std::size_t layers = p.headCountKv.size();
    if (layer >= layers - std::min<std::uint64_t>(layers, p.sharedKvLayers) || p.headCountKv[layer] == 0)
        return result;
    const CacheCells cells = cacheCells(p, settings);
    const bool sliding = isSliding(p, layer);
    const std::uint64_t rows = saturatingMultiply(cells.streams, sliding ? cells.slidingWindow : cells.perSequence);
    std::uint64_t bytes = 0;
    if (p.mlaKvLoraRank > 0) {
        bytes = tensorBytes(settings.keyCacheType, saturatingAdd(p.mlaKvLoraRank, p.mlaRopeDimension), rows, isOnHost);
    } else {
        std::uint64_t valueWidth = widthOf(p, layer, false);
        if (!settings.isFlashAttention) { // stored transposed, all layers alike
            for (std::size_t other = 0; other < layers; ++other)
                valueWidth = std::max(valueWidth, widthOf(p, other, false));
        }
        bytes = saturatingAdd(tensorBytes(settings.keyCacheType, widthOf(p, layer, true), rows, isOnHost),
                              tensorBytes(settings.valueCacheType, valueWidth, rows, isOnHost));
    }
    (sliding ? result.slidingWindow : result.fullAttention) = bytes;
    return result;
}

std::uint64_t kvCacheBytes(const Architecture& architecture, const RuntimeSettings& settings)
{
    return cacheBytes(architecture, settings).total();
}

} // namespace quantlathe
