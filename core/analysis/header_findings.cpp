// SPDX-License-Identifier: GPL-3.0-or-later
// What a model's header shows. Whether a key is demanded, and what follows from a wrong one, is llama.cpp's behaviour
// (src/llama-model-loader.cpp, llama-model.cpp, llama-vocab.cpp of 2026).
#include "core/analysis/findings.h"
#include "core/analysis/tokenizer_findings.h"
#include "core/base/checked.h"
#include "core/base/text.h"
#include "core/model/known_keys.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <numeric>
#include <set>

namespace quantlathe {

namespace {

constexpr std::size_t longestTensorName = 63; // ggml keeps 64 bytes, one for the terminating zero

class HeaderCheck
{
public:
    HeaderCheck(const Model& model, const Metadata& metadata)
        : m_model(model)
        , m_metadata(metadata)
        , m_architecture(readArchitecture(metadata, model.tensors(), placesOf(model)))
        , m_isGguf(model.format() == ModelFormat::Gguf)
    {
    }

    std::vector<Finding> run()
    {
        // Adapters, importance data and image encoders follow other rules.
        const bool isModel = m_metadata.string("general.type").value_or("model") == "model";
        checkKeys(isModel);
        if (m_isGguf) {
            checkLayout();
            checkNames();
        }
        const bool isLanguageModel = isModel && m_architecture.name != "clip" && !m_architecture.name.empty();
        if (isLanguageModel && !m_model.tensors().empty()) {
            checkDemandedKeys();
            checkLayers();
            checkEmbedding();
            checkHeads();
            checkFeedForward();
            checkExperts();
            if (m_isGguf)
                addTokenizerFindings(m_metadata, m_findings);
        }
        return std::move(m_findings);
    }

private:
    static std::vector<TensorPlace> placesOf(const Model& model)
    {
        std::vector<TensorPlace> places;
        places.reserve(model.tensors().size());
        for (std::size_t index = 0; index < model.tensors().size(); ++index)
            places.push_back(model.place(index));
        return places;
    }

    Finding& add(FindingKind kind, Severity severity, std::string what, std::string advice)
    {
        Finding& finding = m_findings.emplace_back();
        finding.kind = kind;
        finding.severity = severity;
        finding.what = std::move(what);
        finding.advice = std::move(advice);
        return finding;
    }
    /// Figures of an architecture without rules of its own may mean something else.
    [[nodiscard]] Severity byTrust() const { return m_architecture.isKnown ? Severity::Problem : Severity::Warning; }
    [[nodiscard]] std::string key(std::string_view rest) const { return fmt::format("{}.{}", m_architecture.name, rest); }

    void contradiction(std::string_view rest, std::string what, std::vector<std::size_t> tensors)
    {
        Finding& finding = add(FindingKind::MetadataContradictsShape, byTrust(), std::move(what),
                               "Set the key to what the tensors hold, or convert the model again");
        finding.key = rest.starts_with("tokenizer.") ? std::string(rest) : key(rest);
        finding.tensors = std::move(tensors);
    }

    // --- keys ---

    void checkKeys(bool isModel)
    {
        if (m_architecture.name.empty()) {
            if (m_isGguf && isModel) {
                add(FindingKind::MissingKey, Severity::Problem, "The file does not say what architecture it is",
                    "Add general.architecture, or convert the model again")
                    .key = "general.architecture";
            }
        } else if (!m_architecture.isKnown) {
            add(FindingKind::UnknownArchitecture, Severity::Hint,
                fmt::format("'{}' is not an architecture with rules of its own here: its figures were read by the common ones",
                            printable(m_architecture.name, 60)),
                "Check layers, heads and the memory estimate before you rely on them")
                .key = "general.architecture";
        }
        if (!m_isGguf)
            return;
        for (const Metadata::Entry& entry : m_metadata.entries()) {
            const auto known = knownKey(entry.key, m_architecture.name);
            if (!known || known->rule == KeyRule::TokenId || known->rule == KeyRule::PerToken || known->rule == KeyRule::TokenTypes)
                continue; // those are the tokenizer's
            const auto problem = problemWith(entry.key, entry.value, m_metadata);
            if (!problem)
                continue;
            const bool isType = problem->kind == KeyProblem::Kind::Type;
            Finding& finding = add(isType ? FindingKind::WrongKeyType : FindingKind::BadValue,
                                   isType ? Severity::Problem : Severity::Warning,
                                   fmt::format("{} {}", printable(entry.key), problem->text),
                                   isType ? "Change the key's type: llama.cpp refuses other types" : "Correct the value");
            finding.key = entry.key;
        }
    }

