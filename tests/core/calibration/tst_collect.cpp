// SPDX-License-Identifier: GPL-3.0-or-later
// Importance beside plain sums over the same activations, and what interrupted and odd runs give.
#include "core/calibration/collect.h"
#include "core/calibration/imatrix_file.h"
#include "core/formats/open.h"
#include "core/inference/text_tokens.h"
#include "core/inference/text_windows.h"
#include "core/inference/tokenizer/tokenizer.h"
#include "support/test_support.h"

#include <QTest>

#include <atomic>
#include <cmath>
#include <map>
#include <set>

using namespace quantlathe;
using namespace quantlathe::test;

namespace {

TokenBatch windowsOf(const Network& network, std::size_t windows, std::size_t length)
{
    TokenBatch batch;
    std::uint64_t state = 7;
    for (std::size_t window = 0; window < windows; ++window) {
        std::vector<TokenId> tokens;
        for (std::size_t position = 0; position < length; ++position) {
            state = state * 6364136223846793005u + 1442695040888963407u;
            tokens.push_back(static_cast<TokenId>((state >> 33) % network.vocabularySize));
        }
        batch.append(tokens);
    }
    return batch;
}

/// Plain sums, keyed by canonical name and expert.
class PlainSums final : public ActivationObserver
{
public:
    struct Sum
    {
        std::uint64_t rows = 0;
        std::vector<double> squares;
    };
    explicit PlainSums(const Model& model) : m_model(model) {}
    void onInputs(std::span<const Linear* const> matrices, const float* inputs, std::uint64_t rows, std::uint64_t columns, std::uint64_t stride) override
    {
        std::set<std::pair<std::string, std::uint32_t>> keys;
        for (const Linear* linear : matrices) {
            const TensorPlace& place = m_model.place(linear->tensor);
            keys.emplace(place.canonicalName, place.expert ? static_cast<std::uint32_t>(*place.expert) : linear->expert);
        }
        for (const auto& key : keys) {
            Sum& sum = sums[key];
            sum.rows += rows;
            sum.squares.resize(columns);
            for (std::uint64_t row = 0; row < rows; ++row) {
                for (std::uint64_t column = 0; column < columns; ++column)
                    sum.squares[column] += std::pow(static_cast<double>(inputs[row * stride + column]), 2);
            }
        }
    }
    std::map<std::pair<std::string, std::uint32_t>, Sum> sums;

private:
    const Model& m_model;
};

/// Requests a stop once @p done of the work is reported.
class StopAt : public Progress
{
public:
    StopAt(std::stop_source& stop, std::uint64_t done) : m_stop(stop), m_done(done) {}
    void report(std::string_view, std::uint64_t done, std::uint64_t) override
    {
        if (done >= m_done)
            m_stop.request_stop();
    }

private:
    std::stop_source& m_stop;
    std::uint64_t m_done;
};

double largestRelative(const std::vector<float>& a, const std::vector<float>& b)
{
    double largest = a.size() == b.size() ? 0 : INFINITY;
    for (std::size_t index = 0; index < std::min(a.size(), b.size()); ++index) {
        if (a[index] != b[index])
            largest = std::max(largest, std::abs(static_cast<double>(a[index]) - b[index]) / std::max<double>(a[index], b[index]));
    }
    return largest;
}

} // namespace

class TestCollect : public QObject
{
    Q_OBJECT

    std::shared_ptr<const Network> m_network = makeNetwork(openModel(resource("sample/quantlathe-sample-f16.gguf")));
    TokenBatch m_windows = windowsOf(*m_network, 6, 40);

