// SPDX-License-Identifier: GPL-3.0-or-later
// Facts: the modeling files of the transformers library, llama.cpp's graphs and converter. What sets architectures apart is
// gathered in Traits; the rest is read from which tensors there are.
#include "core/inference/network.h"

#include "core/base/text.h"
#include "core/inference/network_facts.h"
#include "core/inference/network_rope.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <iterator>

namespace quantlathe {

namespace {

struct Traits
{
    std::string_view architecture;
    NormKind norm = NormKind::RootMeanSquare;
    Activation activation = Activation::Silu;
    bool isGemma = false;         ///< embeddings scaled by sqrt(width); checkpoints keep norms as w - 1
    bool isPostNormed = false;    ///< the branches' results are normed, their inputs are not (OLMo 2)
    bool isNormWhole = false;     ///< query/key norm over all heads
    bool hasLearnedPositions = false;
    std::uint64_t noRopePeriod = 0; ///< every n-th layer without rotation
    bool isTopNormalised = true;  ///< weights of the chosen experts add up to 1, where the config does not say
};

constexpr Traits traits[] = {
    {.architecture = "llama"},
    {.architecture = "qwen2"},
    {.architecture = "qwen3"},
    {.architecture = "qwen2moe", .isTopNormalised = false},
    {.architecture = "qwen3moe"},
    {.architecture = "gemma", .activation = Activation::GeluTanh, .isGemma = true},
    {.architecture = "gemma2", .activation = Activation::GeluTanh, .isGemma = true},
    {.architecture = "gemma3", .activation = Activation::GeluTanh, .isGemma = true},
    {.architecture = "phi3"},
    {.architecture = "smollm3", .noRopePeriod = 4},
    {.architecture = "olmo2", .isPostNormed = true, .isNormWhole = true},
    {.architecture = "gpt2", .norm = NormKind::Layer, .activation = Activation::GeluTanh, .hasLearnedPositions = true},
    {.architecture = "gpt-oss", .activation = Activation::ClampedSwiglu},
};

const Traits* traitsOf(std::string_view architecture)
{
    const auto* found = std::find_if(std::begin(traits), std::end(traits),
                                     [&](const Traits& row) { return row.architecture == architecture; });
    return found == std::end(traits) ? nullptr : found;
}

class Builder
{
public:
    Builder(std::shared_ptr<const Model> model, const Traits& rules)
        : m_model(std::move(model)), m_facts(*m_model), m_traits(rules), m_p(m_facts.parameters())
    {
    }

    std::shared_ptr<const Network> build()
    {
        readSizes();
        auto network = std::make_shared<Network>();
        network->model = m_model;
        network->architecture = m_model->architecture().name;
        network->embeddingLength = m_width;
        network->vocabularySize = m_vocabulary;
        network->contextLength = m_p.contextLength;
        network->tokenEmbedding = m_facts.require("token_embd.weight", {m_vocabulary, m_width});
        if (m_traits.isGemma)
            network->embeddingScale = std::sqrt(static_cast<float>(m_width));
        if (m_traits.hasLearnedPositions)
            network->positionEmbedding = positions();
        else
            readRopes(*network);
        network->outputNorm = requireNorm("output_norm", m_width);
        network->output = m_facts.hasLinear("output") ? m_facts.part("output", m_vocabulary, 0, m_vocabulary, m_width) : tiedOutput(*network);
        network->logitSoftcap = softcap("final_logit_softcapping", m_traits.architecture == "gemma2" ? 30.0 : 0.0);
        for (std::uint64_t layer = 0; layer < m_layers; ++layer)
            network->layers.push_back(readLayer(static_cast<std::size_t>(layer)));
        return network;
    }

private:
    // --- sizes ---

