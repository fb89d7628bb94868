// SPDX-License-Identifier: GPL-3.0-or-later
// The main job as a person does it, with the mouse and the keyboard: open the sample, look at a layer, change its type,
// undo, apply a preset, export, cancel a second export, reopen the result. Each step goes on where the one before ended.
#include "ui/jobs/export_dialog.h"
#include "ui/jobs/job_queue.h"
#include "ui/jobs/result_page.h"
#include "ui/metadata/metadata_panel.h"
#include "ui/plots/distribution_panel.h"
#include "ui/plots/histogram_plot.h"
#include "ui/presets/preset_dialog.h"
#include "ui/tree/tensor_filter_model.h"
#include "ui/tree/tensor_tree_model.h"
#include "ui/tree/tensor_tree_panel.h"
#include "ui/window/application.h"
#include "ui/window/main_window.h"
#include "ui/window/sample.h"
#include "ui_test_support.h"

#include <QComboBox>
#include <QDialogButtonBox>
#include <QDockWidget>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSettings>
#include <QSignalSpy>
#include <QTableView>
#include <QTimer>
#include <QTreeView>

using namespace quantlathe;
using namespace quantlathe::ui;
using namespace quantlathe::ui::test;

class TestMainJob : public QObject
{
    Q_OBJECT

    IsolatedSettings m_settings;
    quantlathe::test::ScratchFolder m_folder;
    std::unique_ptr<MainWindow> m_window;

    Document& document() { return m_window->document(); }
    QTreeView& view() { return m_window->tree().view(); }
    /// The row of layer @p layer: the tensors outside the layers come first.
    QModelIndex layerRow(int layer, int column = 0) { return m_window->tree().filter().index(layer + 1, column); }
    QString status(const char* field) { return m_window->findChild<QLabel*>(QLatin1String(field))->text(); }
    void click(const QModelIndex& index)
    {
        view().scrollTo(index);
        QTest::mouseClick(view().viewport(), Qt::LeftButton, {}, view().visualRect(index).center());
    }
    /// Answers a dialog that opens with exec(): calls @p act with it once it is there.
    template <typename Dialog, typename Act>
    void whenOpen(Act act)
    {
        auto* timer = new QTimer(this);
        connect(timer, &QTimer::timeout, this, [this, timer, act] {
            auto* dialog = m_window->findChild<Dialog*>();
            if (dialog && dialog->isVisible() && act(*dialog))
                timer->deleteLater();
        });
        timer->start(20);
    }

    /// By the shortcut and the dialog, as a person does.
    void exportTo(const std::filesystem::path& target)
    {
        const auto isTyped = std::make_shared<bool>(false);
        whenOpen<ExportDialog>([target, isTyped](ExportDialog& dialog) {
            auto* edit = dialog.findChild<QLineEdit*>(QStringLiteral("exportTarget"));
            if (!std::exchange(*isTyped, true)) {
                edit->selectAll();
                QTest::keyClicks(edit, QString::fromStdString(target.string()));
            }
            if (!dialog.isReady())
                return false; // the sizes are still being worked out
            QTest::mouseClick(dialog.findChild<QPushButton*>(QStringLiteral("exportStart")), Qt::LeftButton);
            return true;
        });
        m_window->activateWindow(); // after a modal dialog the platform of the tests leaves no window active
        QVERIFY(QTest::qWaitForWindowActive(m_window.get()));
        QTest::keyClick(m_window.get(), Qt::Key_E, Qt::ControlModifier);
    }

private Q_SLOTS:
    void initTestCase()
    {
        QVERIFY2(!sampleModelPath().isEmpty(), "resources/sample/quantlathe-sample-f16.gguf is missing");
        QSettings().setValue(QStringLiteral("jobs/method/gguf"), QStringLiteral("round-to-nearest")); // methods: tst_export_engines
        m_window = std::make_unique<MainWindow>();
        m_window->resize(1400, 900);
        m_window->show();
        QVERIFY(QTest::qWaitForWindowActive(m_window.get()));
    }

    void cleanupTestCase()
    {
        document().undoStack().setClean();
        QVERIFY(m_window->close());
        m_window.reset();
    }

    void opensTheSample()
    {
        QSignalSpy opened(&document(), &Document::opened);
        QTest::mouseClick(m_window->findChild<QPushButton*>(QStringLiteral("emptyOpenSample")), Qt::LeftButton);
        QVERIFY(opened.wait(20000));
        QVERIFY(view().isVisible());
        QCOMPARE(status("statusFormat"), QStringLiteral("GGUF 3"));
        QCOMPARE(status("statusArchitecture"), QStringLiteral("llama"));
        QVERIFY(document().tensorsOfLayer(0).size() >= 9);
    }

    void selectsALayer()
    {
        click(layerRow(1));
        QCOMPARE(document().selection(), document().tensorsOfLayer(1));
    }

