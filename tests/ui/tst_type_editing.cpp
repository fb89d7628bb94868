// SPDX-License-Identifier: GPL-3.0-or-later
// Choosing types and filtering as a person does: with clicks and keys.
#include "ui/document.h"
#include "ui/tree/tensor_filter_model.h"
#include "ui/tree/tensor_tree_model.h"
#include "ui/tree/tensor_tree_panel.h"
#include "ui_test_support.h"

#include <QCheckBox>
#include <QComboBox>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QTreeView>

using namespace quantlathe;
using namespace quantlathe::ui;
using namespace quantlathe::ui::test;

class TestTypeEditing : public QObject
{
    Q_OBJECT

    IsolatedSettings m_settings;
    quantlathe::test::ScratchFolder m_folder;
    Document* m_document = nullptr;
    TensorTreePanel* m_panel = nullptr;

    [[nodiscard]] QModelIndex cell(const char* tensor, int column = TensorTreeModel::ChosenType) const
    {
        const auto index = m_document->model()->indexOf(tensor).value();
        return m_panel->filter().mapFromSource(m_panel->model().indexOfTensor(index, column));
    }
    [[nodiscard]] TensorType chosen(const char* tensor) const
    {
        return m_document->effectiveChoice(m_document->model()->indexOf(tensor).value()).type;
    }
    void click(const QModelIndex& index, Qt::KeyboardModifiers modifiers = {})
    {
        m_panel->view().scrollTo(index);
        QTest::mouseClick(m_panel->view().viewport(), Qt::LeftButton, modifiers, m_panel->view().visualRect(index).center());
    }
    QComboBox* editor()
    {
        const auto editors = m_panel->view().viewport()->findChildren<QComboBox*>();
        return editors.isEmpty() ? nullptr : editors.constLast();
    }

private Q_SLOTS:
    void init()
    {
        m_document = new Document;
        m_panel = new TensorTreePanel(*m_document);
        m_panel->resize(1200, 700);
        m_document->setModel(makeModel(m_folder, smallModelSpec()));
        m_panel->show();
        QVERIFY(QTest::qWaitForWindowActive(m_panel));
    }

    void cleanup()
    {
        delete m_panel;
        delete m_document;
    }

    void aDoubleClickOpensTheList()
    {
        const QModelIndex index = cell("blk.0.attn_q.weight");
        click(index);
        QTest::mouseDClick(m_panel->view().viewport(), Qt::LeftButton, {}, m_panel->view().visualRect(index).center());
        QTRY_VERIFY(editor());
        QComboBox* combo = editor();
        QTRY_VERIFY(combo->view()->isVisible());
        QVERIFY(combo->itemText(0).contains(QStringLiteral("F32")));
        const int row = combo->findData(static_cast<int>(TensorType::Q6_K));
        QVERIFY(row > 0);
        const QModelIndex item = combo->model()->index(row, 0);
        combo->view()->scrollTo(item);
        QTest::mouseClick(combo->view()->viewport(), Qt::LeftButton, {}, combo->view()->visualRect(item).center());
        QTRY_COMPARE(chosen("blk.0.attn_q.weight"), TensorType::Q6_K);
        QTRY_VERIFY(!editor());
        QCOMPARE(m_document->undoStack().undoText(), QStringLiteral("Set blk.0.attn_q.weight to Q6_K"));
        QCOMPARE(index.data().toString(), QStringLiteral("Q6_K"));
    }

    void theKeyboardAloneIsEnough()
    {
        click(cell("blk.1.attn_v.weight"));
        QTest::keyClick(&m_panel->view(), Qt::Key_F2);
        QTRY_VERIFY(editor() && editor()->view()->isVisible());
        QTest::keyClicks(editor()->view(), QStringLiteral("Q8_0"));
        QTest::keyClick(editor()->view(), Qt::Key_Return);
        QTRY_COMPARE(chosen("blk.1.attn_v.weight"), TensorType::Q8_0);
        QTRY_VERIFY(m_panel->view().hasFocus());
    }

