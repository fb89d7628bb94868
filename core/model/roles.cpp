// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/architecture.h"

#include <array>

namespace quantlathe {

namespace {

struct RoleText
{
    TensorRole role;
    std::string_view id;
    std::string_view label;
};

using R = TensorRole;

constexpr std::array<RoleText, tensorRoleCount> texts = {{
    {R::TokenEmbedding, "token_embd", "Token embedding"},
    {R::PositionEmbedding, "position_embd", "Position embedding"},
    {R::TokenTypeEmbedding, "token_types", "Token type embedding"},
    {R::AttentionQuery, "attn_q", "Attention query"},
    {R::AttentionKey, "attn_k", "Attention key"},
    {R::AttentionValue, "attn_v", "Attention value"},
    {R::AttentionOutput, "attn_output", "Attention output"},
    {R::AttentionQueryKeyValue, "attn_qkv", "Attention query, key and value"},
    {R::AttentionQueryA, "attn_q_a", "Attention query, down to low rank"},
    {R::AttentionQueryB, "attn_q_b", "Attention query, up from low rank"},
    {R::AttentionKeyValueA, "attn_kv_a", "Attention key and value, down to low rank"},
    {R::AttentionKeyValueB, "attn_kv_b", "Attention key and value, up from low rank"},
    {R::AttentionKeyB, "attn_k_b", "Attention key, up from low rank"},
    {R::AttentionValueB, "attn_v_b", "Attention value, up from low rank"},
    {R::AttentionSinks, "attn_sinks", "Attention sinks"},
    {R::AttentionGate, "attn_gate", "Attention gate"},
    {R::FeedForwardGate, "ffn_gate", "Feed-forward gate"},
    {R::FeedForwardUp, "ffn_up", "Feed-forward up"},
    {R::FeedForwardDown, "ffn_down", "Feed-forward down"},
    {R::FeedForwardGateUp, "ffn_gate_up", "Feed-forward gate and up"},
    {R::ExpertGate, "expert_gate", "Expert gate"},
    {R::ExpertUp, "expert_up", "Expert up"},
    {R::ExpertDown, "expert_down", "Expert down"},
    {R::ExpertGateUp, "expert_gate_up", "Expert gate and up"},
    {R::SharedExpertGate, "shared_expert_gate", "Shared expert gate"},
    {R::SharedExpertUp, "shared_expert_up", "Shared expert up"},
    {R::SharedExpertDown, "shared_expert_down", "Shared expert down"},
    {R::Router, "router", "Expert router"},
    {R::SharedExpertRouter, "shared_expert_router", "Shared expert router"},
    {R::Norm, "norm", "Norm"},
    {R::Rope, "rope", "Rotary embedding table"},
    {R::StateSpace, "state_space", "State space"},
    {R::Output, "output", "Output"},
    {R::Other, "other", "Other"},
}};

consteval bool isInOrder()
{
    for (std::size_t index = 0; index < texts.size(); ++index) {
        if (texts[index].role != static_cast<TensorRole>(index))
            return false;
    }
    return true;
}
static_assert(isInOrder());

} // namespace

std::string_view name(TensorRole role)
{
    return texts[static_cast<std::size_t>(role)].id;
}
std::string_view label(TensorRole role)
{
    return texts[static_cast<std::size_t>(role)].label;
}

} // namespace quantlathe
