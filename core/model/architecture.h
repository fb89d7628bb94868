// SPDX-License-Identifier: GPL-3.0-or-later
// What kind of network a model is: hyperparameters, and for each tensor its layer and role.
#pragma once

#include "core/model/metadata.h"
#include "core/types/shape.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace quantlathe {

class Tensor;

enum class TensorRole : std::uint8_t {
    TokenEmbedding, PositionEmbedding, TokenTypeEmbedding,
    AttentionQuery, AttentionKey, AttentionValue, AttentionOutput,
    AttentionQueryKeyValue, ///< fused
    AttentionQueryA, AttentionQueryB, AttentionKeyValueA, AttentionKeyValueB, AttentionKeyB, AttentionValueB, ///< MLA low-rank parts
    AttentionSinks, AttentionGate,
    FeedForwardGate, FeedForwardUp, FeedForwardDown, FeedForwardGateUp, ///< last: fused
    ExpertGate, ExpertUp, ExpertDown, ExpertGateUp,
    SharedExpertGate, SharedExpertUp, SharedExpertDown,
    Router, SharedExpertRouter,
    Norm,         ///< every layer norm, RMS norm, query/key norm; weight or bias
    Rope,         ///< rope_freqs, rope_factors_*
    StateSpace,   ///< Mamba, RWKV, linear attention, convolutions
    Output,       ///< lm_head
    Other         ///< not recognised; opens, plots and quantizes all the same
};
inline constexpr std::size_t tensorRoleCount = static_cast<std::size_t>(TensorRole::Other) + 1;

/// Stable id for JSON and rules ("attn_q", "ffn_down", "expert_gate", "other").
std::string_view name(TensorRole role);
/// For people ("Attention query", "Feed-forward down").
std::string_view label(TensorRole role);

/// What the name of a tensor says about it.
struct TensorPlace
{
    TensorRole role = TensorRole::Other;
    std::optional<int> layer;   ///< 0-based block number; nothing for embeddings, output ...
    std::optional<int> expert;  ///< only where each expert is a tensor of its own (Hugging Face style)
    bool isBias = false;
    /// The name in GGUF style ("blk.3.attn_q.weight"): presets and rules work on it for every format. The tensor's own
    /// name where it is GGUF style already or unknown. Experts that GGUF stacks share one canonical name.
    std::string canonicalName;
};

/// Recognises GGUF names (blk.N.attn_q.weight) and Hugging Face names (model.layers.N.self_attn.q_proj.weight,
/// transformer.h.N.attn.c_attn.weight, ...). Never fails: Other.
/// @param architecture GGUF style id; decides only where the same name means different things ("post_attention_layernorm"
/// is GGUF's ffn_norm in Llama and its post_attention_norm in Gemma 2)
TensorPlace placeOf(std::string_view tensorName, std::string_view architecture = {});

/// Which layers use a sliding window, and other facts the KV cache depends on.
struct Hyperparameters
{
    std::uint64_t layerCount = 0;
    std::uint64_t contextLength = 0;       ///< the model's own maximum
    std::uint64_t embeddingLength = 0;
    std::vector<std::uint64_t> feedForwardLength; ///< one entry per layer
    std::vector<std::uint64_t> headCount;         ///< query heads, one entry per layer
    std::vector<std::uint64_t> headCountKv;       ///< key/value heads, one entry per layer; 0 = layer without attention
    std::uint64_t keyLength = 0;           ///< per head
    std::uint64_t valueLength = 0;         ///< per head
    std::uint64_t keyLengthSlidingWindow = 0;   ///< 0: as keyLength
    std::uint64_t valueLengthSlidingWindow = 0;
    std::uint64_t vocabularySize = 0;
    std::uint64_t expertCount = 0;
    std::uint64_t expertUsedCount = 0;
    std::uint64_t expertFeedForwardLength = 0;
    std::uint64_t slidingWindow = 0;       ///< tokens; 0 = none
    /// One entry per layer; empty when no layer's cache is limited by the window (llama.cpp keeps all of it for llama,
    /// phi3 and others that name a window).
    std::vector<bool> slidingWindowLayers;
    std::uint64_t sharedKvLayers = 0;      ///< last layers without a cache of their own
    std::uint64_t mlaKvLoraRank = 0;       ///< > 0: multi-head latent attention
    std::uint64_t mlaRopeDimension = 0;
    std::uint64_t ropeDimension = 0;
    /// Recurrent layers (Mamba, linear attention); all 0 without.
    std::uint64_t stateConvolution = 0;    ///< ssm.conv_kernel: width of the convolution
    std::uint64_t stateInnerSize = 0;      ///< ssm.inner_size
    std::uint64_t stateSize = 0;           ///< ssm.state_size, per channel
    std::uint64_t stateGroups = 0;         ///< ssm.group_count
    std::uint64_t stateTimeStepRank = 0;   ///< ssm.time_step_rank; in Mamba 2 and linear attention the number of heads
    std::vector<bool> recurrentLayers;     ///< one entry per layer; empty when none is recurrent
    double ropeFrequencyBase = 0;
    double normEpsilon = 0;
    bool isEmbeddingTied = false;          ///< no output tensor of its own
};

struct Architecture
{
    std::string name;        ///< GGUF style id ("llama", "qwen2moe"); empty when the file does not say
    std::string displayName; ///< general.name or the folder's name
    bool isKnown = false;    ///< hyperparameters and roles were read by rules for this architecture
    Hyperparameters parameters;
    /// Notes for people on what could not be read ("no head count: the KV cache cannot be estimated").
    std::vector<std::string> notes;
};

/// Reads GGUF's keys (huggingface/ says a config.json in them too) and fills gaps from the tensors. Never fails: what is
/// missing or contradictory becomes a note.
Architecture readArchitecture(const Metadata& metadata, std::span<const Tensor> tensors,
                              std::span<const TensorPlace> places);

} // namespace quantlathe
