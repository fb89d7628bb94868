// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/jobs/jobs_panel.h"

#include "ui/jobs/job_table_model.h"
#include "ui/jobs/result_page.h"
#include "ui/jobs/tasks_view.h"
#include "ui/parts/hint_page.h"
#include "ui/parts/number_text.h"
#include "ui/parts/table_copy.h"
#include "ui/text.h"

#include <QDesktopServices>
#include <QEvent>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QPushButton>
#include <QStackedWidget>
#include <QTableView>
#include <QUrl>
#include <QVBoxLayout>

#include <algorithm>

namespace quantlathe::ui {

using namespace Qt::StringLiterals;

namespace {

/// What a running job does, and what its method left of the latest layers.
QString runningText(const ExportJob& job)
{
    if (job.phase == ExportStage::Calibrating) {
        constexpr std::size_t shown = 6;
        QStringList lines{job.stage.isEmpty() ? JobsPanel::tr("Reading the calibration text…")
                                              : JobsPanel::tr("Quantizing layer by layer on the calibration text: %1").arg(job.stage)};
        for (std::size_t back = 1; back <= std::min(shown, job.layers.size()); ++back) {
            const ExportJob::Layer& layer = job.layers[job.layers.size() - back];
            lines << JobsPanel::tr("Layer %1 of %2: largest error %3").arg(layer.number).arg(layer.layers).arg(relativeErrorText(layer.largestError));
        }
        return lines.join(u'\n');
    }
    if (job.stage.isEmpty())
        return JobsPanel::tr("Starting…");
    if (job.request.isFolder()) // written once, then read back
        return JobsPanel::tr("%1\n%2 % of writing and checking").arg(job.stage).arg(job.totalBytes == 0 ? 0 : 100 * job.doneBytes / job.totalBytes);
    return JobsPanel::tr("%1\n%2 of %3 written").arg(job.stage, bytesText(job.doneBytes), bytesText(job.totalBytes));
}

} // namespace

JobsPanel::JobsPanel(JobQueue& queue, QWidget* parent)
    : QWidget(parent), m_queue(queue), m_model(new JobTableModel(queue, this)), m_pages(new QStackedWidget(this)),
      m_hint(new HintPage(this)), m_main(new QWidget(this)), m_view(new QTableView(this)),
      m_cancel(new QPushButton(tr("&Cancel"), this)), m_resume(new QPushButton(tr("Res&ume"), this)),
      m_remove(new QPushButton(tr("Remo&ve from list"), this)), m_showFolder(new QPushButton(tr("Show in &folder"), this)),
      m_open(new QPushButton(tr("&Open result"), this)), m_details(new QStackedWidget(this)), m_message(new QLabel(this)),
      m_result(new ResultPage(this))
{
    m_hint->setHint(tr("No exports yet. Choose types for the tensors, then File, Export."));
    m_hint->setObjectName(u"jobsHint"_s);
    m_view->setObjectName(u"jobsTable"_s);
    m_view->setAccessibleName(tr("Exports"));
    m_view->setModel(m_model);
    m_view->setItemDelegateForColumn(JobTableModel::Progress, new ProgressDelegate(m_view));
    m_view->verticalHeader()->hide();
    m_view->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    m_view->horizontalHeader()->setStretchLastSection(true);
    m_view->horizontalHeader()->setHighlightSections(false);
    m_view->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_view->setSelectionMode(QAbstractItemView::SingleSelection);
    m_view->setShowGrid(false);
    m_view->setWordWrap(false);
    m_view->setTabKeyNavigation(false);
    addTableActions(*m_view);
    m_cancel->setObjectName(u"cancelJob"_s);
    m_resume->setObjectName(u"resumeJob"_s);
    m_resume->setToolTip(tr("Goes on where the export stopped"));
    m_remove->setObjectName(u"removeJob"_s);
    m_showFolder->setObjectName(u"showInFolder"_s);
    m_open->setObjectName(u"openResult"_s);
    m_message->setObjectName(u"jobMessage"_s);
    m_message->setTextFormat(Qt::PlainText);
    m_message->setWordWrap(true);
    m_message->setAlignment(Qt::AlignTop | Qt::AlignLeft);
    m_message->setTextInteractionFlags(Qt::TextSelectableByMouse);

    auto* buttons = new QHBoxLayout;
    for (QPushButton* button : {m_cancel, m_resume, m_remove})
        buttons->addWidget(button);
    buttons->addStretch(1);
    buttons->addWidget(m_showFolder);
    buttons->addWidget(m_open);
    m_details->addWidget(m_message);
    m_details->addWidget(m_result);
    auto* main = new QVBoxLayout(m_main);
    main->setContentsMargins(0, 0, 0, 0);
    main->setSpacing(4);
    main->addWidget(m_view, 2);
    main->addLayout(buttons);
    main->addWidget(m_details, 3);
    m_pages->addWidget(m_hint);
    m_pages->addWidget(m_main);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(6, 4, 6, 4);
    layout->addWidget(m_pages);

    connect(m_cancel, &QPushButton::clicked, this, [this] { m_queue.cancel(current()->id); });
    connect(m_resume, &QPushButton::clicked, this, [this] { m_queue.resume(current()->id); });
    connect(m_remove, &QPushButton::clicked, this, [this] { m_queue.remove(current()->id); });
    connect(m_showFolder, &QPushButton::clicked, this, [this] {
        QDesktopServices::openUrl(QUrl::fromLocalFile(pathText(current()->request.target().parent_path())));
    });
    connect(m_open, &QPushButton::clicked, this, [this] { Q_EMIT openRequested(pathText(current()->written())); });
    connect(m_view->selectionModel(), &QItemSelectionModel::currentChanged, this, &JobsPanel::updateDetail);
    connect(m_model, &QAbstractItemModel::rowsInserted, this, [this](const QModelIndex&, int row) {
        m_view->selectRow(row);
        updateDetail();
    });
    connect(m_model, &QAbstractItemModel::rowsRemoved, this, &JobsPanel::updateDetail);
    connect(&queue, &JobQueue::changed, this, [this](int row) {
        if (row == m_view->currentIndex().row())
            updateDetail();
    });
    adjustColumns();
    updateDetail();
}

void JobsPanel::setTasks(TaskList& tasks)
{
    m_tasks = new TasksView(tasks, this);
    static_cast<QVBoxLayout*>(layout())->insertWidget(0, m_tasks);
}

void JobsPanel::showJob(quint64 id)
{
    const int row = m_queue.rowOf(id);
    if (row >= 0)
        m_view->selectRow(row);
}

const ExportJob* JobsPanel::current() const
{
    const int row = m_view->currentIndex().row();
    return row < 0 || row >= static_cast<int>(m_queue.jobs().size()) ? nullptr : &m_queue.jobs()[static_cast<std::size_t>(row)];
}

void JobsPanel::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::FontChange)
        adjustColumns();
}

