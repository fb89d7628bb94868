// SPDX-License-Identifier: GPL-3.0-or-later
// Folders of every architecture as GGUF: beside the files that llama.cpp's converter makes of them, and their logits beside those of transformers.
#include "core/convert/gguf_output.h"
#include "core/formats/open.h"
#include "core/inference/forward_pass.h"
#include "core/jobs/quantize_job.h"
#include "core/model/stored_orientation.h"
#include "core/plan/presets.h"
#include "support/folder_models.h"

#include <QTest>

#include <cmath>
#include <fstream>
#include <map>
#include <random>

using namespace quantlathe;
using namespace quantlathe::test;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

/// What no GGUF can say; the rest of the text is in the error.
const std::map<std::string, std::string> refusals{{"qwen2moe-mixed", "'norm_topk_prob' is true"},
                                                       {"qwen3moe-raw", "'norm_topk_prob' is false"},
                                                       {"smollm3-pattern", "'no_rope_layers' leaves other layers"}};

json expectedOf(const std::string& name)
{
    std::ifstream file(fixture("inference/hf/" + name + "/expected.json"));
    return json::parse(file);
}

std::vector<float> decoded(const Tensor& tensor)
{
    std::vector<float> weights(tensor.shape().weightCount());
    tensor.decodeRows(0, tensor.shape().rowCount(), weights.data());
    return weights;
}

/// Of each element, relative to the largest of @p second.
double largestDifference(const std::vector<float>& first, const std::vector<float>& second)
{
    if (first.size() != second.size() || first.empty())
        return INFINITY;
    const auto [low, high] = std::minmax_element(second.begin(), second.end());
    double largest = 0;
    for (std::size_t index = 0; index < first.size(); ++index)
        largest = std::max(largest, std::fabs(static_cast<double>(first[index]) - second[index]));
    return largest / std::max(static_cast<double>(*high) - *low, 1e-6);
}

void exportTo(const fs::path& folder, const fs::path& target, TensorType type)
{
    const auto model = openModel(folder);
    QuantizeRequest request;
    request.model = model;
    request.plan = planFromType(*model, type);
    request.target = target;
    request.threads = 1;
    runQuantize(request, {});
}

std::vector<float> logitsOf(const std::shared_ptr<const WeightSource>& weights, const std::shared_ptr<const Model>& model, const std::vector<TokenId>& tokens)
{
    const ForwardPass pass(makeNetwork(model), {});
    TokenBatch batch;
    batch.append(tokens);
    HiddenStates hidden = pass.embed(*weights, batch);
    for (std::size_t layer = 0; layer < pass.layerCount(); ++layer)
        pass.runLayer(*pass.loadLayer(layer, *weights), batch, hidden, nullptr);
    std::vector<float> logits(hidden.tokens() * pass.network().vocabularySize);
    pass.logits(*pass.loadOutput(*weights), hidden.values.data(), hidden.tokens(), logits.data(), nullptr);
    return logits;
}

std::vector<float> logitsOf(const fs::path& path, const std::vector<TokenId>& tokens)
{
    const auto model = openModel(path);
    return logitsOf(storedWeights(model), model, tokens);
}

/// Channels of very different weight, for every matrix that has importance in a GGUF; gates and ups by their names there.
std::shared_ptr<const ImportanceMatch> madeImportance(const std::shared_ptr<const Model>& model)
{
    Importance::Contents contents;
    std::mt19937 random(5);
    std::lognormal_distribution<float> spread(0.0F, 2.0F);
    for (std::size_t index = 0; index < model->tensors().size(); ++index) {
        const TensorPlace& place = model->place(index);
        if (!isQuantizable(model->tensors()[index], place) || place.role == TensorRole::TokenEmbedding)
            continue;
        const MatrixExtents extents = matrixExtents(*model, index);
        std::string name = place.canonicalName;
        if (const auto fused = name.find("gate_up"); fused != std::string::npos)
            name.replace(fused, 7, "gate");
        std::vector<float> values(extents.matrices * extents.inputs);
        std::generate(values.begin(), values.end(), [&] { return spread(random); });
        contents.entries.push_back({name, extents.inputs, std::move(values), std::vector<float>(extents.matrices, 1.0F)});
    }
    return std::make_shared<const ImportanceMatch>(std::make_shared<const Importance>(std::move(contents)), model);
}

