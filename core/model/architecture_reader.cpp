// SPDX-License-Identifier: GPL-3.0-or-later
// Hyperparameters from GGUF's keys. Numbers from files are only copied and compared here; whoever computes
// with them checks.
#include "core/base/text.h"
#include "core/model/architecture.h"
#include "core/model/architecture_tables.h"
#include "core/model/tensor.h"

#include <algorithm>
#include <fmt/format.h>
#include <string>
#include <utility>

namespace quantlathe {

namespace {

/// No real model comes near; per-layer lists are allocated by this number, so a hostile one must not get
/// through.
constexpr std::uint64_t mostLayers = 16384;

class Reader
{
public:
    Reader(const Metadata& metadata, std::span<const Tensor> tensors, std::span<const TensorPlace> places)
        : m_metadata(metadata), m_tensors(tensors), m_places(places)
    {
    }

    Architecture read()
    {
        m_result.displayName = m_metadata.string("general.name").value_or("");
        m_result.name = m_metadata.string("general.architecture").value_or("");
        m_result.isKnown = architectures::isKnown(m_result.name);
        if (m_result.name.empty())
            note("the file does not say what architecture this is");
        else if (!m_result.isKnown)
            note(fmt::format(
                "'{}' is not an architecture with rules of its own: hyperparameters were read by the "
                "common ones",
                printable(m_result.name, 60)));
        readSizes();
        readAttention();
        readExperts();
        readSlidingWindow();
        readRecurrence();
        fillFromTensors();
        return std::move(m_result);
    }

private:
    void note(std::string text) { m_result.notes.push_back(std::move(text)); }
    [[nodiscard]] std::string key(std::string_view rest) const
    {
        return fmt::format("{}.{}", m_result.name, rest);
    }
    [[nodiscard]] std::optional<std::uint64_t> number(std::string_view rest) const
    {
        return m_metadata.unsignedInteger(key(rest));
    }
    [[nodiscard]] double real(std::string_view rest) const { return m_metadata.real(key(rest)).value_or(0); }

    /// A value per layer: from an array, or one number for all.
    std::vector<std::uint64_t> perLayer(std::string_view rest)
    {
        const auto layers = static_cast<std::size_t>(m_result.parameters.layerCount);
        if (const auto single = number(rest))
            return std::vector<std::uint64_t>(layers, *single);
        const MetadataArray* array = m_metadata.array(key(rest));
        if (!array)
            return {};
        std::vector<std::uint64_t> values;
        values.reserve(layers);
        for (std::uint64_t layer = 0; layer < std::min<std::uint64_t>(layers, array->size()); ++layer)
            values.push_back(toUnsigned(array->at(layer)).value_or(0));
        if (array->size() != layers) {
            note(fmt::format("{} has {} values for {} layers", printable(key(rest)), array->size(), layers));
            values.resize(layers, values.empty() ? 0 : values.back());
        }
        return values;
    }

    /// One more than the largest layer number among the tensors.
    [[nodiscard]] std::uint64_t layersOfTensors() const
    {
        int largest = -1;
        for (const TensorPlace& place : m_places)
            largest = std::max(largest, place.layer.value_or(-1));
        return static_cast<std::uint64_t>(largest + 1);
    }

    void readSizes()
    {
        Hyperparameters& p = m_result.parameters;
        p.layerCount = number("block_count").value_or(layersOfTensors());
        if (p.layerCount > mostLayers) {
            note(fmt::format("the file claims {} layers; the tensors show {}", p.layerCount,
                             layersOfTensors()));
            p.layerCount = std::min(layersOfTensors(), mostLayers);
        }
        p.contextLength = number("context_length").value_or(0);
        p.embeddingLength = number("embedding_length").value_or(0);
        p.feedForwardLength = perLayer("feed_forward_length");
        p.vocabularySize = number("vocab_size").value_or(0);
        if (p.vocabularySize == 0) {
            if (const MetadataArray* tokens = m_metadata.array("tokenizer.ggml.tokens"))
                p.vocabularySize = tokens->size();
        }
        p.ropeFrequencyBase = real("rope.freq_base");
        p.normEpsilon = real("attention.layer_norm_rms_epsilon");
        if (p.normEpsilon == 0)
            p.normEpsilon = real("attention.layer_norm_epsilon");
    }

    void readAttention()
    {
        Hyperparameters& p = m_result.parameters;
        p.headCount = perLayer("attention.head_count");
        p.headCountKv = perLayer("attention.head_count_kv");
        if (p.headCountKv.empty())
            p.headCountKv = p.headCount;
        const auto anyHeads =
            std::find_if(p.headCount.begin(), p.headCount.end(), [](auto heads) { return heads > 0; });
        const std::uint64_t plain = anyHeads == p.headCount.end() ? 0 : p.embeddingLength / *anyHeads;
        p.keyLength = number("attention.key_length").value_or(plain);
        p.valueLength = number("attention.value_length").value_or(plain);
        p.keyLengthSlidingWindow = number("attention.key_length_swa").value_or(0);
        p.valueLengthSlidingWindow = number("attention.value_length_swa").value_or(0);
        p.sharedKvLayers = number("attention.shared_kv_layers").value_or(0);
        p.ropeDimension = number("rope.dimension_count").value_or(p.keyLength);
        // The cache holds the low-rank part only in files made for it; older files of the same architecture
        // expand it.
        if (const auto perHead = number("attention.key_length_mla")) {
            p.mlaKvLoraRank = number("attention.kv_lora_rank").value_or(0);
            p.mlaRopeDimension = p.ropeDimension;
            p.keyLength = *perHead;
            p.valueLength = number("attention.value_length_mla").value_or(p.valueLength);
        }
        if (anyHeads == p.headCount.end() && p.layerCount > 0 &&
            architectures::recurrence(m_result.name) != architectures::Recurrence::Everywhere)
            note("no head count: the KV cache cannot be estimated");
        if (p.sharedKvLayers > p.layerCount) {
            note(fmt::format("{} layers share their keys and values, but there are only {}", p.sharedKvLayers,
                             p.layerCount));
            p.sharedKvLayers = 0;
        }
    }

