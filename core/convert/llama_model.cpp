// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/convert/llama_model.h"

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/convert/bpe_tokenizer.h"
#include "core/formats/json/json_file.h"

#include <algorithm>
#include <fmt/format.h>
#include <limits>
#include <map>
#include <utility>

namespace quantlathe {

namespace {

using nlohmann::json;

struct LlamaConfig
{
    std::uint64_t layers = 0;
    std::uint64_t hidden = 0;
    std::uint64_t feedForward = 0;
    std::uint64_t heads = 0;
    std::uint64_t kvHeads = 0;
    std::uint64_t headDimension = 0;
    std::uint64_t context = 0;
    std::uint64_t slidingWindow = 0; ///< 0 = none
    double normEpsilon = 0;
    double ropeBase = 0;
    bool isTied = false;
};

[[noreturn]] void refuse(const JsonFile& config, const std::string& what)
{
    throw Error(ErrorKind::Unsupported, what, {config.path(), std::nullopt, {}});
}

void requireLlama(const JsonFile& config)
{
    const json* list = config.find("architectures");
    const std::string architecture = list && list->is_array() && !list->empty() && list->front().is_string()
        ? list->front().get<std::string>()
        : textOf(config.root(), "model_type");
    if (architecture != "LlamaForCausalLM" && architecture != "LLaMAForCausalLM" && architecture != "MistralForCausalLM") {
        refuse(config, fmt::format("models of the architecture '{}' cannot be exported to GGUF yet",
                                   printable(architecture.empty() ? "(not named)" : architecture)));
    }
    if (config.find("quantization_config"))
        refuse(config, "the model is already quantized (quantization_config); such folders cannot be exported to GGUF yet");
    if (const auto activation = config.string("hidden_act").value_or("silu"); activation != "silu")
        refuse(config, fmt::format("the activation '{}' is none a llama GGUF can express", printable(activation)));
}

/// transformers 4 keeps rope_theta and rope_scaling at the top, version 5 both in rope_parameters.
double readRope(const JsonFile& config)
{
    double base = config.real("rope_theta").value_or(10000.0);
    for (const char* key : {"rope_parameters", "rope_scaling"}) {
        const json* rope = config.find(key);
        if (!rope)
            continue;
        std::string type = textOf(*rope, "rope_type");
        if (type.empty())
            type = textOf(*rope, "type");
        if (!type.empty() && type != "default")
            refuse(config, fmt::format("rope scaling '{}' cannot be exported to GGUF yet", printable(type)));
        if (const json* theta = memberOf(*rope, "rope_theta")) {
            if (!theta->is_number())
                config.fail(fmt::format("'{}.rope_theta' is no number", key));
            base = theta->get<double>();
        }
        if (const json* part = memberOf(*rope, "partial_rotary_factor"); part && *part != 1.0)
            refuse(config, "a partial rotary embedding is none a llama GGUF can express");
    }
    if (config.real("partial_rotary_factor").value_or(1.0) != 1.0)
        refuse(config, "a partial rotary embedding is none a llama GGUF can express");
    if (!(base > 0))
        config.fail("'rope_theta' is not positive");
    return base;
}

LlamaConfig readConfig(const JsonFile& config)
{
    requireLlama(config);
    const auto required = [&](const char* key) {
        const auto value = config.unsignedInteger(key);
        if (!value || *value == 0 || *value > std::numeric_limits<std::uint32_t>::max())
            config.fail(fmt::format("'{}' is missing or not between 1 and 2^32 - 1", key));
        return *value;
    };
    LlamaConfig result;
    result.layers = required("num_hidden_layers");
    result.hidden = required("hidden_size");
    result.feedForward = required("intermediate_size");
    result.heads = required("num_attention_heads");
    result.kvHeads = config.find("num_key_value_heads") ? required("num_key_value_heads") : result.heads;
    result.headDimension = config.find("head_dim") ? required("head_dim") : result.hidden / result.heads;
    result.context = required("max_position_embeddings");
    const auto window = config.unsignedInteger("sliding_window").value_or(0);
    result.slidingWindow = window < result.context ? window : 0;
    const auto epsilon = config.real("rms_norm_eps");
    if (!epsilon)
        config.fail("'rms_norm_eps' is missing");
    result.normEpsilon = *epsilon;
    result.ropeBase = readRope(config);
    result.isTied = config.boolean("tie_word_embeddings").value_or(false);
    if (result.headDimension == 0 || result.headDimension % 2 != 0)
        config.fail(fmt::format("heads of {} dimensions cannot be rotated: the number must be even", result.headDimension));
    if (result.heads % result.kvHeads != 0) {
        config.fail(fmt::format("{} attention heads cannot share {} key/value heads", result.heads, result.kvHeads));
    }
    return result;
}

/// Takes the source tensors one by one by their GGUF name, checks them, and complains about what is left.
class TensorCollector
{
public:
    explicit TensorCollector(const Model& model)
        : m_model(model)
    {
        for (std::size_t index = 0; index < model.tensors().size(); ++index) {
            const std::string& canonical = model.place(index).canonicalName;
            if (const auto [other, isNew] = m_byName.emplace(canonical, index); !isNew) {
                throw Error(ErrorKind::BadFormat,
                            fmt::format("stands for the same GGUF tensor '{}' as '{}'", printable(canonical),
                                        printable(model.tensors()[other->second].name())),
                            {model.path(), std::nullopt, model.tensors()[index].name()});
            }
        }
    }

