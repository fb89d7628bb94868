// SPDX-License-Identifier: GPL-3.0-or-later
// Evaluations of the sample model beside plain sums over its logits, resumed runs, and the statistics by hand.
#include "core/base/text.h"
#include "core/formats/open.h"
#include "core/inference/activation_rounding.h"
#include "core/inference/evaluation.h"
#include "core/inference/neutral_text.h"
#include "core/inference/text_tokens.h"
#include "core/inference/tokenizer/tokenizer.h"
#include "core/inference/verdict.h"
#include "support/test_support.h"

#include <QElapsedTimer>

#include <atomic>
#include <cmath>
#include <fstream>
#include <thread>

using namespace quantlathe;
using namespace quantlathe::test;

namespace {

constexpr std::uint64_t context = 64;

bool sameFigures(const EvaluationResult& a, const EvaluationResult& b)
{
    const auto same = [](const UncertainValue& x, const UncertainValue& y) { return x.value == y.value && x.standardError == y.standardError; };
    if (a.tokens != b.tokens || !same(a.perplexity, b.perplexity) || a.divergence.has_value() != b.divergence.has_value())
        return false;
    if (!a.divergence)
        return true;
    return same(a.divergence->mean, b.divergence->mean) && same(a.divergence->logRatio, b.divergence->logRatio)
        && same(a.divergence->sameTop, b.divergence->sameTop) && a.divergence->spread.values == b.divergence->spread.values
        && a.divergence->byPosition == b.divergence->byPosition && a.divergence->layerErrors == b.divergence->layerErrors;
}

/// Stops at the first report of the second pass.
class StopInSecondPass final : public Progress
{
public:
    void report(std::string_view, std::uint64_t done, std::uint64_t total) override
    {
        highest = std::max(highest, done);
        this->total = total;
        if (stopAt != 0 && done >= stopAt)
            m_source.request_stop();
    }
    [[nodiscard]] RunControl control() { return {m_source.get_token(), this}; }
    std::uint64_t stopAt = 0;
    std::uint64_t highest = 0;
    std::uint64_t total = 0;

private:
    std::stop_source m_source;
};

class TestEvaluation : public QObject
{
    Q_OBJECT

private:
    std::shared_ptr<const Model> m_model;
    std::shared_ptr<const Network> m_network;
    std::vector<TokenId> m_tokens;

    [[nodiscard]] Plan plan(TensorType type, std::string_view only = {}) const
    {
        Plan plan;
        for (const Tensor& tensor : m_model->tensors()) {
            if (tensor.name().starts_with(only))
                plan.setChoice(tensor.name(), Choice{type});
        }
        return plan;
    }

    [[nodiscard]] EvaluationRequest request(const Plan& plan, std::uint64_t chunks = 6) const
    {
        EvaluationRequest request;
        request.network = m_network;
        request.weights = plannedWeights(m_model, plan);
        request.tokens = m_tokens;
        request.begin = 0;
        request.settings.contextLength = context;
        request.settings.maximumChunks = chunks;
        return request;
    }

    /// Memory in which one group of 32 windows runs at a time.
    static void makeTight(EvaluationRequest& request) { request.settings.forward.memoryBytes = 13'000'000; }

private slots:
    void initTestCase()
    {
        m_model = openModel(resource("sample/quantlathe-sample-f16.gguf"));
        m_network = makeNetwork(m_model);
        std::uint64_t state = 1;
        for (int token = 0; token < 34 * static_cast<int>(context); ++token) {
            state = state * 6364136223846793005u + 1442695040888963407u;
            m_tokens.push_back(static_cast<TokenId>((state >> 33) % 1024));
        }
    }

