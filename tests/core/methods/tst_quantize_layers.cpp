// SPDX-License-Identifier: GPL-3.0-or-later
// The walk through the layers on tiny models of every architecture, killed and resumed, and what the methods do to the sample model's predictions.
#include "core/formats/open.h"
#include "core/inference/evaluation.h"
#include "core/inference/neutral_text.h"
#include "core/inference/text_tokens.h"
#include "core/inference/tokenizer/tokenizer.h"
#include "core/inference/layer_steps.h"
#include "core/methods/quantize_layers.h"
#include "core/methods/scheme_plan.h"
#include "support/folder_models.h"
#include "support/test_support.h"

#include <cmath>
#include <filesystem>
#include <map>
#include <set>

using namespace quantlathe;
using namespace quantlathe::test;
namespace fs = std::filesystem;

namespace {

const GroupScheme fourBits{4, 32, true, TensorType::F16, false};

TokenBatch randomTokens(std::uint64_t vocabulary, std::size_t sequences, std::size_t length, std::uint64_t seed = 1)
{
    TokenBatch batch;
    std::uint64_t state = seed;
    for (std::size_t sequence = 0; sequence < sequences; ++sequence) {
        std::vector<TokenId> tokens;
        for (std::size_t token = 0; token < length; ++token) {
            state = state * 6364136223846793005u + 1442695040888963407u;
            tokens.push_back(static_cast<TokenId>((state >> 33) % vocabulary));
        }
        batch.append(tokens);
    }
    return batch;
}

LayerRequest requestFor(const fs::path& file, Method method, const GroupScheme& scheme = fourBits)
{
    LayerRequest request;
    request.network = makeNetwork(openModel(file));
    request.plan = planFromScheme(*request.network->model, Target::Gptq, method, scheme);
    request.calibration = randomTokens(request.network->vocabularySize, 6, 40);
    request.settings.threads = 2;
    return request;
}

HiddenStates hiddenWith(const Network& network, const std::shared_ptr<const Network>& owner, const WeightSource& weights, const TokenBatch& batch)
{
    const ForwardPass pass(owner);
    HiddenStates hidden = pass.embed(weights, batch);
    for (std::size_t layer = 0; layer < network.layers.size(); ++layer)
        pass.runLayer(*pass.loadLayer(layer, weights), batch, hidden);
    return hidden;
}

/// Squared distance of the last hidden states from those with the stored weights, relative to these.
double distanceOf(const LayerRequest& request, const WeightSource& weights)
{
    const TokenBatch batch = randomTokens(request.network->vocabularySize, 3, 40, 99);
    const HiddenStates exact = hiddenWith(*request.network, request.network, *storedWeights(request.network->model), batch);
    const HiddenStates changed = hiddenWith(*request.network, request.network, weights, batch);
    double difference = 0;
    double energy = 0;
    for (std::size_t index = 0; index < exact.values.size(); ++index) {
        difference += std::pow(double{exact.values[index]} - changed.values[index], 2);
        energy += std::pow(double{exact.values[index]}, 2);
    }
    return difference / energy;
}

std::set<std::size_t> plannedTensors(const LayerRequest& request)
{
    std::set<std::size_t> planned;
    for (std::size_t index = 0; index < request.network->model->tensors().size(); ++index) {
        if (request.plan.choice(request.network->model->tensors()[index].name()))
            planned.insert(index);
    }
    return planned;
}

class Watch final : public Progress
{
public:
    void report(std::string_view stage, std::uint64_t done, std::uint64_t total) override
    {
        isMonotonic = isMonotonic && done >= last && done <= total;
        last = done;
        stages.insert(std::string(stage));
    }
    std::uint64_t last = 0;
    bool isMonotonic = true;
    std::set<std::string> stages;
};

} // namespace

class TestQuantizeLayers : public QObject
{
    Q_OBJECT

    static QStringList architectures()
    {
        QStringList names;
        for (const auto& entry : fs::directory_iterator(fixture("inference/gguf"))) {
            if (entry.path().extension() == ".gguf")
                names.append(QString::fromStdString(entry.path().stem().string()));
        }
        names.sort();
        return names;
    }

