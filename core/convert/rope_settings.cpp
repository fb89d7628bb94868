// SPDX-License-Identifier: GPL-3.0-or-later
// Facts: transformers' modeling_rope_utils, llama.cpp's hyperparameters and its rope.
#include "core/convert/rope_settings.h"

#include "core/base/text.h"
#include "core/inference/rope.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <string>
#include <utility>

namespace quantlathe {

namespace {

/// Names of a value in all the places where configs keep it.
class RopeValues
{
public:
    explicit RopeValues(const ModelConfig& config) : m_config(config) {}

    [[nodiscard]] std::optional<double> real(std::string_view name) const
    {
        const auto [a, b, c] = places(name);
        return m_config.real({a, b, c});
    }
    [[nodiscard]] std::optional<bool> flag(std::string_view name) const
    {
        const auto [a, b, c] = places(name);
        return m_config.flag({a, b, c});
    }
    [[nodiscard]] std::vector<double> reals(std::string_view name) const
    {
        for (const std::string& place : places(name)) {
            if (auto values = m_config.reals(place); !values.empty())
                return values;
        }
        return {};
    }
    [[nodiscard]] std::string kind() const
    {
        const auto [a, b, c] = places("rope_type");
        const auto [d, e, f] = places("type");
        std::string kind = m_config.text({a, b, c, d, e, f}).value_or("");
        if (kind == "default" || kind == "none")
            return {};
        return kind == "su" ? "longrope" : kind;
    }
    [[nodiscard]] double positive(std::string_view name, std::optional<double> otherwise = std::nullopt) const
    {
        const auto value = real(name) ? real(name) : otherwise;
        if (!value || !(*value > 0) || !std::isfinite(*value))
            m_config.fail(fmt::format("the rotary embedding's '{}' is missing or not positive", name));
        return *value;
    }

private:
    static std::array<std::string, 3> places(std::string_view name)
    {
        return {fmt::format("rope_parameters.{}", name), fmt::format("rope_parameters.full_attention.{}", name), fmt::format("rope_scaling.{}", name)};
    }

    const ModelConfig& m_config;
};

class RopeWriter
{
public:
    RopeWriter(const ModelConfig& config, const ArchitectureRow& architecture, const ModelSizes& sizes, GgufOutput& output)
        : m_config(config), m_architecture(architecture), m_sizes(sizes), m_output(output), m_values(config)
    {
    }

    void write()
    {
        m_base = m_values.real("rope_theta") ? *m_values.real("rope_theta") : m_config.real({"rope_theta"}).value_or(m_architecture.ropeBase);
        if (!(m_base > 0) || !std::isfinite(m_base))
            m_config.fail("'rope_theta' is not positive");
        put("freq_base", m_base);
        if (m_architecture.id == "gemma3")
            put("freq_base_swa", m_config.real({"rope_parameters.sliding_attention.rope_theta", "rope_local_base_freq"}).value_or(1e4));
        if (m_architecture.hasRopeSize || m_architecture.hasPartialRope)
            putWhole("dimension_count", m_sizes.ropeLength);
        if (m_architecture.hasLongRope)
            putWhole("scaling.original_context_length", originalContext());
        writeScaling(m_values.kind());
    }

private:
    void writeScaling(const std::string& kind)
    {
        if (kind.empty() || kind == "dynamic") // that changes nothing up to the context that the model was trained for
            return;
        if (kind == "linear") {
            putText("scaling.type", kind);
            put("scaling.factor", m_values.positive("factor"));
        } else if (kind == "yarn") {
            writeYarn();
        } else if (kind == "llama3" && m_architecture.hasRopeFactors) {
            writeLlama3();
        } else if (kind == "longrope" && m_architecture.hasLongRope) {
            writeLongRope();
        } else {
            m_config.refuse(fmt::format("rope scaling '{}' is none that a {} GGUF can express", printable(kind, 40), m_architecture.id));
        }
    }

