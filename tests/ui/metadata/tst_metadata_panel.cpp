// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/metadata/array_page.h"
#include "ui/metadata/array_page_model.h"
#include "ui/metadata/metadata_filter.h"
#include "ui/metadata/metadata_model.h"
#include "ui/metadata/metadata_panel.h"
#include "ui/ui_test_support.h"

#include <QAbstractItemModelTester>
#include <QApplication>
#include <QClipboard>
#include <QElapsedTimer>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QTableView>
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

    void aHugeVocabularyIsInstant()
    {
        const auto huge = model(256000);
        Document document;
        MetadataPanel panel(document);
        panel.resize(700, 600);
        panel.show();
        QElapsedTimer clock;
        clock.start();
        document.setModel(huge);
        select(panel, 4);
        panel.arrayPage().goTo(255999);
        panel.grab();
        QVERIFY2(clock.elapsed() < 1000, qPrintable(QString::number(clock.elapsed())));
        QCOMPARE(find<QTableView>(panel, "arrayElements")->currentIndex().data().toString(), QStringLiteral("token-255999"));
    }
};

QTEST_MAIN(TestMetadataPanel)
#include "tst_metadata_panel.moc"
