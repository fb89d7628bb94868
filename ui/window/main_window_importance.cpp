// SPDX-License-Identifier: GPL-3.0-or-later
// The main window's importance data: loading them, and saying what fits.
#include "core/base/text.h"
#include "ui/jobs/importance_text.h"
#include "ui/text.h"
#include "ui/window/main_window.h"
#include "ui/window/recipe_report.h"

#include <QAction>
#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <QMenu>
#include <QSettings>
#include <QStatusBar>

namespace quantlathe::ui {

using namespace Qt::StringLiterals;

namespace {
const QString folderKey = u"window/importanceFolder"_s;
constexpr int messageMilliseconds = 8000;
} // namespace

void MainWindow::addImportanceActions(QMenu& menu)
{
    QAction* load = menu.addAction(tr("Load importance &data…"), this, &MainWindow::chooseImportance);
    load->setObjectName(u"loadImportanceAction"_s);
    load->setShortcut(Qt::CTRL | Qt::SHIFT | Qt::Key_I);
    m_modelActions << load;
    QAction* unload = menu.addAction(tr("&Unload importance data"), this, [this] { m_document->setImportance(nullptr); });
    unload->setObjectName(u"unloadImportanceAction"_s);
    unload->setEnabled(false);
    connect(m_document, &Document::importanceChanged, unload, [this, unload] {
        unload->setEnabled(m_document->importance() != nullptr);
        importanceChanged();
    });
    connect(m_document, &Document::importanceFailed, this, [this](const std::filesystem::path& path, const Error& error) {
        m_waitingImportance.clear();
        showError(tr("%1 could not be used as importance data").arg(QFileInfo(pathText(path)).fileName()), error);
    });
}

void MainWindow::chooseImportance()
{
    const QString folder = QSettings().value(folderKey, QFileInfo(pathText(m_document->model()->path())).absolutePath()).toString();
    const QString path = QFileDialog::getOpenFileName(this, tr("Load importance data"), folder,
                                                      tr("Importance data (*.gguf *.dat *.imatrix);;All files (*)"));
    if (!path.isEmpty())
        openImportance(path);
}

void MainWindow::openImportance(const QString& path)
{
    if (!m_document->hasModel()) {
        m_waitingImportance = path;
        statusBar()->showMessage(tr("%1 holds importance data: open the model they belong to").arg(QFileInfo(path).fileName()), messageMilliseconds);
        return;
    }
    QSettings().setValue(folderKey, QFileInfo(path).absolutePath());
    m_document->loadImportance(toPath(QDir::cleanPath(QFileInfo(path).absoluteFilePath())));
}

/// What a person would not expect is listed at once; the rest stands in the status bar and in the export dialog.
void MainWindow::importanceChanged()
{
    const auto& importance = m_document->importance();
    if (!importance) {
        statusBar()->showMessage(tr("Importance data unloaded"), messageMilliseconds);
        return;
    }
    const QString file = pathText(importance->importance()->file().filename());
    const Model& model = *importance->model();
    RecipeReport report;
    report.title = tr("Importance data");
    int served = 0;
    for (std::size_t tensor = 0; tensor < model.tensors().size(); ++tensor) {
        const TensorFit& fit = importance->fit(tensor);
        served += fit.isUsed();
        if (!fit.explanation.empty())
            report.lines.push_back({toQString(printable(model.tensors()[tensor].name())), toQString(fit.explanation)});
    }
    for (const std::string& name : importance->unknownNames())
        report.lines.push_back({toQString(printable(name)), tr("In the data, but not in this model")});
    statusBar()->showMessage(tr("Importance data of %n tensor(s) loaded from %1", nullptr, served).arg(file), messageMilliseconds);
    if (report.lines.empty())
        return;
    report.summary = tr("The importance data in %1 serve %n tensor(s) of this model. The others are encoded without, and experts that were "
                        "never reached with all channels alike.", nullptr, served).arg(file);
    (new RecipeReportDialog(report, this))->open();
}

} // namespace quantlathe::ui
