// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/inference/forward_pass.h"

#include "core/base/parallel.h"
#include "core/base/text.h"
#include "core/inference/elementwise.h"
#include "core/inference/forward_layer.h"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

namespace quantlathe {

namespace {

constexpr std::uint64_t rowsAtOnce = 16;
/// Tokens that run through a layer together: enough for sgemm to run at its full rate and for decoding weights to be paid back.
constexpr std::uint64_t usualTokens = 2048;

std::uint64_t weightsOf(const DenseFeedForward& part)
{
    return (part.gate ? part.gate->outputs * part.gate->inputs : 0) + part.up.outputs * part.up.inputs + part.down.outputs * part.down.inputs;
}

std::uint64_t weightsOf(const NetworkLayer& layer)
{
    std::uint64_t weights = 0;
    for (const Linear* linear : {&layer.attention.query, &layer.attention.key, &layer.attention.value, &layer.attention.output})
        weights += linear->outputs * linear->inputs;
    if (layer.dense)
        weights += weightsOf(*layer.dense);
    if (layer.experts) {
        for (const DenseFeedForward& expert : layer.experts->experts)
            weights += weightsOf(expert);
        if (layer.experts->shared)
            weights += weightsOf(*layer.experts->shared);
    }
    return weights;
}

/// Floats that a token needs while it runs through a layer.
std::uint64_t floatsPerToken(const Network& network, const NetworkLayer& layer)
{
    const Attention& attention = layer.attention;
    const std::uint64_t heads = attention.query.outputs + attention.key.outputs + attention.value.outputs + attention.output.inputs;
    std::uint64_t feedForward = 0;
    if (layer.dense)
        feedForward = 2 * layer.dense->up.outputs;
    if (layer.experts) {
        // A token's rows at all its experts, were they to run together; its copies for one expert.
        feedForward = layer.experts->experts.size() + 2 * layer.experts->experts.front().up.outputs + 2 * network.embeddingLength;
        if (layer.experts->shared)
            feedForward = std::max(feedForward, 2 * layer.experts->shared->up.outputs);
    }
    return 3 * network.embeddingLength + std::max(heads, feedForward);
}

LoadedFeedForward loadFeedForward(const DenseFeedForward& part, MatrixLoader& loader, bool expands)
{
    LoadedFeedForward loaded;
    if (part.gate)
        loaded.gate = loader.load(*part.gate, expands);
    loaded.up = loader.load(part.up, expands);
    loaded.down = loader.load(part.down, expands);
    loaded.activation = part.activation;
    return loaded;
}

std::string tensorName(const Network& network, const Linear& linear)
{
    return network.model->tensors()[linear.tensor].name();
}

} // namespace

void TokenBatch::append(std::span<const TokenId> sequence)
{
    tokens.insert(tokens.end(), sequence.begin(), sequence.end());
    starts.push_back(tokens.size());
}

std::uint64_t TokenBatch::longest() const
{
    std::uint64_t longest = 0;
    for (std::size_t sequence = 0; sequence < sequenceCount(); ++sequence)
        longest = std::max(longest, starts[sequence + 1] - starts[sequence]);
    return longest;
}

std::vector<Chunk> cutIntoChunks(const Network& network, const NetworkLayer& layer, const TokenBatch& batch, std::uint64_t memoryBytes)
{
    const std::uint64_t affordable = memoryBytes / 4 / sizeof(float) / floatsPerToken(network, layer);
    const std::uint64_t most = std::clamp<std::uint64_t>(affordable, 1, usualTokens);
    std::vector<Chunk> chunks;
    for (std::size_t first = 0; first < batch.sequenceCount();) {
        std::size_t end = first + 1;
        while (end < batch.sequenceCount() && batch.starts[end + 1] - batch.starts[first] <= most)
            ++end;
        Chunk& chunk = chunks.emplace_back();
        chunk.firstToken = batch.starts[first];
        for (std::size_t sequence = first; sequence <= end; ++sequence)
            chunk.starts.push_back(batch.starts[sequence] - chunk.firstToken);
        first = end;
    }
    return chunks;
}

void throwNotFinite(const Network& network, std::size_t layer)
{
    throw Error(ErrorKind::BadFormat, fmt::format("NaN or infinite activations come out of layer {}", layer), {network.model->path(), std::nullopt, {}},
                "Look at the model's findings: its values may be too large for the type they are stored in");
}

LoadedNorm loadNorm(const Norm& norm, MatrixLoader& loader)
{
    LoadedNorm loaded;
    loaded.norm = &norm;
    if (norm.weight)
        loaded.weight = loader.vector(*norm.weight, norm.offset);
    if (norm.bias)
        loaded.bias = loader.vector(*norm.bias);
    return loaded;
}

void LoadedNorm::applyRow(const float* x, std::uint64_t width, float* y) const
{
    const float* weights = weight.empty() ? nullptr : weight.data();
    if (norm->kind == NormKind::RootMeanSquare)
        elementwise::rmsNorm(x, width, weights, static_cast<float>(norm->epsilon), y);
    else
        elementwise::layerNorm(x, width, weights, bias.empty() ? nullptr : bias.data(), static_cast<float>(norm->epsilon), y);
}

void LoadedNorm::apply(const float* x, std::uint64_t xStride, std::uint64_t rows, std::uint64_t width, float* y, std::uint64_t yStride,
                       unsigned threads, const RunControl& control) const
{
    parallelFor(rows, rowsAtOnce, threads, control, [&](std::size_t begin, std::size_t end) {
        for (std::size_t row = begin; row < end; ++row)
            applyRow(x + row * xStride, width, y + row * yStride);
    });
}

void LayerRun::multiply(std::span<const Product> products, const float* x, std::uint64_t stride, std::uint64_t rows) const
{
    if (observer) {
        std::vector<const Linear*> matrices;
        for (const Product& product : products)
            matrices.push_back(product.matrix->linear);
        observer->onInputs(matrices, x, rows, products.front().matrix->inputs(), stride);
    }
    quantlathe::multiply(products, x, stride, rows, threads, control);
    if (!isDiagnosing)
        return;
    for (const Product& product : products) {
        for (std::uint64_t row = 0; row < rows; ++row) {
            if (!elementwise::isFinite(product.y + row * product.stride, product.matrix->outputs())) {
                throw Error(ErrorKind::BadFormat, fmt::format("NaN or infinite activations in layer {}, behind this tensor", layer.index),
                            {network.model->path(), std::nullopt, tensorName(network, *product.matrix->linear)},
                            "Look at the model's findings: a tensor of it may be damaged, or its values too large for the type they are stored in");
            }
        }
    }
}

ForwardPass::ForwardPass(std::shared_ptr<const Network> network, ForwardSettings settings)
    : m_network(std::move(network)), m_settings(settings), m_pool(std::make_shared<BufferPool>(settings.memoryBytes / 2))
{
}

std::vector<std::size_t> ForwardPass::tensorsOfLayer(std::size_t layer) const
{
    std::vector<std::size_t> tensors;
    const NetworkLayer& described = m_network->layers[layer];
    const auto add = [&](const Linear& linear) { tensors.push_back(linear.tensor); };
    const auto addPart = [&](const DenseFeedForward& part) {
        if (part.gate)
            add(*part.gate);
        add(part.up);
        add(part.down);
    };
    for (const Linear* linear : {&described.attention.query, &described.attention.key, &described.attention.value, &described.attention.output})
        add(*linear);
    if (described.dense)
        addPart(*described.dense);
    if (described.experts) {
        add(described.experts->router);
        for (const DenseFeedForward& expert : described.experts->experts)
            addPart(expert);
        if (described.experts->shared)
            addPart(*described.experts->shared);
        if (described.experts->sharedGate)
            add(*described.experts->sharedGate);
    }
    std::sort(tensors.begin(), tensors.end());
    tensors.erase(std::unique(tensors.begin(), tensors.end()), tensors.end());
    return tensors;
}

HiddenStates ForwardPass::embed(const WeightSource& weights, const TokenBatch& batch, const RunControl& control) const
{
    const Network& network = *m_network;
    const auto bad = std::find_if(batch.tokens.begin(), batch.tokens.end(), [&](TokenId token) {
        return token < 0 || static_cast<std::uint64_t>(token) >= network.vocabularySize;
    });
    if (bad != batch.tokens.end()) {
        throw Error(ErrorKind::InvalidArgument,
                    fmt::format("token {} is outside the model's vocabulary of {}", *bad, network.vocabularySize), {network.model->path(), std::nullopt, {}},
                    "The text was made with another model's tokenizer");
    }
    HiddenStates hidden;
    hidden.width = network.embeddingLength;
    hidden.values.resize(batch.tokens.size() * hidden.width);
    const auto rows = weights.rows(network.tokenEmbedding, m_settings.threads, control);
    parallelFor(batch.tokens.size(), rowsAtOnce, m_settings.threads, control, [&](std::size_t begin, std::size_t end) {
        for (std::size_t token = begin; token < end; ++token) {
            float* row = hidden.values.data() + token * hidden.width;
            rows->decodeRows(static_cast<std::uint64_t>(batch.tokens[token]), 1, row);
            if (network.embeddingScale != 1)
                elementwise::scale(row, hidden.width, network.embeddingScale);
        }
    });
    if (!network.positionEmbedding)
        return hidden;
    const std::uint64_t positions = network.model->tensors()[*network.positionEmbedding].shape().rowCount();
    const std::uint64_t longest = batch.longest();
    if (longest > positions) {
        throw Error(ErrorKind::InvalidArgument, fmt::format("sequences of {} tokens are longer than the {} positions that the model knows", longest, positions),
                    {network.model->path(), std::nullopt, {}}, "Choose a shorter context");
    }
    std::vector<float> table(longest * hidden.width);
    weights.rows(*network.positionEmbedding, m_settings.threads, control)->decodeRows(0, longest, table.data());
    for (std::size_t sequence = 0; sequence < batch.sequenceCount(); ++sequence) {
        elementwise::add(table.data(), (batch.starts[sequence + 1] - batch.starts[sequence]) * hidden.width,
                         hidden.values.data() + batch.starts[sequence] * hidden.width);
    }
    return hidden;
}

std::shared_ptr<const LoadedLayer> ForwardPass::loadLayer(std::size_t index, const WeightSource& weights, const RunControl& control) const
{
    const NetworkLayer& layer = m_network->layers[index];
    MatrixLoader loader(weights, *m_pool, m_settings.threads, m_settings.roundsActivations, control);
    // Two layers may be loaded at a time (the model's and a plan's).
    const bool expands = weightsOf(layer) <= m_settings.memoryBytes / 4 / sizeof(float);
    auto loaded = std::make_shared<LoadedLayer>();
    loaded->index = index;
    loaded->layer = &layer;
    loaded->network = m_network;
    const auto norm = [&](const std::optional<Norm>& described) {
        return described ? std::optional(loadNorm(*described, loader)) : std::nullopt;
    };
    loaded->attentionNorm = norm(layer.attentionNorm);
    loaded->queryNorm = norm(layer.attention.queryNorm);
    loaded->keyNorm = norm(layer.attention.keyNorm);
    loaded->postAttentionNorm = norm(layer.postAttentionNorm);
    loaded->feedForwardNorm = norm(layer.feedForwardNorm);
    loaded->postFeedForwardNorm = norm(layer.postFeedForwardNorm);
    loaded->query = loader.load(layer.attention.query, expands);
    loaded->key = loader.load(layer.attention.key, expands);
    loaded->value = loader.load(layer.attention.value, expands);
    loaded->output = loader.load(layer.attention.output, expands);
    if (layer.attention.sinks)
        loaded->sinks = loader.vector(*layer.attention.sinks);
    if (layer.dense)
        loaded->dense = loadFeedForward(*layer.dense, loader, expands);
    if (layer.experts) {
        loaded->router = loader.load(layer.experts->router, true);
        for (const DenseFeedForward& expert : layer.experts->experts)
            loaded->experts.push_back(loadFeedForward(expert, loader, expands));
        if (layer.experts->shared)
            loaded->shared = loadFeedForward(*layer.experts->shared, loader, expands);
        if (layer.experts->sharedGate)
            loaded->sharedGate = loader.load(*layer.experts->sharedGate, true);
    }
    return loaded;
}

void ForwardPass::runLayer(const LoadedLayer& layer, const TokenBatch& batch, HiddenStates& hidden, ActivationObserver* observer,
                           const RunControl& control) const
{
    const Network& network = *m_network;
    const std::uint64_t width = hidden.width;
    RopeTable rope;
    if (layer.layer->attention.rope)
        rope = makeRopeTable(network.ropes[*layer.layer->attention.rope], batch.longest());
    for (const Chunk& chunk : cutIntoChunks(network, *layer.layer, batch, m_settings.memoryBytes)) {
        float* x = hidden.values.data() + chunk.firstToken * width;
        const std::uint64_t count = chunk.starts.back() * width;
        FloatBuffer before = m_pool->take(count);
        FloatBuffer branch = m_pool->take(count);
        std::copy_n(x, count, before.data());
        LayerRun run{layer, network, chunk.starts, &rope, observer, *m_pool, m_settings.threads, control};
        const auto runBranches = [&] {
            runAttention(run, x, branch.data());
            elementwise::add(branch.data(), count, x);
            runFeedForward(run, x, branch.data());
            elementwise::add(branch.data(), count, x);
        };
        runBranches();
        if (!elementwise::isFinite(x, count)) {
            std::copy_n(before.data(), count, x);
            run.observer = nullptr;
            run.isDiagnosing = true;
            runBranches();
            throwNotFinite(network, layer.index);
        }
    }
}

std::shared_ptr<const LoadedOutput> ForwardPass::loadOutput(const WeightSource& weights, const RunControl& control) const
{
    MatrixLoader loader(weights, *m_pool, m_settings.threads, m_settings.roundsActivations, control);
    auto loaded = std::make_shared<LoadedOutput>();
    loaded->network = m_network;
    loaded->norm = loadNorm(m_network->outputNorm, loader);
    const std::uint64_t bytes = m_network->output.outputs * m_network->output.inputs * sizeof(float);
    loaded->matrix = loader.load(m_network->output, bytes <= m_settings.memoryBytes / 4);
    return loaded;
}

void ForwardPass::logits(const LoadedOutput& output, const float* hidden, std::uint64_t count, float* logits, ActivationObserver* observer,
                         const RunControl& control) const
{
    const std::uint64_t width = m_network->embeddingLength;
    FloatBuffer normed = m_pool->take(count * width);
    output.norm.apply(hidden, width, count, width, normed.data(), width, m_settings.threads, control);
    if (observer) {
        const Linear* matrix = output.matrix.linear;
        observer->onInputs({&matrix, 1}, normed.data(), count, width, width);
    }
    const Product products[] = {{&output.matrix, logits, output.matrix.outputs()}};
    multiply(products, normed.data(), width, count, m_settings.threads, control);
    if (m_network->logitSoftcap > 0)
        elementwise::softcap(logits, count * output.matrix.outputs(), m_network->logitSoftcap);
    if (!elementwise::isFinite(logits, count * output.matrix.outputs())) {
        throw Error(ErrorKind::BadFormat, "NaN or infinite logits come out of this tensor",
                    {m_network->model->path(), std::nullopt, tensorName(*m_network, *output.matrix.linear)},
                    "Look at the model's findings: a tensor of it may be damaged, or its values too large for the type they are stored in");
    }
}

} // namespace quantlathe