    /// Room for @p windows of the sample in one pass.
    [[nodiscard]] CollectOptions passesOf(std::uint64_t windows) const
    {
        CollectOptions options;
        options.memoryBytes = 2 * windows * 40 * m_network->embeddingLength * sizeof(float);
        return options;
    }

private slots:
    void agreesWithPlainSums_data()
    {
        QTest::addColumn<QString>("path");
        QTest::addColumn<int>("entries");
        // One entry per matrix of a layer; experts share one; query, key and value or gate and up may be one tensor.
        QTest::newRow("llama") << "inference/gguf/llama.gguf" << 7;
        QTest::newRow("gpt2, fused") << "inference/gguf/gpt2.gguf" << 4;
        QTest::newRow("gpt2, transposed") << "inference/hf/gpt2" << 4;
        QTest::newRow("phi3, fused") << "inference/gguf/phi3.gguf" << 4;
        QTest::newRow("mixtral, stacked") << "inference/gguf/mixtral.gguf" << 8;
        QTest::newRow("mixtral, apart") << "inference/hf/mixtral" << 8;
        QTest::newRow("qwen2moe, shared expert") << "inference/gguf/qwen2moe.gguf" << 12;
        QTest::newRow("gpt-oss, interleaved") << "inference/hf/gpt-oss" << 7;
    }
    void agreesWithPlainSums()
    {
        QFETCH(QString, path);
        QFETCH(int, entries);
        const auto network = makeNetwork(openModel(fixture(path.toStdString())));
        const TokenBatch windows = windowsOf(*network, 3, 24);
        const ForwardPass pass(network);
        const auto weights = storedWeights(network->model);
        PlainSums plain(*network->model);
        HiddenStates hidden = pass.embed(*weights, windows);
        for (std::size_t layer = 0; layer < pass.layerCount(); ++layer)
            pass.runLayer(*pass.loadLayer(layer, *weights), windows, hidden, &plain);

        const CollectedImportance collected = collectImportance(network, windows, "numbers", {});
        const Importance& importance = *collected.importance;
        QCOMPARE(importance.entries().size(), static_cast<std::size_t>(entries) * network->layers.size());
        QCOMPARE(importance.chunkCount(), 3U);
        QCOMPARE(importance.chunkSize(), 24U);
        QCOMPARE(importance.datasets().size(), std::size_t{1});
        QCOMPARE(importance.datasets().front(), std::string("numbers"));
        QCOMPARE(collected.tokens, std::uint64_t{72});
        std::size_t met = 0;
        for (const Importance::Entry& entry : importance.entries()) {
            for (std::uint32_t matrix = 0; matrix < entry.counts.size(); ++matrix) {
                const auto found = plain.sums.find({entry.name, matrix});
                if (found == plain.sums.end()) {
                    QCOMPARE(entry.counts[matrix], 0.0F);
                    continue;
                }
                ++met;
                QCOMPARE(entry.counts[matrix], static_cast<float>(found->second.rows));
                QCOMPARE(found->second.squares.size(), entry.rowLength);
                for (std::uint64_t channel = 0; channel < entry.rowLength; ++channel) {
                    const double expected = found->second.squares[channel];
                    QVERIFY(std::abs(entry.sumOfSquares[matrix * entry.rowLength + channel] - expected) <= 1e-6 * expected);
                }
            }
        }
        QCOMPARE(met, plain.sums.size());
    }

    // llama-imatrix on the same model and text: counts are equal, sums within 1e-3. One expert is never reached.
    void agreesWithLlamaImatrix()
    {
        const auto network = makeNetwork(openModel(fixture("imatrix/moe.gguf")));
        const TextTokens text = tokensOfText(*loadTokenizer(*network->model), *network, readText(fixture("imatrix/text.txt")));
        const TextWindows windows(text.tokens, text.begin, 64);
        const CollectedImportance ours = collectImportance(network, windows.batch(0, windows.count()), "text.txt", {});
        const auto theirs = readImportance(fixture("imatrix/moe.imatrix.gguf"));
        QCOMPARE(ours.importance->chunkCount(), theirs->chunkCount());
        QCOMPARE(ours.importance->chunkSize(), theirs->chunkSize());
        QCOMPARE(ours.importance->entries().size(), theirs->entries().size());
        for (const Importance::Entry& expected : theirs->entries()) {
            const Importance::Entry* entry = ours.importance->find(expected.name);
            QVERIFY2(entry != nullptr, expected.name.c_str());
            QCOMPARE(entry->rowLength, expected.rowLength);
            QCOMPARE(entry->counts, expected.counts);
            const double difference = largestRelative(entry->sumOfSquares, expected.sumOfSquares);
            QVERIFY2(difference < 1e-3, qPrintable(QString("%1: %2").arg(expected.name.c_str()).arg(difference)));
        }
        QCOMPARE(ours.unreached.size(), std::size_t{3});
        for (const UnreachedExperts& unreached : ours.unreached) {
            QVERIFY(unreached.name.starts_with("blk.1.ffn_"));
            QCOMPARE(unreached.experts, std::vector<std::uint32_t>{3});
        }
        // The older format holds the same data as theirs.
        ScratchFolder folder;
        writeImportance(*ours.importance, folder / "ours.dat", ImportanceFormat::Dat);
        const auto oldOurs = readImportance(folder / "ours.dat");
        const auto oldTheirs = readImportance(fixture("imatrix/moe.imatrix.dat"));
        QCOMPARE(oldOurs->entries().size(), oldTheirs->entries().size());
        for (const Importance::Entry& expected : oldTheirs->entries()) {
            QCOMPARE(oldOurs->find(expected.name)->counts, expected.counts);
            QVERIFY(largestRelative(oldOurs->find(expected.name)->sumOfSquares, expected.sumOfSquares) < 1e-3);
        }
    }

