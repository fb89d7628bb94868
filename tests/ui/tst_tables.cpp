// SPDX-License-Identifier: GPL-3.0-or-later
// Every table copies and saves itself: the helper, and that each table and tree of the window has it.
#include "ui/budget/fit_context.h"
#include "ui/budget/fit_dialog.h"
#include "ui/compare/compare_window.h"
#include "ui/jobs/export_dialog.h"
#include "ui/parts/table_copy.h"
#include "ui/presets/preset_dialog.h"
#include "ui/tree/tensor_tree_panel.h"
#include "ui/window/main_window.h"
#include "ui_test_support.h"

#include <QAction>
#include <QApplication>
#include <QClipboard>
#include <QHeaderView>
#include <QRegularExpression>
#include <QSortFilterProxyModel>
#include <QStandardItemModel>
#include <QTableView>
#include <QTreeView>

using namespace quantlathe;
using namespace quantlathe::ui;
using namespace quantlathe::ui::test;

class TestTables : public QObject
{
    Q_OBJECT

    IsolatedSettings m_settings;
    quantlathe::test::ScratchFolder m_folder;

    static void fill(QStandardItemModel& model)
    {
        model.setHorizontalHeaderLabels({QStringLiteral("Name"), QStringLiteral("Hidden"), QStringLiteral("Size, total")});
        const auto add = [&model](const QString& name, const QString& text, double number) {
            auto* size = new QStandardItem(text);
            size->setData(number, csvRole);
            model.appendRow({new QStandardItem(name), new QStandardItem(QStringLiteral("x")), size});
        };
        add(QStringLiteral("plain"), QStringLiteral("1.5 KiB"), 1536.0);
        add(QStringLiteral("with, comma"), QStringLiteral("2.5 GiB"), 2684354560.5);
        add(QStringLiteral("a \"quote\"\nand a line"), QStringLiteral("1 B"), 1.0);
    }

    /// Tables and trees of @p window, and which of them do not copy and save themselves.
    static std::pair<int, QStringList> tablesOf(const QWidget& window)
    {
        int tables = 0;
        QStringList lacking;
        for (const auto* view : window.findChildren<QAbstractItemView*>()) {
            if (!qobject_cast<const QTableView*>(view) && !qobject_cast<const QTreeView*>(view))
                continue; // lists of combo boxes
            if (view->window() != &window || view->objectName().isEmpty() || view->objectName().startsWith(QLatin1String("qt_"))
                || view->objectName() == QLatin1String("fitRoles")) // a form: a combo box in each row
                continue;
            ++tables;
            bool copies = false;
            bool saves = false;
            for (const QAction* action : view->actions()) {
                copies = copies || action->shortcut() == QKeySequence::Copy;
                saves = saves || action->objectName().startsWith(QLatin1String("save"));
            }
            if (!copies || !saves || (view->contextMenuPolicy() != Qt::ActionsContextMenu && view->contextMenuPolicy() != Qt::CustomContextMenu))
                lacking << view->objectName();
        }
        return {tables, lacking};
    }

private Q_SLOTS:
    void csvIsWhatIsShown()
    {
        QStandardItemModel model;
        fill(model);
        QSortFilterProxyModel sorted;
        sorted.setSourceModel(&model);
        QTableView view;
        view.setModel(&sorted);
        view.verticalHeader()->hide();
        view.setColumnHidden(1, true);
        view.horizontalHeader()->moveSection(2, 0);
        sorted.sort(0, Qt::DescendingOrder);
        const QLocale before;
        QLocale::setDefault(QLocale(QLocale::German)); // no decimal comma in a file of commas
        const QString text = csvText(view);
        QLocale::setDefault(before);
        QCOMPARE(text, QStringLiteral("\"Size, total\",Name\r\n"
                                      "2684354560.5,\"with, comma\"\r\n"
                                      "1536,plain\r\n"
                                      "1,\"a \"\"quote\"\"\nand a line\"\r\n"));
        const QString file = QString::fromStdString((m_folder / "table.csv").string());
        QCOMPARE(saveCsv(view, file), QString());
        QFile saved(file);
        QVERIFY(saved.open(QIODevice::ReadOnly));
        QCOMPARE(saved.readAll(), "\xEF\xBB\xBF" + text.toUtf8());
        QVERIFY(saveCsv(view, QString::fromStdString((m_folder / "no/such/table.csv").string())).contains(QLatin1String("could not")));
    }

