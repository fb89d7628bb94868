// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/open.h"
#include "core/jobs/made_model.h"
#include "ui/metadata/array_page.h"
#include "ui/metadata/array_page_model.h"
#include "ui/metadata/metadata_filter.h"
#include "ui/metadata/metadata_model.h"
#include "ui/metadata/metadata_panel.h"
#include "ui/ui_test_support.h"

#include <QAbstractItemModelTester>
#include <QApplication>
#include <QClipboard>
#include <QCheckBox>
#include <QComboBox>
#include <QDialog>
#include <QDialogButtonBox>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QRadioButton>
#include <QTableView>
#include <QTimer>
#include <QToolButton>

using namespace quantlathe;
using namespace quantlathe::ui;
using namespace quantlathe::ui::test;

class TestMetadataPanel : public QObject
{
    Q_OBJECT

    IsolatedSettings m_settings;
    quantlathe::test::ScratchFolder m_folder;

    std::shared_ptr<const Model> model(std::uint64_t tokens = 2500)
    {
        std::vector<std::string> vocabulary;
        for (std::uint64_t token = 0; token < tokens; ++token)
            vocabulary.push_back("token-" + std::to_string(token));
        vocabulary[7] = "line\nbreak\x01";
        Model::Contents contents;
        contents.path = m_folder / "weights.bin";
        contents.metadata.append("general.architecture", MetadataValue::ofString("llama"));
        contents.metadata.append("general.name", MetadataValue::ofString("A Test Model"));
        contents.metadata.append("llama.block_count", MetadataValue::ofU32(32));
        contents.metadata.append("tokenizer.chat_template", MetadataValue::ofString("{% for m in messages %}\n" + std::string(5000, 'x')));
        contents.metadata.append("tokenizer.ggml.tokens", MetadataValue::ofArray(MetadataArray::fromStrings(vocabulary)));
        contents.metadata.append("empty", MetadataValue::ofArray(MetadataArray::fromInts({})));
        return std::make_shared<const Model>(std::move(contents));
    }
    template <typename Widget>
    static Widget* find(QWidget& panel, const char* name) { return panel.findChild<Widget*>(QLatin1String(name)); }
    static void select(MetadataPanel& panel, int row) { panel.view().setCurrentIndex(panel.view().model()->index(row, 0)); }

private Q_SLOTS:
    void modelShowsEveryKey()
    {
        MetadataModel metadata;
        const QAbstractItemModelTester tester(&metadata, QAbstractItemModelTester::FailureReportingMode::QtTest);
        MetadataFilter filter;
        const QAbstractItemModelTester filterTester(&filter, QAbstractItemModelTester::FailureReportingMode::QtTest);
        filter.setSourceModel(&metadata);
        metadata.setModel(model());
        QCOMPARE(metadata.rowCount(), 6);
        QCOMPARE(treeText(metadata, {0, 1}).left(69), QStringLiteral("general.architecture | string\ngeneral.name | string\nllama.block_count"));
        QCOMPARE(metadata.index(4, 1).data().toString(), QStringLiteral("2,500 × string"));
        QVERIFY(!metadata.index(3, 2).data().toString().contains(QLatin1Char('\n')));
        QVERIFY(metadata.index(3, 2).data().toString().size() < 300);
        filter.setText(QStringLiteral("LLAMA arch"));
        QCOMPARE(filter.rowCount(), 1);
        filter.setText(QStringLiteral("xxxxxx")); // beyond what the table shows of the value
        QCOMPARE(filter.rowCount(), 1);
        filter.setText({});
        QCOMPARE(filter.rowCount(), 6);
        metadata.setModel(nullptr);
        QCOMPARE(filter.rowCount(), 0);
    }

