// SPDX-License-Identifier: GPL-3.0-or-later
// Sensitivities beside plain runs of the whole network with one tensor changed, and what interrupted, short and odd runs give.
#include "core/analysis/error_survey.h"
#include "core/analysis/layer_map.h"
#include "core/analysis/quantization_error.h"
#include "core/budget/damage.h"
#include "core/formats/open.h"
#include "core/inference/sensitivity.h"
#include "support/invented_importance.h"
#include "support/test_support.h"

#include <QTest>

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>

using namespace quantlathe;
using namespace quantlathe::test;
using State = TensorSensitivity::State;

namespace {

/// Windows of tokens that are no text, the same every time.
SensitivityText textOf(const Network& network, std::size_t windows, std::size_t length)
{
    SensitivityText text;
    text.name = "numbers";
    std::uint64_t state = 12345;
    for (std::size_t window = 0; window < windows; ++window) {
        std::vector<TokenId> tokens;
        for (std::size_t position = 0; position < length; ++position) {
            state = state * 6364136223846793005u + 1442695040888963407u;
            tokens.push_back(static_cast<TokenId>((state >> 33) % network.vocabularySize));
        }
        text.windows.append(tokens);
    }
    return text;
}

std::vector<float> logitsOf(const ForwardPass& pass, const WeightSource& weights, const TokenBatch& batch)
{
    HiddenStates hidden = pass.embed(weights, batch);
    for (std::size_t layer = 0; layer < pass.layerCount(); ++layer)
        pass.runLayer(*pass.loadLayer(layer, weights), batch, hidden);
    std::vector<float> logits(hidden.tokens() * pass.network().output.outputs);
    pass.logits(*pass.loadOutput(weights), hidden.values.data(), hidden.tokens(), logits.data());
    return logits;
}

std::vector<double> probabilities(const float* logits, std::size_t count)
{
    const double largest = *std::max_element(logits, logits + count);
    std::vector<double> result;
    double sum = 0;
    for (std::size_t token = 0; token < count; ++token) {
        result.push_back(std::exp(logits[token] - largest));
        sum += result.back();
    }
    for (double& probability : result)
        probability /= sum;
    return result;
}

/// Mean KL divergence over the second half of every window, all in doubles.
double divergenceOf(const ForwardPass& pass, const TokenBatch& batch, const Plan& plan, const std::shared_ptr<const ImportanceMatch>& importance = {})
{
    const auto& model = pass.network().model;
    const std::vector<float> before = logitsOf(pass, *storedWeights(model), batch);
    const std::vector<float> after = logitsOf(pass, *plannedWeights(model, plan, importance), batch);
    const std::size_t vocabulary = pass.network().output.outputs;
    double sum = 0;
    std::size_t count = 0;
    for (std::size_t sequence = 0; sequence < batch.sequenceCount(); ++sequence) {
        const std::uint64_t length = batch.starts[sequence + 1] - batch.starts[sequence];
        for (std::uint64_t position = length / 2; position + 1 < length; ++position, ++count) {
            const std::size_t row = (batch.starts[sequence] + position) * vocabulary;
            const auto p = probabilities(before.data() + row, vocabulary);
            const auto q = probabilities(after.data() + row, vocabulary);
            for (std::size_t token = 0; token < vocabulary; ++token)
                sum += p[token] * std::log(p[token] / q[token]);
        }
    }
    return sum / static_cast<double>(count);
}

/// Stops when the first walk is done, and keeps what there was.
struct StopAfterFirst
{
    std::stop_source stop;
    std::optional<Sensitivities> seen;
    [[nodiscard]] SensitivityObserver observer()
    {
        return [this](const Sensitivities& sofar) {
            if (!seen)
                seen = sofar;
            stop.request_stop();
        };
    }
};

} // namespace

class TestSensitivity : public QObject
{
    Q_OBJECT

    std::shared_ptr<const Model> m_model = openModel(resource("sample/quantlathe-sample-f16.gguf"));
    std::shared_ptr<const Network> m_network = makeNetwork(m_model);
    SensitivityText m_text = textOf(*m_network, 3, 48);
    Sensitivities m_whole; ///< of the sample, everything measured

