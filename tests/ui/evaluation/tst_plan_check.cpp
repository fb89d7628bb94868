// SPDX-License-Identifier: GPL-3.0-or-later
// "Check for real": the best plans of a budget are run, the better one is adopted.
#include "evaluation_test_support.h"
#include "ui/budget/fit_context.h"
#include "ui/budget/fit_dialog.h"
#include "ui/budget/plan_check_dialog.h"
#include "ui/budget/plan_check_model.h"
#include "ui/evaluation/trial_text_box.h"

#include <QAbstractItemModelTester>
#include <QLabel>
#include <QPushButton>
#include <QSpinBox>
#include <QTableView>

using namespace quantlathe;
using namespace quantlathe::ui;
using namespace quantlathe::ui::test;

class TestPlanCheck : public QObject
{
    Q_OBJECT

    static constexpr int longest = 180'000;

    IsolatedSettings m_settings;

private Q_SLOTS:
    void initTestCase() { QLocale::setDefault(QLocale::c()); }
    void init() { m_settings.clear(); }

    void theTable()
    {
        PlanCheckModel table;
        const QAbstractItemModelTester tester(&table, QAbstractItemModelTester::FailureReportingMode::QtTest);
        PlanCheck check;
        check.plans.push_back({{"proxy", {}, 2'000'000, std::nullopt}, {0.03, 0.001}, {12.6, 0.1}, {0.95, 0.01}});
        check.plans.push_back({{"measured", {}, 2'000'000, 0.021}, {0.019, 0.001}, {12.5, 0.1}, {0.96, 0.01}});
        check.best = 1;
        table.setCheck(check);
        QCOMPARE(table.rowCount(), 2);
        QCOMPARE(table.index(0, PlanCheckModel::Predicted).data().toString(), QString());
        QCOMPARE(table.index(1, PlanCheckModel::PlanBy).data().toString(), QStringLiteral("measured (best)"));
        QCOMPARE(table.index(1, PlanCheckModel::Predicted).data().toString(), QStringLiteral("0.021"));
        QCOMPARE(table.index(1, PlanCheckModel::Measured).data().toString(), QStringLiteral("0.019"));
        table.setCheck(std::nullopt);
        QCOMPARE(table.rowCount(), 0);
    }

    void theBetterOneIsAdopted()
    {
        Document document;
        FitContext context(document);
        document.setModel(sampleModel());
        FitDialog fit(context);
        fit.show();
        auto* button = fit.findChild<QPushButton*>(QStringLiteral("fitCheck"));
        QVERIFY(!button->isEnabled());
        QTRY_VERIFY_WITH_TIMEOUT(button->isEnabled(), longest);
        QTest::mouseClick(button, Qt::LeftButton);
        auto* dialog = fit.findChild<PlanCheckDialog*>();
        QVERIFY(dialog && dialog->isVisible());
        auto* adopt = dialog->findChild<QPushButton*>(QStringLiteral("checkAdopt"));
        QVERIFY(!adopt->isEnabled());
        dialog->text().setFile(heldOutText());
        dialog->findChild<QSpinBox*>(QStringLiteral("evaluationContext"))->setValue(64);
        dialog->findChild<QSpinBox*>(QStringLiteral("evaluationWindows"))->setValue(2);
        dialog->findChild<QSpinBox*>(QStringLiteral("checkPlans"))->setValue(2);
        QTest::mouseClick(dialog->findChild<QPushButton*>(QStringLiteral("checkRun")), Qt::LeftButton);
        auto* table = dialog->findChild<QTableView*>(QStringLiteral("checkTable"));
        QTRY_COMPARE_WITH_TIMEOUT(table->model()->rowCount(), 2, longest);
        QVERIFY(dialog->findChild<QLabel*>(QStringLiteral("checkState"))->text().startsWith(QStringLiteral("Best: ")));
        QVERIFY(adopt->isEnabled());
        const auto chosen = dialog->chosen();
        QVERIFY(chosen.has_value());
        QVERIFY(table->currentIndex().siblingAtColumn(0).data().toString().contains(QStringLiteral("(best)")));
        QTest::mouseClick(adopt, Qt::LeftButton);
        QVERIFY(!fit.isVisible());
        QVERIFY(document.undoStack().undoText().contains(QStringLiteral("checked")));
        for (const auto& [name, choice] : chosen->plan.choices())
            QCOMPARE(document.plan().choice(name), std::optional(choice));
        document.undoStack().undo();
        QVERIFY(document.plan().choices().empty());
    }

    void whatIsWrongIsSaid()
    {
        Document document;
        FitContext context(document);
        document.setModel(sampleModel());
        FitDialog fit(context);
        fit.show();
        QTRY_VERIFY_WITH_TIMEOUT(fit.findChild<QPushButton*>(QStringLiteral("fitCheck"))->isEnabled(), longest);
        PlanCheckDialog dialog(context.inputs(), nullptr, FitMeasure::FileBytes, 10'000'000);
        dialog.show();
        dialog.text().setFile(heldOutText());
        dialog.findChild<QSpinBox*>(QStringLiteral("evaluationContext"))->setValue(1'000'000);
        auto* run = dialog.findChild<QPushButton*>(QStringLiteral("checkRun"));
        run->setFocus();
        QTest::keyClick(run, Qt::Key_Space);
        QVERIFY(!run->isEnabled());
        QTRY_VERIFY_WITH_TIMEOUT(run->isEnabled(), longest);
        QVERIFY(!dialog.findChild<QLabel*>(QStringLiteral("checkState"))->text().startsWith(QStringLiteral("Running")));
        QVERIFY(!dialog.findChild<QPushButton*>(QStringLiteral("checkAdopt"))->isEnabled());
    }
};

QTEST_MAIN(TestPlanCheck)
#include "tst_plan_check.moc"