    void escapeLeavesEverything()
    {
        click(cell("blk.1.attn_v.weight"));
        QTest::keyClick(&m_panel->view(), Qt::Key_F2);
        QTRY_VERIFY(editor() && editor()->view()->isVisible());
        QTest::keyClick(editor()->view(), Qt::Key_Down);
        QTest::keyClick(editor()->view(), Qt::Key_Escape);
        QTRY_VERIFY(!editor() || !editor()->view()->isVisible());
        QCOMPARE(m_document->undoStack().count(), 0);
    }

    void theListTellsFallbacksBeforehand()
    {
        click(cell("blk.0.ffn_down.weight"));
        QTest::keyClick(&m_panel->view(), Qt::Key_F2);
        QTRY_VERIFY(editor());
        const int row = editor()->findData(static_cast<int>(TensorType::Q4_K));
        QCOMPARE(editor()->itemText(row), QStringLiteral("Q4_K (written as Q5_0)"));
        QVERIFY(editor()->itemData(row, Qt::ToolTipRole).toString().contains(QStringLiteral("96")));
        QTest::keyClick(editor()->view(), Qt::Key_Escape);
    }

    void oneEditForTheWholeSelection()
    {
        click(cell("blk.0.attn_q.weight", TensorTreeModel::Name));
        click(cell("blk.1.attn_q.weight", TensorTreeModel::Name), Qt::ControlModifier);
        QCOMPARE(m_document->selection().size(), std::size_t{2});
        m_panel->model().setData(m_panel->model().indexOfTensor(m_document->selection().back(), TensorTreeModel::ChosenType),
                                 static_cast<int>(TensorType::Q5_K));
        QCOMPARE(chosen("blk.0.attn_q.weight"), TensorType::Q5_K);
        QCOMPARE(chosen("blk.1.attn_q.weight"), TensorType::Q5_K);
        QCOMPARE(m_document->undoStack().count(), 1);
    }

    void aLayerSelectsItsTensors()
    {
        const QModelIndex layer = m_panel->filter().index(1, 0);
        click(layer);
        QCOMPARE(m_document->selection(), m_document->tensorsOfLayer(0));
        QVERIFY(!m_document->currentTensor());
    }

    void theDocumentSelectsInTheView()
    {
        m_document->setSelection({2, 6}, 6);
        QCOMPARE(m_panel->view().selectionModel()->selectedRows().size(), 2);
        QCOMPARE(m_panel->view().currentIndex().siblingAtColumn(0).data().toString(), QStringLiteral("blk.1.attn_q.weight"));
        QCOMPARE(m_document->selection(), (TensorIndices{2, 6}));
    }

    void menuActions_data()
    {
        QTest::addColumn<int>("submenu");
        QTest::addColumn<QString>("undoText");
        QTest::addColumn<int>("changed");
        QTest::newRow("selection") << 0 << QStringLiteral("Set blk.0.attn_q.weight to Q8_0") << 1;
        QTest::newRow("layer") << 1 << QStringLiteral("Set layer 0 to Q8_0") << 3;
        QTest::newRow("role") << 2 << QStringLiteral("Set “Attention query” in all layers to Q8_0") << 2;
    }

    void menuActions()
    {
        QFETCH(int, submenu);
        QFETCH(QString, undoText);
        QFETCH(int, changed);
        click(cell("blk.0.attn_q.weight", TensorTreeModel::Name));
        QMenu menu;
        m_panel->addEditActions(menu);
        QMenu* types = menu.actions().at(submenu)->menu();
        QVERIFY(types);
        const auto actions = types->actions();
        const auto found = std::find_if(actions.begin(), actions.end(), [](QAction* action) { return action->text() == QStringLiteral("Q8_0"); });
        QVERIFY(found != actions.end());
        (*found)->trigger();
        QCOMPARE(m_document->undoStack().undoText(), undoText);
        int count = 0;
        for (std::size_t tensor = 0; tensor < m_document->tensorCount(); ++tensor)
            count += m_document->effectiveChoice(tensor).type == TensorType::Q8_0;
        QCOMPARE(count, changed);
    }

