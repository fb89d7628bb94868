// SPDX-License-Identifier: GPL-3.0-or-later
// Facts: tensor names of the GGUF format (gguf-py, constants) and parameter names of the transformers
// library's models.
#include "core/model/tensor_names.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <span>
#include <unordered_map>
#include <vector>

namespace quantlathe::names {

namespace {

using R = TensorRole;

struct NamedRole
{
    std::string_view name;
    TensorRole role;
};

constexpr NamedRole layerRoles[] = {
    {"attn_q", R::AttentionQuery},
    {"attn_k", R::AttentionKey},
    {"attn_v", R::AttentionValue},
    {"attn_output", R::AttentionOutput},
    {"attn_o", R::AttentionOutput},
    {"attn_qkv", R::AttentionQueryKeyValue},
    {"cross_attn_q", R::AttentionQuery},
    {"cross_attn_k", R::AttentionKey},
    {"cross_attn_v", R::AttentionValue},
    {"cross_attn_o", R::AttentionOutput},
    {"attn_q_a", R::AttentionQueryA},
    {"attn_q_b", R::AttentionQueryB},
    {"attn_kv_a_mqa", R::AttentionKeyValueA},
    {"attn_kv", R::AttentionKeyValueA},
    {"attn_kv_b", R::AttentionKeyValueB},
    {"attn_k_b", R::AttentionKeyB},
    {"attn_v_b", R::AttentionValueB},
    {"attn_sinks", R::AttentionSinks},
    {"attn_gate", R::AttentionGate},
    {"ffn_gate", R::FeedForwardGate},
    {"ffn_up", R::FeedForwardUp},
    {"ffn_down", R::FeedForwardDown},
    {"ffn_gate_up", R::FeedForwardGateUp},
    {"ffn_gate_exps", R::ExpertGate},
    {"ffn_up_exps", R::ExpertUp},
    {"ffn_down_exps", R::ExpertDown},
    {"ffn_gate_up_exps", R::ExpertGateUp},
    {"ffn_gate_chexps", R::ExpertGate},
    {"ffn_up_chexps", R::ExpertUp},
    {"ffn_down_chexps", R::ExpertDown},
    // Mixtral files of early 2024 keep every expert in a tensor of its own.
    {"ffn_gate.#", R::ExpertGate},
    {"ffn_up.#", R::ExpertUp},
    {"ffn_down.#", R::ExpertDown},
    {"ffn_gate_shexp", R::SharedExpertGate},
    {"ffn_up_shexp", R::SharedExpertUp},
    {"ffn_down_shexp", R::SharedExpertDown},
    {"ffn_gate_inp", R::Router},
    {"exp_probs_b", R::Router},
    {"exp_probs_b_vl", R::Router},
    {"ffn_gate_tid2eid", R::Router},
    {"ffn_gate_inp_shexp", R::SharedExpertRouter},
    {"attn_norm", R::Norm},
    {"attn_norm_2", R::Norm},
    {"ffn_norm", R::Norm},
    {"post_attention_norm", R::Norm},
    {"post_ffw_norm", R::Norm},
    {"attn_q_norm", R::Norm},
    {"attn_k_norm", R::Norm},
    {"attn_q_a_norm", R::Norm},
    {"attn_kv_a_norm", R::Norm},
    {"attn_output_norm", R::Norm},
    {"layer_output_norm", R::Norm},
    {"attn_sub_norm", R::Norm},
    {"ffn_sub_norm", R::Norm},
    {"pre_ffw_norm_2", R::Norm},
    {"post_ffw_norm_1", R::Norm},
    {"post_ffw_norm_2", R::Norm},
    {"ffn_norm_exps", R::Norm},
    {"rope_freqs", R::Rope},
    {"rope_factors_long", R::Rope},
    {"rope_factors_short", R::Rope},
    {"attn_rot_embd", R::Rope},
    {"attn_rel_b", R::Other},
    {"cross_attn_rel_b", R::Other},
    {"layer_output_scale", R::Other},
    {"inp_gate", R::Other},
    {"proj", R::Other},
    {"ffn_act", R::Other},
};

constexpr NamedRole globalRoles[] = {
    {"token_embd", R::TokenEmbedding},
    {"per_layer_token_embd", R::TokenEmbedding},
    {"position_embd", R::PositionEmbedding},
    {"token_types", R::TokenTypeEmbedding},
    {"output", R::Output},
    {"output_norm", R::Norm},
    {"enc.output_norm", R::Norm},
    {"dec.output_norm", R::Norm},
    {"token_embd_norm", R::Norm},
    {"per_layer_proj_norm", R::Norm},
    {"rope_freqs", R::Rope},
    {"rope_factors_long", R::Rope},
    {"rope_factors_short", R::Rope},
    {"per_layer_model_proj", R::Other},
    {"altup_proj", R::Other},
    {"altup_unembd_proj", R::Other},
    {"cls", R::Other},
    {"cls.output", R::Other},
    {"dense_2", R::Other},
    {"dense_3", R::Other},
};

/// Architectures whose post_attention_layernorm stands after the attention instead of before the feed-forward
/// part.
constexpr std::string_view postNormed =
    "gemma2 gemma3 gemma3n gemma4 gpt-oss olmo2 exaone4 glm4 qwen3next qwen35 qwen35moe";

constexpr Translation layerTranslations[] = {
    // Llama and most that followed it
    {"self_attn.q_proj", "attn_q"},
    {"self_attn.k_proj", "attn_k"},
    {"self_attn.v_proj", "attn_v"},
    {"self_attn.o_proj", "attn_output"},
    {"self_attn.out_proj", "attn_output"},
    {"self_attn.dense", "attn_output"},
    {"self_attn.qkv_proj", "attn_qkv"},
    {"self_attn.query_key_value", "attn_qkv"},
    {"self_attn.W_pack", "attn_qkv"},
    {"self_attn.q_norm", "attn_q_norm"},
    {"self_attn.k_norm", "attn_k_norm"},
    {"self_attn.q_layernorm", "attn_q_norm"},
    {"self_attn.k_layernorm", "attn_k_norm"},
    {"self_attn.sinks", "attn_sinks.weight"},
    {"self_attn.gate_proj", "attn_gate"},
    {"self_attn.g_proj", "attn_gate"},
    {"self_attn.rotary_emb.inv_freq", "attn_rot_embd"},
    {"mlp.gate_proj", "ffn_gate"},
    {"mlp.up_proj", "ffn_up"},
    {"mlp.down_proj", "ffn_down"},
    {"mlp.gate_up_proj",
     "ffn_up",
     {},
     R::FeedForwardGateUp}, // Phi-3, GLM-4: GGUF keeps both halves in ffn_up
    {"input_layernorm", "attn_norm"},
    {"post_attention_layernorm", "post_attention_norm", postNormed},
    {"post_attention_layernorm", "ffn_norm"},
    {"pre_feedforward_layernorm", "ffn_norm"},
    {"post_feedforward_layernorm", "post_ffw_norm"},
    {"pre_feedforward_layernorm_2", "pre_ffw_norm_2"},
    {"post_feedforward_layernorm_1", "post_ffw_norm_1"},
    {"post_feedforward_layernorm_2", "post_ffw_norm_2"},
    {"post_self_attn_layernorm", "post_attention_norm"},
    {"post_mlp_layernorm", "post_ffw_norm"},
    // experts: one tensor each, or stacked
    {"mlp.experts.#.gate_proj", "ffn_gate_exps"},
    {"mlp.experts.#.up_proj", "ffn_up_exps"},
    {"mlp.experts.#.down_proj", "ffn_down_exps"},
    {"block_sparse_moe.experts.#.w1", "ffn_gate_exps"},
    {"block_sparse_moe.experts.#.w3", "ffn_up_exps"},
    {"block_sparse_moe.experts.#.w2", "ffn_down_exps"},
    {"mlp.experts.gate_up_proj", "ffn_gate_up_exps.weight"},
    {"mlp.experts.gate_up_proj_bias", "ffn_gate_up_exps.bias"},
    {"mlp.experts.gate_up_proj_blocks", "ffn_gate_up_exps.blocks"},
    {"mlp.experts.gate_up_proj_scales", "ffn_gate_up_exps.scales"},
    {"mlp.experts.gate_proj", "ffn_gate_exps.weight"},
    {"mlp.experts.up_proj", "ffn_up_exps.weight"},
    {"mlp.experts.down_proj", "ffn_down_exps.weight"},
    {"mlp.experts.down_proj_bias", "ffn_down_exps.bias"},
    {"mlp.experts.down_proj_blocks", "ffn_down_exps.blocks"},
    {"mlp.experts.down_proj_scales", "ffn_down_exps.scales"},
    {"feed_forward.experts.gate_up_proj", "ffn_gate_up_exps.weight"},
    {"feed_forward.experts.down_proj", "ffn_down_exps.weight"},
    {"block_sparse_moe.input_linear", "ffn_gate_up_exps"},
    {"block_sparse_moe.output_linear", "ffn_down_exps"},
    {"ffn.experts.mlp.w1", "ffn_gate_exps.weight"},
    {"ffn.experts.mlp.v1", "ffn_up_exps.weight"},
    {"ffn.experts.mlp.w2", "ffn_down_exps.weight"},
    {"mlp.gate", "ffn_gate_inp"},
    {"mlp.router", "ffn_gate_inp"},
    {"block_sparse_moe.gate", "ffn_gate_inp"},
    {"block_sparse_moe.router.layer", "ffn_gate_inp"},
    {"feed_forward.router", "ffn_gate_inp"},
    {"ffn.router.layer", "ffn_gate_inp"},
    {"mlp.gate.e_score_correction_bias", "exp_probs_b.bias"},
    {"mlp.shared_expert.gate_proj", "ffn_gate_shexp"},
    {"mlp.shared_expert.up_proj", "ffn_up_shexp"},
    {"mlp.shared_expert.down_proj", "ffn_down_shexp"},
    {"mlp.shared_expert_gate", "ffn_gate_inp_shexp"},
    {"mlp.shared_experts.gate_proj", "ffn_gate_shexp"},
    {"mlp.shared_experts.up_proj", "ffn_up_shexp"},
    {"mlp.shared_experts.down_proj", "ffn_down_shexp"},
    {"feed_forward.shared_expert.gate_proj", "ffn_gate_shexp"},
    {"feed_forward.shared_expert.up_proj", "ffn_up_shexp"},
    {"feed_forward.shared_expert.down_proj", "ffn_down_shexp"},
    {"feed_forward.gate_proj", "ffn_gate"},
    {"feed_forward.up_proj", "ffn_up"},
    {"feed_forward.down_proj", "ffn_down"},
    // DeepSeek's latent attention
    {"self_attn.q_a_proj", "attn_q_a"},
    {"self_attn.q_b_proj", "attn_q_b"},
    {"self_attn.kv_a_proj_with_mqa", "attn_kv_a_mqa"},
    {"self_attn.kv_b_proj", "attn_kv_b"},
    {"self_attn.k_b_proj", "attn_k_b"},
    {"self_attn.v_b_proj", "attn_v_b"},
    {"self_attn.q_a_layernorm", "attn_q_a_norm"},
    {"self_attn.kv_a_layernorm", "attn_kv_a_norm"},
    // GPT-2, GPT-BigCode, Qwen 1, GPT-J, Phi-2
    {"attn.c_attn", "attn_qkv"},
    {"attn.c_proj", "attn_output"},
    {"ln_1", "attn_norm"},
    {"ln_2", "ffn_norm"},
    {"mlp.c_fc", "ffn_up"},
    {"mlp.c_proj", "ffn_down"},
    {"mlp.w1", "ffn_up"},
    {"mlp.w2", "ffn_gate"},
    {"attn.q_proj", "attn_q"},
    {"attn.k_proj", "attn_k"},
    {"attn.v_proj", "attn_v"},
    {"attn.out_proj", "attn_output"},
    {"mlp.fc_in", "ffn_up"},
    {"mlp.fc_out", "ffn_down"},
    {"mlp.fc1", "ffn_up"},
    {"mlp.fc2", "ffn_down"},
    {"mixer.Wqkv", "attn_qkv"},
    {"ln", "attn_norm"},
    // Falcon, BLOOM, GPT-NeoX, ChatGLM
    {"self_attention.query_key_value", "attn_qkv"},
    {"self_attention.dense", "attn_output"},
    {"attention.query_key_value", "attn_qkv"},
    {"attention.dense", "attn_output"},
    {"mlp.dense_h_to_4h", "ffn_up"},
    {"mlp.dense_4h_to_h", "ffn_down"},
    {"ln_mlp", "attn_norm"},
    {"ln_attn", "attn_norm_2"},
    // MPT, DBRX
    {"attn.Wqkv", "attn_qkv"},
    {"norm_1", "attn_norm"},
    {"norm_2", "ffn_norm"},
    {"ffn.up_proj", "ffn_up"},
    {"ffn.down_proj", "ffn_down"},
    {"norm_attn_norm.attn.Wqkv", "attn_qkv"},
    {"norm_attn_norm.attn.out_proj", "attn_output"},
    {"norm_attn_norm.norm_1", "attn_norm"},
    {"norm_attn_norm.norm_2", "attn_output_norm"},
    // Meta's own Llama files, InternLM 2
    {"attention.wq", "attn_q"},
    {"attention.wk", "attn_k"},
    {"attention.wv", "attn_v"},
    {"attention.wo", "attn_output"},
    {"attention.wqkv", "attn_qkv"},
    {"attention_norm", "attn_norm"},
    {"ffn_norm", "ffn_norm"},
    {"feed_forward.w1", "ffn_gate"},
    {"feed_forward.w3", "ffn_up"},
    {"feed_forward.w2", "ffn_down"},
    // BERT
    {"attention.self.query", "attn_q"},
    {"attention.self.key", "attn_k"},
    {"attention.self.value", "attn_v"},
    {"attention.output.dense", "attn_output"},
    {"attention.output.LayerNorm", "attn_output_norm"},
    {"intermediate.dense", "ffn_up"},
    {"output.dense", "ffn_down"},
    {"output.LayerNorm", "layer_output_norm"},
    // T5
    {"layer.0.SelfAttention.q", "attn_q"},
    {"layer.0.SelfAttention.k", "attn_k"},
    {"layer.0.SelfAttention.v", "attn_v"},
    {"layer.0.SelfAttention.o", "attn_o"},
    {"layer.0.SelfAttention.relative_attention_bias", "attn_rel_b"},
    {"layer.0.layer_norm", "attn_norm"},
    {"layer.1.EncDecAttention.q", "cross_attn_q"},
    {"layer.1.EncDecAttention.k", "cross_attn_k"},
    {"layer.1.EncDecAttention.v", "cross_attn_v"},
    {"layer.1.EncDecAttention.o", "cross_attn_o"},
    {"layer.1.DenseReluDense.wi", "ffn_up"},
    {"layer.1.DenseReluDense.wi_0", "ffn_gate"},
    {"layer.1.DenseReluDense.wi_1", "ffn_up"},
    {"layer.1.DenseReluDense.wo", "ffn_down"},
    {"layer.2.DenseReluDense.wi", "ffn_up"},
    {"layer.2.DenseReluDense.wi_0", "ffn_gate"},
    {"layer.2.DenseReluDense.wi_1", "ffn_up"},
    {"layer.2.DenseReluDense.wo", "ffn_down"},
    {"layer.2.layer_norm", "ffn_norm"},
    // Mamba, Mamba 2, Jamba, Falcon-H1; linear attention of Qwen3-Next and Qwen3.5
    {"norm", "attn_norm"},
    {"mixer.in_proj", "ssm_in"},
    {"mixer.out_proj", "ssm_out"},
    {"mixer.x_proj", "ssm_x"},
    {"mixer.dt_proj", "ssm_dt"},
    {"mixer.dt_bias", "ssm_dt.bias"},
    {"mixer.conv1d", "ssm_conv1d"},
    {"mixer.A_log", "ssm_a"},
    {"mixer.D", "ssm_d"},
    {"mixer.norm", "ssm_norm", {}, R::Norm},
    {"mamba.in_proj", "ssm_in"},
    {"mamba.out_proj", "ssm_out"},
    {"mamba.x_proj", "ssm_x"},
    {"mamba.dt_proj", "ssm_dt"},
    {"mamba.dt_bias", "ssm_dt.bias"},
    {"mamba.conv1d", "ssm_conv1d"},
    {"mamba.A_log", "ssm_a"},
    {"mamba.D", "ssm_d"},
    {"mamba.norm", "ssm_norm", {}, R::Norm},
    {"pre_ff_layernorm", "ffn_norm"},
    {"mixer.q_proj", "attn_q"},
    {"mixer.k_proj", "attn_k"},
    {"mixer.v_proj", "attn_v"},
    {"mixer.o_proj", "attn_output"},
    {"mixer.up_proj", "ffn_up"},
    {"mixer.down_proj", "ffn_down"},
    {"linear_attn.in_proj_qkvz", "ssm_in"},
    {"linear_attn.in_proj_ba", "ssm_ba"},
    {"linear_attn.in_proj_qkv", "attn_qkv"},
    {"linear_attn.in_proj_z", "attn_gate"},
    {"linear_attn.in_proj_a", "ssm_alpha"},
    {"linear_attn.in_proj_b", "ssm_beta"},
    {"linear_attn.conv1d", "ssm_conv1d"},
    {"linear_attn.dt_bias", "ssm_dt.bias"},
    {"linear_attn.A_log", "ssm_a"},
    {"linear_attn.norm", "ssm_norm", {}, R::Norm},
    {"linear_attn.out_proj", "ssm_out"},
    // RWKV 4 to 6
    {"ln1", "attn_norm"},
    {"ln2", "attn_norm_2"},
    {"attention.key", "time_mix_key"},
    {"attention.value", "time_mix_value"},
    {"attention.receptance", "time_mix_receptance"},
    {"attention.gate", "time_mix_gate"},
    {"attention.output", "time_mix_output"},
    {"attention.ln_x", "time_mix_ln"},
    {"attention.time_decay", "time_mix_decay.weight"},
    {"attention.time_faaaa", "time_mix_first.weight"},
    {"feed_forward.key", "channel_mix_key"},
    {"feed_forward.value", "channel_mix_value"},
    {"feed_forward.receptance", "channel_mix_receptance"},
};

constexpr Translation globalTranslations[] = {
    {"embed_tokens", "token_embd"},
    {"wte", "token_embd"},
    {"word_embeddings", "token_embd"},
    {"embed_in", "token_embd"},
    {"tok_embeddings", "token_embd"},
    {"embd.wte", "token_embd"},
    {"embedding", "token_embd"},
    {"embedding.word_embeddings", "token_embd"},
    {"embeddings.word_embeddings", "token_embd"},
    {"embeddings.tok_embeddings", "token_embd"},
    {"shared", "token_embd"},
    {"embeddings", "token_embd"}, // Mamba, RWKV
    {"wpe", "position_embd"},
    {"embeddings.position_embeddings", "position_embd"},
    {"embed_positions", "position_embd"},
    {"embeddings.token_type_embeddings", "token_types"},
    {"embeddings.LayerNorm", "token_embd_norm"},
    {"word_embeddings_layernorm", "token_embd_norm"},
    {"embed_tokens_per_layer", "per_layer_token_embd"},
    {"per_layer_model_projection", "per_layer_model_proj"},
    {"per_layer_projection_norm", "per_layer_proj_norm"},
    {"lm_head", "output"},
    {"embed_out", "output"},
    {"output", "output"},
    {"output_layer", "output"},
    {"head", "output"},
    {"lm_head.linear", "output"},
    {"lm_head.ln", "output_norm"},
    {"norm", "output_norm"},
    {"ln_f", "output_norm"},
    {"norm_f", "output_norm"},
    {"final_layer_norm", "output_norm"},
    {"final_layernorm", "output_norm"},
    {"ln_out", "output_norm"},
    {"final_norm", "output_norm"},
    {"encoder.final_layer_norm", "enc.output_norm"},
    {"decoder.final_layer_norm", "dec.output_norm"},
    {"encoder.embed_tokens", "token_embd"},
    {"rotary_emb.inv_freq", "rope_freqs"},
    {"rotary_pos_emb.inv_freq", "rope_freqs"},
    {"rope.freqs", "rope_freqs"},
};

constexpr std::string_view layerContainers[] = {"layers", "layer", "h", "blocks", "block", "decoder_layer"};
constexpr std::string_view wrappers[] = {
    "model", "transformer", "language_model", "text_model", "base_model", "backbone", "gpt_neox",
    "rwkv",  "bert",        "roberta",        "distilbert", "decoder",    "encoder",  "module"};
constexpr std::string_view towers[] = {"vision_tower",
                                       "vision_model",
                                       "vision_encoder",
                                       "vision",
                                       "visual",
                                       "vit",
                                       "vpm",
                                       "resampler",
                                       "audio_tower",
                                       "audio_model",
                                       "audio_encoder",
                                       "multi_modal_projector",
                                       "mm_projector",
                                       "embed_vision",
                                       "embed_audio",
                                       "mtp",
                                       "v",
                                       "a",
                                       "mm"};

template <std::size_t count>
constexpr bool contains(const std::string_view (&list)[count], std::string_view word)
{
    return std::find(std::begin(list), std::end(list), word) != std::end(list);
}

bool listContains(std::string_view spaced, std::string_view word)
{
    while (!spaced.empty()) {
        const std::size_t end = std::min(spaced.find(' '), spaced.size());
        if (spaced.substr(0, end) == word)
            return true;
        spaced.remove_prefix(std::min(end + 1, spaced.size()));
    }
    return false;
}

using RoleMap = std::unordered_map<std::string_view, TensorRole>;
using TranslationMap = std::unordered_multimap<std::string_view, const Translation*>;

RoleMap mapOf(std::span<const NamedRole> rows)
{
    RoleMap map;
    for (const NamedRole& row : rows)
        map.emplace(row.name, row.role);
    return map;
}

TranslationMap mapOf(std::span<const Translation> rows)
{
    TranslationMap map;
    for (const Translation& row : rows)
        map.emplace(row.foreign, &row);
    return map;
}

std::optional<TensorRole> look(const RoleMap& map, std::string_view name)
{
    const auto found = map.find(name);
    return found == map.end() ? std::nullopt : std::optional(found->second);
}

/// A row for this very architecture wins over the general one.
const Translation* look(const TranslationMap& map, std::string_view foreign, std::string_view architecture)
{
    const Translation* general = nullptr;
    const auto [begin, end] = map.equal_range(foreign);
    for (auto row = begin; row != end; ++row) {
        if (row->second->architectures.empty())
            general = row->second;
        else if (listContains(row->second->architectures, architecture))
            return row->second;
    }
    return general;
}

} // namespace

std::optional<TensorRole> roleInLayer(std::string_view name)
{
    static const RoleMap map = mapOf(layerRoles);
    return look(map, name);
}

std::optional<TensorRole> roleOutsideLayers(std::string_view name)
{
    static const RoleMap map = mapOf(globalRoles);
    return look(map, name);
}

std::optional<TensorRole> roleFromForm(std::string_view name)
{
    // The last part of the name decides before the first: ssm_norm and linear_attn.norm are norms.
    static constexpr std::string_view normEndings[] = {"norm", "layernorm", "LayerNorm", "layer_norm", "ln"};
    for (const std::string_view ending : normEndings) {
        if (name.ends_with(ending))
            return R::Norm;
    }
    static constexpr std::string_view stateSpaceBeginnings[] = {
        "ssm_",   "time_mix_", "channel_mix_",    "shortconv.",         "linear_attn.",
        "mamba.", "mixer.",    "attention.time_", "feed_forward.time_", "conv."};
    for (const std::string_view beginning : stateSpaceBeginnings) {
        if (name.starts_with(beginning))
            return R::StateSpace;
    }
    return std::nullopt;
}

const Translation* translationInLayer(std::string_view foreign, std::string_view architecture)
{
    static const TranslationMap map = mapOf(layerTranslations);
    return look(map, foreign, architecture);
}

const Translation* translationOutsideLayers(std::string_view foreign, std::string_view architecture)
{
    static const TranslationMap map = mapOf(globalTranslations);
    return look(map, foreign, architecture);
}

bool isLayerContainer(std::string_view component)
{
    return contains(layerContainers, component);
}
bool isWrapper(std::string_view component)
{
    return contains(wrappers, component);
}
bool isForeignTower(std::string_view component)
{
    return contains(towers, component);
}

} // namespace quantlathe::names
