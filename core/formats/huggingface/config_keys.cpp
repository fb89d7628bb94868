// SPDX-License-Identifier: GPL-3.0-or-later
// config.json in GGUF's keys. Facts: the transformers library's configuration classes, llama.cpp's converter.
#include "core/base/checked.h"
#include "core/formats/huggingface/config.h"
#include "core/model/architecture_tables.h"

#include <algorithm>
#include <fmt/format.h>
#include <initializer_list>
#include <iterator>
#include <unordered_set>
#include <utility>

namespace quantlathe::huggingface {

namespace {

/// From "model_type" to GGUF's id. Types that are called the same in both are not listed.
struct TypeName
{
    std::string_view modelType;
    std::string_view gguf;
};

constexpr TypeName typeNames[] = {
    {"mistral", "llama"},
    {"mixtral", "llama"},
    {"ministral3", "mistral3"},
    {"llama4_text", "llama4"},
    {"qwen2_moe", "qwen2moe"},
    {"qwen3_moe", "qwen3moe"},
    {"qwen3_next", "qwen3next"},
    {"qwen3_5", "qwen35"},
    {"qwen3_5_text", "qwen35"},
    {"qwen3_5_moe", "qwen35moe"},
    {"qwen3_5_moe_text", "qwen35moe"},
    {"qwen2_vl", "qwen2vl"},
    {"qwen2_5_vl", "qwen2vl"},
    {"qwen2_vl_text", "qwen2vl"},
    {"qwen2_5_vl_text", "qwen2vl"},
    {"qwen3_vl", "qwen3vl"},
    {"qwen3_vl_text", "qwen3vl"},
    {"qwen3_vl_moe", "qwen3vlmoe"},
    {"qwen3_vl_moe_text", "qwen3vlmoe"},
    {"gemma3_text", "gemma3"},
    {"gemma3n_text", "gemma3n"},
    {"gemma4_text", "gemma4"},
    {"phi", "phi2"},
    {"phi-msft", "phi2"},
    {"phi3_v", "phi3"},
    {"gpt_neox", "gptneox"},
    {"gpt_oss", "gpt-oss"},
    {"gpt_bigcode", "starcoder"},
    {"RefinedWeb", "falcon"},
    {"RefinedWebModel", "falcon"},
    {"falcon_h1", "falcon-h1"},
    {"deepseek_v2", "deepseek2"},
    {"deepseek_v3", "deepseek2"},
    {"kimi_k2", "deepseek2"},
    {"cohere", "command-r"},
    {"olmo3", "olmo2"},
    {"granitemoehybrid", "granitehybrid"},
    {"falcon_mamba", "mamba"},
    {"nemotron-h", "nemotron_h"},
    {"rwkv5", "rwkv6"},
    {"t5", "t5"},
    {"umt5", "t5"},
    {"mpt", "mpt"},
    {"glm4_moe", "glm4moe"},
    {"nomic_bert", "nomic-bert"},
    {"kimi_linear", "kimi-linear"},
};

/// Types whose feed-forward part is four times as wide as the model where the config does not say.
constexpr std::string_view fourfoldTypes[] = {
    "gpt2", "gptj", "gpt_bigcode", "falcon", "RefinedWeb", "RefinedWebModel", "bloom", "mpt", "gpt_neo", "phi-msft"};
/// Types that name the feed-forward length of the experts only.
constexpr std::string_view expertOnlyTypes[] = {"mixtral", "phimoe", "granitemoe", "gpt_oss", "dbrx"};

template <std::size_t count> bool contains(const std::string_view (&list)[count], std::string_view word)
{
    return std::find(std::begin(list), std::end(list), word) != std::end(list);
}

/// One GGUF key and the names it has in configs, the first that is there wins.
struct KeyRow
{
    std::string_view gguf;
    std::initializer_list<std::string_view> names;
};

const KeyRow wholeNumbers[] = {
    {"context_length",
     {"max_position_embeddings", "n_positions", "max_sequence_length", "seq_length", "n_ctx", "max_seq_len",
      "model_max_length", "context_length"}},
    {"embedding_length", {"hidden_size", "n_embd", "d_model", "dim", "model_dim"}},
    {"vocab_size", {"vocab_size", "padded_vocab_size"}},
    {"expert_count",
     {"num_local_experts", "num_experts", "n_routed_experts", "moe_num_experts",
      "ffn_config.moe_num_experts"}},
    {"expert_used_count",
     {"num_experts_per_tok", "experts_per_token", "num_experts_per_token", "moe_topk", "moe_top_k",
      "ffn_config.moe_top_k"}},
    {"expert_feed_forward_length", {"moe_intermediate_size", "expert_ffn_hidden_size"}},
    {"expert_shared_count", {"n_shared_experts", "num_shared_experts"}},
    {"expert_shared_feed_forward_length", {"shared_expert_intermediate_size"}},
    {"leading_dense_block_count", {"first_k_dense_replace"}},
    {"attention.q_lora_rank", {"q_lora_rank"}},
    {"attention.kv_lora_rank", {"kv_lora_rank"}},
    {"attention.shared_kv_layers", {"num_kv_shared_layers"}},
    {"full_attention_interval", {"full_attention_interval"}},
    {"ssm.conv_kernel", {"conv_kernel", "d_conv", "mamba_d_conv", "linear_conv_kernel_dim"}},
    {"ssm.state_size", {"ssm_state_size", "state_size", "d_state", "mamba_d_state", "linear_key_head_dim"}},
    {"ssm.group_count", {"n_groups", "mamba_n_groups", "linear_num_key_heads"}},
    {"ssm.time_step_rank",
     {"time_step_rank", "dt_rank", "mamba_n_heads", "mamba_num_heads", "mamba_dt_rank",
      "linear_num_value_heads"}},
    {"shortconv.l_cache", {"conv_L_cache"}},
};

const KeyRow realNumbers[] = {
    {"rope.freq_base",
     {"rope_theta", "rope_parameters.rope_theta", "rope_parameters.full_attention.rope_theta",
      "rotary_emb_base", "attn_config.rope_theta", "rope_base"}},
    {"attention.layer_norm_rms_epsilon",
     {"rms_norm_eps", "norm_eps", "layer_norm_epsilon", "layer_norm_eps", "layernorm_epsilon",
      "norm_epsilon"}},
};

class Translator
{
public:
    explicit Translator(const Metadata& config) : m_config(config)
    {
        // Models that see or hear keep the language model's values in a part of their own.
        for (const std::string_view part :
             {"text_config.", "llm_config.", "language_config.", "thinker_config.text_config."}) {
            if (has(part, "hidden_size") || has(part, "model_type")) {
                m_part = part;
                break;
            }
        }
        m_type = string("model_type").value_or("");
    }