    struct Judged
    {
        double divergence = 0;
        double ratio = 0; ///< of the perplexities
    };
    /// What a method does to a model's predictions on a text.
    static Judged judge(const fs::path& file, const std::string& text, const std::string& calibration, Method method, const GroupScheme& scheme, std::uint64_t context,
                        std::uint64_t chunks)
    {
        LayerRequest request;
        const auto model = openModel(file);
        request.network = makeNetwork(model);
        const auto tokenizer = loadTokenizer(*model);
        request.plan = planFromScheme(*model, Target::Safetensors, method, scheme);
        const TextTokens calibrationTokens = tokensOfText(*tokenizer, *request.network, calibration);
        const TextWindows windows(calibrationTokens.tokens, calibrationTokens.begin, context, 32);
        request.calibration = windows.batch(0, windows.count());
        EvaluationRequest evaluation;
        evaluation.network = request.network;
        evaluation.weights = quantizeLayers(request).weights;
        const TextTokens tokens = tokensOfText(*tokenizer, *request.network, text);
        evaluation.tokens = tokens.tokens;
        evaluation.begin = tokens.begin;
        evaluation.settings.contextLength = context;
        evaluation.settings.maximumChunks = chunks;
        const EvaluationResult result = evaluate(evaluation);
        return {result.divergence->mean.value, std::exp(result.divergence->logRatio.value)};
    }

private slots:
    void everyArchitecture_data()
    {
        QTest::addColumn<QString>("name");
        for (const QString& name : architectures())
            QTest::newRow(qPrintable(name)) << name;
    }
    void everyArchitecture()
    {
        QFETCH(QString, name);
        const fs::path file = fixture("inference/gguf/" + name.toStdString() + ".gguf");
        const LayerRequest alone = requestFor(file, Method::RoundToNearest, {8, 32, true, TensorType::F16, false});
        const double rounded = distanceOf(alone, *quantizeLayers(alone).weights);
        for (const Method method : {Method::Gptq, Method::Awq, Method::SmoothQuant}) {
            LayerRequest request = requestFor(file, method, {8, 32, true, TensorType::F16, false});
            const QuantizedLayers result = quantizeLayers(request);
            std::set<std::size_t> groups;
            for (const std::size_t tensor : result.journal->tensors()) {
                const auto loaded = result.journal->load(tensor);
                QVERIFY(!result.weights->isAsStored(tensor));
                if (std::holds_alternative<GroupQuantized>(loaded->values)) {
                    groups.insert(tensor);
                    QVERIFY(!loaded->reports.empty());
                } else {
                    QVERIFY(method != Method::Gptq && std::holds_alternative<PlainTensor>(loaded->values));
                }
            }
            QVERIFY(groups == plannedTensors(request));
            // On random models no method is much better or worse; what is folded wrongly is far off.
            const double distance = distanceOf(request, *result.weights);
            QVERIFY2(distance < 3 * rounded && rounded < 0.02, qPrintable(QString("%1 %2").arg(distance).arg(rounded)));
            QVERIFY(distance > 1e-9);
        }
    }

    void everyFolder_data()
    {
        QTest::addColumn<QString>("name");
        for (const std::string& name : inferenceModels())
            QTest::newRow(name.c_str()) << QString::fromStdString(name);
    }
    // 4 bits on every fixture folder, fused, stacked and turned matrices among them: what the methods leave predicts better than what rounding does.
    void everyFolder()
    {
        QFETCH(QString, name);
        const auto divergence = [&](Method method) {
            LayerRequest request = requestFor(fixture("inference/hf/" + name.toStdString()), method);
            request.calibration = randomTokens(request.network->vocabularySize, 48, 40);
            const QuantizedLayers result = quantizeLayers(request);
            for (const MatrixReport& report : result.reports) {
                if (report.used != method && report.tokens >= 64)
                    return -1.0;
            }
            EvaluationRequest evaluation;
            evaluation.network = request.network;
            evaluation.weights = result.weights;
            evaluation.tokens = randomTokens(request.network->vocabularySize, 1, 2000, 7).tokens;
            evaluation.settings.contextLength = 40;
            return evaluate(evaluation).divergence->mean.value;
        };
        const double rounded = divergence(Method::RoundToNearest);
        QVERIFY(rounded > 1e-6);
        for (const Method method : {Method::Gptq, Method::Awq}) {
            const double after = divergence(method);
            qInfo("%s: %.5f rounded, %.5f", method == Method::Gptq ? "gptq" : "awq", rounded, after);
            QVERIFY2(after > 0 && after < rounded, qPrintable(QString("%1 %2").arg(after).arg(rounded)));
        }
    }

