// SPDX-License-Identifier: GPL-3.0-or-later
// The export dialog by engine: formats, methods, load rules, real exports of a small model for each, and what the result says about serving it.
#include "core/formats/open.h"
#include "core/jobs/made_model.h"
#include "support/small_llama.h"
#include "ui/jobs/export_dialog.h"
#include "ui/jobs/job_queue.h"
#include "ui/jobs/jobs_panel.h"
#include "ui/jobs/load_findings_model.h"
#include "ui/jobs/method_box.h"
#include "ui/jobs/result_page.h"
#include "ui/parts/facts_table.h"
#include "ui/ui_test_support.h"

#include <QAbstractItemModelTester>
#include <QCheckBox>
#include <QClipboard>
#include <QComboBox>
#include <QGuiApplication>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QPushButton>
#include <QSpinBox>
#include <QStandardItemModel>
#include <QTableView>
#include <QToolButton>

using namespace quantlathe;
using namespace quantlathe::ui;
using namespace quantlathe::ui::test;
using namespace Qt::StringLiterals;

class TestExportEngines : public QObject
{
    Q_OBJECT

    IsolatedSettings m_settings;
    quantlathe::test::ScratchFolder m_scratch;
    std::shared_ptr<const Model> m_model;
    QString m_text;

    template <typename Widget> static Widget* find(QWidget& parent, const char* name) { return parent.findChild<Widget*>(QLatin1String(name)); }
    QString path(const char* name) const { return QString::fromStdString((m_scratch / name).string()); }

    /// As a person does it: the box is opened with the keyboard, and the text typed.
    static void choose(QWidget& dialog, const char* name, const QString& text)
    {
        auto* box = find<QComboBox>(dialog, name);
        QVERIFY2(box->isVisible() && box->isEnabled(), name);
        const int index = box->findText(text);
        QVERIFY2(index >= 0, qPrintable(text));
        box->setFocus();
        while (box->currentIndex() != index)
            QTest::keyClick(box, box->currentIndex() < index ? Qt::Key_Down : Qt::Key_Up);
    }
    static QStringList textsOf(const QComboBox& box)
    {
        QStringList texts;
        for (int index = 0; index < box.count(); ++index)
            texts << box.itemText(index);
        return texts;
    }
    /// A dialog for @p engine, once everything about the model is known.
    std::unique_ptr<ExportDialog> dialogFor(Document& document, JobQueue& queue, const char* engine) const
    {
        auto dialog = std::make_unique<ExportDialog>(document, queue);
        dialog->show();
        choose(*dialog, "exportEngine", QLatin1String(engine));
        (void)QTest::qWaitFor([&] { return find<QComboBox>(*dialog, "exportMethod")->count() > 0; }, 20000);
        return dialog;
    }
    void useSmallText(ExportDialog& dialog) const
    {
        dialog.findChild<MethodBox*>()->setText(m_text);
        QTest::mouseClick(find<QToolButton>(dialog, "exportMethodMore"), Qt::LeftButton);
        find<QSpinBox>(dialog, "exportWindows")->setValue(16);
        find<QSpinBox>(dialog, "exportWindowTokens")->setValue(64);
    }
    static QString factsOf(QWidget& parent, const char* table)
    {
        QString text;
        for (const Fact& fact : find<FactsTable>(parent, table)->facts().facts())
            text += fact.label + u": "_s + fact.value + u'\n';
        return text;
    }

private Q_SLOTS:
    void initTestCase()
    {
        m_model = openModel(quantlathe::test::writeSmallLlama(m_scratch / "small"));
        m_text = QString::fromStdString(quantlathe::test::writeSmallText(m_scratch / "text.txt").string());
    }

    void init() { m_settings.clear(); }

