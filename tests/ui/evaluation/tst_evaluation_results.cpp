// SPDX-License-Identifier: GPL-3.0-or-later
// Figures, words and plots of a result that is made up.
#include "evaluation_test_support.h"
#include "ui/evaluation/curve_plot.h"
#include "ui/evaluation/evaluation_text.h"
#include "ui/evaluation/figures_model.h"
#include "ui/evaluation/result_view.h"
#include "ui/parts/table_copy.h"
#include "ui/plots/plot_export.h"

#include <QAbstractItemModelTester>
#include <QImage>
#include <QLabel>
#include <QMenu>
#include <QTabBar>
#include <QTableView>
#include <QTabWidget>
#include <QToolButton>

#include <limits>

using namespace quantlathe;
using namespace quantlathe::ui;
using namespace quantlathe::ui::test;

class TestEvaluationResults : public QObject
{
    Q_OBJECT

    IsolatedSettings m_settings;
    quantlathe::test::ScratchFolder m_folder;

    static int rowOf(const FiguresModel& figures, const QString& name)
    {
        for (int row = 0; row < figures.rowCount(); ++row) {
            if (figures.index(row, FiguresModel::Figure).data().toString() == name)
                return row;
        }
        return -1;
    }

private Q_SLOTS:
    void initTestCase() { QLocale::setDefault(QLocale::c()); }

    void figuresWithTheirIntervals()
    {
        FiguresModel figures;
        const QAbstractItemModelTester tester(&figures, QAbstractItemModelTester::FailureReportingMode::QtTest);
        const EvaluationResult result = inventedResult();
        figures.setResult(result, verdictOf(result));
        const int perplexity = rowOf(figures, QStringLiteral("Perplexity"));
        QCOMPARE(figures.index(perplexity, FiguresModel::Value).data().toString(), QStringLiteral("12.5000"));
        QCOMPARE(figures.index(perplexity, FiguresModel::Low).data().toString(), QStringLiteral("12.0100"));
        QCOMPARE(figures.index(perplexity, FiguresModel::High).data().toString(), QStringLiteral("12.9900"));
        const int change = rowOf(figures, QStringLiteral("Change of perplexity"));
        QCOMPARE(figures.index(change, FiguresModel::Value).data().toString(), QStringLiteral("+0.80 %"));
        const int median = rowOf(figures, QStringLiteral("KL divergence, median"));
        QCOMPARE(figures.index(median, FiguresModel::Value).data().toString(), QStringLiteral("0.036"));
        QCOMPARE(figures.index(median, FiguresModel::Low).data().toString(), QString());
        const int top = rowOf(figures, QStringLiteral("Same most likely token"));
        QCOMPARE(figures.index(top, FiguresModel::Value).data().toString(), QStringLiteral("97.30 %"));
        QCOMPARE(figures.index(top, FiguresModel::Value).data(csvRole).toDouble(), 0.973);
        // Without an original: no divergence, no change.
        EvaluationResult alone = result;
        alone.divergence.reset();
        figures.setResult(alone, verdictOf(alone));
        QCOMPARE(rowOf(figures, QStringLiteral("KL divergence, mean")), -1);
        QCOMPARE(rowOf(figures, QStringLiteral("Change of perplexity")), -1);
        figures.clear();
        QCOMPARE(figures.rowCount(), 0);
    }

    void words()
    {
        const auto verdict = verdictOf(inventedResult());
        QVERIFY(verdict.has_value());
        QCOMPARE(verdictText(*verdict), QStringLiteral("Perplexity +0.80 % (95 % interval +0.70 % to +0.90 %): within the 1 % line. "
                                                       "3 of 100 most likely tokens change."));
        QCOMPARE(shortVerdictText(*verdict), QStringLiteral("Perplexity +0.80 %, 3 of 100 tokens flip"));
        DamageVerdict other = *verdict;
        other.againstLine = AgainstLine::Over;
        other.perplexityChange = {-0.25, 0.01};
        other.flipsPerHundred = {0, 0};
        other.isRough = true;
        QCOMPARE(verdictText(other), QStringLiteral("Perplexity −25.0 % (95 % interval −27.0 % to −23.0 %): over the 1 % line. "
                                                    "No most likely token changes. A longer text would tell more."));
        QCOMPARE(changeText(-0.00001), QStringLiteral("±0.00 %"));
        QCOMPARE(divergenceText(0.02134), QStringLiteral("0.0213"));
        QCOMPARE(perplexityText(std::numeric_limits<double>::infinity()), QStringLiteral("∞"));
        QCOMPARE(damageIcon(DamageLevel::Broken), QStringLiteral("error"));
    }

    void everyPageShowsSomething()
    {
        ResultView view;
        view.resize(700, 460);
        view.show();
        QVERIFY(QTest::qWaitForWindowExposed(&view));
        view.clear(QStringLiteral("why"));
        QVERIFY(view.findChild<QLabel*>(QStringLiteral("evaluationHint"))->isVisible());
        QVERIFY(!view.table().isVisible());
        const EvaluationResult result = inventedResult();
        view.setResult(result, verdictOf(result), QStringLiteral("Plan on text"), QStringLiteral("so far"));
        QVERIFY(view.table().isVisible());
        QCOMPARE(view.findChild<QLabel*>(QStringLiteral("evaluationRemark"))->text(), QStringLiteral("Plan on text – so far"));
        QCOMPARE(view.positionPlot().pointCount(), std::size_t{31});
        QCOMPARE(view.layerPlot().pointCount(), std::size_t{4});
        QCOMPARE(view.spreadPlot().pointCount(), Spread::fractions.size() - 1); // 0 has no logarithm

        auto* menu = view.findChild<QToolButton*>(QStringLiteral("evaluationPlotMenu"));
        QVERIFY(!menu->isVisible());
        QTabBar* tabs = view.pages().tabBar();
        for (int page = 1; page < 4; ++page) {
            QTest::mouseClick(tabs, Qt::LeftButton, {}, tabs->tabRect(page).center());
            auto* plot = qobject_cast<CurvePlot*>(view.pages().currentWidget());
            QVERIFY(plot && plot->isVisible());
            QVERIFY(menu->isVisible());
            QVERIFY(menu->menu()->findChild<QAction*>(QStringLiteral("saveImage")));
            // The keyboard walks from point to point.
            plot->setFocus();
            QTest::keyClick(plot, Qt::Key_Right, Qt::ShiftModifier);
            const QString first = plot->cursorText();
            QVERIFY2(!first.isEmpty(), qPrintable(plot->objectName()));
            QTest::keyClick(plot, Qt::Key_Right, Qt::ShiftModifier);
            QVERIFY(plot->cursorText() != first);
        }
        view.layerPlot().setFocus();
        QCOMPARE(view.layerPlot().tipAt(QPointF(view.layerPlot().xAxis->coordToPixel(2), view.layerPlot().axisRect()->center().y())),
                 QStringLiteral("After layer 2: 5.000 %"));
        const QString file = QString::fromStdString((m_folder / "plot.png").string());
        QCOMPARE(savePlot(view.layerPlot(), file), QString());
        QVERIFY(QImage(file).width() > 100);
        QVERIFY(csvText(view.table()).contains(QStringLiteral("Same most likely token,0.973")));
    }
};

QTEST_MAIN(TestEvaluationResults)
#include "tst_evaluation_results.moc"
