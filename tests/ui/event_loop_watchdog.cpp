// SPDX-License-Identifier: GPL-3.0-or-later
#include "event_loop_watchdog.h"

#include <QEvent>
#include <QEventLoop>
#include <QMetaEnum>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <fcntl.h>
#include <unistd.h>

namespace quantlathe::ui::test {

namespace {

double threadMilliseconds()
{
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return 1e3 * static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_nsec);
}

} // namespace

bool WatchedApplication::notify(QObject* receiver, QEvent* event)
{
    if (m_depth > 0)
        return QApplication::notify(receiver, event);
    // Names first: the receiver may be gone afterwards.
    const QString name = QString::fromLatin1(receiver->metaObject()->className()) + u' ' + receiver->objectName();
    const QEvent::Type type = event->type();
    ++m_depth;
    const double start = threadMilliseconds();
    const bool result = QApplication::notify(receiver, event);
    const double took = threadMilliseconds() - start;
    --m_depth;
    if (took > m_longest.milliseconds) {
        const char* key = QMetaEnum::fromType<QEvent::Type>().valueToKey(type);
        m_longest = {took, QString::fromLatin1(key ? key : "event") + QStringLiteral(" to ") + name};
    }
    return result;
}

WatchedApplication::Longest WatchedApplication::takeLongest() { return std::exchange(m_longest, {}); }

EventLoopWatchdog::EventLoopWatchdog(WatchedApplication& application)
    : m_application(application), m_schedule(open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC))
{
    m_clock.start();
    m_timer.setTimerType(Qt::PreciseTimer);
    m_timer.setInterval(1);
    connect(&m_timer, &QTimer::timeout, this, &EventLoopWatchdog::turn);
}

EventLoopWatchdog::~EventLoopWatchdog()
{
    if (m_schedule >= 0)
        close(m_schedule);
}

EventLoopWatchdog::Moment EventLoopWatchdog::now() const
{
    Moment moment;
    moment.cpu = threadMilliseconds();
    char text[96] = {};
    unsigned long long run = 0;
    unsigned long long queued = 0;
    if (m_schedule >= 0 && pread(m_schedule, text, sizeof(text) - 1, 0) > 0 && std::sscanf(text, "%llu %llu", &run, &queued) == 2)
        moment.queued = 1e-6 * static_cast<double>(queued);
    // Without the scheduler's figures all waiting counts as being at work.
    moment.wall = 1e-6 * static_cast<double>(m_clock.nsecsElapsed());
    return moment;
}

void EventLoopWatchdog::turn()
{
    const Moment moment = now();
    Phase& phase = m_phases.back();
    const double wall = moment.wall - m_last.wall;
    phase.cpu = std::max(phase.cpu, moment.cpu - m_last.cpu);
    phase.working = std::max(phase.working, wall - (moment.queued - m_last.queued));
    phase.wall = std::max(phase.wall, wall);
    ++phase.turns;
    m_last = moment;
}

bool EventLoopWatchdog::run(const QString& name, const std::function<void()>& act, const std::function<bool()>& isDone,
                            int settleMilliseconds, int limitSeconds)
{
    m_phases.push_back({name, 0, 0, 0, 0, {}});
    m_application.takeLongest();
    QEventLoop loop;
    QElapsedTimer settling;
    QElapsedTimer limit;
    limit.start();
    bool isInTime = true;
    QTimer look;
    connect(&look, &QTimer::timeout, &loop, [&] {
        isInTime = limit.elapsed() < 1000 * limitSeconds;
        if (isDone() && !settling.isValid())
            settling.start();
        if (!isInTime || (settling.isValid() && settling.elapsed() >= settleMilliseconds))
            loop.quit();
    });
    // As a person does it: from the loop, so that the time it takes lies between two turns.
    QTimer::singleShot(5, &loop, [&] {
        act();
        look.start(5);
    });
    m_last = now();
    m_timer.start();
    loop.exec();
    m_timer.stop();
    m_phases.back().longest = m_application.takeLongest();
    const Phase& phase = m_phases.back();
    qInfo("%-26s %6.1f ms processor, %6.1f ms at work, %6.1f ms wall, %5d turns; longest event %5.1f ms: %s", qPrintable(name),
          phase.cpu, phase.working, phase.wall, phase.turns, phase.longest.milliseconds, qPrintable(phase.longest.what));
    return isInTime;
}

bool EventLoopWatchdog::runSteps(const QString& name, const std::function<bool()>& step, int settleMilliseconds)
{
    bool isDone = false;
    QTimer steps;
    connect(&steps, &QTimer::timeout, this, [&] {
        isDone = isDone || !step();
        if (isDone)
            steps.stop();
    });
    return run(name, [&] { steps.start(1); }, [&] { return isDone; }, settleMilliseconds);
}

} // namespace quantlathe::ui::test
