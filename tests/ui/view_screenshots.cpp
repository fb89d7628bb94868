// SPDX-License-Identifier: GPL-3.0-or-later
// quantlathe_view_screenshots [FILE]: every view of the window, light and dark, in 1440x900 and 1024x700, for people to look at, into
// $QUANTLATHE_SCREENSHOTS. 200 % scale: QT_SCALE_FACTOR=2; 200 % text: QUANTLATHE_TEXT_PERCENT=200.
#include "core/plan/presets.h"
#include "ui/evaluation/evaluation_panel.h"
#include "ui/evaluation/result_view.h"
#include "ui/look/theme.h"
#include "ui/map/error_map_panel.h"
#include "ui/window/application.h"
#include "ui/window/main_window.h"
#include "ui/window/sample.h"
#include "ui_test_support.h"

#include <QApplication>
#include <QDir>
#include <QDockWidget>
#include <QTabWidget>
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
    window.showEvaluation();
    QTabWidget& pages = window.evaluation().results().pages();
    for (int page : {0, pages.count() - 1}) {
        pages.setCurrentIndex(page);
        save(page == 0 ? QStringLiteral("evaluation") : QStringLiteral("sensitivity"));
    }
}

/// Shows the table of sensitivities full.
std::shared_ptr<const Sensitivities> inventedSensitivities(const Model& model)
{
    Sensitivities figures;
    figures.text = "heldout.txt";
    figures.tokens = 8192;
    figures.tensors.resize(model.tensors().size());
    for (std::size_t tensor = 0; tensor < figures.tensors.size(); ++tensor) {
        const double kl = 0.0123 / double(tensor + 1);
        figures.tensors[tensor] = {tensor % 3 ? TensorSensitivity::State::Measured : TensorSensitivity::State::Estimated, TensorType::Q3_K, kl, kl / 10, 0.01, kl / 0.01};
    }
    return std::make_shared<const Sensitivities>(std::move(figures));
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
    theme->setTextPercent(qEnvironmentVariable("QUANTLATHE_TEXT_PERCENT", QStringLiteral("100")).toInt());
    window.show();
    Document& document = window.document();
    window.openPath(argc > 1 ? QString::fromLocal8Bit(argv[1]) : sampleModelPath());
    for (int waited = 0; waited < 600 && (waited < 5 || document.isOpening() || document.isMeasuring()); ++waited)
        QTest::qWait(100);
    if (!document.hasModel())
        return 1;
    document.setPlan(planFromPreset(*document.model(), *findPreset("Q4_K_M"), {}), QStringLiteral("Apply preset Q4_K_M"));
    document.setDevices({parseDevice("RTX 4090")});
    document.setSensitivities(inventedSensitivities(*document.model()));
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
