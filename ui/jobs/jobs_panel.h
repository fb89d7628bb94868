// SPDX-License-Identifier: GPL-3.0-or-later
// The exports: what runs, what waits, what came of them; above them all other work in the background.
#pragma once

#include "ui/jobs/job_queue.h"

#include <QWidget>

#include <functional>

class QLabel;
class QPushButton;
class QStackedWidget;
class QTableView;

namespace quantlathe::ui {

class HintPage;
class JobTableModel;
class ResultPage;
class TaskList;
class TasksView;

class JobsPanel : public QWidget
{
    Q_OBJECT
public:
    explicit JobsPanel(JobQueue& queue, QWidget* parent = nullptr);
    /// Shows background work, too. @p tasks outlives the panel.
    void setTasks(TaskList& tasks);

    [[nodiscard]] QTableView& view() { return *m_view; }
    void showJob(quint64 id);

Q_SIGNALS:
    /// The person wants to look at what was written.
    void openRequested(const QString& path);

protected:
    void changeEvent(QEvent* event) override;

private:
    [[nodiscard]] const ExportJob* current() const;
    void updateDetail();
    void adjustColumns();

    JobQueue& m_queue;
    JobTableModel* m_model;
    TasksView* m_tasks = nullptr;
    QStackedWidget* m_pages;
    HintPage* m_hint;
    QWidget* m_main;
    QTableView* m_view;
    QPushButton* m_cancel;
    QPushButton* m_resume;
    QPushButton* m_remove;
    QPushButton* m_showFolder;
    QPushButton* m_open;
    QStackedWidget* m_details;
    QLabel* m_message;
    ResultPage* m_result;
    quint64 m_shownResult = 0; ///< id of the job in m_result
};

} // namespace quantlathe::ui
