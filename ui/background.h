// SPDX-License-Identifier: GPL-3.0-or-later
// Work off the window's thread: one job at a time per LatestJob, the newest wins.
#pragma once

#include "core/base/run_control.h"

#include <QFuture>
#include <QObject>
#include <QString>
#include <QThreadPool>
#include <QtConcurrentRun>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <utility>

namespace quantlathe::ui {

/// Starting a job cancels the one before; whatever a cancelled job still delivers is dropped by its number. Destroying the
/// object cancels and waits. Lives on the window's thread; callbacks run there.
///
///     m_job.start([tensor](const RunControl& control) { return measure(tensor, control); },
///                 [this](const Distribution& result) { show(result); },
///                 [this](const Error& error) { showError(error); });
class LatestJob : public QObject
{
    Q_OBJECT
public:
    explicit LatestJob(QObject* parent = nullptr);
    ~LatestJob() override;

    /// @param work Result(const RunControl&), on a worker thread; must not touch the caller's object
    /// @param done void(Result), on this thread, only when neither cancelled nor superseded
    /// @param failed void(const Error&), likewise; never called for Cancelled
    template <typename Work, typename Done, typename Failed>
    void start(Work work, Done done, Failed failed);

    /// Asks the running job to stop and forgets it; does not wait.
    void cancel();
    /// cancel(), then waits until no job of this object runs any more.
    void cancelAndWait();
    [[nodiscard]] bool isRunning() const { return m_isRunning; }

Q_SIGNALS:
    void runningChanged(bool isRunning);
    /// At most about 20 times a second, on this thread. @p total 0 = unknown.
    void progressed(const QString& stage, quint64 done, quint64 total);

private:
    class Reporter;
    struct Ticket
    {
        quint64 number = 0;
        std::stop_source stop;
        std::shared_ptr<Reporter> reporter;
    };

    Ticket begin();
    static RunControl controlOf(const Ticket& ticket);
    /// Runs @p deliver on this object's thread unless the job is stale by then.
    void finish(quint64 number, std::function<void()> deliver);
    void setRunning(bool isRunning);

    QThreadPool m_pool; ///< own pool: waiting for it waits for this object's jobs only
    Ticket m_current;
    quint64 m_lastNumber = 0;
    bool m_isRunning = false;
};

/// A large value whose memory is given back by another thread: freeing ten thousands of small blocks takes the window's thread tens of milliseconds.
template <typename Value>
std::shared_ptr<const Value> freedElsewhere(Value&& value)
{
    return std::shared_ptr<const Value>(new Value(std::move(value)), [](const Value* last) { QThreadPool::globalInstance()->start([last] { delete last; }); });
}

template <typename Work, typename Done, typename Failed>
void LatestJob::start(Work work, Done done, Failed failed)
{
    const Ticket ticket = begin();
    m_pool.start([this, ticket, work = std::move(work), done = std::move(done), failed = std::move(failed)]() mutable {
        // `this` outlives the job: the destructor waits for the pool.
        std::function<void()> deliver;
        try {
            auto result = std::make_shared<std::decay_t<decltype(work(controlOf(ticket)))>>(work(controlOf(ticket)));
            deliver = [result, done = std::move(done)]() mutable { done(std::move(*result)); };
        } catch (const Error& error) {
            if (error.kind() == ErrorKind::Cancelled)
                deliver = [] {};
            else
                deliver = [error, failed = std::move(failed)] { failed(error); };
        } catch (const std::exception& exception) { // out of memory and the like: said, not a crash
            deliver = [error = Error(ErrorKind::Io, exception.what()), failed = std::move(failed)] { failed(error); };
        }
        finish(ticket.number, std::move(deliver));
    });
}

} // namespace quantlathe::ui