    void readSizes()
    {
        m_layers = m_facts.size(m_p.layerCount, "number of layers");
        m_width = m_facts.size(m_p.embeddingLength, "embedding length");
        const auto embedding = m_facts.find("token_embd.weight");
        if (!embedding)
            m_facts.inconsistent("the tensor 'token_embd.weight' is missing");
        m_vocabulary = m_facts.size(m_model->tensors()[*embedding].shape().rowCount(), "vocabulary size");
        const auto tensors = m_model->tensors();
        const bool isResolved = std::any_of(tensors.begin(), tensors.end(), [](const Tensor& tensor) { return !tensor.scheme().empty(); });
        if (!m_facts.isGguf() && !isResolved && m_facts.string({}, {"quantization_config.quant_method"}))
            m_facts.unsupported(fmt::format("folders quantized by '{}' cannot be run yet",
                                            printable(*m_facts.string({}, {"quantization_config.quant_method"}), 40)));
        m_headLength = m_facts.size(m_p.keyLength, "length of a head");
        m_valueLength = m_facts.size(m_p.valueLength, "length of a head's values");
    }

    [[nodiscard]] std::size_t positions() const
    {
        const auto table = m_facts.find("position_embd.weight");
        if (!table || m_model->tensors()[*table].shape().rowLength() != m_width || m_model->tensors()[*table].shape().rank() != 2)
            m_facts.inconsistent("the table of positions is missing or has rows of another length than the embedding");
        return *table;
    }

    [[nodiscard]] Linear tiedOutput(const Network& network) const
    {
        Linear output;
        output.tensor = network.tokenEmbedding;
        output.outputs = m_vocabulary;
        output.inputs = m_width;
        output.bias = m_facts.findVector("output.bias", m_vocabulary);
        return output;
    }

    [[nodiscard]] float softcap(std::string_view name, double otherwise) const
    {
        // Configs know when there is none; files of Gemma 2 before the key existed do not.
        const auto stated = m_facts.real(name, {name});
        if (!stated && !m_facts.isGguf())
            return 0;
        const double cap = stated.value_or(otherwise);
        if (!(cap >= 0))
            m_facts.inconsistent(fmt::format("'{}' is {}", name, cap));
        return static_cast<float>(cap);
    }

    void readRopes(Network& network)
    {
        network.ropes.push_back(readRope(m_facts));
        if (auto sliding = readSlidingRope(m_facts)) {
            network.ropes.push_back(std::move(*sliding));
            m_slidingRope = 1;
        }
    }

    // --- norms ---

    [[nodiscard]] std::optional<Norm> findNorm(const std::string& name, std::uint64_t count) const
    {
        const auto weight = m_facts.findVector(name + ".weight", count);
        if (!weight)
            return std::nullopt;
        Norm norm;
        norm.kind = m_traits.norm;
        norm.weight = weight;
        norm.bias = m_facts.findVector(name + ".bias", count);
        norm.offset = m_traits.isGemma && !m_facts.isGguf() ? 1.0f : 0.0f;
        norm.epsilon = m_p.normEpsilon > 0 ? m_p.normEpsilon : (m_traits.norm == NormKind::Layer ? 1e-5 : 1e-6);
        return norm;
    }

    [[nodiscard]] Norm requireNorm(const std::string& name, std::uint64_t count) const
    {
        auto norm = findNorm(name, count);
        if (!norm)
            m_facts.inconsistent(fmt::format("the tensor '{}.weight' is missing", name));
        return *norm;
    }

    // --- layers ---

    NetworkLayer readLayer(std::size_t index)
    {
        const std::string prefix = fmt::format("blk.{}.", index);
        NetworkLayer layer;
        if (!m_traits.isPostNormed) {
            layer.attentionNorm = requireNorm(prefix + "attn_norm", m_width);
            // gpt-oss names the norm before its feed-forward part after the one behind the attention.
            const bool isRenamed = m_traits.architecture == "gpt-oss" && !findNorm(prefix + "ffn_norm", m_width);
            layer.feedForwardNorm = requireNorm(prefix + (isRenamed ? "post_attention_norm" : "ffn_norm"), m_width);
        }
        if (m_traits.isPostNormed || m_traits.architecture == "gemma2" || m_traits.architecture == "gemma3") {
            layer.postAttentionNorm = requireNorm(prefix + "post_attention_norm", m_width);
            layer.postFeedForwardNorm = requireNorm(prefix + "post_ffw_norm", m_width);
        }
        layer.attention = readAttention(index, prefix);
        if (m_facts.find(prefix + "ffn_gate_inp.weight"))
            layer.experts = readExperts(index, prefix);
        else
            layer.dense = readDense(prefix, "", feedForwardLength(index));
        return layer;
    }

