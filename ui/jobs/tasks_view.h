// SPDX-License-Identifier: GPL-3.0-or-later
// The background work as a table with a button that stops it.
#pragma once

#include "ui/parts/task_list.h"

#include <QAbstractTableModel>
#include <QWidget>

class QPushButton;
class QTableView;

namespace quantlathe::ui {

class TaskTableModel : public QAbstractTableModel
{
    Q_OBJECT
public:
    enum Columns { Title, Progress, Rate, TimeLeft, ColumnCount };

    explicit TaskTableModel(TaskList& tasks, QObject* parent = nullptr);

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    TaskList& m_tasks;
};

/// As high as its rows; hidden while nothing runs.
class TasksView : public QWidget
{
    Q_OBJECT
public:
    explicit TasksView(TaskList& tasks, QWidget* parent = nullptr);

    [[nodiscard]] QTableView& view() { return *m_view; }

Q_SIGNALS:
    /// Something runs, or nothing any more.
    void countChanged();

protected:
    void changeEvent(QEvent* event) override;

private:
    void refresh();
    void adjustSections();

    TaskList& m_tasks;
    TaskTableModel* m_model;
    QTableView* m_view;
    QPushButton* m_stop;
};

} // namespace quantlathe::ui
