// SPDX-License-Identifier: GPL-3.0-or-later
// config.json from GGUF's keys: the inverse of features.cpp and rope_settings.cpp.
#include "core/base/error.h"
#include "core/base/text.h"
#include "core/convert/gguf_contents.h"
#include "core/inference/rope.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace quantlathe {

namespace {

using Json = nlohmann::ordered_json;

struct ClassName
{
    std::string_view architecture;
    const char* className;
    const char* modelType;
};
constexpr ClassName classNames[] = {{"llama", "LlamaForCausalLM", "llama"},          {"qwen2", "Qwen2ForCausalLM", "qwen2"},
                                    {"qwen2moe", "Qwen2MoeForCausalLM", "qwen2_moe"}, {"qwen3", "Qwen3ForCausalLM", "qwen3"},
                                    {"qwen3moe", "Qwen3MoeForCausalLM", "qwen3_moe"}, {"gemma", "GemmaForCausalLM", "gemma"},
                                    {"gemma2", "Gemma2ForCausalLM", "gemma2"},        {"gemma3", "Gemma3ForCausalLM", "gemma3_text"},
                                    {"phi3", "Phi3ForCausalLM", "phi3"},              {"olmo2", "Olmo2ForCausalLM", "olmo2"},
                                    {"smollm3", "SmolLM3ForCausalLM", "smollm3"},     {"deepseek2", "DeepseekV2ForCausalLM", "deepseek_v2"},
                                    {"gpt2", "GPT2LMHeadModel", "gpt2"}};

class ConfigWriter
{
public:
    ConfigWriter(const Model& model, const std::vector<FolderTensor>& tensors, std::vector<std::string>& notes)
        : m_model(model), m_keys(model.metadata()), m_architecture(model.architecture().name), m_tensors(tensors), m_notes(notes)
    {
    }

    Json write()
    {
        names();
        if (m_architecture == "gpt2") {
            gpt2();
            tokens();
            return std::move(m_config);
        }
        sizes();
        if (m_architecture == "deepseek2")
            latent();
        else
            experts();
        if (m_architecture.starts_with("gemma"))
            gemma();
        else
            m_config["hidden_act"] = "silu";
        rope();
        m_config["tie_word_embeddings"] = !has("lm_head.weight");
        tokens();
        return std::move(m_config);
    }

private:
    [[nodiscard]] bool has(std::string_view name) const
    {
        return std::any_of(m_tensors.begin(), m_tensors.end(), [&](const FolderTensor& tensor) { return tensor.weights.name() == name; });
    }
    [[nodiscard]] std::string key(std::string_view rest) const { return fmt::format("{}.{}", m_architecture, rest); }
    [[nodiscard]] std::optional<std::uint64_t> whole(std::string_view rest) const { return m_keys.unsignedInteger(key(rest)); }
    [[nodiscard]] std::optional<double> real(std::string_view rest) const { return m_keys.real(key(rest)); }
    [[noreturn]] void fail(ErrorKind kind, std::string message) const { throw Error(kind, std::move(message), {m_model.path(), std::nullopt, {}}); }
    [[nodiscard]] std::uint64_t need(std::string_view rest) const
    {
        const auto value = whole(rest);
        if (!value || *value == 0)
            fail(ErrorKind::BadFormat, fmt::format("has no '{}'", key(rest)));
        return *value;
    }
    [[nodiscard]] const Tensor* source(std::string_view name) const
    {
        const auto index = m_model.indexOf(name);
        return index ? &m_model.tensors()[*index] : nullptr;
    }
    [[nodiscard]] std::vector<double> values(std::string_view name) const
    {
        const Tensor* tensor = source(name);
        if (!tensor || !tensor->canDecode() || tensor->shape().rank() != 1)
            return {};
        std::vector<float> weights(tensor->shape().weightCount());
        tensor->decodeRows(0, 1, weights.data());
        return {weights.begin(), weights.end()};
    }