    void everyEngineOffersWhatItLoads()
    {
        Document document;
        document.setModel(m_model);
        JobQueue queue;
        const auto dialog = dialogFor(document, queue, "llama.cpp");
        auto* format = find<QComboBox>(*dialog, "exportFormat");
        QCOMPARE(textsOf(*find<QComboBox>(*dialog, "exportEngine")), (QStringList{u"llama.cpp"_s, u"vLLM"_s, u"TGI"_s, u"transformers"_s}));
        QCOMPARE(textsOf(*format), QStringList{u"GGUF"_s});
        QVERIFY(find<QTableView>(*dialog, "exportTypes")->isVisible());
        QVERIFY(find<QLineEdit>(*dialog, "exportTarget")->text().endsWith(u".gguf"_s));
        choose(*dialog, "exportEngine", u"vLLM"_s);
        QVERIFY(textsOf(*format).contains(u"compressed-tensors NVFP4"_s));
        QVERIFY(!find<QTableView>(*dialog, "exportTypes")->isVisible());
        QVERIFY(find<QLineEdit>(*dialog, "exportTarget")->text().endsWith(u"small-W4A16"_s));
        choose(*dialog, "exportFormat", u"GPTQ"_s);
        QCOMPARE(textsOf(*find<QComboBox>(*dialog, "exportBits")), (QStringList{u"4"_s, u"8"_s}));
        QVERIFY(!find<QComboBox>(*dialog, "exportSymmetry")->isEnabled()); // symmetric only
        QVERIFY(find<QLineEdit>(*dialog, "exportTarget")->text().endsWith(u"small-GPTQ-4bit"_s));
        choose(*dialog, "exportEngine", u"TGI"_s);
        QVERIFY(!textsOf(*format).contains(u"compressed-tensors NVFP4"_s));
        choose(*dialog, "exportEngine", u"transformers"_s);
        choose(*dialog, "exportFormat", u"GPTQ"_s);
        QCOMPARE(textsOf(*find<QComboBox>(*dialog, "exportBits")), (QStringList{u"2"_s, u"3"_s, u"4"_s, u"8"_s}));
        QVERIFY(find<QComboBox>(*dialog, "exportSymmetry")->isEnabled());
        // Each engine and each format says in a sentence what it is.
        for (int engine = 0; engine < 4; ++engine) {
            find<QComboBox>(*dialog, "exportEngine")->setCurrentIndex(engine);
            QVERIFY(find<QLabel>(*dialog, "exportEngineExplanation")->text().endsWith(u'.'));
            QStringList sentences;
            for (int index = 0; index < format->count(); ++index) {
                format->setCurrentIndex(index);
                sentences << find<QLabel>(*dialog, "exportFormatExplanation")->text();
                QVERIFY(sentences.back().endsWith(u'.'));
            }
            QCOMPARE(sentences.removeDuplicates(), qsizetype{0});
        }
        // A name of one's own stays.
        dialog->setTarget(path("mine"));
        choose(*dialog, "exportEngine", u"TGI"_s);
        QCOMPARE(find<QLineEdit>(*dialog, "exportTarget")->text(), path("mine"));
    }