    void windows()
    {
        const std::vector<TokenId> tokens{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14};
        const TextWindows windows(tokens, 0, 6);
        QCOMPARE(windows.count(), std::uint64_t(2));
        QCOMPARE(windows.firstScored(), std::uint64_t(3));
        QCOMPARE(windows.scored(), std::uint64_t(2));
        const TokenBatch batch = windows.batch(0, 2);
        QVERIFY((batch.tokens == std::vector<TokenId>{0, 2, 3, 4, 5, 6, 0, 8, 9, 10, 11, 12}));
        QVERIFY((batch.starts == std::vector<std::uint64_t>{0, 6, 12}));
        QCOMPARE(windows.targets(1)[0], 11);
        QCOMPARE(windows.targets(1)[1], 12);
        QCOMPARE(TextWindows(tokens, std::nullopt, 6).batch(1, 1).tokens[0], 7);
        QCOMPARE(TextWindows(tokens, std::nullopt, 7, 1).count(), std::uint64_t(1));
        QCOMPARE(TextWindows(tokens, std::nullopt, 7, 1).firstScored(), std::uint64_t(3));
        VERIFY_ERROR(TextWindows(tokens, 0, 15), ErrorKind::InvalidArgument, "the text has 14 tokens, one window takes 15");
        VERIFY_ERROR(TextWindows(tokens, 0, 3), ErrorKind::InvalidArgument, "3 tokens is too short");
    }

    void figuresByHand()
    {
        ChunkScores first, second;
        first.nll = {1, 2};
        first.originalNll = {1, 1.5};
        first.divergence = {0.1, 0.3};
        first.isSameTop = {1, 0};
        first.layerErrors = {0.01, 0.04};
        second.nll = {3, 6};
        second.originalNll = {2, 6.5};
        second.divergence = {0.2, 0.6};
        second.isSameTop = {1, 1};
        second.layerErrors = {0.07, 0.04};
        const std::vector<ChunkScores> chunks{first, second};
        const EvaluationResult result = summarizeChunks(chunks, 6);
        QCOMPARE(result.tokens, std::uint64_t(4));
        QCOMPARE(result.firstScored, std::uint64_t(3));
        QCOMPARE(result.nll.value, 3.0);
        // Mean of squares 12.5, minus 9, over n - 1 = 3.
        QCOMPARE(result.nll.standardError, std::sqrt(3.5 / 3));
        QCOMPARE(result.perplexity.value, std::exp(3.0));
        QCOMPARE(result.perplexity.standardError, std::exp(3.0) * std::sqrt(3.5 / 3));
        const Divergence& divergence = result.divergence.value();
        QCOMPARE(divergence.originalPerplexity.value, std::exp(2.75));
        QCOMPARE(divergence.logRatio.value, 0.25); // of 0, 0.5, 1, -0.5
        QCOMPARE(divergence.logRatio.standardError, std::sqrt((1.5 / 4 - 0.0625) / 3));
        QCOMPARE(divergence.mean.value, 0.3);
        QCOMPARE(divergence.spread.median(), 0.25);
        QCOMPARE(divergence.spread.at(0.75), 0.3 + 0.25 * 0.3);
        QCOMPARE(divergence.spread.minimum(), 0.1);
        QCOMPARE(divergence.spread.maximum(), 0.6);
        QCOMPARE(divergence.sameTop.value, 0.75);
        QCOMPARE(divergence.sameTop.standardError, std::sqrt(0.75 * 0.25 / 3));
        const double change = std::exp(-2.0) - std::exp(-1.5) + std::exp(-3.0) - std::exp(-2.0) + std::exp(-6.0) - std::exp(-6.5);
        QVERIFY(std::abs(divergence.probabilityChange.value - change / 4) < 1e-15);
        QVERIFY(divergence.probabilityChangeRms.value > std::abs(divergence.probabilityChange.value));
        QVERIFY(divergence.probabilityChanges.minimum() < 0 && divergence.probabilityChanges.maximum() > 0);
        QCOMPARE(divergence.byPosition.size(), std::size_t(2));
        QCOMPARE(divergence.byPosition[1], 0.45);
        QCOMPARE(divergence.layerErrors[0], 0.2);
        QCOMPARE(divergence.layerErrors[1], 0.2);
        QCOMPARE(result.chunks[1].nll, 4.5);
        QCOMPARE(result.chunks[1].originalNll, 4.25);
        QCOMPARE(result.chunks[0].sameTop, 0.5);
        QCOMPARE(divergence.mean.high() - divergence.mean.low(), 2 * 1.96 * divergence.mean.standardError);
    }

