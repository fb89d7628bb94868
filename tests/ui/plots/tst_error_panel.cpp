// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/parts/facts_table.h"
#include "ui/plots/error_panel.h"
#include "ui/plots/row_error_plot.h"
#include "ui/text.h"
#include "ui/ui_test_support.h"

#include <QAction>
#include <QApplication>
#include <QClipboard>
#include <QLabel>

using namespace quantlathe;
using namespace quantlathe::ui;
using namespace quantlathe::ui::test;

class TestErrorPanel : public QObject
{
    Q_OBJECT

    IsolatedSettings m_settings;
    quantlathe::test::ScratchFolder m_folder;

    static QString text(const QWidget& panel, const char* name) { return panel.findChild<QLabel*>(QLatin1String(name))->text(); }
    static bool shows(const QWidget& panel, const char* name) { return panel.findChild<QWidget*>(QLatin1String(name))->isVisible(); }

private Q_SLOTS:
    void saysWhyThereIsNoError()
    {
        Document document;
        ErrorPanel panel(document);
        panel.show();
        QVERIFY(text(panel, "errorHint").startsWith(QLatin1String("Open a model")));
        document.setModel(makeModel(m_folder, smallModelSpec()));
        QTRY_VERIFY(text(panel, "errorHint").startsWith(QLatin1String("Select")));
        document.setSelection({2}, 2);
        QTRY_VERIFY(text(panel, "errorHint").startsWith(QLatin1String("Kept as stored")));
        document.setType({2}, TensorType::Q8_1, QStringLiteral("edit"));
        QTRY_VERIFY(text(panel, "errorHint").startsWith(QLatin1String("Q8_1 cannot be written")));
        QVERIFY(shows(panel, "errorHint"));
        QVERIFY(text(panel, "errorTrust").isEmpty());
    }

    void figuresAndRowsOfATensor()
    {
        Document document;
        document.setModel(makeModel(m_folder, smallModelSpec()));
        document.setSelection({2}, 2);
        document.setType({2}, TensorType::Q4_0, QStringLiteral("edit"));
        ErrorPanel panel(document);
        panel.resize(500, 700);
        panel.show();
        QTRY_VERIFY(panel.plot().isVisible());
        QTRY_COMPARE(text(panel, "errorTrust"), QStringLiteral("Exact"));
        const ErrorSums sums = measureError(document.model()->tensors()[2], TensorType::Q4_0, {}, {}).total;
        const auto& facts = panel.facts().facts().facts();
        QCOMPARE(facts[0].value, relativeErrorText(sums.relativeRms()));
        QCOMPARE(facts[1].value, QStringLiteral("no importance data"));
        QVERIFY(facts[2].value.endsWith(QLatin1String(" dB")));
        QVERIFY(facts[4].value.toDouble() > 0.99 && facts[4].value.toDouble() < 1);
        QCOMPARE(facts[5].value, QStringLiteral("Q4_0"));
        QCOMPARE(panel.plot().rowCount(), 256u);
        // Another type: other rows. Undo: the first ones again, without measuring.
        document.setType({2}, TensorType::Q8_0, QStringLiteral("edit"));
        QTRY_COMPARE(panel.facts().facts().facts()[5].value, QStringLiteral("Q8_0"));
        QTRY_VERIFY(panel.plot().isVisible() && !panel.rowJob().isRunning());
        document.undoStack().undo();
        QTRY_COMPARE(panel.facts().facts().facts()[0].value, relativeErrorText(sums.relativeRms()));
        QVERIFY(panel.plot().isVisible());
        panel.findChild<QAction*>(QStringLiteral("copyFigures"))->trigger();
        QVERIFY(QApplication::clipboard()->text().contains(QLatin1String("Signal to noise\t")));
    }

    void severalTensorsTogether()
    {
        Document document;
        document.setModel(makeModel(m_folder, smallModelSpec()));
        document.setType({2, 3}, TensorType::Q8_0, QStringLiteral("edit"));
        document.setSelection(document.tensorsOfLayer(0), std::nullopt);
        ErrorPanel panel(document);
        panel.show();
        QTRY_COMPARE(text(panel, "errorTrust"), QStringLiteral("Exact"));
        ErrorSums sums = measureError(document.model()->tensors()[2], TensorType::Q8_0, {}, {}).total;
        sums.add(measureError(document.model()->tensors()[3], TensorType::Q8_0, {}, {}).total);
        const auto& facts = panel.facts().facts().facts();
        QCOMPARE(facts[0].value, relativeErrorText(sums.relativeRms()));
        QCOMPARE(facts[6].value, exactCountText(65536 + 16384));
        QCOMPARE(facts[7].value, exactCountText(256 + 24576)); // attn_norm and ffn_down stay
        QVERIFY(shows(panel, "rowErrorHint"));
    }

    void closingWhileMeasuringIsSafe()
    {
        for (int round = 0; round < 10; ++round) {
            Document document;
            document.setModel(makeModel(m_folder, smallModelSpec()));
            document.setSelection({2}, 2);
            document.setType(document.allTensors(), TensorType::Q5_1, QStringLiteral("edit"));
            ErrorPanel panel(document);
            panel.show();
            QTest::qWait(round % 4);
        }
    }
};

QTEST_MAIN(TestErrorPanel)
#include "tst_error_panel.moc"