    // Every token meets as many experts as the model uses; experts that no token reached are told.
    void expertsAreCountedApart()
    {
        const auto network = makeNetwork(openModel(fixture("inference/gguf/qwen3moe.gguf")));
        const auto used = network->layers.front().experts->used;
        const CollectedImportance few = collectImportance(network, windowsOf(*network, 1, 2), "two tokens", {});
        QVERIFY(!few.unreached.empty());
        for (const UnreachedExperts& unreached : few.unreached) {
            const Importance::Entry* entry = few.importance->find(unreached.name);
            QVERIFY(entry != nullptr);
            QCOMPARE(unreached.of, entry->matrices());
            for (const std::uint32_t expert : unreached.experts) {
                QCOMPARE(entry->counts[expert], 0.0F);
                for (std::uint64_t channel = 0; channel < entry->rowLength; ++channel)
                    QCOMPARE(entry->sumOfSquares[expert * entry->rowLength + channel], 0.0F);
            }
        }
        const CollectedImportance many = collectImportance(network, windowsOf(*network, 4, 32), "numbers", {});
        for (const char* name : {"blk.0.ffn_gate_exps.weight", "blk.0.ffn_up_exps.weight", "blk.0.ffn_down_exps.weight"}) {
            float sum = 0;
            for (const float count : many.importance->find(name)->counts)
                sum += count;
            QCOMPARE(sum, static_cast<float>(4 * 32 * used));
        }
    }

    // Folders and GGUF files of the same model give the same data under the same names.
    void namesAreThoseOfGguf()
    {
        for (const char* name : {"llama", "mixtral"}) {
            const auto folder = makeNetwork(openModel(fixture(std::string("inference/hf/") + name)));
            const auto file = makeNetwork(openModel(fixture(std::string("inference/gguf/") + name + ".gguf")));
            const auto fromFolder = collectImportance(folder, windowsOf(*folder, 2, 24), "numbers", {}).importance;
            const auto fromFile = collectImportance(file, windowsOf(*file, 2, 24), "numbers", {}).importance;
            QCOMPARE(fromFolder->entries().size(), fromFile->entries().size());
            for (const Importance::Entry& entry : fromFile->entries()) {
                const Importance::Entry* other = fromFolder->find(entry.name);
                QVERIFY2(other != nullptr, entry.name.c_str());
                QCOMPARE(other->counts, entry.counts);
                QVERIFY2(largestRelative(other->sumOfSquares, entry.sumOfSquares) < 1e-3, entry.name.c_str());
            }
        }
    }

    void outputOnRequest()
    {
        CollectOptions options;
        QVERIFY(collectImportance(m_network, m_windows, "numbers", options).importance->find("output.weight") == nullptr);
        options.withOutput = true;
        const auto importance = collectImportance(m_network, m_windows, "numbers", options).importance;
        const Importance::Entry* output = importance->find("output.weight");
        QVERIFY(output != nullptr);
        QCOMPARE(output->counts, std::vector<float>{6 * 40});
        QVERIFY(output->sumOfSquares[0] > 0);
    }

