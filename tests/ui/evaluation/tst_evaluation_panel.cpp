// SPDX-License-Identifier: GPL-3.0-or-later
// The page Evaluation with clicks, keys and a dropped text.
#include "evaluation_test_support.h"
#include "ui/evaluation/evaluation_panel.h"
#include "ui/evaluation/result_view.h"
#include "ui/evaluation/trial_text_box.h"
#include "ui/window/main_window.h"

#include <QAction>
#include <QComboBox>
#include <QDropEvent>
#include <QLabel>
#include <QMimeData>
#include <QProgressBar>
#include <QPushButton>
#include <QSpinBox>
#include <QTabWidget>
#include <QTableView>

using namespace quantlathe;
using namespace quantlathe::ui;
using namespace quantlathe::ui::test;

class TestEvaluationPanel : public QObject
{
    Q_OBJECT

    static constexpr int longest = 120'000;

    IsolatedSettings m_settings;
    quantlathe::test::ScratchFolder m_folder;

    template <typename Widget>
    static Widget& part(const QWidget& owner, const char* name)
    {
        auto* widget = owner.findChild<Widget*>(QLatin1String(name));
        if (!widget)
            qFatal("there is no %s", name);
        return *widget;
    }
    static void set(const QWidget& owner, const char* name, int value)
    {
        auto& spin = part<QSpinBox>(owner, name);
        spin.setFocus();
        spin.selectAll();
        QTest::keyClicks(&spin, QString::number(value));
        QTest::keyClick(&spin, Qt::Key_Return);
        QCOMPARE(spin.value(), value);
    }
    static void chooseShortText(EvaluationPanel& panel, int windows = 4)
    {
        panel.text().setFile(heldOutText());
        set(panel, "evaluationContext", 64);
        set(panel, "evaluationWindows", windows);
    }
    struct Page
    {
        Document document;
        TaskList tasks;
        Evaluations evaluations{document, tasks};
        EvaluationPanel panel{evaluations};
        Page()
        {
            panel.resize(900, 560);
            panel.show();
        }
        void open(std::shared_ptr<const Model> model)
        {
            document.setModel(std::move(model));
            QTRY_VERIFY(evaluations.readiness().isKnown);
        }
    };

private Q_SLOTS:
    void init() { m_settings.clear(); }

    void aClickEvaluates()
    {
        Page page;
        auto& evaluate = part<QPushButton>(page.panel, "evaluatePlan");
        QVERIFY(!evaluate.isEnabled());
        page.open(sampleModel());
        chooseShortText(page.panel);
        QVERIFY(evaluate.isEnabled());
        page.document.setPlan(presetPlan("Q2_K"), QStringLiteral("preset"));
        QTest::mouseClick(&evaluate, Qt::LeftButton);
        QVERIFY(part<QProgressBar>(page.panel, "evaluationProgress").isVisible());
        QVERIFY(part<QLabel>(page.panel, "evaluationTask").text().contains(QStringLiteral("heldout.txt")));
        QTRY_VERIFY_WITH_TIMEOUT(!page.evaluations.isRunning(), longest);
        QVERIFY(!part<QProgressBar>(page.panel, "evaluationProgress").isVisible());
        QVERIFY(part<QLabel>(page.panel, "evaluationVerdict").text().contains(QStringLiteral("1 % line")));
        QVERIFY(part<QTableView>(page.panel, "evaluationFigures").isVisible());
        auto& remark = part<QLabel>(page.panel, "evaluationRemark");
        QVERIFY(!remark.text().contains(QStringLiteral("earlier plan")));
        page.document.setType({2}, TensorType::Q8_0, QStringLiteral("edit"));
        QVERIFY(remark.text().contains(QStringLiteral("earlier plan")));
    }

    void theKeyboardStopsIt()
    {
        Page page;
        page.open(sampleModel());
        chooseShortText(page.panel, 0);
        auto& evaluate = part<QPushButton>(page.panel, "evaluatePlan");
        evaluate.setFocus();
        QTest::keyClick(&evaluate, Qt::Key_Space);
        QVERIFY(page.evaluations.isRunning());
        QTest::keyClick(&evaluate, Qt::Key_Space);
        QCOMPARE(page.evaluations.trials().size(), std::size_t{2});
        QVERIFY(part<QLabel>(page.panel, "evaluationWaiting").isVisible());
        auto& stop = part<QPushButton>(page.panel, "stopEvaluation");
        stop.setFocus();
        QTest::keyClick(&stop, Qt::Key_Space);
        QCOMPARE(page.evaluations.trials().size(), std::size_t{1});
        QVERIFY(part<QLabel>(page.panel, "evaluationNotice").isVisible());
        QTest::keyClick(&stop, Qt::Key_Space);
        QVERIFY(!page.evaluations.isRunning());
        QVERIFY(!stop.isVisible());
    }

