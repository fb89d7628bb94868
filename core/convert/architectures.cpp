// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/convert/architectures.h"

#include <algorithm>

namespace quantlathe {

namespace {

using E = Extent;
using T = Transform;

// --- norms ---
constexpr TensorRow preNorms[] = {{"attn_norm.weight", {E::Width}}, {"ffn_norm.weight", {E::Width}}};
constexpr TensorRow layerNorms[] = {{"attn_norm.weight", {E::Width}}, {"attn_norm.bias", {E::Width}}, {"ffn_norm.weight", {E::Width}},
                                    {"ffn_norm.bias", {E::Width}}};
constexpr TensorRow postNorms[] = {{"post_attention_norm.weight", {E::Width}}, {"post_ffw_norm.weight", {E::Width}}};
constexpr TensorRow ossNorms[] = {{"attn_norm.weight", {E::Width}}, {"post_attention_norm.weight", {E::Width}}};

// --- attention ---
constexpr TensorRow attention[] = {
    {"attn_q.weight", {E::QueryRows, E::Width}},   {"attn_q.bias", {E::QueryRows}, true},
    {"attn_k.weight", {E::KeyRows, E::Width}},     {"attn_k.bias", {E::KeyRows}, true},
    {"attn_v.weight", {E::KeyRows, E::Width}},     {"attn_v.bias", {E::KeyRows}, true},
    {"attn_output.weight", {E::Width, E::QueryRows}}, {"attn_output.bias", {E::Width}, true}};
constexpr TensorRow rotatedAttention[] = {
    {"attn_q.weight", {E::QueryRows, E::Width}, false, T::RotatedQuery}, {"attn_q.bias", {E::QueryRows}, true, T::RotatedQuery},
    {"attn_k.weight", {E::KeyRows, E::Width}, false, T::RotatedKey},     {"attn_k.bias", {E::KeyRows}, true, T::RotatedKey},
    {"attn_v.weight", {E::KeyRows, E::Width}},                           {"attn_v.bias", {E::KeyRows}, true},
    {"attn_output.weight", {E::Width, E::QueryRows}},                    {"attn_output.bias", {E::Width}, true}};
constexpr TensorRow fusedAttention[] = {{"attn_qkv.weight", {E::FusedRows, E::Width}}, {"attn_output.weight", {E::Width, E::QueryRows}}};
constexpr TensorRow turnedAttention[] = {
    {"attn_qkv.weight", {E::FusedRows, E::Width}, false, T::Transposed}, {"attn_qkv.bias", {E::FusedRows}},
    {"attn_output.weight", {E::Width, E::QueryRows}, false, T::Transposed}, {"attn_output.bias", {E::Width}}};
constexpr TensorRow headNorms[] = {{"attn_q_norm.weight", {E::HeadLength}}, {"attn_k_norm.weight", {E::HeadLength}}};
constexpr TensorRow wholeNorms[] = {{"attn_q_norm.weight", {E::QueryRows}}, {"attn_k_norm.weight", {E::KeyRows}}};
constexpr TensorRow sinks[] = {{"attn_sinks.weight", {E::Heads}}};
constexpr TensorRow latentAttention[] = {
    {"attn_q.weight", {E::LatentQueryRows, E::Width}, true},
    {"attn_q_a.weight", {E::LatentQuery, E::Width}, true},
    {"attn_q_a_norm.weight", {E::LatentQuery}, true},
    {"attn_q_b.weight", {E::LatentQueryRows, E::LatentQuery}, true},
    {"attn_kv_a_mqa.weight", {E::LatentCache, E::Width}},
    {"attn_kv_a_norm.weight", {E::LatentRank}},
    {"attn_k_b.weight", {E::Heads, E::LatentRank, E::PlainLength}, false, T::LatentKeys, "attn_kv_b.weight"},
    {"attn_v_b.weight", {E::Heads, E::ValueLength, E::LatentRank}, false, T::LatentValues, "attn_kv_b.weight"},
    {"attn_output.weight", {E::Width, E::ValueRows}}};

// --- feed-forward ---
constexpr TensorRow gated[] = {{"ffn_gate.weight", {E::FeedForward, E::Width}}, {"ffn_gate.bias", {E::FeedForward}, true},
                               {"ffn_up.weight", {E::FeedForward, E::Width}},   {"ffn_up.bias", {E::FeedForward}, true},
                               {"ffn_down.weight", {E::Width, E::FeedForward}}, {"ffn_down.bias", {E::Width}, true}};
constexpr TensorRow fusedGated[] = {{"ffn_up.weight", {E::TwiceFeedForward, E::Width}}, {"ffn_down.weight", {E::Width, E::FeedForward}}};
constexpr TensorRow turnedPlain[] = {
    {"ffn_up.weight", {E::FeedForward, E::Width}, false, T::Transposed}, {"ffn_up.bias", {E::FeedForward}},
    {"ffn_down.weight", {E::Width, E::FeedForward}, false, T::Transposed}, {"ffn_down.bias", {E::Width}}};
constexpr TensorRow experts[] = {{"ffn_gate_inp.weight", {E::Experts, E::Width}},
                                 {"ffn_gate_exps.weight", {E::Experts, E::ExpertLength, E::Width}},
                                 {"ffn_up_exps.weight", {E::Experts, E::ExpertLength, E::Width}},
                                 {"ffn_down_exps.weight", {E::Experts, E::Width, E::ExpertLength}}};
constexpr TensorRow sharedExperts[] = {{"ffn_gate_inp.weight", {E::Experts, E::Width}},
                                       {"ffn_gate_exps.weight", {E::Experts, E::ExpertLength, E::Width}},
                                       {"ffn_up_exps.weight", {E::Experts, E::ExpertLength, E::Width}},
                                       {"ffn_down_exps.weight", {E::Experts, E::Width, E::ExpertLength}},
                                       {"ffn_gate_inp_shexp.weight", {E::One, E::Width}},
                                       {"ffn_gate_shexp.weight", {E::SharedLength, E::Width}},
                                       {"ffn_up_shexp.weight", {E::SharedLength, E::Width}},
                                       {"ffn_down_shexp.weight", {E::Width, E::SharedLength}}};
constexpr TensorRow latentExperts[] = {{"ffn_gate_inp.weight", {E::Experts, E::Width}},
                                       {"exp_probs_b.bias", {E::Experts}, true},
                                       {"ffn_gate_exps.weight", {E::Experts, E::ExpertLength, E::Width}},
                                       {"ffn_up_exps.weight", {E::Experts, E::ExpertLength, E::Width}},
                                       {"ffn_down_exps.weight", {E::Experts, E::Width, E::ExpertLength}},
                                       {"ffn_gate_shexp.weight", {E::SharedLength, E::Width}},
                                       {"ffn_up_shexp.weight", {E::SharedLength, E::Width}},
                                       {"ffn_down_shexp.weight", {E::Width, E::SharedLength}}};
constexpr TensorRow ossExperts[] = {
    {"ffn_gate_inp.weight", {E::Experts, E::Width}},
    {"ffn_gate_inp.bias", {E::Experts}},
    {"ffn_gate_exps.weight", {E::Experts, E::ExpertLength, E::Width}, false, T::EvenColumns, "ffn_gate_up_exps.weight"},
    {"ffn_gate_exps.bias", {E::Experts, E::ExpertLength}, false, T::EvenWeights, "ffn_gate_up_exps.bias"},
    {"ffn_up_exps.weight", {E::Experts, E::ExpertLength, E::Width}, false, T::OddColumns, "ffn_gate_up_exps.weight"},
    {"ffn_up_exps.bias", {E::Experts, E::ExpertLength}, false, T::OddWeights, "ffn_gate_up_exps.bias"},
    {"ffn_down_exps.weight", {E::Experts, E::Width, E::ExpertLength}, false, T::Transposed},
    {"ffn_down_exps.bias", {E::Experts, E::Width}}};

constexpr TensorRow positions[] = {{"position_embd.weight", {E::Context, E::Width}}, {"output_norm.bias", {E::Width}}};

// --- hyperparameters ---
constexpr KeyRow everywhere[] = {
    {"expert_count", KeyKind::Whole, {"num_local_experts", "num_experts", "n_routed_experts"}},
    {"expert_used_count", KeyKind::Whole, {"num_experts_per_tok", "num_experts_per_token"}},
};
constexpr KeyRow expertKeys[] = {
    {"expert_feed_forward_length", KeyKind::Whole, {"moe_intermediate_size"}},
    {"expert_shared_feed_forward_length", KeyKind::Whole, {"shared_expert_intermediate_size"}},
};
constexpr KeyRow ossKeys[] = {{"expert_feed_forward_length", KeyKind::Whole, {"intermediate_size"}}};
constexpr KeyRow gemma2Keys[] = {{"attn_logit_softcapping", KeyKind::Real, {"attn_logit_softcapping"}},
                                 {"final_logit_softcapping", KeyKind::Real, {"final_logit_softcapping"}}};
constexpr KeyRow gemma3Keys[] = {{"final_logit_softcapping", KeyKind::Real, {"final_logit_softcapping"}}};
constexpr KeyRow latentKeys[] = {
    {"leading_dense_block_count", KeyKind::Whole, {"first_k_dense_replace"}},
    {"attention.q_lora_rank", KeyKind::Whole, {"q_lora_rank"}},
    {"attention.kv_lora_rank", KeyKind::Whole, {"kv_lora_rank"}},
    {"attention.value_length_mla", KeyKind::Whole, {"v_head_dim"}},
    {"expert_feed_forward_length", KeyKind::Whole, {"moe_intermediate_size"}},
    {"expert_shared_count", KeyKind::Whole, {"n_shared_experts"}},
    {"expert_weights_scale", KeyKind::Real, {"routed_scaling_factor"}},
    {"expert_weights_norm", KeyKind::Flag, {"norm_topk_prob"}},
    {"expert_group_count", KeyKind::Whole, {"n_group"}},
    {"expert_group_used_count", KeyKind::Whole, {"topk_group"}},
};

constexpr std::array<std::string_view, 3> geluTanh{"gelu_pytorch_tanh", "gelu_new", "gelu_fast"};
// Gemma's first configs say "gelu" and mean the approximation.
constexpr std::array<std::string_view, 3> gemmaGelu{"gelu_pytorch_tanh", "gelu", "gelu_new"};

constexpr ArchitectureRow rows[] = {
    {.id = "llama",
     .classes = {"LlamaForCausalLM", "LLaMAForCausalLM", "MistralForCausalLM"},
     .layer = {preNorms, rotatedAttention},
     .dense = gated,
     .hasRopeSize = true,
     .hasRopeFactors = true},
    {.id = "llama",
     .classes = {"MixtralForCausalLM"},
     .layer = {preNorms, rotatedAttention},
     .experts = experts,
     .hasRopeSize = true,
     .hasRopeFactors = true,
     .ropeBase = 1e6},
    {.id = "qwen2", .classes = {"Qwen2ForCausalLM"}, .layer = {preNorms, attention}, .dense = gated},
    {.id = "qwen3", .classes = {"Qwen3ForCausalLM"}, .layer = {preNorms, attention, headNorms}, .dense = gated},
    {.id = "qwen2moe",
     .classes = {"Qwen2MoeForCausalLM"},
     .layer = {preNorms, attention},
     .experts = sharedExperts,
     .keys = expertKeys,
     .topNormalisation = TopNormalisation::Never},
    {.id = "qwen3moe",
     .classes = {"Qwen3MoeForCausalLM"},
     .layer = {preNorms, attention, headNorms},
     .experts = experts,
     .keys = expertKeys,
     .topNormalisation = TopNormalisation::Always},
    {.id = "gemma", .classes = {"GemmaForCausalLM"}, .layer = {preNorms, attention}, .dense = gated, .isGemma = true, .activations = gemmaGelu},
    {.id = "gemma2",
     .classes = {"Gemma2ForCausalLM"},
     .layer = {preNorms, postNorms, attention},
     .dense = gated,
     .keys = gemma2Keys,
     .isGemma = true,
     .windowPeriod = 2,
     .activations = gemmaGelu},
    {.id = "gemma3",
     .classes = {"Gemma3ForCausalLM", "Gemma3ForConditionalGeneration"},
     .layer = {preNorms, postNorms, attention, headNorms},
     .dense = gated,
     .keys = gemma3Keys,
     .isGemma = true,
     .dropsOtherTowers = true,
     .windowPeriod = 6,
     .ropeBase = 1e6,
     .activations = gemmaGelu},
    {.id = "phi3",
     .classes = {"Phi3ForCausalLM"},
     .layer = {preNorms, fusedAttention},
     .dense = fusedGated,
     .hasPartialRope = true,
     .hasLongRope = true},
    {.id = "smollm3",
     .classes = {"SmolLM3ForCausalLM"},
     .layer = {preNorms, rotatedAttention},
     .dense = gated,
     .hasRopeSize = true,
     .noRopePeriod = 4,
     .ropeBase = 2e6},
    {.id = "olmo2", .classes = {"Olmo2ForCausalLM", "Olmo3ForCausalLM"}, .layer = {postNorms, attention, wholeNorms}, .dense = gated, .hasWindowList = true},
    {.id = "gpt2",
     .classes = {"GPT2LMHeadModel"},
     .layer = {layerNorms, turnedAttention},
     .dense = turnedPlain,
     .outside = positions,
     .isLayerNorm = true,
     .activations = geluTanh},
    {.id = "gpt-oss",
     .classes = {"GptOssForCausalLM"},
     .layer = {ossNorms, attention, sinks},
     .experts = ossExperts,
     .keys = ossKeys,
     .windowPeriod = 2,
     .ropeBase = 1.5e5},
    {.id = "deepseek2",
     .classes = {"DeepseekV2ForCausalLM", "DeepseekV3ForCausalLM"},
     .layer = {preNorms, latentAttention},
     .dense = gated,
     .experts = latentExperts,
     .keys = latentKeys,
     .canMixLayers = true,
     .hasRopeSize = true,
     .dropsExtraLayers = true},
};

} // namespace

std::span<const ArchitectureRow> convertibleArchitectures()
{
    return rows;
}

const ArchitectureRow* findArchitecture(std::string_view className)
{
    const auto* found = std::find_if(std::begin(rows), std::end(rows), [&](const ArchitectureRow& row) {
        return !className.empty() && std::find(row.classes.begin(), row.classes.end(), className) != row.classes.end();
    });
    return found == std::end(rows) ? nullptr : found;
}

KeyRows commonKeys()
{
    return everywhere;
}

} // namespace quantlathe
