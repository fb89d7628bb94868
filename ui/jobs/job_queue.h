// SPDX-License-Identifier: GPL-3.0-or-later
// Exports, one after the other, on a thread of their own.
#pragma once

#include "core/jobs/quantize_job.h"

#include <QElapsedTimer>
#include <QObject>
#include <QString>
#include <QThreadPool>

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <vector>

namespace quantlathe::ui {

struct ExportJob
{
    enum class State {
        Waiting,
        Running,
        Stopping, ///< asked to stop; its last milliseconds
        Done,
        Failed,
        Cancelled
    };

    quint64 id = 0;
    QuantizeRequest request;
    State state = State::Waiting;
    quint64 totalBytes = 0;   ///< of output; 0 = unknown
    quint64 doneBytes = 0;
    QString stage;            ///< what is being done, in core's words
    double bytesPerSecond = 0;///< of late; 0 = not known yet
    double roughSeconds = 0;  ///< by rough speeds (see expected_time.h); 0 = unknown
    std::optional<QuantizeResult> result; ///< of Done
    std::optional<Error> error;           ///< of Failed

    [[nodiscard]] bool isFinished() const { return state == State::Done || state == State::Failed || state == State::Cancelled; }
    /// Negative while it is not known.
    [[nodiscard]] double secondsLeft() const;
};

/// Lives on the window's thread; without widgets. A job holds its own snapshot of model and plan: what is opened or edited
/// meanwhile does not matter to it. Destroying the queue cancels and waits.
class JobQueue : public QObject
{
    Q_OBJECT
public:
    using Runner = std::function<QuantizeResult(const QuantizeRequest&, const RunControl&)>;

    explicit JobQueue(QObject* parent = nullptr);
    /// @param runner does the work, on a worker thread: for tests
    explicit JobQueue(Runner runner, QObject* parent = nullptr);
    ~JobQueue() override;

    /// @return its id
    quint64 add(QuantizeRequest request, quint64 totalBytes, double roughSeconds = 0);
    /// A waiting job never starts; a running one stops within milliseconds. Nothing happens to finished ones.
    void cancel(quint64 id);
    /// Queues a failed or cancelled job again; it goes on where it stopped.
    void resume(quint64 id);
    /// Forgets a finished job.
    void remove(quint64 id);
    /// For closing the window.
    void cancelAllAndWait();

    /// In the order they were added.
    [[nodiscard]] const std::vector<ExportJob>& jobs() const { return m_jobs; }
    /// Null when unknown.
    [[nodiscard]] const ExportJob* job(quint64 id) const;
    [[nodiscard]] int rowOf(quint64 id) const; ///< -1 when unknown
    /// Running or waiting jobs.
    [[nodiscard]] int unfinishedCount() const;
    /// True when an unfinished job writes @p target.
    [[nodiscard]] bool isTarget(const std::filesystem::path& target) const;

Q_SIGNALS:
    void aboutToAdd(int row);
    void added(int row);
    void aboutToRemove(int row);
    void removed(int row);
    void changed(int row);
    /// Done, failed or cancelled.
    void finished(quint64 id);

private:
    class Reporter;

    void startNext();
    void run(ExportJob& job);
    void takeProgress(quint64 id, const QString& stage, quint64 done, quint64 total);
    void finish(quint64 id, std::optional<QuantizeResult> result, std::optional<Error> error);

    Runner m_runner;
    std::vector<ExportJob> m_jobs;
    quint64 m_lastId = 0;
    std::optional<quint64> m_running;
    std::stop_source m_stop;
    std::shared_ptr<Reporter> m_reporter;
    QElapsedTimer m_rateClock;  ///< since the last rate
    quint64 m_rateBytes = 0;    ///< done at the last rate
    bool m_isShuttingDown = false;
    QThreadPool m_pool;
};

} // namespace quantlathe::ui
