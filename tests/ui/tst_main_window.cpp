// SPDX-License-Identifier: GPL-3.0-or-later
// The window around the panels: opening, dropping, remembering, recipes, presets, look.
#include "core/codecs/codec.h"
#include "core/plan/recipe.h"
#include "ui/look/icons.h"
#include "ui/look/theme.h"
#include "ui/presets/preset_dialog.h"
#include "ui/presets/preset_table_model.h"
#include "ui/tree/tensor_tree_panel.h"
#include "ui/window/main_window.h"
#include "ui/window/sample.h"
#include "ui_test_support.h"

#include <QAccessible>
#include <QApplication>
#include <QCheckBox>
#include <QDialogButtonBox>
#include <QDockWidget>
#include <QDropEvent>
#include <QLabel>
#include <QMenuBar>
#include <QMessageBox>
#include <QMimeData>
#include <QPushButton>
#include <QSettings>
#include <QSignalSpy>
#include <QTimer>
#include <QTreeView>

#include <fstream>

using namespace quantlathe;
using namespace quantlathe::ui;
using namespace quantlathe::ui::test;

class TestMainWindow : public QObject
{
    Q_OBJECT

    IsolatedSettings m_settings;
    quantlathe::test::ScratchFolder m_folder;

    static bool opens(MainWindow& window, const QString& path)
    {
        QSignalSpy opened(&window.document(), &Document::opened);
        window.openPath(path);
        return opened.wait(20000);
    }
    static bool drop(QWidget& target, const QString& path)
    {
        QMimeData data;
        data.setUrls({QUrl::fromLocalFile(path)});
        QDragEnterEvent enter(QPoint(20, 20), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(&target, &enter);
        if (!enter.isAccepted())
            return false;
        QDropEvent dropped(QPointF(20, 20), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(&target, &dropped);
        return dropped.isAccepted();
    }
    [[nodiscard]] QString path(const char* name) const { return QString::fromStdString((m_folder / name).string()); }

private Q_SLOTS:
    void init() { m_settings.clear(); }

    void theEmptyWindowSaysWhatToDo()
    {
        MainWindow window;
        window.show();
        auto* button = window.findChild<QPushButton*>(QStringLiteral("emptyOpenFile"));
        QVERIFY(button && button->isVisible());
        QCOMPARE(window.windowTitle(), QStringLiteral("Quantlathe"));
        QVERIFY(!window.findChild<QAction*>(QStringLiteral("exportAction"))->isEnabled());
    }

    void opensTheSampleWithItsButton()
    {
        MainWindow window;
        window.show();
        QSignalSpy opened(&window.document(), &Document::opened);
        QTest::mouseClick(window.findChild<QPushButton*>(QStringLiteral("emptyOpenSample")), Qt::LeftButton);
        QVERIFY(opened.wait(20000));
        QVERIFY(window.tree().isVisible());
        QVERIFY(window.windowTitle().startsWith(QStringLiteral("quantlathe-sample-f16.gguf")));
        QCOMPARE(window.findChild<QLabel*>(QStringLiteral("statusArchitecture"))->text(), QStringLiteral("llama"));
    }

    void droppedFilesOpenAndAreRemembered()
    {
        MainWindow window;
        window.show();
        QSignalSpy opened(&window.document(), &Document::opened);
        QVERIFY(drop(window, sampleModelPath()));
        QVERIFY(opened.wait(20000));
        QTRY_COMPARE(window.recentFiles().paths(), QStringList{sampleModelPath()});
        const auto actions = window.findChild<QMenu*>(QStringLiteral("recentMenu"))->actions();
        QVERIFY(actions.constFirst()->text().contains(QStringLiteral("quantlathe-sample-f16.gguf")));
        window.document().close();
        actions.constFirst()->trigger();
        QVERIFY(opened.wait(20000));
        // A folder too.
        const QString folder = QFileInfo(sampleModelPath()).absolutePath();
        QVERIFY(drop(window, folder));
        QVERIFY(opened.wait(20000));
        QTRY_COMPARE(window.recentFiles().paths().constFirst(), folder);
        QCOMPARE(window.document().model()->format(), ModelFormat::HuggingFace);
    }

    void textIsNotAccepted()
    {
        MainWindow window;
        QMimeData data;
        data.setText(QStringLiteral("hello"));
        QDragEnterEvent enter(QPoint(20, 20), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(&window, &enter);
        QVERIFY(!enter.isAccepted());
    }

    void recentFilesAreTheLastTenNewestFirst()
    {
        RecentFiles files;
        for (int number = 0; number < 12; ++number)
            files.add(QStringLiteral("/models/%1.gguf").arg(number));
        files.add(QStringLiteral("/models/../models/5.gguf"));
        QCOMPARE(files.paths().size(), RecentFiles::limit);
        QCOMPARE(files.paths().constFirst(), QStringLiteral("/models/5.gguf"));
        QCOMPARE(files.paths().count(QStringLiteral("/models/5.gguf")), 1);
        files.remove(QStringLiteral("/models/5.gguf"));
        QVERIFY(!files.paths().contains(QStringLiteral("/models/5.gguf")));
    }

    void aBadFileIsExplained()
    {
        std::ofstream(m_folder / "broken.gguf") << "GGUF this is no model";
        MainWindow window;
        window.show();
        window.openPath(path("broken.gguf"));
        QTRY_VERIFY_WITH_TIMEOUT(window.findChild<QMessageBox*>(QStringLiteral("errorBox")), 20000);
        auto* box = window.findChild<QMessageBox*>(QStringLiteral("errorBox"));
        QVERIFY(box->isVisible());
        QVERIFY2(box->informativeText().contains(QStringLiteral("broken.gguf")), qPrintable(box->informativeText()));
        box->accept();
        QVERIFY(window.recentFiles().paths().isEmpty());
        QVERIFY(!window.document().hasModel());
    }

    void aMissingFileLeavesTheRecentFiles()
    {
        MainWindow window;
        window.recentFiles().add(path("gone.gguf"));
        window.openPath(path("gone.gguf"));
        QTRY_VERIFY_WITH_TIMEOUT(window.findChild<QMessageBox*>(QStringLiteral("errorBox")), 20000);
        QVERIFY(window.recentFiles().paths().isEmpty());
    }

    void closingWhileOpeningAndMeasuring()
    {
        for (int round = 0; round < 4; ++round) {
            MainWindow window;
            window.show();
            window.document().setModel(makeModel(m_folder, {{"blk.0.ffn_up.weight", {4096, 256}}}, "closing.bin"));
            window.document().setSelection({0}, 0);
            window.document().setType({0}, TensorType::Q2_K, QStringLiteral("Set"));
            window.document().undoStack().setClean();
            QTest::qWait(10 * round);
            window.openPath(path("missing.gguf"));
            QVERIFY(window.close());
            QVERIFY(!window.document().isOpening());
        }
    }

    void unsavedChoicesAreAskedFor()
    {
        MainWindow window;
        window.show();
        window.document().setModel(makeModel(m_folder, smallModelSpec()));
        window.document().setType({2}, TensorType::Q8_0, QStringLiteral("Set"));
        QVERIFY(window.isWindowModified());
        const auto answer = [&](QMessageBox::StandardButton button) {
            QTimer::singleShot(0, &window, [&window, button] {
                if (auto* box = window.findChild<QMessageBox*>(QStringLiteral("unsavedBox")))
                    box->button(button)->click();
            });
            return window.close();
        };
        QVERIFY(!answer(QMessageBox::Cancel));
        QVERIFY(window.isVisible());
        QVERIFY(answer(QMessageBox::Discard));
    }

    void recipesAreSavedAndLoaded()
    {
        MainWindow window;
        window.document().setModel(makeModel(m_folder, smallModelSpec()));
        window.document().setType({2, 3}, TensorType::Q6_K, QStringLiteral("Set"));
        const Plan plan = window.document().plan();
        window.saveRecipeTo(path("recipe.json"));
        QVERIFY(!window.isWindowModified());
        window.document().undoStack().undo();
        QVERIFY(window.document().plan() != plan);
        window.loadRecipeFrom(path("recipe.json"));
        QCOMPARE(window.document().plan(), plan);
        QCOMPARE(window.document().undoStack().undoText(), QStringLiteral("Load recipe recipe.json"));
        std::ofstream(m_folder / "bad.json") << "{ \"format\": 3 }";
        window.loadRecipeFrom(path("bad.json"));
        QVERIFY(window.findChild<QMessageBox*>(QStringLiteral("errorBox")));
        QCOMPARE(window.document().plan(), plan);
    }

    void tensorTypeFilesGoOutAndIn()
    {
        MainWindow window;
        window.document().setModel(makeModel(m_folder, smallModelSpec()));
        window.document().setType({2, 7}, TensorType::Q5_K, QStringLiteral("Set"));
        window.exportTypeRulesTo(path("types.txt"));
        window.document().undoStack().undo();
        window.importTypeRulesFrom(path("types.txt"));
        QCOMPARE(window.document().effectiveChoice(2).type, TensorType::Q5_K);
        QCOMPARE(window.document().effectiveChoice(7).type, TensorType::Q5_K);
        QCOMPARE(window.document().effectiveChoice(3).type, TensorType::F32);
        std::ofstream(m_folder / "rules.txt") << "attn_v=Q8_0\nblk\\.0\\.=Q6_K\n";
        window.importTypeRulesFrom(path("rules.txt"));
        QCOMPARE(window.document().effectiveChoice(3).type, TensorType::Q8_0); // the first rule wins
        QCOMPARE(window.document().effectiveChoice(2).type, TensorType::Q6_K);
        QCOMPARE(window.document().effectiveChoice(6).type, TensorType::F32);
    }

    void presetsShowTheirSizeAndApply()
    {
        MainWindow window;
        window.document().setModel(makeModel(m_folder, smallModelSpec()));
        PresetDialog dialog(window.document(), &window);
        dialog.show();
        auto* table = dialog.findChild<QTreeView*>(QStringLiteral("presetTable"));
        auto* summary = dialog.findChild<QLabel*>(QStringLiteral("presetSummary"));
        auto* model = dialog.findChild<PresetTableModel*>();
        QCOMPARE(table->currentIndex().siblingAtColumn(0).data().toString(), QStringLiteral("Q4_K_M"));
        QTRY_VERIFY_WITH_TIMEOUT(summary->text().contains(QStringLiteral("Q4_K_M makes a file of")), 20000);
        // A mixture that is meant for importance data can be applied without, but says what that means.
        const int needs = model->rowOf("IQ1_S");
        QVERIFY(needs >= 0);
        table->setCurrentIndex(table->model()->index(needs, 0));
        auto* apply = dialog.findChild<QDialogButtonBox*>()->button(QDialogButtonBox::Apply);
        QCOMPARE(apply->isEnabled(), codecFor(TensorType::IQ1_S).canEncode());
        QVERIFY(model->index(needs, PresetTableModel::Description).data().toString().contains(
            codecFor(TensorType::IQ1_S).canEncode() ? QStringLiteral("quality suffers") : QStringLiteral("cannot be written")));
        QVERIFY(!model->outcome(needs).warning.isEmpty());
        QVERIFY(model->outcome(model->rowOf("Q4_K_M")).warning.isEmpty());
        table->setCurrentIndex(table->model()->index(model->rowOf("Q4_K_M"), 0));
        QVERIFY(apply->isEnabled());
        const std::uint64_t promised = model->outcome(model->rowOf("Q4_K_M")).fileBytes;
        QTest::mouseClick(apply, Qt::LeftButton);
        QCOMPARE(dialog.result(), int(QDialog::Accepted));
        QCOMPARE(window.document().plan().preset, std::string("Q4_K_M"));
        QCOMPARE(window.document().memoryEstimate().fileBytes, promised);
        QCOMPARE(window.document().undoStack().undoText(), QStringLiteral("Apply preset Q4_K_M"));
        window.document().undoStack().undo();
        QVERIFY(window.document().plan().choices().empty());
    }

    void theLayoutIsRememberedAndReset()
    {
        {
            MainWindow window;
            window.show();
            auto* memory = window.findChild<QDockWidget*>(QStringLiteral("memory"));
            QVERIFY(memory->isVisible());
            memory->hide();
            window.close();
        }
        MainWindow window;
        window.show();
        auto* memory = window.findChild<QDockWidget*>(QStringLiteral("memory"));
        QVERIFY(!memory->isVisible());
        window.resetLayout();
        QVERIFY(memory->isVisible());
    }

    void themesChangeColoursAndIcons()
    {
        Theme theme;
        const QImage light = themedIcon(QStringLiteral("undo")).pixmap(24).toImage();
        theme.setMode(Theme::Mode::Dark);
        QVERIFY(isDark(QApplication::palette()));
        const QImage dark = themedIcon(QStringLiteral("undo")).pixmap(24).toImage();
        QVERIFY(light != dark);
        QVERIFY(!dark.isNull());
        Theme next;
        QCOMPARE(next.mode(), Theme::Mode::Dark);
        const qreal size = QApplication::font().pointSizeF();
        theme.setTextPercent(150);
        QCOMPARE(QApplication::font().pointSizeF(), size * 1.5);
        theme.setTextPercent(100);
        theme.setMode(Theme::Mode::System);
        QVERIFY(!isDark(QApplication::palette()));
    }

    // Every input has a name for screen readers, and every action with an icon-only button a tool tip.
    void everyControlHasAName()
    {
        MainWindow window;
        window.document().setModel(makeModel(m_folder, smallModelSpec()));
        window.show();
        QStringList nameless;
        for (QWidget* widget : window.findChildren<QWidget*>()) {
            if (widget->focusPolicy() == Qt::NoFocus || !widget->isVisible() || widget->objectName().startsWith(QStringLiteral("qt_")))
                continue;
            QAccessibleInterface* interface = QAccessible::queryAccessibleInterface(widget);
            const bool isInput = widget->inherits("QLineEdit") || widget->inherits("QAbstractSpinBox") || widget->inherits("QComboBox")
                || widget->inherits("QAbstractSlider") || widget->inherits("QAbstractButton") || widget->inherits("QAbstractItemView");
            const bool isInner = widget->parentWidget() && (widget->parentWidget()->inherits("QComboBox") || widget->parentWidget()->inherits("QAbstractSpinBox")
                                                           || widget->inherits("QScrollBar") || widget->inherits("QHeaderView"));
            if (isInput && !isInner && interface && interface->text(QAccessible::Name).isEmpty())
                nameless << QStringLiteral("%1 (%2)").arg(QString::fromLatin1(widget->metaObject()->className()), widget->objectName());
        }
        QVERIFY2(nameless.isEmpty(), qPrintable(nameless.join(QStringLiteral(", "))));
    }

    void shortcutsAreUnique()
    {
        MainWindow window;
        QMap<QString, QString> taken;
        for (QAction* action : window.findChildren<QAction*>()) {
            if (action->shortcutContext() == Qt::WidgetShortcut) // only with the focus: every table may copy
                continue;
            for (const QKeySequence& key : action->shortcuts()) {
                const QString text = key.toString();
                QVERIFY2(!taken.contains(text), qPrintable(QStringLiteral("%1: %2 and %3").arg(text, taken.value(text), action->text())));
                taken.insert(text, action->text());
            }
        }
        QVERIFY(taken.size() > 10);
    }
};

QTEST_MAIN(TestMainWindow)
#include "tst_main_window.moc"
