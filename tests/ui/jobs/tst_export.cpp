// SPDX-License-Identifier: GPL-3.0-or-later
// The export dialog and the jobs panel with real exports of the sample model.
#include "core/jobs/made_model.h"
#include "core/formats/open.h"
#include "core/plan/presets.h"
#include "ui/jobs/export_dialog.h"
#include "ui/jobs/export_summary.h"
#include "ui/jobs/job_queue.h"
#include "ui/jobs/jobs_panel.h"
#include "ui/jobs/result_page.h"
#include "ui/parts/facts_table.h"
#include "ui/window/sample.h"
#include "ui/ui_test_support.h"

#include <QAbstractItemModelTester>
#include <QCheckBox>
#include <QComboBox>
#include <QDialogButtonBox>
#include <QDoubleSpinBox>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QPushButton>
#include <QSettings>
#include <QSignalSpy>
#include <QTableView>

#include <limits>
#include <unistd.h>

using namespace quantlathe;
using namespace quantlathe::ui;
using namespace quantlathe::ui::test;

class TestExport : public QObject
{
    Q_OBJECT

    IsolatedSettings m_settings;
    std::shared_ptr<const Model> m_sample;

    template <typename Widget>
    static Widget* find(QWidget& parent, const char* name) { return parent.findChild<Widget*>(QLatin1String(name)); }
    static void usePreset(Document& document, const char* preset)
    {
        document.setPlan(planFromPreset(*document.model(), *findPreset(preset), {}), QStringLiteral("preset"));
    }
    static QString path(const quantlathe::test::ScratchFolder& folder, const char* name)
    {
        return QString::fromStdString((folder / name).string());
    }

private Q_SLOTS:
    void initTestCase()
    {
        QVERIFY2(!sampleModelPath().isEmpty(), "the sample model is missing");
        m_sample = openModel(sampleModelPath().toStdString());
    }

    void init()
    {
        m_settings.clear();
        QSettings().setValue(QStringLiteral("jobs/method/gguf"), QStringLiteral("round-to-nearest")); // methods: tst_export_engines
    }

    void proposesAName()
    {
        const auto named = [](const char* file, ModelFormat format = ModelFormat::Gguf) {
            Model::Contents contents;
            contents.format = format;
            contents.path = file;
            return Model(std::move(contents));
        };
        Plan plan;
        plan.preset = "Q4_K_M";
        QCOMPARE(defaultTargetName(named("/m/tiny-F16.gguf"), plan), QStringLiteral("tiny-Q4_K_M.gguf"));
        QCOMPARE(defaultTargetName(named("/m/tiny.bf16.gguf"), plan), QStringLiteral("tiny-Q4_K_M.gguf"));
        QCOMPARE(defaultTargetName(named("/m/big-Q8_0-00001-of-00003.gguf"), plan), QStringLiteral("big-Q4_K_M.gguf"));
        QCOMPARE(defaultTargetName(named("/m/Llama-3/", ModelFormat::HuggingFace), plan), QStringLiteral("Llama-3-Q4_K_M.gguf"));
        QCOMPARE(defaultTargetName(named("/m/Llama-3/model.safetensors", ModelFormat::Safetensors), plan),
                 QStringLiteral("Llama-3-Q4_K_M.gguf"));
        QCOMPARE(defaultTargetName(named("/m/tiny.gguf"), {}), QStringLiteral("tiny-copy.gguf"));
    }