    Metadata translate()
    {
        m_architecture = m_type;
        for (const TypeName& name : typeNames) {
            if (name.modelType == m_type)
                m_architecture = name.gguf;
        }
        if (m_architecture.empty())
            return {};
        m_keys.append("general.architecture", MetadataValue::ofString(m_architecture));
        m_layers = number({"num_hidden_layers", "n_layer", "num_layers", "n_layers"});
        put("block_count", m_layers);
        for (const KeyRow& row : wholeNumbers)
            put(row.gguf, number(row.names));
        for (const KeyRow& row : realNumbers) {
            if (const auto value = real(row.names))
                m_keys.append(key(row.gguf), MetadataValue::ofF32(static_cast<float>(*value)));
        }
        feedForward();
        attention();
        slidingWindow();
        stateSpace();
        return std::move(m_keys);
    }

private:
    [[nodiscard]] bool has(std::string_view part, std::string_view name) const
    {
        return m_config.find(fmt::format("{}{}", part, name)) != nullptr;
    }
    [[nodiscard]] std::string key(std::string_view rest) const
    {
        return fmt::format("{}.{}", m_architecture, rest);
    }

    /// The value of a key: in the language model's part, or else at the top.
    [[nodiscard]] const MetadataValue* find(std::string_view name) const
    {
        if (!m_part.empty()) {
            if (const MetadataValue* value = m_config.find(fmt::format("{}{}", m_part, name)))
                return value;
        }
        return m_config.find(name);
    }
    [[nodiscard]] const MetadataScalar* scalar(std::string_view name) const
    {
        const MetadataValue* value = find(name);
        return value ? std::get_if<MetadataScalar>(&value->value) : nullptr;
    }
    [[nodiscard]] const MetadataArray* array(std::string_view name) const
    {
        const MetadataValue* value = find(name);
        return value ? std::get_if<MetadataArray>(&value->value) : nullptr;
    }
    [[nodiscard]] std::optional<std::uint64_t> number(std::initializer_list<std::string_view> names) const
    {
        for (const std::string_view name : names) {
            const MetadataScalar* value = scalar(name);
            const auto found = value ? toUnsigned(*value) : std::nullopt;
            if (found)
                return found;
        }
        return std::nullopt;
    }
    [[nodiscard]] std::optional<double> real(std::initializer_list<std::string_view> names) const
    {
        for (const std::string_view name : names) {
            const MetadataScalar* value = scalar(name);
            const auto found = value ? toReal(*value) : std::nullopt;
            if (found)
                return found;
        }
        return std::nullopt;
    }
    [[nodiscard]] std::optional<std::string> string(std::string_view name) const
    {
        const MetadataScalar* value = scalar(name);
        const auto* text = value ? std::get_if<std::string>(value) : nullptr;
        return text ? std::optional(*text) : std::nullopt;
    }
    [[nodiscard]] bool isTrue(std::string_view name) const
    {
        const MetadataScalar* value = scalar(name);
        const auto* flag = value ? std::get_if<bool>(value) : nullptr;
        return flag && *flag;
    }
    [[nodiscard]] bool isFalse(std::string_view name) const
    {
        const MetadataScalar* value = scalar(name);
        const auto* flag = value ? std::get_if<bool>(value) : nullptr;
        return flag && !*flag;
    }