    void changesItsType()
    {
        const std::uint64_t before = document().memoryEstimate().fileBytes;
        const QString size = status("statusSize");
        click(layerRow(1, TensorTreeModel::ChosenType));
        QTest::keyClick(&view(), Qt::Key_F2);
        const auto editor = [this]() -> QComboBox* { return view().viewport()->findChild<QComboBox*>(); };
        QTRY_VERIFY(editor() && editor()->view()->isVisible());
        QTest::keyClicks(editor()->view(), QStringLiteral("Q4_K"));
        QTest::keyClick(editor()->view(), Qt::Key_Return);
        QTRY_COMPARE(document().undoStack().undoText(), QStringLiteral("Set layer 1 to Q4_K"));
        for (const std::size_t tensor : document().tensorsOfRole(TensorRole::AttentionQuery)) {
            const bool isInLayer = document().model()->place(tensor).layer == 1;
            QCOMPARE(document().effectiveChoice(tensor).type == TensorType::Q4_K, isInLayer);
        }
        QVERIFY(document().memoryEstimate().fileBytes < before);
        QVERIFY(status("statusSize") != size);
        QVERIFY(m_window->isWindowModified());
        // What it costs is measured without being asked for.
        const QModelIndex error = layerRow(1, TensorTreeModel::RelativeError);
        QTRY_VERIFY_WITH_TIMEOUT(error.data(TensorTreeModel::SortRole).toDouble() > 0.01
                                     && error.data(TensorTreeModel::SortRole).toDouble() < 0.2, 60000);
    }

    void undoes()
    {
        QTest::keyClick(m_window.get(), Qt::Key_Z, Qt::ControlModifier);
        QVERIFY(document().plan().choices().empty());
        QVERIFY(!m_window->isWindowModified());
        QCOMPARE(layerRow(1, TensorTreeModel::ChosenType).data(), layerRow(1, TensorTreeModel::StoredType).data());
    }

    void appliesAPreset()
    {
        whenOpen<PresetDialog>([](PresetDialog& dialog) {
            auto* apply = dialog.findChild<QDialogButtonBox*>()->button(QDialogButtonBox::Apply);
            auto* table = dialog.findChild<QTreeView*>();
            if (table->currentIndex().siblingAtColumn(0).data().toString() != QStringLiteral("Q4_K_M") || !apply->isEnabled())
                return false; // the sizes are still being worked out
            QTest::mouseClick(apply, Qt::LeftButton);
            return true;
        });
        QTest::keyClick(m_window.get(), Qt::Key_P, Qt::ControlModifier);
        QCOMPARE(document().plan().preset, std::string("Q4_K_M"));
        QCOMPARE(document().undoStack().undoText(), QStringLiteral("Apply preset Q4_K_M"));
        QVERIFY(document().effectiveBitsPerWeight() < 6);
    }

    void showsWhatTheWeightsLookLike()
    {
        m_window->findChild<QDockWidget*>(QStringLiteral("distribution"))->raise();
        click(m_window->tree().filter().index(1, 0, layerRow(1)));
        auto* distribution = m_window->findChild<DistributionPanel*>();
        QTRY_VERIFY(distribution->plot().isVisible());
        auto* metadata = m_window->findChild<MetadataPanel*>();
        QVERIFY(metadata->view().model()->rowCount() > 10);
    }

    void exports()
    {
        exportTo(m_folder / "first.gguf");
        QCOMPARE(m_window->jobs().jobs().size(), 1u);
        const ExportJob& job = m_window->jobs().jobs().front();
        QTRY_COMPARE_WITH_TIMEOUT(job.state, ExportJob::State::Done, 60000);
        QCOMPARE(std::filesystem::file_size(m_folder / "first.gguf"), document().memoryEstimate().fileBytes);
        QVERIFY(m_window->findChild<ResultPage*>()->isVisible());
    }

    void cancelsASecondExport()
    {
        exportTo(m_folder / "second.gguf");
        QCOMPARE(m_window->jobs().jobs().size(), 2u);
        QTest::mouseClick(m_window->findChild<QPushButton*>(QStringLiteral("cancelJob")), Qt::LeftButton);
        QTRY_COMPARE(m_window->jobs().jobs().back().state, ExportJob::State::Cancelled);
        QVERIFY(!std::filesystem::exists(m_folder / "second.gguf"));
    }

    void reopensTheResult()
    {
        std::vector<TensorType> written;
        for (std::size_t tensor = 0; tensor < document().tensorCount(); ++tensor)
            written.push_back(document().effectiveChoice(tensor).type);
        document().undoStack().setClean(); // the choices were exported; do not ask
        auto* table = m_window->findChild<QTableView*>(QStringLiteral("jobsTable"));
        table->selectRow(0);
        QSignalSpy opened(&document(), &Document::opened);
        QTest::mouseClick(m_window->findChild<QPushButton*>(QStringLiteral("openResult")), Qt::LeftButton);
        QVERIFY(opened.wait(20000));
        QCOMPARE(document().tensorCount(), written.size());
        for (std::size_t tensor = 0; tensor < written.size(); ++tensor)
            QCOMPARE(document().model()->tensors()[tensor].type(), written[tensor]);
    }
};

QTEST_MAIN(TestMainJob)
#include "tst_main_job.moc"