    void copyIsWhatIsSelected()
    {
        QStandardItemModel model;
        fill(model);
        QTableView view;
        view.setModel(&model);
        view.setColumnHidden(1, true);
        view.horizontalHeader()->moveSection(2, 0);
        addTableActions(view);
        view.show();
        QVERIFY(QTest::qWaitForWindowActive(&view));
        view.setFocus();
        view.selectRow(1);
        QTest::keyClick(&view, Qt::Key_C, Qt::ControlModifier);
        QCOMPARE(QApplication::clipboard()->text(), QStringLiteral("2.5 GiB\twith, comma"));
    }

    void treeKeepsParentsBeforeChildren()
    {
        QStandardItemModel model;
        model.setHorizontalHeaderLabels({QStringLiteral("Name")});
        for (const char* name : {"a", "b"}) {
            auto* parent = new QStandardItem(QLatin1String(name));
            parent->appendRow(new QStandardItem(QLatin1String(name) + QStringLiteral(".child")));
            model.appendRow(parent);
        }
        QTreeView view;
        view.setModel(&model);
        QCOMPARE(csvText(view), QStringLiteral("Name\r\na\r\na.child\r\nb\r\nb.child\r\n"));
        view.expandAll();
        view.setSelectionMode(QAbstractItemView::ExtendedSelection);
        view.selectAll();
        QCOMPARE(selectedText(view), QStringLiteral("a\na.child\nb\nb.child"));
    }

    void everyTableOfTheWindow()
    {
        MainWindow window;
        window.document().setModel(makeModel(m_folder, smallModelSpec()));
        const auto [tables, lacking] = tablesOf(window);
        QVERIFY2(lacking.isEmpty(), qPrintable(lacking.join(u' ')));
        QVERIFY(tables >= 8);
    }

    void everyTableOfTheDialogs()
    {
        MainWindow window;
        window.document().setModel(makeModel(m_folder, smallModelSpec()));
        PresetDialog presets(window.document(), &window);
        FitDialog fit(*window.findChild<FitContext*>(), &window);
        ExportDialog exports(window.document(), window.jobs(), &window);
        CompareWindow compare(window.document().model());
        for (const auto& [dialog, least] : std::initializer_list<std::pair<QWidget*, int>>{{&presets, 1}, {&fit, 1}, {&exports, 2}, {&compare, 3}}) {
            const auto [tables, lacking] = tablesOf(*dialog);
            QVERIFY2(lacking.isEmpty(), qPrintable(lacking.join(u' ')));
            QVERIFY2(tables >= least, dialog->metaObject()->className());
        }
        // Numbers, not texts with units.
        auto* view = presets.findChild<QTreeView*>(QStringLiteral("presetTable"));
        QTRY_VERIFY(csvText(*view).contains(QStringLiteral("\r\nQ8_0,")));
        QTRY_VERIFY2(QRegularExpression(QStringLiteral("\r\nQ8_0,[0-9]+,[0-9.]+,")).match(csvText(*view)).hasMatch(), qPrintable(csvText(*view)));
    }

    void tensorsAsNumbers()
    {
        MainWindow window;
        window.document().setModel(makeModel(m_folder, smallModelSpec()));
        const QStringList lines = csvText(window.tree().view()).split(QStringLiteral("\r\n"));
        const auto line = std::find_if(lines.begin(), lines.end(), [](const QString& text) { return text.startsWith(QLatin1String("blk.1.attn_q.weight")); });
        QVERIFY(line != lines.end());
        // Name, role, shape, stored, chosen, bits, bytes before and after (256 x 256 in F32), error.
        QCOMPARE(line->section(u',', 3, 8), QStringLiteral("F32,F32,32,262144,262144,0"));
    }
};

QTEST_MAIN(TestTables)
#include "tst_tables.moc"
