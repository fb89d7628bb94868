// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/quantization_error.h"
#include "ui/document.h"
#include "ui_test_support.h"

#include <QSignalSpy>

using namespace quantlathe;
using namespace quantlathe::ui;
using namespace quantlathe::ui::test;

class TestDocument : public QObject
{
    Q_OBJECT

    IsolatedSettings m_settings;
    quantlathe::test::ScratchFolder m_folder;
    std::shared_ptr<const Model> m_model;

    [[nodiscard]] std::size_t tensor(const char* name) const { return m_model->indexOf(name).value(); }
    /// The tensors that planChanged() named, signal by signal.
    static std::vector<TensorIndices> changes(const QSignalSpy& spy)
    {
        std::vector<TensorIndices> all;
        for (const QList<QVariant>& arguments : spy)
            all.push_back(arguments.at(0).value<TensorIndices>());
        return all;
    }

private Q_SLOTS:
    void initTestCase()
    {
        qRegisterMetaType<TensorIndices>("std::vector<std::size_t>");
        m_model = makeModel(m_folder, smallModelSpec());
    }

    void editsAreUndoneAndRedone()
    {
        Document document;
        document.setModel(m_model);
        QSignalSpy changed(&document, &Document::planChanged);
        const std::size_t query = tensor("blk.0.attn_q.weight");
        const std::size_t value = tensor("blk.0.attn_v.weight");
        const std::uint64_t before = document.effectiveTensorBytes();

        document.setType({query, value}, TensorType::Q4_K, QStringLiteral("Set two"));
        QCOMPARE(changes(changed), (std::vector<TensorIndices>{{query, value}}));
        QCOMPARE(document.effectiveChoice(query).type, TensorType::Q4_K);
        QCOMPARE(document.undoStack().undoText(), QStringLiteral("Set two"));
        const std::uint64_t after = before - (256 + 64) * 256 * 4 + (256 + 64) * 144;
        QCOMPARE(document.effectiveTensorBytes(), after);

        document.undoStack().undo();
        QCOMPARE(document.effectiveChoice(query).type, TensorType::F32);
        QCOMPARE(document.effectiveTensorBytes(), before);
        QVERIFY(document.plan().choices().empty());
        document.undoStack().redo();
        QCOMPARE(document.effectiveChoice(value).type, TensorType::Q4_K);
        QCOMPARE(document.effectiveTensorBytes(), after);
        QCOMPARE(changed.size(), 3);
    }

    void nothingToChangeIsNoStep()
    {
        Document document;
        document.setModel(m_model);
        document.setType({1}, std::nullopt, QStringLiteral("Reset"));
        document.setPlan({}, QStringLiteral("Same"));
        QCOMPARE(document.undoStack().count(), 0);
        const std::size_t query = tensor("blk.1.attn_q.weight");
        document.setType({query}, TensorType::Q6_K, QStringLiteral("Set"));
        document.setType({query}, TensorType::Q6_K, QStringLiteral("Set again"));
        QCOMPARE(document.undoStack().count(), 1);
    }

    void howTypesAreEncodedCanBeUndone()
    {
        Document document;
        document.setModel(m_model);
        document.setType({0, 1}, TensorType::Q4_0, QStringLiteral("types"));
        std::vector<std::size_t> changed;
        connect(&document, &Document::planChanged, this, [&](const std::vector<std::size_t>& tensors) { changed = tensors; });
        const Encoding best{Objective::SquaredError, Effort::Best};
        document.setEncoding(best, QStringLiteral("best"));
        QVERIFY(document.plan().encoding == best);
        QCOMPARE(changed.size(), document.tensorCount());
        document.setEncoding(best, QStringLiteral("again"));
        QCOMPARE(document.undoStack().count(), 2);
        document.undoStack().undo();
        QVERIFY(document.plan().encoding == Encoding{});
        QCOMPARE(document.plan().choices().size(), std::size_t{2});
        document.undoStack().redo();
        QVERIFY(document.plan().encoding == best);
        document.setModel(m_model);
        QVERIFY(document.plan().encoding == Encoding{});
    }