    void names()
    {
        const bool isMixtral = m_architecture == "llama" && whole("expert_count").value_or(0) > 0;
        for (const ClassName& row : classNames) {
            if (row.architecture == m_architecture) {
                m_config["architectures"] = Json::array({isMixtral ? "MixtralForCausalLM" : row.className});
                m_config["model_type"] = isMixtral ? "mixtral" : row.modelType;
            }
        }
    }

    void sizes()
    {
        m_width = need("embedding_length");
        m_heads = need("attention.head_count");
        m_headLength = whole("attention.key_length").value_or(m_width / m_heads);
        m_context = need("context_length");
        m_config["hidden_size"] = m_width;
        m_config["intermediate_size"] = whole("feed_forward_length").value_or(0);
        m_config["num_hidden_layers"] = need("block_count");
        m_config["num_attention_heads"] = m_heads;
        m_config["num_key_value_heads"] = whole("attention.head_count_kv").value_or(m_heads);
        m_config["head_dim"] = m_headLength;
        m_config["max_position_embeddings"] = m_context;
        m_config["rms_norm_eps"] = rounded(real("attention.layer_norm_rms_epsilon").value_or(1e-5));
        m_config["vocab_size"] = vocabulary();
        if (m_architecture == "olmo2")
            olmo();
        if (m_architecture == "smollm3")
            m_config["no_rope_layer_interval"] = 4; // what engines compute
        if (m_architecture == "llama") {
            m_config["attention_bias"] = has("model.layers.0.self_attn.q_proj.bias");
            m_config["mlp_bias"] = has("model.layers.0.mlp.gate_proj.bias");
        }
        if (m_architecture.starts_with("qwen2") || m_architecture.starts_with("qwen3"))
            m_config["use_sliding_window"] = false;
        if (m_architecture == "phi3") {
            m_config["partial_rotary_factor"] = static_cast<double>(whole("rope.dimension_count").value_or(m_headLength)) / static_cast<double>(m_headLength);
            if (const auto window = whole("attention.sliding_window"); window && *window > 0)
                m_config["sliding_window"] = *window;
        }
    }

    /// What its loader reads is named otherwise than in all others.
    void gpt2()
    {
        m_width = need("embedding_length");
        const std::uint64_t inner = need("feed_forward_length");
        m_config["vocab_size"] = vocabulary();
        m_config["n_embd"] = m_width;
        m_config["n_layer"] = need("block_count");
        m_config["n_head"] = need("attention.head_count");
        m_config["n_positions"] = need("context_length");
        m_config["n_ctx"] = need("context_length");
        m_config["n_inner"] = inner == 4 * m_width ? Json(nullptr) : Json(inner);
        m_config["layer_norm_epsilon"] = rounded(real("attention.layer_norm_epsilon").value_or(1e-5));
        m_config["activation_function"] = "gelu_new";
        m_config["tie_word_embeddings"] = !has("lm_head.weight");
    }