void JobsPanel::adjustColumns()
{
    const int character = m_view->fontMetrics().averageCharWidth();
    m_view->verticalHeader()->setDefaultSectionSize(m_view->fontMetrics().height() + 8);
    static constexpr int widths[JobTableModel::ColumnCount] = {34, 12, 28, 14, 16};
    for (int column = 0; column < JobTableModel::ColumnCount; ++column)
        m_view->setColumnWidth(column, character * widths[column]);
}

void JobsPanel::updateDetail()
{
    m_pages->setCurrentWidget(m_queue.jobs().empty() ? static_cast<QWidget*>(m_hint) : m_main);
    const ExportJob* job = current();
    using State = ExportJob::State;
    m_cancel->setEnabled(job && (job->state == State::Waiting || job->state == State::Running));
    m_resume->setEnabled(job && (job->state == State::Failed || job->state == State::Cancelled));
    m_remove->setEnabled(job && job->isFinished());
    m_showFolder->setEnabled(job && job->state == State::Done);
    m_open->setEnabled(job && job->state == State::Done && !job->written().empty());
    if (!job) {
        m_message->clear();
        m_details->setCurrentWidget(m_message);
        return;
    }
    if (job->state == State::Done) {
        if (m_shownResult != job->id)
            m_result->setResult(*job);
        m_shownResult = job->id;
        m_details->setCurrentWidget(m_result);
        return;
    }
    m_details->setCurrentWidget(m_message);
    switch (job->state) {
    case State::Waiting:
        m_message->setText(tr("Waits for the exports before it."));
        break;
    case State::Running:
        m_message->setText(runningText(*job));
        break;
    case State::Stopping:
        m_message->setText(tr("Stopping…"));
        break;
    case State::Failed: {
        const QString detail = detailText(*job->error);
        m_message->setText(detail.isEmpty() ? messageText(*job->error) : messageText(*job->error) + u'\n' + detail);
        break;
    }
    default:
        m_message->setText(tr("Cancelled. The target is as it was before. “Resume” goes on where the export stopped."));
    }
}

} // namespace quantlathe::ui
