// SPDX-License-Identifier: GPL-3.0-or-later
// Checkpoints of other engines run: their logits are those of the decoded weights (computed here, equal bit for bit, and by
// transformers).
#include "core/formats/open.h"
#include "core/inference/forward_pass.h"
#include "support/shard_builder.h"
#include "support/test_support.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

using namespace quantlathe;
using namespace quantlathe::test;
namespace fs = std::filesystem;

namespace {

nlohmann::json jsonOf(const fs::path& path)
{
    std::ifstream file(path);
    return nlohmann::json::parse(file);
}

std::vector<float> logitsOf(const fs::path& folder, const std::vector<TokenId>& tokens)
{
    const auto model = openModel(folder);
    const ForwardPass pass(makeNetwork(model));
    TokenBatch batch;
    batch.append(tokens);
    const auto weights = storedWeights(model);
    HiddenStates hidden = pass.embed(*weights, batch);
    for (std::size_t layer = 0; layer < pass.layerCount(); ++layer)
        pass.runLayer(*pass.loadLayer(layer, *weights), batch, hidden);
    std::vector<float> logits(hidden.tokens() * pass.network().vocabularySize);
    pass.logits(*pass.loadOutput(*weights), hidden.values.data(), hidden.tokens(), logits.data());
    return logits;
}

/// The same model with every tensor decoded.
void writeDecoded(const Model& model, const fs::path& source, const fs::path& target)
{
    ShardBuilder shard;
    for (const Tensor& tensor : model.tensors()) {
        std::vector<float> weights(tensor.shape().weightCount());
        tensor.decodeRows(0, tensor.shape().rowCount(), weights.data());
        const auto bytes = std::as_bytes(std::span(weights));
        shard.add(tensor.name(), "F32", tensor.shape().dimensions(), {bytes.begin(), bytes.end()});
    }
    writeBytes(target / "model.safetensors", shard.file());
    nlohmann::json config = jsonOf(source / "config.json");
    config.erase("quantization_config");
    std::ofstream(target / "config.json") << config.dump();
}

} // namespace

class TestQuantizedForward : public QObject
{
    Q_OBJECT
private slots:
    void logits_data()
    {
        QTest::addColumn<QString>("folder");
        for (const auto& entry : fs::directory_iterator(fixture("quantized"))) {
            if (entry.is_directory())
                QTest::newRow(entry.path().filename().c_str()) << QString::fromStdString(entry.path().string());
        }
    }
    void logits()
    {
        QFETCH(QString, folder);
        const fs::path path = folder.toStdString();
        const auto tokens = jsonOf(path / "expected.json")["tokens"].get<std::vector<TokenId>>();
        const std::vector<float> logits = logitsOf(path, tokens);
        ScratchFolder scratch;
        writeDecoded(*openModel(path), path, scratch.path());
        QVERIFY(logits == logitsOf(scratch.path(), tokens));
        const std::vector<float> foreign = readFloats(path / "logits.f32");
        QCOMPARE(logits.size(), foreign.size());
        const auto [low, high] = std::minmax_element(foreign.begin(), foreign.end());
        QVERIFY(*high - *low > 1);
        for (std::size_t index = 0; index < logits.size(); ++index)
            QVERIFY2(std::fabs(logits[index] - foreign[index]) < 1e-5f * (*high - *low), QByteArray::number(logits[index] - foreign[index]).constData());
    }
};

QTEST_APPLESS_MAIN(TestQuantizedForward)
#include "tst_quantized_forward.moc"
