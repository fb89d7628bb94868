// SPDX-License-Identifier: GPL-3.0-or-later
// Sensitivities in the window: measured with a click, on the map, in a fit, in files.
#include "evaluation_test_support.h"
#include "support/invented_importance.h"
#include "ui/budget/fit_context.h"
#include "ui/budget/fit_dialog.h"
#include "ui/evaluation/evaluation_panel.h"
#include "ui/evaluation/sensitivity_model.h"
#include "ui/evaluation/sensitivity_page.h"
#include "ui/evaluation/trial_text_box.h"
#include "ui/map/error_map_panel.h"
#include "ui/map/map_source.h"
#include "ui/parts/fluid_split.h"

#include <QAbstractItemModelTester>
#include <QCheckBox>
#include <QComboBox>
#include <QLabel>
#include <QPushButton>
#include <QScrollBar>
#include <QSpinBox>
#include <QTableView>

using namespace quantlathe;
using namespace quantlathe::ui;
using namespace quantlathe::ui::test;

class TestSensitivity : public QObject
{
    Q_OBJECT

    static constexpr int longest = 180'000;

    IsolatedSettings m_settings;
    quantlathe::test::ScratchFolder m_folder;
    std::shared_ptr<const Sensitivities> m_measured;

    /// Two tensors measured, one estimated, the others nothing.
    static std::shared_ptr<const Sensitivities> invented()
    {
        Sensitivities figures;
        figures.text = "a text";
        figures.tokens = 1000;
        figures.tensors.resize(sampleModel()->tensors().size());
        const auto put = [&](const char* name, TensorSensitivity::State state, double kl) {
            figures.tensors[sampleModel()->indexOf(name).value()] = {state, TensorType::Q3_K, kl, state == TensorSensitivity::State::Measured ? kl / 10 : 0,
                                                                     0.01, kl / 0.01};
        };
        put("blk.0.attn_q.weight", TensorSensitivity::State::Measured, 0.02);
        put("blk.1.attn_q.weight", TensorSensitivity::State::Measured, 0.005);
        put("blk.2.attn_q.weight", TensorSensitivity::State::Estimated, 0.01);
        return std::make_shared<const Sensitivities>(std::move(figures));
    }

private Q_SLOTS:
    void initTestCase() { QLocale::setDefault(QLocale::c()); }
    void init() { m_settings.clear(); }

    void theTable()
    {
        Document document;
        SensitivityModel table(document);
        const QAbstractItemModelTester tester(&table, QAbstractItemModelTester::FailureReportingMode::QtTest);
        document.setModel(sampleModel());
        QCOMPARE(table.rowCount(), 0);
        document.setSensitivities(invented());
        QCOMPARE(table.rowCount(), 3);
        QStringList rows;
        for (int row = 0; row < table.rowCount(); ++row)
            rows << table.index(row, SensitivityModel::Tensor).data().toString() + QLatin1Char(' ') + table.index(row, SensitivityModel::Divergence).data().toString()
                        + QLatin1Char(' ') + table.index(row, SensitivityModel::State).data().toString();
        QVERIFY(rows.contains(QStringLiteral("blk.0.attn_q.weight 0.02 measured")));
        QVERIFY(rows.contains(QStringLiteral("blk.2.attn_q.weight ≈ 0.01 estimated")));
        document.close();
        QCOMPARE(table.rowCount(), 0);
    }

    void aRowSelectsItsTensor()
    {
        Document document;
        document.setModel(sampleModel());
        SensitivityPage page(document);
        page.resize(700, 300);
        page.show();
        QVERIFY(page.findChild<QLabel*>(QStringLiteral("sensitivityHint"))->isVisible());
        document.setSensitivities(invented());
        QVERIFY(page.view().isVisible());
        // The largest stands first.
        const QModelIndex first = page.view().model()->index(0, SensitivityModel::Tensor);
        QCOMPARE(first.data().toString(), QStringLiteral("blk.0.attn_q.weight"));
        QTest::mouseClick(page.view().viewport(), Qt::LeftButton, {}, page.view().visualRect(first).center());
        QCOMPARE(document.currentTensor(), sampleModel()->indexOf("blk.0.attn_q.weight"));
    }

