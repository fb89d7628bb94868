// SPDX-License-Identifier: GPL-3.0-or-later
// quantlathe_view_screenshots [FILE]: every view of the window, light and dark, in 1440x900 and 1024x700, for people to look at, into
// $QUANTLATHE_SCREENSHOTS. 200 % scale: QT_SCALE_FACTOR=2.
#include "core/plan/presets.h"
#include "ui/look/theme.h"
#include "ui/map/error_map_panel.h"
#include "ui/window/application.h"
#include "ui/window/main_window.h"
#include "ui/window/sample.h"
#include "ui_test_support.h"

#include <QApplication>
#include <QDir>
#include <QDockWidget>
#include <QToolButton>

using namespace quantlathe;
using namespace quantlathe::ui;

namespace {

void saveViews(MainWindow& window, const QDir& folder, const QString& suffix)
{
    const auto save = [&](const QString& view) {
        ui::test::settle(250);
        window.grab().save(folder.filePath(QStringLiteral("view-%1-%2.png").arg(view, suffix)));
    };
    window.showTree();
    for (auto* dock : window.findChildren<QDockWidget*>()) {
        dock->raise();
        if (dock->objectName() == QLatin1String("trade-off") || dock->objectName() == QLatin1String("channels"))
            QTest::qWait(1500); // worked out when it comes into sight
        save(dock->objectName());
    }
    window.showMap();
    save(QStringLiteral("map"));
    window.map().findChild<QToolButton*>(QStringLiteral("showLines"))->click();
    save(QStringLiteral("lines"));
    window.map().findChild<QToolButton*>(QStringLiteral("showMap"))->click();
}

} // namespace

int main(int argc, char** argv)
{
    QApplication application(argc, argv);
    const ui::test::IsolatedSettings settings;
    installLanguage(qEnvironmentVariable("QUANTLATHE_LANGUAGE", QStringLiteral("en")));
    const QDir folder(qEnvironmentVariable("QUANTLATHE_SCREENSHOTS", QStringLiteral(".")));
    folder.mkpath(QStringLiteral("."));
    MainWindow window;
    auto* theme = window.findChild<Theme*>();
    window.show();
    Document& document = window.document();
    window.openPath(argc > 1 ? QString::fromLocal8Bit(argv[1]) : sampleModelPath());
    for (int waited = 0; waited < 600 && (waited < 5 || document.isOpening() || document.isMeasuring()); ++waited)
        QTest::qWait(100);
    if (!document.hasModel())
        return 1;
    document.setPlan(planFromPreset(*document.model(), *findPreset("Q4_K_M"), {}), QStringLiteral("Apply preset Q4_K_M"));
    document.setDevices({parseDevice("RTX 4090")});
    const TensorIndices down = document.tensorsOfRole(TensorRole::FeedForwardDown);
    if (!down.empty())
        document.setSelection({down.front()}, down.front());
    for (const auto& [mode, colours] : {std::pair{Theme::Mode::Light, "light"}, std::pair{Theme::Mode::Dark, "dark"}}) {
        theme->setMode(mode);
        for (const QSize size : {QSize(1440, 900), QSize(1024, 700)}) {
            window.resize(size);
            window.resetLayout();
            ui::test::settle(100);
            saveViews(window, folder, QStringLiteral("%1-%2").arg(QLatin1String(colours)).arg(size.width()));
        }
    }
    document.undoStack().setClean();
    return 0;
}
