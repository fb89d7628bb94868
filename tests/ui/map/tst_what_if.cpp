// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/map/what_if_model.h"
#include "ui/map/what_if_panel.h"
#include "ui/text.h"
#include "ui/ui_test_support.h"

#include <QAbstractItemModelTester>
#include <QLabel>
#include <QTableView>

using namespace quantlathe;
using namespace quantlathe::ui;
using namespace quantlathe::ui::test;

class TestWhatIf : public QObject
{
    Q_OBJECT

    IsolatedSettings m_settings;
    quantlathe::test::ScratchFolder m_folder;

    std::shared_ptr<const Model> model()
    {
        return makeModel(m_folder, {{"blk.0.attn_q.weight", {64, 256}}, {"blk.0.ffn_down.weight", {64, 96}}, {"blk.0.attn_norm.weight", {256}}});
    }

    static int rowOf(const WhatIfModel& table, std::optional<TensorType> type)
    {
        for (int row = 0; row < table.rowCount(); ++row) {
            if (table.typeAt(row) == type)
                return row;
        }
        return -1;
    }
    static QModelIndex cellOf(const QAbstractItemModel& view, const QString& type, int column)
    {
        for (int row = 0; row < view.rowCount(); ++row) {
            if (view.index(row, WhatIfModel::Type).data().toString() == type)
                return view.index(row, column);
        }
        return {};
    }

private Q_SLOTS:
    void everyTypeWithItsPrice()
    {
        Document document;
        WhatIfModel table(document);
        const QAbstractItemModelTester tester(&table, QAbstractItemModelTester::FailureReportingMode::QtTest);
        QCOMPARE(table.rowCount(), 0);
        document.setModel(model());
        QCOMPARE(table.rowCount(), 0);
        document.setSelection({0}, 0);
        QVERIFY(table.rowCount() > 25);
        const int q4 = rowOf(table, TensorType::Q4_K);
        QCOMPARE(table.index(q4, WhatIfModel::BitsPerWeight).data().toString(), QStringLiteral("4.50"));
        QCOMPARE(table.index(q4, WhatIfModel::Size).data().toString(), bytesText(64 * 144));
        QCOMPARE(table.index(q4, WhatIfModel::Change).data().toString(), QStringLiteral("−86 %"));
        QTRY_COMPARE_WITH_TIMEOUT(table.index(q4, WhatIfModel::RelativeError).data().toString(),
                                  relativeErrorText(measureError(document.model()->tensors()[0], TensorType::Q4_K, {}, {}).total.relativeRms()), 20000);
        QVERIFY(table.isCurrent(rowOf(table, std::nullopt)));
        QCOMPARE(table.index(rowOf(table, std::nullopt), WhatIfModel::RelativeError).data().toString(), QStringLiteral("0 %"));
        // Two tensors together; rows of 96 weights fall back.
        document.setSelection({0, 1}, std::nullopt);
        QCOMPARE(table.index(rowOf(table, TensorType::Q4_K), WhatIfModel::Type).data().toString(), QStringLiteral("Q4_K (falls back)"));
        QCOMPARE(table.index(rowOf(table, TensorType::Q4_K), WhatIfModel::Size).data().toString(), bytesText(64 * 144 + 64 * 3 * 22));
        // A norm is not for choosing.
        document.setSelection({2}, 2);
        QCOMPARE(table.rowCount(), 0);
    }

    void aClickAdopts()
    {
        Document document;
        document.setModel(model());
        WhatIfPanel panel(document);
        panel.resize(700, 600);
        panel.show();
        QVERIFY(panel.findChild<QLabel*>(QStringLiteral("whatIfHint"))->isVisible());
        document.setSelection({0}, 0);
        QVERIFY(panel.view().isVisible());
        QAbstractItemModel& rows = *panel.view().model();
        // The largest stands first.
        QCOMPARE(rows.index(0, WhatIfModel::BitsPerWeight).data().toString(), QStringLiteral("32.00"));
        const QModelIndex use = cellOf(rows, QStringLiteral("Q5_K"), WhatIfModel::Adopt);
        QCOMPARE(use.data().toString(), QStringLiteral("Use"));
        panel.view().scrollTo(use);
        QTest::mouseClick(panel.view().viewport(), Qt::LeftButton, {}, panel.view().visualRect(use).center());
        QCOMPARE(document.effectiveChoice(0).type, TensorType::Q5_K);
        QCOMPARE(cellOf(rows, QStringLiteral("Q5_K"), WhatIfModel::Adopt).data().toString(), QStringLiteral("chosen"));
        QVERIFY(cellOf(rows, QStringLiteral("Q5_K"), WhatIfModel::Type).data(WhatIfModel::IsCurrentRole).toBool());
        QCOMPARE(document.undoStack().count(), 1);
        // A click elsewhere only marks the row; Enter adopts it.
        const QModelIndex other = cellOf(rows, QStringLiteral("Q3_K"), WhatIfModel::Size);
        panel.view().scrollTo(other);
        QTest::mouseClick(panel.view().viewport(), Qt::LeftButton, {}, panel.view().visualRect(other).center());
        QCOMPARE(document.effectiveChoice(0).type, TensorType::Q5_K);
        QTest::keyClick(&panel.view(), Qt::Key_Return);
        QCOMPARE(document.effectiveChoice(0).type, TensorType::Q3_K);
        QCOMPARE(document.undoStack().count(), 2);
        document.undoStack().undo();
        document.undoStack().undo();
        QVERIFY(cellOf(rows, QStringLiteral("As stored"), WhatIfModel::Type).data(WhatIfModel::IsCurrentRole).toBool());
    }

    void hiddenItMeasuresNothing()
    {
        Document document;
        document.setModel(model());
        WhatIfPanel panel(document);
        document.setSelection({0}, 0);
        QCOMPARE(panel.model().rowCount(), 0);
        panel.show();
        QVERIFY(panel.model().rowCount() > 0);
        document.setModel(model());
        QCOMPARE(panel.model().rowCount(), 0);
    }
};

QTEST_MAIN(TestWhatIf)
#include "tst_what_if.moc"
