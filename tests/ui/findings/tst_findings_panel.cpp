// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/open.h"
#include "core/jobs/made_model.h"
#include "ui/findings/findings_model.h"
#include "ui/findings/findings_panel.h"
#include "ui/metadata/metadata_panel.h"
#include "ui/parts/table_copy.h"
#include "ui/ui_test_support.h"
#include "ui/window/main_window.h"

#include <QAbstractItemModelTester>
#include <QAction>
#include <QApplication>
#include <QCheckBox>
#include <QClipboard>
#include <QDockWidget>
#include <QPushButton>
#include <QSignalSpy>
#include <QTableView>

using namespace quantlathe;
using namespace quantlathe::ui;
using namespace quantlathe::ui::test;
using namespace Qt::StringLiterals;

class TestFindingsPanel : public QObject
{
    Q_OBJECT

    IsolatedSettings m_settings;
    quantlathe::test::ScratchFolder m_folder;

    /// One of each severity in the header (a wrong number of layers, an end token outside, no template), NaN in the weights.
    std::shared_ptr<const Model> model()
    {
        const auto path = m_folder / "odd.gguf";
        quantlathe::test::writeMadeGguf(path, quantlathe::test::madeLlama(2), [](Metadata& metadata) {
            metadata.append("llama.block_count", MetadataValue::ofU32(3));
            metadata.append("llama.context_length", MetadataValue::ofU32(512));
            metadata.append("llama.embedding_length", MetadataValue::ofU32(256));
            metadata.append("tokenizer.ggml.model", MetadataValue::ofString("llama"));
            std::vector<std::string> tokens;
            for (int token = 0; token < 500; ++token)
                tokens.push_back("t" + std::to_string(token));
            metadata.append("tokenizer.ggml.tokens", MetadataValue::ofArray(MetadataArray::fromStrings(tokens)));
            metadata.append("tokenizer.ggml.scores", MetadataValue::ofArray(MetadataArray::fromFloats(std::vector<float>(500, 0))));
            metadata.append("tokenizer.ggml.token_type", MetadataValue::ofArray(MetadataArray::fromInts(std::vector<std::int32_t>(500, 1))));
            metadata.append("tokenizer.ggml.bos_token_id", MetadataValue::ofU32(1));
            metadata.append("tokenizer.ggml.eos_token_id", MetadataValue::ofU32(500));
        });
        quantlathe::test::patchWeight(path, "blk.1.attn_q.weight", 3 * 256 + 7, 0x7FC00000U);
        return openModel(path);
    }
    static QString cell(const QTableView& view, int row, int column) { return view.model()->index(row, column).data().toString(); }
    template <typename Widget> static Widget* find(QWidget& panel, const char* name) { return panel.findChild<Widget*>(QLatin1String(name)); }
    static void press(QCheckBox* box) { QTest::mouseClick(box, Qt::LeftButton, {}, QPoint(8, box->height() / 2)); }

private Q_SLOTS:
    void tableHoldsItsContract()
    {
        FindingsModel findings;
        const QAbstractItemModelTester tester(&findings, QAbstractItemModelTester::FailureReportingMode::QtTest);
        FindingsFilter filter;
        const QAbstractItemModelTester filterTester(&filter, QAbstractItemModelTester::FailureReportingMode::QtTest);
        filter.setSourceModel(&findings);
        const auto odd = model();
        findings.setFindings(odd, checkHeader(*odd, odd->metadata()));
        QCOMPARE(findings.rowCount(), 3);
        filter.setShown(Severity::Hint, false);
        QCOMPARE(filter.rowCount(), 2);
        filter.setShown(Severity::Hint, true);
        QCOMPARE(filter.rowCount(), 3);
        findings.setFindings(nullptr, {});
        QCOMPARE(filter.rowCount(), 0);
    }

    void headerAndPlanAreCheckedAtOnce()
    {
        Document document;
        FindingsPanel panel(document);
        QSignalSpy titles(&panel, &FindingsPanel::titleChanged);
        panel.resize(900, 400);
        panel.show();
        QVERIFY(!panel.view().isVisible());
        QVERIFY(!find<QPushButton>(panel, "readWeights")->isEnabled());
        document.setModel(model());
        QTRY_COMPARE(panel.view().model()->rowCount(), 3);
        QCOMPARE(titles.last().first().toString(), u"Findings (3)"_s);
        QCOMPARE(cell(panel.view(), 0, FindingsModel::SeverityColumn), u"Problem"_s);
        QCOMPARE(cell(panel.view(), 0, FindingsModel::Place), u"llama.block_count"_s);
        QCOMPARE(cell(panel.view(), 2, FindingsModel::SeverityColumn), u"Hint"_s);
        // The plan has findings of its own, and undo takes them away.
        document.setType(document.tensorsOfRole(TensorRole::AttentionQuery), TensorType::IQ2_XS, u"Set"_s);
        QTRY_COMPARE(panel.view().model()->rowCount(), 4);
        document.undoStack().undo();
        QTRY_COMPARE(panel.view().model()->rowCount(), 3);
        press(find<QCheckBox>(panel, "showProblems"));
        QCOMPARE(panel.view().model()->rowCount(), 2);
        QCOMPARE(find<QCheckBox>(panel, "showProblems")->text(), u"&Problems (1)"_s);
        press(find<QCheckBox>(panel, "showWarnings"));
        press(find<QCheckBox>(panel, "showHints"));
        QVERIFY(!panel.view().isVisible());
        press(find<QCheckBox>(panel, "showHints"));
        QVERIFY(panel.view().isVisible());
        QCOMPARE(panel.view().model()->rowCount(), 1);
        document.close();
        QTRY_COMPARE(panel.title(), u"Findings"_s);
    }