    void checkDemandedKeys()
    {
        for (const std::string_view rest : {"context_length", "embedding_length", "block_count"}) {
            if (m_metadata.find(key(rest)) || !m_isGguf)
                continue;
            add(FindingKind::MissingKey, Severity::Problem, fmt::format("{} is missing; llama.cpp does not load the file without it", key(rest)),
                "Add the key, or convert the model again")
                .key = key(rest);
        }
        const Hyperparameters& p = m_architecture.parameters;
        const bool hasAttention = std::any_of(p.headCount.begin(), p.headCount.end(), [](auto heads) { return heads > 0; });
        if (m_isGguf && hasAttention && p.normEpsilon == 0 && m_architecture.isKnown) {
            add(FindingKind::MissingKey, Severity::Problem, "The epsilon of the norms is missing; llama.cpp demands one",
                "Add it as the original model's configuration says")
                .key = key("attention.layer_norm_rms_epsilon");
        }
        if (p.ropeDimension > p.keyLength && p.keyLength > 0 && p.mlaKvLoraRank == 0) {
            add(FindingKind::BadValue, Severity::Warning,
                fmt::format("rotates {} dimensions of heads that have {}", p.ropeDimension, p.keyLength),
                "Set it to the length of a key at most")
                .key = key("rope.dimension_count");
        }
    }

    // --- layers ---

    [[nodiscard]] bool isEncoderDecoder() const
    {
        return std::any_of(m_model.tensors().begin(), m_model.tensors().end(), [](const Tensor& tensor) {
            return tensor.name().starts_with("enc.") || tensor.name().starts_with("dec.");
        });
    }

    void checkLayers()
    {
        std::map<int, std::set<std::string>> layers; // canonical names without "blk.N."
        for (std::size_t index = 0; index < m_model.tensors().size(); ++index) {
            const TensorPlace& place = m_model.place(index);
            if (!place.layer || !place.canonicalName.starts_with("blk."))
                continue;
            const std::size_t dot = place.canonicalName.find('.', 4);
            if (dot != std::string::npos)
                layers[*place.layer].insert(place.canonicalName.substr(dot + 1));
        }
        if (layers.empty() || isEncoderDecoder())
            return;
        const auto present = static_cast<std::uint64_t>(layers.rbegin()->first) + 1;
        const auto claimed = m_metadata.unsignedInteger(key("block_count"));
        if (claimed && *claimed != present) {
            Finding& finding = add(FindingKind::MissingLayer, byTrust(),
                                   fmt::format("{} says {} layers, but there are tensors of {}", key("block_count"), *claimed, present),
                                   *claimed > present ? "Look for a missing part or an interrupted download; convert the model again"
                                                      : "Set the key to the number of layers, or convert the model again");
            finding.key = key("block_count");
        }
        const std::uint64_t expected = std::max(present, std::uint64_t{layers.size()});
        if (layers.size() < expected) {
            int missing = 0;
            while (layers.contains(missing))
                ++missing;
            add(FindingKind::MissingLayer, Severity::Problem,
                fmt::format("{} of {} layers have no tensors at all, the first of them is layer {}", expected - layers.size(), expected, missing),
                "Look for a missing part; convert the model again")
                .key = key("block_count");
        }
        checkMissingTensors(layers);
    }

    /// A tensor that all layers have but one or two. Mixed architectures (experts after dense layers, recurrent layers between
    /// attention) differ by design and are left alone.
    void checkMissingTensors(const std::map<int, std::set<std::string>>& layers)
    {
        const Hyperparameters& p = m_architecture.parameters;
        constexpr std::size_t fewestLayers = 4;
        constexpr std::size_t mostMissing = 2;
        if (layers.size() < fewestLayers || !m_architecture.isKnown || p.expertCount > 0 || !p.recurrentLayers.empty())
            return;
        std::map<std::string, std::size_t> counts;
        for (const auto& [layer, names] : layers) {
            for (const std::string& name : names)
                ++counts[name];
        }
        for (const auto& [name, count] : counts) {
            if (count == layers.size() || layers.size() - count > mostMissing || name.starts_with("rope_"))
                continue;
            for (const auto& [layer, names] : layers) {
                if (!names.contains(name)) {
                    add(FindingKind::MissingTensor, Severity::Problem,
                        fmt::format("blk.{}.{} is missing; {} other layers have it", layer, printable(name), count),
                        "Convert the model again")
                        .tensors = tensorsOfLayer(layer);
                }
            }
        }
    }

    [[nodiscard]] std::vector<std::size_t> tensorsOfLayer(int layer) const
    {
        std::vector<std::size_t> found;
        for (std::size_t index = 0; index < m_model.tensors().size(); ++index) {
            if (m_model.place(index).layer == layer)
                found.push_back(index);
        }
        return found;
    }

