// SPDX-License-Identifier: GPL-3.0-or-later
// How long the window's thread is away from its event loop: the longest time between two turns, phase by phase.
#pragma once

#include <QApplication>
#include <QElapsedTimer>
#include <QString>
#include <QTimer>

#include <functional>
#include <vector>

namespace quantlathe::ui::test {

/// Remembers the event that took longest to deliver: tells where a stall comes from.
class WatchedApplication : public QApplication
{
    Q_OBJECT
public:
    using QApplication::QApplication;
    bool notify(QObject* receiver, QEvent* event) override;

    struct Longest
    {
        double milliseconds = 0;
        QString what;
    };
    Longest takeLongest();

private:
    int m_depth = 0;
    Longest m_longest;
};

/// A timer of 1 ms in the thread of the window. What lies between two of its turns is measured three ways: processor time of
/// the thread, which other programs on the machine do not change; time at work or blocked (wall time without what
/// the thread spent waiting for a processor); and wall time.
class EventLoopWatchdog : public QObject
{
    Q_OBJECT
public:
    struct Phase
    {
        QString name;
        double cpu = 0;     ///< milliseconds, the longest gap by each measure
        double working = 0;
        double wall = 0;
        int turns = 0;
        WatchedApplication::Longest longest;
    };

    explicit EventLoopWatchdog(WatchedApplication& application);
    ~EventLoopWatchdog() override;

    /// Runs @p act from the event loop and goes on until @p isDone, then @p settleMilliseconds longer.
    /// @return false when it took longer than @p limitSeconds
    bool run(const QString& name, const std::function<void()>& act, const std::function<bool()>& isDone = [] { return true; },
             int settleMilliseconds = 300, int limitSeconds = 120);
    /// Likewise, one step per turn until @p step returns false.
    bool runSteps(const QString& name, const std::function<bool()>& step, int settleMilliseconds = 300);

    [[nodiscard]] const std::vector<Phase>& phases() const { return m_phases; }

private:
    struct Moment
    {
        double cpu = 0;
        double queued = 0;
        double wall = 0;
    };
    [[nodiscard]] Moment now() const;
    void turn();

    WatchedApplication& m_application;
    int m_schedule = -1; ///< this thread's statistics of the scheduler; -1 where the system has none
    QElapsedTimer m_clock;
    QTimer m_timer;
    Moment m_last;
    std::vector<Phase> m_phases;
};

} // namespace quantlathe::ui::test
