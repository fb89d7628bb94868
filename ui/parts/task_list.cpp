// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/parts/task_list.h"

#include "ui/background.h"

#include <QWidget>

#include <algorithm>

namespace quantlathe::ui {

namespace {
constexpr qint64 glanceMilliseconds = 300;
constexpr qint64 rateMilliseconds = 500; ///< between two measurements of the rate
constexpr double rateSmoothing = 0.4;    ///< weight of the newest
} // namespace

double BackgroundTask::secondsLeft() const
{
    return perSecond > 0 && total > 0 ? static_cast<double>(total - std::min(done, total)) / perSecond : -1;
}

double BackgroundTask::fraction() const { return total == 0 ? 0 : std::min(1.0, static_cast<double>(done) / static_cast<double>(total)); }

TaskList::TaskList(QObject* parent) : QObject(parent)
{
    m_clock.start();
    m_glance.setSingleShot(true);
    connect(&m_glance, &QTimer::timeout, this, &TaskList::showWaiting);
}

TaskList* TaskList::of(const QWidget& widget)
{
    // Dialogs belong to the window they were opened from.
    for (const QWidget* at = &widget; at; at = at->parentWidget()) {
        if (auto* list = at->findChild<TaskList*>(QString(), Qt::FindDirectChildrenOnly))
            return list;
    }
    return nullptr;
}

quint64 TaskList::begin(const QString& title, std::function<void()> cancel)
{
    BackgroundTask task;
    task.id = ++m_lastId;
    task.title = title;
    task.cancel = std::move(cancel);
    m_rates.push_back({task.id, m_clock.elapsed(), 0});
    m_waiting.push_back({std::move(task), m_clock.elapsed()});
    if (!m_glance.isActive())
        m_glance.start(static_cast<int>(glanceMilliseconds));
    return m_lastId;
}

void TaskList::showWaiting()
{
    const qint64 now = m_clock.elapsed();
    while (!m_waiting.empty() && now - m_waiting.front().since >= glanceMilliseconds) {
        const int row = static_cast<int>(m_tasks.size());
        Q_EMIT aboutToAdd(row);
        m_tasks.push_back(std::move(m_waiting.front().task));
        m_waiting.erase(m_waiting.begin());
        Q_EMIT added(row);
    }
    if (!m_waiting.empty())
        m_glance.start(static_cast<int>(std::max<qint64>(1, glanceMilliseconds - (now - m_waiting.front().since))));
}

BackgroundTask* TaskList::find(quint64 id)
{
    for (BackgroundTask& task : m_tasks) {
        if (task.id == id)
            return &task;
    }
    for (Waiting& waiting : m_waiting) {
        if (waiting.task.id == id)
            return &waiting.task;
    }
    return nullptr;
}

void TaskList::progress(quint64 id, quint64 done, quint64 total)
{
    BackgroundTask* task = find(id);
    if (!task)
        return;
    task->done = done;
    task->total = total;
    const auto rate = std::find_if(m_rates.begin(), m_rates.end(), [id](const Rate& one) { return one.id == id; });
    const qint64 milliseconds = m_clock.elapsed() - rate->time;
    if (done < rate->done) {
        rate->done = done; // it began again
        rate->time = m_clock.elapsed();
    } else if (milliseconds >= rateMilliseconds) {
        const double newest = 1000.0 * static_cast<double>(done - rate->done) / static_cast<double>(milliseconds);
        task->perSecond = task->perSecond > 0 ? rateSmoothing * newest + (1 - rateSmoothing) * task->perSecond : newest;
        rate->done = done;
        rate->time = m_clock.elapsed();
    }
    for (std::size_t row = 0; row < m_tasks.size(); ++row) {
        if (m_tasks[row].id == id)
            Q_EMIT changed(static_cast<int>(row));
    }
}

void TaskList::setWaiting(quint64 id, bool isWaiting)
{
    BackgroundTask* task = find(id);
    if (!task || task->isWaiting == isWaiting)
        return;
    task->isWaiting = isWaiting;
    const auto rate = std::find_if(m_rates.begin(), m_rates.end(), [id](const Rate& one) { return one.id == id; });
    rate->time = m_clock.elapsed(); // what was waited is no work
    for (std::size_t row = 0; row < m_tasks.size(); ++row) {
        if (m_tasks[row].id == id)
            Q_EMIT changed(static_cast<int>(row));
    }
}

void TaskList::end(quint64 id)
{
    std::erase_if(m_waiting, [id](const Waiting& waiting) { return waiting.task.id == id; });
    std::erase_if(m_rates, [id](const Rate& rate) { return rate.id == id; });
    const auto found = std::find_if(m_tasks.begin(), m_tasks.end(), [id](const BackgroundTask& task) { return task.id == id; });
    if (found == m_tasks.end())
        return;
    const int row = static_cast<int>(found - m_tasks.begin());
    Q_EMIT aboutToRemove(row);
    m_tasks.erase(found);
    Q_EMIT removed(row);
}

void TaskList::cancel(quint64 id)
{
    const BackgroundTask* task = find(id);
    if (task && task->cancel) {
        const auto stop = task->cancel; // the task may end, and go, while it is being stopped
        stop();
    }
}

void TaskList::watch(LatestJob& job, const QString& title)
{
    const auto id = std::make_shared<quint64>(0); // 0 while it does not run
    connect(&job, &LatestJob::runningChanged, this, [this, &job, title, id](bool isRunning) {
        if (isRunning && *id == 0) {
            *id = begin(title, [&job] { job.cancel(); });
        } else if (!isRunning) {
            end(std::exchange(*id, 0));
        }
    });
    connect(&job, &LatestJob::progressed, this, [this, id](const QString&, quint64 done, quint64 total) { progress(*id, done, total); });
    connect(&job, &QObject::destroyed, this, [this, id] { end(*id); });
}

} // namespace quantlathe::ui