    // --- shapes ---

    /// Weights (not biases) of @p role, matrices only.
    template <typename Visit> void forEachMatrix(TensorRole role, Visit&& visit) const
    {
        for (std::size_t index = 0; index < m_model.tensors().size(); ++index) {
            const TensorPlace& place = m_model.place(index);
            const Tensor& tensor = m_model.tensors()[index];
            // Types without a known layout of rows (packed by other programs) say nothing about the network's shape.
            if (place.role == role && !place.isBias && tensor.shape().rank() >= 2 && info(tensor.type()).family != TypeFamily::Integer)
                visit(index, tensor.shape(), place);
        }
    }

    [[nodiscard]] std::optional<std::size_t> embedding() const
    {
        std::optional<std::size_t> found;
        forEachMatrix(TensorRole::TokenEmbedding, [&](std::size_t index, const Shape& shape, const TensorPlace& place) {
            if (place.canonicalName == "token_embd.weight" && shape.rank() == 2)
                found = index;
        });
        return found;
    }

    void checkEmbedding()
    {
        const auto found = embedding();
        if (!found) {
            if (m_architecture.isKnown && !isEncoderDecoder()) {
                add(FindingKind::MissingTensor, Severity::Problem, "There is no token_embd.weight: nothing turns tokens into vectors",
                    "Convert the model again")
                    .key = "general.architecture";
            }
            return;
        }
        const Shape& shape = m_model.tensors()[*found].shape();
        if (const auto width = m_metadata.unsignedInteger(key("embedding_length")); width && *width != shape.rowLength())
            contradiction("embedding_length", fmt::format("{} says {}, but rows of the token embedding have {} weights", key("embedding_length"), *width, shape.rowLength()), {*found});
        if (const auto size = m_metadata.unsignedInteger(key("vocab_size")); size && *size != shape.rowCount())
            contradiction("vocab_size", fmt::format("{} says {} tokens, but the token embedding has {} rows", key("vocab_size"), *size, shape.rowCount()), {*found});
        const MetadataArray* tokens = m_metadata.array("tokenizer.ggml.tokens");
        if (tokens && tokens->size() != shape.rowCount())
            contradiction("tokenizer.ggml.tokens", fmt::format("The vocabulary has {} tokens, but the token embedding has {} rows", tokens->size(), shape.rowCount()), {*found});
    }

    void checkHeads()
    {
        const Hyperparameters& p = m_architecture.parameters;
        const bool hasKeyLength = m_metadata.find(key("attention.key_length")) != nullptr;
        std::set<std::pair<std::uint64_t, std::uint64_t>> seen; // per layer, but told once
        for (std::size_t layer = 0; layer < p.headCount.size(); ++layer) {
            const std::uint64_t heads = p.headCount[layer];
            const std::uint64_t kvHeads = layer < p.headCountKv.size() ? p.headCountKv[layer] : heads;
            if (heads == 0 || !seen.emplace(heads, kvHeads).second)
                continue;
            if (!hasKeyLength && p.mlaKvLoraRank == 0 && p.embeddingLength % heads != 0)
                contradiction("attention.head_count", fmt::format("{} dimensions cannot be shared by {} heads", p.embeddingLength, heads), {});
            if (kvHeads > 0 && heads % kvHeads != 0)
                contradiction("attention.head_count_kv", fmt::format("{} query heads cannot share {} key and value heads evenly", heads, kvHeads), {});
        }
        // Lengths that differ between layers, and compressed keys, are no product of heads.
        if (p.mlaKvLoraRank > 0 || p.keyLengthSlidingWindow > 0 || !p.recurrentLayers.empty() || !m_architecture.isKnown)
            return;
        checkHeadRows(TensorRole::AttentionKey, p.headCountKv, p.keyLength, "attention.head_count_kv");
        checkHeadRows(TensorRole::AttentionValue, p.headCountKv, p.valueLength, "attention.head_count_kv");
        checkHeadRows(TensorRole::AttentionQuery, p.headCount, p.keyLength, "attention.head_count");
    }

    void checkHeadRows(TensorRole role, const std::vector<std::uint64_t>& heads, std::uint64_t length, std::string_view rest)
    {
        std::vector<std::size_t> wrong;
        std::string what;
        forEachMatrix(role, [&](std::size_t index, const Shape& shape, const TensorPlace& place) {
            if (!place.layer || static_cast<std::size_t>(*place.layer) >= heads.size() || shape.rank() != 2)
                return;
            const std::uint64_t count = heads[static_cast<std::size_t>(*place.layer)];
            const auto rows = checkedMultiply(count, length);
            // Some queries carry a gate of the same size.
            if (!rows || count == 0 || shape.rowCount() == *rows || (role == TensorRole::AttentionQuery && shape.rowCount() == 2 * *rows))
                return;
            if (wrong.empty())
                what = fmt::format("{} heads of {} make {} rows, but {} has {}", count, length, *rows, printable(m_model.tensors()[index].name()), shape.rowCount());
            wrong.push_back(index);
        });
        if (!wrong.empty())
            contradiction(rest, std::move(what), std::move(wrong));
    }