bool isSameValue(const MetadataValue& first, const MetadataValue& second)
{
    if (first.type != second.type || first.isArray() != second.isArray())
        return false;
    if (first.isArray()) {
        const auto& a = std::get<MetadataArray>(first.value);
        const auto& b = std::get<MetadataArray>(second.value);
        return a.elementType() == b.elementType() && std::equal(a.encoded().begin(), a.encoded().end(), b.encoded().begin(), b.encoded().end());
    }
    return std::get<MetadataScalar>(first.value) == std::get<MetadataScalar>(second.value);
}

} // namespace

class TestFolderOutput : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void importanceOfTurnedMatrices_data()
    {
        QTest::addColumn<QString>("name");
        for (const char* name : {"gpt2", "gpt-oss", "llama"})
            QTest::addRow("%s", name) << name;
    }
    /// What an evaluation computes with is what is written, row by row, with importance too where a folder stores inputs x outputs.
    void importanceOfTurnedMatrices()
    {
        QFETCH(QString, name);
        FolderModel files("inference/hf/" + name.toStdString());
        QuantizeRequest request;
        request.model = openModel(files.write());
        request.plan = planFromType(*request.model, TensorType::Q4_0);
        request.importance = madeImportance(request.model);
        QVERIFY(request.importance->unknownNames().empty());
        request.target = files.scratch / "model.gguf";
        const QuantizeResult result = runQuantize(request, {});
        const auto written = openModel(request.target);
        const auto planned = plannedWeights(request.model, request.plan, request.importance);
        const GgufOutput output = makeGgufOutput(request.model, request.plan, {}, request.importance.get());
        std::size_t weighted = 0;
        for (std::size_t index = 0; index < output.tensors.size(); ++index) {
            const OutputTensor& target = output.tensors[index];
            if (target.type != TensorType::Q4_0)
                continue;
            const std::size_t source = target.sources.front();
            const bool hasImportance = request.importance->fit(source).isUsed();
            QCOMPARE(result.tensors[index].isWeighted, hasImportance);
            weighted += hasImportance ? 1 : 0;
            std::vector<float> row(target.shape().rowLength());
            std::vector<float> evaluated(row.size());
            for (std::uint64_t at = 0; at < target.shape().rowCount(); ++at) {
                const auto origin = target.outputOrigin(at);
                QVERIFY(origin.has_value());
                written->tensors()[*written->indexOf(target.name())].decodeRows(at, 1, row.data());
                planned->rows(origin->tensor, 1, {})->decodeRows(origin->row, 1, evaluated.data());
                QVERIFY2(row == evaluated, target.name().c_str());
            }
        }
        QVERIFY(weighted > 5);
        if (name == "gpt-oss")
            return; // engines bend its positions otherwise in a GGUF than in a folder
        const auto tokens = expectedOf(name.toStdString())["cases"].front()["tokens"].get<std::vector<TokenId>>();
        const std::vector<float> ofFile = logitsOf(request.target, tokens);
        QVERIFY(largestDifference(logitsOf(planned, request.model, tokens), ofFile) < 1e-5);
        QVERIFY(largestDifference(logitsOf(plannedWeights(request.model, request.plan), request.model, tokens), ofFile) > 1e-3);
    }

    void models_data()
    {
        QTest::addColumn<QString>("name");
        for (const std::string& name : inferenceModels()) {
            if (!refusals.contains(name))
                QTest::addRow("%s", name.c_str()) << QString::fromStdString(name);
        }
    }

    /// Our GGUF, read back, gives the logits of the library the folder was made with.
    void models()
    {
        QFETCH(QString, name);
        const std::string folder = name.toStdString();
        FolderModel files("inference/hf/" + folder);
        const fs::path target = files.scratch / "model.gguf";
        exportTo(files.write(), target, TensorType::F32);
        const json expected = expectedOf(folder);
        for (const json& entry : expected["cases"]) {
            // A window is nothing that a GGUF of these architectures makes engines apply; all else is said.
            const bool isWindowed = folder == "mistral" || folder == "phi3";
            const bool isOther = (isWindowed || folder == "gpt-oss") && entry.contains("gguf_logits");
            auto wanted = readFloats(fixture("inference/hf/" + folder) / entry[isOther ? "gguf_logits" : "logits"].get<std::string>());
            auto logits = logitsOf(target, entry["tokens"].get<std::vector<TokenId>>());
            if (folder == "qwen2-window") { // up to the window's length there is no difference, behind it there must be one
                const std::size_t within = files.config["sliding_window"].get<std::size_t>() * 96;
                QVERIFY(largestDifference(logits, wanted) > 1e-2);
                logits.resize(within);
                wanted.resize(within);
            }
            const double difference = largestDifference(logits, wanted);
            QVERIFY2(difference < 1e-3, std::to_string(difference).c_str());
        }
    }

    void filesOfTheConverter_data()
    {
        QTest::addColumn<QString>("name");
        for (const std::string& name : inferenceModels()) {
            if (fs::exists(fixture("inference/gguf/" + name + ".gguf")))
                QTest::addRow("%s", name.c_str()) << QString::fromStdString(name);
        }
    }

    /// Keys, names, shapes and values are those of llama.cpp's converter.
    void filesOfTheConverter()
    {
        QFETCH(QString, name);
        const std::string folder = name.toStdString();
        FolderModel files("inference/hf/" + folder);
        const json expected = expectedOf(folder);
        // What its file means: this says by keys and weights what that cannot.
        if (expected.contains("gguf_means"))
            files.config.update(expected["gguf_means"]);
        const auto model = openModel(files.write());
        const GgufOutput output = makeGgufOutput(model, planFromType(*model, TensorType::F32));
        const auto foreign = openModel(fixture("inference/gguf/" + folder + ".gguf"));
        for (const auto& entry : foreign->metadata().entries()) {
            const bool isOfFixture = entry.key == "general.name" || entry.key == "tokenizer.ggml.model";
            const bool isWithoutVocabulary = entry.key.ends_with(".vocab_size") && !output.metadata.find(entry.key);
            if (isOfFixture || isWithoutVocabulary || (entry.key.ends_with("sliding_window") && expected.contains("gguf_means"))
                || entry.key.ends_with("yarn_truncate"))
                continue;
            const MetadataValue* ours = output.metadata.find(entry.key);
            QVERIFY2(ours, entry.key.c_str());
            QVERIFY2(isSameValue(*ours, entry.value), entry.key.c_str());
        }
        QCOMPARE(output.tensors.size(), foreign->tensors().size());
        for (const OutputTensor& tensor : output.tensors) {
            const auto index = foreign->indexOf(tensor.name());
            QVERIFY2(index.has_value(), tensor.name().c_str());
            const Tensor& theirs = foreign->tensors()[*index];
            QCOMPARE(tensor.type, theirs.type());
            QVERIFY2(tensor.shape() == theirs.shape(), tensor.name().c_str());
            // Theirs computes rotary factors in single precision.
            const double tolerance = tensor.sources.empty() ? 1e-6 : 0;
            QVERIFY2(largestDifference(decoded(tensor.weights), decoded(theirs)) <= tolerance, tensor.name().c_str());
        }
    }

    /// Keys and values of both halves of each head, beside the matrix they come from; DeepSeek V3 chooses by sigmoids.
    void latentAttention_data()
    {
        QTest::addColumn<QString>("name");
        QTest::newRow("V2") << "deepseek_v2";
        QTest::newRow("V3") << "deepseek_v3";
    }

    void latentAttention()
    {
        QFETCH(QString, name);
        FolderModel files("hf/" + name.toStdString());
        const auto model = openModel(files.write());
        const GgufOutput output = makeGgufOutput(model, {});
        const Metadata& m = output.metadata;
        const auto number = [&](const char* key) { return m.unsignedInteger(std::string("deepseek2.") + key).value_or(0); };
        const auto config = [&](const char* key) { return files.config[key].get<std::uint64_t>(); };
        const std::uint64_t heads = config("num_attention_heads");
        const std::uint64_t plain = config("qk_nope_head_dim");
        const std::uint64_t valueLength = config("v_head_dim");
        const std::uint64_t rank = config("kv_lora_rank");
        QCOMPARE(number("attention.head_count_kv"), 1u);
        QCOMPARE(number("attention.key_length"), rank + config("qk_rope_head_dim"));
        QCOMPARE(number("attention.value_length"), rank);
        QCOMPARE(number("attention.key_length_mla"), plain + config("qk_rope_head_dim"));
        QCOMPARE(number("attention.value_length_mla"), valueLength);
        QCOMPARE(number("expert_gating_func"), name == "deepseek_v3" ? 2u : 1u);
        QCOMPARE(number("leading_dense_block_count"), config("first_k_dense_replace"));
        std::map<std::string, const OutputTensor*> tensors;
        for (const OutputTensor& tensor : output.tensors)
            tensors[tensor.name()] = &tensor;
        const auto both = decoded(model->tensors()[model->indexOf("model.layers.1.self_attn.kv_b_proj.weight").value()]);
        const auto keys = decoded(tensors.at("blk.1.attn_k_b.weight")->weights);
        const auto values = decoded(tensors.at("blk.1.attn_v_b.weight")->weights);
        QCOMPARE(tensors.at("blk.1.attn_k_b.weight")->shape(), Shape({heads, rank, plain}));
        QCOMPARE(tensors.at("blk.1.attn_v_b.weight")->shape(), Shape({heads, valueLength, rank}));
        for (std::uint64_t head = 0; head < heads; ++head) {
            const auto row = [&](std::uint64_t inHead) { return (head * (plain + valueLength) + inHead) * rank; };
            for (std::uint64_t column = 0; column < rank; ++column) {
                for (std::uint64_t key = 0; key < plain; ++key)
                    QCOMPARE(keys[(head * rank + column) * plain + key], both[row(key) + column]);
                for (std::uint64_t value = 0; value < valueLength; ++value)
                    QCOMPARE(values[(head * valueLength + value) * rank + column], both[row(plain + value) + column]);
            }
        }
        QVERIFY(tensors.contains("blk.0.ffn_gate.weight") && tensors.contains("blk.1.ffn_gate_exps.weight"));
    }

    /// gpt-oss as it is published: experts in MXFP4, which GGUF has too; no value changes.
    void packedExperts()
    {
        FolderModel files("quantized/gpt-oss");
        const auto model = openModel(files.write());
        QuantizeRequest request;
        request.model = model;
        request.target = files.scratch / "model.gguf";
        request.threads = 1;
        const QuantizeResult result = runQuantize(request, {});
        QVERIFY(!result.notes.empty()); // the ramp's ends
        const auto written = openModel(request.target);
        const Tensor& up = written->tensors()[written->indexOf("blk.2.ffn_up_exps.weight").value()];
        QCOMPARE(up.type(), TensorType::MXFP4);
        const auto stored = decoded(model->tensors()[model->indexOf("model.layers.2.mlp.experts.gate_up_proj").value()]);
        const auto ups = decoded(up);
        const auto& extents = up.shape().dimensions();
        for (std::uint64_t expert = 0; expert < extents[0]; ++expert) {
            for (std::uint64_t row = 0; row < extents[1]; ++row) {
                for (std::uint64_t column = 0; column < extents[2]; ++column)
                    QCOMPARE(ups[(expert * extents[1] + row) * extents[2] + column], stored[(expert * extents[2] + column) * 2 * extents[1] + 2 * row + 1]);
            }
        }
        const Tensor& down = written->tensors()[written->indexOf("blk.2.ffn_down_exps.weight").value()];
        QCOMPARE(down.type(), TensorType::MXFP4);
    }

    /// Experts become one tensor: they cannot have two types.
    void expertsOfTwoTypes()
    {
        FolderModel files("inference/hf/mixtral");
        const auto model = openModel(files.write());
        Plan plan = planFromType(*model, TensorType::Q8_0);
        plan.setChoice("model.layers.1.block_sparse_moe.experts.2.w1.weight", Choice{TensorType::F16});
        VERIFY_ERROR(makeGgufOutput(model, plan), ErrorKind::InvalidArgument, "they become one tensor ('blk.1.ffn_gate_exps.weight') of one type");
    }

    void modelsThatNoGgufCanSay_data()
    {
        QTest::addColumn<QString>("name");
        for (const auto& [name, text] : refusals)
            QTest::addRow("%s", name.c_str()) << QString::fromStdString(name);
    }

    void modelsThatNoGgufCanSay()
    {
        QFETCH(QString, name);
        FolderModel files("inference/hf/" + name.toStdString());
        const auto model = openModel(files.write());
        VERIFY_ERROR(makeGgufOutput(model, {}), ErrorKind::Unsupported, refusals.at(name.toStdString()));
    }
};

QTEST_GUILESS_MAIN(TestFolderOutput)
#include "tst_folder_output.moc"