    [[nodiscard]] bool has(const std::string& name) const { return m_byName.contains(name); }

    /// @param ropeHeads as OutputTensor::ropeHeads
    void take(const std::string& name, const std::vector<std::uint64_t>& dimensions, std::uint64_t ropeHeads = 0)
    {
        const auto shape = Shape::make(dimensions);
        const auto found = m_byName.find(name);
        if (found == m_byName.end()) {
            throw Error(ErrorKind::BadFormat, fmt::format("the tensor for '{}' is missing", name),
                        {m_model.path(), std::nullopt, {}});
        }
        const Tensor& source = m_model.tensors()[found->second];
        if (!shape || source.shape() != *shape) {
            throw Error(ErrorKind::BadFormat,
                        fmt::format("has the shape {}, but config.json asks for {}", source.shape().toString(),
                                    fmt::join(dimensions, " x ")),
                        {m_model.path(), std::nullopt, source.name()});
        }
        OutputTensor tensor;
        tensor.name = name;
        tensor.shape = *shape;
        tensor.sourceIndex = found->second;
        tensor.ropeHeads = ropeHeads;
        m_taken.push_back(std::move(tensor));
        m_byName.erase(found);
    }

    void takeIfThere(const std::string& name, const std::vector<std::uint64_t>& dimensions, std::uint64_t ropeHeads = 0)
    {
        if (has(name))
            take(name, dimensions, ropeHeads);
    }

    /// @throws Error(Unsupported) when a tensor was neither taken nor is one that engines compute themselves
    std::vector<OutputTensor> finish(bool isTied)
    {
        for (const auto& [canonical, index] : m_byName) {
            const std::string& name = m_model.tensors()[index].name();
            const bool isComputed = name.ends_with("rotary_emb.inv_freq") || (isTied && canonical == "output.weight");
            if (!isComputed) {
                throw Error(ErrorKind::Unsupported, "is no part of a Llama model, and leaving it out would change the model",
                            {m_model.path(), std::nullopt, name});
            }
        }
        return std::move(m_taken);
    }

