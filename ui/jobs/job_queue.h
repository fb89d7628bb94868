// SPDX-License-Identifier: GPL-3.0-or-later
// Exports, one after the other, on a thread of their own.
#pragma once

#include "core/jobs/engine_export.h"

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

    /// What a method left of a layer.
    struct Layer
    {
        std::size_t number = 0; ///< from 1 on
        std::size_t layers = 0;
        double largestError = 0;///< relative
    };

    quint64 id = 0;
    EngineExport request;
    State state = State::Waiting;
    ExportStage phase = ExportStage::Writing;
    quint64 outputBytes = 0;  ///< expected, then written; 0 = unknown
    quint64 totalBytes = 0;   ///< of the phase's work, of which doneBytes are done: not only bytes of output (ExportStage)
    quint64 doneBytes = 0;
    QString stage;            ///< what is being done, in core's words
    std::vector<Layer> layers;///< those that a method has finished, in order
    double bytesPerSecond = 0;///< of late; 0 = not known yet
    double roughSeconds = 0;  ///< by rough speeds (see expected_time.h); 0 = unknown
    std::optional<EngineExportResult> result; ///< of Done
    std::optional<Error> error;           ///< of Failed

    [[nodiscard]] bool isFinished() const { return state == State::Done || state == State::Failed || state == State::Cancelled; }
    /// Negative while it is not known.
    [[nodiscard]] double secondsLeft() const;

    double tookSeconds = 0;   ///< from the start of the last run to its end, methods included

    // --- of a result ---
    [[nodiscard]] double seconds() const;
    [[nodiscard]] quint64 resumedBytes() const;
    /// What opens the result: the first file, or the folder; empty where nothing was written.
    [[nodiscard]] std::filesystem::path written() const;
};

/// Lives on the window's thread; without widgets. A job holds its own snapshot of model and plan: what is opened or edited
/// meanwhile does not matter to it. Destroying the queue cancels and waits.
class JobQueue : public QObject
{
    Q_OBJECT
public:
    using Runner = std::function<EngineExportResult(const EngineExport&, const ExportObserver&, const RunControl&)>;

    explicit JobQueue(QObject* parent = nullptr);
    /// @param runner does the work, on a worker thread: for tests
    explicit JobQueue(Runner runner, QObject* parent = nullptr);
    ~JobQueue() override;

    /// @return its id
    quint64 add(EngineExport request, quint64 outputBytes, double roughSeconds = 0);
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
    void enter(quint64 id, ExportStage phase);
    void takeLayer(quint64 id, ExportJob::Layer layer);
    void finish(quint64 id, std::optional<EngineExportResult> result, std::optional<Error> error);

    Runner m_runner;
    std::vector<ExportJob> m_jobs;
    quint64 m_lastId = 0;
    std::optional<quint64> m_running;
    std::stop_source m_stop;
    std::shared_ptr<Reporter> m_reporter;
    QElapsedTimer m_runClock;
    QElapsedTimer m_rateClock;  ///< since the last rate
    quint64 m_rateBytes = 0;    ///< done at the last rate
    bool m_isShuttingDown = false;
    QThreadPool m_pool;
};

} // namespace quantlathe::ui