    void arraysComeInPages()
    {
        ArrayPageModel page;
        const QAbstractItemModelTester tester(&page, QAbstractItemModelTester::FailureReportingMode::QtTest);
        page.setArray(std::get<MetadataArray>(model()->metadata().find("tokenizer.ggml.tokens")->value));
        QCOMPARE(page.pageCount(), 3u);
        QCOMPARE(page.rowCount(), 1000);
        QCOMPARE(page.index(7, 1).data().toString(), QStringLiteral("line\\nbreak\\u0001"));
        page.setPage(2);
        QCOMPARE(page.rowCount(), 500);
        QCOMPARE(page.index(499, 0).data().toString(), QStringLiteral("2499"));
        QCOMPARE(page.index(499, 1).data().toString(), QStringLiteral("token-2499"));
        page.setPage(99);
        QCOMPARE(page.page(), 2u);
        page.setArray({});
        QCOMPARE(page.rowCount(), 0);
    }

    void panelShowsAndFilters()
    {
        Document document;
        MetadataPanel panel(document);
        panel.resize(700, 600);
        panel.show();
        QVERIFY(!panel.view().isVisible());
        document.setModel(model());
        QVERIFY(panel.view().isVisible());
        select(panel, 3);
        QVERIFY(find<QPlainTextEdit>(panel, "metadataText")->toPlainText().size() > 5000);
        auto* filter = find<QLineEdit>(panel, "metadataFilter");
        QTest::keyClicks(filter, QStringLiteral("general"));
        QCOMPARE(panel.view().model()->rowCount(), 6); // not yet: the person is still typing
        QTRY_COMPARE(panel.view().model()->rowCount(), 2);
        QCOMPARE(find<QLabel>(panel, "metadataCount")->text(), QStringLiteral("2 of 6"));
        panel.view().setFocus();
        panel.view().selectRow(1);
        QTest::keyClick(&panel.view(), Qt::Key_C, Qt::ControlModifier);
        QCOMPARE(QApplication::clipboard()->text(), QStringLiteral("general.name\tstring\tA Test Model"));
        document.close();
        QVERIFY(!panel.view().isVisible());
    }

    void arrayDetailJumpsAndSearches()
    {
        Document document;
        document.setModel(model());
        MetadataPanel panel(document);
        panel.resize(700, 600);
        panel.show();
        select(panel, 4);
        auto* elements = find<QTableView>(panel, "arrayElements");
        QVERIFY(elements->isVisible());
        QCOMPARE(find<QLabel>(panel, "pageRange")->text(), QStringLiteral("0 to 999 of 2,500"));
        QTest::mouseClick(find<QToolButton>(panel, "nextPage"), Qt::LeftButton);
        QCOMPARE(find<QLabel>(panel, "pageRange")->text(), QStringLiteral("1,000 to 1,999 of 2,500"));
        auto* index = find<QLineEdit>(panel, "elementIndex");
        QTest::keyClicks(index, QStringLiteral("2345"));
        QTest::keyClick(index, Qt::Key_Return);
        QCOMPARE(elements->currentIndex().data().toString(), QStringLiteral("token-2345"));
        index->clear();
        QTest::keyClicks(index, QStringLiteral("2500"));
        QTest::keyClick(index, Qt::Key_Return);
        QVERIFY(find<QLabel>(panel, "arrayMessage")->text().contains(QLatin1String("0 to 2,499")));
        auto* search = find<QLineEdit>(panel, "elementSearch");
        QTest::keyClicks(search, QStringLiteral("KEN-12"));
        QTest::keyClick(search, Qt::Key_Return);
        QTRY_COMPARE(elements->currentIndex().data().toString(), QStringLiteral("token-12")); // round the end
        QTest::mouseClick(find<QToolButton>(panel, "findNext"), Qt::LeftButton);
        QTRY_COMPARE(elements->currentIndex().data().toString(), QStringLiteral("token-120"));
        search->setText(QStringLiteral("nowhere"));
        QTest::keyClick(search, Qt::Key_Return);
        QTRY_VERIFY(find<QLabel>(panel, "arrayMessage")->text().contains(QLatin1String("nowhere")));
        select(panel, 5);
        QCOMPARE(find<QLabel>(panel, "pageRange")->text(), QStringLiteral("No elements"));
    }

private:
    // --- editing ---

