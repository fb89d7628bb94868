// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/error_cache.h"
#include "core/analysis/error_survey.h"
#include "core/analysis/layer_map.h"
#include "test_models.h"

#include <fstream>
#include <limits>

using namespace quantlathe;
using namespace quantlathe::test;
using Stage = ErrorSurvey::Stage;

namespace {

const std::vector<TensorType> types = {TensorType::Q4_0, TensorType::Q4_K, TensorType::Q8_0, TensorType::IQ2_XS};

std::vector<Stage> workOff(ErrorSurvey& survey, const Model& model, Stage last = Stage::Done, unsigned threads = 0)
{
    std::vector<Stage> stages;
    while (const auto batch = survey.nextBatch(last)) {
        if (stages.empty() || stages.back() != batch->stage)
            stages.push_back(batch->stage);
        survey.store(*batch, ErrorSurvey::run(model, *batch, {}, threads, {}));
    }
    return stages;
}

} // namespace

class TestErrorSurvey : public QObject
{
    Q_OBJECT

    TensorFiles m_files;
    std::shared_ptr<const Model> m_model;

    std::vector<std::vector<TensorType>> allTypes() const { return {m_model->tensors().size(), types}; }

private slots:
    void initTestCase()
    {
        const auto add = [this](const char* name, std::uint64_t rows, std::uint64_t seed) {
            return m_files.add(name, {rows, 256}, TensorType::F32, normalWeights(rows * 256, 0, 0.1, seed));
        };
        // 600 rows are more than a sample of any type, 16 fewer.
        m_model = modelOf({add("blk.1.attn_q.weight", 600, 1), add("token_embd.weight", 600, 2), add("blk.0.attn_q.weight", 600, 3),
                           add("blk.0.ffn_down.weight", 16, 4)});
    }

    void stagesInTheirOrder()
    {
        ErrorSurvey survey(m_model, allTypes());
        survey.setPlanned({TensorType::Q4_K, TensorType::F32, TensorType::Q8_0, TensorType::F32});
        survey.setShown({{0, TensorType::Q4_0}});
        QCOMPARE(survey.stage(), Stage::SampleShown);
        QCOMPARE(survey.progress().total, std::size_t(16));
        const auto stages = workOff(survey, *m_model);
        QCOMPARE(stages, (std::vector{Stage::SampleShown, Stage::SamplePlanned, Stage::SampleQuick, Stage::SampleSlow, Stage::ExactShown,
                                      Stage::ExactFigures, Stage::ExactPlanned, Stage::ExactQuick, Stage::ExactSlow}));
        QCOMPARE(survey.stage(), Stage::Done);
        QCOMPARE(survey.progress().known, std::size_t(16));
        QCOMPARE(survey.progress().exact, std::size_t(16));
        for (std::size_t tensor = 0; tensor < 4; ++tensor) {
            for (const TensorType type : types) {
                const ErrorSums expected = measureError(m_model->tensors()[tensor], type, {}, {}).total;
                QCOMPARE(survey.table().at(tensor, type).quality, PairError::Quality::Exact);
                if (tensor != 3) // small tensors are measured in one go, in another order of additions
                    QVERIFY(isEqual(*survey.sums({tensor, type}), expected));
                QVERIFY(std::abs(survey.table().at(tensor, type).squaredError / expected.squaredError - 1) < 1e-12);
            }
            QCOMPARE(survey.table().at(tensor, TensorType::F32).relativeRms(), 0.0); // copied
            QCOMPARE(survey.figures(tensor).quality, PairError::Quality::Exact);
        }
    }

    void samplesStandBeforeAnythingIsExact()
    {
        ErrorSurvey survey(m_model, allTypes());
        workOff(survey, *m_model, Stage::SampleSlow);
        QCOMPARE(survey.progress().known, survey.progress().total);
        QCOMPARE(survey.progress().exact, std::size_t(4)); // the small tensor
        const PairError& sampled = survey.table().at(0, TensorType::Q4_K);
        QCOMPARE(sampled.quality, PairError::Quality::Sampled);
        QVERIFY(sampled.standardError > 0);
        QCOMPARE(survey.figures(0).quality, PairError::Quality::Sampled);
        // Layers come in their order, what is outside first.
        ErrorSurvey again(m_model, allTypes());
        const auto first = again.nextBatch();
        QCOMPARE(first->tasks.front().tensor, std::size_t(1));
        QCOMPARE(first->tasks[1].tensor, std::size_t(2));
    }