    void exportsAndShowsTheResult()
    {
        const quantlathe::test::ScratchFolder folder;
        Document document;
        document.setModel(m_sample);
        usePreset(document, "Q4_K_M");
        JobQueue queue;
        JobsPanel panel(queue);
        panel.resize(1000, 500);
        panel.show();
        QVERIFY(find<QLabel>(panel, "jobsHint")->isVisible());
        ExportDialog dialog(document, queue);
        dialog.show();
        auto* target = find<QLineEdit>(dialog, "exportTarget");
        QVERIFY(target->text().endsWith(QLatin1String("-Q4_K_M.gguf")));
        target->selectAll();
        QTest::keyClicks(target, path(folder, "out.gguf"));
        QVERIFY(!dialog.isReady()); // not before it was looked at
        QTRY_VERIFY(dialog.isReady());
        const QString size = find<FactsTable>(dialog, "exportFacts")->facts().facts()[0].value;
        QVERIFY(find<QTableView>(dialog, "exportTypes")->model()->rowCount() >= 3);
        QTest::mouseClick(find<QPushButton>(dialog, "exportStart"), Qt::LeftButton);
        QVERIFY(dialog.queuedJob().has_value());
        const quint64 id = *dialog.queuedJob();
        QTRY_COMPARE_WITH_TIMEOUT(queue.job(id)->state, ExportJob::State::Done, 60000);
        // To the byte.
        const auto bytes = std::filesystem::file_size(folder / "out.gguf");
        QVERIFY2(size.contains(QLocale().toString(static_cast<qulonglong>(bytes))), qPrintable(size));
        QVERIFY(panel.findChild<ResultPage*>()->isVisible());
        QCOMPARE(find<QTableView>(panel, "resultTensors")->model()->rowCount(), static_cast<int>(m_sample->tensors().size()));
        QSignalSpy open(&panel, &JobsPanel::openRequested);
        QTest::mouseClick(find<QPushButton>(panel, "openResult"), Qt::LeftButton);
        QCOMPARE(open.count(), 1);
        QCOMPARE(open.first().first().toString(), path(folder, "out.gguf"));
        QCOMPARE(openModel(folder / "out.gguf")->tensors().size(), m_sample->tensors().size());
        QTest::mouseClick(find<QPushButton>(panel, "removeJob"), Qt::LeftButton);
        QVERIFY(find<QLabel>(panel, "jobsHint")->isVisible());
    }

    void effortAndWhatIsNotFinite()
    {
        const quantlathe::test::ScratchFolder folder;
        auto tensors = quantlathe::test::madeLlama(1);
        tensors[2].weights[7] = std::numeric_limits<float>::infinity();
        quantlathe::test::writeMadeGguf(folder / "bad.gguf", tensors);
        Document document;
        document.setModel(openModel(folder / "bad.gguf"));
        document.setType(document.allTensors(), TensorType::Q4_0, QStringLiteral("types"));
        JobQueue queue;
        {
            ExportDialog dialog(document, queue);
            dialog.setTarget(path(folder, "stops.gguf"));
            QTRY_VERIFY(dialog.isReady());
            dialog.accept();
            QTRY_COMPARE_WITH_TIMEOUT(queue.job(*dialog.queuedJob())->state, ExportJob::State::Failed, 60000);
            QCOMPARE(document.undoStack().count(), 1); // nothing was chosen, nothing to undo
        }
        JobsPanel panel(queue);
        panel.show();
        ExportDialog dialog(document, queue);
        dialog.setTarget(path(folder, "out.gguf"));
        dialog.show();
        auto* effort = find<QComboBox>(dialog, "exportEffort");
        const QString before = find<QLabel>(dialog, "exportEncodingExplanation")->text();
        effort->setCurrentIndex(1);
        QVERIFY(find<QLabel>(dialog, "exportEncodingExplanation")->text() != before);
        find<QComboBox>(dialog, "exportNonFinite")->setCurrentIndex(1);
        QVERIFY(!dialog.isReady());
        QTRY_VERIFY(dialog.isReady());
        dialog.accept();
        const quint64 id = *dialog.queuedJob();
        QTRY_COMPARE_WITH_TIMEOUT(queue.job(id)->state, ExportJob::State::Done, 60000);
        const auto& result = std::get<QuantizeResult>(queue.job(id)->result->written);
        QVERIFY(result.encoding == (Encoding{std::nullopt, Effort::Best}));
        QCOMPARE(result.replaced.infinity, std::uint64_t{1});
        panel.showJob(id);
        QString facts;
        for (const Fact& fact : find<FactsTable>(panel, "resultFacts")->facts().facts())
            facts += fact.label + u':' + fact.value + u'\n';
        QVERIFY2(facts.contains(u"best effort"), qPrintable(facts));
        QVERIFY2(facts.contains(u"blk.0.attn_q.weight: 0 NaN, 1 infinite"), qPrintable(facts));
        // An edit of the plan, which can be undone.
        QVERIFY(document.plan().encoding == result.encoding);
        document.undoStack().undo();
        QVERIFY(document.plan().encoding == Encoding{});
        QCOMPARE(document.plan().choices().size(), document.tensorCount());
    }

