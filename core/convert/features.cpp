// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/convert/features.h"

#include "core/base/text.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace quantlathe {

namespace {

void checkActivation(const ModelConfig& config, const ArchitectureRow& architecture)
{
    const auto activation = config.text({"hidden_activation", "hidden_act", "activation_function"});
    const auto& known = architecture.activations;
    if (activation && std::find(known.begin(), known.end(), *activation) == known.end())
        config.refuse(fmt::format("the activation '{}' is none a {} GGUF can express", printable(*activation, 40), architecture.id));
}

void checkExperts(const ModelConfig& config, const ArchitectureRow& architecture)
{
    const auto stated = config.flag({"norm_topk_prob"});
    if (!stated || architecture.topNormalisation == TopNormalisation::AsStated)
        return;
    const bool isNormalised = architecture.topNormalisation == TopNormalisation::Always;
    if (*stated != isNormalised) {
        config.refuse(fmt::format("'norm_topk_prob' is {}: engines take it to be {} in a {} GGUF", *stated, isNormalised, architecture.id));
    }
}

/// True where the configuration says that layer @p layer has a window; nothing where it does not say.
std::optional<bool> isStatedSliding(const ModelConfig& config, std::uint64_t layer)
{
    const MetadataArray* kinds = config.list("layer_types");
    if (!kinds || kinds->elementType() != MetadataType::String || layer >= kinds->size())
        return std::nullopt;
    return std::get<std::string>(kinds->at(layer)) == "sliding_attention";
}

void checkWindow(const ModelConfig& config, const ArchitectureRow& architecture, const ModelSizes& sizes, std::vector<std::string>& notes)
{
    if (architecture.windowPeriod > 0) {
        const std::uint64_t period = config.whole({"sliding_window_pattern", "_sliding_window_pattern"}).value_or(architecture.windowPeriod);
        bool isUsual = config.list("layer_types") || period == architecture.windowPeriod;
        for (std::uint64_t layer = 0; layer < sizes.layers; ++layer) {
            const auto isSliding = isStatedSliding(config, layer);
            isUsual = isUsual && (!isSliding || *isSliding == (layer % architecture.windowPeriod < architecture.windowPeriod - 1));
        }
        if (!isUsual)
            config.refuse(fmt::format("the layers with a sliding window are not those that engines take in a {} GGUF", architecture.id));
        return;
    }
    const std::uint64_t window = config.whole({"sliding_window"}).value_or(0);
    if (architecture.hasWindowList || window == 0 || window >= sizes.context || !config.flag({"use_sliding_window"}).value_or(true))
        return;
    notes.push_back(fmt::format("llama.cpp lets every position see all before it, where the model was trained to see {}: texts longer than that may come out differently", window));
}

void checkRotation(const ModelConfig& config, const ArchitectureRow& architecture, const ModelSizes& sizes)
{
    if (architecture.noRopePeriod == 0)
        return;
    const MetadataArray* stated = config.list("no_rope_layers");
    const std::uint64_t period = config.whole({"no_rope_layer_interval"}).value_or(architecture.noRopePeriod);
    bool isUsual = stated || period == architecture.noRopePeriod;
    for (std::uint64_t layer = 0; stated && layer < std::min(sizes.layers, stated->size()); ++layer)
        isUsual = isUsual && (toUnsigned(stated->at(layer)).value_or(1) != 0) == ((layer + 1) % architecture.noRopePeriod != 0);
    if (!isUsual)
        config.refuse(fmt::format("'no_rope_layers' leaves other layers without rotation than engines do in a {} GGUF", architecture.id));
}

class KeyWriter
{
public:
    KeyWriter(const ModelConfig& config, const ArchitectureRow& architecture, const ModelSizes& sizes, Metadata& metadata)
        : m_config(config), m_architecture(architecture), m_sizes(sizes), m_metadata(metadata)
    {
    }

    void write()
    {
        whole("block_count", m_sizes.layers);
        whole("context_length", m_sizes.context);
        whole("embedding_length", m_sizes.width);
        whole("feed_forward_length", m_sizes.feedForward);
        whole("attention.head_count", m_sizes.heads);
        const bool isLatent = m_sizes.latentRank > 0;
        if (isLatent)
            whole("attention.head_count_kv", 1); // the compressed cache is one head to engines
        else if (!m_architecture.isLayerNorm)
            whole("attention.head_count_kv", m_sizes.kvHeads);
        epsilon();
        if (isLatent) {
            whole("attention.key_length", m_sizes.latentRank + m_sizes.ropeLength);
            whole("attention.value_length", m_sizes.latentRank);
            whole("attention.key_length_mla", m_sizes.headLength);
        } else if (m_config.has("head_dim") || m_architecture.isGemma || m_sizes.headLength * m_sizes.heads != m_sizes.width) {
            whole("attention.key_length", m_sizes.headLength);
            whole("attention.value_length", m_sizes.headLength);
        }
        if (m_sizes.experts > 0)
            rows(commonKeys());
        rows(m_architecture.keys);
        if (isLatent)
            routing();
        window();
        if (m_architecture.hasRopeSize)
            whole("vocab_size", m_sizes.vocabulary);
    }

private:
    void epsilon()
    {
        const auto value = m_architecture.isLayerNorm ? m_config.real({"layer_norm_epsilon"}) : m_config.real({"rms_norm_eps"});
        if (!value || !(*value >= 0))
            m_config.fail(fmt::format("'{}' is missing or negative", m_architecture.isLayerNorm ? "layer_norm_epsilon" : "rms_norm_eps"));
        real(m_architecture.isLayerNorm ? "attention.layer_norm_epsilon" : "attention.layer_norm_rms_epsilon", *value);
    }