    void theSameForEveryThreadCount()
    {
        ErrorSurvey one(m_model, allTypes());
        ErrorSurvey three(m_model, allTypes());
        workOff(one, *m_model, Stage::SampleSlow, 1);
        workOff(three, *m_model, Stage::SampleSlow, 3);
        for (const TensorType type : types)
            QVERIFY(isEqual(*one.sums({0, type}), *three.sums({0, type})));
    }

    void whatFailsIsSaidAndNotTriedAgain()
    {
        auto weights = normalWeights(256 * 20, 0, 1, 1);
        weights[300] = std::numeric_limits<float>::quiet_NaN();
        const auto model = modelOf({m_files.add("blk.0.attn_q.weight", {20, 256}, TensorType::F32, weights)});
        ErrorSurvey survey(model, {types});
        workOff(survey, *model);
        QCOMPARE(survey.progress().exact, survey.progress().total);
        QCOMPARE(survey.table().at(0, TensorType::Q4_K).quality, PairError::Quality::Failed);
        const Error* failure = survey.failure({0, TensorType::Q4_K});
        QVERIFY(failure && failure->message().find("row 1, column 44 holds NaN") != std::string::npos);
        QVERIFY(!survey.failure({0, TensorType::F32}));
    }

    void aTensorThatCannotBeDecodedDoesNotStopTheRest()
    {
        const auto model = modelOf({m_files.add("blk.0.attn_q.weight", {2, 256}, TensorType::I32, std::vector<std::byte>(2 * 256 * 4)),
                                    m_files.add("blk.0.attn_k.weight", {20, 256}, TensorType::F32, normalWeights(20 * 256, 0, 1, 1))});
        ErrorSurvey survey(model, {{}, types});
        workOff(survey, *model);
        QCOMPARE(survey.progress().exact, types.size());
        QCOMPARE(survey.table().at(1, TensorType::Q4_K).quality, PairError::Quality::Exact);
    }

    void stopsWhenAsked()
    {
        ErrorSurvey survey(m_model, allTypes());
        std::stop_source stop;
        stop.request_stop();
        VERIFY_ERROR(ErrorSurvey::run(*m_model, *survey.nextBatch(), {}, 0, {stop.get_token(), nullptr}), ErrorKind::Cancelled, "");
    }

    // --- the cache ---

    void keptFiguresComeBack()
    {
        const ScratchFolder folder;
        const ErrorCache cache(folder / "errors");
        QVERIFY(cache.load(*m_model, {}, {}).pairs.empty());
        ErrorSurvey survey(m_model, allTypes());
        workOff(survey, *m_model);
        cache.save(*m_model, {}, survey.results());
        QVERIFY(cache.sizeBytes() > 0);

        ErrorSurvey again(m_model, allTypes());
        again.restore(cache.load(*m_model, {}, {}));
        QCOMPARE(again.stage(), Stage::Done);
        for (std::size_t tensor = 0; tensor < 4; ++tensor) {
            for (const TensorType type : types) {
                QVERIFY(isEqual(*again.sums({tensor, type}), *survey.sums({tensor, type})));
                QCOMPARE(again.table().at(tensor, type).relativeRms(), survey.table().at(tensor, type).relativeRms());
            }
            QCOMPARE(again.figures(tensor).excessKurtosis, survey.figures(tensor).excessKurtosis);
        }
        // Another encoding is another matter.
        Encoding best;
        best.effort = Effort::Best;
        QVERIFY(cache.load(*m_model, best, {}).pairs.empty());
        cache.clear();
        QCOMPARE(cache.sizeBytes(), std::uint64_t(0));
        QVERIFY(cache.load(*m_model, {}, {}).pairs.empty());
    }