    void aMethodRunsOnATextAndTheResultSaysHowToServeIt()
    {
        Document document;
        document.setModel(m_model);
        document.setDevices({parseDevice("RTX 4090")});
        JobQueue queue;
        JobsPanel panel(queue);
        panel.resize(1100, 600);
        panel.show();
        const auto dialog = dialogFor(document, queue, "vLLM");
        QCOMPARE(find<QComboBox>(*dialog, "exportFormat")->currentText(), u"compressed-tensors W4A16"_s);
        QCOMPARE(find<QComboBox>(*dialog, "exportMethod")->currentText(), u"GPTQ"_s); // the least error is proposed
        QCOMPARE(find<QComboBox>(*dialog, "exportGroup")->currentText(), u"128"_s);
        useSmallText(*dialog);
        dialog->setTarget(path("w4a16"));
        QTRY_VERIFY_WITH_TIMEOUT(dialog->isReady(), 20000);
        QVERIFY2(factsOf(*dialog, "exportFacts").contains(u"Memory to run it"_s), qPrintable(factsOf(*dialog, "exportFacts")));
        QTest::keyClick(dialog.get(), Qt::Key_Return);
        const quint64 id = dialog->queuedJob().value();
        QTRY_COMPARE_WITH_TIMEOUT(queue.job(id)->state, ExportJob::State::Done, 120000);
        QCOMPARE(queue.job(id)->layers.size(), std::size_t{2});
        QCOMPARE(openModel(m_scratch / "w4a16")->tensors().size(), m_model->tensors().size());
        panel.showJob(id);
        const QString facts = factsOf(panel, "resultFacts");
        QVERIFY2(facts.contains(u"calibrated on 16 windows of 64 tokens"_s) && facts.contains(u"w4a16"_s), qPrintable(facts));
        auto* command = find<QLineEdit>(panel, "servingCommand");
        QVERIFY(command->isVisible() && command->isReadOnly());
        QCOMPARE(command->text(), u"vllm serve %1 --max-model-len 256"_s.arg(path("w4a16")));
        QTest::mouseClick(find<QPushButton>(panel, "copyServingCommand"), Qt::LeftButton);
        QCOMPARE(QGuiApplication::clipboard()->text(), command->text());
        const QString memory = find<QLabel>(panel, "servingMemory")->text();
        for (const QString& part : {u"vLLM"_s, u"256"_s, u"weights"_s, u"KV cache"_s, u"RTX 4090"_s, u"It fits"_s})
            QVERIFY2(memory.contains(part), qPrintable(memory));
        QCOMPARE(find<QTableView>(panel, "resultTensors")->model()->rowCount(), static_cast<int>(m_model->tensors().size()));
        // The next dialog proposes what was chosen.
        ExportDialog next(document, queue);
        QCOMPARE(find<QComboBox>(next, "exportEngine")->currentText(), u"vLLM"_s);
    }

    void llamaIsServedToo()
    {
        Document document;
        document.setModel(m_model);
        document.setType(document.allTensors(), TensorType::Q8_0, u"types"_s);
        JobQueue queue;
        JobsPanel panel(queue);
        panel.show();
        const auto dialog = dialogFor(document, queue, "llama.cpp");
        choose(*dialog, "exportMethod", u"Round to nearest"_s);
        dialog->setTarget(path("out.gguf"));
        QTRY_VERIFY_WITH_TIMEOUT(dialog->isReady(), 20000);
        QTest::mouseClick(find<QPushButton>(*dialog, "exportStart"), Qt::LeftButton);
        QTRY_COMPARE_WITH_TIMEOUT(queue.job(*dialog->queuedJob())->state, ExportJob::State::Done, 60000);
        QCOMPARE(find<QLineEdit>(panel, "servingCommand")->text(), u"llama-server -m %1 -c 256"_s.arg(path("out.gguf")));
        QVERIFY(find<QLabel>(panel, "servingMemory")->text().contains(u"No device is chosen"_s));
    }

    void gptqOntoGgufBlocks()
    {
        Document document;
        document.setModel(m_model);
        document.setType(document.allTensors(), TensorType::Q4_0, u"types"_s);
        JobQueue queue;
        const auto dialog = dialogFor(document, queue, "llama.cpp");
        QCOMPARE(find<QComboBox>(*dialog, "exportMethod")->currentText(), u"GPTQ"_s);
        useSmallText(*dialog);
        dialog->setTarget(path("gptq.gguf"));
        QTRY_VERIFY_WITH_TIMEOUT(dialog->isReady(), 20000);
        dialog->accept();
        QTRY_COMPARE_WITH_TIMEOUT(queue.job(*dialog->queuedJob())->state, ExportJob::State::Done, 120000);
        const auto& tensors = std::get<QuantizeResult>(queue.job(*dialog->queuedJob())->result->written).tensors;
        QVERIFY(std::count_if(tensors.begin(), tensors.end(), [](const TensorResult& tensor) { return tensor.isCalibrated; }) >= 14);
    }