    void saysWhenImportanceIsMissing()
    {
        const quantlathe::test::ScratchFolder folder;
        Document document;
        document.setModel(m_sample);
        JobQueue queue;
        for (const TensorTypeInfo& facts : allTensorTypes()) {
            if (!facts.needsImportance || !codecFor(facts.type).canEncode())
                continue;
            document.setType(document.allTensors(), facts.type, QStringLiteral("types"));
            ExportDialog dialog(document, queue);
            dialog.setTarget(path(folder, "out.gguf"));
            QTRY_VERIFY(dialog.isReady());
            QVERIFY(find<QLabel>(dialog, "exportProblem")->text().contains(QLatin1String(name(facts.type).data(), static_cast<int>(name(facts.type).size()))));
        }
    }

    void splitsOnRequest()
    {
        const quantlathe::test::ScratchFolder folder;
        Document document;
        document.setModel(m_sample);
        JobQueue queue;
        ExportDialog dialog(document, queue);
        dialog.setTarget(path(folder, "parts.gguf"));
        dialog.show();
        find<QCheckBox>(dialog, "exportSplit")->setChecked(true);
        find<QDoubleSpinBox>(dialog, "exportSplitSize")->setValue(0.003);
        QTRY_VERIFY(dialog.isReady());
        QVERIFY(find<FactsTable>(dialog, "exportFacts")->facts().facts()[1].value.toInt() > 1);
        dialog.accept();
        QTRY_COMPARE_WITH_TIMEOUT(queue.job(*dialog.queuedJob())->state, ExportJob::State::Done, 60000);
        QVERIFY(std::get<QuantizeResult>(queue.job(*dialog.queuedJob())->result->written).files.size() > 1);
    }

    void saysWhatStandsInTheWay()
    {
        const quantlathe::test::ScratchFolder folder;
        Document document;
        document.setModel(m_sample);
        usePreset(document, "Q8_0");
        JobQueue queue;
        ExportDialog dialog(document, queue);
        dialog.show();
        auto* problem = find<QLabel>(dialog, "exportProblem");
        const auto problemWith = [&](const QString& target) {
            dialog.setTarget(target);
            if (!QTest::qWaitFor([&] { return !dialog.isLooking(); }, 20000))
                return QStringLiteral("(nothing happened)");
            return dialog.isReady() ? QString() : problem->text();
        };
        QVERIFY(!problemWith(sampleModelPath()).isEmpty()); // the source itself
        QVERIFY(!problemWith(path(folder, "no/such/folder/out.gguf")).isEmpty());
        QVERIFY(!problemWith(QString()).isEmpty());
        QVERIFY(!problemWith(path(folder, "")).isEmpty());
        if (geteuid() != 0) {
            std::filesystem::permissions(folder.path(), std::filesystem::perms::owner_read | std::filesystem::perms::owner_exec);
            QVERIFY(!problemWith(path(folder, "out.gguf")).isEmpty());
            std::filesystem::permissions(folder.path(), std::filesystem::perms::owner_all);
        }
        QCOMPARE(problemWith(path(folder, "out.gguf")), QString());
        QTest::keyClick(&dialog, Qt::Key_Escape);
        QVERIFY(!dialog.queuedJob());
    }

    void typesThatCannotBeWrittenBlock()
    {
        const quantlathe::test::ScratchFolder folder;
        Document document;
        document.setModel(m_sample);
        const TensorIndices queries = document.tensorsOfRole(TensorRole::AttentionQuery);
        document.setType(queries, TensorType::Q8_1, QStringLiteral("edit"));
        QVERIFY(!document.effectiveChoice(queries.front()).canWrite);
        JobQueue queue;
        ExportDialog dialog(document, queue);
        dialog.setTarget(path(folder, "out.gguf"));
        dialog.show();
        QTRY_VERIFY(find<QLabel>(dialog, "exportProblem")->isVisible());
        QVERIFY(find<QLabel>(dialog, "exportProblem")->text().contains(QLatin1String("Q8_1")));
        QCOMPARE(find<QListWidget>(dialog, "exportNotes")->count(), static_cast<int>(queries.size()));
        QTest::qWait(400);
        QVERIFY(!dialog.isReady());
    }

