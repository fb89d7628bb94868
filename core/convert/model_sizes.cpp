// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/convert/model_sizes.h"

#include <fmt/format.h>

namespace quantlathe {

namespace {

bool isLatent(const ArchitectureRow& architecture)
{
    return architecture.id == "deepseek2";
}

void readExperts(const ModelConfig& config, const ArchitectureRow& architecture, ModelSizes& sizes)
{
    sizes.experts = config.size({"num_local_experts", "num_experts", "n_routed_experts"});
    sizes.expertLength = config.size({"moe_intermediate_size"}, sizes.feedForward);
    if (isLatent(architecture)) {
        const std::uint64_t shared = config.size({"n_shared_experts"}, 1);
        if (shared > ModelConfig::largestSize / sizes.expertLength)
            config.fail(fmt::format("{} shared experts of {} cannot be right", shared, sizes.expertLength));
        sizes.sharedLength = shared * sizes.expertLength;
    } else {
        sizes.sharedLength = config.size({"shared_expert_intermediate_size"}, 1);
    }
}

void readLatent(const ModelConfig& config, ModelSizes& sizes)
{
    sizes.latentQuery = config.size({"q_lora_rank"}, 0);
    sizes.latentRank = config.size({"kv_lora_rank"});
    sizes.plainLength = config.size({"qk_nope_head_dim"});
    sizes.ropeLength = config.size({"qk_rope_head_dim"});
    sizes.valueLength = config.size({"v_head_dim"});
    sizes.headLength = sizes.plainLength + sizes.ropeLength;
    sizes.kvHeads = sizes.heads;
}

} // namespace

std::uint64_t ModelSizes::of(Extent extent) const
{
    switch (extent) {
    case Extent::None:
        return 0;
    case Extent::One:
        return 1;
    case Extent::Vocabulary:
        return vocabulary;
    case Extent::Context:
        return context;
    case Extent::Width:
        return width;
    case Extent::Heads:
        return heads;
    case Extent::HeadLength:
        return headLength;
    case Extent::QueryRows:
        return heads * headLength;
    case Extent::KeyRows:
        return kvHeads * headLength;
    case Extent::FusedRows:
        return (heads + 2 * kvHeads) * headLength;
    case Extent::FeedForward:
        return feedForward;
    case Extent::TwiceFeedForward:
        return 2 * feedForward;
    case Extent::Experts:
        return experts;
    case Extent::ExpertLength:
        return expertLength;
    case Extent::SharedLength:
        return sharedLength;
    case Extent::LatentQuery:
        return latentQuery;
    case Extent::LatentRank:
        return latentRank;
    case Extent::LatentCache:
        return latentRank + ropeLength;
    case Extent::LatentQueryRows:
        return heads * headLength;
    case Extent::PlainLength:
        return plainLength;
    case Extent::ValueLength:
        return valueLength;
    case Extent::ValueRows:
        return heads * valueLength;
    }
    return 0;
}

ModelSizes readSizes(const ModelConfig& config, const ArchitectureRow& architecture, std::uint64_t vocabulary)
{
    ModelSizes sizes;
    sizes.vocabulary = vocabulary;
    sizes.layers = config.size({"num_hidden_layers", "n_layer"});
    sizes.width = config.size({"hidden_size", "n_embd"});
    sizes.context = config.size({"max_position_embeddings", "n_positions", "n_ctx"});
    sizes.heads = config.size({"num_attention_heads", "n_head"});
    sizes.kvHeads = config.size({"num_key_value_heads"}, sizes.heads);
    sizes.headLength = config.size({"head_dim"}, sizes.width / sizes.heads);
    sizes.feedForward = architecture.isLayerNorm ? config.size({"n_inner"}, 4 * sizes.width) : config.size({"intermediate_size"});
    const double share = config.real({"rope_parameters.partial_rotary_factor", "rope_parameters.full_attention.partial_rotary_factor",
                                      "rope_scaling.partial_rotary_factor", "partial_rotary_factor"}).value_or(1);
    if (!(share > 0 && share <= 1))
        config.fail(fmt::format("'partial_rotary_factor' is {}", share));
    if (share != 1 && !architecture.hasPartialRope)
        config.refuse(fmt::format("a partial rotary embedding is none a {} GGUF can express", architecture.id));
    sizes.ropeLength = static_cast<std::uint64_t>(share * static_cast<double>(sizes.headLength));
    if (isLatent(architecture))
        readLatent(config, sizes);
    if (!architecture.experts.empty() && (!architecture.canMixLayers || config.has("n_routed_experts")))
        readExperts(config, architecture, sizes);
    if (sizes.headLength == 0 || sizes.headLength % 2 != 0 || sizes.ropeLength == 0 || sizes.ropeLength % 2 != 0)
        config.fail(fmt::format("heads of {} dimensions, {} of them rotated: both numbers must be even", sizes.headLength, sizes.ropeLength));
    if (sizes.heads % sizes.kvHeads != 0)
        config.fail(fmt::format("{} attention heads cannot share {} key/value heads", sizes.heads, sizes.kvHeads));
    return sizes;
}

} // namespace quantlathe
