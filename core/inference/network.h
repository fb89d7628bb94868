// SPDX-License-Identifier: GPL-3.0-or-later
// What a transformer computes, layer by layer, and which tensors of the model it computes with: the description that the
// forward pass follows. Facts: the models of the transformers library and llama.cpp's graphs.
#pragma once

#include "core/inference/rope.h"
#include "core/model/model.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace quantlathe {

/// A matrix of the model: rows [firstRow, firstRow + outputs) of a tensor, y = W x + bias.
struct Linear
{
    std::size_t tensor = 0;        ///< index in the model
    std::uint64_t firstRow = 0;    ///< of the tensor's rows (fused matrices, stacked experts)
    std::uint64_t rowStep = 1;     ///< 2: every other row (gate and up interleaved)
    std::uint64_t outputs = 0;
    std::uint64_t inputs = 0;
    bool isTransposed = false;     ///< stored as inputs x outputs: column firstRow + o is output o
    std::uint64_t blockRows = 0;   ///< transposed and stacked: rows of one matrix in the stack; 0 = not stacked
    std::optional<std::size_t> bias; ///< tensor index
    std::uint64_t biasFirst = 0;   ///< first weight of the bias, flat
    std::uint64_t biasStep = 1;
    std::uint32_t expert = 0;      ///< which expert of a stack this is
};

enum class NormKind : std::uint8_t { RootMeanSquare, Layer };

struct Norm
{
    NormKind kind = NormKind::RootMeanSquare;
    std::optional<std::size_t> weight; ///< tensor index; none = all ones
    std::optional<std::size_t> bias;
    float offset = 0;                  ///< added to the stored weight (Gemma's checkpoints keep w - 1)
    double epsilon = 1e-5;
};

enum class Activation : std::uint8_t {
    Silu,        ///< x / (1 + exp(-x))
    GeluTanh,    ///< the tanh approximation
    GeluErf,
    ClampedSwiglu ///< gpt-oss: min(g, 7) sigmoid(1.702 g) (clamp(u, -7, 7) + 1)
};

struct Attention
{
    Linear query, key, value, output;
    std::optional<Norm> queryNorm, keyNorm;
    bool isNormWhole = false;      ///< query/key norm over all heads at once (OLMo 2) instead of per head
    bool isNormAfterRope = false;
    std::uint64_t heads = 0;
    std::uint64_t kvHeads = 0;     ///< heads is a multiple of it
    std::uint64_t headLength = 0;  ///< of queries and keys
    std::uint64_t valueLength = 0;
    std::optional<std::size_t> rope; ///< index in Network::ropes; none = no rotation
    float scale = 1;               ///< of q . k
    float softcap = 0;             ///< scores become cap tanh(score / cap); 0 = none
    std::uint64_t window = 0;      ///< a query sees this many positions, itself included; 0 = all before it
    std::optional<std::size_t> sinks; ///< tensor with one logit per head that takes part in the softmax only
};

struct DenseFeedForward
{
    std::optional<Linear> gate;
    Linear up, down;
    Activation activation = Activation::Silu;
};

struct ExpertFeedForward
{
    Linear router;
    std::vector<DenseFeedForward> experts;
    std::uint64_t used = 0;        ///< experts per token
    bool isNormalised = true;      ///< the weights of the used experts add up to 1
    std::optional<DenseFeedForward> shared;
    std::optional<Linear> sharedGate; ///< one output; sigmoid of it scales the shared expert
};

struct NetworkLayer
{
    std::optional<Norm> attentionNorm;      ///< before; OLMo 2 has none
    Attention attention;
    std::optional<Norm> postAttentionNorm;  ///< on the branch, before it is added
    std::optional<Norm> feedForwardNorm;
    std::optional<DenseFeedForward> dense;  ///< either this
    std::optional<ExpertFeedForward> experts; ///< or this
    std::optional<Norm> postFeedForwardNorm;
};

struct Network
{
    std::shared_ptr<const Model> model;
    std::string architecture;          ///< GGUF style id
    std::uint64_t embeddingLength = 0;
    std::uint64_t vocabularySize = 0;  ///< rows of the embedding table
    std::uint64_t contextLength = 0;   ///< what the model was trained for; 0 = not said
    std::size_t tokenEmbedding = 0;    ///< tensor index
    std::optional<std::size_t> positionEmbedding;
    float embeddingScale = 1;
    std::vector<Rope> ropes;
    std::vector<NetworkLayer> layers;
    Norm outputNorm;
    Linear output;                     ///< the token embedding where it is tied
    float logitSoftcap = 0;
};

/// The architectures that makeNetwork() knows, as GGUF ids.
std::vector<std::string_view> runnableArchitectures();

/// True when @p model's architecture has a forward pass here; cheap. False says nothing of missing tensors.
bool isRunnable(const Model& model);

/// Reads the description from metadata, config and shapes, for GGUF models and Hugging Face folders.
/// @throws Error(Unsupported) naming the architecture or the feature and what still works without; Error(BadFormat) naming the
/// tensor that is missing or whose shape contradicts the hyperparameters
std::shared_ptr<const Network> makeNetwork(std::shared_ptr<const Model> model);

} // namespace quantlathe
