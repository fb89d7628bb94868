// SPDX-License-Identifier: GPL-3.0-or-later
// quantlathe_panel_screenshots [FILE]: pictures of single panels for people to look at, light and dark, small and large
// text, into $QUANTLATHE_SCREENSHOTS.
#include "core/plan/presets.h"
#include "ui/compare/compare_window.h"
#include "ui/evaluation/evaluation_panel.h"
#include "ui/evaluation/result_view.h"
#include "ui/evaluation/trial_text_box.h"
#include "ui/findings/findings_panel.h"
#include "ui/jobs/export_dialog.h"
#include "ui/jobs/job_queue.h"
#include "ui/jobs/jobs_panel.h"
#include "ui/look/theme.h"
#include "ui/memory/memory_panel.h"
#include "ui/metadata/array_page.h"
#include "ui/metadata/metadata_model.h"
#include "ui/metadata/metadata_panel.h"
#include "ui/parts/task_list.h"
#include "ui/plots/distribution_panel.h"
#include "ui/plots/error_panel.h"
#include "ui/values/values_panel.h"
#include "ui/window/sample.h"
#include "ui_test_support.h"

#include <QApplication>
#include <QCheckBox>
#include <QComboBox>
#include <QDir>
#include <QPushButton>
#include <QSpinBox>
#include <QTabWidget>
#include <QTableView>

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
    QObject::connect(&document, &Document::openFailed, &application, [] { QApplication::exit(1); });
    QObject::connect(&document, &Document::opened, &application, &QApplication::quit);
    document.open((argc > 1 ? QString::fromLocal8Bit(argv[1]) : sampleModelPath()).toStdString());
    QApplication::exec();
    if (!document.hasModel())
        return 1;

    DistributionPanel distribution(document);
    ErrorPanel error(document);
    MetadataPanel metadata(document);
    ValuesPanel values(document);
    FindingsPanel findings(document);
    MemoryPanel memory(document);
    TaskList tasks;
    Evaluations evaluations(document, tasks);
    EvaluationPanel evaluation(evaluations);
    JobQueue queue;
    JobsPanel jobs(queue);
    struct Shown
    {
        QString name;
        QWidget* widget;
        QSize size;
    };
    const std::vector<Shown> panels{{QStringLiteral("distribution"), &distribution, {480, 640}},
                                    {QStringLiteral("error"), &error, {480, 560}},
                                    {QStringLiteral("metadata"), &metadata, {1000, 360}},
                                    {QStringLiteral("values"), &values, {1000, 360}},
                                    {QStringLiteral("findings"), &findings, {1000, 300}},
                                    {QStringLiteral("jobs"), &jobs, {1000, 360}},
                                    {QStringLiteral("memory"), &memory, {400, 1000}},
                                    {QStringLiteral("evaluation"), &evaluation, {960, 640}}};
    CompareWindow compare(document.model());
    compare.resize(1024, 640);
    compare.show();
    compare.compareWith(argc > 2 ? QString::fromLocal8Bit(argv[2]) : sampleModelPath());
    const auto saveCompare = [&](const QString& suffix) {
        for (int page = 0; page < compare.tabs().count(); ++page) {
            compare.tabs().setCurrentIndex(page);
            ui::test::settle(700);
            compare.grab().save(folder.filePath(QStringLiteral("compare-%1-%2.png").arg(page).arg(suffix)));
        }
    };
    const auto saveEvaluation = [&](const QString& suffix) {
        for (int page = 0; page < evaluation.results().pages().count(); ++page) {
            evaluation.results().pages().setCurrentIndex(page);
            QTest::qWait(300);
            evaluation.grab().save(folder.filePath(QStringLiteral("evaluation-%1-%2.png").arg(page).arg(suffix)));
        }
    };
    const auto saveAll = [&](const QString& suffix) {
        ui::test::settle(1500);
        for (const Shown& panel : panels)
            panel.widget->grab().save(folder.filePath(QStringLiteral("panel-%1-%2.png").arg(panel.name, suffix)));
    };
    for (const Shown& panel : panels) {
        panel.widget->resize(panel.size);
        panel.widget->show();
    }
    saveAll(QStringLiteral("empty"));
    document.setDevices({parseDevice("RTX 3090"), parseDevice("RTX 4090")});
    document.setPlan(planFromPreset(*document.model(), *findPreset("Q4_K_M"), {}), QStringLiteral("preset"));
    const std::size_t tensor = document.tensorsOfRole(TensorRole::FeedForwardDown).front();
    document.setSelection({tensor}, tensor);
    QAbstractItemModel& keys = *metadata.view().model();
    findings.readWeights();
    document.editMetadata("general.name", MetadataValue::ofString("A new name"), QStringLiteral("name"));
    document.editMetadata("general.description", MetadataValue::ofString("What it is for"), QStringLiteral("description"));
    document.editMetadata("general.size_label", std::nullopt, QStringLiteral("size"));
    for (int row = 0; row < keys.rowCount(); ++row) {
        if (keys.index(row, 0).data().toString() == QStringLiteral("tokenizer.ggml.tokens"))
            metadata.view().setCurrentIndex(keys.index(row, 0));
    }
    // What is under way, then what came out.
    evaluation.text().setFile(QString::fromStdString(quantlathe::test::resource("sample/heldout.txt").string()));
    evaluation.findChild<QSpinBox*>(QStringLiteral("evaluationContext"))->setValue(128);
    evaluation.findChild<QSpinBox*>(QStringLiteral("evaluationWindows"))->setValue(24);
    (void)QTest::qWaitFor([&] { return evaluations.readiness().isKnown; }, 20'000);
    evaluation.findChild<QPushButton*>(QStringLiteral("measureSensitivity"))->click();
    evaluation.findChild<QPushButton*>(QStringLiteral("evaluatePlan"))->click();
    QTest::qWait(1500);
    evaluation.grab().save(folder.filePath(QStringLiteral("evaluation-running.png")));
    (void)QTest::qWaitFor([&] { return !evaluations.isRunning(); }, 600'000);
    saveEvaluation(QStringLiteral("light"));
    const quantlathe::test::ScratchFolder target;
    ExportDialog dialog(document, queue);
    dialog.setTarget(QString::fromStdString((target / "sample-Q4_K_M.gguf").string()));
    dialog.show();
    QTest::qWait(1500);
    dialog.grab().save(folder.filePath(QStringLiteral("panel-export-light.png")));
    dialog.accept();
    saveAll(QStringLiteral("light"));
    saveCompare(QStringLiteral("light"));
    distribution.findChild<QCheckBox*>(QStringLiteral("logarithmicCounts"))->setChecked(true);
    auto* kind = values.findChild<QComboBox*>(QStringLiteral("valueKind"));
    kind->setCurrentIndex(kind->count() - 1);
    Q_EMIT kind->activated(kind->currentIndex());
    theme.setMode(Theme::Mode::Dark);
    ExportDialog refused(document, queue);
    refused.setTarget(QString::fromStdString(document.model()->path().string()));
    refused.show();
    QTest::qWait(1500);
    refused.grab().save(folder.filePath(QStringLiteral("panel-export-refused-dark.png")));
    refused.close();
    saveAll(QStringLiteral("dark-logarithmic"));
    saveEvaluation(QStringLiteral("dark"));
    theme.setTextPercent(150);
    saveAll(QStringLiteral("dark-large"));
    theme.setTextPercent(200);
    saveEvaluation(QStringLiteral("dark-larger"));
    saveCompare(QStringLiteral("dark-large"));
    theme.setTextPercent(100);
    theme.setMode(Theme::Mode::Light);
    distribution.resize(1000, 300);
    error.resize(1000, 300);
    metadata.resize(420, 700);
    values.resize(420, 300);
    findings.resize(420, 300);
    document.setSelection(document.tensorsOfLayer(1), std::nullopt);
    saveAll(QStringLiteral("light-other-shape"));
    return 0;
}
