// SPDX-License-Identifier: GPL-3.0-or-later
// One layer with its weights loaded, and the parts of its computation. Inside this room.
#pragma once

#include "core/inference/forward_pass.h"
#include "core/inference/layer_steps.h"
#include "core/inference/loaded_matrix.h"
#include "core/inference/rope.h"

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace quantlathe {

struct LoadedNorm
{
    const Norm* norm = nullptr;
    std::vector<float> weight; ///< with the offset; empty = ones
    std::vector<float> bias;   ///< empty = none
    /// Norms of @p rows rows of @p width; x and y may be the same. Strides in floats.
    void apply(const float* x, std::uint64_t xStride, std::uint64_t rows, std::uint64_t width, float* y, std::uint64_t yStride, unsigned threads,
               const RunControl& control) const;
    /// One row.
    void applyRow(const float* x, std::uint64_t width, float* y) const;
};
LoadedNorm loadNorm(const Norm& norm, MatrixLoader& loader);

struct LoadedFeedForward
{
    std::optional<LoadedMatrix> gate;
    LoadedMatrix up, down;
    Activation activation = Activation::Silu;
};

class LoadedLayer
{
public:
    std::size_t index = 0;
    const NetworkLayer* layer = nullptr;
    std::shared_ptr<const Network> network; ///< keeps *layer alive
    std::optional<LoadedNorm> attentionNorm, queryNorm, keyNorm, postAttentionNorm, feedForwardNorm, postFeedForwardNorm;
    LoadedMatrix query, key, value, output;
    std::vector<float> sinks; ///< one per head, or empty
    std::optional<LoadedFeedForward> dense;
    LoadedMatrix router;
    std::vector<LoadedFeedForward> experts;
    std::optional<LoadedFeedForward> shared;
    std::optional<LoadedMatrix> sharedGate;
};

class LoadedOutput
{
public:
    std::shared_ptr<const Network> network;
    LoadedNorm norm;
    LoadedMatrix matrix;
};

/// What the parts of a layer share while they run over some sequences.
struct LayerRun
{
    const LoadedLayer& layer;
    const Network& network;
    std::span<const std::uint64_t> starts; ///< of the sequences, from 0: the rows of the arrays below
    const RopeTable* rope = nullptr;       ///< null = none
    ActivationObserver* observer = nullptr;
    BufferPool& pool;
    unsigned threads = 0;
    const RunControl& control;
    /// Look through every product and name the tensor after which something is not finite.
    bool isDiagnosing = false;
    /// Run as a step: the branch ends where the step does.
    std::optional<LayerStep> step{};
    ActivationObserver* stepObserver = nullptr; ///< sees what the step ends with
    float* attended = nullptr;                  ///< of these tokens, kept from step to step; null = computed anew
    float* inner = nullptr;                     ///< likewise; dense layers only

    [[nodiscard]] std::uint64_t tokens() const { return starts.back(); }
    /// The step ends inside the feed-forward branch: it has no result.
    [[nodiscard]] bool endsEarly() const { return step == LayerStep::FeedForwardInputs || step == LayerStep::Inner; }
    /// multiply(), told to the observer first.
    void multiply(std::span<const Product> products, const float* x, std::uint64_t stride, std::uint64_t rows) const;
    /// Shows @p x to the step's observer as what goes into @p matrices; true where the step ends here.
    bool endsAt(LayerStep where, std::initializer_list<const LoadedMatrix*> matrices, const float* x, std::uint64_t stride, std::uint64_t rows) const;
};

/// Sequences [first, end) that run through a layer together, and where their tokens begin, from 0.
struct Chunk
{
    std::uint64_t firstToken = 0;
    std::vector<std::uint64_t> starts;
};
/// For a layer whose parts are finite and whose sum is not.
[[noreturn]] void throwNotFinite(const Network& network, std::size_t layer);
/// As many sequences at a time as the memory allows.
std::vector<Chunk> cutIntoChunks(const Network& network, const NetworkLayer& layer, const TokenBatch& batch, std::uint64_t memoryBytes);

/// [tokens x embedding] -> [tokens x embedding], before it is added: norms, queries, keys, values, softmax, output matrix.
void runAttention(const LayerRun& run, const float* x, float* result);
void runFeedForward(const LayerRun& run, const float* x, float* result);

} // namespace quantlathe