    void stepsAreTheLayer_data() { everyArchitecture_data(); }
    // The adding steps in turn are runLayer(), whether results are kept from step to step or not; the steps show what runLayer() shows.
    void stepsAreTheLayer()
    {
        QFETCH(QString, name);
        const auto model = openModel(fixture("inference/gguf/" + name.toStdString() + ".gguf"));
        const auto network = makeNetwork(model);
        const auto weights = storedWeights(model);
        const ForwardPass pass(network);
        const TokenBatch batch = randomTokens(network->vocabularySize, 3, 30);
        struct Seen final : ActivationObserver
        {
            void onInputs(std::span<const Linear* const> matrices, const float* inputs, std::uint64_t rows, std::uint64_t columns, std::uint64_t stride) override
            {
                double sum = 0;
                for (std::uint64_t row = 0; row < rows; ++row) {
                    for (std::uint64_t column = 0; column < columns; ++column)
                        sum += inputs[row * stride + column] * static_cast<double>(1 + (row * 7 + column) % 13);
                }
                sums[matrices.front()] += sum;
            }
            std::map<const Linear*, double> sums;
        };
        HiddenStates whole = pass.embed(*weights, batch);
        std::vector<float> kept = whole.values;
        std::vector<float> anew = whole.values;
        for (std::size_t index = 0; index < network->layers.size(); ++index) {
            const auto layer = pass.loadLayer(index, *weights);
            const NetworkLayer& described = network->layers[index];
            Seen inRun;
            pass.runLayer(*layer, batch, whole, &inRun);
            Seen inSteps;
            std::vector<float> attended(batch.tokens.size() * described.attention.output.inputs);
            std::vector<float> inner(described.dense ? batch.tokens.size() * described.dense->down.inputs : 0);
            const StepResults results{attended.data(), described.dense ? inner.data() : nullptr};
            for (const LayerStep step : {LayerStep::AttentionInputs, LayerStep::Attended, LayerStep::Attention, LayerStep::FeedForwardInputs, LayerStep::Inner,
                                         LayerStep::FeedForward}) {
                runStep(pass, *layer, step, batch, kept.data(), results, &inSteps);
            }
            runStep(pass, *layer, LayerStep::Attention, batch, anew.data(), {}, nullptr);
            runStep(pass, *layer, LayerStep::FeedForward, batch, anew.data(), {}, nullptr);
            QVERIFY(kept == whole.values);
            QVERIFY(anew == whole.values);
            if (described.experts) {
                inRun.sums.erase(&described.experts->router);
                if (described.experts->sharedGate)
                    inRun.sums.erase(&*described.experts->sharedGate);
            }
            QVERIFY(inSteps.sums == inRun.sums);
        }
    }

    void feedbackHelps()
    {
        const fs::path file = resource("sample/quantlathe-sample-f16.gguf");
        const LayerRequest rounded = requestFor(file, Method::RoundToNearest);
        const QuantizedLayers alone = quantizeLayers(rounded);
        LayerRequest fed = requestFor(file, Method::Gptq);
        fed.calibration = randomTokens(fed.network->vocabularySize, 16, 64);
        std::vector<LayerReport> reports;
        fed.onLayer = [&](const LayerReport& report) { reports.push_back(report); };
        const QuantizedLayers result = quantizeLayers(fed);
        const double with = distanceOf(fed, *result.weights);
        const double without = distanceOf(fed, *alone.weights);
        QVERIFY2(with < 0.8 * without, qPrintable(QString("%1 %2").arg(with).arg(without)));
        QCOMPARE(reports.size(), fed.network->layers.size());
        QCOMPARE(reports[0].matrices.size(), std::size_t(7));
        for (const MatrixReport& report : result.reports) {
            QCOMPARE(report.used, Method::Gptq);
            QVERIFY(report.relativeLoss > 0 && report.relativeLoss < report.relativeError);
            QCOMPARE(report.tokens, std::uint64_t(1024));
            QVERIFY(report.note.empty());
        }
    }