    void put(std::string_view gguf, std::optional<std::uint64_t> value)
    {
        if (value)
            m_keys.append(key(gguf), MetadataValue::ofU64(*value));
    }
    /// A number for all layers, or a list with one for each.
    bool putPerLayer(std::string_view gguf, std::initializer_list<std::string_view> names)
    {
        if (const auto single = number(names)) {
            put(gguf, single);
            return true;
        }
        for (const std::string_view name : names) {
            if (const MetadataArray* list = array(name)) {
                m_keys.append(key(gguf), MetadataValue::ofArray(*list));
                return true;
            }
        }
        return false;
    }

    void feedForward()
    {
        if (m_type == "qwen") { // counts gate and up together
            if (const auto both = number({"intermediate_size"}))
                put("feed_forward_length", *both / 2);
            return;
        }
        const bool isStated =
            putPerLayer("feed_forward_length", {"intermediate_size", "n_inner", "ffn_hidden_size", "d_ff",
                                                "ffn_config.ffn_hidden_size", "ffn_dim"});
        const auto width = number({"hidden_size", "n_embd", "d_model"});
        if (!isStated && width && contains(fourfoldTypes, m_type)) {
            if (const auto fourfold = checkedMultiply(*width, 4))
                put("feed_forward_length", fourfold);
        }
        if (contains(expertOnlyTypes, m_type))
            put("expert_feed_forward_length", number({"intermediate_size", "ffn_config.ffn_hidden_size"}));
    }

    void attention()
    {
        const auto heads = number({"num_attention_heads", "n_head", "n_heads", "num_heads"});
        if (heads)
            put("attention.head_count", heads);
        else
            putPerLayer("attention.head_count", {"num_query_heads", "num_attention_heads"});
        if (const auto rank = number({"kv_lora_rank"})) {
            latentAttention(*rank);
            return;
        }
        keyValueHeads();
        const auto headLength = number({"head_dim", "kv_channels", "d_kv", "attention_head_dim"});
        put("attention.key_length", headLength);
        put("attention.value_length", headLength);
        put("attention.key_length_swa", number({"swa_head_dim"}));
        put("attention.value_length_swa", number({"swa_head_dim"}));
        const auto width = number({"hidden_size", "n_embd", "d_model"});
        const std::uint64_t perHead = headLength.value_or(width && heads && *heads > 0 ? *width / *heads : 0);
        if (const auto dimension = number({"rotary_dim"})) {
            put("rope.dimension_count", dimension);
        } else if (const auto share = real({"partial_rotary_factor", "rotary_pct",
                                            "rope_parameters.partial_rotary_factor", "rope_percent"});
                   share && *share > 0 && *share <= 1) {
            put("rope.dimension_count", static_cast<std::uint64_t>(static_cast<double>(perHead) * *share));
        }
    }

    void keyValueHeads()
    {
        const bool isFalcon = m_type == "falcon" || m_type.starts_with("RefinedWeb");
        const bool isSingle = isTrue("multi_query") &&
                              (m_type == "gpt_bigcode" || (isFalcon && !isTrue("new_decoder_architecture")));
        if (isSingle) {
            put("attention.head_count_kv", 1);
            return;
        }
        // Layers of a kind without a key/value cache count no heads.
        const auto heads =
            number({"num_key_value_heads", "n_head_kv", "num_kv_heads", "multi_query_group_num",
                    "attn_config.kv_n_heads", "num_attention_heads", "n_head", "n_heads"});
        const MetadataArray* kinds = array("layer_types");
        if (heads && kinds && kinds->elementType() == MetadataType::String) {
            std::vector<std::uint64_t> perLayer;
            kinds->forEachString([&](std::uint64_t, std::string_view kind) {
                const bool isAttention = kind.ends_with("attention") && kind != "linear_attention";
                perLayer.push_back(isAttention ? *heads : 0);
            });
            if (std::find(perLayer.begin(), perLayer.end(), 0) != perLayer.end()) {
                m_keys.append(key("attention.head_count_kv"),
                              MetadataValue::ofArray(MetadataArray::fromUnsigned(perLayer)));
                return;
            }
        }
        putPerLayer("attention.head_count_kv", {"num_key_value_heads", "n_head_kv", "num_kv_heads",
                                                "multi_query_group_num", "attn_config.kv_n_heads"});
    }

