// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/jobs/job_table_model.h"

#include "ui/jobs/expected_time.h"
#include "ui/look/theme.h"
#include "ui/parts/number_text.h"
#include "ui/text.h"

#include <QApplication>
#include <QPainter>

#include <algorithm>

namespace quantlathe::ui {

using namespace Qt::StringLiterals;

QString stateText(ExportJob::State state)
{
    switch (state) {
    case ExportJob::State::Waiting:
        return JobTableModel::tr("Waiting");
    case ExportJob::State::Running:
        return JobTableModel::tr("Running");
    case ExportJob::State::Stopping:
        return JobTableModel::tr("Stopping");
    case ExportJob::State::Done:
        return JobTableModel::tr("Done");
    case ExportJob::State::Failed:
        return JobTableModel::tr("Failed");
    case ExportJob::State::Cancelled:
        return JobTableModel::tr("Cancelled");
    }
    return {};
}

JobTableModel::JobTableModel(JobQueue& queue, QObject* parent) : QAbstractTableModel(parent), m_queue(queue)
{
    connect(&queue, &JobQueue::aboutToAdd, this, [this](int row) { beginInsertRows({}, row, row); });
    connect(&queue, &JobQueue::added, this, [this] { endInsertRows(); });
    connect(&queue, &JobQueue::aboutToRemove, this, [this](int row) { beginRemoveRows({}, row, row); });
    connect(&queue, &JobQueue::removed, this, [this] { endRemoveRows(); });
    connect(&queue, &JobQueue::changed, this,
            [this](int row) { Q_EMIT dataChanged(index(row, 0), index(row, ColumnCount - 1)); });
}

int JobTableModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_queue.jobs().size());
}

int JobTableModel::columnCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : ColumnCount; }

QVariant JobTableModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid))
        return {};
    const ExportJob& job = m_queue.jobs()[static_cast<std::size_t>(index.row())];
    const double fraction = job.totalBytes == 0
        ? 0
        : std::min(1.0, static_cast<double>(job.doneBytes) / static_cast<double>(job.totalBytes));
    if (role == IdRole)
        return job.id;
    if (role == FractionRole)
        return fraction;
    if (role == Qt::ToolTipRole && index.column() == Target)
        return pathText(job.request.target());
    if (role == Qt::ForegroundRole && index.column() == State) {
        if (job.state == ExportJob::State::Failed)
            return QBrush(errorColour(QApplication::palette()));
        if (job.state == ExportJob::State::Done)
            return QBrush(goodColour(QApplication::palette()));
        return {};
    }
    if (role != Qt::DisplayRole)
        return {};
    const bool isRunning = job.state == ExportJob::State::Running;
    const bool isCalibrating = !job.isFinished() && job.phase == ExportStage::Calibrating && job.state != ExportJob::State::Waiting;
    switch (index.column()) {
    case Target:
        return pathText(job.request.target().filename());
    case State:
        return stateText(job.state);
    case Progress:
        if (job.state == ExportJob::State::Waiting)
            return bytesText(job.outputBytes);
        if (isCalibrating)
            return tr("%1 % of the layers").arg(static_cast<int>(fraction * 100));
        return tr("%1 % of %2").arg(static_cast<int>(fraction * 100)).arg(bytesText(job.outputBytes));
    case Rate:
        if (job.result && job.seconds() > 0)
            return tr("%1/s").arg(bytesText(static_cast<std::uint64_t>(static_cast<double>(job.outputBytes - job.resumedBytes()) / job.seconds())));
        return isRunning && !isCalibrating && job.bytesPerSecond > 0
            ? tr("%1/s").arg(bytesText(static_cast<std::uint64_t>(job.bytesPerSecond)))
            : QString();
    default:
        if (job.result)
            return tr("took %1").arg(durationText(job.tookSeconds));
        if (isRunning && job.secondsLeft() >= 0)
            return tr("%1 left").arg(durationText(job.secondsLeft()));
        return job.state == ExportJob::State::Waiting && job.roughSeconds > 0
            ? tr("about %1").arg(durationText(job.roughSeconds * SpeedExperience::correction()))
            : QString();
    }
}

QVariant JobTableModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    switch (section) {
    case Target:
        return tr("File");
    case State:
        return tr("State");
    case Progress:
        return tr("Written");
    case Rate:
        return tr("Rate");
    default:
        return tr("Time");
    }
}

void ProgressDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const
{
    QStyleOptionViewItem cell = option;
    initStyleOption(&cell, index);
    const QString text = std::exchange(cell.text, QString());
    const QStyle* style = cell.widget ? cell.widget->style() : QApplication::style();
    style->drawControl(QStyle::CE_ItemViewItem, &cell, painter, cell.widget);
    const QRect bar = cell.rect.adjusted(2, 2, -2, -2);
    QRect done = bar;
    done.setWidth(static_cast<int>(bar.width() * index.data(JobTableModel::FractionRole).toDouble()));
    QColor colour = seriesColour(cell.palette, 0);
    painter->save();
    painter->setPen(Qt::NoPen);
    colour.setAlphaF(0.15f);
    painter->fillRect(bar, colour);
    colour.setAlphaF(0.5f);
    painter->fillRect(done, colour);
    const bool isSelected = cell.state & QStyle::State_Selected;
    painter->setPen(cell.palette.color(isSelected ? QPalette::HighlightedText : QPalette::Text));
    painter->drawText(bar, Qt::AlignCenter, text);
    painter->restore();
}

} // namespace quantlathe::ui