    void readExperts()
    {
        Hyperparameters& p = m_result.parameters;
        p.expertCount = number("expert_count").value_or(0);
        p.expertUsedCount = number("expert_used_count").value_or(0);
        if (p.expertCount == 0)
            return;
        const std::uint64_t dense = p.feedForwardLength.empty() ? 0 : p.feedForwardLength.front();
        p.expertFeedForwardLength = number("expert_feed_forward_length").value_or(dense);
    }

    void readSlidingWindow()
    {
        Hyperparameters& p = m_result.parameters;
        const architectures::SlidingWindow* rule = architectures::slidingWindow(m_result.name);
        p.slidingWindow = number("attention.sliding_window").value_or(rule ? rule->defaultWindow : 0);
        if (p.slidingWindow == 0)
            return;
        const auto layers = static_cast<std::size_t>(p.layerCount);
        if (m_metadata.array(key("attention.sliding_window_pattern"))) {
            // Booleans are 0 and 1 here, too.
            const MetadataArray& pattern = *m_metadata.array(key("attention.sliding_window_pattern"));
            p.slidingWindowLayers.assign(layers, false);
            for (std::size_t layer = 0; layer < std::min<std::uint64_t>(layers, pattern.size()); ++layer) {
                const MetadataScalar element = pattern.at(layer);
                const bool* flag = std::get_if<bool>(&element);
                p.slidingWindowLayers[layer] = flag ? *flag : toUnsigned(element).value_or(0) != 0;
            }
            if (pattern.size() != layers)
                note(fmt::format("the sliding window pattern has {} values for {} layers", pattern.size(),
                                 layers));
            return;
        }
        const std::uint64_t period =
            number("attention.sliding_window_pattern").value_or(rule ? rule->period : 0);
        if (period == 0)
            return;
        p.slidingWindowLayers.resize(layers);
        for (std::size_t layer = 0; layer < layers; ++layer)
            p.slidingWindowLayers[layer] = layer % period < period - 1;
    }

    void readRecurrence()
    {
        using architectures::Recurrence;
        Hyperparameters& p = m_result.parameters;
        p.stateConvolution = number("ssm.conv_kernel").value_or(number("shortconv.l_cache").value_or(0));
        p.stateInnerSize = number("ssm.inner_size").value_or(0);
        p.stateSize = number("ssm.state_size").value_or(number("wkv.head_size").value_or(0));
        p.stateGroups = number("ssm.group_count").value_or(0);
        p.stateTimeStepRank = number("ssm.time_step_rank").value_or(0);
        const Recurrence kind = architectures::recurrence(m_result.name);
        if (kind == Recurrence::None)
            return;
        const auto layers = static_cast<std::size_t>(p.layerCount);
        p.headCountKv.resize(layers, 0);
        p.recurrentLayers.assign(layers, true);
        const std::uint64_t interval =
            std::max<std::uint64_t>(1, number("full_attention_interval").value_or(4));
        for (std::size_t layer = 0; layer < layers; ++layer) {
            const bool hasFeedForward = layer < p.feedForwardLength.size() && p.feedForwardLength[layer] > 0;
            switch (kind) {
            case Recurrence::None:
            case Recurrence::BesideAttention:
                break;
            case Recurrence::Everywhere:
                p.headCountKv[layer] = 0;
                break;
            case Recurrence::ByInterval:
                p.recurrentLayers[layer] = (layer + 1) % interval != 0;
                if (p.recurrentLayers[layer])
                    p.headCountKv[layer] = 0;
                break;
            case Recurrence::WithoutHeads:
                p.recurrentLayers[layer] = p.headCountKv[layer] == 0;
                break;
            case Recurrence::WithoutHeadsAndFeedForward:
                p.recurrentLayers[layer] = p.headCountKv[layer] == 0 && !hasFeedForward;
                break;
            }
        }
    }

    void fillFromTensors()
    {
        Hyperparameters& p = m_result.parameters;
        const Tensor* embedding = nullptr;
        bool hasOutput = false;
        for (std::size_t index = 0; index < m_places.size(); ++index) {
            if (m_places[index].role == TensorRole::TokenEmbedding &&
                m_places[index].canonicalName.starts_with("token_embd."))
                embedding = &m_tensors[index];
            hasOutput = hasOutput || (m_places[index].role == TensorRole::Output && !m_places[index].isBias);
        }
        if (m_tensors.empty())
            return;
        p.isEmbeddingTied = embedding && !hasOutput;
        if (embedding && embedding->shape().rank() == 2) {
            if (p.embeddingLength == 0)
                p.embeddingLength = embedding->shape().rowLength();
            if (p.vocabularySize == 0)
                p.vocabularySize = embedding->shape().rowCount();
        }
        if (p.layerCount > 0 && layersOfTensors() > 0 && layersOfTensors() < p.layerCount) {
            note(fmt::format("the file names {} layers, but holds tensors of {} only", p.layerCount,
                             layersOfTensors()));
        }
    }

    const Metadata& m_metadata;
    std::span<const Tensor> m_tensors;
    std::span<const TensorPlace> m_places;
    Architecture m_result;
};

} // namespace

Architecture readArchitecture(const Metadata& metadata, std::span<const Tensor> tensors,
                              std::span<const TensorPlace> places)
{
    return Reader(metadata, tensors, places).read();
}

} // namespace quantlathe