    // A page that is too narrow for both turns upright; one that is too low is scrolled. Neither makes the window grow.
    void theParts_data()
    {
        QTest::addColumn<QSize>("size");
        QTest::addColumn<Qt::Orientation>("orientation");
        QTest::newRow("wide") << QSize(1200, 500) << Qt::Horizontal;
        QTest::newRow("narrow") << QSize(400, 500) << Qt::Vertical;
        QTest::newRow("narrow and low") << QSize(400, 220) << Qt::Vertical;
    }
    void theParts()
    {
        QFETCH(QSize, size);
        QFETCH(Qt::Orientation, orientation);
        Document document;
        TaskList tasks;
        Evaluations evaluations(document, tasks);
        EvaluationPanel panel(evaluations);
        panel.resize(1200, 500);
        panel.show();
        document.setModel(sampleModel());
        settle(50);
        const auto* split = panel.findChild<FluidSplit*>();
        QCOMPARE(split->orientation(), Qt::Horizontal);
        panel.resize(size);
        settle(50);
        QCOMPARE(panel.size(), size);
        QCOMPARE(split->orientation(), orientation);
        QCOMPARE(split->horizontalScrollBar()->maximum(), 0); // up and down only
        QCOMPARE(split->verticalScrollBar()->maximum() > 0, orientation == Qt::Vertical);
        panel.resize(1200, 500);
        settle(50);
        QCOMPARE(split->orientation(), Qt::Horizontal);
        QCOMPARE(split->verticalScrollBar()->maximum(), 0);
    }

    void onTheMap()
    {
        Document document;
        document.setModel(sampleModel());
        ErrorMapPanel map(document);
        map.resize(900, 500);
        map.show();
        auto* measure = map.findChild<QComboBox*>(QStringLiteral("mapMeasure"));
        const int index = measure->findText(QStringLiteral("Sensitivity (KL)"));
        QVERIFY(index >= 0);
        measure->setCurrentIndex(index);
        Q_EMIT measure->activated(index);
        auto* state = map.findChild<QLabel*>(QStringLiteral("mapState"));
        QVERIFY(state->text().startsWith(QStringLiteral("Not measured yet")));
        MapSource& source = map.source();
        const auto field = source.fieldOf(sampleModel()->indexOf("blk.0.attn_q.weight").value());
        const auto estimated = source.fieldOf(sampleModel()->indexOf("blk.2.attn_q.weight").value());
        QVERIFY(field && estimated);
        QVERIFY(!source.value(*field).isKnown());
        document.setSensitivities(invented());
        QCOMPARE(source.value(*field).quality, PairError::Quality::Exact);
        QCOMPARE(source.valueText(source.value(*field)), QStringLiteral("0.02"));
        QCOMPARE(source.valueText(source.value(*estimated)), QStringLiteral("≈ 0.01"));
        QVERIFY(source.description(*field).contains(QStringLiteral("when written as Q3_K (95 % interval")));
        QVERIFY(source.description(*estimated).contains(QStringLiteral("estimated")));
        QVERIFY2(state->text().contains(QStringLiteral("a text")), qPrintable(state->text()));
        QVERIFY(map.csv().contains(QStringLiteral("sensitivity")));
    }

    void measuredWithAClick()
    {
        Document document;
        TaskList tasks;
        Evaluations evaluations(document, tasks);
        EvaluationPanel panel(evaluations);
        panel.resize(900, 560);
        panel.show();
        document.setModel(sampleModel());
        QTRY_VERIFY(evaluations.readiness().isKnown);
        panel.text().setFile(heldOutText());
        panel.findChild<QSpinBox*>(QStringLiteral("evaluationContext"))->setValue(64);
        panel.findChild<QSpinBox*>(QStringLiteral("evaluationWindows"))->setValue(2);
        auto* unit = panel.findChild<QComboBox*>(QStringLiteral("sensitivityUnit"));
        unit->setCurrentIndex(unit->findData(static_cast<int>(SensitivityUnit::Layer)));
        QTest::mouseClick(panel.findChild<QPushButton*>(QStringLiteral("measureSensitivity")), Qt::LeftButton);
        QVERIFY(evaluations.isRunning());
        QTRY_VERIFY_WITH_TIMEOUT(!evaluations.isRunning(), longest);
        m_measured = document.sensitivities();
        QVERIFY(m_measured != nullptr);
        QCOMPARE(m_measured->unit, SensitivityUnit::Layer);
        QCOMPARE(m_measured->chunks, std::uint64_t{2});
        QVERIFY(m_measured->count(TensorSensitivity::State::Measured) > 20);
        QVERIFY(panel.sensitivity().view().isVisible());
    }