    /// Bytes that hold the hidden states of @p streams for the whole text, the forward pass's half included.
    [[nodiscard]] std::uint64_t memoryFor(std::uint64_t streams) const
    {
        return 2 * streams * m_text.windows.tokens.size() * m_network->embeddingLength * sizeof(float);
    }
    [[nodiscard]] const TensorSensitivity& of(const Sensitivities& sensitivities, const char* tensor) const
    {
        return sensitivities.tensors[m_model->indexOf(tensor).value()];
    }

private slots:
    void initTestCase() { m_whole = measureSensitivities(m_network, m_text, {}); }

    void everyMatrixIsMeasured()
    {
        QCOMPARE(m_whole.count(State::Measured), std::size_t{4 * 7 + 2});
        QVERIFY(m_whole.isComplete());
        QCOMPARE(m_whole.text, std::string("numbers"));
        QCOMPARE(m_whole.context, std::uint64_t{48});
        QCOMPARE(m_whole.chunks, std::uint64_t{3});
        QCOMPARE(m_whole.tokens, std::uint64_t{3 * 23});
        for (std::size_t index = 0; index < m_whole.tensors.size(); ++index) {
            const TensorSensitivity& one = m_whole.tensors[index];
            if (one.state == State::None) {
                QCOMPARE(m_model->place(index).role, TensorRole::Norm);
                continue;
            }
            QCOMPARE(one.probe, TensorType::Q3_K);
            QVERIFY(one.kl > 0);
            QVERIFY(one.klStandardError > 0 && one.klStandardError < one.kl);
            QVERIFY(std::abs(one.weight * one.relativeSquared / one.kl - 1) < 1e-12);
        }
    }

    void agreesWithRunsOfTheWholeNetwork_data()
    {
        QTest::addColumn<QString>("tensor");
        for (const char* tensor : {"token_embd.weight", "blk.0.attn_q.weight", "blk.1.attn_v.weight", "blk.2.ffn_up.weight",
                                   "blk.3.ffn_down.weight", "output.weight"})
            QTest::newRow(tensor) << tensor;
    }
    void agreesWithRunsOfTheWholeNetwork()
    {
        QFETCH(QString, tensor);
        const std::string name = tensor.toStdString();
        Plan plan;
        plan.setChoice(name, Choice{TensorType::Q3_K});
        const double expected = divergenceOf(ForwardPass(m_network), m_text.windows, plan);
        const TensorSensitivity& measured = of(m_whole, name.c_str());
        QVERIFY2(std::abs(measured.kl / expected - 1) < 2e-3, qPrintable(QString("%1 instead of %2").arg(measured.kl).arg(expected)));
        const auto error = measureError(m_model->tensors()[m_model->indexOf(name).value()], TensorType::Q3_K, {}, {}).total.relativeRms();
        QVERIFY(std::abs(measured.relativeSquared / (error * error) - 1) < 1e-9);
    }

    void memoryAndThreadsChangeNothing()
    {
        for (const auto& [streams, threads] : {std::pair{1000, 1U}, std::pair{12, 2U}, std::pair{4, 3U}}) {
            SensitivityOptions options;
            options.memoryBytes = streams == 1000 ? options.memoryBytes : memoryFor(static_cast<std::uint64_t>(streams));
            options.threads = threads;
            std::size_t walks = 0;
            const Sensitivities other = measureSensitivities(m_network, m_text, options, nullptr, [&](const Sensitivities&) { ++walks; });
            QCOMPARE(walks > 1, streams < 1000);
            for (std::size_t index = 0; index < other.tensors.size(); ++index) {
                QCOMPARE(other.tensors[index].state, m_whole.tensors[index].state);
                if (other.tensors[index].state == State::Measured)
                    QVERIFY(std::abs(other.tensors[index].kl / m_whole.tensors[index].kl - 1) < 1e-4);
                if (streams == 1000) // less memory may cut the text for sgemm otherwise
                    QCOMPARE(other.tensors[index], m_whole.tensors[index]);
            }
        }
    }