    void rulesBlockTheExportAndSayWhatToDo()
    {
        Document document;
        document.setModel(openModel(quantlathe::test::writeSmallLlama(m_scratch / "odd", 160)));
        JobQueue queue;
        const auto dialog = dialogFor(document, queue, "vLLM");
        choose(*dialog, "exportFormat", u"compressed-tensors W4A16"_s);
        QCOMPARE(find<QComboBox>(*dialog, "exportGroup")->currentText(), u"32"_s); // what divides 128 and 160
        choose(*dialog, "exportMethod", u"Round to nearest"_s);
        dialog->setTarget(path("odd-out"));
        QTRY_VERIFY_WITH_TIMEOUT(dialog->isReady(), 20000);
        choose(*dialog, "exportGroup", u"64"_s);
        QVERIFY(!dialog->isReady());
        auto* findings = find<QListView>(*dialog, "exportFindings");
        QTRY_VERIFY_WITH_TIMEOUT(find<QLabel>(*dialog, "exportProblem")->isVisible(), 20000);
        QVERIFY(findings->isVisible() && findings->model()->rowCount() > 0);
        const QString first = findings->model()->index(0, 0).data().toString();
        QVERIFY2(first.startsWith(u"Cannot be written: groups of 64 do not divide 160 inputs"_s) && first.contains(u"Choose smaller groups"_s), qPrintable(first));
        QVERIFY(!dialog->isReady());
        QTest::mouseClick(find<QPushButton>(*dialog, "exportStart"), Qt::LeftButton);
        QVERIFY(!dialog->queuedJob());
        choose(*dialog, "exportGroup", u"the whole row"_s);
        QTRY_VERIFY_WITH_TIMEOUT(dialog->isReady(), 20000);
        // vLLM's kernels for this layout want multiples of 128.
        choose(*dialog, "exportFormat", u"GPTQ"_s);
        QTRY_VERIFY_WITH_TIMEOUT(find<QLabel>(*dialog, "exportProblem")->text().startsWith(u"vLLM would not run this"_s), 20000);
        QVERIFY(findings->model()->index(0, 0).data().toString().contains(u"Choose compressed-tensors"_s));
        // Nothing is written where something is already.
        choose(*dialog, "exportFormat", u"compressed-tensors FP8"_s);
        dialog->setTarget(path("odd"));
        QTRY_VERIFY_WITH_TIMEOUT(find<QLabel>(*dialog, "exportProblem")->text().contains(u"the model that is being read"_s), 20000);
    }

    void bitsOfThePlan()
    {
        Document document;
        document.setModel(m_model);
        document.setType(document.allTensors(), TensorType::Q4_0, u"types"_s);
        document.setType(document.tensorsOfRole(TensorRole::FeedForwardDown), TensorType::Q8_0, u"types"_s);
        JobQueue queue;
        const auto dialog = dialogFor(document, queue, "vLLM");
        choose(*dialog, "exportMethod", u"Round to nearest"_s);
        auto* mixed = find<QCheckBox>(*dialog, "exportMixed");
        QVERIFY(mixed->isVisible() && mixed->isEnabled());
        choose(*dialog, "exportFormat", u"AWQ"_s);
        QVERIFY(!mixed->isVisible());
        QVERIFY(find<QLabel>(*dialog, "exportFormatExplanation")->text().contains(u"are not taken over"_s));
        choose(*dialog, "exportFormat", u"GPTQ"_s);
        choose(*dialog, "exportMethod", u"Round to nearest"_s);
        QTest::mouseClick(mixed, Qt::LeftButton, {}, QPoint(8, mixed->height() / 2));
        QVERIFY(mixed->isChecked());
        dialog->setTarget(path("mixed"));
        QTRY_VERIFY_WITH_TIMEOUT(dialog->isReady(), 20000);
        dialog->accept();
        QTRY_COMPARE_WITH_TIMEOUT(queue.job(*dialog->queuedJob())->state, ExportJob::State::Done, 60000);
        const auto written = openModel(m_scratch / "mixed");
        const auto schemeOf = [&](const char* name) { return QString::fromStdString(std::string(written->tensors()[written->indexOf(name).value()].scheme())); };
        QVERIFY2(schemeOf("model.layers.0.mlp.down_proj.weight").contains(u"8 bit"_s), qPrintable(schemeOf("model.layers.0.mlp.down_proj.weight")));
        QVERIFY(schemeOf("model.layers.0.mlp.up_proj.weight").contains(u"4 bit"_s));
    }

