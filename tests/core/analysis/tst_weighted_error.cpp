// SPDX-License-Identifier: GPL-3.0-or-later
// Errors weighted by importance: sums, samples, surveys, the cache and the map.
#include "core/analysis/error_cache.h"
#include "core/analysis/layer_map.h"
#include "core/analysis/value_window.h"
#include "core/analysis/weight_sample.h"
#include "core/model/importance_match.h"
#include "test_models.h"

#include <functional>

using namespace quantlathe;
using namespace quantlathe::test;

namespace {

std::vector<float> factors(std::size_t count, std::uint64_t seed)
{
    Random random(seed);
    std::vector<float> result(count);
    for (float& factor : result)
        factor = static_cast<float>(std::exp(3 * random.uniform()));
    return result;
}

/// What the codec makes of every row with its importance.
std::vector<float> rebuiltRows(const std::vector<float>& weights, TensorType type, std::size_t rowLength, const std::function<const float*(std::size_t)>& importance)
{
    const Codec& codec = codecFor(type);
    std::vector<float> rebuilt(weights.size());
    std::vector<std::byte> blocks(rowBytes(type, rowLength).value());
    for (std::size_t row = 0; row < weights.size() / rowLength; ++row) {
        codec.encodeRow(weights.data() + row * rowLength, importance(row), rowLength, codec.defaults(), blocks.data());
        codec.decode(blocks.data(), rebuilt.data() + row * rowLength, rowLength);
    }
    return rebuilt;
}

bool isNear(double a, double b) { return std::abs(a - b) <= 1e-9 * std::abs(b); }

} // namespace

class TestWeightedError : public QObject
{
    Q_OBJECT

    TensorFiles m_files;
    Tensor m_query = m_files.add("blk.0.attn_q.weight", {600, 256}, TensorType::F32, normalWeights(600 * 256, 0, 0.1, 3));
    Tensor m_experts = m_files.add("blk.0.ffn_up_exps.weight", {3, 200, 256}, TensorType::F32, normalWeights(600 * 256, 0, 0.1, 4));
    Tensor m_key = m_files.add("blk.0.attn_k.weight", {600, 256}, TensorType::F32, normalWeights(600 * 256, 0, 0.1, 5));

    /// Two tensors with importance and one without.
    std::shared_ptr<const ImportanceMatch> matched() const
    {
        Importance::Contents contents;
        contents.entries.push_back({"blk.0.attn_q.weight", 256, factors(256, 1), {2}});
        contents.entries.push_back({"blk.0.ffn_up_exps.weight", 256, factors(768, 2), {2, 0, 3}});
        const auto model = modelOf({m_query, m_experts, m_key});
        return std::make_shared<const ImportanceMatch>(std::make_shared<const Importance>(std::move(contents)), model);
    }

private slots:
    void sumsAreWeightedByExpert()
    {
        const auto match = matched();
        const auto weights = normalWeights(600 * 256, 0, 0.1, 4);
        const auto sums = factors(768, 2);
        const std::vector<float> ones(256, 1.0f);
        std::vector<std::vector<float>> expected{{sums.begin(), sums.begin() + 256}, ones, {sums.begin() + 512, sums.end()}};
        for (float& factor : expected[0])
            factor /= 2;
        for (float& factor : expected[2])
            factor /= 3;
        const auto rebuilt = rebuiltRows(weights, TensorType::Q4_K, 256, [&](std::size_t row) { return expected[row / 200].data(); });
        double squares = 0;
        double error = 0;
        for (std::size_t index = 0; index < weights.size(); ++index) {
            const double v = expected[index / 256 / 200][index % 256];
            squares += v * weights[index] * weights[index];
            error += v * std::pow(double{weights[index]} - rebuilt[index], 2);
        }
        ErrorOptions options;
        options.importance = match->of(1);
        for (const unsigned threads : {1u, 2u, 5u}) {
            options.threads = threads;
            const ErrorSums total = measureError(match->model()->tensors()[1], TensorType::Q4_K, options, {}).total;
            QVERIFY(isNear(total.weightedSquares, squares));
            QVERIFY(isNear(total.weightedError, error));
            QVERIFY(isNear(total.weightedRelativeRms(), std::sqrt(error / squares)));
            QVERIFY(total.isWeighted());
        }
        // Weighing makes the weighted error smaller and the plain one larger.
        const ErrorSums plain = measureError(match->model()->tensors()[1], TensorType::Q4_K, {}, {}).total;
        QVERIFY(!plain.isWeighted());
        QCOMPARE(plain.weightedRelativeRms(), plain.relativeRms());
        const ErrorSums weighted = measureError(match->model()->tensors()[1], TensorType::Q4_K, options, {}).total;
        QVERIFY(weighted.relativeRms() > plain.relativeRms());
        QVERIFY(weighted.weightedRelativeRms() < plain.relativeRms());
        // The window of values shows the same encoding.
        const auto window = quantizedWindow(match->model()->tensors()[1], TensorType::Q4_K, {401, 2, 0, 256}, {}, {}, match->of(1));
        QVERIFY(std::equal(window.begin(), window.end(), rebuilt.begin() + 401 * 256));
    }

