// SPDX-License-Identifier: GPL-3.0-or-later
// The order of calls follows llama.cpp 0.7.0's graph builders (src/llama-graph.cpp, src/models/*): what is expanded when decides
// what is in memory at the same time. Checked node by node against its own graphs.
#include "core/memory/compute_network.h"

#include "core/memory/compute_state.h"

#include <algorithm>
#include <utility>

namespace quantlathe::compute {

namespace {

constexpr std::array<std::pair<std::string_view, Slot>, slotCount + 4> slotNames = {{
    {"attn_norm.weight", Slot::AttentionNorm}, {"attn_q.weight", Slot::Query}, {"attn_q.bias", Slot::QueryBias},
    {"attn_k.weight", Slot::Key}, {"attn_k.bias", Slot::KeyBias}, {"attn_v.weight", Slot::Value},
    {"attn_v.bias", Slot::ValueBias}, {"attn_qkv.weight", Slot::FusedQkv}, {"attn_qkv.bias", Slot::FusedQkvBias},
    {"attn_q_norm.weight", Slot::QueryNorm}, {"attn_k_norm.weight", Slot::KeyNorm},
    {"attn_output.weight", Slot::AttentionOutput}, {"attn_output.bias", Slot::AttentionOutputBias},
    {"attn_gate.weight", Slot::AttentionGate}, {"attn_sinks.weight", Slot::Sinks},
    {"post_attention_norm.weight", Slot::PostAttentionNorm}, {"attn_q_a.weight", Slot::LatentQueryDown},
    {"attn_q_a_norm.weight", Slot::LatentQueryNorm}, {"attn_q_b.weight", Slot::LatentQueryUp},
    {"attn_kv_a_mqa.weight", Slot::LatentDown}, {"attn_kv_a_norm.weight", Slot::LatentNorm},
    {"attn_k_b.weight", Slot::LatentKeyUp}, {"attn_v_b.weight", Slot::LatentValueUp}, {"attn_kv_b.weight", Slot::LatentUp},
    {"ffn_norm.weight", Slot::ForwardNorm}, {"ffn_norm", Slot::ForwardNorm}, {"ffn_gate.weight", Slot::Gate}, {"ffn_up.weight", Slot::Up},
    {"ffn_down.weight", Slot::Down}, {"ffn_up.bias", Slot::UpBias}, {"ffn_down.bias", Slot::DownBias},
    {"post_ffw_norm.weight", Slot::PostForwardNorm}, {"ffn_gate_inp.weight", Slot::Router},
    {"ffn_gate_inp.bias", Slot::RouterBias}, {"exp_probs_b.bias", Slot::ExpertBias},
    {"ffn_gate_exps.weight", Slot::GateExperts}, {"ffn_up_exps.weight", Slot::UpExperts},
    {"ffn_down_exps.weight", Slot::DownExperts}, {"ffn_gate_up_exps.weight", Slot::GateUpExperts},
    {"ffn_gate_exps.bias", Slot::GateExpertsBias}, {"ffn_up_exps.bias", Slot::UpExpertsBias},
    {"ffn_down_exps.bias", Slot::DownExpertsBias}, {"ffn_gate_shexp.weight", Slot::SharedGate},
    {"ffn_up_shexp.weight", Slot::SharedUp}, {"ffn_down_shexp.weight", Slot::SharedDown},
    {"ffn_gate_inp_shexp.weight", Slot::SharedRouter}, {"ssm_in.weight", Slot::StateIn},
    {"ssm_conv1d.weight", Slot::StateConvolution}, {"ssm_conv1d.bias", Slot::StateConvolutionBias},
    {"ssm_x.weight", Slot::StateX}, {"ssm_dt.weight", Slot::StateStep}, {"ssm_dt.bias", Slot::StateStepBias},
    {"ssm_a", Slot::StateDecay}, {"ssm_d", Slot::StateSkip}, {"ssm_norm.weight", Slot::StateNorm},
    {"ssm_out.weight", Slot::StateOut}, {"ssm_alpha.weight", Slot::StateAlpha}, {"ssm_beta.weight", Slot::StateBeta},
    {"shortconv.in_proj.weight", Slot::StateIn}, {"shortconv.conv.weight", Slot::StateConvolution},
    {"shortconv.out_proj.weight", Slot::StateOut}}};

/// Largest power of two from 64 on that divides heads of @p length; 0: block-type caches are not rotated.
std::uint64_t rotationOf(std::uint64_t length)
{
    if (length == 0 || length % 64 != 0)
        return 0;
    std::uint64_t size = 64;
    while (length % (2 * size) == 0)
        size *= 2;
    return size;
}

class Builder : public StateBuilder
{
public:
    using StateBuilder::StateBuilder;