    std::shared_ptr<const Model> savedModel()
    {
        const auto path = m_folder / "edit.gguf";
        quantlathe::test::writeMadeGguf(path, quantlathe::test::madeLlama(1), [](Metadata& metadata) {
            metadata.append("general.name", MetadataValue::ofString("A Test Model with a rather long name"));
            metadata.append("llama.context_length", MetadataValue::ofU32(2048));
            metadata.append("tokenizer.chat_template", MetadataValue::ofString("{% a %}\n{% b %}"));
            metadata.append("general.alignment", MetadataValue::ofU32(32));
        });
        return openModel(path);
    }
    static QString value(MetadataPanel& panel, int row) { return panel.view().model()->index(row, MetadataModel::Value).data().toString(); }
    static int rowOf(MetadataPanel& panel, const char* key)
    {
        for (int row = 0; row < panel.view().model()->rowCount(); ++row) {
            if (panel.view().model()->index(row, 0).data().toString() == QLatin1String(key))
                return row;
        }
        return -1;
    }
    template <typename Act> void whenDialogOpens(const char* name, Act act)
    {
        auto* timer = new QTimer(this);
        connect(timer, &QTimer::timeout, this, [timer, name, act] {
            auto* dialog = qobject_cast<QDialog*>(QApplication::activeModalWidget());
            if (!dialog || dialog->objectName() != QLatin1String(name))
                return;
            timer->stop();
            timer->deleteLater();
            act(*dialog);
        });
        timer->start(20);
    }

private Q_SLOTS:
    void valuesAreEditedInTheTable()
    {
        Document document;
        document.setModel(savedModel());
        MetadataPanel panel(document);
        panel.resize(900, 500);
        panel.show();
        QVERIFY(QTest::qWaitForWindowExposed(&panel));
        select(panel, rowOf(panel, "llama.context_length"));
        panel.view().setFocus();
        QTest::keyClick(&panel.view(), Qt::Key_F2);
        auto* editor = panel.view().findChild<QLineEdit*>();
        QVERIFY(editor);
        QCOMPARE(editor->text(), QStringLiteral("2048"));
        editor->selectAll();
        QTest::keyClicks(editor, QStringLiteral("4096"));
        QTest::keyClick(editor, Qt::Key_Return);
        const int row = rowOf(panel, "llama.context_length");
        QTRY_COMPARE(value(panel, row), QStringLiteral("4096"));
        QVERIFY(panel.view().model()->index(row, 0).data(Qt::FontRole).value<QFont>().bold());
        QCOMPARE(panel.view().currentIndex().row(), row); // the cursor stays
        QCOMPARE(document.undoStack().undoText(), QStringLiteral("Change llama.context_length"));
        QVERIFY(!document.undoStack().isClean());
        document.undoStack().undo();
        QCOMPARE(value(panel, row), QStringLiteral("2048"));
        QVERIFY(document.metadataEdits().isEmpty());
        document.undoStack().redo();
        QCOMPARE(value(panel, row), QStringLiteral("4096"));
        // What cannot be is said, and changes nothing.
        QTest::keyClick(&panel.view(), Qt::Key_F2);
        QTRY_VERIFY(editor = panel.view().findChild<QLineEdit*>());
        editor->selectAll();
        QTest::keyClicks(editor, QStringLiteral("-1"));
        QTest::keyClick(editor, Qt::Key_Return);
        QTRY_VERIFY(find<QLabel>(panel, "metadataMessage")->isVisible());
        QVERIFY(find<QLabel>(panel, "metadataMessage")->text().contains(QLatin1String("whole number")));
        QCOMPARE(document.undoStack().count(), 1);
        select(panel, rowOf(panel, "general.alignment"));
        QTest::keyClick(&panel.view(), Qt::Key_Return);
        QVERIFY(find<QLabel>(panel, "metadataMessage")->text().contains(QLatin1String("cannot be edited")));
        QVERIFY(!find<QToolButton>(panel, "removeKey")->isEnabled());
    }

