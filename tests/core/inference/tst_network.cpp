// SPDX-License-Identifier: GPL-3.0-or-later
// What cannot be run is refused by name: folders whose config or tensors contradict each other.
#include "core/formats/open.h"
#include "core/inference/network.h"
#include "support/test_support.h"

#include <QTest>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>

using namespace quantlathe;
using namespace quantlathe::test;
namespace fs = std::filesystem;
using nlohmann::json;

namespace {

/// A copy of a fixture's folder with another config.
std::shared_ptr<const Model> changed(const ScratchFolder& scratch, const std::string& name, const std::function<void(json&)>& change)
{
    const fs::path folder = scratch / name;
    fs::create_directories(folder);
    fs::copy_file(fixture("inference/hf/" + name + "/model.safetensors"), folder / "model.safetensors", fs::copy_options::overwrite_existing);
    std::ifstream in(fixture("inference/hf/" + name + "/config.json"));
    json config = json::parse(in);
    change(config);
    std::ofstream(folder / "config.json") << config.dump();
    return openModel(folder);
}

} // namespace

class TestNetwork : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void describesLayers();
    void refusesByName_data();
    void refusesByName();
    void refusesUnknownArchitectures();
};

void TestNetwork::describesLayers()
{
    const auto network = makeNetwork(openModel(fixture("inference/hf/gemma3")));
    QCOMPARE(network->layers.size(), std::size_t{7});
    QCOMPARE(network->ropes.size(), std::size_t{2});
    const auto sliding = std::count_if(network->layers.begin(), network->layers.end(), [](const NetworkLayer& layer) { return layer.attention.window == 10; });
    QCOMPARE(sliding, 6);
    QCOMPARE(network->layers[5].attention.window, std::uint64_t{0});
    QCOMPARE(*network->layers[0].attention.rope, std::size_t{1});
    QCOMPARE(*network->layers[5].attention.rope, std::size_t{0});
    QVERIFY(network->layers[0].postFeedForwardNorm.has_value());
    const auto nope = makeNetwork(openModel(fixture("inference/hf/smollm3")));
    QVERIFY(nope->layers[2].attention.rope.has_value());
    QVERIFY(!nope->layers[3].attention.rope.has_value());
    QVERIFY(isRunnable(*nope->model));
}

void TestNetwork::refusesByName_data()
{
    QTest::addColumn<QString>("model");
    QTest::addColumn<QString>("key");
    QTest::addColumn<QString>("value");
    QTest::addColumn<int>("kind");
    QTest::addColumn<QString>("fragment");
    const int bad = static_cast<int>(ErrorKind::BadFormat);
    const int unsupported = static_cast<int>(ErrorKind::Unsupported);
    QTest::newRow("missing layer") << "llama" << "num_hidden_layers" << "4" << bad << "the tensor 'blk.3.attn_norm.weight' is missing";
    QTest::newRow("width") << "llama" << "hidden_size" << "48" << bad << "has the shape 96 x 32, where the hyperparameters ask for 96 x 48";
    QTest::newRow("heads") << "llama" << "num_attention_heads" << "3" << bad << "3 heads cannot share 2 key/value heads";
    QTest::newRow("no heads") << "llama" << "num_attention_heads" << "0" << bad << "number of attention heads";
    QTest::newRow("head length") << "llama" << "head_dim" << "8" << bad << "has the shape 64 x 32";
    QTest::newRow("odd rotation") << "llama" << "head_dim" << "15" << bad << "15 of 15 dimensions of a head cannot be rotated";
    QTest::newRow("feed-forward") << "llama" << "intermediate_size" << "57" << bad << "has the shape 56 x 32";
    QTest::newRow("huge") << "llama" << "intermediate_size" << "99999999" << bad << "the feed-forward length of 99999999 cannot be right";
    QTest::newRow("activation") << "llama" << "hidden_act" << "\"relu6\"" << unsupported << "the activation 'relu6' is not known here";
    QTest::newRow("rope kind") << "llama" << "rope_parameters" << R"({"rope_type": "spiral", "rope_theta": 700})" << unsupported
                               << "scaling 'spiral' is not known here";
    QTest::newRow("rope factor") << "llama" << "rope_parameters" << R"({"rope_type": "linear", "rope_theta": 700})" << bad
                                 << "the rotary embedding's scaling factor is missing or not positive";
    QTest::newRow("llama3 factor") << "llama" << "rope_parameters" << R"({"rope_type": "llama3", "rope_theta": 700, "factor": 8, "high_freq_factor": 4, "original_max_position_embeddings": 32})" << bad
                                   << "low_freq_factor is missing or not positive";
    QTest::newRow("long factors") << "phi3-longrope" << "rope_scaling" << R"({"type": "longrope", "short_factor": [1, 1], "long_factor": [1, 1]})" << bad
                                  << "has 2 values for 6 pairs of dimensions";
    QTest::newRow("negative factor") << "phi3-longrope" << "rope_scaling"
                                     << R"({"type": "longrope", "short_factor": [1, 1, 1, 1, 1, -1], "long_factor": [1, 1, 1, 1, 1, 1]})" << bad
                                     << "a factor of the rotary frequencies is -1";
    QTest::newRow("experts") << "mixtral" << "num_local_experts" << "6" << bad << "6 x 32";
    QTest::newRow("experts used") << "mixtral" << "num_experts_per_tok" << "9" << bad << "9 of 5 experts cannot be used";
    QTest::newRow("quantized") << "llama" << "quantization_config" << R"({"quant_method": "exl9"})" << unsupported << "folders quantized by 'exl9' cannot be run yet";
}

void TestNetwork::refusesByName()
{
    QFETCH(QString, model);
    QFETCH(QString, key);
    QFETCH(QString, value);
    QFETCH(int, kind);
    QFETCH(QString, fragment);
    const ScratchFolder scratch;
    const auto opened = changed(scratch, model.toStdString(), [&](json& config) { config[key.toStdString()] = json::parse(value.toStdString()); });
    VERIFY_ERROR(makeNetwork(opened), static_cast<ErrorKind>(kind), fragment.toStdString());
}

void TestNetwork::refusesUnknownArchitectures()
{
    const ScratchFolder scratch;
    const auto model = changed(scratch, "llama", [](json& config) { config["model_type"] = "mamba"; });
    QVERIFY(!isRunnable(*model));
    VERIFY_ERROR(makeNetwork(model), ErrorKind::Unsupported, "models of the architecture 'mamba' cannot be run yet");
    const ScratchFolder other;
    const auto unnamed = changed(other, "llama", [](json& config) {
        config.erase("model_type");
        config.erase("architectures");
    });
    VERIFY_ERROR(makeNetwork(unnamed), ErrorKind::Unsupported, "does not say what architecture it has");
}

QTEST_APPLESS_MAIN(TestNetwork)
#include "tst_network.moc"