    void resumesToTheSame()
    {
        SensitivityOptions options;
        options.memoryBytes = memoryFor(12);
        const std::string unbroken = sensitivitiesToJson(measureSensitivities(m_network, m_text, options), *m_model);
        StopAfterFirst first;
        VERIFY_ERROR(measureSensitivities(m_network, m_text, options, nullptr, first.observer(), {first.stop.get_token(), nullptr}),
                     ErrorKind::Cancelled, "cancelled");
        QVERIFY(first.seen.has_value());
        const std::size_t before = first.seen->count(State::Measured);
        QVERIFY(before > 0 && before < 30);
        QCOMPARE(first.seen->count(State::Estimated), 30 - before);
        // As it comes back from a file.
        const Sensitivities known = sensitivitiesFromJson(sensitivitiesToJson(*first.seen, *m_model), *m_model);
        QCOMPARE(known, *first.seen);
        QCOMPARE(sensitivitiesToJson(measureSensitivities(m_network, m_text, options, &known), *m_model), unbroken);
    }

    void figuresOfOtherConditionsAreNotTakenOver()
    {
        Sensitivities known = m_whole;
        for (TensorSensitivity& tensor : known.tensors)
            tensor.kl *= 2;
        SensitivityOptions options;
        options.probe = TensorType::Q2_K;
        const Sensitivities other = measureSensitivities(m_network, m_text, options, &known);
        QCOMPARE(other.tensors.back().probe == TensorType::Q2_K || other.tensors.back().state == State::None, true);
        QVERIFY(of(other, "output.weight").kl > 1.5 * of(m_whole, "output.weight").kl);
        QVERIFY(of(other, "output.weight").kl != of(known, "output.weight").kl);
        QVERIFY(other.conditions != m_whole.conditions);
    }

    void cancelsAtOnce()
    {
        std::stop_source stop;
        stop.request_stop();
        VERIFY_ERROR(measureSensitivities(m_network, m_text, {}, nullptr, {}, {stop.get_token(), nullptr}), ErrorKind::Cancelled, "cancelled");
    }

    // What matters most by the proxy comes first; the rest is estimated from its role.
    void withoutTimeTheRestIsEstimated()
    {
        SensitivityOptions options;
        options.timeBudget = std::chrono::duration<double>(1e-6);
        const Sensitivities result = measureSensitivities(m_network, m_text, options);
        QVERIFY(result.count(State::Measured) >= 1);
        QVERIFY(result.count(State::Measured) <= 8);
        QCOMPARE(result.count(State::Measured) + result.count(State::Estimated), std::size_t{30});
        QCOMPARE(of(result, "output.weight").state, State::Measured);
        const TensorSensitivity& estimated = of(result, "blk.2.attn_k.weight");
        QCOMPARE(estimated.state, State::Estimated);
        QVERIFY(estimated.weight > 0 && estimated.klStandardError == 0);
        QVERIFY(std::abs(estimated.kl / (estimated.weight * estimated.relativeSquared) - 1) < 1e-12);
        QVERIFY(std::abs(estimated.relativeSquared / of(m_whole, "blk.2.attn_k.weight").relativeSquared - 1) < 0.2);
        // More time later measures the rest, to the same figures.
        SensitivityOptions more;
        const Sensitivities complete = measureSensitivities(m_network, m_text, more, &result);
        QCOMPARE(complete.tensors, m_whole.tensors);
    }

    void estimatesAreTheMedianOfTheRole()
    {
        SensitivityOptions options;
        options.memoryBytes = memoryFor(20);
        StopAfterFirst first;
        QVERIFY(errorOf([&] { measureSensitivities(m_network, m_text, options, nullptr, first.observer(), {first.stop.get_token(), nullptr}); }));
        std::vector<double> weights;
        for (const char* name : {"blk.0.attn_q.weight", "blk.1.attn_q.weight", "blk.2.attn_q.weight", "blk.3.attn_q.weight"}) {
            if (of(*first.seen, name).state == State::Measured)
                weights.push_back(of(*first.seen, name).weight);
        }
        std::sort(weights.begin(), weights.end());
        QVERIFY(!weights.empty() && weights.size() < 4);
        const double median = (weights[(weights.size() - 1) / 2] + weights[weights.size() / 2]) / 2;
        QCOMPARE(of(*first.seen, "blk.3.attn_q.weight").state, State::Estimated);
        QCOMPARE(of(*first.seen, "blk.3.attn_q.weight").weight, median);
    }

