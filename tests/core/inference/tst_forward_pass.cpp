// SPDX-License-Identifier: GPL-3.0-or-later
// Logits of tiny models of every architecture beside those of transformers (fixtures/inference), from folders and GGUF files.
#include "core/formats/open.h"
#include "core/inference/forward_pass.h"
#include "core/model/stored_orientation.h"
#include "support/invented_importance.h"
#include "support/test_support.h"

#include <QTest>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

using namespace quantlathe;
using namespace quantlathe::test;
namespace fs = std::filesystem;

namespace {

struct Case
{
    std::string name;
    std::vector<TokenId> tokens;
    std::vector<float> logits;
};

/// @param isGguf what the GGUF file means where it cannot say all that the folder says
std::vector<Case> casesOf(const fs::path& folder, bool isGguf)
{
    std::ifstream file(folder / "expected.json");
    const auto description = nlohmann::json::parse(file);
    std::vector<Case> cases;
    for (const auto& entry : description["cases"]) {
        const bool isOther = isGguf && entry.contains("gguf_logits");
        cases.push_back({entry["name"], entry["tokens"].get<std::vector<TokenId>>(),
                         readFloats(folder / entry[isOther ? "gguf_logits" : "logits"].get<std::string>())});
    }
    return cases;
}

std::vector<float> logitsOf(const ForwardPass& pass, const WeightSource& weights, const TokenBatch& batch, ActivationObserver* observer = nullptr)
{
    HiddenStates hidden = pass.embed(weights, batch);
    for (std::size_t layer = 0; layer < pass.layerCount(); ++layer)
        pass.runLayer(*pass.loadLayer(layer, weights), batch, hidden, observer);
    std::vector<float> logits(hidden.tokens() * pass.network().vocabularySize);
    pass.logits(*pass.loadOutput(weights), hidden.values.data(), hidden.tokens(), logits.data(), observer);
    return logits;
}

std::vector<float> logitsOf(const fs::path& path, const std::vector<TokenId>& tokens, ForwardSettings settings = {})
{
    const auto model = openModel(path);
    const ForwardPass pass(makeNetwork(model), settings);
    TokenBatch batch;
    batch.append(tokens);
    return logitsOf(pass, *storedWeights(model), batch);
}

double largestDifference(const std::vector<float>& first, const std::vector<float>& second)
{
    double largest = first.size() == second.size() && !first.empty() ? 0 : INFINITY;
    for (std::size_t index = 0; index < std::min(first.size(), second.size()); ++index)
        largest = std::max(largest, std::fabs(static_cast<double>(first[index]) - second[index]));
    return largest;
}

double rangeOf(const std::vector<float>& values)
{
    const auto [low, high] = std::minmax_element(values.begin(), values.end());
    return static_cast<double>(*high) - *low;
}

std::vector<std::string> namesIn(const fs::path& folder, bool isFolder)
{
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder)) {
        if (entry.is_directory() == isFolder)
            names.insert(entry.path().filename().string());
    }
    return {names.begin(), names.end()};
}

/// Remembers every call.
class Recorder final : public ActivationObserver
{
public:
    struct Call
    {
        std::vector<std::size_t> tensors;
        std::uint32_t expert = 0;
        std::uint64_t rows = 0;
        double sumOfSquares = 0;
        bool operator==(const Call&) const = default;
    };
    void onInputs(std::span<const Linear* const> matrices, const float* inputs, std::uint64_t rows, std::uint64_t columns, std::uint64_t stride) override
    {
        Call call;
        for (const Linear* linear : matrices) {
            call.tensors.push_back(linear->tensor);
            call.expert = linear->expert;
        }
        call.rows = rows;
        for (std::uint64_t row = 0; row < rows; ++row) {
            for (std::uint64_t column = 0; column < columns; ++column)
                call.sumOfSquares += std::pow(static_cast<double>(inputs[row * stride + column]), 2);
        }
        calls.push_back(call);
    }
    std::vector<Call> calls;
};

} // namespace

class TestForwardPass : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void folders_data() { rows(true); }
    void folders() { compare(true); }
    void ggufFiles_data() { rows(false); }
    void ggufFiles() { compare(false); }
    void everyRunnableArchitectureHasAFixture();
    void batchesAndThreadsChangeNothing();
    void littleMemoryChangesLittle();
    void observersSeeEveryMatrix();
    void planAppliedOnTheFly();
    void plansOnTransposedFolders_data();
    void plansOnTransposedFolders();
    void refusals();
    void sampleAgainstLibllama();
    void nanIsNamed();

