// SPDX-License-Identifier: GPL-3.0-or-later
// One line that says what a background job does, how far it is, and stops it.
#pragma once

#include <QPointer>
#include <QTimer>
#include <QWidget>

#include <map>

class QLabel;
class QProgressBar;
class QToolButton;

namespace quantlathe::ui {

class LatestJob;
class TaskList;

/// What it watches is listed among the window's tasks, too. Shows itself only when a job takes longer than a glance, so that quick ones do not flicker.
class JobStrip : public QWidget
{
    Q_OBJECT
public:
    explicit JobStrip(QWidget* parent = nullptr);
    ~JobStrip() override;

    /// @p title: what is done, one short phrase ("Counting weights"). The job must outlive the strip or be a child of the
    /// same parent.
    void watch(LatestJob& job, const QString& title);

Q_SIGNALS:
    /// The person pressed "Stop"; the job was cancelled.
    void stopped();

private:
    void list(LatestJob& job, const QString& title, bool isRunning);
    void runningChanged(LatestJob& job, const QString& title, bool isRunning);

    QLabel* m_label;
    QProgressBar* m_bar;
    QToolButton* m_stop;
    QTimer m_delay;
    LatestJob* m_active = nullptr;
    QPointer<TaskList> m_taskList; ///< of the window; null outside of one
    std::map<LatestJob*, quint64> m_tasks; ///< what is listed there
};

} // namespace quantlathe::ui