    [[nodiscard]] std::uint64_t feedForwardLength(std::size_t layer) const
    {
        return m_facts.size(layer < m_p.feedForwardLength.size() ? m_p.feedForwardLength[layer] : 0, "feed-forward length");
    }

    Attention readAttention(std::size_t index, const std::string& prefix)
    {
        Attention attention;
        attention.heads = m_facts.size(index < m_p.headCount.size() ? m_p.headCount[index] : 0, "number of attention heads");
        attention.kvHeads = m_facts.size(index < m_p.headCountKv.size() ? m_p.headCountKv[index] : 0, "number of key/value heads");
        if (attention.heads % attention.kvHeads != 0)
            m_facts.inconsistent(fmt::format("{} heads cannot share {} key/value heads", attention.heads, attention.kvHeads));
        attention.headLength = m_headLength;
        attention.valueLength = m_valueLength;
        const std::uint64_t queryRows = attention.heads * m_headLength;
        const std::uint64_t keyRows = attention.kvHeads * m_headLength;
        const std::uint64_t valueRows = attention.kvHeads * m_valueLength;
        if (m_facts.hasLinear(prefix + "attn_qkv")) {
            const std::string fused = prefix + "attn_qkv";
            const std::uint64_t rows = queryRows + keyRows + valueRows;
            attention.query = m_facts.part(fused, rows, 0, queryRows, m_width);
            attention.key = m_facts.part(fused, rows, queryRows, keyRows, m_width);
            attention.value = m_facts.part(fused, rows, queryRows + keyRows, valueRows, m_width);
        } else {
            attention.query = m_facts.linear(prefix + "attn_q", queryRows, m_width);
            attention.key = m_facts.linear(prefix + "attn_k", keyRows, m_width);
            attention.value = m_facts.linear(prefix + "attn_v", valueRows, m_width);
        }
        attention.output = m_facts.linear(prefix + "attn_output", m_width, attention.heads * m_valueLength);
        attention.isNormWhole = m_traits.isNormWhole;
        attention.queryNorm = findNorm(prefix + "attn_q_norm", m_traits.isNormWhole ? queryRows : m_headLength);
        attention.keyNorm = findNorm(prefix + "attn_k_norm", m_traits.isNormWhole ? keyRows : m_headLength);
        attention.sinks = m_facts.findVector(prefix + "attn_sinks.weight", attention.heads);
        attention.scale = static_cast<float>(1 / std::sqrt(scoreDivisor(attention)));
        attention.softcap = m_traits.architecture == "gemma2" ? softcap("attn_logit_softcapping", 50.0) : 0;
        attention.window = isSliding(index) ? m_p.slidingWindow : 0;
        if (!m_traits.hasLearnedPositions && hasRotation(index))
            attention.rope = isSliding(index) ? m_slidingRope : 0;
        return attention;
    }

    /// What scores are divided by the square root of.
    [[nodiscard]] double scoreDivisor(const Attention& attention) const
    {
        if (m_traits.architecture == "gemma2" || m_traits.architecture == "gemma3") {
            if (const auto stated = m_facts.real({}, {"query_pre_attn_scalar"}); stated && *stated > 0)
                return *stated;
            // The 27B models of both families; files do not carry the value.
            if (m_facts.isGguf() && m_p.layerCount == (m_traits.architecture == "gemma2" ? 46u : 62u))
                return static_cast<double>(m_width) / static_cast<double>(attention.heads);
        }
        return static_cast<double>(m_headLength);
    }

