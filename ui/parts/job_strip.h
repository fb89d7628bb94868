// SPDX-License-Identifier: GPL-3.0-or-later
// One line that says what a background job does, how far it is, and stops it.
#pragma once

#include <QTimer>
#include <QWidget>

class QLabel;
class QProgressBar;
class QToolButton;

namespace quantlathe::ui {

class LatestJob;

/// Shows itself only when a job takes longer than a glance, so that quick ones do not flicker.
class JobStrip : public QWidget
{
    Q_OBJECT
public:
    explicit JobStrip(QWidget* parent = nullptr);

    /// @p title: what is done, one short phrase ("Counting weights"). The job must outlive the strip or be a child of the
    /// same parent.
    void watch(LatestJob& job, const QString& title);

Q_SIGNALS:
    /// The person pressed "Stop"; the job was cancelled.
    void stopped();

private:
    void runningChanged(LatestJob& job, const QString& title, bool isRunning);

    QLabel* m_label;
    QProgressBar* m_bar;
    QToolButton* m_stop;
    QTimer m_delay;
    LatestJob* m_active = nullptr;
};

} // namespace quantlathe::ui