    void sumsOverLogits()
    {
        // One window after the other, all positions, doubles.
        const Plan q4 = plan(TensorType::Q4_0);
        const EvaluationResult result = evaluate(request(q4));
        const ForwardPass pass(m_network);
        const TextWindows windows(m_tokens, 0, context, 6);
        double nll = 0, divergence = 0;
        std::uint64_t same = 0, count = 0;
        const auto logitsOf = [&](const WeightSource& weights, const TokenBatch& batch) {
            HiddenStates hidden = pass.embed(weights, batch);
            for (std::size_t layer = 0; layer < pass.layerCount(); ++layer)
                pass.runLayer(*pass.loadLayer(layer, weights), batch, hidden);
            std::vector<float> logits(hidden.tokens() * m_network->vocabularySize);
            pass.logits(*pass.loadOutput(weights), hidden.values.data(), hidden.tokens(), logits.data());
            return logits;
        };
        const auto probabilities = [&](const std::vector<float>& logits, std::uint64_t position) {
            std::vector<double> p(m_network->vocabularySize);
            double sum = 0;
            for (std::size_t token = 0; token < p.size(); ++token)
                sum += p[token] = std::exp(double{logits[position * p.size() + token]});
            for (double& value : p)
                value /= sum;
            return p;
        };
        for (std::uint64_t window = 0; window < 6; ++window) {
            const TokenBatch batch = windows.batch(window, 1);
            const auto judged = logitsOf(*plannedWeights(m_model, q4), batch);
            const auto original = logitsOf(*storedWeights(m_model), batch);
            for (std::uint64_t position = context / 2; position + 1 < context; ++position) {
                const auto q = probabilities(judged, position), p = probabilities(original, position);
                nll -= std::log(q[static_cast<std::size_t>(batch.tokens[position + 1])]);
                for (std::size_t token = 0; token < p.size(); ++token)
                    divergence += p[token] * std::log(p[token] / q[token]);
                same += std::max_element(p.begin(), p.end()) - p.begin() == std::max_element(q.begin(), q.end()) - q.begin() ? 1 : 0;
                ++count;
            }
        }
        QCOMPARE(result.tokens, count);
        QVERIFY(std::abs(result.nll.value - nll / static_cast<double>(count)) < 1e-5);
        const Divergence& found = result.divergence.value();
        QVERIFY(found.mean.value > 0.001);
        QVERIFY(std::abs(found.mean.value - divergence / static_cast<double>(count)) < 1e-4 * found.mean.value);
        QVERIFY(std::abs(found.sameTop.value * static_cast<double>(count) - static_cast<double>(same)) < 1.5);
        QCOMPARE(found.layerErrors.size(), m_network->layers.size());
        for (const double error : found.layerErrors)
            QVERIFY(error > 0.001 && error < 1);
        QCOMPARE(found.byPosition.size(), std::size_t(context - 1 - context / 2));
        QCOMPARE(result.availableChunks, std::uint64_t(34));
        QCOMPARE(result.wantedChunks, std::uint64_t(6));
        QCOMPARE(result.chunks.size(), std::size_t(6));
    }

    void nothingChangedIsZero()
    {
        const EvaluationResult result = evaluate(request(Plan()));
        QCOMPARE(result.divergence->mean.value, 0.0);
        QCOMPARE(result.divergence->sameTop.value, 1.0);
        QCOMPARE(result.divergence->logRatio.value, 0.0);
        for (const double error : result.divergence->layerErrors)
            QCOMPARE(error, 0.0);
        // Another opening of the same file as the original: everything is computed twice, to the same bits.
        EvaluationRequest other = request(Plan());
        other.originalNetwork = makeNetwork(openModel(m_model->path()));
        const EvaluationResult twice = evaluate(other);
        QVERIFY(sameFigures(result, twice));
        QCOMPARE(twice.divergence->mean.value, 0.0);
    }