    /// GGUF files are run as llama.cpp runs them, which ignores the window of some architectures; folders as the config says.
    [[nodiscard]] bool isSliding(std::size_t layer) const
    {
        if (m_p.slidingWindow == 0)
            return false;
        if (layer < m_p.slidingWindowLayers.size())
            return m_p.slidingWindowLayers[layer];
        if (m_facts.isGguf())
            return false;
        const MetadataArray* kinds = m_facts.configList("layer_types");
        if (kinds && layer < kinds->size() && kinds->elementType() == MetadataType::String)
            return std::get<std::string>(kinds->at(layer)) == "sliding_attention";
        if (const auto first = m_facts.number({}, {"max_window_layers"}))
            return layer >= *first;
        return true;
    }

    [[nodiscard]] bool hasRotation(std::size_t layer) const
    {
        if (const MetadataArray* stated = m_facts.configList("no_rope_layers"); stated && layer < stated->size())
            return toUnsigned(stated->at(layer)).value_or(1) != 0;
        const std::uint64_t period = m_traits.noRopePeriod == 0 ? 0 : m_facts.number({}, {"no_rope_layer_interval"}).value_or(m_traits.noRopePeriod);
        return period == 0 || (layer + 1) % period != 0;
    }

    // --- feed-forward ---

    [[nodiscard]] Activation activation() const
    {
        const auto stated = m_facts.string({}, {"hidden_activation", "hidden_act", "activation_function"});
        if (m_facts.isGguf() || !stated || m_traits.activation == Activation::ClampedSwiglu)
            return m_traits.activation;
        if (*stated == "silu" || *stated == "swish")
            return Activation::Silu;
        // Gemma's first configs say "gelu" and mean the approximation.
        if (*stated == "gelu_pytorch_tanh" || *stated == "gelu_new" || *stated == "gelu_fast" || (*stated == "gelu" && m_traits.isGemma))
            return Activation::GeluTanh;
        if (*stated == "gelu")
            return Activation::GeluErf;
        m_facts.unsupported(fmt::format("the activation '{}' is not known here", printable(*stated, 40)));
    }

    /// @param suffix "" or "_shexp"
    [[nodiscard]] DenseFeedForward readDense(const std::string& prefix, const std::string& suffix, std::uint64_t length) const
    {
        DenseFeedForward part;
        part.activation = activation();
        const std::string up = prefix + "ffn_up" + suffix;
        const std::string gate = prefix + "ffn_gate" + suffix;
        if (m_facts.hasLinear(gate)) {
            part.gate = m_facts.linear(gate, length, m_width);
            part.up = m_facts.linear(up, length, m_width);
        } else if (m_traits.architecture == "phi3") { // both in one, the gate first
            part.gate = m_facts.part(up, 2 * length, 0, length, m_width);
            part.up = m_facts.part(up, 2 * length, length, length, m_width);
        } else if (m_traits.architecture == "gpt2") {
            part.up = m_facts.linear(up, length, m_width);
        } else {
            m_facts.inconsistent(fmt::format("the tensor '{}.weight' is missing", gate));
        }
        part.down = m_facts.linear(prefix + "ffn_down" + suffix, m_width, length);
        return part;
    }

    [[nodiscard]] ExpertFeedForward readExperts(std::size_t layer, const std::string& prefix) const
    {
        ExpertFeedForward part;
        const std::uint64_t experts = m_facts.size(m_p.expertCount, "number of experts");
        part.used = m_facts.size(m_p.expertUsedCount, "number of experts used per token");
        if (part.used > experts)
            m_facts.inconsistent(fmt::format("{} of {} experts cannot be used", part.used, experts));
        part.router = m_facts.linear(prefix + "ffn_gate_inp", experts, m_width);
        part.isNormalised = m_facts.configFlag("norm_topk_prob").value_or(m_traits.isTopNormalised);
        const std::uint64_t length = m_p.expertFeedForwardLength > 0 ? m_facts.size(m_p.expertFeedForwardLength, "experts' feed-forward length")
                                                                     : feedForwardLength(layer);
        part.experts.resize(experts);
        if (m_facts.hasLinear(prefix + "ffn_gate_up_exps"))
            readFusedExperts(prefix, experts, length, part);
        else
            readSeparateExperts(prefix, experts, length, part);
        if (m_facts.hasLinear(prefix + "ffn_up_shexp")) {
            const auto up = m_facts.find(prefix + "ffn_up_shexp.weight");
            part.shared = readDense(prefix, "_shexp", m_model->tensors()[*up].shape().rowCount());
            if (const auto gate = m_facts.findVector(prefix + "ffn_gate_inp_shexp.weight", m_width)) {
                part.sharedGate = Linear{.tensor = *gate, .outputs = 1, .inputs = m_width, .bias = std::nullopt};
            }
        }
        return part;
    }

