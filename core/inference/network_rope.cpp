// SPDX-License-Identifier: GPL-3.0-or-later
// Facts: transformers' modeling_rope_utils and configuration classes; llama.cpp's keys and its rope.
#include "core/inference/network_rope.h"

#include "core/base/text.h"

#include <cmath>
#include <fmt/format.h>

namespace quantlathe {

namespace {

/// GGUF ids whose files hold queries and keys reordered for pairs of neighbours.
bool isInterleavedFile(const NetworkFacts& facts)
{
    return facts.isGguf() && facts.is({"llama", "smollm3"});
}

std::vector<double> factorsOf(const NetworkFacts& facts, const char* tensor, const char* configName, std::uint64_t pairs)
{
    std::vector<double> factors;
    if (facts.isGguf()) {
        if (const auto found = facts.findVector(tensor, pairs)) {
            for (const float factor : facts.values(*found))
                factors.push_back(factor);
        }
    } else {
        for (const char* part : {"rope_scaling.", "rope_parameters.", "rope_parameters.full_attention."}) {
            const MetadataArray* list = facts.configList(fmt::format("{}{}", part, configName));
            if (!list)
                continue;
            if (list->size() != pairs)
                facts.inconsistent(fmt::format("'{}{}' has {} values for {} pairs of dimensions", part, configName, list->size(), pairs));
            for (std::uint64_t index = 0; index < pairs; ++index)
                factors.push_back(toReal(list->at(index)).value_or(0));
            break;
        }
    }
    for (const double factor : factors) {
        if (!(factor > 0))
            facts.inconsistent(fmt::format("a factor of the rotary frequencies is {}", factor));
    }
    return factors;
}

std::vector<double> divided(std::vector<double> frequencies, const std::vector<double>& factors)
{
    for (std::size_t pair = 0; pair < factors.size(); ++pair)
        frequencies[pair] /= factors[pair];
    return frequencies;
}

double positive(const NetworkFacts& facts, std::optional<double> value, const char* what)
{
    if (!value || !(*value > 0) || !std::isfinite(*value))
        facts.inconsistent(fmt::format("the rotary embedding's {} is missing or not positive", what));
    return *value;
}

std::string scalingKind(const NetworkFacts& facts)
{
    const auto kind = facts.string("rope.scaling.type", {"rope_scaling.rope_type", "rope_scaling.type", "rope_parameters.rope_type",
                                                         "rope_parameters.full_attention.rope_type"});
    if (kind)
        return *kind == "none" || *kind == "default" ? std::string() : *kind;
    return {};
}

std::optional<double> scalingFactor(const NetworkFacts& facts)
{
    return facts.real("rope.scaling.factor", {"rope_scaling.factor", "rope_parameters.factor", "rope_parameters.full_attention.factor"});
}

std::optional<double> originalContext(const NetworkFacts& facts)
{
    return facts.real("rope.scaling.original_context_length",
                      {"rope_scaling.original_max_position_embeddings", "rope_parameters.original_max_position_embeddings",
                       "rope_parameters.full_attention.original_max_position_embeddings", "original_max_position_embeddings"});
}

void applyYarn(const NetworkFacts& facts, double base, Rope& rope)
{
    const double factor = positive(facts, scalingFactor(facts), "scaling factor");
    const double context = positive(facts, originalContext(facts) ? originalContext(facts)
                                                                  : std::optional(static_cast<double>(facts.parameters().contextLength)),
                                    "original context");
    const double fast = facts.real("rope.scaling.yarn_beta_fast", {"rope_scaling.beta_fast", "rope_parameters.beta_fast"}).value_or(32);
    const double slow = facts.real("rope.scaling.yarn_beta_slow", {"rope_scaling.beta_slow", "rope_parameters.beta_slow"}).value_or(1);
    bool isRounded = true;
    for (const char* name : {"rope_scaling.truncate", "rope_parameters.truncate"})
        isRounded = facts.configFlag(name).value_or(isRounded);
    scaleYarn(rope.frequencies, base, rope.dimensions, factor, fast, slow, context, isRounded);
    const double usual = factor > 1 ? 1 + 0.1 * std::log(factor) : 1;
    const auto stated = facts.real("rope.scaling.attn_factor", {"rope_scaling.attention_factor", "rope_parameters.attention_factor"});
    // A file's factor multiplies the usual one, a config's takes its place.
    rope.magnitude = facts.isGguf() ? usual * stated.value_or(1) : stated.value_or(usual);
}

void applyLongRope(const NetworkFacts& facts, Rope& rope, const std::vector<double>& shortFactors, const std::vector<double>& longFactors)
{
    const double context = positive(facts, originalContext(facts), "original context");
    const double whole = static_cast<double>(facts.parameters().contextLength);
    const double factor = scalingFactor(facts).value_or(whole / context);
    const auto stated = facts.real("rope.scaling.attn_factor", {"rope_scaling.attention_factor", "rope_parameters.attention_factor"});
    const double usual = factor > 1 ? std::sqrt(1 + std::log(factor) / std::log(context)) : 1;
    rope.magnitude = rope.longMagnitude = stated.value_or(facts.isGguf() ? 1 : usual);
    rope.longFrequencies = divided(rope.frequencies, longFactors);
    rope.frequencies = divided(rope.frequencies, shortFactors);
    rope.originalContext = static_cast<std::uint64_t>(context);
}

Rope plainRope(const NetworkFacts& facts, double base)
{
    Rope rope;
    rope.dimensions = facts.size(facts.parameters().ropeDimension, "number of rotated dimensions");
    if (rope.dimensions % 2 != 0 || rope.dimensions > facts.parameters().keyLength)
        facts.inconsistent(fmt::format("{} of {} dimensions of a head cannot be rotated", rope.dimensions, facts.parameters().keyLength));
    rope.isInterleaved = isInterleavedFile(facts);
    rope.frequencies = ropeFrequencies(base, rope.dimensions);
    return rope;
}

double baseOf(const NetworkFacts& facts)
{
    const double base = facts.parameters().ropeFrequencyBase;
    return base > 0 ? base : (!facts.isGguf() && facts.is({"gemma3"}) ? 1e6 : 1e4);
}

} // namespace

Rope readRope(const NetworkFacts& facts)
{
    const double base = baseOf(facts);
    Rope rope = plainRope(facts, base);
    const std::uint64_t pairs = rope.dimensions / 2;
    const std::string kind = scalingKind(facts);
    if (facts.isGguf()) {
        // Llama 3.1's scaling is stored as a tensor of divisors.
        if (const auto factors = factorsOf(facts, "rope_freqs.weight", "", pairs); !factors.empty())
            rope.frequencies = divided(std::move(rope.frequencies), factors);
    }
    const auto longFactors = factorsOf(facts, "rope_factors_long.weight", "long_factor", pairs);
    const auto shortFactors = factorsOf(facts, "rope_factors_short.weight", "short_factor", pairs);
    if (longFactors.size() == pairs && shortFactors.size() == pairs) {
        applyLongRope(facts, rope, shortFactors, longFactors);
    } else if (kind.empty()) {
        // Files of 2023 name the factor alone.
        const auto old = facts.real("rope.scale_linear", {});
        if (old && *old > 0) {
            for (double& frequency : rope.frequencies)
                frequency /= *old;
        }
    } else if (kind == "linear") {
        const double factor = positive(facts, scalingFactor(facts), "scaling factor");
        for (double& frequency : rope.frequencies)
            frequency /= factor;
    } else if (kind == "yarn") {
        applyYarn(facts, base, rope);
    } else if (kind == "llama3" && !facts.isGguf()) {
        const auto value = [&](const char* name) {
            return positive(facts, facts.real({}, {fmt::format("rope_scaling.{}", name), fmt::format("rope_parameters.{}", name)}), name);
        };
        scaleLlama3(rope.frequencies, value("factor"), value("low_freq_factor"), value("high_freq_factor"),
                    positive(facts, originalContext(facts), "original context"));
    } else if (kind != "dynamic") { // that changes nothing up to the context that the model was trained for
        facts.unsupported(fmt::format("the rotary embedding's scaling '{}' is not known here", printable(kind, 40)));
    }
    return rope;
}

std::optional<Rope> readSlidingRope(const NetworkFacts& facts)
{
    if (facts.is({"gemma3"})) {
        const double base = facts.real("rope.freq_base_swa", {"rope_local_base_freq", "rope_parameters.sliding_attention.rope_theta"}).value_or(1e4);
        return plainRope(facts, base > 0 ? base : 1e4);
    }
    if (facts.is({"olmo2"}) && !scalingKind(facts).empty())
        return plainRope(facts, baseOf(facts));
    return std::nullopt;
}

} // namespace quantlathe