    void sharedLayersChangeNothing()
    {
        // Layers before the first changed one are run once for both; beside another opening of the file nothing is shared.
        for (const char* only : {"blk.2.", "output.weight", "token_embd"}) {
            EvaluationRequest shared = request(plan(TensorType::Q4_0, only));
            EvaluationRequest apart = shared;
            apart.originalNetwork = makeNetwork(openModel(m_model->path()));
            const EvaluationResult result = evaluate(shared);
            QVERIFY2(sameFigures(result, evaluate(apart)), only);
            QVERIFY(result.divergence->mean.value > 0);
            QCOMPARE(result.divergence->layerErrors[1] > 0, std::string_view(only) == "token_embd");
            QCOMPARE(result.divergence->layerErrors[3] > 0, std::string_view(only) != "output.weight");
        }
    }

    void threadsAndMemoryChangeNothing()
    {
        EvaluationRequest one = request(plan(TensorType::Q4_0), 34);
        one.settings.forward.threads = 1;
        EvaluationRequest more = one;
        more.settings.forward.threads = 3;
        EvaluationRequest tight = more;
        makeTight(tight);
        int passes = 0;
        tight.onPass = [&](const EvaluationResult& sofar) {
            ++passes;
            QVERIFY(sofar.chunks.size() <= sofar.wantedChunks);
        };
        const EvaluationResult result = evaluate(one);
        QVERIFY(sameFigures(result, evaluate(more)));
        QVERIFY(std::abs(evaluate(tight).divergence->mean.value - result.divergence->mean.value) < 1e-6);
        QCOMPARE(passes, 2); // groups of 32 windows
    }

    void withoutOriginal()
    {
        EvaluationRequest alone = request(plan(TensorType::Q4_0));
        alone.settings.wantsDivergence = false;
        const EvaluationResult result = evaluate(alone);
        QVERIFY(!result.divergence && !verdictOf(result));
        QCOMPARE(result.perplexity.value, evaluate(request(plan(TensorType::Q4_0))).perplexity.value);
    }

    void aStoppedRunGoesOn()
    {
        const ScratchFolder folder;
        EvaluationRequest wanted = request(plan(TensorType::Q4_0), 34);
        makeTight(wanted);
        wanted.weightsIdentity = "Q4_0";
        const EvaluationResult whole = evaluate(wanted);
        wanted.journal = folder / "evaluations/run.journal";
        QCOMPARE(resumableChunks(wanted), std::uint64_t(0));

        StopInSecondPass stop;
        stop.stopAt = 33 * context;
        VERIFY_ERROR(evaluate(wanted, stop.control()), ErrorKind::Cancelled, "cancelled");
        QCOMPARE(stop.total, 34 * context);
        QCOMPARE(resumableChunks(wanted), std::uint64_t(32));

        // Of other weights, other text, another context: not taken over.
        EvaluationRequest other = wanted;
        other.weightsIdentity = "Q5_0";
        QCOMPARE(resumableChunks(other), std::uint64_t(0));
        other = wanted;
        other.tokens[100] ^= 1;
        QCOMPARE(resumableChunks(other), std::uint64_t(0));
        other = wanted;
        other.settings.contextLength = 32;
        QCOMPARE(resumableChunks(other), std::uint64_t(0));
        other = wanted;
        other.settings.wantsDivergence = false;
        QCOMPARE(resumableChunks(other), std::uint64_t(0));

        const auto bytes = readBytes(wanted.journal);
        StopInSecondPass whatIsLeft;
        const EvaluationResult resumed = evaluate(wanted, whatIsLeft.control());
        QCOMPARE(resumed.resumedChunks, std::uint64_t(32));
        QVERIFY(sameFigures(resumed, whole));
        QCOMPARE(whatIsLeft.highest, whatIsLeft.total);
        QVERIFY(!std::filesystem::exists(wanted.journal));

        // Damaged in any way: it starts afresh.
        for (const std::size_t cut : {std::size_t(0), std::size_t(5), std::size_t(64), bytes.size() / 2, bytes.size() - 8}) {
            writeBytes(wanted.journal, {bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(cut)});
            QCOMPARE(resumableChunks(wanted), std::uint64_t(0));
        }
        for (const std::size_t at : {std::size_t(0), std::size_t(56), std::size_t(63), bytes.size() / 2}) {
            auto damaged = bytes;
            damaged[at] ^= std::byte{0x40};
            writeBytes(wanted.journal, damaged);
            QCOMPARE(resumableChunks(wanted), std::uint64_t(0));
        }
        writeBytes(wanted.journal, bytes);
        QCOMPARE(resumableChunks(wanted), std::uint64_t(32));
        QVERIFY(defaultJournalPath(wanted).filename() != defaultJournalPath(other).filename());
    }

