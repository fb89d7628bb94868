// SPDX-License-Identifier: GPL-3.0-or-later
// What runs in the background right now, whoever started it: for the dock that shows all of it.
#pragma once

#include <QElapsedTimer>
#include <QObject>
#include <QString>
#include <QTimer>

#include <functional>
#include <optional>
#include <vector>

namespace quantlathe::ui {

class LatestJob;

struct BackgroundTask
{
    quint64 id = 0;
    QString title;
    quint64 done = 0;
    quint64 total = 0;            ///< 0 = unknown
    double perSecond = 0;         ///< of late; 0 = not known yet
    bool isWaiting = false;       ///< for others to end
    std::function<void()> cancel; ///< empty: it cannot be stopped

    /// Negative while it is not known.
    [[nodiscard]] double secondsLeft() const;
    /// 0 ... 1
    [[nodiscard]] double fraction() const;
};

/// One per window; what it lists stays its owner's. A task shows once it is older than a glance, so that quick ones do not
/// flicker. Lives on the window's thread.
class TaskList : public QObject
{
    Q_OBJECT
public:
    explicit TaskList(QObject* parent = nullptr);
    /// The list of the window @p widget is in; null outside of a main window.
    static TaskList* of(const QWidget& widget);

    /// @return its id
    quint64 begin(const QString& title, std::function<void()> cancel = {});
    void progress(quint64 id, quint64 done, quint64 total);
    void setWaiting(quint64 id, bool isWaiting);
    void end(quint64 id);
    /// Nothing happens when it is over or cannot be stopped.
    void cancel(quint64 id);
    /// Lists @p job under @p title whenever it runs.
    void watch(LatestJob& job, const QString& title);

    /// Null when it is over.
    [[nodiscard]] const BackgroundTask* task(quint64 id) const { return const_cast<TaskList*>(this)->find(id); }
    /// Those that show, in the order they began.
    [[nodiscard]] const std::vector<BackgroundTask>& tasks() const { return m_tasks; }

Q_SIGNALS:
    void aboutToAdd(int row);
    void added(int row);
    void aboutToRemove(int row);
    void removed(int row);
    void changed(int row);

private:
    struct Waiting
    {
        BackgroundTask task;
        qint64 since = 0;
    };
    struct Rate
    {
        quint64 id = 0;
        qint64 time = 0; ///< milliseconds of m_clock at the last figure
        quint64 done = 0;
    };
    [[nodiscard]] BackgroundTask* find(quint64 id);
    void showWaiting();

    std::vector<BackgroundTask> m_tasks;
    std::vector<Waiting> m_waiting; ///< younger than a glance
    std::vector<Rate> m_rates;
    quint64 m_lastId = 0;
    QElapsedTimer m_clock;
    QTimer m_glance;
};

} // namespace quantlathe::ui
