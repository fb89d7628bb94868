// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/known_keys.h"

#include "core/base/text.h"
#include "core/model/metadata_edits.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>

namespace quantlathe {

namespace {

using enum MetadataType;
using Rule = KeyRule;

struct Row
{
    std::string_view key; ///< hyperparameters without the architecture's name and dot
    KnownKey known;
};

constexpr KnownKey single(MetadataType type, Rule rule, std::string_view meaning) { return {type, std::nullopt, rule, meaning}; }
constexpr KnownKey array(MetadataType element, Rule rule, std::string_view meaning) { return {Array, element, rule, meaning}; }
/// One number, or one per layer; 0 where a layer has none (Mamba has no heads at all).
constexpr KnownKey perLayer(std::string_view meaning) { return {U32, I32, Rule::Any, meaning}; }

constexpr std::array hyperparameters = {
    Row{"vocab_size", single(U32, Rule::Positive, "tokens in the vocabulary")},
    Row{"context_length", single(U32, Rule::Positive, "longest context in tokens")},
    Row{"embedding_length", single(U32, Rule::Positive, "width of a hidden state")},
    Row{"block_count", single(U32, Rule::Positive, "number of layers")},
    Row{"leading_dense_block_count", single(U32, Rule::Any, "layers before the first with experts")},
    Row{"feed_forward_length", perLayer("width of the feed-forward part")},
    Row{"expert_feed_forward_length", single(U32, Rule::Any, "width of one expert")},
    Row{"expert_shared_feed_forward_length", single(U32, Rule::Any, "width of the shared expert")},
    Row{"expert_count", single(U32, Rule::Any, "experts per layer")},
    Row{"expert_used_count", single(U32, Rule::Any, "experts used for a token")},
    Row{"expert_shared_count", single(U32, Rule::Any, "shared experts")},
    Row{"expert_weights_scale", single(F32, Rule::Any, "factor of the experts' weights")},
    Row{"expert_weights_norm", single(Bool, Rule::Any, "whether the experts' weights add up to 1")},
    Row{"use_parallel_residual", single(Bool, Rule::Any, "attention and feed-forward side by side")},
    Row{"attention.head_count", perLayer("query heads")},
    Row{"attention.head_count_kv", perLayer("key and value heads")},
    Row{"attention.key_length", single(U32, Rule::Positive, "width of a key")},
    Row{"attention.value_length", single(U32, Rule::Positive, "width of a value")},
    Row{"attention.layer_norm_epsilon", single(F32, Rule::PositiveReal, "epsilon of the norms")},
    Row{"attention.layer_norm_rms_epsilon", single(F32, Rule::PositiveReal, "epsilon of the RMS norms")},
    Row{"attention.causal", single(Bool, Rule::Any, "whether attention looks back only")},
    Row{"attention.sliding_window", single(U32, Rule::Any, "tokens that attention looks back")},
    Row{"attention.scale", single(F32, Rule::Any, "factor of the attention scores")},
    Row{"attention.q_lora_rank", single(U32, Rule::Any, "rank of the compressed queries")},
    Row{"attention.kv_lora_rank", single(U32, Rule::Any, "rank of the compressed keys and values")},
    Row{"logit_scale", single(F32, Rule::Any, "factor of the logits")},
    Row{"attn_logit_softcapping", single(F32, Rule::Any, "limit of the attention scores")},
    Row{"final_logit_softcapping", single(F32, Rule::Any, "limit of the logits")},
    Row{"rope.dimension_count", single(U32, Rule::Positive, "rotated dimensions of a head")},
    Row{"rope.freq_base", single(F32, Rule::PositiveReal, "base of the rotation's frequencies")},
    Row{"rope.scaling.type", single(String, Rule::Any, "how the rotation is stretched: none, linear, yarn, longrope")},
    Row{"rope.scaling.factor", single(F32, Rule::Any, "by how much the rotation is stretched")},
    Row{"rope.scaling.original_context_length", single(U32, Rule::Positive, "context before stretching")},
    Row{"rope.scaling.attn_factor", single(F32, Rule::Any, "factor of the attention when stretched")},
    Row{"rope.scaling.finetuned", single(Bool, Rule::Any, "whether the model was trained stretched")},
    Row{"ssm.conv_kernel", single(U32, Rule::Positive, "width of the convolution")},
    Row{"ssm.inner_size", single(U32, Rule::Positive, "inner width of the state space")},
    Row{"ssm.state_size", single(U32, Rule::Positive, "size of the state")},
    Row{"ssm.time_step_rank", single(U32, Rule::Positive, "rank of the time step")},
    Row{"pooling_type", single(U32, Rule::Any, "how an embedding is pooled")},
};

constexpr std::array tokenIds = {
    std::string_view("tokenizer.ggml.bos_token_id"),       std::string_view("tokenizer.ggml.eos_token_id"),
    std::string_view("tokenizer.ggml.eot_token_id"),       std::string_view("tokenizer.ggml.eom_token_id"),
    std::string_view("tokenizer.ggml.unknown_token_id"),   std::string_view("tokenizer.ggml.seperator_token_id"),
    std::string_view("tokenizer.ggml.padding_token_id"),   std::string_view("tokenizer.ggml.cls_token_id"),
    std::string_view("tokenizer.ggml.mask_token_id"),      std::string_view("tokenizer.ggml.fim_pre_token_id"),
    std::string_view("tokenizer.ggml.fim_suf_token_id"),   std::string_view("tokenizer.ggml.fim_mid_token_id"),
    std::string_view("tokenizer.ggml.fim_pad_token_id"),   std::string_view("tokenizer.ggml.fim_rep_token_id"),
    std::string_view("tokenizer.ggml.fim_sep_token_id"),   std::string_view("tokenizer.ggml.prefix_token_id"),
    std::string_view("tokenizer.ggml.suffix_token_id"),    std::string_view("tokenizer.ggml.middle_token_id")};

constexpr std::array generalKeys = {
    Row{"general.architecture", single(String, Rule::NotEmpty, "kind of network")},
    Row{"general.type", single(String, Rule::Any, "model, adapter, mmproj ...")},
    Row{"general.name", single(String, Rule::Any, "name of the model")},
    Row{"general.basename", single(String, Rule::Any, "name without version and size")},
    Row{"general.size_label", single(String, Rule::Any, "size as people say it")},
    Row{"general.finetune", single(String, Rule::Any, "what it was tuned for")},
    Row{"general.version", single(String, Rule::Any, "version of the model")},
    Row{"general.organization", single(String, Rule::Any, "who made it")},
    Row{"general.author", single(String, Rule::Any, "who made it")},
    Row{"general.description", single(String, Rule::Any, "what it is")},
    Row{"general.license", single(String, Rule::Any, "licence (SPDX)")},
    Row{"general.license.name", single(String, Rule::Any, "name of the licence")},
    Row{"general.license.link", single(String, Rule::Any, "where the licence is")},
    Row{"general.url", single(String, Rule::Any, "web page")},
    Row{"general.repo_url", single(String, Rule::Any, "repository")},
    Row{"general.quantized_by", single(String, Rule::Any, "who quantized it")},
    Row{"general.file_type", single(U32, Rule::Any, "type of most tensors")},
    Row{"general.quantization_version", single(U32, Rule::Any, "version of the block formats")},
    Row{"general.alignment", single(U32, Rule::Positive, "alignment of the tensor data")},
    Row{"general.tags", array(String, Rule::Any, "tags")},
    Row{"general.languages", array(String, Rule::Any, "languages")},
    Row{"general.datasets", array(String, Rule::Any, "training data")},
    Row{"tokenizer.ggml.model", single(String, Rule::NotEmpty, "kind of tokenizer")},
    Row{"tokenizer.ggml.pre", single(String, Rule::NotEmpty, "how text is cut before it is tokenized")},
    Row{"tokenizer.ggml.tokens", array(String, Rule::Any, "the vocabulary")},
    Row{"tokenizer.ggml.scores", array(F32, Rule::PerToken, "scores of the tokens")},
    Row{"tokenizer.ggml.token_type", array(I32, Rule::TokenTypes, "normal, control, byte ...")},
    Row{"tokenizer.ggml.token_type_count", single(U32, Rule::Any, "segment types")},
    Row{"tokenizer.ggml.merges", array(String, Rule::Merges, "pairs that become one token")},
    Row{"tokenizer.ggml.add_bos_token", single(Bool, Rule::Any, "put the start token before a prompt")},
    Row{"tokenizer.ggml.add_eos_token", single(Bool, Rule::Any, "put the end token behind a prompt")},
    Row{"tokenizer.ggml.add_sep_token", single(Bool, Rule::Any, "put the separator behind a prompt")},
    Row{"tokenizer.ggml.add_space_prefix", single(Bool, Rule::Any, "put a blank before a prompt")},
    Row{"tokenizer.ggml.remove_extra_whitespaces", single(Bool, Rule::Any, "merge blanks")},
    Row{"tokenizer.chat_template", single(String, Rule::Any, "how a conversation becomes a prompt (Jinja)")},
    Row{"tokenizer.huggingface.json", single(String, Rule::Any, "tokenizer.json as it was")},
    Row{"split.no", single(U16, Rule::Any, "number of this part")},
    Row{"split.count", single(U16, Rule::Any, "number of parts")},
    Row{"split.tensors.count", single(I32, Rule::Any, "tensors in all parts")},
};

template <std::size_t Size> std::optional<KnownKey> find(const std::array<Row, Size>& rows, std::string_view key)
{
    const auto found = std::find_if(rows.begin(), rows.end(), [&](const Row& row) { return row.key == key; });
    return found == rows.end() ? std::nullopt : std::optional(found->known);
}

KeyProblem wrong(std::string text, KeyProblem::Kind kind = KeyProblem::Kind::Value) { return {kind, std::move(text)}; }

bool isExpectedType(const KnownKey& known, const MetadataValue& value)
{
    const auto* elements = std::get_if<MetadataArray>(&value.value);
    if (!elements)
        return value.type == known.type;
    if (!known.elementType)
        return false;
    // Per-layer lists are read signed and unsigned.
    const MetadataType type = elements->elementType();
    return type == *known.elementType || (known.type == U32 && type == U32);
}

std::optional<KeyProblem> numberProblem(const KnownKey& known, const MetadataScalar& scalar)
{
    if (known.rule == Rule::PositiveReal) {
        const auto number = toReal(scalar);
        if (!number || !std::isfinite(*number) || *number <= 0)
            return wrong(fmt::format("must be a number above 0, not {}", toText(scalar)));
    }
    if (known.rule == Rule::Positive && toUnsigned(scalar).value_or(0) == 0)
        return wrong(fmt::format("must be a whole number of at least 1, not {}", toText(scalar)));
    return std::nullopt;
}

std::optional<KeyProblem> textProblem(const KnownKey& known, const std::string& text)
{
    if (!isValidUtf8(text))
        return wrong("is not UTF-8");
    if (known.rule == Rule::NotEmpty && text.empty())
        return wrong("must not be empty");
    return std::nullopt;
}

std::optional<KeyProblem> arrayProblem(const KnownKey& known, const MetadataArray& array, const Metadata& others)
{
    if (known.type == U32) { // one per layer
        for (std::uint64_t index = 0; index < array.size(); ++index) {
            if (!toUnsigned(array.at(index)))
                return wrong(fmt::format("must not be negative, but element {} is {}", index, toText(array.at(index))));
        }
    }
    if (known.rule == Rule::Merges) {
        std::optional<KeyProblem> problem;
        array.forEachString([&](std::uint64_t index, std::string_view text) {
            // The first character may be the space itself.
            if (!problem && (text.size() < 3 || text.find(' ', 1) == std::string_view::npos))
                problem = wrong(fmt::format("needs two parts with a space between them, but element {} is '{}'", index, printable(text, 60)));
        });
        return problem;
    }
    if (known.rule != Rule::PerToken && known.rule != Rule::TokenTypes)
        return std::nullopt;
    const MetadataArray* tokens = others.array("tokenizer.ggml.tokens");
    if (tokens && tokens->size() != array.size())
        return wrong(fmt::format("has {} elements for {} tokens", array.size(), tokens->size()), KeyProblem::Kind::Length);
    if (known.rule == Rule::TokenTypes) {
        for (std::uint64_t index = 0; index < array.size(); ++index) {
            const auto type = toUnsigned(array.at(index));
            if (!type || *type < 1 || *type > 6)
                return wrong(fmt::format("knows the types 1 to 6, but token {} has {}", index, toText(array.at(index))));
        }
    }
    return std::nullopt;
}

} // namespace

std::optional<KnownKey> knownKey(std::string_view key, std::string_view architecture)
{
    if (const auto known = find(generalKeys, key))
        return known;
    if (std::find(tokenIds.begin(), tokenIds.end(), key) != tokenIds.end())
        return single(U32, Rule::TokenId, "number of a special token");
    if (key.starts_with("tokenizer.chat_template."))
        return single(String, Rule::Any, "a further template of conversations");
    if (architecture.empty() || !key.starts_with(architecture) || key.size() <= architecture.size() || key[architecture.size()] != '.')
        return std::nullopt;
    return find(hyperparameters, key.substr(architecture.size() + 1));
}

std::string expectedTypeText(const KnownKey& key)
{
    if (key.type == Array)
        return fmt::format("array of {}", name(*key.elementType));
    if (key.elementType)
        return fmt::format("{} or an array of {}, one per layer", name(key.type), name(*key.elementType));
    return std::string(name(key.type));
}

std::optional<KeyProblem> problemWith(std::string_view key, const MetadataValue& value, const Metadata& others)
{
    const auto known = knownKey(key, others.string("general.architecture").value_or(""));
    if (!known)
        return std::nullopt;
    const auto* array = std::get_if<MetadataArray>(&value.value);
    if (!isExpectedType(*known, value)) {
        return wrong(fmt::format("must be {}, not {}", expectedTypeText(*known),
                                 array ? fmt::format("an array of {}", name(array->elementType())) : std::string(name(value.type))),
                     KeyProblem::Kind::Type);
    }
    if (array)
        return arrayProblem(*known, *array, others);
    const auto& scalar = std::get<MetadataScalar>(value.value);
    if (const auto* text = std::get_if<std::string>(&scalar))
        return textProblem(*known, *text);
    if (known->rule == Rule::TokenId) {
        const MetadataArray* tokens = others.array("tokenizer.ggml.tokens");
        const auto id = toUnsigned(scalar);
        if (tokens && (!id || *id >= tokens->size()))
            return wrong(fmt::format("is {}, but the vocabulary has {} tokens, numbered from 0", toText(scalar), tokens->size()));
    }
    return numberProblem(*known, scalar);
}

std::optional<std::string_view> reasonNotToEdit(std::string_view key)
{
    if (key == "general.alignment")
        return "It says how the tensor data are aligned; they would have to be moved";
    if (key == "general.quantization_version")
        return "It says how the stored blocks are laid out; another number would make readers misread or refuse them";
    if (key.starts_with("split."))
        return "It says which part of a split model this file is; the parts would not be found any more";
    if (key == paddingKey)
        return "It is room for later edits, which is used and made as needed";
    if (key.starts_with("GGUF."))
        return "It stands for a field of the file's header, not for a key";
    return std::nullopt;
}

std::span<const std::string_view> tokenIdKeys()
{
    return tokenIds;
}

} // namespace quantlathe