    void fallbacksAreShownBeforeTheExport()
    {
        Document document;
        document.setModel(m_model);
        const std::size_t down = tensor("blk.0.ffn_down.weight");
        document.setType({down}, TensorType::Q4_K, QStringLiteral("Set"));
        const EffectiveChoice& choice = document.effectiveChoice(down);
        QCOMPARE(choice.requested, TensorType::Q4_K);
        QCOMPARE(choice.type, TensorType::Q5_0);
        QCOMPARE(choice.reason, FallbackReason::RowLength);
        QVERIFY(!choice.explanation.empty());
    }

    void wholePlansAreOneStep()
    {
        Document document;
        document.setModel(m_model);
        Plan plan;
        plan.preset = "Q4_K_M";
        plan.setChoice("blk.0.attn_q.weight", Choice{TensorType::Q4_K});
        plan.setChoice("blk.1.attn_q.weight", Choice{TensorType::Q6_K});
        document.setType(document.allTensors(), TensorType::Q8_0, QStringLiteral("All"));
        const Plan first = document.plan();
        document.setPlan(plan, QStringLiteral("Preset"));
        QCOMPARE(document.plan(), plan);
        document.undoStack().undo();
        QCOMPARE(document.plan(), first);
        document.undoStack().undo();
        QCOMPARE(document.plan(), Plan());
    }

    void layersAndRoles()
    {
        Document document;
        document.setModel(m_model);
        QCOMPARE(document.tensorsOfLayer(1).size(), std::size_t{4});
        QCOMPARE(document.tensorsOfLayer(std::nullopt), (TensorIndices{0, document.tensorCount() - 1}));
        QCOMPARE(document.tensorsOfRole(TensorRole::AttentionQuery),
                 (TensorIndices{tensor("blk.0.attn_q.weight"), tensor("blk.1.attn_q.weight")}));
        document.setSelection({3, 1, 3}, 3);
        QCOMPARE(document.selection(), (TensorIndices{1, 3}));
    }

    void openingFails()
    {
        Document document;
        QSignalSpy failed(&document, &Document::openFailed);
        QSignalSpy opened(&document, &Document::opened);
        document.open(m_folder / "missing.gguf");
        QVERIFY(document.isOpening());
        QVERIFY(failed.wait(10000));
        QCOMPARE(opened.size(), 0);
        QVERIFY(!document.hasModel());
        QVERIFY(!document.isOpening());
    }

    void theLastOfSeveralOpeningsCounts()
    {
        Document document;
        QStringList failures;
        connect(&document, &Document::openFailed, this,
                [&](const std::filesystem::path& path, const Error&) { failures << QString::fromStdString(path.filename()); });
        for (int round = 0; round < 20; ++round)
            document.open(m_folder / ("missing-" + std::to_string(round)));
        QTRY_VERIFY(!document.isOpening());
        QTest::qWait(50);
        QCOMPARE(failures, QStringList{QStringLiteral("missing-19")});
        document.open(m_folder / "missing");
        document.cancelOpening();
        QTest::qWait(100);
        QCOMPARE(failures.size(), 1);
    }

    void errorsArriveSampledThenExact()
    {
        // 1,024 rows of 256: four times a sample.
        const auto model = makeModel(m_folder, {{"blk.0.ffn_up.weight", {1024, 256}}, {"blk.0.attn_q.weight", {256, 256}}}, "errors.bin");
        Document document;
        document.setModel(model);
        QCOMPARE(document.errorPreview(0).state, ErrorPreview::State::Unchanged);
        document.setType({0}, TensorType::Q4_0, QStringLiteral("Set"));
        QStringList seen;
        connect(&document, &Document::errorsChanged, this, [&] {
            if (const ErrorPreview preview = document.knownError(0); preview.state != ErrorPreview::State::Pending)
                seen << (preview.state == ErrorPreview::State::Sampled ? QStringLiteral("sampled") : QStringLiteral("exact"));
        });
        QCOMPARE(document.errorPreview(0).state, ErrorPreview::State::Pending);
        QTRY_VERIFY_WITH_TIMEOUT(document.errorPreview(0).state == ErrorPreview::State::Exact, 20000);
        QTRY_VERIFY(!document.isMeasuring());
        QTRY_COMPARE(seen.isEmpty() ? QString() : seen.constLast(), QStringLiteral("exact"));
        const QuantizationError expected = measureError(model->tensors()[0], TensorType::Q4_0, {}, {});
        QCOMPARE(document.errorPreview(0).sums.relativeRms(), expected.total.relativeRms());
        QVERIFY(expected.total.relativeRms() > 0.02);
    }

