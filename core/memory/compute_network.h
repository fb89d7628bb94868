// SPDX-License-Identifier: GPL-3.0-or-later
// Builds the graph of one micro-batch from a model's hyperparameters and the tensors its layers have.
#pragma once

#include "core/memory/compute_graph.h"
#include "core/model/architecture.h"
#include "core/types/tensor_type.h"

#include <optional>
#include <string_view>
#include <vector>

namespace quantlathe::compute {

/// The tensors of a layer that shape its graph; names as in GGUF, without "blk.N.".
enum class Slot : std::uint8_t {
    AttentionNorm, Query, QueryBias, Key, KeyBias, Value, ValueBias, FusedQkv, FusedQkvBias, QueryNorm, KeyNorm,
    AttentionOutput, AttentionOutputBias, AttentionGate, Sinks, PostAttentionNorm,
    LatentQueryDown, LatentQueryNorm, LatentQueryUp, LatentDown, LatentNorm, LatentKeyUp, LatentValueUp, LatentUp,
    ForwardNorm, Gate, Up, Down, UpBias, DownBias, PostForwardNorm,
    Router, RouterBias, ExpertBias, GateExperts, UpExperts, DownExperts, GateUpExperts, GateExpertsBias, UpExpertsBias,
    DownExpertsBias, SharedGate, SharedUp, SharedDown, SharedRouter,
    StateIn, StateConvolution, StateConvolutionBias, StateX, StateStep, StateStepBias, StateDecay, StateSkip, StateNorm, StateOut,
    StateAlpha, StateBeta,
    Count
};
inline constexpr std::size_t slotCount = static_cast<std::size_t>(Slot::Count);
/// By a name such as "attn_q.weight"; nothing for others.
std::optional<Slot> slotOf(std::string_view name);

/// A tensor as llama.cpp sees it.
struct Weight
{
    std::uint64_t rowLength = 0;
    std::uint64_t rows = 0;    ///< per expert or head
    std::uint64_t stacked = 1; ///< experts or heads
    std::size_t output = 0;    ///< index into Network::bytes
};

struct Layer
{
    std::array<std::optional<Weight>, slotCount> weights;
    [[nodiscard]] const std::optional<Weight>& operator[](Slot slot) const { return weights[static_cast<std::size_t>(slot)]; }
    [[nodiscard]] bool has(Slot slot) const { return (*this)[slot].has_value(); }
};

/// Fixed for a model.
struct Network
{
    std::vector<Layer> layers;
    std::optional<Weight> tokenEmbedding, outputNorm, output; ///< output: the token embedding when tied
    std::optional<Weight> rotation; ///< factors of the rotary embedding, with every layer
    bool isEveryLayerKnown = true; ///< false: some layer is of a kind that is not modelled here
};

struct WeightBytes
{
    std::uint64_t host = 0;
    std::uint64_t device = 0;
};

/// Where things lie and how much at once; devices first, the host is the last place.
struct Batch
{
    std::uint64_t tokens = 512;      ///< of the micro-batch
    std::uint64_t outputs = 512;     ///< rows for which logits are computed
    std::uint64_t sequences = 1;
    std::uint64_t streams = 1;       ///< separate caches
    std::uint64_t cells = 0;         ///< per stream, full attention
    std::uint64_t windowCells = 0;   ///< per stream, sliding window
    TensorType keyType = TensorType::F16;
    TensorType valueType = TensorType::F16;
    bool isFlashAttention = true;
    int host = 1;
    std::vector<int> layerPlace;     ///< of each layer's weights
    std::vector<int> cachePlace;     ///< of each layer's cache
    int outputPlace = 0;
    unsigned expertLayersOnHost = 0; ///< the first layers' expert weights stay in host memory
};

Graph buildGraph(const Architecture& architecture, const Network& network, const std::vector<WeightBytes>& bytes,
                 const Batch& batch);

} // namespace quantlathe::compute