    void headersSortAndKeepTheSelection()
    {
        click(cell("blk.1.attn_q.weight", TensorTreeModel::Name));
        click(cell("blk.1.attn_norm.weight", TensorTreeModel::Name), Qt::ControlModifier);
        const TensorIndices selection = m_document->selection();
        QHeaderView* header = m_panel->view().header();
        const auto clickHeader = [&] {
            const int column = TensorTreeModel::BytesBefore;
            QTest::mouseClick(header->viewport(), Qt::LeftButton, {},
                              {header->sectionViewportPosition(column) + header->sectionSize(column) / 2, header->height() / 2});
        };
        const auto first = [&] { return m_panel->filter().index(0, 0, m_panel->filter().index(1, 0)).data().toString(); };
        clickHeader();
        QVERIFY(first().endsWith(QStringLiteral("attn_norm.weight")));
        clickHeader();
        QVERIFY(first().endsWith(QStringLiteral("attn_q.weight")));
        QCOMPARE(m_document->selection(), selection);
        QCOMPARE(m_panel->view().selectionModel()->selectedRows().size(), 2);
        clickHeader(); // back to the file's order
        QCOMPARE(m_panel->filter().index(0, 0).data().toString(), QStringLiteral("Global"));
        // Sorted by size, a row moves to its new place once the edit has settled.
        header->setSortIndicator(TensorTreeModel::BytesAfter, Qt::DescendingOrder);
        QCOMPARE(m_panel->filter().index(0, 0).data().toString(), QStringLiteral("Layer 0"));
        m_document->setType(m_document->tensorsOfLayer(0), TensorType::Q4_0, QStringLiteral("Set"));
        QTRY_COMPARE(m_panel->filter().index(0, 0).data().toString(), QStringLiteral("Layer 1"));
    }

    void theFilterWaitsForTheTyping()
    {
        auto* edit = m_panel->findChild<QLineEdit*>(QStringLiteral("tensorFilter"));
        auto* state = m_panel->findChild<QLabel*>(QStringLiteral("tensorFilterState"));
        m_panel->focusFilter();
        QTest::keyClicks(edit, QStringLiteral("attn_q"));
        QCOMPARE(m_panel->filter().visibleTensors(), 10);
        QTRY_COMPARE(m_panel->filter().visibleTensors(), 2);
        QCOMPARE(state->text(), QStringLiteral("2 of 10"));
        // A layer now stands for what is visible of it.
        click(m_panel->filter().index(0, 0));
        QCOMPARE(m_document->selection(), (TensorIndices{2}));
        QTest::keyClick(edit, Qt::Key_A, Qt::ControlModifier);
        QTest::keyClick(edit, Qt::Key_Delete);
        QTRY_COMPARE(m_panel->filter().visibleTensors(), 10);
        QVERIFY(!state->isVisible());
    }

    void aBrokenExpressionIsShown()
    {
        auto* edit = m_panel->findChild<QLineEdit*>(QStringLiteral("tensorFilter"));
        auto* regex = m_panel->findChild<QCheckBox*>(QStringLiteral("tensorFilterRegex"));
        auto* state = m_panel->findChild<QLabel*>(QStringLiteral("tensorFilterState"));
        QTest::mouseClick(regex, Qt::LeftButton, {}, QPoint(6, regex->height() / 2));
        QVERIFY(regex->isChecked());
        m_panel->focusFilter();
        QTest::keyClicks(edit, QStringLiteral("blk.1"));
        QTest::keyClick(edit, Qt::Key_Return);
        QCOMPARE(m_panel->filter().visibleTensors(), 4);
        QTest::keyClicks(edit, QStringLiteral("(("));
        QTest::keyClick(edit, Qt::Key_Return);
        QCOMPARE(m_panel->filter().visibleTensors(), 4);
        QVERIFY(state->isVisible());
        QCOMPARE(state->text(), QStringLiteral("Not a regular expression"));
        QVERIFY(!state->toolTip().isEmpty());
    }
};

QTEST_MAIN(TestTypeEditing)
#include "tst_type_editing.moc"