    void otherContentUnderTheSameHeaderIsNotTrusted()
    {
        const ScratchFolder folder;
        const ErrorCache cache(folder / "errors");
        const auto file = folder / "weights";
        const auto modelOfFile = [&] {
            Model::Contents contents;
            contents.path = file;
            contents.files = {file};
            const auto mapped = MappedFile::open(file);
            contents.tensors = {Tensor::stored("blk.0.attn_q.weight", {600, 256}, TensorType::F32, mapped, 0),
                                Tensor::stored("blk.0.attn_k.weight", {600, 256}, TensorType::F32, mapped, 600 * 256 * 4)};
            contents.places = {placeOf("blk.0.attn_q.weight"), placeOf("blk.0.attn_k.weight")};
            return std::make_shared<const Model>(std::move(contents));
        };
        auto weights = normalWeights(2 * 600 * 256, 0, 0.1, 9);
        writeBytes(file, encoded(weights, TensorType::F32, 256));
        {
            const auto model = modelOfFile();
            ErrorSurvey survey(model, {types, types});
            workOff(survey, *model, Stage::SampleSlow);
            cache.save(*model, {}, survey.results());
        }
        // The second tensor changes everywhere, the first does not.
        for (std::size_t index = 600 * 256; index < weights.size(); ++index)
            weights[index] *= 2;
        writeBytes(file, encoded(weights, TensorType::F32, 256));
        std::filesystem::last_write_time(file, std::filesystem::file_time_type::clock::now() + std::chrono::seconds(5));
        const auto changed = modelOfFile();
        ErrorSurvey survey(changed, {types, types});
        survey.restore(cache.load(*changed, {}, {}));
        QCOMPARE(survey.table().at(0, TensorType::Q4_K).quality, PairError::Quality::Sampled);
        QCOMPARE(survey.table().at(0, TensorType::IQ2_XS).quality, PairError::Quality::Unknown); // of another sample
        QCOMPARE(survey.table().at(1, TensorType::Q4_K).quality, PairError::Quality::Unknown);
        QVERIFY(!survey.figures(1).isKnown());
    }