    void progressAndThreads()
    {
        LayerRequest request = requestFor(fixture("inference/gguf/mixtral.gguf"), Method::Gptq);
        Watch watch;
        const QuantizedLayers two = quantizeLayers(request, {{}, &watch});
        QVERIFY(watch.isMonotonic);
        const std::string layers = std::to_string(request.network->layers.size());
        QVERIFY(watch.stages.contains("layer 1 of " + layers + ": query, key, value") && watch.stages.contains("layer " + layers + " of " + layers + ": down"));
        QVERIFY(watch.stages.contains("done"));
        request.settings.threads = 1;
        const QuantizedLayers one = quantizeLayers(request);
        QVERIFY(one.journal->tensors() == two.journal->tensors());
        for (const std::size_t tensor : one.journal->tensors())
            QVERIFY(*one.journal->load(tensor) == *two.journal->load(tensor));
    }

    // Little memory: hidden states in a file, experts in several passes; the same to within rounding.
    void littleMemory()
    {
        LayerRequest request = requestFor(fixture("inference/gguf/mixtral.gguf"), Method::Gptq);
        const QuantizedLayers usual = quantizeLayers(request);
        request.settings.memoryBytes = 40'000;
        const QuantizedLayers tight = quantizeLayers(request);
        QVERIFY(tight.journal->tensors() == usual.journal->tensors());
        const double distance = distanceOf(request, *tight.weights);
        QVERIFY(std::abs(distance / distanceOf(request, *usual.weights) - 1) < 0.2);
    }

    void killedAndResumed_data()
    {
        QTest::addColumn<int>("method");
        QTest::newRow("gptq") << int(Method::Gptq);
        QTest::newRow("awq") << int(Method::Awq);
    }
    void killedAndResumed()
    {
        QFETCH(int, method);
        const ScratchFolder folder;
        LayerRequest request = requestFor(resource("sample/quantlathe-sample-f16.gguf"), static_cast<Method>(method));
        request.journal = folder / "whole";
        (void)quantizeLayers(request);
        const auto whole = readBytes(request.journal);

        request.journal = folder / "stopped";
        std::stop_source stop;
        request.onLayer = [&](const LayerReport& report) {
            if (report.layer == 1)
                stop.request_stop();
        };
        VERIFY_ERROR(quantizeLayers(request, {stop.get_token(), nullptr}), ErrorKind::Cancelled, "cancelled");
        // As after a kill in the middle of writing the next layer.
        auto torn = readBytes(request.journal);
        QVERIFY(torn.size() < whole.size());
        torn.insert(torn.end(), 1000, std::byte{7});
        writeBytes(request.journal, torn);
        request.onLayer = {};
        request.resume = true;
        QCOMPARE(quantizeLayers(request).resumedLayers, std::size_t(2));
        QVERIFY(readBytes(request.journal) == whole);
        // A finished journal is taken over as it is; one of another request is not.
        QCOMPARE(quantizeLayers(request).resumedLayers, request.network->layers.size());
        QVERIFY(readBytes(request.journal) == whole);
        request.settings.damping = 0.02;
        QCOMPARE(quantizeLayers(request).resumedLayers, std::size_t(0));
        // A bit that flipped in the second layer: only the first one counts.
        auto damaged = whole;
        damaged[torn.size() - 1100] ^= std::byte{4};
        writeBytes(request.journal, damaged);
        request.settings.damping = 0.01;
        QCOMPARE(quantizeLayers(request).resumedLayers, std::size_t(1));
        QVERIFY(readBytes(request.journal) == whole);
    }