private:
    static void rows(bool isFolder)
    {
        QTest::addColumn<QString>("name");
        for (const std::string& name : namesIn(fixture(isFolder ? "inference/hf" : "inference/gguf"), isFolder))
            QTest::addRow("%s", name.c_str()) << QString::fromStdString(name);
    }
    static void compare(bool isFolder)
    {
        QFETCH(QString, name);
        const std::string file = name.toStdString();
        const fs::path path = fixture((isFolder ? "inference/hf/" : "inference/gguf/") + file);
        const fs::path folder = isFolder ? path : fixture("inference/hf/" + fs::path(file).stem().string());
        for (const Case& expected : casesOf(folder, !isFolder)) {
            const auto logits = logitsOf(path, expected.tokens);
            const double difference = largestDifference(logits, expected.logits) / rangeOf(expected.logits);
            // Measured: at most 1e-5 of the range.
            QVERIFY2(difference < 1e-3, qPrintable(QStringLiteral("%1: %2 of the logits' range").arg(QString::fromStdString(expected.name)).arg(difference)));
        }
    }
};

void TestForwardPass::everyRunnableArchitectureHasAFixture()
{
    std::set<std::string> seen;
    for (const std::string& name : namesIn(fixture("inference/hf"), true))
        seen.insert(openModel(fixture("inference/hf/" + name))->architecture().name);
    for (const std::string_view architecture : runnableArchitectures())
        QVERIFY2(seen.contains(std::string(architecture)), std::string(architecture).c_str());
}

void TestForwardPass::batchesAndThreadsChangeNothing()
{
    for (const char* name : {"llama", "qwen2moe", "gemma2"}) {
        const auto model = openModel(fixture(std::string("inference/hf/") + name));
        const auto network = makeNetwork(model);
        const Case expected = casesOf(fixture(std::string("inference/hf/") + name), false).front();
        TokenBatch batch;
        batch.append(expected.tokens);
        batch.append(std::span(expected.tokens).first(5));
        batch.append(std::span(expected.tokens).subspan(7, 20));
        const auto weights = storedWeights(model);
        const auto one = logitsOf(ForwardPass(network, {.threads = 1}), *weights, batch);
        const auto three = logitsOf(ForwardPass(network, {.threads = 3}), *weights, batch);
        QVERIFY(one == three);
        // The first sequence's logits are what it has alone; the second's are its own beginning.
        const std::size_t vocabulary = network->vocabularySize;
        const std::vector<float> first(one.begin(), one.begin() + static_cast<std::ptrdiff_t>(expected.logits.size()));
        QVERIFY(largestDifference(first, expected.logits) < 1e-3 * rangeOf(expected.logits));
        for (std::size_t index = 0; index < 5 * vocabulary; ++index)
            QVERIFY(std::fabs(one[expected.logits.size() + index] - expected.logits[index]) < 1e-3 * rangeOf(expected.logits));
    }
}

void TestForwardPass::littleMemoryChangesLittle()
{
    // Nothing is decoded beforehand, one sequence at a time.
    const auto expected = casesOf(fixture("inference/hf/mixtral"), false).front();
    const auto logits = logitsOf(fixture("inference/hf/mixtral"), expected.tokens, {.threads = 2, .memoryBytes = 1024});
    QVERIFY(largestDifference(logits, expected.logits) < 1e-3 * rangeOf(expected.logits));
}

void TestForwardPass::observersSeeEveryMatrix()
{
    const auto model = openModel(fixture("inference/hf/qwen2moe"));
    const auto network = makeNetwork(model);
    const Case expected = casesOf(fixture("inference/hf/qwen2moe"), false).front();
    TokenBatch batch;
    batch.append(expected.tokens);
    Recorder one, two;
    const auto weights = storedWeights(model);
    logitsOf(ForwardPass(network, {.threads = 1}), *weights, batch, &one);
    logitsOf(ForwardPass(network, {.threads = 2}), *weights, batch, &two);
    QVERIFY(one.calls == two.calls);
    std::map<std::size_t, std::uint64_t> rowsOf;
    for (const Recorder::Call& call : one.calls) {
        for (const std::size_t tensor : call.tensors)
            rowsOf[tensor] += call.rows;
    }
    const ForwardPass pass(network);
    std::uint64_t used = 0;
    for (const std::size_t tensor : pass.tensorsOfLayer(0)) {
        const TensorPlace& place = model->place(tensor);
        if (place.role == TensorRole::ExpertDown)
            used += rowsOf[tensor];
        else if (place.role != TensorRole::ExpertGate && place.role != TensorRole::ExpertUp)
            QCOMPARE(rowsOf[tensor], expected.tokens.size());
    }
    QCOMPARE(used, expected.tokens.size() * network->layers[0].experts->used);
    QCOMPARE(rowsOf[network->output.tensor], expected.tokens.size());
}