    void rolesAndLayersAreQuantizedTogether()
    {
        SensitivityOptions options;
        options.unit = SensitivityUnit::Role;
        const Sensitivities roles = measureSensitivities(m_network, m_text, options);
        options.unit = SensitivityUnit::Layer;
        const Sensitivities layers = measureSensitivities(m_network, m_text, options);
        Plan downs;
        Plan layer;
        double downKl = 0;
        double layerKl = 0;
        for (std::size_t index = 0; index < m_model->tensors().size(); ++index) {
            if (m_model->place(index).role == TensorRole::FeedForwardDown) {
                downs.setChoice(m_model->tensors()[index].name(), Choice{TensorType::Q3_K});
                downKl += roles.tensors[index].kl;
                QCOMPARE(roles.tensors[index].weight, of(roles, "blk.0.ffn_down.weight").weight);
            }
            if (m_model->place(index).layer == 2) {
                layer.setChoice(m_model->tensors()[index].name(), Choice{TensorType::Q3_K});
                layerKl += layers.tensors[index].kl;
            }
        }
        QVERIFY(std::abs(downKl / divergenceOf(ForwardPass(m_network), m_text.windows, downs) - 1) < 2e-3);
        QVERIFY(std::abs(layerKl / divergenceOf(ForwardPass(m_network), m_text.windows, layer) - 1) < 2e-3);
    }

    void planDecidesTheProbes()
    {
        SensitivityOptions options;
        options.plan.emplace();
        options.plan->setChoice("output.weight", Choice{TensorType::Q6_K});
        const Sensitivities result = measureSensitivities(m_network, m_text, options);
        QVERIFY(result.isOfPlan);
        QCOMPARE(of(result, "output.weight").probe, TensorType::Q6_K);
        QVERIFY(of(result, "output.weight").kl < 0.1 * of(m_whole, "output.weight").kl);
        QCOMPARE(of(result, "blk.1.ffn_up.weight"), of(m_whole, "blk.1.ffn_up.weight"));
    }

    void importanceWeighsProbesAndErrors()
    {
        SensitivityOptions options;
        options.importance = std::make_shared<const ImportanceMatch>(inventedImportance(*m_model), m_model);
        Sensitivities known = m_whole; // measured without: not taken over
        for (TensorSensitivity& tensor : known.tensors)
            tensor.kl = 1000;
        const Sensitivities result = measureSensitivities(m_network, m_text, options, &known);
        QVERIFY(result.conditions != m_whole.conditions);
        QCOMPARE(result.importance, options.importance->importance()->hash());
        QCOMPARE(m_whole.importance, std::string());
        for (const char* name : {"blk.1.attn_v.weight", "blk.3.ffn_down.weight"}) {
            Plan plan;
            plan.setChoice(name, Choice{TensorType::Q3_K});
            const double expected = divergenceOf(ForwardPass(m_network), m_text.windows, plan, options.importance);
            QVERIFY(std::abs(of(result, name).kl / expected - 1) < 2e-3);
            QVERIFY(of(result, name).kl != of(m_whole, name).kl);
            const std::size_t tensor = m_model->indexOf(name).value();
            ErrorOptions error;
            error.importance = options.importance->of(tensor);
            const double weighted = measureError(m_model->tensors()[tensor], TensorType::Q3_K, error, {}).total.weightedRelativeRms();
            QVERIFY(std::abs(of(result, name).relativeSquared / (weighted * weighted) - 1) < 1e-9);
            QVERIFY(of(result, name).relativeSquared < 0.9 * of(m_whole, name).relativeSquared);
        }
        QCOMPARE(of(result, "output.weight"), of(m_whole, "output.weight")); // without importance data: as before
        // What is not measured has the weighted error too.
        options.timeBudget = std::chrono::duration<double>(1e-6);
        const Sensitivities estimated = measureSensitivities(m_network, m_text, options);
        const TensorSensitivity& one = of(estimated, "blk.2.attn_k.weight");
        QCOMPARE(one.state, State::Estimated);
        QVERIFY(std::abs(one.relativeSquared / of(result, "blk.2.attn_k.weight").relativeSquared - 1) < 0.2);
        // More time with the same data goes on from there.
        options.timeBudget.reset();
        QCOMPARE(measureSensitivities(m_network, m_text, options, &estimated).tensors, result.tensors);
    }

