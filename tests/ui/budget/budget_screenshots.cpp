// SPDX-License-Identifier: GPL-3.0-or-later
// quantlathe_budget_screenshots [FILE]: pictures of fit, trade-off and plan comparison for people to look at, into
// $QUANTLATHE_SCREENSHOTS.
#include "core/plan/presets.h"
#include "ui/budget/fit_context.h"
#include "ui/budget/fit_dialog.h"
#include "ui/budget/plan_changes_panel.h"
#include "ui/budget/trade_off_panel.h"
#include "ui/look/theme.h"
#include "ui/ui_test_support.h"
#include "ui/window/sample.h"

#include <QApplication>
#include <QComboBox>
#include <QDir>
#include <QLineEdit>
#include <QTabWidget>

using namespace quantlathe;
using namespace quantlathe::ui;

int main(int argc, char** argv)
{
    QApplication application(argc, argv);
    const ui::test::IsolatedSettings settings;
    const QDir folder(qEnvironmentVariable("QUANTLATHE_SCREENSHOTS", QStringLiteral(".")));
    folder.mkpath(QStringLiteral("."));
    Theme theme;
    theme.setMode(Theme::Mode::Light);

    Document document;
    FitContext context(document);
    QObject::connect(&document, &Document::openFailed, &application, [] { QApplication::exit(1); });
    QObject::connect(&document, &Document::opened, &application, &QApplication::quit);
    document.open((argc > 1 ? QString::fromLocal8Bit(argv[1]) : sampleModelPath()).toStdString());
    QApplication::exec();
    if (!document.hasModel())
        return 1;
    document.setPlan(planFromPreset(*document.model(), *findPreset("Q4_K_M"), {}), QStringLiteral("preset"));

    TradeOffPanel tradeOff(context);
    PlanChangesPanel changes(context);
    tradeOff.resize(760, 420);
    changes.resize(900, 320);
    tradeOff.show();
    changes.show();
    const auto save = [&folder](QWidget& widget, const QString& name) {
        ui::test::settle(400);
        widget.grab().save(folder.filePath(QStringLiteral("budget-%1.png").arg(name)));
    };
    save(tradeOff, QStringLiteral("trade-off-waiting-light"));
    for (int waited = 0; waited < 300 && !tradeOff.isShowingCurve(); ++waited)
        QTest::qWait(100);
    QTest::keyClick(&tradeOff.plot(), Qt::Key_Right);
    save(tradeOff, QStringLiteral("trade-off-light"));
    const auto dialogs = [&](const QString& suffix, const QSize& size) {
        FitDialog dialog(context);
        if (size.isValid())
            dialog.resize(size);
        dialog.show();
        dialog.findChild<QLineEdit*>(QStringLiteral("fitSize"))->setText(QStringLiteral("1.9 MB"));
        for (int waited = 0; waited < 100 && !dialog.result(); ++waited)
            QTest::qWait(50);
        save(dialog, QStringLiteral("fit-size-") + suffix);
        dialog.findChild<QTabWidget*>(QStringLiteral("fitConstraints"))->setCurrentIndex(1);
        dialog.findChild<QComboBox*>(QStringLiteral("fitKind"))->setCurrentIndex(FitRequest::DeviceMemory);
        save(dialog, QStringLiteral("fit-device-") + suffix);
        dialog.findChild<QTabWidget*>(QStringLiteral("fitConstraints"))->setCurrentIndex(2);
        dialog.findChild<QComboBox*>(QStringLiteral("fitKind"))->setCurrentIndex(FitRequest::FileSize);
        dialog.findChild<QLineEdit*>(QStringLiteral("fitSize"))->setText(QStringLiteral("1 MB"));
        save(dialog, QStringLiteral("fit-too-small-") + suffix);
        dialog.findChild<QComboBox*>(QStringLiteral("fitKind"))->setCurrentIndex(FitRequest::LikePreset);
        QTest::qWait(400);
        return dialog.result();
    };
    const auto fitted = dialogs(QStringLiteral("light"), {});
    if (fitted)
        context.adopt(fitted->plan, QStringLiteral("Fit"));
    QTest::qWait(300);
    save(changes, QStringLiteral("changes-light"));
    save(tradeOff, QStringLiteral("trade-off-adopted-light"));
    theme.setMode(Theme::Mode::Dark);
    save(changes, QStringLiteral("changes-dark"));
    save(tradeOff, QStringLiteral("trade-off-dark"));
    (void)dialogs(QStringLiteral("small-dark"), {980, 640});
    theme.setTextPercent(150);
    tradeOff.resize(520, 380);
    save(tradeOff, QStringLiteral("trade-off-dark-large-text"));
    save(changes, QStringLiteral("changes-dark-large-text"));
    (void)dialogs(QStringLiteral("large-text-dark"), {1020, 690});
    return 0;
}
