// SPDX-License-Identifier: GPL-3.0-or-later
// What is really written. The list of tensors left alone and the table for rows that do not fit are llama-quantize's
// (facts of llama.cpp 0.7.0, src/llama-quant.cpp), so that a plan made here and one made there give the same file.
#include "core/plan/plan.h"

#include "core/codecs/codec.h"
#include "core/model/importance_match.h"

#include <fmt/format.h>

#include <array>
#include <set>

namespace quantlathe {

namespace {

using enum TensorType;

/// Parts of names whose tensors llama-quantize never touches: tiny, or read by the engine in full precision only.
constexpr std::array<std::string_view, 35> keptNameParts = {
    "_norm.weight", "ffn_gate_inp.weight", "ffn_gate_tid2eid.weight",
    // Gemma 3n
    "altup", "laurel", "per_layer_model_proj",
    // convolutions of Mamba, Kimi and LFM2; MiniMax's indexer
    "ssm_conv1d", "shortconv.conv.weight", "indexer.k_proj.weight", "indexer.q_proj.weight",
    // RWKV
    "time_mix_first.weight", "time_mix_w0.weight", "time_mix_w1.weight", "time_mix_w2.weight",
    "time_mix_v0.weight", "time_mix_v1.weight", "time_mix_v2.weight", "time_mix_a0.weight",
    "time_mix_a1.weight", "time_mix_a2.weight", "time_mix_g1.weight", "time_mix_g2.weight",
    "time_mix_decay_w1.weight", "time_mix_decay_w2.weight", "time_mix_lerp_fused.weight",
    // T5, image and audio encoders
    "attn_rel_b.weight", ".position_embd", "sam.pos_embd", "sam.neck.", "sam.net_", ".rel_pos", ".patch_embd",
    ".patch_merger", "a.rvq.codebook", "mm.a.code_embd"};

/// Dimensions as ggml counts them: outer dimensions of extent 1 do not count.
std::size_t ggmlRank(const Shape& shape)
{
    const auto& dimensions = shape.dimensions();
    std::size_t outer = 0;
    while (outer < dimensions.size() && dimensions[outer] == 1)
        ++outer;
    return dimensions.size() - outer;
}

bool hasGgufType(TensorType type)
{
    return info(type).ggmlId >= 0;
}

std::string explain(const TensorFacts& facts, TensorType requested, const WrittenType& written, bool isAsked)
{
    switch (written.reason) {
    case FallbackReason::None:
        return {};
    case FallbackReason::RowLength:
        return fmt::format("rows of {} weights are no multiple of {}: {} instead of {}", facts.rowLength,
                           info(requested).weightsPerBlock, name(written.type), name(requested));
    case FallbackReason::KeptUnquantized:
        if (written.type == facts.stored)
            return fmt::format("kept as {}: engines need norms, vectors, routers and the like in full precision",
                               name(written.type));
        return fmt::format("{} instead of {}: engines need norms, vectors, routers and the like in full precision",
                           name(written.type), name(requested));
    case FallbackReason::NotDecodable:
        return fmt::format("stored as {}, which cannot be decoded yet: kept as it is", name(facts.stored));
    case FallbackReason::Integer:
        return fmt::format("integers ({}) are kept as they are", name(facts.stored));
    case FallbackReason::NotInFormat:
        return fmt::format("GGUF has no {}: {} {}", name(isAsked ? requested : facts.stored), name(written.type),
                           isAsked || written.type != BF16 ? "instead" : "holds the same values");
    }
    return {};
}

} // namespace

bool isTargetType(TensorType type)
{
    switch (info(type).family) {
    case TypeFamily::Float:
        return type == F32 || type == F16 || type == BF16;
    case TypeFamily::Integer:
    case TypeFamily::Scaled:
        return false;
    default:
        return type != Q8_1 && type != Q8_K;
    }
}

TensorType fallbackType(TensorType type, std::uint64_t rowLength)
{
    if (fitsRow(type, rowLength))
        return type;
    TensorType next = F16;
    switch (type) {
    case IQ1_S:
    case IQ1_M:
    case IQ2_XXS:
    case IQ2_XS:
    case IQ2_S:
    case IQ3_XXS:
    case IQ3_S:
    case IQ4_XS:
        next = IQ4_NL;
        break;
    case Q2_0:
    case Q2_K:
    case Q3_K:
    case TQ1_0:
    case TQ2_0:
        next = Q4_0;
        break;
    case Q1_0:  // llama-quantize gives up on these two; their neighbours' rule is applied
    case NVFP4:
        next = Q4_0;
        break;
    case Q4_K:
        next = Q5_0;
        break;
    case Q5_K:
        next = Q5_1;
        break;
    case Q6_K:
        next = Q8_0;
        break;
    default:
        break;
    }
    return fitsRow(next, rowLength) ? next : F16;
}

bool isQuantizable(const Tensor& tensor, const TensorPlace& place)
{
    if (info(tensor.type()).family == TypeFamily::Integer || place.isBias || place.role == TensorRole::Norm)
        return false;
    // Experts that are tensors of their own become one three-dimensional tensor.
    if (ggmlRank(tensor.shape()) < 2 && !place.expert)
        return false;
    const std::string_view canonical = place.canonicalName;
    if (!canonical.ends_with("weight") || canonical == "position_embd.weight" || canonical == "token_types.weight")
        return false;
    for (const std::string_view part : keptNameParts) {
        if (canonical.find(part) != std::string_view::npos)
            return false;
    }
    return true;
}

TensorFacts factsOf(const Model& model, std::size_t index)
{
    const Tensor& tensor = model.tensors()[index];
    return {tensor.type(), tensor.shape().rowLength(), isQuantizable(tensor, model.place(index)), tensor.canDecode(),
            model.format() == ModelFormat::Gguf};
}

WrittenType writtenType(const TensorFacts& facts, std::optional<TensorType> requested)
{
    const TensorType wanted = requested.value_or(facts.stored);
    if (info(facts.stored).family == TypeFamily::Integer)
        return {facts.stored, wanted == facts.stored ? FallbackReason::None : FallbackReason::Integer};
    if (!facts.isQuantizable) {
        // GGUF sources keep what their maker chose; other sources get F32, as llama.cpp's converter writes them.
        const bool toF32 = facts.canDecode && (wanted == F32 || !facts.isGgufSource);
        const TensorType type = toF32 ? F32 : facts.stored;
        return {type, type == wanted ? FallbackReason::None : FallbackReason::KeptUnquantized};
    }
    if (wanted == facts.stored && hasGgufType(wanted))
        return {wanted};
    if (!facts.canDecode)
        return {facts.stored, wanted == facts.stored ? FallbackReason::None : FallbackReason::NotDecodable};
    if (!hasGgufType(wanted)) // every 8-bit float is a bfloat16; codes times scales are nearly half floats
        return {info(wanted).family == TypeFamily::Scaled ? F16 : BF16, FallbackReason::NotInFormat};
    if (!fitsRow(wanted, facts.rowLength))
        return {fallbackType(wanted, facts.rowLength), FallbackReason::RowLength};
    return {wanted};
}

EffectiveChoice effectiveChoice(const Model& model, std::size_t index, std::optional<Choice> choice)
{
    const TensorFacts facts = factsOf(model, index);
    const auto asked = choice ? std::optional(choice->type) : std::nullopt;
    const WrittenType written = writtenType(facts, asked);

    EffectiveChoice result{choice ? choice->type : facts.stored, written.type, written.reason, true, {}, 0};
    result.explanation = explain(facts, result.requested, written, choice.has_value());
    const bool isCopy = written.type == facts.stored;
    result.canWrite = hasGgufType(written.type) && (isCopy || codecFor(written.type).canEncode());
    if (!result.canWrite) {
        if (!result.explanation.empty())
            result.explanation += "; ";
        result.explanation += hasGgufType(written.type) ? fmt::format("{} cannot be written yet", name(written.type))
                                                        : fmt::format("GGUF has no {}", name(written.type));
    }
    result.sizeBytes = isCopy ? model.tensors()[index].sizeBytes()
                              : tensorBytes(written.type, model.tensors()[index].shape()).value_or(0);
    return result;
}

std::vector<TensorType> typesNeedingImportance(const Model& model, const Plan& plan, const ImportanceMatch* importance)
{
    std::set<TensorType> types;
    for (std::size_t index = 0; index < model.tensors().size(); ++index) {
        const auto choice = plan.choice(model.tensors()[index].name());
        if (!choice || (importance && importance->fit(index).isUsed()))
            continue;
        const WrittenType written = writtenType(factsOf(model, index), choice->type);
        if (info(written.type).needsImportance && written.type != model.tensors()[index].type())
            types.insert(written.type);
    }
    return {types.begin(), types.end()};
}

EffectiveChoice effectiveChoice(const Model& model, std::size_t index, const Plan& plan)
{
    return effectiveChoice(model, index, plan.choice(model.tensors()[index].name()));
}

} // namespace quantlathe