    void figuresGoWithTheirImportanceAlone()
    {
        const auto match = std::make_shared<const ImportanceMatch>(inventedImportance(*m_model), m_model);
        const Importance& importance = *match->importance();
        Sensitivities with = m_whole;
        with.importance = importance.hash();
        Sensitivities other = m_whole;
        other.importance = "another";
        QCOMPARE(sensitivitiesFromJson(sensitivitiesToJson(with, *m_model), *m_model), with);
        QVERIFY(isOfImportance(with, &importance) && isOfImportance(m_whole, nullptr));
        throwIfOtherImportance(with, &importance, "s.json");
        VERIFY_ERROR(throwIfOtherImportance(with, nullptr, "s.json"), ErrorKind::InvalidArgument, "with importance data, which are not used here");
        VERIFY_ERROR(throwIfOtherImportance(m_whole, &importance, "s.json"), ErrorKind::InvalidArgument, "without importance data, which are used here");
        VERIFY_ERROR(throwIfOtherImportance(other, &importance, "s.json"), ErrorKind::InvalidArgument, "with other importance data");
    }

    // Experts that are tensors of their own are one candidate per matrix of the layer, and a tied embedding is the output as well.
    void expertsAndTiedEmbeddings()
    {
        const auto model = openModel(fixture("inference/hf/mixtral"));
        const auto network = makeNetwork(model);
        const Sensitivities result = measureSensitivities(network, textOf(*network, 2, 24), {});
        for (std::size_t index = 0; index < result.tensors.size(); ++index)
            QVERIFY2(result.tensors[index].state != State::Estimated, model->tensors()[index].name().c_str());
        std::set<double> weights;
        std::size_t experts = 0;
        for (std::size_t index = 0; index < model->tensors().size(); ++index) {
            if (model->place(index).role == TensorRole::ExpertDown) // rows of 24 fit no block
                QCOMPARE(result.tensors[index].state, State::None);
            if (model->place(index).role != TensorRole::ExpertGate || model->place(index).layer != 0)
                continue;
            ++experts;
            weights.insert(result.tensors[index].weight);
        }
        QVERIFY(experts > 1);
        QCOMPARE(sensitivitiesFromJson(sensitivitiesToJson(result, *model), *model), result);
        QCOMPARE(weights.size(), std::size_t{1});

        const auto tied = openModel(fixture("inference/gguf/qwen2.gguf"));
        const auto tiedNetwork = makeNetwork(tied);
        const std::size_t embedding = tiedNetwork->tokenEmbedding;
        if (tiedNetwork->output.tensor != embedding)
            QSKIP("the fixture has an output of its own");
        const SensitivityText text = textOf(*tiedNetwork, 2, 24);
        const Sensitivities tiedResult = measureSensitivities(tiedNetwork, text, {});
        Plan plan;
        plan.setChoice(tied->tensors()[embedding].name(), Choice{TensorType::Q3_K});
        const double expected = divergenceOf(ForwardPass(tiedNetwork), text.windows, plan);
        QVERIFY(std::abs(tiedResult.tensors[embedding].kl / expected - 1) < 2e-3);
    }

    // GPT-2's folders store matrices as inputs x outputs; what is probed is what a GGUF file would hold.
    void transposedFoldersAreLikeTheirFiles()
    {
        const auto file = openModel(fixture("inference/gguf/gpt2.gguf"));
        const auto folder = openModel(fixture("inference/hf/gpt2"));
        SensitivityOptions options;
        options.probe = TensorType::Q4_0;
        const SensitivityText text = textOf(*makeNetwork(file), 2, 24);
        const auto importance = inventedImportance(*file);
        options.importance = std::make_shared<const ImportanceMatch>(importance, file);
        const Sensitivities expected = measureSensitivities(makeNetwork(file), text, options);
        options.importance = std::make_shared<const ImportanceMatch>(importance, folder);
        const Sensitivities result = measureSensitivities(makeNetwork(folder), text, options);
        options.timeBudget = std::chrono::duration<double>(1e-6);
        const Sensitivities estimated = measureSensitivities(makeNetwork(folder), text, options);
        std::size_t compared = 0;
        for (std::size_t index = 0; index < result.tensors.size(); ++index) {
            const TensorSensitivity& one = result.tensors[index];
            if (one.state == State::None || !folder->place(index).layer)
                continue;
            std::size_t other = 0;
            while (file->place(other).canonicalName != folder->place(index).canonicalName)
                ++other;
            QVERIFY(std::abs(one.kl / expected.tensors[other].kl - 1) < 1e-3);
            QVERIFY(std::abs(one.relativeSquared / expected.tensors[other].relativeSquared - 1) < 1e-12);
            QVERIFY(std::abs(estimated.tensors[index].relativeSquared / one.relativeSquared - 1) < 1e-12);
            ++compared;
        }
        QCOMPARE(compared, std::size_t{3 * 4});
    }

