// SPDX-License-Identifier: GPL-3.0-or-later
// A transformer's forward pass, one layer at a time over many sequences, so that a model larger than memory runs: the hidden states of
// all tokens stay, the weights of one layer come and go. Matrix products on OpenBLAS (one thread in each task), everything else
// in elementwise.h. The same numbers for every thread count (not across processors: sgemm's order of summation differs).
#pragma once

#include "core/inference/network.h"
#include "core/inference/weight_source.h"

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace quantlathe {

using TokenId = std::int32_t;

/// Sequences that are independent of each other, each starting at position 0.
struct TokenBatch
{
    std::vector<TokenId> tokens;
    std::vector<std::uint64_t> starts{0}; ///< sequence s has tokens [starts[s], starts[s + 1])

    void append(std::span<const TokenId> sequence);
    [[nodiscard]] std::size_t sequenceCount() const { return starts.size() - 1; }
    [[nodiscard]] std::uint64_t longest() const;
};

/// Row-major [tokens x width], width contiguous.
struct HiddenStates
{
    std::uint64_t width = 0;
    std::vector<float> values;
    [[nodiscard]] std::uint64_t tokens() const { return width == 0 ? 0 : values.size() / width; }
};

/// Sees what goes into the matrices. Called on one thread at a time, in the order of sequences and layers; the numbers are the same for
/// every thread count.
class ActivationObserver
{
public:
    virtual ~ActivationObserver() = default;
    /// @p inputs: [rows x columns], row-major, @p stride floats from row to row; they go into every one of @p matrices (query, key and value
    /// share theirs). For experts: only the rows routed to that expert, one call per expert that got any.
    /// @param threads what the observer may use itself
    virtual void onInputs(std::span<const Linear* const> matrices, const float* inputs, std::uint64_t rows, std::uint64_t columns,
                          std::uint64_t stride) = 0;
};

struct ForwardSettings
{
    unsigned threads = 0;                            ///< 0 = automatic
    std::uint64_t memoryBytes = std::uint64_t{4} << 30; ///< for decoded weights and intermediate results; hidden states are the caller's
    /// Activations are rounded before a product as llama.cpp's processor kernels round them for the type of the weights
    /// (activation_rounding.h): the error of that engine on top of the weights'.
    bool roundsActivations = false;
};

class BufferPool;
class LoadedLayer;  ///< weights of one layer, ready to run; immutable
class LoadedOutput; ///< the last norm and the output matrix

/// Thread-safe; holds no weights, but keeps memory of its last run.
class ForwardPass
{
public:
    ForwardPass(std::shared_ptr<const Network> network, ForwardSettings settings = {});

    [[nodiscard]] const Network& network() const { return *m_network; }
    [[nodiscard]] const ForwardSettings& settings() const { return m_settings; }
    [[nodiscard]] BufferPool& pool() const { return *m_pool; }
    [[nodiscard]] std::size_t layerCount() const { return m_network->layers.size(); }

    /// Tensors of layer @p layer that plans can change, and those of embedding and output.
    [[nodiscard]] std::vector<std::size_t> tensorsOfLayer(std::size_t layer) const;

    /// @throws Error(InvalidArgument) for a token outside the vocabulary or a sequence longer than a learned position table
    [[nodiscard]] HiddenStates embed(const WeightSource& weights, const TokenBatch& batch, const RunControl& control = {}) const;

    /// @throws as WeightSource::rows()
    [[nodiscard]] std::shared_ptr<const LoadedLayer> loadLayer(std::size_t layer, const WeightSource& weights, const RunControl& control = {}) const;
    /// Hidden states in, hidden states out. @param observer may be null
    /// @throws Error(BadFormat) naming layer and tensor where NaN or infinities come out; Error(Cancelled)
    void runLayer(const LoadedLayer& layer, const TokenBatch& batch, HiddenStates& hidden, ActivationObserver* observer = nullptr,
                  const RunControl& control = {}) const;

    [[nodiscard]] std::shared_ptr<const LoadedOutput> loadOutput(const WeightSource& weights, const RunControl& control = {}) const;
    /// Logits of @p count tokens whose hidden states (after the last layer) are @p hidden [count x width], into
    /// @p logits [count x vocabularySize]. Take some hundred tokens at a time.
    void logits(const LoadedOutput& output, const float* hidden, std::uint64_t count, float* logits, ActivationObserver* observer = nullptr,
                const RunControl& control = {}) const;

private:
    std::shared_ptr<const Network> m_network;
    ForwardSettings m_settings;
    std::shared_ptr<BufferPool> m_pool; ///< intermediate results and decoded weights, used again from layer to layer
};

} // namespace quantlathe