    /// DeepSeek V2 and V3: heads are made of latents.
    void latent()
    {
        const bool isThird = whole("expert_gating_func").value_or(1) == 2;
        if (isThird) {
            m_config["architectures"] = Json::array({"DeepseekV3ForCausalLM"});
            m_config["model_type"] = "deepseek_v3";
        }
        const std::uint64_t rotated = need("rope.dimension_count");
        // Files from before the cache was one head to engines have the plain keys.
        const std::uint64_t head = whole("attention.key_length_mla").value_or(whole("attention.key_length").value_or(0));
        if (head <= rotated)
            fail(ErrorKind::BadFormat, fmt::format("has heads of {} dimensions, of which {} are rotated", head, rotated));
        m_config.erase("head_dim");
        m_config["num_key_value_heads"] = m_heads;
        m_config["q_lora_rank"] = whole("attention.q_lora_rank").value_or(0) > 0 ? Json(*whole("attention.q_lora_rank")) : Json(nullptr);
        m_config["kv_lora_rank"] = need("attention.kv_lora_rank");
        m_config["qk_nope_head_dim"] = head - rotated;
        m_config["qk_rope_head_dim"] = rotated;
        m_config["v_head_dim"] = whole("attention.value_length_mla").value_or(whole("attention.value_length").value_or(0));
        m_config["attention_bias"] = false;
        m_config["first_k_dense_replace"] = whole("leading_dense_block_count").value_or(0);
        if (whole("expert_count").value_or(0) == 0)
            return;
        m_config["n_routed_experts"] = need("expert_count");
        m_config["num_experts_per_tok"] = need("expert_used_count");
        m_config["moe_intermediate_size"] = need("expert_feed_forward_length");
        m_config["n_shared_experts"] = whole("expert_shared_count").value_or(0);
        m_config["moe_layer_freq"] = 1;
        m_config["routed_scaling_factor"] = rounded(real("expert_weights_scale").value_or(1));
        m_config["norm_topk_prob"] = m_keys.boolean(key("expert_weights_norm")).value_or(false);
        const std::uint64_t groups = whole("expert_group_count").value_or(1);
        m_config["n_group"] = groups;
        m_config["topk_group"] = whole("expert_group_used_count").value_or(1);
        m_config["topk_method"] = isThird ? "noaux_tc" : groups > 1 ? "group_limited_greedy" : "greedy";
        m_config["scoring_func"] = isThird ? "sigmoid" : "softmax";
    }

    [[nodiscard]] std::uint64_t vocabulary() const
    {
        const Tensor* embedding = source("token_embd.weight");
        if (!embedding)
            fail(ErrorKind::BadFormat, "has no token_embd.weight");
        return embedding->shape().rowCount();
    }

    /// OLMo 3 is OLMo 2 with a window in most layers.
    void olmo()
    {
        m_config["attention_bias"] = false;
        const std::uint64_t window = whole("attention.sliding_window").value_or(0);
        if (window == 0)
            return;
        m_config["architectures"] = Json::array({"Olmo3ForCausalLM"});
        m_config["model_type"] = "olmo3";
        m_config["sliding_window"] = window;
        const MetadataArray* pattern = m_keys.array(key("attention.sliding_window_pattern"));
        Json kinds = Json::array();
        for (std::uint64_t layer = 0; layer < need("block_count"); ++layer) {
            bool isSliding = (layer + 1) % 4 != 0; // the published ones
            if (pattern && layer < pattern->size()) {
                const MetadataScalar stated = pattern->at(layer);
                const auto* flag = std::get_if<bool>(&stated);
                isSliding = flag ? *flag : toUnsigned(stated).value_or(0) != 0;
            }
            kinds.push_back(isSliding ? "sliding_attention" : "full_attention");
        }
        m_config["layer_types"] = std::move(kinds);
    }

    void experts()
    {
        const std::uint64_t count = whole("expert_count").value_or(0);
        if (count == 0)
            return;
        const bool isMixtral = m_architecture == "llama";
        m_config[isMixtral ? "num_local_experts" : "num_experts"] = count;
        m_config["num_experts_per_tok"] = need("expert_used_count");
        if (isMixtral)
            return;
        const auto length = whole("expert_feed_forward_length");
        const Tensor* stack = source("blk.0.ffn_down_exps.weight");
        m_config["moe_intermediate_size"] = length ? *length : stack ? stack->shape().rowLength() : 0;
        m_config["norm_topk_prob"] = m_architecture == "qwen3moe"; // what engines compute
        m_config["decoder_sparse_step"] = 1;
        m_config["mlp_only_layers"] = Json::array();
        if (m_architecture == "qwen2moe") {
            const Tensor* shared = source("blk.0.ffn_down_shexp.weight");
            m_config["shared_expert_intermediate_size"] = whole("expert_shared_feed_forward_length").value_or(shared ? shared->shape().rowLength() : 0);
        }
    }