void TestForwardPass::planAppliedOnTheFly()
{
    const auto model = openModel(fixture("inference/gguf/llama.gguf"));
    const auto network = makeNetwork(model);
    const Case expected = casesOf(fixture("inference/hf/llama"), true).front();
    Plan plan;
    const std::string changed = "blk.1.attn_q.weight";
    plan.setChoice(changed, Choice{TensorType::Q8_0, Method::RoundToNearest});
    const auto planned = plannedWeights(model, plan);
    for (std::size_t tensor = 0; tensor < model->tensors().size(); ++tensor)
        QCOMPARE(planned->isAsStored(tensor), model->tensors()[tensor].name() != changed);
    TokenBatch batch;
    batch.append(expected.tokens);
    const auto exact = logitsOf(ForwardPass(network), *storedWeights(model), batch);
    const auto rounded = logitsOf(ForwardPass(network), *planned, batch);
    const double difference = largestDifference(exact, rounded) / rangeOf(exact);
    QVERIFY2(difference > 1e-5 && difference < 0.05, qPrintable(QString::number(difference)));
}

void TestForwardPass::plansOnTransposedFolders_data()
{
    QTest::addColumn<QString>("name");
    QTest::newRow("gpt2") << "gpt2";
    QTest::newRow("gpt-oss") << "gpt-oss";
}

// Rows are those that a GGUF file of the model gets, and what is computed with them is the same.
void TestForwardPass::plansOnTransposedFolders()
{
    QFETCH(QString, name);
    const auto folder = openModel(fixture("inference/hf/" + name.toStdString()));
    const auto file = openModel(fixture("inference/gguf/" + name.toStdString() + ".gguf"));
    const bool isGpt2 = name == "gpt2";
    const auto importance = isGpt2 ? inventedImportance(*file) : nullptr; // gpt-oss' stacks have other names there
    const auto plannedFor = [&](const std::shared_ptr<const Model>& model, TensorType type) {
        Plan plan;
        for (std::size_t index = 0; index < model->tensors().size(); ++index) {
            if (isQuantizable(model->tensors()[index], model->place(index)))
                plan.setChoice(model->tensors()[index].name(), Choice{type});
        }
        return plannedWeights(model, plan, importance ? std::make_shared<const ImportanceMatch>(importance, model) : nullptr);
    };
    const auto weightsOf = [](const WeightSource& source, std::size_t tensor) {
        const MatrixExtents extents = matrixExtents(source.model(), tensor);
        std::vector<float> weights(extents.matrices * extents.outputs * extents.inputs);
        source.rows(tensor, 2, {})->decodeRows(0, extents.matrices * extents.outputs, weights.data());
        return weights;
    };
    const auto indexOf = [&](const std::string& canonical) {
        std::size_t index = 0;
        while (index < file->tensors().size() && file->place(index).canonicalName != canonical)
            ++index;
        return index;
    };
    const auto ofFolder = plannedFor(folder, TensorType::Q4_0);
    const auto ofFile = plannedFor(file, TensorType::Q4_0);
    std::size_t turned = 0;
    for (std::size_t tensor = 0; tensor < folder->tensors().size(); ++tensor) {
        if (!isStoredTransposed(*folder, tensor))
            continue;
        ++turned;
        QVERIFY(ofFolder->rows(tensor, 1, {})->isTurned());
        const std::vector<float> weights = weightsOf(*ofFolder, tensor);
        const std::string canonical = folder->place(tensor).canonicalName;
        const std::size_t split = canonical.find("gate_up");
        if (split == std::string::npos) {
            QCOMPARE(weights, weightsOf(*ofFile, indexOf(canonical)));
            continue;
        }
        // Gate and up in turns.
        for (const std::size_t part : {0, 1}) {
            const auto one = weightsOf(*ofFile, indexOf(std::string(canonical).replace(split, 7, part == 0 ? "gate" : "up")));
            QCOMPARE(one.size() * 2, weights.size());
            for (std::size_t row = 0; row < one.size() / 32; ++row)
                QVERIFY(std::equal(one.begin() + static_cast<std::ptrdiff_t>(32 * row), one.begin() + static_cast<std::ptrdiff_t>(32 * row + 32),
                                   weights.begin() + static_cast<std::ptrdiff_t>(32 * (2 * row + part))));
        }
    }
    QCOMPARE(turned, isGpt2 ? std::size_t{3 * 4} : std::size_t{4 * 2});

    TokenBatch batch;
    batch.append(casesOf(fixture("inference/hf/" + name.toStdString()), false).front().tokens);
    const ForwardPass pass(makeNetwork(folder));
    const auto exact = logitsOf(pass, *storedWeights(folder), batch);
    const auto rounded = logitsOf(pass, *ofFolder, batch);
    QVERIFY(largestDifference(exact, rounded) > 1e-3 * rangeOf(exact));
    // Half floats hold these weights: nothing but the way through the encoder is another.
    const auto halves = logitsOf(pass, *plannedFor(folder, TensorType::F16), batch);
    QVERIFY2(largestDifference(exact, halves) < 1e-5 * rangeOf(exact), qPrintable(QString::number(largestDifference(exact, halves) / rangeOf(exact))));
    if (isGpt2) { // the folder of gpt-oss means another rotation
        const auto other = logitsOf(ForwardPass(makeNetwork(file)), *ofFile, batch);
        QVERIFY2(largestDifference(other, rounded) < 1e-5 * rangeOf(exact), qPrintable(QString::number(largestDifference(other, rounded) / rangeOf(exact))));
    }
}

