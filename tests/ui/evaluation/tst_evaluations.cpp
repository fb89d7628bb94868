// SPDX-License-Identifier: GPL-3.0-or-later
// The queue of trials on the sample model: results, refusals, stopping and going on.
#include "core/calibration/imatrix_file.h"
#include "evaluation_test_support.h"
#include "ui/text.h"

#include <QSignalSpy>

using namespace quantlathe;
using namespace quantlathe::ui;
using namespace quantlathe::ui::test;

class TestEvaluations : public QObject
{
    Q_OBJECT

    static constexpr int longest = 120'000; // milliseconds; seconds where nobody else computes

    IsolatedSettings m_settings;
    quantlathe::test::ScratchFolder m_folder;

    static Trial evaluation(const TrialText& text = shortText())
    {
        Trial trial;
        trial.text = text;
        return trial;
    }

private Q_SLOTS:
    void thePlanIsJudged()
    {
        Document document;
        TaskList tasks;
        Evaluations evaluations(document, tasks);
        document.setModel(sampleModel());
        document.setPlan(presetPlan("Q2_K"), QStringLiteral("preset"));
        evaluations.add(evaluation());
        QVERIFY(evaluations.isRunning());
        QTRY_VERIFY_WITH_TIMEOUT(!evaluations.isRunning(), longest);
        QVERIFY(evaluations.judgement().has_value());
        const Evaluations::Judgement& judgement = *evaluations.judgement();
        QVERIFY(judgement.isComplete);
        QCOMPARE(judgement.result.chunks.size(), std::size_t{4});
        QVERIFY(judgement.result.divergence->mean.value > 1e-4);
        QVERIFY(judgement.verdict.has_value());
        // It is of this plan, until that is edited; undo brings it back.
        QVERIFY(!evaluations.isOfEarlierPlan());
        const QSignalSpy changed(&evaluations, &Evaluations::judgementChanged);
        document.setType({2}, TensorType::Q8_0, QStringLiteral("edit"));
        QVERIFY(evaluations.isOfEarlierPlan());
        QCOMPARE(changed.count(), 1);
        document.undoStack().undo();
        QVERIFY(!evaluations.isOfEarlierPlan());
        // Another model: nothing of it is left.
        document.close();
        QVERIFY(!evaluations.judgement().has_value());
    }

    // The folder it was made from has the same weights: nothing differs.
    void againstAnotherModel()
    {
        Document document;
        TaskList tasks;
        Evaluations evaluations(document, tasks);
        document.setModel(sampleModel());
        Trial trial = evaluation();
        trial.kind = Trial::Kind::AgainstModel;
        trial.against = quantlathe::test::resource("sample");
        evaluations.add(trial);
        QTRY_VERIFY_WITH_TIMEOUT(!evaluations.isRunning(), longest);
        QVERIFY(evaluations.judgement().has_value());
        QVERIFY(evaluations.judgement()->result.divergence->mean.value < 1e-6);
    }

    void oneAfterTheOther()
    {
        Document document;
        TaskList tasks;
        Evaluations evaluations(document, tasks);
        document.setModel(sampleModel());
        const quint64 first = evaluations.add(evaluation());
        const quint64 second = evaluations.add(evaluation(shortText(2)));
        const quint64 third = evaluations.add(evaluation(shortText(1)));
        QCOMPARE(evaluations.trials().size(), std::size_t{3});
        QCOMPARE(evaluations.trials().front().id, first);
        const QSignalSpy cancelled(&evaluations, &Evaluations::cancelled);
        evaluations.cancel(second);
        QCOMPARE(evaluations.trials().size(), std::size_t{2});
        QCOMPARE(cancelled.count(), 0); // it had not begun
        evaluations.cancel(first);
        QCOMPARE(cancelled.count(), 1);
        QCOMPARE(evaluations.trials().front().id, third);
        QTRY_VERIFY_WITH_TIMEOUT(!evaluations.isRunning(), longest);
        QCOMPARE(evaluations.judgement()->result.chunks.size(), std::size_t{1});
    }

    void theJobsDockListsThem()
    {
        Document document;
        TaskList tasks;
        Evaluations evaluations(document, tasks);
        document.setModel(sampleModel());
        evaluations.add(evaluation(shortText(0)));
        evaluations.add(evaluation(shortText(1)));
        QTRY_COMPARE(tasks.tasks().size(), std::size_t{2});
        QVERIFY(tasks.tasks()[0].title.contains(QStringLiteral("heldout.txt")));
        QVERIFY(!tasks.tasks()[0].isWaiting);
        QVERIFY(tasks.tasks()[1].isWaiting);
        tasks.cancel(tasks.tasks()[1].id);
        tasks.cancel(tasks.tasks()[0].id);
        QVERIFY(!evaluations.isRunning());
        QVERIFY(tasks.tasks().empty());
    }