    void gemma()
    {
        m_config["hidden_activation"] = "gelu_pytorch_tanh";
        if (m_architecture == "gemma") {
            m_config["hidden_act"] = "gelu_pytorch_tanh";
            return;
        }
        // Engines scale by the head's length, but for the largest models.
        const bool isLargest = m_config["num_hidden_layers"] == (m_architecture == "gemma2" ? 46 : 62);
        m_config["query_pre_attn_scalar"] = isLargest ? m_width / m_heads : m_headLength;
        m_config["sliding_window"] = whole("attention.sliding_window").value_or(4096);
        const std::uint64_t period = m_architecture == "gemma2" ? 2 : 6;
        Json kinds = Json::array();
        for (std::uint64_t layer = 0; layer < need("block_count"); ++layer)
            kinds.push_back(layer % period < period - 1 ? "sliding_attention" : "full_attention");
        m_config["layer_types"] = std::move(kinds);
        const auto cap = [&](std::string_view name) -> Json { return real(name) ? Json(*real(name)) : Json(nullptr); };
        m_config["attn_logit_softcapping"] = cap("attn_logit_softcapping");
        m_config["final_logit_softcapping"] = cap("final_logit_softcapping");
    }

    void rope()
    {
        const double base = rounded(real("rope.freq_base").value_or(1e4));
        m_config["rope_theta"] = base;
        if (m_architecture == "gemma3")
            m_config["rope_local_base_freq"] = rounded(real("rope.freq_base_swa").value_or(1e4));
        const std::string type = m_keys.string(key("rope.scaling.type")).value_or("none");
        if (const auto divisors = values("rope_freqs.weight"); !divisors.empty())
            return llama3(base, divisors);
        if (m_architecture == "phi3") {
            longRope();
            return;
        }
        if (type == "linear" || type == "yarn") {
            Json scaling{{"rope_type", type}, {"factor", rounded(real("rope.scaling.factor").value_or(1))}};
            if (type == "yarn")
                yarn(scaling);
            m_config["rope_scaling"] = std::move(scaling);
        } else if (type != "none") {
            fail(ErrorKind::Unsupported, fmt::format("rope scaling '{}' cannot be translated back", printable(type, 40)));
        }
    }

    void yarn(Json& scaling) const
    {
        scaling["original_max_position_embeddings"] = whole("rope.scaling.original_context_length").value_or(m_context);
        for (const auto& [ours, theirs] : {std::pair{"yarn_ext_factor", "extrapolation_factor"}, {"yarn_beta_fast", "beta_fast"}, {"yarn_beta_slow", "beta_slow"}}) {
            if (const auto value = real(fmt::format("rope.scaling.{}", ours)))
                scaling[theirs] = rounded(*value);
        }
        if (const auto isRounded = m_keys.boolean(key("rope.scaling.yarn_truncate")))
            scaling["truncate"] = *isRounded;
        // The file's factor multiplies the usual one, the configuration's takes its place.
        const double factor = scaling["factor"].get<double>();
        if (const auto share = real("rope.scaling.attn_factor"))
            scaling["attention_factor"] = rounded(*share * (factor > 1 ? 1 + 0.1 * std::log(factor) : 1));
        // Published models have both the same, which cancel in the embedding and remain in the scale of the scores.
        if (const auto multiplier = real("rope.scaling.yarn_log_multiplier"); multiplier && *multiplier != 0)
            scaling["mscale"] = scaling["mscale_all_dim"] = rounded(10 * rounded(*multiplier));
    }

    /// The ends of Llama 3.1's ramp, in units of the lower one.
    struct Ramp
    {
        double high = 4;
        double original = 8192;
    };

    /// The file has the divisors only. Between the ends 1 / divisor = (1 - s) / factor + s, and s = (original / wavelength - low) / (high - low) is
    /// linear in the frequency: two pairs on the ramp tell the rest, but for a common scale of all three that changes nothing.
    static std::optional<Ramp> fittedRamp(const std::vector<double>& frequencies, const std::vector<double>& divisors, double factor)
    {
        std::vector<std::pair<double, double>> points; // 1 / wavelength, s
        for (std::size_t pair = 0; pair < divisors.size(); ++pair) {
            const double share = (1 / divisors[pair] - 1 / factor) / (1 - 1 / factor);
            if (share > 1e-4 && share < 1 - 1e-4)
                points.emplace_back(frequencies[pair] / (2 * M_PI), share);
        }
        if (points.empty())
            return std::nullopt;
        if (points.size() == 1) // with the usual ends
            return Ramp{4, (1 + 3 * points.front().second) / points.front().first};
        const double slope = (points.front().second - points.back().second) / (points.front().first - points.back().first);
        const double offset = slope * points.front().first - points.front().second;
        if (!(slope > 0) || !(offset > 0))
            return std::nullopt; // also where two pairs are the same
        return Ramp{1 + 1 / offset, slope / offset};
    }

