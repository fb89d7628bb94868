// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/parts/job_strip.h"

#include "ui/background.h"
#include "ui/parts/task_list.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QProgressBar>
#include <QToolButton>

namespace quantlathe::ui {

using namespace Qt::StringLiterals;

namespace {
constexpr int glanceMilliseconds = 200;
constexpr int barSteps = 1000;
} // namespace

JobStrip::JobStrip(QWidget* parent)
    : QWidget(parent), m_label(new QLabel(this)), m_bar(new QProgressBar(this)), m_stop(new QToolButton(this))
{
    m_label->setTextFormat(Qt::PlainText);
    m_bar->setObjectName(u"progress"_s);
    m_bar->setTextVisible(false);
    m_bar->setMaximumHeight(m_label->fontMetrics().height());
    m_stop->setObjectName(u"stop"_s);
    m_stop->setText(tr("Stop"));
    m_stop->setAutoRaise(true);
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_label);
    layout->addWidget(m_bar, 1);
    layout->addWidget(m_stop);
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    m_delay.setSingleShot(true);
    m_delay.setInterval(glanceMilliseconds);
    connect(&m_delay, &QTimer::timeout, this, &QWidget::show);
    connect(m_stop, &QToolButton::clicked, this, [this] {
        if (!m_active)
            return;
        m_active->cancel();
        Q_EMIT stopped();
    });
    hide();
}

void JobStrip::watch(LatestJob& job, const QString& title)
{
    connect(&job, &LatestJob::runningChanged, this,
            [this, &job, title](bool isRunning) { runningChanged(job, title, isRunning); });
    connect(&job, &LatestJob::progressed, this, [this, &job](const QString&, quint64 done, quint64 total) {
        if (const auto task = m_tasks.find(&job); task != m_tasks.end() && m_taskList)
            m_taskList->progress(task->second, done, total);
        if (m_active != &job)
            return;
        m_bar->setRange(0, total == 0 ? 0 : barSteps);
        if (total != 0)
            m_bar->setValue(static_cast<int>(static_cast<double>(done) / static_cast<double>(total) * barSteps));
    });
}

void JobStrip::list(LatestJob& job, const QString& title, bool isRunning)
{
    // Looked for only now: a panel is made before it is part of its window.
    if (isRunning && !m_tasks.contains(&job)) {
        m_taskList = TaskList::of(*this);
        if (m_taskList)
            m_tasks[&job] = m_taskList->begin(title, [this, &job] {
                job.cancel();
                Q_EMIT stopped();
            });
    } else if (const auto task = m_tasks.find(&job); !isRunning && task != m_tasks.end()) {
        if (m_taskList)
            m_taskList->end(task->second);
        m_tasks.erase(task);
    }
}

JobStrip::~JobStrip()
{
    for (const auto& [job, task] : m_tasks) {
        if (m_taskList)
            m_taskList->end(task);
    }
}

void JobStrip::runningChanged(LatestJob& job, const QString& title, bool isRunning)
{
    list(job, title, isRunning);
    if (isRunning) {
        m_active = &job;
        m_label->setText(title);
        m_bar->setAccessibleName(title);
        m_bar->setRange(0, 0);
        if (!isVisible() && !m_delay.isActive())
            m_delay.start();
    } else if (m_active == &job) {
        m_active = nullptr;
        m_delay.stop();
        hide();
    }
}

} // namespace quantlathe::ui
