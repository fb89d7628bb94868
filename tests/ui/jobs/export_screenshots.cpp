// SPDX-License-Identifier: GPL-3.0-or-later
// quantlathe_export_screenshots: the export dialog for every engine, a rule that blocks, a method at work and results, light, dark, in a small window and
// with large text, for people to look at, into $QUANTLATHE_SCREENSHOTS. $QUANTLATHE_LANGUAGE: en or de.
#include "core/formats/open.h"
#include "support/small_llama.h"
#include "ui/jobs/export_dialog.h"
#include "ui/jobs/job_queue.h"
#include "ui/jobs/jobs_panel.h"
#include "ui/jobs/method_box.h"
#include "ui/look/theme.h"
#include "ui/ui_test_support.h"
#include "ui/window/application.h"

#include <QApplication>
#include <QComboBox>
#include <QDir>
#include <QSpinBox>
#include <QToolButton>

using namespace quantlathe;
using namespace quantlathe::ui;

namespace {

template <typename Widget> Widget* find(QWidget& parent, const char* name) { return parent.findChild<Widget*>(QLatin1String(name)); }

/// The dialog for @p engine (its place in the list), settled.
std::unique_ptr<ExportDialog> dialogFor(Document& document, JobQueue& queue, int engine, const QString& target)
{
    auto dialog = std::make_unique<ExportDialog>(document, queue);
    dialog->setTarget(target);
    dialog->show();
    find<QComboBox>(*dialog, "exportEngine")->setCurrentIndex(engine);
    (void)QTest::qWaitFor([&] { return find<QComboBox>(*dialog, "exportMethod")->count() > 0; }, 20000);
    ui::test::settle(900);
    return dialog;
}

} // namespace

int main(int argc, char** argv)
{
    QApplication application(argc, argv);
    const ui::test::IsolatedSettings settings;
    installLanguage(qEnvironmentVariable("QUANTLATHE_LANGUAGE", QStringLiteral("en")));
    const QDir folder(qEnvironmentVariable("QUANTLATHE_SCREENSHOTS", QStringLiteral(".")));
    folder.mkpath(QStringLiteral("."));
    const quantlathe::test::ScratchFolder scratch;
    const auto path = [&](const char* name) { return QString::fromStdString((scratch / name).string()); };
    const QString text = QString::fromStdString(quantlathe::test::writeSmallText(scratch / "text.txt").string());
    Document document;
    document.setModel(openModel(quantlathe::test::writeSmallLlama(scratch / "Small-Llama")));
    document.setDevices({parseDevice("RTX 4090")});
    document.setType(document.allTensors(), TensorType::Q4_K, QStringLiteral("types"));
    document.setType(document.tensorsOfRole(TensorRole::FeedForwardDown), TensorType::Q8_0, QStringLiteral("types"));
    Document odd;
    odd.setModel(openModel(quantlathe::test::writeSmallLlama(scratch / "Odd-Llama", 160)));
    Theme theme;
    JobQueue queue;
    JobsPanel panel(queue);
    panel.resize(1024, 420);
    panel.show();
    int picture = 0;
    const auto look = [&](Theme::Mode mode, int percent, const QString& suffix, QSize size) {
        theme.setMode(mode);
        theme.setTextPercent(percent);
        const auto save = [&](QWidget& widget, const QString& name) {
            if (size.isValid())
                widget.resize(size);
            ui::test::settle(150);
            widget.grab().save(folder.filePath(QStringLiteral("export-%1-%2.png").arg(name, suffix)));
        };
        static const char* const engines[] = {"llama", "vllm", "tgi", "transformers"};
        for (int engine = 0; engine < 4; ++engine)
            save(*dialogFor(document, queue, engine, path("out")), QLatin1String(engines[engine]));
        const auto more = dialogFor(document, queue, 1, path("out"));
        for (const char* fold : {"exportMethodMore", "exportMore"})
            find<QToolButton>(*more, fold)->setChecked(true);
        save(*more, QStringLiteral("more"));
        const auto blocked = dialogFor(odd, queue, 1, path("out"));
        find<QComboBox>(*blocked, "exportFormat")->setCurrentIndex(6); // GPTQ
        find<QComboBox>(*blocked, "exportGroup")->setCurrentIndex(2);  // 128
        ui::test::settle(900);
        save(*blocked, QStringLiteral("blocked"));
        for (const int engine : {0, 1}) {
            const auto dialog = dialogFor(document, queue, engine, path(qPrintable(QStringLiteral("result-%1").arg(++picture))));
            dialog->findChild<MethodBox*>()->setText(text);
            find<QSpinBox>(*dialog, "exportWindows")->setValue(60);
            find<QSpinBox>(*dialog, "exportWindowTokens")->setValue(64);
            (void)QTest::qWaitFor([&] { return dialog->isReady(); }, 20000);
            dialog->accept();
            const quint64 id = dialog->queuedJob().value_or(0);
            panel.showJob(id);
            (void)QTest::qWaitFor([&] { return !queue.job(id) || !queue.job(id)->layers.empty() || queue.job(id)->isFinished(); }, 60000);
            panel.grab().save(folder.filePath(QStringLiteral("export-running-%1-%2.png").arg(QLatin1String(engines[engine]), suffix)));
            (void)QTest::qWaitFor([&] { return !queue.job(id) || queue.job(id)->isFinished(); }, 120000);
            ui::test::settle(300);
            panel.grab().save(folder.filePath(QStringLiteral("export-result-%1-%2.png").arg(QLatin1String(engines[engine]), suffix)));
        }
    };
    look(Theme::Mode::Light, 100, QStringLiteral("light"), {});
    look(Theme::Mode::Dark, 100, QStringLiteral("dark-small"), QSize(640, 480));
    look(Theme::Mode::Light, 200, QStringLiteral("large"), QSize(1024, 700));
    return 0;
}