    void threadsAndPassesChangeNothing()
    {
        CollectOptions options = passesOf(6);
        options.threads = 1;
        const CollectedImportance one = collectImportance(m_network, m_windows, "numbers", options);
        QCOMPARE(one.passes, std::size_t{1});
        options.threads = 3;
        QCOMPARE(collectImportance(m_network, m_windows, "numbers", options).importance->hash(), one.importance->hash());
        const CollectedImportance more = collectImportance(m_network, m_windows, "numbers", passesOf(2));
        QCOMPARE(more.passes, std::size_t{3});
        for (const Importance::Entry& entry : one.importance->entries()) {
            QCOMPARE(more.importance->find(entry.name)->counts, entry.counts);
            QVERIFY(largestRelative(more.importance->find(entry.name)->sumOfSquares, entry.sumOfSquares) < 1e-4);
        }
    }

    void resumesToTheSame()
    {
        ScratchFolder folder;
        CollectOptions options = passesOf(2);
        const std::string unbroken = collectImportance(m_network, m_windows, "numbers", options).importance->hash();
        options.journal = folder / "journal";
        std::stop_source stop;
        StopAt progress(stop, 2 * 40 * m_network->layers.size() + 1); // in the second of three passes
        VERIFY_ERROR(collectImportance(m_network, m_windows, "numbers", options, {stop.get_token(), &progress}), ErrorKind::Cancelled, "cancelled");
        QVERIFY(std::filesystem::exists(options.journal));
        const auto kept = readBytes(options.journal);

        options.resume = true;
        CollectedImportance resumed = collectImportance(m_network, m_windows, "numbers", options);
        QCOMPARE(resumed.resumedPasses, std::size_t{1});
        QCOMPARE(resumed.importance->hash(), unbroken);
        // All passes are in the journal now.
        resumed = collectImportance(m_network, m_windows, "numbers", options);
        QCOMPARE(resumed.resumedPasses, std::size_t{3});
        QCOMPARE(resumed.importance->hash(), unbroken);

        // A journal of other work, or a damaged one, is not used; nor one without being asked.
        writeBytes(options.journal, kept);
        const CollectedImportance other = collectImportance(m_network, windowsOf(*m_network, 4, 40), "numbers", options);
        QCOMPARE(other.resumedPasses, std::size_t{0});
        QVERIFY(other.importance->hash() != unbroken);
        for (const std::size_t damaged : {std::size_t{3}, std::size_t{35}, kept.size() / 2, kept.size() - 1}) {
            auto bytes = kept;
            bytes[damaged] ^= std::byte{1};
            writeBytes(options.journal, bytes);
            resumed = collectImportance(m_network, m_windows, "numbers", options);
            QCOMPARE(resumed.resumedPasses, std::size_t{0});
            QCOMPARE(resumed.importance->hash(), unbroken);
        }
        writeBytes(options.journal, {kept.begin(), kept.begin() + 20});
        QCOMPARE(collectImportance(m_network, m_windows, "numbers", options).resumedPasses, std::size_t{0});
        writeBytes(options.journal, kept);
        options.resume = false;
        QCOMPARE(collectImportance(m_network, m_windows, "numbers", options).resumedPasses, std::size_t{0});
    }

    void whatMakesNoSense()
    {
        VERIFY_ERROR(collectImportance(m_network, {}, "nothing", {}), ErrorKind::InvalidArgument, "no text");
        TokenBatch uneven = m_windows;
        uneven.append(std::vector<TokenId>{1, 2, 3});
        VERIFY_ERROR(collectImportance(m_network, uneven, "numbers", {}), ErrorKind::InvalidArgument, "different lengths");
        CollectOptions options;
        options.memoryBytes = 1000;
        VERIFY_ERROR(collectImportance(m_network, m_windows, "numbers", options), ErrorKind::InvalidArgument, "one window of 40 tokens needs");
        TokenBatch foreign;
        foreign.append(std::vector<TokenId>{1, 2, 99999});
        VERIFY_ERROR(collectImportance(m_network, foreign, "numbers", {}), ErrorKind::InvalidArgument, "99999");
        options = {};
        options.journal = "/nowhere/journal";
        QVERIFY(errorOf([&] { collectImportance(m_network, m_windows, "numbers", options); }).has_value());
    }
};

QTEST_GUILESS_MAIN(TestCollect)
#include "tst_collect.moc"