    void build()
    {
        for (const Layer& one : network.layers)
            hasDeltaNets = hasDeltaNets || one.has(Slot::StateBeta);
        makeInputs();
        Id x = embed();
        for (std::size_t index = 0; index < network.layers.size(); ++index)
            x = layer(index, x);
        finish(x);
    }

private:
    bool hasDeltaNets = false; ///< their builder computes each layer's norm first

    void makeInputs()
    {
        positions = graph.input({saturatingMultiply(batch.tokens, isMultiRope() ? 4 : 1)}, 4);
        outputRows = graph.input({batch.outputs}, 4);
        const unsigned maskBytes = batch.isFlashAttention ? 2 : 4;
        const std::uint64_t rows = batch.tokens / std::max<std::uint64_t>(1, batch.streams);
        for (const bool isWindow : {false, true}) {
            Cache& cache = caches[isWindow ? 1 : 0];
            cache.cells = isWindow ? batch.windowCells : batch.cells;
            cache.mask = graph.input({cache.cells, rows, 1, batch.streams}, maskBytes);
            cache.keyIndices = graph.input({batch.tokens}, 8);
            const std::uint64_t values
                = batch.isFlashAttention || isLatent() ? batch.tokens : saturatingMultiply(batch.tokens, widestValue());
            cache.valueIndices = graph.input({values}, 8);
            const std::uint64_t keyRotation = info(batch.keyType).isQuantized() && !isLatent() ? rotationOf(p.keyLength) : 0;
            cache.keyRotationSize = keyRotation;
            if (keyRotation > 0)
                cache.keyRotation = graph.input({keyRotation, keyRotation}, 4);
            // Values are rotated in pieces of 64: larger ones gained nothing.
            cache.valueRotationSize = info(batch.valueType).isQuantized() && !isLatent() && p.valueLength % 64 == 0 ? 64 : 0;
            if (cache.valueRotationSize > 0)
                cache.valueRotation = graph.input({64, 64}, 4);
        }
        states = graph.input({batch.sequences}, 4);
        ownStates = graph.reshaped(states, {batch.sequences});
        otherStates = graph.slice(states, {batch.sequences - std::min<std::uint64_t>(1, batch.sequences)});
    }

    Id embed()
    {
        graph.phase = Phase::Inputs;
        const Dims dims{p.embeddingLength, batch.tokens};
        const std::uint64_t bytes = network.tokenEmbedding ? weightBytes[network.tokenEmbedding->output].host : 0;
        const Id table = graph.external(batch.host, bytes, bytes, true);
        const auto look = [&] {
            const Id id = graph.computed(dims, {table, graph.input({batch.tokens}, 4)});
            graph[id].batch = 0;
            return id;
        };
        Id x = look();
        graph.expand(x);
        // Tokens and ready-made embeddings in one batch: the second half of the input.
        const Id mixed = look();
        const Id given = graph.computed(dims, {graph.input(dims, 4)});
        const Id merged = graph.stored(mixed, graph.input({batch.tokens}, 8), given);
        graph.expand(merged);
        // Batches may come as embeddings: that input is there in any case.
        graph.expand(graph.input(dims, 4));
        if (architecture.name.starts_with("gemma3"))
            x = graph.inPlace(dims, {x, graph.input({1, batch.tokens}, 4)});
        else if (architecture.name.starts_with("gemma") || isOneOf({"granite", "granitemoe", "granitehybrid", "minicpm", "grok"}))
            x = graph.inPlace(dims, {x});
        return x;
    }