    void otherSchemes()
    {
        LayerRequest request = requestFor(resource("sample/quantlathe-sample-f16.gguf"), Method::RoundToNearest);
        const auto name = [](int layer, const char* part) { return "blk." + std::to_string(layer) + "." + part + ".weight"; };
        request.plan.setChoice(name(0, "attn_q"), Choice{TensorType::F16, Method::RoundToNearest, FloatScheme{}});
        request.plan.setChoice(name(0, "attn_k"), Choice{TensorType::F16, Method::RoundToNearest, FloatScheme{FloatCode::Nf4, 1, 64, TensorType::F32}});
        request.plan.setChoice(name(0, "attn_v"), Choice{TensorType::F16, Method::RoundToNearest, FloatScheme{FloatCode::E5M2, 128, 128, TensorType::F32}});
        request.plan.setChoice(name(0, "ffn_up"), Choice{TensorType::F16, Method::RoundToNearest, GroupScheme{8, 0, true, TensorType::F32, true}});
        request.plan.setChoice(name(0, "ffn_down"), Choice{TensorType::Q8_0});
        request.plan.setChoice(name(1, "ffn_down"), Choice{TensorType::MXFP4, Method::Awq, {}});
        request.plan.setChoice(name(1, "ffn_up"), Choice{TensorType::NVFP4, Method::Awq, {}});
        const QuantizedLayers result = quantizeLayers(request);
        const Model& model = *request.network->model;
        const auto load = [&](const std::string& tensor) { return result.journal->load(*model.indexOf(tensor)); };
        QVERIFY(std::holds_alternative<FloatQuantized>(load(name(0, "attn_q"))->values));
        QCOMPARE(std::get<FloatQuantized>(load(name(0, "attn_k"))->values).scheme.code, FloatCode::Nf4);
        QVERIFY(!result.journal->holds(*model.indexOf(name(0, "ffn_down")))); // GGUF's own encoders
        QVERIFY(!result.weights->isAsStored(*model.indexOf(name(0, "ffn_down"))));
        QCOMPARE(result.weights->type(*model.indexOf(name(1, "ffn_down"))), TensorType::MXFP4);
        for (const std::string& tensor : {name(0, "attn_q"), name(0, "attn_k"), name(0, "attn_v"), name(0, "ffn_up"), name(1, "ffn_down"), name(1, "ffn_up")}) {
            const double error = load(tensor)->reports.front().relativeError;
            QVERIFY2(error > 1e-6 && error < 0.02, qPrintable(QString::fromStdString(tensor) + " " + QString::number(error)));
        }
        QVERIFY(distanceOf(request, *result.weights) < 0.05);
    }

    void outputMatrix()
    {
        LayerRequest request = requestFor(resource("sample/quantlathe-sample-f16.gguf"), Method::Gptq);
        const Model& model = *request.network->model;
        QVERIFY(request.network->output.tensor != request.network->tokenEmbedding);
        request.plan.setChoice(model.tensors()[request.network->output.tensor].name(), Choice{TensorType::F16, Method::Gptq, fourBits});
        const QuantizedLayers result = quantizeLayers(request);
        const auto loaded = result.journal->load(request.network->output.tensor);
        QCOMPARE(loaded->reports.front().used, Method::Gptq);
        QVERIFY(loaded->reports.front().relativeLoss > 0);
    }

    void fewTokensAreTold_data() { killedAndResumed_data(); }
    void fewTokensAreTold()
    {
        QFETCH(int, method);
        LayerRequest request = requestFor(resource("sample/quantlathe-sample-f16.gguf"), static_cast<Method>(method));
        request.calibration = randomTokens(request.network->vocabularySize, 1, 10);
        const QuantizedLayers result = quantizeLayers(request);
        QCOMPARE(result.reports.size(), 7 * request.network->layers.size());
        for (const MatrixReport& report : result.reports) {
            QCOMPARE(report.used, Method::RoundToNearest);
            QCOMPARE(report.note, std::string("only 10 tokens reached it: rounded to nearest"));
        }
    }

    void refuses()
    {
        LayerRequest request = requestFor(resource("sample/quantlathe-sample-f16.gguf"), Method::Gptq);
        request.calibration = {};
        VERIFY_ERROR(quantizeLayers(request), ErrorKind::InvalidArgument, "there is no text");
        request = requestFor(resource("sample/quantlathe-sample-f16.gguf"), Method::Gptq);
        request.journal = "/nowhere/journal";
        VERIFY_ERROR(quantizeLayers(request), ErrorKind::NotFound, "open the journal");
        request = requestFor(fixture("inference/gguf/phi3.gguf"), Method::RoundToNearest);
        for (const std::size_t tensor : plannedTensors(request))
            request.plan.setChoice(request.network->model->tensors()[tensor].name(), Choice{TensorType::F16, Method::RoundToNearest, FloatScheme{FloatCode::E4M3, 0, 0, TensorType::F32}});
        VERIFY_ERROR(quantizeLayers(request), ErrorKind::Unsupported, "do not fit the matrices that this tensor is made of");
    }