    void weightsAreReadOnRequest()
    {
        Document document;
        FindingsPanel panel(document);
        panel.resize(900, 400);
        panel.show();
        document.setModel(model());
        QTRY_COMPARE(panel.view().model()->rowCount(), 3);
        QTest::mouseClick(find<QPushButton>(panel, "readWeights"), Qt::LeftButton);
        QTRY_COMPARE(panel.view().model()->rowCount(), 4);
        QVERIFY(!find<QPushButton>(panel, "readWeights")->isEnabled());
        QCOMPARE(cell(panel.view(), 1, FindingsModel::Place), u"blk.1.attn_q.weight, row 3, column 7"_s);
        QSignalSpy weights(&document, &Document::weightRequested);
        panel.view().setCurrentIndex(panel.view().model()->index(1, 0));
        panel.view().setFocus();
        QTest::keyClick(&panel.view(), Qt::Key_Return);
        const std::size_t query = *document.model()->indexOf("blk.1.attn_q.weight");
        QCOMPARE(document.selection(), TensorIndices{query});
        QCOMPARE(document.currentTensor(), std::optional(query));
        QCOMPARE(weights.size(), 1);
        QCOMPARE(weights[0][1].toULongLong(), 3u);
        QCOMPARE(weights[0][2].toULongLong(), 7u);
        // A double click on a key asks for the key.
        QSignalSpy keys(&document, &Document::keyRequested);
        const QModelIndex place = panel.view().model()->index(0, FindingsModel::Place);
        const QPoint at = panel.view().visualRect(place).center();
        QTest::mouseClick(panel.view().viewport(), Qt::LeftButton, {}, at);
        QTest::mouseDClick(panel.view().viewport(), Qt::LeftButton, {}, at);
        QCOMPARE(keys.size(), 1);
        QCOMPARE(keys[0][0].toString(), u"llama.block_count"_s);
    }

    void closingWhileReadingIsFine()
    {
        auto document = std::make_unique<Document>();
        auto panel = std::make_unique<FindingsPanel>(*document);
        document->setModel(model());
        panel->readWeights();
        panel.reset();
        document.reset();
    }

    void csv()
    {
        Document document;
        FindingsPanel panel(document);
        panel.resize(900, 400);
        panel.show();
        document.setModel(model());
        QTRY_COMPARE(panel.view().model()->rowCount(), 3);
        const QString text = csvText(panel.view());
        const QStringList lines = text.split(u"\r\n"_s, Qt::SkipEmptyParts);
        QCOMPARE(lines.size(), 4);
        QCOMPARE(lines[0], u"Severity,What,Where,What to do"_s);
        QVERIFY2(lines[1].startsWith(u"Problem,\"llama.block_count says 3 layers, but there are tensors of 2\",llama.block_count,"_s), qPrintable(lines[1]));
        const QString file = QString::fromStdString((m_folder / "findings.csv").string());
        QCOMPARE(saveCsv(panel.view(), file), QString());
        QCOMPARE(quantlathe::test::readBytes(file.toStdString()).size(), static_cast<std::size_t>(text.toUtf8().size()) + 3) /* and a byte order mark */;
        QVERIFY(!saveCsv(panel.view(), u"/nowhere/at/all.csv"_s).isEmpty());
        panel.view().findChild<QAction*>(u"copyCsv"_s)->trigger();
        QCOMPARE(QApplication::clipboard()->text().remove(u'\r'), QString(text).remove(u'\r'));
    }

    void theWindowGoesToThePlace()
    {
        MainWindow window;
        window.resize(1200, 800);
        window.show();
        window.document().setModel(model());
        auto* dock = window.findChild<QDockWidget*>(u"findings"_s);
        auto* panel = dock->findChild<FindingsPanel*>();
        dock->show();
        dock->raise();
        QTRY_COMPARE(dock->windowTitle(), u"Findings (3)"_s);
        QTRY_VERIFY(panel->view().isVisible());
        panel->view().setCurrentIndex(panel->view().model()->index(1, 0)); // the end token
        panel->view().setFocus();
        QTest::keyClick(&panel->view(), Qt::Key_Enter);
        auto* metadata = window.findChild<QDockWidget*>(u"metadata"_s)->findChild<MetadataPanel*>();
        QTRY_VERIFY(metadata->view().isVisible());
        QCOMPARE(metadata->view().currentIndex().siblingAtColumn(0).data().toString(), u"tokenizer.ggml.eos_token_id"_s);
    }
};

QTEST_MAIN(TestFindingsPanel)
#include "tst_findings_panel.moc"