    void rows(KeyRows table)
    {
        for (const KeyRow& row : table) {
            const auto& [a, b, c] = row.names;
            switch (row.kind) {
            case KeyKind::Whole:
                if (const auto value = m_config.whole({a, b, c}))
                    whole(row.key, *value);
                break;
            case KeyKind::Real:
                if (const auto value = m_config.real({a, b, c}))
                    real(row.key, *value);
                break;
            case KeyKind::Flag:
                if (m_config.flag({a, b, c}).value_or(false))
                    m_metadata.append(key(row.key), MetadataValue::ofBool(true));
                break;
            }
        }
    }

    /// DeepSeek V3 chooses experts by sigmoids; its class does so without saying it.
    void routing()
    {
        constexpr std::uint64_t softmax = 1;
        constexpr std::uint64_t sigmoid = 2;
        if (m_sizes.experts == 0)
            return;
        const bool isThird = m_config.className().starts_with("DeepseekV3");
        const std::string function = m_config.text({"scoring_func"}).value_or(isThird ? "sigmoid" : "softmax");
        if (function != "softmax" && function != "sigmoid")
            m_config.refuse(fmt::format("experts are chosen by '{}', which is not known", printable(function, 40)));
        whole("expert_gating_func", function == "sigmoid" ? sigmoid : softmax);
        if (const auto multiplier = m_config.real({"rope_parameters.mscale_all_dim", "rope_scaling.mscale_all_dim"}))
            real("rope.scaling.yarn_log_multiplier", 0.1 * *multiplier);
    }

    void window()
    {
        const std::uint64_t length = m_config.flag({"use_sliding_window"}).value_or(true) ? m_config.whole({"sliding_window"}).value_or(0) : 0;
        // Phi-4 is told from Phi-3 by a window of 0.
        if (m_architecture.hasLongRope || (length > 0 && (m_architecture.windowPeriod > 0 || m_architecture.hasWindowList)))
            whole("attention.sliding_window", length);
        if (!m_architecture.hasWindowList || length == 0)
            return;
        std::vector<bool> isSliding;
        for (std::uint64_t layer = 0; layer < m_sizes.layers; ++layer)
            isSliding.push_back(isStatedSliding(m_config, layer).value_or((layer + 1) % 4 != 0));
        m_metadata.append(key("attention.sliding_window_pattern"), MetadataValue::ofArray(MetadataArray::fromBools(isSliding)));
    }

    [[nodiscard]] std::string key(std::string_view rest) const { return fmt::format("{}.{}", m_architecture.id, rest); }
    void whole(std::string_view rest, std::uint64_t value)
    {
        if (value > 0xffffffffu)
            m_config.fail(fmt::format("{} cannot be the model's '{}'", value, rest));
        m_metadata.append(key(rest), MetadataValue::ofU32(static_cast<std::uint32_t>(value)));
    }
    void real(std::string_view rest, double value) { m_metadata.append(key(rest), MetadataValue::ofF32(static_cast<float>(value))); }

    const ModelConfig& m_config;
    const ArchitectureRow& m_architecture;
    const ModelSizes& m_sizes;
    Metadata& m_metadata;
};

} // namespace

void checkFeatures(const ModelConfig& config, const ArchitectureRow& architecture, const ModelSizes& sizes, std::vector<std::string>& notes)
{
    checkActivation(config, architecture);
    checkExperts(config, architecture);
    checkWindow(config, architecture, sizes, notes);
    checkRotation(config, architecture, sizes);
    if (sizes.latentRank > 0 && sizes.latentQuery == 0 && sizes.layers != 26 && sizes.layers != 27)
        notes.push_back("llama.cpp loads models with uncompressed queries only where they have 26 or 27 layers, as DeepSeek V2 Lite");
    if (config.flag({"use_bidirectional_attention"}).value_or(false))
        config.refuse("'use_bidirectional_attention' is none a GGUF of this architecture can express");
    if (config.flag({"scale_attn_by_inverse_layer_idx"}).value_or(false) || !config.flag({"scale_attn_weights"}).value_or(true))
        config.refuse("attention is scaled in a way that a GGUF cannot express");
    for (const KeyRow& row : architecture.keys) {
        const bool isSoftcap = row.key.ends_with("softcapping");
        if (isSoftcap && architecture.windowPeriod == 2 && !config.has(row.names.front()))
            config.refuse(fmt::format("'{}' is missing: engines would take a value of their own", row.names.front()));
    }
}

double queryFactor(const ModelConfig& config, const ArchitectureRow& architecture, const ModelSizes& sizes)
{
    const auto stated = config.real({"query_pre_attn_scalar"});
    if (!stated || (architecture.id != "gemma2" && architecture.id != "gemma3"))
        return 1;
    if (!(*stated > 0))
        config.fail(fmt::format("'query_pre_attn_scalar' is {}", *stated));
    // Engines divide scores by the square root of the head's length, in the 27B models of width / heads.
    const bool isLargest = sizes.layers == (architecture.id == "gemma2" ? 46u : 62u);
    const double engines = isLargest ? static_cast<double>(sizes.width) / static_cast<double>(sizes.heads) : static_cast<double>(sizes.headLength);
    return std::sqrt(engines / *stated);
}

void appendHyperparameters(const ModelConfig& config, const ArchitectureRow& architecture, const ModelSizes& sizes, Metadata& metadata)
{
    KeyWriter(config, architecture, sizes, metadata).write();
}

} // namespace quantlathe