    void offersToResume()
    {
        const quantlathe::test::ScratchFolder folder;
        Document document;
        document.setModel(m_sample);
        usePreset(document, "Q4_K_M");
        QuantizeRequest request;
        request.model = m_sample;
        request.plan = document.plan();
        request.target = folder / "out.gguf";
        request.threads = 1;
        // Stopped somewhere in the middle.
        struct StopInTheMiddle : Progress
        {
            std::stop_source stop;
            void report(std::string_view, std::uint64_t done, std::uint64_t total) override
            {
                if (total > 0 && done > total / 2)
                    stop.request_stop();
            }
        } progress;
        const auto error = quantlathe::test::errorOf([&] { runQuantize(request, {progress.stop.get_token(), &progress}); });
        QVERIFY(error && error->kind() == ErrorKind::Cancelled);
        QVERIFY(!std::filesystem::exists(request.target));
        if (!canResume(request))
            QSKIP("the job stopped before there was anything to keep");
        JobQueue queue;
        ExportDialog dialog(document, queue);
        dialog.show();
        dialog.setTarget(path(folder, "out.gguf"));
        auto* resume = find<QCheckBox>(dialog, "exportResume");
        QTRY_VERIFY(resume->isVisible() && dialog.isReady());
        QVERIFY(resume->isChecked());
        dialog.accept();
        const quint64 id = *dialog.queuedJob();
        QTRY_COMPARE_WITH_TIMEOUT(queue.job(id)->state, ExportJob::State::Done, 60000);
        QVERIFY(queue.job(id)->resumedBytes() > 0);
    }

    void cancelledExportsLeaveTheTargetAlone()
    {
        const quantlathe::test::ScratchFolder folder;
        quantlathe::test::writeBytes(folder / "out.gguf", std::vector<std::byte>(10));
        Document document;
        document.setModel(m_sample);
        usePreset(document, "Q2_K");
        JobQueue queue;
        JobsPanel panel(queue);
        panel.show();
        ExportDialog dialog(document, queue);
        dialog.show();
        dialog.setTarget(path(folder, "out.gguf"));
        QTRY_VERIFY(dialog.isReady());
        QVERIFY(find<QLabel>(dialog, "exportProblem")->text().contains(QLatin1String("is replaced")));
        dialog.accept();
        const quint64 id = *dialog.queuedJob();
        QTest::mouseClick(find<QPushButton>(panel, "cancelJob"), Qt::LeftButton);
        QTRY_COMPARE(queue.job(id)->state, ExportJob::State::Cancelled);
        QCOMPARE(std::filesystem::file_size(folder / "out.gguf"), 10u);
        QVERIFY(find<QLabel>(panel, "jobMessage")->text().contains(QLatin1String("as it was before")));
        QTest::mouseClick(find<QPushButton>(panel, "resumeJob"), Qt::LeftButton);
        QTRY_COMPARE_WITH_TIMEOUT(queue.job(id)->state, ExportJob::State::Done, 60000);
        QVERIFY(std::filesystem::file_size(folder / "out.gguf") > 10u);
    }

    void resultModel()
    {
        ResultTensorModel model;
        const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        EngineExportResult result;
        QuantizeResult file;
        file.tensors = {{"norm", TensorType::F32, TensorType::F32, 1024, true, false, false, {}},
                        {"blk.0.attn_q.weight", TensorType::F16, TensorType::Q8_0, 2048, false, false, false, {4, 4.0, 4.0, 4.0, 0.0004, 0.01}}};
        result.written = file;
        model.setTensors(resultTensors(result));
        QCOMPARE(treeText(model, {0, 1, 2, 3, 4}),
                 QStringLiteral("norm | F32 | F32 (copied) | 1.0 KiB | \nblk.0.attn_q.weight | F16 | Q8_0 | 2.0 KiB | 1.000 %\n"));
    }
};

QTEST_MAIN(TestExport)
#include "tst_export.moc"