void TestForwardPass::refusals()
{
    const auto model = openModel(fixture("inference/hf/llama"));
    const ForwardPass pass(makeNetwork(model));
    TokenBatch batch;
    batch.append(std::vector<TokenId>{1, 96});
    VERIFY_ERROR(pass.embed(*storedWeights(model), batch), ErrorKind::InvalidArgument, "token 96 is outside the model's vocabulary of 96");
    const auto gpt2 = openModel(fixture("inference/hf/gpt2"));
    TokenBatch longBatch;
    longBatch.append(std::vector<TokenId>(65, 3));
    VERIFY_ERROR(ForwardPass(makeNetwork(gpt2)).embed(*storedWeights(gpt2), longBatch), ErrorKind::InvalidArgument, "longer than the 64 positions");
}

void TestForwardPass::sampleAgainstLibllama()
{
    std::ifstream file(fixture("inference/sample.json"));
    const auto tokens = nlohmann::json::parse(file)["tokens"].get<std::vector<TokenId>>();
    const auto expected = readFloats(fixture("inference/sample.f32"));
    const auto logits = logitsOf(resource("sample/quantlathe-sample-f16.gguf"), tokens);
    const double difference = largestDifference(logits, expected) / rangeOf(expected);
    QVERIFY2(difference < 1e-4, qPrintable(QString::number(difference)));
}

void TestForwardPass::nanIsNamed()
{
    const ScratchFolder scratch;
    const fs::path folder = scratch / "llama";
    fs::copy(fixture("inference/hf/llama"), folder);
    const auto whole = openModel(folder);
    const std::string name = "model.layers.1.mlp.up_proj.weight";
    const Tensor& tensor = whole->tensors()[*whole->indexOf(name)];
    auto bytes = readBytes(folder / "model.safetensors");
    QCOMPARE(tensor.type(), TensorType::BF16);
    bytes[tensor.storage().fileOffset() + 11] = std::byte{0x7f}; // of a weight in the first row
    bytes[tensor.storage().fileOffset() + 10] = std::byte{0xc0};
    fs::remove(folder / "model.safetensors");
    writeBytes(folder / "model.safetensors", bytes);
    const auto error = errorOf([&] { (void)logitsOf(folder, {1, 5, 7}); });
    QVERIFY(error.has_value());
    QCOMPARE(error->kind(), ErrorKind::BadFormat);
    QCOMPARE(QString::fromStdString(error->place().tensor), QString::fromStdString(name));
    QVERIFY(error->message().find("in layer 1") != std::string::npos);
    // A plan that quantizes the tensor finds it, too.
    const auto damaged = openModel(folder);
    Plan plan;
    plan.setChoice(name, Choice{TensorType::Q8_0, Method::RoundToNearest});
    const auto index = *damaged->indexOf(name);
    VERIFY_ERROR(plannedWeights(damaged, plan)->rows(index, 1, {}), ErrorKind::BadFormat, "row 0, column 5 is nan");
    // In a matrix that is stored transposed it is named by where it is stored.
    const fs::path other = scratch / "gpt2";
    fs::copy(fixture("inference/hf/gpt2"), other);
    const auto gpt2 = openModel(other);
    const std::size_t up = *gpt2->indexOf("transformer.h.1.mlp.c_fc.weight");
    bytes = readBytes(other / "model.safetensors");
    const std::uint64_t at = gpt2->tensors()[up].storage().fileOffset() + 2 * (2 * gpt2->tensors()[up].shape().rowLength() + 5);
    bytes[at + 1] = std::byte{0x7f};
    bytes[at] = std::byte{0xc0};
    fs::remove(other / "model.safetensors");
    writeBytes(other / "model.safetensors", bytes);
    const auto damagedGpt2 = openModel(other);
    Plan transposed;
    transposed.setChoice("transformer.h.1.mlp.c_fc.weight", Choice{TensorType::Q8_0, Method::RoundToNearest});
    VERIFY_ERROR(plannedWeights(damagedGpt2, transposed)->rows(up, 1, {}), ErrorKind::BadFormat, "row 2, column 5 is nan");
}

QTEST_APPLESS_MAIN(TestForwardPass)
#include "tst_forward_pass.moc"