    void keysAreAddedRemovedAndRestored()
    {
        Document document;
        document.setModel(savedModel());
        MetadataPanel panel(document);
        panel.resize(900, 500);
        panel.show();
        QVERIFY(QTest::qWaitForWindowExposed(&panel));
        whenDialogOpens("metadataEditDialog", [](QDialog& dialog) {
            auto* ok = dialog.findChild<QDialogButtonBox*>()->button(QDialogButtonBox::Ok);
            QVERIFY(!ok->isEnabled());
            QTest::keyClicks(dialog.findChild<QLineEdit*>(QStringLiteral("editKey")), QStringLiteral("my.List"));
            QVERIFY(dialog.findChild<QLabel*>(QStringLiteral("editProblem"))->text().contains(QLatin1String("is no key")));
            dialog.findChild<QLineEdit*>(QStringLiteral("editKey"))->setText(QStringLiteral("my.list"));
            dialog.findChild<QPlainTextEdit*>(QStringLiteral("editText"))->setPlainText(QStringLiteral("[1, 2,\n3]"));
            QCOMPARE(dialog.findChild<QComboBox*>(QStringLiteral("editType"))->currentData().toString(), QStringLiteral("[i32]"));
            QVERIFY(ok->isEnabled());
            QTest::mouseClick(ok, Qt::LeftButton);
        });
        QTest::mouseClick(find<QToolButton>(panel, "addKey"), Qt::LeftButton);
        const int added = rowOf(panel, "my.list");
        QVERIFY(added >= 0);
        QCOMPARE(value(panel, added), QStringLiteral("[1, 2, 3]"));
        QCOMPARE(document.metadata().array("my.list")->size(), 3u);
        // The template goes through the editor of many lines.
        select(panel, rowOf(panel, "tokenizer.chat_template"));
        whenDialogOpens("metadataEditDialog", [](QDialog& dialog) {
            QVERIFY(dialog.findChild<QLineEdit*>(QStringLiteral("editKey"))->isReadOnly());
            auto* text = dialog.findChild<QPlainTextEdit*>(QStringLiteral("editText"));
            QCOMPARE(text->toPlainText(), QStringLiteral("{% a %}\n{% b %}"));
            text->appendPlainText(QStringLiteral("{% c %}"));
            QTest::mouseClick(dialog.findChild<QDialogButtonBox*>()->button(QDialogButtonBox::Ok), Qt::LeftButton);
        });
        panel.activateWindow(); // the dialog had the focus
        QVERIFY(QTest::qWaitForWindowActive(&panel));
        panel.view().setFocus();
        QTest::keyClick(&panel.view(), Qt::Key_Return);
        panel.activateWindow();
        QVERIFY(QTest::qWaitForWindowActive(&panel));
        panel.view().setFocus();
        QCOMPARE(QString::fromStdString(*document.metadata().string("tokenizer.chat_template")), QStringLiteral("{% a %}\n{% b %}\n{% c %}"));
        // Removed keys stay in sight, struck out, and come back.
        select(panel, rowOf(panel, "general.name"));
        QTest::keyClick(&panel.view(), Qt::Key_Delete);
        const int name = rowOf(panel, "general.name");
        QVERIFY(panel.view().model()->index(name, 0).data(Qt::FontRole).value<QFont>().strikeOut());
        QVERIFY(!document.metadata().find("general.name"));
        QTest::mouseClick(find<QToolButton>(panel, "restoreKey"), Qt::LeftButton);
        panel.view().setFocus();
        QVERIFY(document.metadata().find("general.name"));
        QVERIFY(!panel.view().model()->index(name, 0).data(Qt::FontRole).value<QFont>().strikeOut());
        select(panel, rowOf(panel, "my.list"));
        QTest::keyClick(&panel.view(), Qt::Key_Delete);
        QCOMPARE(rowOf(panel, "my.list"), -1);
        select(panel, rowOf(panel, "general.architecture"));
        QTest::keyClick(&panel.view(), Qt::Key_Delete);
        QVERIFY(find<QLabel>(panel, "metadataMessage")->text().contains(QLatin1String("no program knows")));
        QCOMPARE(document.metadataEdits().changes().size(), 1u);
    }

