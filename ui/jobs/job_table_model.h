// SPDX-License-Identifier: GPL-3.0-or-later
// The job queue as a table, and a delegate that paints how far each job is.
#pragma once

#include "ui/jobs/job_queue.h"

#include <QAbstractTableModel>
#include <QStyledItemDelegate>

namespace quantlathe::ui {

/// "Waiting", "Running", ...
QString stateText(ExportJob::State state);

class JobTableModel : public QAbstractTableModel
{
    Q_OBJECT
public:
    enum Columns { Target, State, Progress, Rate, TimeLeft, ColumnCount };
    enum Roles {
        FractionRole = Qt::UserRole + 1, ///< 0 ... 1
        IdRole
    };

    explicit JobTableModel(JobQueue& queue, QObject* parent = nullptr);

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    JobQueue& m_queue;
};

/// Paints JobTableModel::FractionRole as a bar behind the text.
class ProgressDelegate : public QStyledItemDelegate
{
    Q_OBJECT
public:
    using QStyledItemDelegate::QStyledItemDelegate;
    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
};

} // namespace quantlathe::ui
