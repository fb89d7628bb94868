// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/document_tasks.h"

#include "ui/document.h"
#include "ui/parts/task_list.h"
#include "ui/text.h"

#include <QFileInfo>

#include <utility>

namespace quantlathe::ui {

DocumentTasks::DocumentTasks(Document& document, TaskList& tasks, QObject* parent) : QObject(parent), m_document(document), m_tasks(tasks)
{
    connect(&document, &Document::openingStarted, this,
            [this](const std::filesystem::path& path) { beginOpening(QFileInfo(pathText(path)).fileName()); });
    connect(&document, &Document::opened, this, &DocumentTasks::endOpening);
    connect(&document, &Document::openFailed, this, &DocumentTasks::endOpening);
    connect(&document, &Document::openingCancelled, this, &DocumentTasks::endOpening);
    connect(&document, &Document::modelChanged, this, &DocumentTasks::measure);
    connect(&document, &Document::errorsChanged, this, &DocumentTasks::measure);
    connect(&document, &Document::measuringChanged, this, &DocumentTasks::measure);
}

void DocumentTasks::beginOpening(const QString& name)
{
    endOpening();
    m_opening = m_tasks.begin(tr("Opening %1").arg(name), [this] { m_document.cancelOpening(); });
}

void DocumentTasks::endOpening() { m_tasks.end(std::exchange(m_opening, 0)); }

void DocumentTasks::measure()
{
    const ErrorSurvey* survey = m_document.survey();
    const bool isBusy = survey && m_document.isMeasuring();
    const ErrorSurvey::Progress progress = survey ? survey->progress() : ErrorSurvey::Progress();
    const bool isSampling = isBusy && progress.known < progress.total;
    const bool isExact = isBusy && !isSampling && progress.exact < progress.total;
    if (isSampling && m_sampling == 0)
        m_sampling = m_tasks.begin(tr("Sampling the errors of all tensors in all types")); // a matter of seconds
    if (!isSampling)
        m_tasks.end(std::exchange(m_sampling, 0));
    if (isExact && m_exact == 0)
        m_exact = m_tasks.begin(tr("Measuring all errors exactly"), [this] { m_document.previews().setThorough(false); });
    if (!isExact)
        m_tasks.end(std::exchange(m_exact, 0));
    m_tasks.progress(m_sampling, progress.known, progress.total);
    m_tasks.progress(m_exact, progress.exact, progress.total);
}

} // namespace quantlathe::ui