    void undoneChoicesAreNotMeasuredAnyMore()
    {
        const auto model = makeModel(m_folder, {{"blk.0.ffn_up.weight", {2048, 256}}}, "stale.bin");
        Document document;
        document.setModel(model);
        for (const TensorType type : {TensorType::Q2_K, TensorType::Q3_K, TensorType::Q4_K, TensorType::Q5_K}) {
            document.setType({0}, type, QStringLiteral("Set"));
            document.errorPreview(0);
        }
        document.undoStack().setIndex(0);
        QCOMPARE(document.errorPreview(0).state, ErrorPreview::State::Unchanged);
        QTRY_VERIFY_WITH_TIMEOUT(!document.isMeasuring(), 2000);
    }

    void goesAwayWhileMeasuring()
    {
        const auto model = makeModel(m_folder, {{"blk.0.ffn_up.weight", {8192, 256}}}, "closing.bin");
        for (int round = 0; round < 5; ++round) {
            Document document;
            document.setModel(model);
            document.setType({0}, TensorType::Q2_K, QStringLiteral("Set"));
            document.errorPreview(0);
            document.setSelection({0}, 0);
            QTest::qWait(5 * round);
        }
    }

    void weightsThatCannotBeMeasuredSayWhy()
    {
        const auto path = m_folder / "nan.bin";
        const auto model = [&] {
            auto bytes = std::vector<std::byte>(256 * 256 * 4);
            const float nan = std::numeric_limits<float>::quiet_NaN();
            std::memcpy(bytes.data() + 4096, &nan, 4);
            quantlathe::test::writeBytes(path, bytes);
            Model::Contents contents;
            contents.path = path;
            contents.files = {path};
            contents.tensors.push_back(Tensor::stored("blk.0.attn_q.weight", {256, 256}, TensorType::F32, MappedFile::open(path), 0));
            contents.places.push_back(placeOf("blk.0.attn_q.weight"));
            return std::make_shared<const Model>(std::move(contents));
        }();
        Document document;
        document.setModel(model);
        document.setType({0}, TensorType::Q4_0, QStringLiteral("Set"));
        document.setSelection({0}, 0);
        QTRY_VERIFY_WITH_TIMEOUT(document.errorPreview(0).state == ErrorPreview::State::Failed, 20000);
        QVERIFY2(document.errorPreview(0).failure.contains(QStringLiteral("NaN")), qPrintable(document.errorPreview(0).failure));
    }

    void theEstimateFollowsPlanAndSettings()
    {
        Document document;
        document.setModel(m_model);
        QSignalSpy changed(&document, &Document::settingsChanged);
        const MemoryEstimate first = document.memoryEstimate();
        document.setType(document.allTensors(), TensorType::Q8_0, QStringLiteral("Set"));
        QVERIFY(document.memoryEstimate().weightBytes < first.weightBytes);
        RuntimeSettings settings = document.runtimeSettings();
        settings.contextLength *= 2;
        document.setRuntimeSettings(settings);
        QCOMPARE(document.memoryEstimate().kvCacheBytes, 2 * first.kvCacheBytes);
        QCOMPARE(changed.size(), 1);
    }
};

QTEST_MAIN(TestDocument)
#include "tst_document.moc"
