// SPDX-License-Identifier: GPL-3.0-or-later
// quantlathe_screenshots [FILE]: pictures of the window for people to look at, into $QUANTLATHE_SCREENSHOTS.
#include "core/plan/presets.h"
#include "ui/evaluation/evaluation_panel.h"
#include "ui/evaluation/trial_text_box.h"
#include "ui/look/theme.h"
#include "ui/map/error_map_panel.h"
#include "ui/presets/preset_dialog.h"
#include "ui/tree/tensor_tree_model.h"
#include "ui/tree/tensor_tree_panel.h"
#include "ui/window/application.h"
#include "ui/window/main_window.h"
#include "ui/window/sample.h"
#include "ui_test_support.h"

#include <QApplication>
#include <QComboBox>
#include <QDir>
#include <QDockWidget>
#include <QPushButton>
#include <QSpinBox>
#include <QToolButton>
#include <QTreeView>

using namespace quantlathe;
using namespace quantlathe::ui;

namespace {

void settle(Document& document)
{
    for (int waited = 0; waited < 100; ++waited) {
        QTest::qWait(100);
        if (waited > 5 && !document.isMeasuring() && !document.isOpening())
            break;
    }
}

} // namespace

int main(int argc, char** argv)
{
    QApplication application(argc, argv);
    const ui::test::IsolatedSettings settings;
    const QDir folder(qEnvironmentVariable("QUANTLATHE_SCREENSHOTS", QStringLiteral(".")));
    folder.mkpath(QStringLiteral("."));
    const QString file = argc > 1 ? QString::fromLocal8Bit(argv[1]) : sampleModelPath();

    MainWindow window;
    const auto save = [&](const QString& name, QWidget* widget = nullptr) {
        ui::test::settle(150);
        (widget ? widget : &window)->grab().save(folder.filePath(name + QStringLiteral(".png")));
    };
    auto* theme = window.findChild<Theme*>();
    theme->setMode(Theme::Mode::Light);
    window.resize(1440, 900);
    window.show();
    save(QStringLiteral("empty-light"));
    window.openPath(file);
    settle(window.document());
    Document& document = window.document();
    if (!document.hasModel())
        return 1;
    save(QStringLiteral("opened-light"));

    document.setPlan(planFromPreset(*document.model(), *findPreset("Q4_K_M"), {}), QStringLiteral("Apply preset Q4_K_M"));
    document.setDevices({parseDevice("RTX 4090")});
    const TensorIndices values = document.tensorsOfRole(TensorRole::FeedForwardDown);
    if (!values.empty())
        document.setSelection({values.front()}, values.front());
    settle(document);
    save(QStringLiteral("planned-light"));
    QTreeView& view = window.tree().view();
    view.edit(view.currentIndex().siblingAtColumn(TensorTreeModel::ChosenType));
    save(QStringLiteral("editing-light"));
    if (QWidget* popup = QApplication::activePopupWidget()) {
        save(QStringLiteral("editing-list-light"), popup);
        popup->close();
    }
    view.setFocus();
    QTest::keyClick(&view, Qt::Key_Escape);
    for (QComboBox* editor : view.viewport()->findChildren<QComboBox*>())
        QTest::keyClick(editor, Qt::Key_Escape);
    {
        PresetDialog dialog(document, &window);
        dialog.show();
        QTest::qWait(500);
        save(QStringLiteral("presets-light"), &dialog);
    }
    // The map, sampled and exact, and the docks that belong to it.
    const auto raise = [&](const char* dock) {
        if (auto* found = window.findChild<QDockWidget*>(QString::fromLatin1(dock)))
            found->raise();
        QTest::qWait(400);
    };
    window.showMap();
    raise("what-if");
    save(QStringLiteral("map-light"));
    auto* types = window.map().findChild<QComboBox*>(QStringLiteral("mapTypes"));
    types->setCurrentIndex(types->findText(QStringLiteral("all as Q3_K")));
    Q_EMIT types->activated(types->currentIndex());
    window.map().findChild<QToolButton*>(QStringLiteral("showLines"))->click();
    raise("channels");
    save(QStringLiteral("map-lines-light"));
    theme->setMode(Theme::Mode::Dark);
    save(QStringLiteral("map-lines-dark"));
    window.map().findChild<QToolButton*>(QStringLiteral("showMap"))->click();
    raise("what-if");
    window.resize(1024, 700);
    save(QStringLiteral("map-small-dark"));
    theme->setTextPercent(150);
    save(QStringLiteral("map-small-large-text-dark"));
    theme->setTextPercent(100);
    // The model is run on text.
    window.showEvaluation();
    QTest::qWait(300);
    window.resize(1024, 700);
    window.evaluation().text().setFile(QString::fromStdString(quantlathe::test::resource("sample/heldout.txt").string()));
    window.evaluation().findChild<QSpinBox*>(QStringLiteral("evaluationContext"))->setValue(128);
    window.evaluation().findChild<QSpinBox*>(QStringLiteral("evaluationWindows"))->setValue(16);
    (void)QTest::qWaitFor([&] { return window.evaluations().readiness().isKnown; }, 20'000);
    window.evaluation().findChild<QPushButton*>(QStringLiteral("evaluatePlan"))->click();
    (void)QTest::qWaitFor([&] { return !window.evaluations().isRunning(); }, 300'000);
    save(QStringLiteral("evaluation-small-dark"));
    theme->setTextPercent(200);
    save(QStringLiteral("evaluation-small-large-text-dark"));
    theme->setTextPercent(100);
    window.resize(1440, 900);
    theme->setMode(Theme::Mode::Light);
    save(QStringLiteral("evaluation-light"));
    theme->setMode(Theme::Mode::HighContrast);
    save(QStringLiteral("evaluation-high-contrast"));
    theme->setMode(Theme::Mode::Dark);
    raise("distribution");
    window.showTree();

    save(QStringLiteral("planned-dark"));
    window.resize(900, 600);
    save(QStringLiteral("small-dark"));
    theme->setMode(Theme::Mode::Light);
    save(QStringLiteral("small-light"));
    window.resize(1440, 900);
    theme->setTextPercent(150);
    window.resetLayout();
    save(QStringLiteral("large-text-light"));
    theme->setTextPercent(100);
    window.resetLayout();
    theme->setMode(Theme::Mode::HighContrast);
    save(QStringLiteral("planned-high-contrast"));
    document.undoStack().setClean();
    document.close();
    theme->setMode(Theme::Mode::Dark);
    save(QStringLiteral("empty-dark"));
    theme->setMode(Theme::Mode::Light);
    window.hide();
    installLanguage(QStringLiteral("de"));
    MainWindow german;
    german.resize(1024, 700);
    german.show();
    save(QStringLiteral("empty-german-light"), &german);
    german.openPath(file);
    settle(german.document());
    german.document().setSelection({2}, 2);
    settle(german.document());
    save(QStringLiteral("opened-german-light"), &german);
    german.showMap();
    save(QStringLiteral("map-german-light"), &german);
    return 0;
}