    void whatMakesNoSense()
    {
        SensitivityText uneven = m_text;
        uneven.windows.append(std::vector<TokenId>{1, 2, 3, 4, 5});
        VERIFY_ERROR(measureSensitivities(m_network, uneven, {}), ErrorKind::InvalidArgument, "different lengths");
        VERIFY_ERROR(measureSensitivities(m_network, textOf(*m_network, 2, 3), {}), ErrorKind::InvalidArgument, "3 tokens are too short");
        SensitivityOptions options;
        options.memoryBytes = 1000;
        VERIFY_ERROR(measureSensitivities(m_network, m_text, options), ErrorKind::InvalidArgument, "one window of 48 tokens needs");
        options = {};
        options.probe = TensorType::I32;
        VERIFY_ERROR(measureSensitivities(m_network, m_text, options), ErrorKind::InvalidArgument, "cannot be written as I32");
        SensitivityText foreign;
        foreign.windows.append(std::vector<TokenId>{1, 2, 3, 99999});
        VERIFY_ERROR(measureSensitivities(m_network, foreign, {}), ErrorKind::InvalidArgument, "99999");
    }

    // --- what is made of them ---

    void weightsOfTheSolver()
    {
        const DamageWeights weights = measuredWeights(*m_model, m_whole);
        QVERIFY(!weights.isProxy);
        double sum = 0;
        double predicted = 0;
        for (std::size_t index = 0; index < weights.weights.size(); ++index) {
            sum += weights.weights[index];
            predicted += weights.unit * weights.weights[index] * m_whole.tensors[index].relativeSquared;
        }
        QVERIFY(std::abs(sum - 1) < 1e-12);
        double together = 0;
        for (const TensorSensitivity& tensor : m_whole.tensors)
            together += tensor.kl;
        QVERIFY(std::abs(predicted / together - 1) < 1e-12);
    }

    void fieldsOfTheMap()
    {
        const std::vector<std::size_t> both{m_model->indexOf("blk.0.attn_q.weight").value(), m_model->indexOf("blk.0.attn_k.weight").value()};
        const MapValue value = sensitivityValue(m_whole, both);
        QCOMPARE(value.quality, PairError::Quality::Exact);
        QCOMPARE(value.value, m_whole.tensors[both[0]].kl + m_whole.tensors[both[1]].kl);
        QVERIFY(value.low < value.value && value.high > value.value);
        Sensitivities estimated = m_whole;
        estimated.tensors[both[1]].state = State::Estimated;
        QCOMPARE(sensitivityValue(estimated, both).quality, PairError::Quality::Sampled);
        const std::vector<std::size_t> norm{m_model->indexOf("blk.0.attn_norm.weight").value()};
        QVERIFY(!sensitivityValue(m_whole, norm).isKnown());
        QCOMPARE(mapMeasureFromName("sensitivity").value(), MapMeasure::Sensitivity);
    }

    // --- files ---

    void filesComeBackAsTheyWere()
    {
        ScratchFolder folder;
        saveSensitivities(folder / "s.json", m_whole, *m_model);
        QCOMPARE(loadSensitivities(folder / "s.json", *m_model), m_whole);
        // The same model in another format has other names and the same canonical ones.
        const auto original = openModel(resource("sample/model.safetensors").parent_path());
        const Sensitivities elsewhere = loadSensitivities(folder / "s.json", *original);
        const auto down = original->indexOf("model.layers.3.mlp.down_proj.weight");
        QVERIFY(down.has_value());
        QCOMPARE(elsewhere.tensors[*down], of(m_whole, "blk.3.ffn_down.weight"));
    }

    void filesOfTheFirstVersionKnewNoImportance()
    {
        std::string json = sensitivitiesToJson(m_whole, *m_model);
        json.replace(json.find("\"version\":2"), 11, "\"version\":1");
        json.replace(json.find("\"importance\":\"\","), 16, "");
        QCOMPARE(sensitivitiesFromJson(json, *m_model), m_whole);
    }