    void stoppedAndTakenUpAgain()
    {
        Document document;
        TaskList tasks;
        Evaluations evaluations(document, tasks);
        evaluations.setJournalFolder(m_folder / "journals");
        document.setModel(sampleModel());
        document.setPlan(presetPlan("Q4_K_M"), QStringLiteral("preset"));
        TrialText text = shortText(0);
        text.memoryBytes = std::uint64_t{48} << 20; // not all windows at once
        evaluations.add(evaluation(text));
        QTRY_VERIFY_WITH_TIMEOUT(evaluations.judgement().has_value(), longest);
        QVERIFY(!evaluations.judgement()->isComplete);
        QVERIFY(evaluations.judgement()->result.chunks.size() < evaluations.judgement()->result.wantedChunks);
        evaluations.cancel(evaluations.trials().front().id);
        QVERIFY(!evaluations.isRunning());
        evaluations.add(evaluation(text));
        QTRY_VERIFY_WITH_TIMEOUT(!evaluations.isRunning(), longest);
        QVERIFY(evaluations.judgement()->isComplete);
        QVERIFY(evaluations.judgement()->result.resumedChunks > 0);
    }

    void refusals_data()
    {
        QTest::addColumn<QByteArray>("content");
        QTest::newRow("too short") << QByteArray("A few words.");
        QTest::newRow("empty") << QByteArray();
        QTest::newRow("not UTF-8") << QByteArray("abc \xff\xfe def ").repeated(1000);
    }
    void refusals()
    {
        QFETCH(QByteArray, content);
        const auto file = m_folder / "text.txt";
        QFile text(QString::fromStdString(file.string()));
        QVERIFY(text.open(QIODevice::WriteOnly) && text.write(content) == content.size());
        text.close();
        Document document;
        TaskList tasks;
        Evaluations evaluations(document, tasks);
        document.setModel(sampleModel());
        QStringList failures;
        connect(&evaluations, &Evaluations::failed, this, [&failures](const QString&, const Error& error) { failures << messageText(error); });
        Trial trial = evaluation();
        trial.text.file = file;
        evaluations.add(trial);
        evaluations.add(evaluation(shortText(1)));
        QTRY_COMPARE_WITH_TIMEOUT(failures.size(), 1, longest);
        QVERIFY(!failures.front().isEmpty());
        // What waited behind it runs all the same.
        QTRY_VERIFY_WITH_TIMEOUT(evaluations.judgement().has_value(), longest);
    }

    void whatCannotRunSaysWhy()
    {
        Document document;
        TaskList tasks;
        Evaluations evaluations(document, tasks);
        document.setModel(makeModel(m_folder, smallModelSpec()));
        QVERIFY(!evaluations.readiness().isKnown);
        evaluations.prepare();
        QTRY_VERIFY(evaluations.readiness().isKnown);
        QVERIFY(!evaluations.readiness().canRun);
        QVERIFY(!evaluations.readiness().description.isEmpty());
        document.setModel(sampleModel());
        evaluations.prepare();
        QTRY_VERIFY(evaluations.readiness().isKnown);
        QVERIFY2(evaluations.readiness().canRun, qPrintable(evaluations.readiness().description));
        QVERIFY(evaluations.readiness().description.startsWith(QStringLiteral("llama, 4 layers")));
    }

    void importanceBecomesAFile()
    {
        Document document;
        TaskList tasks;
        Evaluations evaluations(document, tasks);
        document.setModel(sampleModel());
        const QSignalSpy collected(&evaluations, &Evaluations::importanceCollected);
        Trial trial = evaluation();
        trial.kind = Trial::Kind::Importance;
        trial.output = m_folder / "sample.imatrix.gguf";
        evaluations.add(trial);
        QTRY_COMPARE_WITH_TIMEOUT(collected.count(), 1, longest);
        const auto importance = readImportance(trial.output);
        QCOMPARE(importance->chunkCount(), 4u);
        QCOMPARE(importance->chunkSize(), 64u);
        QVERIFY(importance->find("blk.0.attn_q.weight"));
        QVERIFY(!importance->find("output.weight"));
        // It is loaded at once.
        QTRY_VERIFY(document.importance() != nullptr);
        QCOMPARE(document.importance()->importance()->hash(), importance->hash());
    }

    void closingTheModelStopsEverything()
    {
        Document document;
        TaskList tasks;
        Evaluations evaluations(document, tasks);
        document.setModel(sampleModel());
        evaluations.add(evaluation(shortText(0)));
        evaluations.add(evaluation(shortText(0)));
        document.close();
        QVERIFY(!evaluations.isRunning());
        QTest::qWait(100);
        QVERIFY(!evaluations.judgement().has_value());
    }
};

QTEST_MAIN(TestEvaluations)
#include "tst_evaluations.moc"