    void aJournalThatCannotBeWrittenIsNoFailure()
    {
        const ScratchFolder folder;
        std::ofstream(folder / "file") << "no folder";
        EvaluationRequest wanted = request(Plan(), 34);
        makeTight(wanted);
        wanted.settings.wantsDivergence = false;
        QVERIFY(evaluate(wanted).journalFailure.empty());
        wanted.settings.forward.memoryBytes /= 2; // one stream takes half
        wanted.journal = folder / "file/run.journal";
        const EvaluationResult result = evaluate(wanted);
        QCOMPARE(result.chunks.size(), std::size_t(34));
        QVERIFY2(result.journalFailure.find("cannot write into the folder") != std::string::npos, result.journalFailure.c_str());
    }

    void theNeutralTextIsUsable()
    {
        const std::string_view text = neutralText();
        QVERIFY(isValidUtf8(text));
        const auto bytes = readBytes(resource("calibration/neutral.txt"));
        QVERIFY(text == std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
        QVERIFY(tokensOfText(*loadTokenizer(*m_model), *m_network, text).tokens.size() > 16 * 512);
    }

    void activationsAreRounded()
    {
        QVERIFY(activationRounding(TensorType::F32) == ActivationRounding::None);
        QVERIFY(activationRounding(TensorType::F16) == ActivationRounding::Half);
        QVERIFY(activationRounding(TensorType::BF16) == ActivationRounding::Bfloat16);
        QVERIFY(activationRounding(TensorType::Q8_0) == ActivationRounding::Blocks32);
        QVERIFY(activationRounding(TensorType::IQ4_NL) == ActivationRounding::Blocks32);
        QVERIFY(activationRounding(TensorType::Q4_K) == ActivationRounding::Blocks256);
        std::vector<float> x(512), y(512);
        for (std::size_t index = 0; index < x.size(); ++index)
            x[index] = std::sin(static_cast<float>(index)) * (index < 32 ? 100.0f : 1.0f);
        x[300] = -127;
        roundActivations(ActivationRounding::Blocks256, x.data(), x.size(), y.data());
        QCOMPARE(y[300], -127.0f);
        QCOMPARE(y[301], std::nearbyint(x[301])); // steps of 1 around it
        QVERIFY(std::abs(y[40] - x[40]) > 0.01f); // the first block's steps are wide
        roundActivations(ActivationRounding::Blocks32, x.data(), x.size(), y.data());
        for (std::size_t index = 0; index < x.size(); ++index) {
            const float step = (index < 32 ? 100.0f : (index / 32 == 300 / 32 ? 127.0f : 1.0f)) / 127;
            QVERIFY(std::abs(y[index] - x[index]) <= 0.56f * step);
        }
        roundActivations(ActivationRounding::Half, x.data(), x.size(), x.data());
        QCOMPARE(x[300], -127.0f);
        std::vector<float> zeros(32);
        roundActivations(ActivationRounding::Blocks32, zeros.data(), zeros.size(), zeros.data());
        QVERIFY(zeros == std::vector<float>(32));
    }

    void asLlamaPerplexityOnTheSample()
    {
        // llama.cpp 0.7.0: llama-perplexity -m quantlathe-sample-f16.gguf -f heldout.txt -c 256 --chunks 8
        EvaluationRequest wanted = request(Plan(), 8);
        const TextTokens text = tokensOfText(*loadTokenizer(*m_model), *m_network, readText(resource("sample/heldout.txt")));
        wanted.tokens = text.tokens;
        wanted.begin = text.begin;
        wanted.settings.contextLength = 256;
        wanted.settings.wantsDivergence = false;
        const EvaluationResult result = evaluate(wanted);
        QVERIFY2(std::abs(result.perplexity.value / 1.3128 - 1) < 1e-3, qPrintable(QString::number(result.perplexity.value, 'g', 9)));
        QVERIFY2(std::abs(result.perplexity.standardError / 0.02989 - 1) < 5e-3, qPrintable(QString::number(result.perplexity.standardError, 'g', 9)));
    }

    void asLlamaPerplexityOnTrainedModels_data()
    {
        // llama.cpp 0.7.0, llama-perplexity -c 256 -ctk f32 -ctv f32 -fa off, of the weights decoded to F32 (llama-quantize ... F32), so that no
        // activations are rounded to 8 bits: --kl-divergence against stories260K-f32.gguf on generated-stories-260K.txt.
        // The last row is the file as llama.cpp runs it, without these options: what it rounds counts for half.
        QTest::addColumn<QString>("file");
        QTest::addColumn<bool>("roundsActivations");
        QTest::addColumn<double>("perplexity");
        QTest::addColumn<double>("divergence");
        QTest::addColumn<double>("median");
        QTest::addColumn<double>("percent99");
        QTest::addColumn<double>("sameTop");
        QTest::addColumn<double>("changeRms");
        QTest::newRow("Q4_0") << "stories260K-Q4_0.gguf" << false << 4.754321 << 0.082549 << 0.043251 << 0.675724 << 85.214 << 10.280;
        QTest::newRow("Q8_0") << "stories260K-Q8_0.gguf" << false << 4.409478 << 0.000396 << 0.000253 << 0.002641 << 98.845 << 0.658;
        QTest::newRow("IQ4_NL") << "stories260K-IQ4_NL.gguf" << false << 4.669077 << 0.062116 << 0.031594 << 0.571831 << 86.387 << 8.245;
        QTest::newRow("Q8_0 as it runs") << "stories260K-Q8_0.gguf" << true << 4.41434 << 0.000787 << 0.000492 << 0.005151 << 98.18 << 0.906;
    }
    void asLlamaPerplexityOnTrainedModels()
    {
        QUANTLATHE_NEED_SHARED_DATA(data);
        QFETCH(const QString, file);
        QFETCH(const bool, roundsActivations);
        QFETCH(const double, perplexity);
        QFETCH(const double, divergence);
        QFETCH(const double, median);
        QFETCH(const double, percent99);
        QFETCH(const double, sameTop);
        QFETCH(const double, changeRms);
        const auto folder = data / "models/derived";
        const std::string text = readText(folder / "generated-stories-260K.txt");
        const auto model = openModel(folder / "gguf-quants" / file.toStdString());
        const auto original = openModel(folder / "stories260K-f32.gguf");
        EvaluationRequest wanted;
        wanted.network = makeNetwork(model);
        wanted.weights = storedWeights(model);
        wanted.originalNetwork = makeNetwork(original);
        const TextTokens tokens = tokensOfText(*loadTokenizer(*model), *wanted.network, text);
        throwIfTextDiffers(tokens, *wanted.network, tokensOfText(*loadTokenizer(*original), *wanted.originalNetwork, text), *wanted.originalNetwork);
        wanted.tokens = tokens.tokens;
        wanted.begin = tokens.begin;
        wanted.settings.contextLength = 256;
        wanted.settings.forward.roundsActivations = roundsActivations;
        const EvaluationResult result = evaluate(wanted);
        QCOMPARE(result.tokens, std::uint64_t(5715));
        const auto agrees = [](double value, double expected, double tolerance) {
            if (std::abs(value / expected - 1) <= tolerance)
                return true;
            qWarning("%.9g instead of %.9g", value, expected);
            return false;
        };
        // Roundings by other roads differ by themselves.
        QVERIFY(agrees(result.perplexity.value, perplexity, roundsActivations ? 2e-3 : 1e-4));
        QVERIFY(agrees(result.divergence->originalPerplexity.value, 4.4050, 1e-4));
        QVERIFY(agrees(result.divergence->mean.value, divergence, roundsActivations ? 2e-2 : 5e-3));
        QVERIFY(agrees(result.divergence->spread.median(), median, roundsActivations ? 6e-2 : 1e-2));
        QVERIFY(agrees(result.divergence->spread.at(0.99), percent99, roundsActivations ? 6e-2 : 1e-2));
        QVERIFY(agrees(100 * result.divergence->sameTop.value, sameTop, 2e-3)); // logits that are equal in 16 bits
        QVERIFY(agrees(100 * result.divergence->probabilityChangeRms.value, changeRms, roundsActivations ? 6e-2 : 2e-3));
    }

    void stopsSoon()
    {
        EvaluationRequest wanted = request(plan(TensorType::Q4_0), 34);
        std::stop_source source;
        QElapsedTimer sinceStop;
        std::jthread stopper([&] {
            std::this_thread::sleep_for(std::chrono::milliseconds(30));
            sinceStop.start();
            source.request_stop();
        });
        VERIFY_ERROR(evaluate(wanted, {source.get_token(), nullptr}), ErrorKind::Cancelled, "cancelled");
        stopper.join();
        QVERIFY2(sinceStop.elapsed() < 500, qPrintable(QString::number(sinceStop.elapsed()))); // 50 ms of work, on a busy machine
    }

    void whatDoesNotFitIsRefused()
    {
        EvaluationRequest wanted = request(Plan());
        wanted.settings.contextLength = 100'000;
        VERIFY_ERROR(evaluate(wanted), ErrorKind::InvalidArgument, "one window takes 100000");
        wanted = request(Plan());
        wanted.tokens[3] = 1024;
        VERIFY_ERROR(evaluate(wanted), ErrorKind::InvalidArgument, "token 1024 is outside");
        wanted = request(Plan());
        Network other = *m_network;
        other.vocabularySize = 1000;
        wanted.originalNetwork = std::make_shared<const Network>(other);
        VERIFY_ERROR(evaluate(wanted), ErrorKind::InvalidArgument, "1024 tokens here, 1000 in the original");
    }

    void texts()
    {
        const ScratchFolder folder;
        const auto write = [&](const std::string& text) {
            std::ofstream(folder / "text.txt", std::ios::binary) << text;
            return folder / "text.txt";
        };
        QCOMPARE(readText(write("Gr\xC3\xBC\xC3\x9F" "e\n")), std::string("Gr\xC3\xBC\xC3\x9F" "e\n"));
        VERIFY_ERROR(readText(write("")), ErrorKind::InvalidArgument, "the text is empty");
        VERIFY_ERROR(readText(folder / "missing.txt"), ErrorKind::NotFound, "missing.txt");
        const auto latin = errorOf([&] { (void)readText(write("one\ntwo \xE4 three")); });
        QVERIFY(latin && latin->kind() == ErrorKind::BadFormat);
        QVERIFY2(latin->message().find("byte 0xE4 in line 2") != std::string::npos, latin->what());
        QCOMPARE(latin->place().offset.value(), std::uint64_t(8));
        // Cut in the middle of a character, and a surrogate.
        QCOMPARE(errorOf([&] { (void)readText(write(std::string(3000, 'a') + "\xE2\x82")); })->place().offset.value(), std::uint64_t(3000));
        QCOMPARE(errorOf([&] { (void)readText(write("\xC3\xA4\xED\xA0\x80")); })->place().offset.value(), std::uint64_t(2));

        const auto tokenizer = loadTokenizer(*m_model);
        VERIFY_ERROR(tokensOfText(*tokenizer, *m_network, ""), ErrorKind::InvalidArgument, "the text is empty");
        const TextTokens tokens = tokensOfText(*tokenizer, *m_network, "Once upon a time");
        QVERIFY(!tokens.tokens.empty() && tokens.notes.empty());
        QCOMPARE(tokens.begin.has_value(), tokenizer->addsBos());

        // An embedding with fewer rows than the tokenizer has tokens.
        Network small = *m_network;
        const TokenId largest = *std::max_element(tokens.tokens.begin(), tokens.tokens.end());
        small.vocabularySize = static_cast<std::uint64_t>(largest);
        VERIFY_ERROR(tokensOfText(*tokenizer, small, "Once upon a time"), ErrorKind::InvalidArgument, "the tokenizer has 1024 tokens, the model's embedding");
        small.vocabularySize = static_cast<std::uint64_t>(largest) + 1;
        QCOMPARE(tokensOfText(*tokenizer, small, "Once upon a time").notes.size(), std::size_t(1));
        VERIFY_ERROR(throwIfTextDiffers(tokens, *m_network, tokens, small), ErrorKind::InvalidArgument, "the vocabularies differ: 1024 tokens here");
        TextTokens other = tokens;
        other.tokens[1] ^= 1;
        VERIFY_ERROR(throwIfTextDiffers(tokens, *m_network, other, *m_network), ErrorKind::InvalidArgument, "from token 2 on");
        throwIfTextDiffers(tokens, *m_network, tokens, *m_network);
    }

    void verdicts()
    {
        const auto verdict = [](double logRatio, double error, double divergence, double sameTop, std::uint64_t tokens = 10'000) {
            EvaluationResult result;
            result.tokens = tokens;
            result.divergence.emplace();
            result.divergence->logRatio = {logRatio, error};
            result.divergence->mean = {divergence, 0.001};
            result.divergence->sameTop = {sameTop, 0.001};
            return verdictOf(result).value();
        };
        QCOMPARE(sentenceOf(verdict(0.004, 0.001, 0.005, 0.97)),
                 std::string("perplexity +0.4 % (95 % interval +0.2 % to +0.6 %), within the 1 % line; 3 of 100 most likely tokens change"));
        QVERIFY(verdict(0.004, 0.001, 0.005, 0.97).level == DamageLevel::Good);
        QVERIFY(verdict(0.009, 0.001, 0.005, 0.97).againstLine == AgainstLine::ProbablyWithin);
        QVERIFY(verdict(0.011, 0.001, 0.005, 0.97).againstLine == AgainstLine::ProbablyOver);
        QVERIFY(verdict(0.02, 0.001, 0.005, 0.97).againstLine == AgainstLine::Over);
        QVERIFY(verdict(0.02, 0.001, 0.005, 0.97).level == DamageLevel::Noticeable);
        QVERIFY(verdict(-0.01, 0.001, 0.05, 0.9).level == DamageLevel::Noticeable); // better by chance, yet other predictions
        QVERIFY(verdict(0.1, 0.001, 0.05, 0.9).level == DamageLevel::Strong);
        QVERIFY(verdict(2, 0.001, 2, 0.1).level == DamageLevel::Broken);
        QVERIFY(verdict(std::nan(""), 0, std::nan(""), 0).level == DamageLevel::Broken);
        QVERIFY(!verdict(0.004, 0.001, 0.005, 0.97).isRough);
        QVERIFY(verdict(0.004, 0.02, 0.005, 0.97).isRough);
        QVERIFY(verdict(0.004, 0.001, 0.005, 0.97, 500).isRough);
        QVERIFY(sentenceOf(verdict(0, 0, 0, 1)).find("no most likely token changes") != std::string::npos);
        QVERIFY(sentenceOf(verdict(0, 0, 0, 0.996)).find("0.4 of 100 most likely tokens change") != std::string::npos);
        QVERIFY(sentenceOf(verdict(0, 0, 0, 0.99)).find("1 of 100 most likely tokens changes") != std::string::npos);
        QVERIFY(sentenceOf(verdict(2, 0.001, 2, 0.1)).find("perplexity +639 %") != std::string::npos);
    }
};

} // namespace

QTEST_GUILESS_MAIN(TestEvaluation)
#include "tst_evaluation.moc"