    void editsAreSaved()
    {
        Document document;
        document.setModel(savedModel());
        MetadataPanel panel(document);
        panel.resize(900, 500);
        panel.show();
        QVERIFY(QTest::qWaitForWindowExposed(&panel));
        auto* save = find<QToolButton>(panel, "saveMetadata");
        QVERIFY(!save->isEnabled());
        QCOMPARE(document.editMetadata("general.name", MetadataValue::ofString("new"), QStringLiteral("Change")), QString());
        QVERIFY(save->isEnabled());
        const QString target = QString::fromStdString((m_folder / "saved.gguf").string());
        whenDialogOpens("metadataSaveDialog", [target](QDialog& dialog) {
            auto* button = dialog.findChild<QDialogButtonBox*>()->button(QDialogButtonBox::Save);
            dialog.findChild<QLineEdit*>(QStringLiteral("saveTarget"))->setText(target);
            QTRY_VERIFY(button->isEnabled());
            QTest::mouseClick(button, Qt::LeftButton);
        });
        QTest::mouseClick(save, Qt::LeftButton);
        QCOMPARE(QString::fromStdString(*openModel(target.toStdString())->metadata().string("general.name")), QStringLiteral("new"));
        QVERIFY(document.undoStack().isClean());
        QVERIFY(find<QLabel>(panel, "metadataMessage")->text().contains(QLatin1String("saved.gguf")));
        // Into the file itself: only after a second yes. The plan stays.
        document.setType({1}, TensorType::Q8_0, QStringLiteral("Set"));
        whenDialogOpens("metadataSaveDialog", [](QDialog& dialog) {
            auto* button = dialog.findChild<QDialogButtonBox*>()->button(QDialogButtonBox::Save);
            auto* inPlace = dialog.findChild<QRadioButton*>(QStringLiteral("saveInPlace"));
            QTest::mouseClick(inPlace, Qt::LeftButton, {}, QPoint(8, inPlace->height() / 2));
            QTRY_VERIFY(dialog.findChild<QLabel*>(QStringLiteral("saveOutlook"))->text().contains(QLatin1String("has room")));
            QVERIFY(!button->isEnabled());
            auto* confirm = dialog.findChild<QCheckBox*>(QStringLiteral("saveConfirm"));
            QTest::mouseClick(confirm, Qt::LeftButton, {}, QPoint(8, confirm->height() / 2));
            QTRY_VERIFY(button->isEnabled());
            QTest::mouseClick(button, Qt::LeftButton);
        });
        QTest::mouseClick(save, Qt::LeftButton);
        QCOMPARE(QString::fromStdString(*openModel(m_folder / "edit.gguf")->metadata().string("general.name")), QStringLiteral("new"));
        QCOMPARE(QString::fromStdString(*document.model()->metadata().string("general.name")), QStringLiteral("new"));
        QVERIFY(document.metadataEdits().isEmpty());
        QVERIFY(document.plan().choices().size() == 1 && !document.undoStack().isClean());
        document.model()->throwIfSourceChanged();
    }

    void aHugeVocabularyIsInstant()
    {
        const auto huge = model(256000);
        Document document;
        MetadataPanel panel(document);
        panel.resize(700, 600);
        panel.show();
        const double milliseconds = quantlathe::test::processorMilliseconds([&] {
            document.setModel(huge);
            select(panel, 4);
            panel.arrayPage().goTo(255999);
            panel.grab();
        });
        QVERIFY2(milliseconds < 1000, qPrintable(QString::number(milliseconds)));
        QCOMPARE(find<QTableView>(panel, "arrayElements")->currentIndex().data().toString(), QStringLiteral("token-255999"));
    }
};

QTEST_MAIN(TestMetadataPanel)
#include "tst_metadata_panel.moc"