    void measuredWithTheImportanceThatIsLoaded()
    {
        Document document;
        FitContext context(document);
        TaskList tasks;
        Evaluations evaluations(document, tasks);
        EvaluationPanel panel(evaluations);
        panel.resize(900, 560);
        panel.show();
        document.setModel(sampleModel());
        const auto importance = std::make_shared<const ImportanceMatch>(quantlathe::test::inventedImportance(*sampleModel()), sampleModel());
        document.setImportance(importance);
        QTRY_VERIFY(evaluations.readiness().isKnown);
        panel.text().setFile(heldOutText());
        panel.findChild<QSpinBox*>(QStringLiteral("evaluationContext"))->setValue(32);
        panel.findChild<QSpinBox*>(QStringLiteral("evaluationWindows"))->setValue(1);
        QTest::mouseClick(panel.findChild<QPushButton*>(QStringLiteral("measureSensitivity")), Qt::LeftButton);
        QTRY_VERIFY_WITH_TIMEOUT(!evaluations.isRunning(), longest);
        QVERIFY(document.sensitivities() != nullptr);
        QCOMPARE(document.sensitivities()->importance, importance->importance()->hash());
        // Fits use them while these data are loaded, and only then.
        FitDialog dialog(context);
        dialog.show();
        auto* measured = dialog.findChild<QCheckBox*>(QStringLiteral("fitMeasuredWeights"));
        QVERIFY(measured->isEnabled());
        QVERIFY(!context.inputs().weights().isProxy);
        document.setImportance(nullptr);
        QVERIFY(!measured->isEnabled());
        QVERIFY2(measured->text().contains(QStringLiteral("not with these importance data")), qPrintable(measured->text()));
        QVERIFY(context.inputs().weights().isProxy);
        document.setImportance(importance);
        QVERIFY(measured->isEnabled());
    }

    void keptInAFile()
    {
        if (!m_measured)
            QSKIP("nothing was measured");
        Document document;
        document.setModel(sampleModel());
        SensitivityPage page(document);
        document.setSensitivities(m_measured);
        const QString file = QString::fromStdString((m_folder / "sensitivity.json").string());
        QCOMPARE(page.saveTo(file), QString());
        document.setSensitivities(nullptr);
        QCOMPARE(page.loadFrom(file), QString());
        QCOMPARE(*document.sensitivities(), *m_measured);
        QVERIFY(!page.loadFrom(heldOutText()).isEmpty());
    }

    void aFitWeighsByThem()
    {
        if (!m_measured)
            QSKIP("nothing was measured");
        Document document;
        FitContext context(document);
        document.setModel(sampleModel());
        FitDialog dialog(context);
        dialog.show();
        auto* measured = dialog.findChild<QCheckBox*>(QStringLiteral("fitMeasuredWeights"));
        QVERIFY(!measured->isEnabled());
        QTRY_VERIFY_WITH_TIMEOUT(dialog.result().has_value(), longest);
        auto* summary = dialog.findChild<QLabel*>(QStringLiteral("fitSummary"));
        QVERIFY(summary->text().contains(QStringLiteral("proxy")));
        document.setSensitivities(m_measured);
        QVERIFY(measured->isEnabled());
        QVERIFY(measured->isChecked());
        QTRY_VERIFY_WITH_TIMEOUT(summary->text().contains(QStringLiteral("weighed as measured on heldout.txt")), longest);
        QTest::mouseClick(measured, Qt::LeftButton, {}, {10, measured->height() / 2});
        QVERIFY(!measured->isChecked());
        QTRY_VERIFY_WITH_TIMEOUT(summary->text().contains(QStringLiteral("proxy")), longest);
        // The choice is kept for the curve once a plan is adopted.
        QTRY_VERIFY_WITH_TIMEOUT(dialog.result().has_value(), longest);
        QTest::mouseClick(dialog.findChild<QPushButton*>(QStringLiteral("fitAdopt")), Qt::LeftButton);
        QVERIFY(!context.isUsingSensitivities());
        QVERIFY(context.inputs().weights().isProxy);
        context.setUsingSensitivities(true);
        QVERIFY(!context.inputs().weights().isProxy);
    }
};

QTEST_MAIN(TestSensitivity)
#include "tst_sensitivity_page.moc"