    void readSeparateExperts(const std::string& prefix, std::uint64_t experts, std::uint64_t length, ExpertFeedForward& part) const
    {
        const auto gates = m_facts.expertLinears(prefix + "ffn_gate_exps", experts, length, m_width);
        const auto ups = m_facts.expertLinears(prefix + "ffn_up_exps", experts, length, m_width);
        const auto downs = m_facts.expertLinears(prefix + "ffn_down_exps", experts, m_width, length);
        for (std::size_t expert = 0; expert < experts; ++expert)
            part.experts[expert] = {.gate = gates[expert], .up = ups[expert], .down = downs[expert], .activation = activation()};
    }

    /// gpt-oss' checkpoints: stacks of transposed matrices, gate and up in turns.
    void readFusedExperts(const std::string& prefix, std::uint64_t experts, std::uint64_t length, ExpertFeedForward& part) const
    {
        if (m_traits.architecture != "gpt-oss")
            m_facts.unsupported("experts whose gate and up matrices are one tensor cannot be run yet");
        const std::size_t both = m_facts.require(prefix + "ffn_gate_up_exps.weight", {experts, m_width, 2 * length});
        const std::size_t down = m_facts.require(prefix + "ffn_down_exps.weight", {experts, length, m_width});
        const auto bothBias = m_facts.find(prefix + "ffn_gate_up_exps.bias", {experts, 2 * length});
        const auto downBias = m_facts.find(prefix + "ffn_down_exps.bias", {experts, m_width});
        for (std::uint64_t expert = 0; expert < experts; ++expert) {
            const auto stacked = [&](std::size_t tensor, std::uint64_t first, std::uint64_t step, std::uint64_t outputs, std::uint64_t inputs,
                                     std::optional<std::size_t> bias) {
                return Linear{.tensor = tensor, .firstRow = first, .rowStep = step, .outputs = outputs, .inputs = inputs, .isTransposed = true,
                              .blockRows = inputs, .bias = bias, .biasFirst = expert * outputs * step + first, .biasStep = step,
                              .expert = static_cast<std::uint32_t>(expert)};
            };
            part.experts[expert] = {.gate = stacked(both, 0, 2, length, m_width, bothBias), .up = stacked(both, 1, 2, length, m_width, bothBias),
                                    .down = stacked(down, 0, 1, m_width, length, downBias), .activation = m_traits.activation};
        }
    }

    std::shared_ptr<const Model> m_model;
    NetworkFacts m_facts;
    const Traits& m_traits;
    const Hyperparameters& m_p;
    std::uint64_t m_layers = 0;
    std::uint64_t m_width = 0;
    std::uint64_t m_vocabulary = 0;
    std::uint64_t m_headLength = 0;
    std::uint64_t m_valueLength = 0;
    std::size_t m_slidingRope = 0;
};

} // namespace

std::vector<std::string_view> runnableArchitectures()
{
    std::vector<std::string_view> names;
    for (const Traits& row : traits)
        names.push_back(row.architecture);
    return names;
}

bool isRunnable(const Model& model)
{
    return traitsOf(model.architecture().name) != nullptr;
}

std::shared_ptr<const Network> makeNetwork(std::shared_ptr<const Model> model)
{
    const std::string& name = model->architecture().name;
    const Traits* rules = traitsOf(name);
    if (!rules) {
        NetworkFacts(*model).unsupported(name.empty() ? std::string("the model does not say what architecture it has, so it cannot be run")
                                                      : fmt::format("models of the architecture '{}' cannot be run yet", printable(name, 60)));
    }
    return Builder(std::move(model), *rules).build();
}

} // namespace quantlathe