    void badFiles_data()
    {
        QTest::addColumn<QString>("before");
        QTest::addColumn<QString>("after");
        QTest::addColumn<int>("kind");
        QTest::addColumn<QString>("message");
        const int bad = static_cast<int>(ErrorKind::BadFormat);
        const int other = static_cast<int>(ErrorKind::InvalidArgument);
        QTest::newRow("no JSON") << "{" << "[[" << bad << "no JSON";
        QTest::newRow("another file") << "quantlathe-sensitivity" << "quantlathe-recipe" << bad << "no sensitivities";
        QTest::newRow("newer") << "\"version\":2" << "\"version\":9" << bad << "version 9 is not known";
        QTest::newRow("no text") << "\"text\"" << "\"texts\"" << bad << "'text' is missing";
        QTest::newRow("text a number") << "\"numbers\"" << "7" << bad << "'text' is no string";
        QTest::newRow("no importance") << "\"importance\"" << "\"unimportance\"" << bad << "'importance' is missing";
        QTest::newRow("context negative") << "\"context\":48" << "\"context\":-48" << bad << "'context' is no whole number";
        QTest::newRow("unit") << "\"unit\":\"tensor\"" << "\"unit\":\"head\"" << bad << "unknown unit 'head'";
        QTest::newRow("type") << "\"probe\":\"Q3_K\"" << "\"probe\":\"Q3_Q\"" << bad << "'probe' is no type";
        QTest::newRow("flag") << "\"isMeasured\":true" << "\"isMeasured\":1" << bad << "'isMeasured' is neither";
        QTest::newRow("negative") << "\"kl\":" << "\"kl\":-" << bad << "'kl' is no number of at least 0";
        QTest::newRow("infinite") << "\"weight\":" << "\"weight\":1e999,\"x\":" << bad << "a number is beyond every range";
        QTest::newRow("text for a number") << "\"weight\":" << "\"weight\":\"1\",\"x\":" << bad << "'weight' is no number of at least 0";
        QTest::newRow("twice the key") << "\"kl\":" << "\"kl\":1,\"kl\":" << bad << "stands there twice";
        QTest::newRow("twice the tensor") << "blk.0.attn_v.weight" << "blk.0.attn_q.weight" << other << "shape";
        QTest::newRow("deep") << "\"shape\":[" << "\"shape\":[[[[[[" << bad << "nested deeper";
        QTest::newRow("no tensors") << "\"tensors\": [" << "\"tensor\": [" << bad << "'tensors' is missing";
        QTest::newRow("entry") << "\"tensors\": [" << "\"tensors\": [3," << bad << "no object";
        QTest::newRow("shape") << "\"shape\":[128,256]" << "\"shape\":[256,128]" << other << "its shape is 128 x 256 in the model and [256,128]";
        QTest::newRow("unknown tensor") << "\"blk.0.attn_k.weight\",\"canonicalName\":\"blk.0.attn_k.weight\""
                                        << "\"blk.9.attn_k.weight\",\"canonicalName\":\"blk.9.attn_k.weight\"" << other << "no such tensor";
    }
    void badFiles()
    {
        QFETCH(QString, before);
        QFETCH(QString, after);
        QFETCH(int, kind);
        QFETCH(QString, message);
        std::string json = sensitivitiesToJson(m_whole, *m_model);
        const std::size_t at = json.find(before.toStdString());
        QVERIFY(at != std::string::npos);
        json.replace(at, before.toStdString().size(), after.toStdString());
        VERIFY_ERROR(sensitivitiesFromJson(json, *m_model), static_cast<ErrorKind>(kind), message.toStdString().c_str());
    }

    void filesThatLackATensor()
    {
        Sensitivities less = m_whole;
        less.tensors[m_model->indexOf("blk.2.ffn_gate.weight").value()] = {};
        VERIFY_ERROR(sensitivitiesFromJson(sensitivitiesToJson(less, *m_model), *m_model), ErrorKind::InvalidArgument,
                     "says nothing about this tensor");
        Sensitivities twice = m_whole;
        const std::string json = sensitivitiesToJson(twice, *m_model);
        const std::size_t line = json.find("{\"name\":\"blk.0.attn_k.weight\"");
        const std::string entry = json.substr(line, json.find('\n', line) - line + 1);
        VERIFY_ERROR(sensitivitiesFromJson(std::string(json).insert(line, entry), *m_model), ErrorKind::BadFormat, "stands there twice");
    }
};

QTEST_GUILESS_MAIN(TestSensitivity)
#include "tst_sensitivity.moc"