    void writeYarn()
    {
        const double factor = m_values.positive("factor");
        putText("scaling.type", "yarn");
        put("scaling.factor", factor);
        if (!m_architecture.hasLongRope)
            putWhole("scaling.original_context_length", originalContext());
        for (const auto& [key, name] : {std::pair{"scaling.yarn_ext_factor", "extrapolation_factor"}, {"scaling.yarn_beta_fast", "beta_fast"},
                                        {"scaling.yarn_beta_slow", "beta_slow"}}) {
            if (const auto value = m_values.real(name))
                put(key, *value);
        }
        if (const auto isRounded = m_values.flag("truncate")) {
            m_output.metadata.append(key("scaling.yarn_truncate"), MetadataValue::ofBool(*isRounded));
            if (!*isRounded)
                m_output.notes.push_back("llama.cpp rounds the ends of the rotary embedding's YaRN ramp, which the model's configuration does not (truncate)");
        }
        // The configuration's factor takes the usual one's place, the file's multiplies it.
        if (const auto stated = m_values.real("attention_factor")) {
            const double usual = factor > 1 ? 1 + 0.1 * std::log(factor) : 1;
            put("scaling.attn_factor", *stated / usual);
        }
    }

    void writeLlama3()
    {
        const std::vector<double> plain = ropeFrequencies(m_base, m_sizes.ropeLength);
        std::vector<double> scaled = plain;
        scaleLlama3(scaled, m_values.positive("factor"), m_values.positive("low_freq_factor", 1), m_values.positive("high_freq_factor", 4),
                    m_values.positive("original_max_position_embeddings", 8192));
        std::vector<double> divisors;
        for (std::size_t pair = 0; pair < plain.size(); ++pair)
            divisors.push_back(plain[pair] / scaled[pair]);
        addFactors("rope_freqs.weight", divisors);
    }

    void writeLongRope()
    {
        const auto longFactors = m_values.reals("long_factor");
        const auto shortFactors = m_values.reals("short_factor");
        const double original = static_cast<double>(originalContext());
        const double scale = static_cast<double>(m_sizes.context) / original;
        const double usual = scale > 1 ? std::sqrt(1 + std::log(scale) / std::log(original)) : 1;
        put("scaling.attn_factor", m_values.real("attention_factor").value_or(usual));
        addFactors("rope_factors_long.weight", longFactors);
        addFactors("rope_factors_short.weight", shortFactors);
    }

    void addFactors(const char* name, const std::vector<double>& factors)
    {
        const std::uint64_t pairs = m_sizes.ropeLength / 2;
        if (factors.size() != pairs)
            m_config.fail(fmt::format("{} has {} factors for {} pairs of dimensions", name, factors.size(), pairs));
        for (const double factor : factors) {
            if (!(factor > 0) || !std::isfinite(factor))
                m_config.fail(fmt::format("a factor of the rotary frequencies is {}", factor));
        }
        m_output.tensors.push_back({.weights = computed(name, Shape({pairs}), {factors.begin(), factors.end()}, m_config.model().mappings().front()),
                                    .sources = {}, .isCopy = true});
    }

    [[nodiscard]] std::uint64_t originalContext() const
    {
        const auto value = m_values.real("original_max_position_embeddings");
        const double context = value ? *value : static_cast<double>(m_config.size({"original_max_position_embeddings"}, m_sizes.context));
        if (!(context >= 2 && context <= static_cast<double>(ModelConfig::largestSize)))
            m_config.fail("the rotary embedding's 'original_max_position_embeddings' cannot be right");
        return static_cast<std::uint64_t>(context);
    }

    [[nodiscard]] std::string key(std::string_view rest) const { return fmt::format("{}.rope.{}", m_architecture.id, rest); }
    void put(std::string_view rest, double value) { m_output.metadata.append(key(rest), MetadataValue::ofF32(static_cast<float>(value))); }
    void putWhole(std::string_view rest, std::uint64_t value) { m_output.metadata.append(key(rest), MetadataValue::ofU32(static_cast<std::uint32_t>(value))); }
    void putText(std::string_view rest, std::string value) { m_output.metadata.append(key(rest), MetadataValue::ofString(std::move(value))); }

    const ModelConfig& m_config;
    const ArchitectureRow& m_architecture;
    const ModelSizes& m_sizes;
    GgufOutput& m_output;
    RopeValues m_values;
    double m_base = 0;
};

} // namespace

void appendRope(const ModelConfig& config, const ArchitectureRow& architecture, const ModelSizes& sizes, GgufOutput& output)
{
    RopeWriter(config, architecture, sizes, output).write();
}

} // namespace quantlathe