    /// DeepSeek: the cache holds one head of the low rank plus the rotated part.
    void latentAttention(std::uint64_t rank)
    {
        const std::uint64_t rotated = number({"qk_rope_head_dim"}).value_or(0);
        const auto cached = checkedAdd(rank, rotated);
        const auto perHead = checkedAdd(number({"qk_nope_head_dim"}).value_or(0), rotated);
        put("attention.head_count_kv", 1);
        put("attention.key_length", cached);
        put("attention.value_length", rank);
        put("attention.key_length_mla", perHead);
        put("attention.value_length_mla", number({"v_head_dim"}));
        put("rope.dimension_count", rotated);
    }

    void slidingWindow()
    {
        if (isFalse("use_sliding_window"))
            return;
        put("attention.sliding_window", number({"sliding_window", "attention_chunk_size"}));
        // Lists and periods count only where llama.cpp limits the cache by the window.
        if (!architectures::slidingWindow(m_architecture) && architectures::isKnown(m_architecture))
            return;
        if (const MetadataArray* kinds = array("layer_types");
            kinds && kinds->elementType() == MetadataType::String) {
            std::vector<bool> isLimited;
            kinds->forEachString([&](std::uint64_t, std::string_view kind) {
                isLimited.push_back(kind == "sliding_attention" || kind == "chunked_attention");
            });
            m_keys.append(key("attention.sliding_window_pattern"),
                          MetadataValue::ofArray(MetadataArray::fromBools(isLimited)));
        } else {
            put("attention.sliding_window_pattern",
                number({"sliding_window_pattern", "_sliding_window_pattern"}));
        }
    }

    void stateSpace()
    {
        if (m_type == "mamba2")
            put("ssm.time_step_rank", number({"num_heads"}));
        if (const auto stated = number({"mamba_d_ssm", "d_inner"})) {
            put("ssm.inner_size", stated);
            return;
        }
        const auto product = [&](std::string_view heads,
                                 std::string_view length) -> std::optional<std::uint64_t> {
            const auto a = number({heads});
            const auto b = number({length});
            return a && b ? checkedMultiply(*a, *b) : std::nullopt;
        };
        auto inner = product("linear_num_value_heads", "linear_value_head_dim");
        if (!inner)
            inner = product("mamba_num_heads", "mamba_head_dim");
        if (!inner && m_type == "mamba2")
            inner = product("num_heads", "head_dim");
        if (!inner && (m_type == "mamba" || m_type == "falcon_mamba")) {
            inner = number({"intermediate_size"});
            if (!inner)
                inner = product("hidden_size", "expand");
        }
        put("ssm.inner_size", inner);
    }

    const Metadata& m_config;
    std::string_view m_part;
    std::string m_type;
    std::string m_architecture;
    std::optional<std::uint64_t> m_layers;
    Metadata m_keys;
};

} // namespace

Metadata ggufKeysOf(const Metadata& config)
{
    return Translator(config).translate();
}

void appendFileMetadata(const Metadata& fileMetadata, Metadata& metadata)
{
    std::unordered_set<std::string> there;
    for (const Metadata::Entry& entry : metadata.entries())
        there.insert(entry.key);
    for (const Metadata::Entry& entry : fileMetadata.entries()) {
        std::string key = fmt::format("__metadata__.{}", entry.key);
        if (there.insert(key).second)
            metadata.append(std::move(key), entry.value);
    }
}

void describe(Model::Contents& contents)
{
    const Metadata keys = ggufKeysOf(contents.metadata);
    const std::string architecture = keys.string("general.architecture").value_or("");
    contents.places.clear();
    contents.places.reserve(contents.tensors.size());
    for (const Tensor& tensor : contents.tensors)
        contents.places.push_back(placeOf(tensor.name(), architecture));
    contents.architecture = readArchitecture(keys, contents.tensors, contents.places);
    if (contents.architecture.displayName.empty()) {
        std::filesystem::path named = contents.path;
        if (!named.has_filename()) // "folder/"
            named = named.parent_path();
        contents.architecture.displayName =
            contents.format == ModelFormat::Safetensors ? named.stem().string() : named.filename().string();
    }
}

} // namespace quantlathe::huggingface