    // Rows are encoded together, and samples as one long row: encoders look at nothing beyond a block.
    void encodersAreBlockLocalWithImportance()
    {
        int encoders = 0;
        const auto weights = normalWeights(4096, 0, 1, 6);
        auto importance = factors(4096, 7);
        std::fill_n(importance.begin() + 1100, 100, 0.0f);
        for (const TensorTypeInfo& facts : allTensorTypes()) {
            const Codec& codec = codecFor(facts.type);
            if (!codec.canEncode())
                continue;
            ++encoders;
            std::vector<std::byte> whole(rowBytes(facts.type, 4096).value());
            std::vector<std::byte> pieces(whole.size());
            for (const EncodeOptions& options : {codec.defaults(), EncodeOptions{codec.defaultObjective, Effort::Best}}) {
                codec.encodeRow(weights.data(), importance.data(), 4096, options, whole.data());
                for (std::size_t piece = 0; piece < 16; ++piece)
                    codec.encodeRow(weights.data() + piece * 256, importance.data() + piece * 256, 256, options, pieces.data() + piece * (whole.size() / 16));
                QVERIFY2(whole == pieces, std::string(facts.name).c_str());
            }
        }
        QVERIFY(encoders >= 13);
    }

    void samplesEstimateTheWeightedError()
    {
        const auto match = matched();
        const Tensor& tensor = match->model()->tensors()[1];
        ErrorOptions options;
        options.importance = match->of(1);
        const ErrorSums truth = measureError(tensor, TensorType::Q4_K, options, {}).total;
        const MeasuredPair whole = WeightSample(tensor, 1u << 30, match->of(1)).errorAs(TensorType::Q4_K, {});
        QVERIFY(isNear(whole.error.relativeWeighted, truth.weightedError / truth.weightedSquares));
        QCOMPARE(whole.error.relativeWeightedStandardError, 0.0);
        const WeightSample sample(tensor, 64 * 256, match->of(1));
        QCOMPARE(sample.hash(), WeightSample(tensor, 64 * 256).hash()); // the same weights
        const PairError error = sample.errorAs(TensorType::Q4_K, {}).error;
        QVERIFY(error.relativeWeightedStandardError > 0);
        const double deviation = std::abs(error.relativeWeighted - truth.weightedError / truth.weightedSquares);
        QVERIFY2(deviation < 4 * error.relativeWeightedStandardError, QByteArray::number(deviation / error.relativeWeightedStandardError).constData());
        const auto interval = error.weightedRelativeRmsInterval();
        QVERIFY(interval[0] < error.weightedRelativeRms() && error.weightedRelativeRms() < interval[1]);
        const PairError plain = WeightSample(tensor, 64 * 256).errorAs(TensorType::Q4_K, {}).error;
        QCOMPARE(plain.relativeWeighted, plain.relativeSquared);
        QCOMPARE(plain.relativeWeightedStandardError, plain.relativeStandardError);
    }

    void surveysAndCacheKnowTheImportance()
    {
        const auto match = matched();
        const auto model = match->model();
        const std::vector<std::vector<TensorType>> types(3, {TensorType::Q4_K, TensorType::Q4_0});
        const auto survey = [&](const ImportanceMatch* importance) {
            ErrorSurvey result(model, types);
            while (const auto batch = result.nextBatch())
                result.store(*batch, ErrorSurvey::run(*model, *batch, {}, 2, {}, importance));
            return result;
        };
        const ErrorSurvey weighted = survey(match.get());
        const ErrorSurvey plain = survey(nullptr);
        QVERIFY(weighted.weightedSquares(0) > 0);
        QCOMPARE(weighted.weightedSquares(2), 0.0);
        QCOMPARE(plain.weightedSquares(0), 0.0);
        const PairError& error = weighted.table().at(0, TensorType::Q4_K);
        QVERIFY(error.relativeWeighted < plain.table().at(0, TensorType::Q4_K).relativeSquared);
        QVERIFY(error.relativeSquared > plain.table().at(0, TensorType::Q4_K).relativeSquared);
        QCOMPARE(weighted.table().at(2, TensorType::Q4_K).relativeWeighted, plain.table().at(2, TensorType::Q4_K).relativeSquared);

        const ScratchFolder folder;
        const ErrorCache cache(folder / "errors");
        cache.save(*model, {}, weighted.results(), match.get());
        QVERIFY(cache.load(*model, {}, {}).pairs.empty());
        QVERIFY(cache.fileFor(*model, {}) != cache.fileFor(*model, {}, match.get()));
        ErrorSurvey again(model, types);
        again.restore(cache.load(*model, {}, {}, match.get()));
        QCOMPARE(again.table().at(0, TensorType::Q4_K).relativeWeighted, error.relativeWeighted);
        QCOMPARE(again.weightedSquares(0), weighted.weightedSquares(0));
        QCOMPARE(again.sums({1, TensorType::Q4_0})->weightedError, weighted.sums({1, TensorType::Q4_0})->weightedError);

        // The map: weighted where all tensors of a field have importance, plain otherwise.
        const std::vector<TensorType> written(3, TensorType::Q4_K);
        const auto value = [&](std::vector<std::size_t> tensors, MapMeasure measure) { return mapValue(*model, weighted, tensors, written, measure); };
        QVERIFY(isNear(value({0}, MapMeasure::WeightedRms).value, error.weightedRelativeRms()));
        ErrorSums both = *weighted.sums({0, TensorType::Q4_K});
        both.add(*weighted.sums({1, TensorType::Q4_K}));
        QVERIFY(isNear(value({0, 1}, MapMeasure::WeightedRms).value, both.weightedRelativeRms()));
        QCOMPARE(value({0, 2}, MapMeasure::WeightedRms).value, value({0, 2}, MapMeasure::RelativeRms).value);
    }
};

QTEST_GUILESS_MAIN(TestWeightedError)
#include "tst_weighted_error.moc"