    Id layer(std::size_t index, Id x)
    {
        const Layer& l = network.layers[index];
        const bool isLast = index + 1 == network.layers.size();
        begin(index);
        const bool isRecurrent = index < p.recurrentLayers.size() && p.recurrentLayers[index];
        const bool hasAttention = l.has(Slot::AttentionOutput) && index < p.headCountKv.size() && p.headCountKv[index] > 0;
        const Dims wide{p.embeddingLength, batch.tokens};
        graph.phase = Phase::Projections;

        if (isRecurrent && hasAttention) { // both side by side (Falcon-H1)
            const Id attention = matrix(Slot::AttentionOutput, attend(normed(Slot::AttentionNorm, x, wide)));
            const Id state = recurrentLayer(normed(Slot::AttentionNorm, x, wide));
            graph.phase = Phase::State;
            const Id both = graph.inPlace(wide, {attention, state});
            Id sum = graph.inPlace(wide, {both, x});
            if (isLast)
                sum = rows(sum);
            return forward(sum, sum, isLast);
        }
        const Id input = l.has(Slot::AttentionNorm) ? normed(Slot::AttentionNorm, x, wide) : x;
        if (hasDeltaNets)
            graph.expand(input);
        if (!isRecurrent && !hasAttention) { // a layer of its own for the feed-forward part (Nemotron-H)
            Id out = feedForward(input, batch.tokens);
            if (isLast) {
                out = rows(out);
                x = rows(x);
            }
            return graph.inPlace(isLast ? Dims{p.embeddingLength, batch.outputs} : wide, {out, x});
        }
        Id out = none;
        if (isRecurrent) {
            out = recurrentLayer(input);
        } else {
            out = attend(input);
            out = matrix(Slot::AttentionOutput, out);
            out = biased(Slot::AttentionOutputBias, out);
        }
        if (isLast)
            out = rows(out);
        const Dims narrow{p.embeddingLength, isLast ? batch.outputs : batch.tokens};
        const bool isNormedAfterwards
            = l.has(Slot::PostAttentionNorm) && (l.has(Slot::ForwardNorm) || l.has(Slot::PostForwardNorm));
        if (isNormedAfterwards)
            out = normed(Slot::PostAttentionNorm, out, narrow);
        const Id residual = isLast ? rows(x) : x;
        const bool hasForward = l.has(Slot::Up) || l.has(Slot::UpExperts) || l.has(Slot::GateUpExperts);
        if (hasForward && !l.has(Slot::ForwardNorm) && !l.has(Slot::PostAttentionNorm)) {
            // Attention and feed-forward part side by side, from the same input.
            const Id side = isLast ? rows(input) : input;
            const Id both = graph.inPlace(narrow, {feedForward(side, narrow.b), out});
            return graph.inPlace(narrow, {both, residual});
        }
        const Id sum = graph.inPlace(narrow, {out, residual});
        return hasForward ? forward(sum, sum, isLast) : sum;
    }

    /// The second half of a layer: norm, feed-forward part, residual.
    Id forward(Id x, Id residual, bool isLast)
    {
        const Layer& l = *current;
        const std::uint64_t tokens = isLast ? batch.outputs : batch.tokens;
        const Dims dims{p.embeddingLength, tokens};
        Id input = x;
        if (l.has(Slot::ForwardNorm))
            input = normed(Slot::ForwardNorm, x, dims);
        else if (l.has(Slot::PostAttentionNorm) && !l.has(Slot::PostForwardNorm))
            input = normed(Slot::PostAttentionNorm, x, dims);
        Id out = feedForward(input, tokens);
        if (l.has(Slot::PostForwardNorm))
            out = normed(Slot::PostForwardNorm, out, dims);
        return graph.inPlace(dims, {out, residual});
    }

    void finish(Id x)
    {
        currentIndex = network.layers.size();
        graph.phase = Phase::Logits;
        const Dims dims{p.embeddingLength, batch.outputs};
        if (architecture.name == "gpt-oss")
            graph[x].isOutput = true; // may be read by a draft model
        const auto weight = [&](const std::optional<Weight>& tensor) {
            const WeightBytes bytes = tensor ? weightBytes[tensor->output] : WeightBytes{};
            return graph.external(batch.outputPlace, bytes.host, bytes.device, true);
        };
        x = graph.inPlace(dims, {x});
        x = graph.inPlace(dims, {x, weight(network.outputNorm)});
        graph[x].isOutput = true;
        const std::uint64_t words = network.output ? network.output->rows : p.vocabularySize;
        x = graph.computed({words, batch.outputs}, {weight(network.output), x});
        if (architecture.name == "gemma2" || architecture.name == "grok" || architecture.name == "gemma3n"
            || architecture.name == "gemma4") {
            for (int step = 0; step < 3; ++step)
                x = graph.inPlace({words, batch.outputs}, {x});
        }
        graph[x].isOutput = true;
        graph.expand(x);
    }
};

} // namespace

std::optional<Slot> slotOf(std::string_view name)
{
    const auto found = std::find_if(slotNames.begin(), slotNames.end(), [name](const auto& row) { return row.first == name; });
    return found == slotNames.end() ? std::nullopt : std::optional(found->second);
}

Graph buildGraph(const Architecture& architecture, const Network& network, const std::vector<WeightBytes>& bytes,
                 const Batch& batch)
{
    Builder builder(architecture, network, bytes, batch);
    builder.build();
    return std::move(builder.graph);
}

} // namespace quantlathe::compute
