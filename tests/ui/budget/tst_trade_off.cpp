// SPDX-License-Identifier: GPL-3.0-or-later
// The trade-off dock with clicks and keys on the sample model.
#include "core/formats/open.h"
#include "core/plan/presets.h"
#include "ui/budget/fit_context.h"
#include "ui/budget/trade_off_panel.h"
#include "ui/ui_test_support.h"

#include <QLabel>
#include <QProgressBar>
#include <QPushButton>

using namespace quantlathe;
using namespace quantlathe::ui;
using namespace quantlathe::ui::test;

class TestTradeOff : public QObject
{
    Q_OBJECT

    IsolatedSettings m_settings;
    std::shared_ptr<const Model> m_sample = openModel(quantlathe::test::resource("sample/quantlathe-sample-f16.gguf"));

    struct Shown
    {
        Document document;
        FitContext context{document};
        TradeOffPanel panel{context};
        explicit Shown(const std::shared_ptr<const Model>& model)
        {
            document.setModel(model);
            panel.resize(800, 500);
            panel.show();
        }
        [[nodiscard]] QString readout() const { return panel.findChild<QLabel*>(QStringLiteral("tradeOffReadout"))->text(); }
        void click(const QPointF& position) { QTest::mouseClick(&panel.plot(), Qt::LeftButton, {}, position.toPoint()); }
    };

private Q_SLOTS:
    void saysWhyThereIsNoCurve()
    {
        Document document;
        FitContext context(document);
        TradeOffPanel panel(context);
        panel.show();
        QVERIFY(!panel.isShowingCurve());
        QVERIFY(panel.findChild<QLabel*>(QStringLiteral("tradeOffHint"))->text().startsWith(QLatin1String("Open a model")));
        document.setModel(m_sample);
        QTRY_VERIFY(panel.findChild<QLabel*>(QStringLiteral("tradeOffHint"))->text().startsWith(QLatin1String("The curve appears"))
                    || panel.isShowingCurve());
        QTRY_VERIFY_WITH_TIMEOUT(panel.isShowingCurve(), 60'000);
        QVERIFY(!panel.findChild<QProgressBar*>(QStringLiteral("tradeOffProgress"))->isVisible());
        document.close();
        QVERIFY(!panel.isShowingCurve());
        QVERIFY(panel.findChild<QLabel*>(QStringLiteral("tradeOffHint"))->text().startsWith(QLatin1String("Open a model")));
    }

    void aClickAdoptsThePlan()
    {
        Shown shown(m_sample);
        QTRY_VERIFY_WITH_TIMEOUT(shown.panel.isShowingCurve(), 60'000);
        TradeOffPlot& plot = shown.panel.plot();
        QTest::qWait(50);
        // A point away from the presets, so that the click can only mean the curve.
        std::optional<std::size_t> lonely;
        for (std::size_t index = 5; index + 5 < plot.tradeOff()->curve.size() && !lonely; ++index) {
            const QPointF position = plot.positionOf(plot.tradeOff()->curve[index]);
            const bool isAlone = std::none_of(plot.tradeOff()->presets.begin(), plot.tradeOff()->presets.end(), [&](const PresetPoint& preset) {
                return (plot.positionOf(preset.result) - position).manhattanLength() < 25;
            });
            if (isAlone)
                lonely = index;
        }
        QVERIFY(lonely);
        const QPointF position = plot.positionOf(plot.tradeOff()->curve[*lonely]);
        QVERIFY(plot.tipAt(position).startsWith(QLatin1String("Best plan within")));
        QVERIFY(plot.tipAt(QPointF(position.x(), plot.axisRect()->bottom() - 2)).isEmpty());
        shown.click(position);
        QVERIFY(plot.cursor() && !plot.cursor()->isPreset);
        const FitResult chosen = plot.resultAt(*plot.cursor());
        QCOMPARE(shown.document.memoryEstimate().fileBytes, chosen.fileBytes);
        QCOMPARE(shown.document.undoStack().count(), 1);
        QVERIFY(shown.readout().startsWith(QLatin1String("Best plan within")));
        // The plan is a point now, with a tip of its own.
        QVERIFY(plot.tipAt(position).startsWith(QLatin1String("This plan")));
        shown.document.undoStack().undo();
        QCOMPARE(shown.document.plan(), Plan());
        // A click on nothing changes nothing.
        shown.click(QPointF(position.x(), plot.axisRect()->bottom() - 2));
        QCOMPARE(shown.document.undoStack().index(), 0);
    }

    void presetsArePointsToo()
    {
        Shown shown(m_sample);
        QTRY_VERIFY_WITH_TIMEOUT(shown.panel.isShowingCurve(), 60'000);
        TradeOffPlot& plot = shown.panel.plot();
        QTest::qWait(50);
        const auto& presets = plot.tradeOff()->presets;
        const auto four = std::find_if(presets.begin(), presets.end(), [](const PresetPoint& preset) { return preset.id == "Q4_K_M"; });
        QVERIFY(four != presets.end() && four->isAllowed);
        const QString tip = plot.tipAt(plot.positionOf(four->result));
        QVERIFY2(tip.startsWith(QLatin1String("Q4_K_M, ")), qPrintable(tip));
        QVERIFY(tip.contains(QLatin1String("the best plan of this size has")));
        shown.click(plot.positionOf(four->result));
        QCOMPARE(QString::fromStdString(shown.document.plan().preset), QStringLiteral("Q4_K_M"));
        QCOMPARE(shown.document.undoStack().undoText(), QStringLiteral("Apply preset Q4_K_M"));
    }

    void keysDoTheSame()
    {
        Shown shown(m_sample);
        QTRY_VERIFY_WITH_TIMEOUT(shown.panel.isShowingCurve(), 60'000);
        TradeOffPlot& plot = shown.panel.plot();
        plot.setFocus();
        auto& adopt = *shown.panel.findChild<QPushButton*>(QStringLiteral("tradeOffAdopt"));
        QVERIFY(!adopt.isEnabled());
        QTest::keyClick(&plot, Qt::Key_Return); // nothing is marked yet
        QCOMPARE(shown.document.undoStack().count(), 0);
        QTest::keyClick(&plot, Qt::Key_Left);
        QVERIFY(plot.cursor() && !plot.cursor()->isPreset);
        const std::size_t start = plot.cursor()->index;
        QTest::keyClick(&plot, Qt::Key_Left);
        QTest::keyClick(&plot, Qt::Key_Left);
        QCOMPARE(plot.cursor()->index, start - 2);
        QTest::keyClick(&plot, Qt::Key_Right);
        QCOMPARE(plot.cursor()->index, start - 1);
        QTest::keyClick(&plot, Qt::Key_Return);
        QCOMPARE(shown.document.memoryEstimate().fileBytes, plot.tradeOff()->curve[start - 1].fileBytes);
        QTest::keyClick(&plot, Qt::Key_PageDown);
        QVERIFY(plot.cursor()->isPreset);
        const std::size_t preset = plot.cursor()->index;
        QVERIFY(plot.tradeOff()->presets[preset].result.fileBytes <= plot.tradeOff()->curve[start - 1].fileBytes);
        QTest::keyClick(&plot, Qt::Key_PageUp);
        QCOMPARE(plot.cursor()->index, preset + 1);
        QTest::mouseClick(&adopt, Qt::LeftButton);
        QCOMPARE(shown.document.plan().preset, std::string(plot.tradeOff()->presets[preset + 1].id));
        QCOMPARE(shown.document.undoStack().count(), 2);
    }

    void followsPlanAndConstraints()
    {
        Shown shown(m_sample);
        QTRY_VERIFY_WITH_TIMEOUT(shown.panel.isShowingCurve(), 60'000);
        TradeOffPlot& plot = shown.panel.plot();
        shown.document.setPlan(planFromPreset(*m_sample, *findPreset("Q3_K_M"), {}), QStringLiteral("preset"));
        const auto& presets = plot.tradeOff()->presets;
        const auto three = std::find_if(presets.begin(), presets.end(), [](const PresetPoint& preset) { return preset.id == "Q3_K_M"; });
        QVERIFY(plot.tipAt(plot.positionOf(three->result)).startsWith(QLatin1String("This plan")));
        FitConstraints constraints;
        constraints.allowed = {TensorType::Q4_K, TensorType::Q8_0};
        shown.context.setConstraints(constraints);
        QTRY_VERIFY_WITH_TIMEOUT(plot.tradeOff()->curve.front().bitsPerWeight > 4.4, 20'000);
        QVERIFY(shown.panel.isShowingCurve());
        constraints.minimumByRole[TensorRole::Output] = TensorType::F16;
        shown.context.setConstraints(constraints);
        QTRY_VERIFY_WITH_TIMEOUT(!shown.panel.isShowingCurve(), 20'000);
        const QString hint = shown.panel.findChild<QLabel*>(QStringLiteral("tradeOffHint"))->text();
        QVERIFY2(hint.contains(QLatin1String("None of the allowed types")), qPrintable(hint));
    }

    void closingWhileSolvingIsSafe()
    {
        for (int round = 0; round < 6; ++round) {
            Shown shown(m_sample);
            QTest::qWait(round * 40);
        }
    }
};

QTEST_MAIN(TestTradeOff)
#include "tst_trade_off.moc"