    void journalRefuses()
    {
        QuantizedTensor tensor;
        tensor.tensor = 3;
        tensor.values = PlainTensor{{1, 2, 3}};
        tensor.reports.push_back({"a.weight", 1, Method::Gptq, Method::RoundToNearest, 5, 0.1, 0.2, 0.3, "note"});
        QVERIFY(quantizedTensorFromBytes(toBytes(tensor)) == tensor);
        const auto bytes = toBytes(tensor);
        for (std::size_t length = 0; length < bytes.size(); ++length)
            VERIFY_ERROR(quantizedTensorFromBytes(std::span(bytes).first(length)), ErrorKind::BadFormat, "is damaged");
        auto longer = bytes;
        longer.push_back({});
        VERIFY_ERROR(quantizedTensorFromBytes(longer), ErrorKind::BadFormat, "is damaged");
        for (const unsigned bits : {2u, 3u, 4u, 8u}) {
            QuantizedTensor integers;
            integers.values = GroupQuantized{{bits, 2, false, TensorType::F32, false}, 1, 3, {1, 2, 3}, {1, 2}, {0, 1}, {}};
            QVERIFY(quantizedTensorFromBytes(toBytes(integers)) == integers);
        }
        QuantizedTensor floats;
        floats.values = FloatQuantized{{}, 1, 2, {0x38, 0xb8}, {2}};
        QVERIFY(quantizedTensorFromBytes(toBytes(floats)) == floats);
        floats.turnedInputs = 2;
        QVERIFY(quantizedTensorFromBytes(toBytes(floats)) == floats);
    }

    void groupsThatFit()
    {
        QCOMPARE(fittedTo({4, 128, true, TensorType::F16, false}, 768).groupSize, std::uint64_t(128));
        QCOMPARE(fittedTo({4, 128, true, TensorType::F16, false}, 192).groupSize, std::uint64_t(64));
        QCOMPARE(fittedTo({4, 64, true, TensorType::F16, false}, 96).groupSize, std::uint64_t(32));
        QCOMPARE(fittedTo({4, 128, true, TensorType::F16, false}, 100).groupSize, std::uint64_t(0));
        QCOMPARE(fittedTo({4, 0, true, TensorType::F16, false}, 100).groupSize, std::uint64_t(0));
    }

    void methodsOnProse_data()
    {
        QTest::addColumn<int>("method");
        QTest::newRow("round-to-nearest") << int(Method::RoundToNearest);
        QTest::newRow("gptq") << int(Method::Gptq);
        QTest::newRow("awq") << int(Method::Awq);
        QTest::newRow("smoothquant") << int(Method::SmoothQuant);
    }
    // 4 bits in groups of 128 beside rounding; 8 bits change next to nothing.
    void methodsOnProse()
    {
        QFETCH(int, method);
        QUANTLATHE_NEED_SHARED_DATA(data);
        const fs::path folder = data / "models/derived/prose-llama-6m";
        const std::string text = readText(folder / "eval.txt");
        const auto run = [&](const GroupScheme& scheme) {
            return judge(folder / "model-f16.gguf", text, std::string(neutralText()), static_cast<Method>(method), scheme, 256, 8);
        };
        if (method == int(Method::Gptq) || method == int(Method::Awq)) {
            const double divergence = run({4, 128, true, TensorType::F16, false}).divergence;
            qInfo("KL divergence at 4 bits, groups of 128: %.6f", divergence);
            QVERIFY2(divergence < (method == int(Method::Gptq) ? 0.6 : 0.65) * m_rounded, qPrintable(QString("%1 %2").arg(divergence).arg(m_rounded)));
            return;
        }
        if (method == int(Method::RoundToNearest))
            m_rounded = run({4, 128, true, TensorType::F16, false}).divergence;
        QVERIFY(std::abs(run({8, 0, true, TensorType::F16, false}).ratio - 1) < 1e-3);
    }

private:
    double m_rounded = 0; ///< KL divergence
};

QTEST_APPLESS_MAIN(TestQuantizeLayers)
#include "tst_quantize_layers.moc"