    void modelsThatCannotRunAreRounded()
    {
        Document document;
        quantlathe::test::writeMadeGguf(m_scratch / "made.gguf", quantlathe::test::madeLlama(1)); // without a tokenizer
        document.setModel(openModel(m_scratch / "made.gguf"));
        document.setType(document.allTensors(), TensorType::Q4_0, u"types"_s);
        JobQueue queue;
        const auto dialog = dialogFor(document, queue, "llama.cpp");
        auto* method = find<QComboBox>(*dialog, "exportMethod");
        QCOMPARE(method->currentText(), u"Round to nearest"_s);
        QVERIFY(!static_cast<QStandardItemModel*>(method->model())->item(method->findText(u"GPTQ"_s))->isEnabled());
        QVERIFY2(find<QLabel>(*dialog, "exportMethodExplanation")->text().contains(u"Other methods cannot be used"_s),
                 qPrintable(find<QLabel>(*dialog, "exportMethodExplanation")->text()));
        QVERIFY(!find<QComboBox>(*dialog, "exportText")->isVisible());
        dialog->setTarget(path("made-out.gguf"));
        QTRY_VERIFY_WITH_TIMEOUT(dialog->isReady(), 20000);
    }

    void cancelledWhileItCalibrates()
    {
        Document document;
        document.setModel(m_model);
        JobQueue queue;
        JobsPanel panel(queue);
        panel.show();
        const auto dialog = dialogFor(document, queue, "TGI");
        dialog->findChild<MethodBox*>()->setText(m_text);
        choose(*dialog, "exportMethod", u"AWQ"_s);
        dialog->setTarget(path("cancelled"));
        QTRY_VERIFY_WITH_TIMEOUT(dialog->isReady(), 20000);
        dialog->accept();
        const quint64 id = *dialog->queuedJob();
        QTest::mouseClick(find<QPushButton>(panel, "cancelJob"), Qt::LeftButton);
        QTRY_COMPARE_WITH_TIMEOUT(queue.job(id)->state, ExportJob::State::Cancelled, 60000);
        QVERIFY(!std::filesystem::exists(m_scratch / "cancelled"));
        QTest::mouseClick(find<QPushButton>(panel, "resumeJob"), Qt::LeftButton);
        QTRY_COMPARE_WITH_TIMEOUT(queue.job(id)->state, ExportJob::State::Done, 120000);
        QVERIFY(find<QLineEdit>(panel, "servingCommand")->text().startsWith(u"text-generation-launcher --model-id "_s));
        QVERIFY(!std::filesystem::exists(m_scratch / "cancelled.layers"));
    }

    void findingsModel()
    {
        LoadFindingsModel model;
        const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        model.setFindings({{LoadVerdict::Misread, {Engine::Tgi}, "it would be one off", "Choose another", {"a", "b"}}, {LoadVerdict::Advice, {}, "it is slow", {}, {}}}, Engine::Tgi);
        QCOMPARE(treeText(model, {0}), u"TGI reads it wrongly: it would be one off (2 tensors, the first is a). Choose another.\nGood to know: it is slow.\n"_s);
        QVERIFY(model.index(0, 0).data(Qt::ForegroundRole).isValid() && !model.index(1, 0).data(Qt::ForegroundRole).isValid());
        QCOMPARE(model.index(0, 0).data(Qt::ToolTipRole).toString(), u"a\nb"_s);
        model.setFindings({}, Engine::Vllm);
        QCOMPARE(model.rowCount(), 0);
    }
};

QTEST_MAIN(TestExportEngines)
#include "tst_export_engines.moc"
