// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/jobs/tasks_view.h"

#include "ui/jobs/job_table_model.h"
#include "ui/parts/number_text.h"
#include "ui/parts/table_copy.h"
#include "ui/text.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QPushButton>
#include <QTableView>

namespace quantlathe::ui {

using namespace Qt::StringLiterals;

namespace {
constexpr int mostRowsShown = 4;
} // namespace

TaskTableModel::TaskTableModel(TaskList& tasks, QObject* parent) : QAbstractTableModel(parent), m_tasks(tasks)
{
    connect(&tasks, &TaskList::aboutToAdd, this, [this](int row) { beginInsertRows({}, row, row); });
    connect(&tasks, &TaskList::added, this, [this] { endInsertRows(); });
    connect(&tasks, &TaskList::aboutToRemove, this, [this](int row) { beginRemoveRows({}, row, row); });
    connect(&tasks, &TaskList::removed, this, [this] { endRemoveRows(); });
    connect(&tasks, &TaskList::changed, this, [this](int row) { Q_EMIT dataChanged(index(row, 0), index(row, ColumnCount - 1)); });
}

int TaskTableModel::rowCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : static_cast<int>(m_tasks.tasks().size()); }

int TaskTableModel::columnCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : ColumnCount; }

QVariant TaskTableModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid))
        return {};
    const BackgroundTask& task = m_tasks.tasks()[static_cast<std::size_t>(index.row())];
    if (role == JobTableModel::FractionRole)
        return task.fraction();
    if (role == JobTableModel::IdRole)
        return task.id;
    if (role != Qt::DisplayRole)
        return {};
    switch (index.column()) {
    case Title: return task.title;
    case Progress: return task.isWaiting ? tr("waiting") : task.total == 0 ? tr("under way") : tr("%1 %").arg(static_cast<int>(100 * task.fraction()));
    case Rate: return task.perSecond > 0 ? tr("%1/s").arg(countText(static_cast<std::uint64_t>(task.perSecond))) : QString();
    default: return task.secondsLeft() >= 0 ? tr("%1 left").arg(durationText(task.secondsLeft())) : QString();
    }
}

QVariant TaskTableModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    switch (section) {
    case Title: return tr("Background work");
    case Progress: return tr("Done");
    case Rate: return tr("Rate");
    default: return tr("Time");
    }
}

TasksView::TasksView(TaskList& tasks, QWidget* parent)
    : QWidget(parent), m_tasks(tasks), m_model(new TaskTableModel(tasks, this)), m_view(new QTableView(this)),
      m_stop(new QPushButton(tr("S&top"), this))
{
    m_view->setObjectName(u"tasksTable"_s);
    m_view->setAccessibleName(tr("Background work"));
    m_view->setModel(m_model);
    m_view->setItemDelegateForColumn(TaskTableModel::Progress, new ProgressDelegate(m_view));
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
    m_stop->setObjectName(u"stopTask"_s);
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_view, 1);
    layout->addWidget(m_stop, 0, Qt::AlignTop);
    connect(m_stop, &QPushButton::clicked, this, [this] {
        const QModelIndex current = m_view->currentIndex();
        if (current.isValid())
            m_tasks.cancel(current.data(JobTableModel::IdRole).toULongLong());
    });
    connect(m_model, &QAbstractItemModel::rowsInserted, this, &TasksView::refresh);
    connect(m_model, &QAbstractItemModel::rowsRemoved, this, &TasksView::refresh);
    connect(m_view->selectionModel(), &QItemSelectionModel::currentChanged, this, &TasksView::refresh);
    adjustSections();
    refresh();
}

void TasksView::refresh()
{
    const int rows = m_model->rowCount();
    if (rows > 0 && !m_view->currentIndex().isValid())
        m_view->selectRow(0);
    const int row = m_view->currentIndex().row();
    m_stop->setEnabled(row >= 0 && row < rows && m_tasks.tasks()[static_cast<std::size_t>(row)].cancel);
    m_view->setFixedHeight(m_view->horizontalHeader()->sizeHint().height() + 2 * m_view->frameWidth()
                           + m_view->verticalHeader()->defaultSectionSize() * qBound(1, rows, mostRowsShown));
    setVisible(rows > 0);
    Q_EMIT countChanged();
}

void TasksView::adjustSections()
{
    const int character = m_view->fontMetrics().averageCharWidth();
    m_view->verticalHeader()->setDefaultSectionSize(m_view->fontMetrics().height() + 8);
    static constexpr int widths[TaskTableModel::ColumnCount] = {40, 28, 14, 16};
    for (int column = 0; column < TaskTableModel::ColumnCount; ++column)
        m_view->setColumnWidth(column, character * widths[column]);
}

void TasksView::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::FontChange || event->type() == QEvent::StyleChange) {
        adjustSections();
        refresh();
    }
}

} // namespace quantlathe::ui