    [[nodiscard]] const Tensor& source(const std::string& name) const
    {
        const auto found = m_byName.find(name);
        if (found == m_byName.end()) {
            throw Error(ErrorKind::BadFormat, fmt::format("the tensor for '{}' is missing", name),
                        {m_model.path(), std::nullopt, {}});
        }
        return m_model.tensors()[found->second];
    }

private:
    const Model& m_model;
    std::map<std::string, std::size_t> m_byName; ///< not taken yet, by GGUF name
    std::vector<OutputTensor> m_taken;
};

void takeLayer(TensorCollector& tensors, const LlamaConfig& config, std::uint64_t layer)
{
    const std::uint64_t queryRows = config.heads * config.headDimension;
    const std::uint64_t keyRows = config.kvHeads * config.headDimension;
    const auto name = [&](const char* part) { return fmt::format("blk.{}.{}", layer, part); };
    tensors.take(name("attn_norm.weight"), {config.hidden});
    tensors.take(name("attn_q.weight"), {queryRows, config.hidden}, config.heads);
    tensors.takeIfThere(name("attn_q.bias"), {queryRows}, config.heads);
    tensors.take(name("attn_k.weight"), {keyRows, config.hidden}, config.kvHeads);
    tensors.takeIfThere(name("attn_k.bias"), {keyRows}, config.kvHeads);
    tensors.take(name("attn_v.weight"), {keyRows, config.hidden});
    tensors.takeIfThere(name("attn_v.bias"), {keyRows});
    tensors.take(name("attn_output.weight"), {config.hidden, queryRows});
    tensors.takeIfThere(name("attn_output.bias"), {config.hidden});
    tensors.take(name("ffn_norm.weight"), {config.hidden});
    tensors.take(name("ffn_gate.weight"), {config.feedForward, config.hidden});
    tensors.takeIfThere(name("ffn_gate.bias"), {config.feedForward});
    tensors.take(name("ffn_up.weight"), {config.feedForward, config.hidden});
    tensors.takeIfThere(name("ffn_up.bias"), {config.feedForward});
    tensors.take(name("ffn_down.weight"), {config.hidden, config.feedForward});
    tensors.takeIfThere(name("ffn_down.bias"), {config.hidden});
}

void appendHyperparameters(Metadata& metadata, const LlamaConfig& config, std::uint64_t vocabularyRows)
{
    const auto append = [&](const char* key, std::uint64_t value) {
        metadata.append(fmt::format("llama.{}", key), MetadataValue::ofU32(static_cast<std::uint32_t>(value)));
    };
    append("block_count", config.layers);
    append("context_length", config.context);
    append("embedding_length", config.hidden);
    append("feed_forward_length", config.feedForward);
    append("attention.head_count", config.heads);
    append("attention.head_count_kv", config.kvHeads);
    metadata.append("llama.attention.layer_norm_rms_epsilon",
                    MetadataValue::ofF32(static_cast<float>(config.normEpsilon)));
    append("rope.dimension_count", config.headDimension);
    metadata.append("llama.rope.freq_base", MetadataValue::ofF32(static_cast<float>(config.ropeBase)));
    if (config.headDimension * config.heads != config.hidden) {
        append("attention.key_length", config.headDimension);
        append("attention.value_length", config.headDimension);
    }
    if (config.slidingWindow > 0)
        append("attention.sliding_window", config.slidingWindow);
    append("vocab_size", vocabularyRows);
}

} // namespace

GgufOutput describeLlamaModel(const std::shared_ptr<const Model>& model, const std::filesystem::path& folder)
{
    const JsonFile configFile = JsonFile::read(folder / "config.json");
    const LlamaConfig config = readConfig(configFile);
    TensorCollector tensors(*model);

    const Tensor& embedding = tensors.source("token_embd.weight");
    const std::uint64_t vocabularyRows = embedding.shape().rank() == 2 ? embedding.shape().dimensions()[0] : 0;
    if (vocabularyRows == 0 || vocabularyRows > std::numeric_limits<std::int32_t>::max()
        || embedding.shape().rowLength() != config.hidden) {
        throw Error(ErrorKind::BadFormat,
                    fmt::format("has the shape {}, which is no embedding of {} dimensions", embedding.shape().toString(),
                                config.hidden),
                    {model->path(), std::nullopt, embedding.name()});
    }
    const std::vector<std::uint64_t> embeddingShape = embedding.shape().dimensions();
    tensors.take("token_embd.weight", embeddingShape);
    for (std::uint64_t layer = 0; layer < config.layers; ++layer)
        takeLayer(tensors, config, layer);
    tensors.take("output_norm.weight", {config.hidden});
    if (!config.isTied)
        tensors.takeIfThere("output.weight", embeddingShape); // absent: tied without saying so

    GgufOutput output;
    output.source = model;
    output.tensors = tensors.finish(config.isTied);
    Metadata& metadata = output.metadata;
    metadata.append("general.architecture", MetadataValue::ofString("llama"));
    metadata.append("general.type", MetadataValue::ofString("model"));
    if (const std::string& name = model->architecture().displayName; !name.empty())
        metadata.append("general.name", MetadataValue::ofString(name));
    appendHyperparameters(metadata, config, vocabularyRows);
    appendTokenizer(metadata, folder, vocabularyRows);
    return output;
}

} // namespace quantlathe