    void aTextIsDropped()
    {
        Page page;
        page.open(sampleModel());
        const auto drop = [&page](const QString& file) {
            QMimeData data;
            data.setUrls({QUrl::fromLocalFile(file)});
            QDragEnterEvent enter({5, 5}, Qt::CopyAction, &data, Qt::LeftButton, {});
            enter.ignore();
            QCoreApplication::sendEvent(&page.panel, &enter);
            if (!enter.isAccepted())
                return false;
            QDropEvent event({5, 5}, Qt::CopyAction, &data, Qt::LeftButton, {});
            QCoreApplication::sendEvent(&page.panel, &event);
            return true;
        };
        QVERIFY(!drop(QString::fromStdString(quantlathe::test::resource("sample/quantlathe-sample-f16.gguf").string()))); // the window opens that
        QVERIFY(drop(heldOutText()));
        QCOMPARE(QString::fromStdString(page.panel.text().text().name), QStringLiteral("heldout.txt"));
        // It is remembered.
        TrialTextBox next;
        QCOMPARE(QString::fromStdString(next.text().name), QStringLiteral("heldout.txt"));
    }

    void refusedInPlace()
    {
        Page page;
        page.open(makeModel(m_folder, smallModelSpec()));
        page.panel.text().setFile(heldOutText());
        QVERIFY(!part<QPushButton>(page.panel, "evaluatePlan").isEnabled());
        QVERIFY(!part<QPushButton>(page.panel, "collectImportance").isEnabled());
        QVERIFY(part<QLabel>(page.panel, "evaluationReadiness").text().contains(page.evaluations.readiness().description));

        page.open(sampleModel());
        chooseShortText(page.panel);
        set(page.panel, "evaluationContext", 100'000);
        QTest::mouseClick(&part<QPushButton>(page.panel, "evaluatePlan"), Qt::LeftButton);
        QTRY_VERIFY_WITH_TIMEOUT(part<QLabel>(page.panel, "evaluationNotice").isVisible(), longest);
        QVERIFY(!part<QLabel>(page.panel, "evaluationNotice").text().isEmpty());
        QVERIFY(part<QPushButton>(page.panel, "evaluatePlan").isEnabled());
    }

    void againstAFileThatIsNone()
    {
        Page page;
        page.open(sampleModel());
        chooseShortText(page.panel);
        page.panel.evaluateAgainst(heldOutText());
        QTRY_VERIFY_WITH_TIMEOUT(part<QLabel>(page.panel, "evaluationNotice").isVisible(), longest);
        QVERIFY(part<QLabel>(page.panel, "evaluationNotice").text().contains(QStringLiteral("heldout.txt")));
    }

    void importanceIsCollected()
    {
        Page page;
        page.open(sampleModel());
        chooseShortText(page.panel);
        const auto file = m_folder / "sample.imatrix.gguf";
        page.panel.collectImportanceInto(QString::fromStdString(file.string()));
        QTRY_VERIFY_WITH_TIMEOUT(!page.evaluations.isRunning(), longest);
        QVERIFY(std::filesystem::exists(file));
        QVERIFY(part<QLabel>(page.panel, "evaluationNotice").text().contains(QStringLiteral("sample.imatrix.gguf")));
    }

    void theVerdictStandsBesideThePlan()
    {
        MainWindow window;
        window.resize(1024, 700);
        window.show();
        window.document().setModel(sampleModel());
        auto& verdict = part<QLabel>(window, "statusVerdict");
        QVERIFY(!verdict.isVisible());
        window.activateWindow();
        QVERIFY(QTest::qWaitForWindowActive(&window));
        QTest::keyClick(&window, Qt::Key_3, Qt::ControlModifier);
        QTRY_VERIFY(window.evaluation().isVisible());
        QTRY_VERIFY(window.evaluations().readiness().isKnown);
        chooseShortText(window.evaluation());
        QTest::mouseClick(&part<QPushButton>(window, "evaluatePlan"), Qt::LeftButton);
        QTRY_VERIFY_WITH_TIMEOUT(!window.evaluations().isRunning(), longest);
        QVERIFY(verdict.isVisible());
        QVERIFY(verdict.text().startsWith(QStringLiteral("Perplexity")));
        QVERIFY(!verdict.text().contains(QStringLiteral("earlier")));
        window.document().setPlan(presetPlan("Q4_K_M"), QStringLiteral("preset"));
        QVERIFY(verdict.text().contains(QStringLiteral("earlier plan")));
        window.document().undoStack().setClean();
    }
};

QTEST_MAIN(TestEvaluationPanel)
#include "tst_evaluation_panel.moc"
