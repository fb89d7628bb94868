// SPDX-License-Identifier: GPL-3.0-or-later
// The main window's exports: the dialog, the list, what closing does to them.
#include "ui/compare/compare_window.h"
#include "ui/jobs/export_dialog.h"
#include "ui/jobs/job_queue.h"
#include "ui/jobs/jobs_panel.h"
#include "ui/text.h"
#include "ui/window/main_window.h"

#include <QDockWidget>
#include <QFileDialog>
#include <QFileInfo>
#include <QMessageBox>
#include <QPushButton>

namespace quantlathe::ui {

using namespace Qt::StringLiterals;

void MainWindow::exportModel()
{
    if (!m_document->hasModel())
        return;
    ExportDialog dialog(*m_document, *m_jobs, this);
    if (dialog.exec() != QDialog::Accepted)
        return;
    if (auto* dock = findChild<QDockWidget*>(u"jobs"_s)) {
        dock->show();
        dock->raise();
        static_cast<JobsPanel*>(dock->widget())->showJob(*dialog.queuedJob());
    }
}

void MainWindow::compareModels()
{
    const QString path = QFileDialog::getOpenFileName(this, tr("Compare with another model"), QFileInfo(pathText(m_document->model()->path())).absolutePath(),
                                                      tr("Model files (*.gguf *.safetensors *.safetensors.index.json);;All files (*)"));
    if (!path.isEmpty())
        compareWith(path);
}

CompareWindow* MainWindow::compareWith(const QString& path)
{
    auto* window = new CompareWindow(m_document->model(), this);
    window->setAttribute(Qt::WA_DeleteOnClose);
    window->show();
    window->compareWith(path);
    return window;
}

bool MainWindow::confirmStoppingExports()
{
    const int unfinished = m_jobs->unfinishedCount();
    if (unfinished == 0)
        return true;
    QMessageBox question(QMessageBox::Question, tr("Exports are running"),
                         tr("%n exports are not finished. Stop them and close the window?", nullptr, unfinished),
                         QMessageBox::NoButton, this);
    question.setObjectName(u"stopExports"_s);
    question.setInformativeText(tr("What is written so far is kept, so that the same export can go on later."));
    QAbstractButton* stop = question.addButton(tr("&Stop and close"), QMessageBox::DestructiveRole);
    stop->setObjectName(u"stopAndClose"_s);
    question.addButton(QMessageBox::Cancel);
    question.exec();
    return question.clickedButton() == stop;
}

} // namespace quantlathe::ui