    /// Every published model has the ends 1 and 4 and the context 8192: that is tried first, and whatever is tried is checked.
    void llama3(double base, const std::vector<double>& divisors)
    {
        const double factor = *std::max_element(divisors.begin(), divisors.end());
        const std::vector<double> plain = ropeFrequencies(base, 2 * divisors.size());
        std::vector<Ramp> candidates{{4, 8192}};
        if (const auto fitted = factor > 1 ? fittedRamp(plain, divisors, factor) : std::nullopt)
            candidates.push_back(*fitted);
        for (const Ramp& ramp : candidates) {
            std::vector<double> scaled = plain;
            scaleLlama3(scaled, factor, 1, ramp.high, ramp.original);
            bool isSame = true;
            for (std::size_t pair = 0; pair < plain.size(); ++pair)
                isSame = isSame && std::fabs(plain[pair] / scaled[pair] - divisors[pair]) < 1e-4 * divisors[pair];
            if (isSame) {
                m_config["rope_scaling"] = {{"rope_type", "llama3"}, {"factor", rounded(factor)}, {"low_freq_factor", 1.0}, {"high_freq_factor", rounded(ramp.high)},
                                            {"original_max_position_embeddings", rounded(ramp.original)}};
                return;
            }
        }
        fail(ErrorKind::Unsupported, "its rope_freqs are not those of Llama 3.1's scaling: which values made them cannot be told");
    }

    void longRope()
    {
        const auto longFactors = values("rope_factors_long.weight");
        const auto shortFactors = values("rope_factors_short.weight");
        const std::uint64_t original = whole("rope.scaling.original_context_length").value_or(m_context);
        m_config["original_max_position_embeddings"] = original;
        if (longFactors.empty() || shortFactors.empty())
            return;
        const auto list = [](const std::vector<double>& numbers) {
            Json result = Json::array();
            for (const double number : numbers)
                result.push_back(rounded(number));
            return result;
        };
        m_config["rope_scaling"] = {{"type", "longrope"}, {"long_factor", list(longFactors)}, {"short_factor", list(shortFactors)}};
    }

    void tokens()
    {
        for (const auto& [ours, theirs] : {std::pair{"bos", "bos_token_id"}, {"eos", "eos_token_id"}, {"padding", "pad_token_id"}}) {
            if (const auto id = m_keys.unsignedInteger(fmt::format("tokenizer.ggml.{}_token_id", ours)))
                m_config[theirs] = *id;
        }
        // Left out it would be the class' own, which smaller vocabularies do not have.
        if (!m_config.contains("pad_token_id"))
            m_config["pad_token_id"] = nullptr;
    }

    /// A float's shortest decimal: 1e-05 and not 9.999999747e-06.
    static double rounded(double value) { return std::stod(fmt::format("{}", static_cast<float>(value))); }

    const Model& m_model;
    const Metadata& m_keys;
    std::string m_architecture;
    const std::vector<FolderTensor>& m_tensors;
    std::vector<std::string>& m_notes;
    Json m_config;
    std::uint64_t m_width = 0;
    std::uint64_t m_heads = 0;
    std::uint64_t m_headLength = 0;
    std::uint64_t m_context = 0;
};

} // namespace

nlohmann::ordered_json configOfGguf(const Model& model, const std::vector<FolderTensor>& tensors, std::vector<std::string>& notes)
{
    return ConfigWriter(model, tensors, notes).write();
}

} // namespace quantlathe