    void checkFeedForward()
    {
        const Hyperparameters& p = m_architecture.parameters;
        std::vector<std::size_t> wrong;
        std::string what;
        forEachMatrix(TensorRole::FeedForwardDown, [&](std::size_t index, const Shape& shape, const TensorPlace& place) {
            if (!place.layer || place.expert || static_cast<std::size_t>(*place.layer) >= p.feedForwardLength.size())
                return;
            const std::uint64_t width = p.feedForwardLength[static_cast<std::size_t>(*place.layer)];
            if (width == 0 || width == shape.rowLength())
                return;
            if (wrong.empty())
                what = fmt::format("{} says {}, but rows of {} have {} weights", key("feed_forward_length"), width, printable(m_model.tensors()[index].name()), shape.rowLength());
            wrong.push_back(index);
        });
        if (!wrong.empty())
            contradiction("feed_forward_length", std::move(what), std::move(wrong));
    }

    void checkExperts()
    {
        const Hyperparameters& p = m_architecture.parameters;
        if (p.expertUsedCount > p.expertCount) {
            contradiction("expert_used_count", fmt::format("{} experts are to be used, but there are {}", p.expertUsedCount, p.expertCount), {});
        }
        if (p.expertCount == 0)
            return;
        std::vector<std::size_t> wrong;
        std::string what;
        for (const TensorRole role : {TensorRole::ExpertGate, TensorRole::ExpertUp, TensorRole::ExpertDown, TensorRole::ExpertGateUp, TensorRole::Router}) {
            forEachMatrix(role, [&](std::size_t index, const Shape& shape, const TensorPlace& place) {
                if (place.expert || (role != TensorRole::Router && shape.rank() != 3) || shape.dimensions().front() == p.expertCount)
                    return;
                if (wrong.empty())
                    what = fmt::format("{} says {} experts, but {} has {}", key("expert_count"), p.expertCount, printable(m_model.tensors()[index].name()), shape.dimensions().front());
                wrong.push_back(index);
            });
        }
        std::sort(wrong.begin(), wrong.end());
        if (!wrong.empty())
            contradiction("expert_count", std::move(what), std::move(wrong));
    }

    // --- the file ---

    /// llama.cpp demands that every tensor follows the one before it, padded to the alignment.
    void checkLayout()
    {
        std::vector<std::size_t> wrong;
        const auto tensors = m_model.tensors();
        for (std::size_t index = 1; index < tensors.size(); ++index) {
            const TensorStorage& before = tensors[index - 1].storage();
            const TensorStorage& storage = tensors[index].storage();
            if (before.file() != storage.file())
                continue;
            const auto padded = checkedAlign(tensors[index - 1].sizeBytes(), m_model.alignment());
            if (!padded || before.fileOffset() + *padded != storage.fileOffset())
                wrong.push_back(index);
        }
        if (wrong.empty())
            return;
        const std::string first = printable(tensors[wrong.front()].name());
        add(FindingKind::TensorLayout, Severity::Problem,
            fmt::format("The data of {} do not follow those of the tensor before; llama.cpp refuses such files", first),
            "Export the model, or save it as a new file: tensors are then written one after the other")
            .tensors = std::move(wrong);
    }

    void checkNames()
    {
        std::vector<std::size_t> wrong;
        for (std::size_t index = 0; index < m_model.tensors().size(); ++index) {
            if (m_model.tensors()[index].name().size() > longestTensorName)
                wrong.push_back(index);
        }
        if (wrong.empty())
            return;
        const std::size_t bytes = m_model.tensors()[wrong.front()].name().size();
        add(FindingKind::TensorName, Severity::Problem,
            fmt::format("The name has {} bytes; llama.cpp reads at most {}", bytes, longestTensorName), "Convert the model again with shorter names")
            .tensors = std::move(wrong);
    }

    const Model& m_model;
    const Metadata& m_metadata;
    const Architecture m_architecture;
    const bool m_isGguf;
    std::vector<Finding> m_findings;
};

} // namespace

std::vector<Finding> checkHeader(const Model& model, const Metadata& metadata)
{
    return HeaderCheck(model, metadata).run();
}

} // namespace quantlathe