    void damagedAndForeignFilesAreIgnored()
    {
        const ScratchFolder folder;
        const ErrorCache cache(folder.path());
        ErrorSurvey survey(m_model, allTypes());
        workOff(survey, *m_model, Stage::SampleSlow);
        cache.save(*m_model, {}, survey.results());
        const auto file = cache.fileFor(*m_model, {});
        const auto whole = readBytes(file);
        for (const std::size_t length : {std::size_t(0), std::size_t(7), std::size_t(40), whole.size() / 2, whole.size() - 1}) {
            writeBytes(file, {whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length)});
            QVERIFY(cache.load(*m_model, {}, {}).pairs.empty());
        }
        for (const std::size_t place : {std::size_t(0), std::size_t(9), std::size_t(30), whole.size() / 2, whole.size() - 3}) {
            auto damaged = whole;
            damaged[place] ^= std::byte(0x41);
            writeBytes(file, damaged);
            QVERIFY(cache.load(*m_model, {}, {}).pairs.empty());
        }
        writeBytes(file, whole);
        QVERIFY(!cache.load(*m_model, {}, {}).pairs.empty());
    }

    void staysWithinItsLimit()
    {
        const ScratchFolder folder;
        ErrorSurvey survey(m_model, allTypes());
        workOff(survey, *m_model, Stage::SampleSlow);
        const ErrorCache probe(folder / "probe");
        probe.save(*m_model, {}, survey.results());
        const std::uint64_t one = probe.sizeBytes();

        const ErrorCache cache(folder / "errors", 2 * one + one / 2);
        std::vector<Encoding> encodings(3);
        encodings[1].effort = Effort::Best;
        encodings[2].objective = Objective::Magnitude;
        for (std::size_t index = 0; index < encodings.size(); ++index) {
            cache.save(*m_model, encodings[index], survey.results());
            std::filesystem::last_write_time(cache.fileFor(*m_model, encodings[index]),
                                             std::filesystem::file_time_type::clock::now() - std::chrono::hours(10 - static_cast<int>(index)));
        }
        QVERIFY(cache.sizeBytes() <= 2 * one + one / 2);
        QVERIFY(cache.load(*m_model, encodings[0], {}).pairs.empty()); // the oldest went
        QVERIFY(!cache.load(*m_model, encodings[2], {}).pairs.empty());
        const ErrorCache tiny(folder / "tiny", one / 2);
        tiny.save(*m_model, {}, survey.results());
        QCOMPARE(tiny.sizeBytes(), std::uint64_t(0));
        // No folder, no cache, no harm.
        const ErrorCache none{std::filesystem::path()};
        none.save(*m_model, {}, survey.results());
        QVERIFY(none.load(*m_model, {}, {}).pairs.empty());
    }

    // --- the map ---

    void theGrid()
    {
        const auto tensor = [this](const char* name, Shape shape) {
            return m_files.add(name, shape, TensorType::F32, std::vector<float>(shape.weightCount(), 0.5f));
        };
        const auto model = modelOf({tensor("blk.7.ffn_down.weight", {4, 32}), tensor("token_embd.weight", {8, 32}), tensor("blk.2.attn_q.weight", {4, 32}),
                                    tensor("blk.2.attn_norm.weight", {32}), tensor("blk.2.attn_q.bias", {4}), tensor("blk.2.ffn_down.weight", {4, 32}),
                                    tensor("output.weight", {8, 32}), tensor("blk.2.ffn_down_exps.weight", {2, 4, 32})});
        const LayerGrid grid(*model);
        QCOMPARE(grid.layers, (std::vector{2, 7}));
        QCOMPARE(grid.roles, (std::vector{TensorRole::AttentionQuery, TensorRole::FeedForwardDown, TensorRole::ExpertDown}));
        QCOMPARE(grid.outsideRoles, (std::vector{TensorRole::TokenEmbedding, TensorRole::Output}));
        QCOMPARE(grid.field(0, 0), std::vector<std::size_t>{2});
        QCOMPARE(grid.field(1, 1), std::vector<std::size_t>{0});
        QVERIFY(grid.field(1, 0).empty());
        QCOMPARE(grid.outsideFields[1], std::vector<std::size_t>{6});
    }

    void valuesOfAField()
    {
        ErrorSurvey survey(m_model, allTypes());
        const std::vector<TensorType> written = {TensorType::Q4_K, TensorType::Q4_0, TensorType::Q8_0, TensorType::F32};
        const std::vector<std::size_t> two = {0, 2};
        QCOMPARE(mapValue(*m_model, survey, two, written, MapMeasure::RelativeRms).quality, PairError::Quality::Unknown);
        workOff(survey, *m_model, Stage::SampleSlow);
        const MapValue sampled = mapValue(*m_model, survey, two, written, MapMeasure::RelativeRms);
        QCOMPARE(sampled.quality, PairError::Quality::Sampled);
        QVERIFY(sampled.low < sampled.value && sampled.value < sampled.high);
        workOff(survey, *m_model);
        const MapValue exact = mapValue(*m_model, survey, two, written, MapMeasure::RelativeRms);
        ErrorSums expected = measureError(m_model->tensors()[0], TensorType::Q4_K, {}, {}).total;
        expected.add(measureError(m_model->tensors()[2], TensorType::Q8_0, {}, {}).total);
        QCOMPARE(exact.quality, PairError::Quality::Exact);
        QVERIFY(std::abs(exact.value / expected.relativeRms() - 1) < 1e-12);
        QVERIFY(std::abs(mapValue(*m_model, survey, two, written, MapMeasure::SignalToNoise).value - expected.signalToNoiseDb()) < 1e-9);
        QCOMPARE(mapValue(*m_model, survey, two, written, MapMeasure::Bytes).value, 600 * (144.0 + 272.0));
        QCOMPARE(mapValue(*m_model, survey, two, written, MapMeasure::BitsPerWeight).value, (4.5 + 8.5) / 2);
        const std::vector<std::size_t> copied = {3};
        QCOMPARE(mapValue(*m_model, survey, copied, written, MapMeasure::RelativeRms).value, 0.0);
        QVERIFY(std::isinf(mapValue(*m_model, survey, copied, written, MapMeasure::SignalToNoise).value));
        for (const MapMeasure measure : allMapMeasures())
            QCOMPARE(mapMeasureFromName(name(measure)), std::optional(measure));
        QVERIFY(!mapMeasureFromName("beauty"));
    }
};

QTEST_GUILESS_MAIN(TestErrorSurvey)
#include "tst_error_survey.moc"
